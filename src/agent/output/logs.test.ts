/** Logs as readers see them: the last lines over segments and runs, and what follows; with no watch left open afterwards. */
import { appendFileSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { systemClock } from '../../clock.ts'
import type { OutputView } from '../../contract/views.ts'
import type { DroverEvent } from '../../domain/events/event.ts'
import type { Program } from '../../domain/program.ts'
import { aProgram } from '../../domain/testing/samples.ts'
import { EventFeed } from '../reconcile/event-feed.ts'
import { type LogContext, type LogQuery, type LogSlot, streamLogs } from './logs.ts'

let folder: string
let feed: EventFeed
let lastRun: string | null
let abort: AbortController

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'drover-logs-'))
  feed = new EventFeed(() => {})
  lastRun = null
  abort = new AbortController()
})
afterEach(() => {
  rmSync(folder, { recursive: true })
})

function output(run: string, text: string | Buffer, name = 'out.0'): void {
  mkdirSync(join(folder, run), { recursive: true })
  appendFileSync(join(folder, run, name), text)
}

/** The index of a run's first segment. */
function times(run: string, ...entries: (readonly [position: number, time: number])[]): void {
  const bytes = Buffer.alloc(entries.length * 16)
  entries.forEach(([position, time], index) => {
    bytes.writeBigInt64LE(BigInt(position), index * 16)
    bytes.writeBigInt64LE(BigInt(time), index * 16 + 8)
  })
  writeFileSync(join(folder, run, 'out.0.times'), bytes)
}

function slot(runs: string[], changes: Partial<LogSlot> = {}): LogSlot {
  return { slot: 'mailer:0', name: 'mailer', index: 0, program: null, runs, goesOn: true, ...changes }
}

function read(slots: LogSlot[], query: Partial<LogQuery> = {}): AsyncGenerator<OutputView> {
  const context: LogContext = { runsDir: folder, clock: systemClock, feed, lastRun: () => lastRun }
  return streamLogs(
    slots,
    { lines: 10, follow: false, streams: ['out'], signal: abort.signal, ...query },
    context,
  )
}

async function textOf(pieces: AsyncIterable<OutputView>): Promise<string> {
  let text = ''
  for await (const piece of pieces) text += piece.text
  return text
}

/** Reads on in the background; `text()` is what came so far. */
function follow(slots: LogSlot[], query: Partial<LogQuery> = {}) {
  const pieces: OutputView[] = []
  const done = (async () => {
    for await (const piece of read(slots, { follow: true, ...query })) pieces.push(piece)
  })()
  return {
    pieces,
    text: () => pieces.map(({ text }) => text).join(''),
    async end() {
      abort.abort()
      await done
    },
  }
}

const sees = (reader: { text(): string }, text: string): Promise<void> =>
  vi.waitFor(() => expect(reader.text()).toBe(text), { timeout: 10_000, interval: 5 })

function begin(run: string, of = 'mailer:0'): void {
  feed.publish([{ kind: 'run.started', slot: of, run } as DroverEvent], new Set([of]))
}

