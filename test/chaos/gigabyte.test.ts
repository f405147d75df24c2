/**
 * A worker writes a gigabyte in hostile chunks while the agent is dead half of the time: the bytes on the disk and over the API are those that were
 * written, over all rotations, and the worker never waited for the agent. 64 megabytes, or all with `npm run test:chaos`.
 */
import { spawn } from 'node:child_process'
import { createHash, type Hash } from 'node:crypto'
import { createReadStream, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openHouse } from '../harness/house.ts'
import { waitFor } from '../harness/wait.ts'
import { drawChance, isLong } from './chance.ts'
import { compile } from './compile.ts'

const bytes = isLong ? 2 ** 30 : 64 * 2 ** 20
const calmBytes = 32 * 2 ** 20
const segmentBytes = 3_000_001
/** Lives and deaths of the agent during the flood. */
const turns = 12

test(`${bytes / 2 ** 20} MB arrive as they were written while the agent comes and goes`, {
  timeout: isLong ? 1_200_000 : 240_000,
}, async () => {
  const { seed } = drawChance('gigabyte')
  const house = openHouse()
  const flood = compile('flood.c', house.folder)
  const report = (name: string): string => join(house.folder, `${name}.report`)
  const command = (name: string, size: number): string[] => [
    flood,
    String(seed),
    String(size),
    isLong ? '10' : '40',
    report(name),
  ]
  const rules = { restart: 'never', startTime: 0, output: { maxSize: segmentBytes, keep: 1000 } } as const
  house.configure({
    calm: { ...rules, command: command('calm', calmBytes), autostart: false },
    flood: { ...rules, command: command('flood', bytes), autostart: false },
  })
  await house.startAgent()
  await house.api.startSlots({ targets: ['calm'], wait: false })
  await house.waitForState('calm', 'exited', { deadlineMs: 120_000 })

  await house.api.startSlots({ targets: ['flood'], wait: false })
  const run = await waitFor('the run is known', async () => (await house.slot('flood')).lastRun)
  const directory = join(house.dataDir, 'runs', run)
  for (let turn = 1; turn <= turns; turn++) {
    if (house.hasAgent) await house.killAgent()
    else await house.startAgent()
    await waitFor('the flood has risen', () => sizeOf(directory) >= (bytes * turn) / (turns + 1), {
      deadlineMs: 600_000,
    })
  }
  if (!house.hasAgent) await house.startAgent()
  const slot = await house.waitForState('flood', 'exited', { deadlineMs: 120_000 })
  expect(slot.reason).toBe('exited with code 0')

  const wanted = await hashOf(streamOf(flood, command('again', bytes).slice(1)))
  expect(await hashOf(await house.api.getRunOutput({ id: run }))).toEqual(wanted)
  expect(await hashOf(segmentsOf(directory))).toEqual(wanted)
  const segments = readdirSync(directory).filter((name) => /^out\.\d+$/.test(name))
  expect(segments.length).toBeGreaterThanOrEqual(Math.floor(bytes / segmentBytes))
  for (const name of segments) expect(statSync(join(directory, name)).size).toBeLessThanOrEqual(segmentBytes)
  const { run: ended } = await house.api.getRun({ id: run })
  expect(ended.usage).toMatchObject({ outBytes: bytes, lostBytes: 0 })

  const longest = { calm: longestWriteMs(report('calm')), flood: longestWriteMs(report('flood')) }
  console.log(
    `gigabyte: ${wanted.length} bytes in ${segments.length} segments; the longest write took ${longest.flood} ms, ${longest.calm} ms with a living agent`,
  )
  // A disk may be slow for either; waiting for an agent would show as the length of a death.
  expect(longest.flood).toBeLessThan(2000 + 10 * longest.calm)
})

interface Content {
  readonly length: number
  readonly sha256: string
}

async function hashOf(chunks: AsyncIterable<Uint8Array>): Promise<Content> {
  const hash: Hash = createHash('sha256')
  let length = 0
  for await (const chunk of chunks) {
    hash.update(chunk)
    length += chunk.length
  }
  return { length, sha256: hash.digest('hex') }
}

/** What the flood writes where nobody is in its way. */
function streamOf(flood: string, args: readonly string[]): AsyncIterable<Uint8Array> {
  const [seed = '', size = '', , report = ''] = args
  return spawn(flood, [seed, size, '0', report], { stdio: ['ignore', 'pipe', 'inherit'] }).stdout
}

async function* segmentsOf(directory: string): AsyncGenerator<Uint8Array> {
  let end = 0
  const offsets = readdirSync(directory)
    .filter((name) => /^out\.\d+$/.test(name))
    .map((name) => Number(name.slice('out.'.length)))
    .sort((a, b) => a - b)
  for (const offset of offsets) {
    if (offset !== end) throw new Error(`a segment begins at ${offset}, but ${end} comes next`)
    for await (const chunk of createReadStream(join(directory, `out.${offset}`))) {
      end += (chunk as Buffer).length
      yield chunk as Buffer
    }
  }
}

function sizeOf(directory: string): number {
  return readdirSync(directory)
    .filter((name) => /^out\.\d+$/.test(name))
    .reduce((sum, name) => sum + (statSync(join(directory, name), { throwIfNoEntry: false })?.size ?? 0), 0)
}

function longestWriteMs(report: string): number {
  return Math.round(Number(readFileSync(report, 'utf8').split(' ')[1]) / 1000)
}
