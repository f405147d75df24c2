/** Another build takes over from a running agent: pids stay, ends in between are recorded, and a build that cannot start is gone back from. */
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { follow } from '../harness/command-line.ts'
import { type House, openHouse, root } from '../harness/house.ts'
import { childrenOf } from '../harness/processes.ts'
import { waitFor } from '../harness/wait.ts'

test('a new build comes in the place of the old one, twice, and the watched pid and all workers stay', async () => {
  const house = openHouse()
  house.configure({
    worker: { command: ['sleep', '1000'], processes: 3, startTime: 0 },
  })
  await startBelowShell(house)
  const workers = await pidsOf(house)
  for (const name of ['one', 'two']) {
    const bin = copyBuild(house, name)
    const before = await house.api.getAgent()
    const { code, stdout, stderr } = await runBuild(house, bin, ['upgrade', '--json'])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const told = JSON.parse(stdout)
    console.log(`upgrade ${name}: ${told.withoutAgentMs} ms from the request to the new agent's first answer`)
    const after = await house.api.getAgent()
    expect(after.build).toBe(bin)
    expect(after.pid).not.toBe(before.pid)
    expect(await pidsOf(house)).toEqual(workers)
    expect(house.hasAgent).toBe(true)
  }
  expect(await house.killAgent('SIGTERM')).toEqual({ code: 0, signal: null })
  await house.assertNothingLeft()
})

test('a build that does not run is refused, one that cannot start is gone back from, and workers notice neither', async () => {
  const house = openHouse()
  house.configure({ worker: { command: ['sleep', '1000'], startTime: 0 } })
  await startBelowShell(house)
  const workers = await pidsOf(house)
  const agent = await house.api.getAgent()
  await expect(
    house.api.upgrade({ command: ['/nowhere/drover'], version: '9', storeSchema: 99 }),
  ).rejects.toThrow(/does not run here/)
  await expect(
    house.api.upgrade({ command: ['/nowhere/drover'], version: '0', storeSchema: 0 }),
  ).rejects.toThrow(/knows stores up to schema 0/)
  expect((await house.api.getAgent()).pid).toBe(agent.pid)

  const bin = copyBuild(house, 'broken')
  writeFileSync(
    join(bin, '..', '..', 'dist', 'agent.cjs'),
    'exports.describeBuild = () => ({ storeSchema: 99 }); exports.startAgent = async () => 3',
  )
  const { code, stderr } = await runBuild(house, bin, ['upgrade'])
  expect({ code, stderr }).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('The new build did not start'),
  })
  expect((await house.api.getAgent()).build).toBe(join(root, 'bin', 'drover'))
  expect(await pidsOf(house)).toEqual(workers)
  expect(await house.killAgent('SIGTERM')).toEqual({ code: 0, signal: null })
  await house.assertNothingLeft()
})

async function startBelowShell(house: House): Promise<void> {
  await house.startAgent()
  await house.waitForState('worker:0', 'running')
  expect(childrenOf(house.agentPid).length).toBeGreaterThan(0)
}

async function pidsOf(house: House): Promise<(number | null)[]> {
  const slots = await waitFor('all run', async () => {
    const all = await house.slots()
    return all.every(({ state }) => state === 'running') && all
  })
  return slots.map(({ pid }) => pid)
}

/** Gives the path of its script. */
function copyBuild(house: House, name: string): string {
  const folder = join(house.folder, name)
  mkdirSync(folder)
  for (const part of ['bin', 'dist', 'native/build', 'package.json']) {
    cpSync(join(root, part), join(folder, part), { recursive: true })
  }
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  return join(folder, 'bin', 'drover')
}

function runBuild(house: House, bin: string, args: string[]) {
  return follow(house, args, { bin }).ended
}
