/**
 * A full disk, and a store that was lost or spoilt while the agent was dead: what runs goes on, nothing runs twice, and the agent says what is wrong.
 */
import { copyFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type House, openHouse } from '../harness/house.ts'
import { isAlive, kill } from '../harness/processes.ts'
import { SmallDisk } from '../harness/small-disk.ts'
import { waitFor } from '../harness/wait.ts'

const programs = {
  steady: { command: ['sleep', '1000'], startTime: 0, steadyTime: 0 },
  crashing: { command: ['sleep', '1000'], startTime: 0, steadyTime: 0 },
  other: { command: ['sleep', '1000'], startTime: 0 },
} as const

test('on a full disk everything that runs goes on, the agent too, and once there is room it catches up', async (context) => {
  const disk = new SmallDisk(context)
  const house = openHouse(join(disk.path, 'data'))
  const steady = await startAll(house)
  const { pid, run } = await house.slot('crashing')
  const agent = house.agentPid
  disk.fill()
  await waitFor('a request is refused', async () => await refusalOf(house))
  expect(await refusalOf(house)).toMatchObject({
    code: 'store_unavailable',
    message: expect.stringMatching(/full|no writes/),
  })
  kill(pid ?? 0)
  await waitFor('the worker is gone', () => !isAlive(pid ?? 0))
  expect((await house.slots()).map(({ slot }) => slot)).toHaveLength(3)
  await waitFor('the agent says so', () => /takes no writes/.test(house.log()))

  disk.makeRoom()
  await house.waitForSlots('the crashed one runs again', (slots) =>
    slots.some((slot) => slot.program === 'crashing' && slot.state === 'running' && slot.run !== run),
  )
  const ended = await house.api.getRun({ id: run ?? '' })
  expect(ended.run.end).toMatchObject({ kind: 'signaled', signal: 'SIGKILL' })
  expect(ended.timeline.filter(({ kind }) => kind === 'run.ended')).toHaveLength(1)
  expect((await house.slot('steady')).pid).toBe(steady)
  expect(house.agentPid).toBe(agent)
})

test('an agent that starts on a full disk says so and harms nobody', async (context) => {
  const disk = new SmallDisk(context)
  const house = openHouse(join(disk.path, 'data'))
  const steady = await startAll(house)
  await house.killAgent()
  disk.fill()
  await expect(house.startAgent()).rejects.toThrow(/full|room|no writes/i)
  expect(isAlive(steady)).toBe(true)
  expect(house.processes()).toHaveLength(6)
  disk.makeRoom()
  await house.startAgent()
  expect((await house.slot('steady')).pid).toBe(steady)
})

test('a store that was deleted costs the past, and no worker', async () => {
  const house = openHouse()
  const steady = await startAll(house)
  await house.killAgent()
  for (const end of ['', '-wal', '-shm']) rmSync(join(house.dataDir, `drover.db${end}`), { force: true })
  await house.startAgent()
  await house.waitForSlots(
    'all run',
    (slots) => slots.length === 3 && slots.every(({ state }) => state === 'running'),
  )
  expect((await house.slot('steady')).pid).toBe(steady)
  expect(house.processes()).toHaveLength(6)
})

test('an older copy of the store costs what it does not know, and no worker', async () => {
  const house = openHouse()
  const steady = await startAll(house)
  const store = join(house.dataDir, 'drover.db')
  await house.shutdown(true)
  copyFileSync(store, `${store}.older`)
  await house.startAgent()
  await house.api.restartSlots({ targets: ['other'] })
  const { pid, run } = await house.slot('other')
  await house.killAgent()
  for (const end of ['-wal', '-shm']) rmSync(`${store}${end}`, { force: true })
  renameSync(`${store}.older`, store)
  await house.startAgent()
  expect(await house.slot('other')).toMatchObject({ pid, run, state: 'running' })
  expect((await house.slot('steady')).pid).toBe(steady)
  expect(house.processes()).toHaveLength(6)
  expect(await house.api.listRuns({ state: 'alive' })).toHaveLength(3)
})

test('a store that was spoilt is named, touched by nobody, and can be moved away', async () => {
  const house = openHouse()
  const steady = await startAll(house)
  await house.killAgent()
  const store = join(house.dataDir, 'drover.db')
  for (const end of ['-wal', '-shm']) rmSync(`${store}${end}`, { force: true })
  writeFileSync(store, 'this is no database '.repeat(1000))
  await expect(house.startAgent()).rejects.toThrow(/drover\.db cannot be read.*Move the file/s)
  expect(house.processes()).toHaveLength(6)

  renameSync(store, `${store}.spoilt`)
  await house.startAgent()
  expect((await house.slot('steady')).pid).toBe(steady)
  expect(house.processes()).toHaveLength(6)
})

/** Three services that run; gives the pid of the steady one. */
async function startAll(house: House): Promise<number> {
  house.configure(programs)
  await house.startAgent()
  await house.waitForSlots(
    'all run',
    (slots) => slots.length === 3 && slots.every(({ state }) => state === 'running'),
  )
  return (await house.slot('steady')).pid ?? 0
}

/** Null when the agent could record it after all: a database keeps a little room of its own. */
async function refusalOf(house: House): Promise<unknown> {
  try {
    await house.api.signalSlots({ targets: ['other'], signal: 'CONT' })
    return null
  } catch (error) {
    return error
  }
}
