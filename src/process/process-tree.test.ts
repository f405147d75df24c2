import { type ChildProcess, spawn } from 'node:child_process'
import process from 'node:process'
import { afterEach, expect, it, vi } from 'vitest'
import { isAlive, type ProcessIdentity, readStat } from './process-identity.ts'
import { killOrphans } from './process-tree.ts'

const isLinux = process.platform === 'linux'
const children: ChildProcess[] = []
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
})

function begin(environment: Record<string, string>, command = 'exec sleep 60'): ChildProcess {
  const child = spawn('/bin/sh', ['-c', command], {
    detached: true,
    stdio: 'ignore',
    env: { ...process.env, ...environment },
  })
  children.push(child)
  return child
}

async function identityOf(child: ChildProcess): Promise<ProcessIdentity> {
  return await vi.waitFor(() => {
    const stat = readStat(child.pid ?? 0)
    // Before its exec it still has our environment.
    if (!stat || stat.session !== child.pid) throw new Error('not there yet')
    return { pid: stat.pid, start: stat.start }
  })
}

const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5))

it.runIf(isLinux)('kills whoever carries the id of the run, and nobody else', async () => {
  const mine = await identityOf(begin({ DROVER_RUN_ID: 'run-of-this-test' }))
  const other = await identityOf(begin({ DROVER_RUN_ID: 'run-of-this-test2' }))
  await vi.waitFor(async () => {
    expect(await killOrphans('run-of-this-test', null, pause)).toBeGreaterThan(0)
  })
  expect([isAlive(mine), isAlive(other)]).toEqual([false, true])
})

it.runIf(isLinux)(
  'kills the session that the command led, though its members hide whose they are',
  async () => {
    const command = await identityOf(begin({}, 'sleep 61 & exec sleep 60'))
    expect(await killOrphans('no-run', command, pause)).toBeGreaterThan(0)
    await vi.waitFor(() => expect(isAlive(command)).toBe(false))
  },
)

it.runIf(isLinux)('leaves a session alone whose number was that of the command once', async () => {
  const stranger = await identityOf(begin({}))
  const command = { pid: stranger.pid, start: stranger.start - 1 }
  expect(await killOrphans('no-run', command, pause)).toBe(0)
  expect(isAlive(stranger)).toBe(true)
})
