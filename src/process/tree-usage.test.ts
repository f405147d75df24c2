/** What a tree of real processes uses, by what the system says of itself. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import process from 'node:process'
import { afterEach, expect, it, vi } from 'vitest'
import { readStat } from './process-identity.ts'
import { countOwnFiles, readProcessAge, readTree, readTreePss } from './tree-usage.ts'

const isLinux = process.platform === 'linux'
const children: ChildProcess[] = []
afterEach(() => {
  for (const { pid } of children.splice(0)) if (pid !== undefined) process.kill(-pid, 'SIGKILL')
})

function begin(command: string, env: Record<string, string> = {}): number {
  const child = spawn('/bin/sh', ['-c', command], {
    detached: true,
    stdio: 'ignore',
    env: { ...process.env, ...env },
  })
  children.push(child)
  return child.pid ?? 0
}

it.runIf(isLinux)('counts the whole tree below a process, and not the process itself', async () => {
  const pid = begin('sleep 60 & /bin/sh -c "sleep 60; true" & wait')
  await vi.waitFor(() => expect(readTree(pid)?.processes).toBe(3))
  const reading = readTree(pid)
  expect(reading?.rssBytes).toBeGreaterThan(0)
  const pages = Number(execFileSync('getconf', ['PAGESIZE'], { encoding: 'utf8' }))
  expect((reading?.rssBytes ?? 1) % pages).toBe(0)
  // Each has three streams at least.
  expect(reading?.openFiles).toBeGreaterThanOrEqual(9)
  expect(readTreePss(pid)).toBeLessThanOrEqual(reading?.rssBytes ?? 0)
})

it.runIf(isLinux)('counts the CPU time of children that are dead', async () => {
  const burn = 'i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done'
  const pid = begin('/bin/sh -c \'/bin/sh -c "$BURN"; sleep 60; true\' & wait', { BURN: burn })
  // The burner was a grandchild; once it is gone its parent has it on its account.
  await vi.waitFor(
    () =>
      expect(
        execFileSync('ps', ['-o', 'args=', '--ppid', String(childOf(pid))], { encoding: 'utf8' }),
      ).toMatch(/^sleep/),
    20_000,
  )
  expect(readTree(pid)?.cpuMs).toBeGreaterThan(20)
})

it.runIf(isLinux)('finds the children of all threads of a process', async () => {
  const script = `new (require('worker_threads').Worker)("require('child_process').spawn('sleep', ['60'])", { eval: true })`
  const pid = begin(`'${process.execPath}' -e "${script.replaceAll('"', '\\"')}" & wait`)
  await vi.waitFor(() => expect(readTree(pid)?.processes).toBe(2), 20_000)
})

it.runIf(isLinux)('says nothing about a process that is gone', () => {
  const gone = 4_194_305
  expect([readTree(gone), readTreePss(gone), readProcessAge(gone, 1)]).toEqual([null, null, null])
})

it.runIf(isLinux)('knows how old a process is, unless its number is another’s by now', () => {
  const start = readStat(process.pid)?.start ?? 0
  const age = readProcessAge(process.pid, start) ?? Number.NaN
  expect(Math.abs(age - process.uptime() * 1000)).toBeLessThan(5000)
  expect(readProcessAge(process.pid, start + 1)).toBeNull()
  expect(countOwnFiles()).toBeGreaterThan(3)
})

function childOf(pid: number): number {
  return Number(execFileSync('ps', ['-o', 'pid=', '--ppid', String(pid)], { encoding: 'utf8' }).trim())
}
