/**
 * 10,000 events a second for a minute, three listeners, one of which hangs at each event: the others get all of them in order, the memory of what hands
 * them on stays as it is, and the hung one is named in an event. The usual run lasts ten seconds, and `npm run test:chaos` a minute.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { createInterface } from 'node:readline'
import { build } from 'esbuild'
import { expect, onTestFinished, test } from 'vitest'
import type { Listener } from '../../src/domain/events/listener.ts'
import { findShim } from '../../src/process/shim.ts'
import { root } from '../harness/house.ts'
import { markVariable, processesWith } from '../harness/processes.ts'
import { waitFor } from '../harness/wait.ts'
import { isLong } from './chance.ts'
import type { FloodRequest, FloodTold } from './flood-harness.ts'

const perSecond = 10_000
const seconds = isLong ? 60 : 10
/** In which heap and caches come to their size. */
const warmUpSeconds = isLong ? 10 : 4
const mostGrowthBytes = 24 * 2 ** 20

const config = `
import { writeFileSync } from 'node:fs'
const seen = {}
const counter = (name) => (event) => {
  const so = (seen[name] ??= { first: event.id, last: event.id - 1, count: 0, gaps: 0, repeated: 0 })
  if (event.id > so.last + 1) so.gaps += 1
  if (event.id <= so.last) so.repeated += 1
  so.last = event.id
  so.count += 1
  if (event.id % 500 === 0) writeFileSync(name + '.json', JSON.stringify(so))
}
export default {
  listeners: {
    one: { on: '*', run: counter('one') },
    two: { on: ['run.*', 'listener.*'], run: async (event) => counter('two')(event) },
    hung: { on: '*', timeout: '1s', run: () => { for (;;) {} } },
  },
}
`

test(`${perSecond} events a second for ${seconds} s, with one listener that hangs`, {
  timeout: isLong ? 600_000 : 240_000,
}, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'drover-flood-'))
  const mark = `flood-${process.pid}`
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const file = join(folder, 'drover.config.mjs')
  writeFileSync(file, config)
  const listeners = (['one', 'two', 'hung'] as const).map(
    (name): Listener => ({
      name,
      on: name === 'two' ? ['run.*', 'listener.*'] : ['*'],
      programs: [],
      groups: [],
      timeoutMs: name === 'hung' ? 1000 : 30_000,
      action: { kind: 'function', reference: { file, path: ['listeners', name, 'run'] } },
    }),
  )
  const told = await runFlood(
    {
      folder,
      shim: findShim(root),
      hostPath: join(root, 'dist', 'config-host.cjs'),
      listeners,
      perSecond,
      seconds,
    },
    mark,
  )
  const last = told.at(-1)
  const warm = told.find(({ second }) => second >= warmUpSeconds)
  if (!last?.isOver || !warm) throw new Error('The flood did not come to its end.')
  const during = told.filter(({ second, isOver }) => second >= warmUpSeconds && !isOver)
  const growth = last.rssBytes - warm.rssBytes
  const most = Math.max(...told.map(({ rssBytes }) => rssBytes)) - warm.rssBytes
  console.log(
    `flood: ${last.events} events in ${last.second} s; memory ${megabytes(warm.rssBytes)} MB after ${warm.second} s, ${megabytes(last.rssBytes)} MB at the end, at most ${megabytes(most)} MB more between; ` +
      `behind at most: one ${mostLag(during, 'one')}, two ${mostLag(during, 'two')}; hung ${last.lag.hung}; told: ${JSON.stringify(last.failed)}`,
  )
  expect(last.events).toBeGreaterThan(perSecond * seconds * 0.95)
  for (const name of ['one', 'two']) {
    const seen = JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8'))
    expect(seen, name).toMatchObject({ gaps: 0, repeated: 0 })
    // The file is written at each 500th.
    expect(seen.last).toBeGreaterThan(last.events - 500)
    expect(last.lag[name]).toBe(0)
  }
  expect(last.failed[0]).toMatchObject({ listener: 'hung', reason: 'the function gave no answer within 1 s' })
  expect(last.failed.every(({ listener }) => listener === 'hung')).toBe(true)
  expect(growth).toBeLessThan(mostGrowthBytes)
  await waitFor('nothing is left', () => processesWith(markVariable, mark).length === 0)
})

async function runFlood(request: FloodRequest, mark: string): Promise<FloodTold[]> {
  // Beside the packages, since one of them is native.
  const outfile = join(root, 'node_modules', `.flood-${process.pid}.cjs`)
  onTestFinished(() => rmSync(outfile, { force: true }))
  await build({
    entryPoints: [join(root, 'test/chaos/flood-harness.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    external: ['@photostructure/sqlite', 'node:sqlite'],
    define: { 'import.meta.url': 'bundleUrl' },
    banner: { js: "const bundleUrl = require('node:url').pathToFileURL(__filename).href" },
    logLevel: 'warning',
  })
  const flags =
    readFileSync(join(root, 'bin', 'drover'), 'utf8')
      .split('\n')[0]
      ?.match(/--\S+/g) ?? []
  const child = spawn(process.execPath, [...flags, outfile, JSON.stringify(request)], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, [markVariable]: mark },
  })
  const told: FloodTold[] = []
  createInterface({ input: child.stdout }).on('line', (line) => told.push(JSON.parse(line)))
  expect(await endOf(child)).toBe(0)
  return told
}

function endOf(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve) => child.once('close', resolve))
}

function mostLag(told: readonly FloodTold[], name: string): number {
  return Math.max(...told.map(({ lag }) => lag[name] ?? 0))
}

function megabytes(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(1)
}