describe('the last lines', () => {
  it('come from as many runs as they reach back, oldest first', async () => {
    output('r1', 'a\nb\n')
    output('r2', 'c\n')
    output('r3', 'd\ne')
    expect(await textOf(read([slot(['r3', 'r2', 'r1'])], { lines: 4 }))).toBe('b\nc\nd\ne')
    expect(await textOf(read([slot(['r3', 'r2', 'r1'])], { lines: 1 }))).toBe('e')
    expect(await textOf(read([slot(['r3', 'r2', 'r1'])], { lines: 100 }))).toBe('a\nb\nc\nd\ne')
    expect(await textOf(read([slot(['r3', 'r2', 'r1'])], { lines: 0 }))).toBe('')
  })

  it('keep the order of runs however long they are', async () => {
    const long = (letter: string): string => `${letter.repeat(99)}\n`.repeat(3000)
    output('r1', long('a'))
    output('r2', long('b'))
    output('r3', long('c'))
    expect(await textOf(read([slot(['r3', 'r2', 'r1'])], { lines: 9000 }))).toBe(
      long('a') + long('b') + long('c'),
    )
  })

  it('come over segments', async () => {
    output('r1', 'a\nb\n', 'out.0')
    output('r1', 'c\nd\n', 'out.4')
    expect(await textOf(read([slot(['r1'])], { lines: 3 }))).toBe('b\nc\nd\n')
  })

  it('tell slot, run, stream and place of each piece', async () => {
    output('r1', 'xx\nyes\n')
    output('r1', 'oh\n', 'err.0')
    const pieces: OutputView[] = []
    for await (const piece of read([slot(['r1'])], { lines: 1, streams: ['out', 'err'] })) pieces.push(piece)
    const common = { slot: 'mailer:0', name: 'mailer', run: 'r1' }
    expect(pieces).toEqual([
      { ...common, stream: 'out', offset: 3, text: 'yes\n' },
      { ...common, stream: 'err', offset: 0, text: 'oh\n' },
    ])
  })

  it('have whole characters, and a sign for what is none at the end', async () => {
    output('r1', Buffer.concat([Buffer.from('ü'.repeat(40_000)), Buffer.from([0xc3])]))
    const pieces: OutputView[] = []
    for await (const piece of read([slot(['r1'])])) pieces.push(piece)
    expect(pieces.length).toBeGreaterThan(1)
    expect(pieces.map(({ text }) => text).join('')).toBe(`${'ü'.repeat(40_000)}\ufffd`)
  })

  it('are looked for in a bounded part of the output, over all runs', async () => {
    const line = `${'x'.repeat(999_999)}\n`
    output('r1', line.repeat(3))
    output('r2', line.repeat(10))
    output('r3', line.repeat(5))
    const text = await textOf(read([slot(['r3', 'r2', 'r1'])], { lines: 100 }))
    expect(text).toHaveLength(16_000_000)
  })

  it('of a run that began while others were still looked through come once', async () => {
    output('r1', 'a\n')
    const slots = [slot(['r9'], { slot: 'other:0' }), slot(['r1'])]
    output('r9', 'x'.repeat(3_000_000))
    const reader = follow(slots)
    output('r2', 'b\n')
    begin('r2')
    begin('r1')
    const mine = {
      text: () => reader.pieces.flatMap((one) => (one.slot === 'mailer:0' ? [one.text] : [])).join(''),
    }
    await sees(mine, 'a\nb\n')
    await reader.end()
  })

  it('of several slots come in the order of time, where that is known', async () => {
    output('r1', 'a1\na2\na3\n')
    output('r2', 'b1\nb2\nb3\n')
    times('r1', [0, 1000], [3, 3000], [6, 5000])
    times('r2', [0, 2000], [3, 4000], [6, 6000])
    const slots = [slot(['r1']), slot(['r2'], { slot: 'web:0', name: 'web' })]
    expect(await textOf(read(slots))).toBe('a1\nb1\na2\nb2\na3\nb3\n')
    expect(await textOf(read(slots, { lines: 2 }))).toBe('a2\nb2\na3\nb3\n')
  })

  it('are pieces of one time each where times are wanted, else one piece', async () => {
    output('r1', 'a1\na2\na3\n')
    times('r1', [0, 1000], [4, 3000])
    const collect = async (timestamps: boolean) => {
      const pieces: OutputView[] = []
      for await (const piece of read([slot(['r1'])], { timestamps })) pieces.push(piece)
      return pieces.map(({ text, time }) => [text, time])
    }
    // The line that a write ends is as old as its beginning.
    expect(await collect(true)).toEqual([
      ['a1\na2\n', '1970-01-01T00:00:01.000Z'],
      ['a3\n', '1970-01-01T00:00:03.000Z'],
    ])
    expect(await collect(false)).toEqual([['a1\na2\na3\n', '1970-01-01T00:00:01.000Z']])
  })

  it('of slots that never ran are none', async () => {
    expect(await textOf(read([slot([]), slot(['gone'])]))).toBe('')
  })
})

