/** The launcher may die like anybody else: nothing that it held is waited for, and the next start gets another one. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest'
import { aClaim } from '../testing/run-directories.ts'
import { Launcher } from './launcher.ts'
import { readExit, readPid, writeClaim } from './run-directory.ts'
import { findShim } from './shim.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const patience = { timeout: 20_000, interval: 5 }

let folder: string
let told: string[]
let launcher: Launcher

beforeAll(() => {
  execFileSync(process.execPath, [join(root, 'scripts', 'build-shim.mjs')], { stdio: 'ignore' })
}, 120_000)

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'drover-launcher-'))
  told = []
  launcher = new Launcher(findShim(root), {
    onGone: (run) => told.push(`${run} gone`),
    onFailed: (run, message) => told.push(`${run} failed: ${message}`),
  })
})
afterEach(() => {
  launcher.close()
  rmSync(folder, { recursive: true })
})

function claim(run: string, command: string): string {
  const directory = join(folder, run)
  const output = { maxBytes: 0, keep: 0 }
  writeClaim(
    directory,
    aClaim(run, { argv: ['/bin/sh', '-c', command], marks: folder, out: output, err: output }),
  )
  return directory
}

/** The test is in a position to know it. */
const pidOf = (one: Launcher): number => (one as unknown as { child: { pid: number } | null }).child?.pid ?? 0

it('passes the environment on byte for byte, and tells when the shim has gone', async () => {
  const value = 'ü "quotes" \n new line = and $signs'
  launcher.start(claim('r1', 'printf %s "$VALUE"; env | wc -l'), {
    VALUE: value,
    PATH: process.env.PATH ?? '',
  })
  await vi.waitFor(() => expect(told).toEqual(['r1 gone']), patience)
  expect(readFileSync(join(folder, 'r1', 'out.0'), 'utf8')).toContain(value)
})

it('that is killed is told as gone for each of its runs, which live on, and is replaced', async () => {
  const directory = claim('r1', 'sleep 0.5; exit 4')
  launcher.start(directory, {})
  await vi.waitFor(() => expect(readPid(directory).kind).toBe('pid'), patience)
  const first = pidOf(launcher)
  process.kill(first, 'SIGKILL')
  await vi.waitFor(() => expect(told).toEqual(['r1 gone']), patience)
  launcher.start(claim('r2', 'exit 0'), {})
  expect(pidOf(launcher)).not.toBe(first)
  await vi.waitFor(() => expect(told).toContain('r2 gone'), patience)
  await vi.waitFor(() => expect(readExit(directory)).toMatchObject({ code: 4 }), patience)
})

it('that cannot be started is told as a failure of each start', async () => {
  const none = new Launcher(join(folder, 'nothing'), {
    onGone: (run) => told.push(`${run} gone`),
    onFailed: (run, message) => told.push(`${run} failed: ${message}`),
  })
  mkdirSync(join(folder, 'r1'))
  none.start(join(folder, 'r1'), {})
  none.start(join(folder, 'r2'), {})
  await vi.waitFor(() => expect(told).toHaveLength(2), patience)
  expect(told).toEqual([expect.stringContaining('r1 failed: '), expect.stringContaining('r2 failed: ')])
  none.close()
})
