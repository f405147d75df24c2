/** What jobs and services write, as events: all of it, once, in order and in whole characters, before the event of the end, whoever dies meanwhile. */
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import process from 'node:process'
import { expect, test } from 'vitest'
import type { EventView } from '../../src/contract/views.ts'
import { type House, openHouse, root } from '../harness/house.ts'
import { runsOf, told } from '../harness/jobs.ts'
import { waitFor } from '../harness/wait.ts'
import { textBytesOf } from '../puppets/split-writer.mjs'

type Stream = 'stdout' | 'stderr'
interface Piece {
  readonly id: number
  readonly stream: Stream
  readonly text: string
  readonly from: number
  readonly to: number
}

const splitWriter = join(root, 'test', 'puppets', 'split-writer.mjs')

/** Page by page: all of them may be more than one answer holds. */
async function allEvents(house: House, kinds: string[]): Promise<EventView[]> {
  const events: EventView[] = []
  for (;;) {
    const page = await house.api.listEvents({ kinds, after: events.at(-1)?.id ?? 0, limit: 1000 })
    if (page.length === 0) return events
    events.push(...page)
  }
}

async function piecesOf(house: House, stream: Stream): Promise<Piece[]> {
  const events = await allEvents(house, ['run.output'])
  return events
    .map(({ id, data }) => ({ ...(data as unknown as Piece), id }))
    .filter((piece) => piece.stream === stream)
}

function expectInOrder(pieces: readonly Piece[]): void {
  let at = 0
  for (const { from, to } of pieces) {
    expect(from).toBe(at)
    expect(to).toBeGreaterThan(from)
    at = to
  }
}

const hashOf = (text: string | Buffer): string => createHash('sha256').update(text).digest('hex')

test('S-T16 S-F2 S-F3 S-C12: 100 MB without a line end, in chunks that cut characters, are told once and before the end, over agents that are killed', async () => {
  const total = 100 * 1024 ** 2
  const house = openHouse()
  house.configureJobs({
    flood: {
      command: [process.execPath, splitWriter, '7', String(total), '40'],
      schedule: '@reboot',
      output: { events: { every: '200ms', maxChunk: '100KB' }, keep: 1000, maxSize: 3_000_001 },
      customData: { critical: true },
    },
  })
  await house.startAgent()
  for (let kill = 1; kill <= 5; kill++) {
    const least = (total * kill) / 7
    await waitFor('the next part is told', async () => {
      const [last] = await house.api.listEvents({ kinds: ['run.output'], newest: true, limit: 1 })
      return last && Number(last.data.stream === 'stdout' ? last.data.to : Number(last.data.to) * 10) >= least
    })
    await house.killAgent()
    await house.startAgent()
  }
  await told(house, 'flood', 'job.succeeded', { deadlineMs: 100_000 })
  for (const [stream, bytes] of [
    ['stdout', textBytesOf(7, total)],
    ['stderr', textBytesOf(8, Math.floor(total / 10))],
  ] as const) {
    const pieces = await piecesOf(house, stream)
    expectInOrder(pieces)
    for (const { from, to, text } of pieces) {
      expect(to - from).toBeLessThanOrEqual(100 * 1024)
      expect(Buffer.byteLength(text)).toBe(to - from)
    }
    expect(hashOf(pieces.map(({ text }) => text).join(''))).toBe(hashOf(bytes))
  }
  const ends = await allEvents(house, ['run.ended', 'run.output_lost'])
  expect(ends.map(({ kind }) => kind)).toEqual(['run.ended'])
  const outputs = await allEvents(house, ['run.output'])
  expect(Math.max(...outputs.map(({ id }) => id))).toBeLessThan(ends[0]?.id ?? 0)
  expect(outputs.every(({ level, customData }) => level === 'debug' && customData !== null)).toBe(true)
})

test('S-T16: while it runs each event tells only what is new, and half a character waits for its rest', async () => {
  const house = openHouse()
  house.configure({
    slow: {
      command:
        "printf 'a\\303'; until test -e one; do sleep 0.02; done; printf '\\274b'; until test -e two; do sleep 0.02; done; printf 'end\\342\\202'",
      restart: 'never',
      startTime: 0,
      output: { events: { every: '100ms' } },
    },
  })
  await house.startAgent()
  const texts = async (): Promise<string[]> => (await piecesOf(house, 'stdout')).map(({ text }) => text)
  await waitFor('the first', async () => (await texts()).length === 1)
  house.write('one', '')
  await waitFor('the second', async () => (await texts()).length === 2)
  house.write('two', '')
  await house.waitForState('slow', 'exited')
  expect((await texts()).slice(0, 2)).toEqual(['a', 'üb'])
  // What was never finished is told with the end.
  expect((await texts()).join('')).toBe('aübend\ufffd')
  expectInOrder(await piecesOf(house, 'stdout'))
})

test('S-F2 S-F3: what a run wrote after its agent had died is told by the next one, before the end that it finds', async () => {
  const house = openHouse()
  house.configureJobs(
    {
      late: {
        command: 'echo one; until test -e go; do sleep 0.02; done; echo two; echo three >&2; exit 4',
        schedule: '@reboot',
      },
    },
    { defaults: { output: { events: { every: '200ms' } } } },
  )
  await house.startAgent()
  await waitFor('the first line is told', async () => (await piecesOf(house, 'stdout')).length > 0)
  await house.killAgent()
  house.write('go', '')
  await waitFor('it has ended', () => house.processes().length === 0)
  await house.startAgent()
  await told(house, 'late', 'job.failed')
  const [run] = await runsOf(house, 'late')
  const events = await allEvents(house, ['run.*', 'job.failed'])
  expect(events.map(({ kind, data }) => [kind, data.text])).toEqual([
    ['run.started', undefined],
    ['run.output', 'one\n'],
    ['run.output', 'two\n'],
    ['run.output', 'three\n'],
    ['run.ended', undefined],
    ['job.failed', undefined],
  ])
  // The timeline of the run has its events, and not its output again.
  const { timeline } = await house.api.getRun({ id: run?.id ?? '' })
  expect(timeline.map(({ kind }) => kind)).toContain('run.ended')
  expect(timeline.map(({ kind }) => kind)).not.toContain('run.output')
})

test('S-C12: what was rotated away before it could be told is told as lost', async () => {
  const house = openHouse()
  house.configureJobs({
    fast: {
      command: 'head -c 300000 /dev/zero | tr "\\0" x; until test -e go; do sleep 0.02; done',
      schedule: '@reboot',
      output: { events: { every: '1h' }, maxSize: '10KB', keep: 2 },
    },
  })
  await house.startAgent()
  await told(house, 'fast', 'run.started')
  house.write('go', '')
  await told(house, 'fast', 'job.succeeded')
  const events = await allEvents(house, ['run.output', 'run.output_lost'])
  const [lost, ...pieces] = events.map(({ kind, data }) => ({
    kind,
    from: Number(data.from),
    to: Number(data.to),
  }))
  expect(lost).toMatchObject({ kind: 'run.output_lost', from: 0 })
  expect(lost?.to).toBeGreaterThan(200_000)
  expect(pieces[0]?.from).toBe(lost?.to)
  expect(pieces.at(-1)?.to).toBe(300_000)
  expect(events[0]?.level).toBe('warning')
})