describe('a follower', () => {
  it('gets what is written from then on, characters whole, over a rotation', async () => {
    output('r1', 'old\n')
    const reader = follow([slot(['r1'])])
    await sees(reader, 'old\n')
    output('r1', Buffer.from([0xc3]))
    output('r1', Buffer.from([0xbc, 10]))
    await sees(reader, 'old\nü\n')
    output('r1', 'next\n', 'out.7')
    await sees(reader, 'old\nü\nnext\n')
    await reader.end()
  })

  it('gets the rest of a run, and then the next one', async () => {
    output('r1', 'a\n')
    const reader = follow([slot(['r1'])])
    await sees(reader, 'a\n')
    output('r1', 'last words\n')
    output('r2', 'first words\n')
    begin('r2')
    await sees(reader, 'a\nlast words\nfirst words\n')
    output('r2', 'more\n')
    await sees(reader, 'a\nlast words\nfirst words\nmore\n')
    await reader.end()
  })

  it('gets a run that began between the listing of runs and the first look', async () => {
    output('r2', 'quick\n')
    lastRun = 'r2'
    const reader = follow([slot(['r1'])])
    await sees(reader, 'quick\n')
    begin('r2')
    output('r2', 'later\n')
    await sees(reader, 'quick\nlater\n')
    await reader.end()
  })

  it('gets a run whose directory comes only after its beginning', async () => {
    const reader = follow([slot([])])
    begin('r1')
    output('r1', 'late\n')
    await sees(reader, 'late\n')
    await reader.end()
  })

  it('of one run is not told of others', async () => {
    output('r1', 'mine\n')
    const reader = follow([slot(['r1'], { goesOn: false })])
    await sees(reader, 'mine\n')
    output('r2', 'not mine\n')
    begin('r2')
    output('r1', 'mine too\n')
    await sees(reader, 'mine\nmine too\n')
    await reader.end()
  })

  it('that is slow loses nothing of many short runs', async () => {
    const pieces = read([slot([])], { follow: true })
    const first = pieces.next()
    const runs = Array.from({ length: 30 }, (_, n) => `r${n}`)
    for (const run of runs) {
      output(run, `${run}\n`)
      begin(run)
    }
    let text = (await first).value?.text ?? ''
    while (text.split('\n').length <= 30) text += (await pieces.next()).value?.text ?? ''
    expect(text).toBe(runs.map((run) => `${run}\n`).join(''))
    abort.abort()
    await pieces.return(undefined)
  })

  it('goes on in a named file over runs, rotations and truncation', async () => {
    const path = join(folder, 'app.log')
    const launch: Program['launch'] = { ...aProgram().launch, stdout: { kind: 'file', path } }
    writeFileSync(path, 'one\n')
    const reader = follow([slot(['r1'], { program: aProgram({ launch }) })])
    await sees(reader, 'one\n')
    begin('r2')
    appendFileSync(path, 'two\n')
    renameSync(path, `${path}.1`)
    writeFileSync(path, 'three\n')
    await sees(reader, 'one\ntwo\nthree\n')
    writeFileSync(path, '4\n')
    await sees(reader, 'one\ntwo\nthree\n4\n')
    await reader.end()
  })

  it('leaves no watch, listener or timer when it is aborted, wherever it is', async () => {
    const watches = (): number =>
      process.getActiveResourcesInfo().filter((name) => name === 'FSEventWrap').length
    const before = watches()
    const slots = Array.from({ length: 30 }, (_, n) => {
      output(`r${n}`, 'x\n')
      return slot([`r${n}`], { slot: `mailer:${n}` })
    })
    const reader = follow(slots)
    await vi.waitFor(() => expect(watches()).toBe(before + 30))
    await reader.end()
    await vi.waitFor(() => expect(watches()).toBe(before))
    // @ts-expect-error A look behind the curtain: nobody listens any more.
    expect(feed.listeners.size).toBe(0)
  })

  it('closes the watches of runs that are over', async () => {
    const watches = (): number =>
      process.getActiveResourcesInfo().filter((name) => name === 'FSEventWrap').length
    const before = watches()
    output('r0', '0\n')
    const reader = follow([slot(['r0'])])
    let text = '0\n'
    await sees(reader, text)
    for (let n = 1; n < 10; n++) {
      output(`r${n}`, `${n}\n`)
      begin(`r${n}`)
      text += `${n}\n`
      await sees(reader, text)
    }
    await vi.waitFor(() => expect(watches()).toBe(before + 1))
    await reader.end()
  })

  it('that goes away in the middle closes everything', async () => {
    output('r1', 'a\n')
    for await (const _ of read([slot(['r1'])], { follow: true })) break
    // @ts-expect-error A look behind the curtain: nobody listens any more.
    expect(feed.listeners.size).toBe(0)
  })

  it('lets others have their turn while there is much to read', async () => {
    const written = `${'x'.repeat(999_999)}\n`.repeat(10)
    output('r1', written)
    let turns = 0
    let isOver = false
    const count = (): void => {
      turns += 1
      if (!isOver) setImmediate(count)
    }
    setImmediate(count)
    const reading = textOf(read([slot(['r1'])], { lines: 10 }))
    const text = await reading
    isOver = true
    expect(text).toHaveLength(written.length)
    expect(turns).toBeGreaterThan(5)
  })
})
