/** The ends of an agent, wanted and unwanted, and what they mean for its workers. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { expect, test } from 'vitest'
import type { SlotView } from '../../src/contract/views.ts'
import { type House, openHouse } from '../harness/house.ts'
import { isAlive, kill } from '../harness/processes.ts'
import { waitFor } from '../harness/wait.ts'

test('W-F1 an agent after a killed one finds its live children, starts no second ones and goes on supervising', async () => {
  const house = openHouse()
  house.configure({ mailer: { command: ['sleep', '1000'], processes: 3, startTime: 0 } })
  await house.startAgent()
  const before = await allRunning(house, 3)
  await house.killAgent()
  await house.startAgent()
  const after = await house.slots()
  expect(after.map(({ pid, run, state }) => ({ pid, run, state }))).toEqual(
    before.map(({ pid, run }) => ({ pid, run, state: 'running' })),
  )
  expect(commandsOf(house)).toHaveLength(3)
  expect(await house.api.listRuns({})).toHaveLength(3)

  kill(before[1]?.pid ?? 0)
  await waitFor('the dead one has a successor', async () => {
    const slot = await house.slot('mailer:1')
    return slot.state === 'running' && slot.pid !== before[1]?.pid
  })
  const { run } = await house.api.getRun({ id: before[1]?.run ?? '' })
  expect(run.end).toMatchObject({ kind: 'signaled', signal: 'SIGKILL' })
  expect(commandsOf(house)).toHaveLength(3)
})

test('X-5 under load nothing runs twice, nothing is lost, and all ends and outputs are told once', async () => {
  const house = openHouse()
  const journal = (name: string): string => join(house.folder, name)
  writeFileSync(journal('begun'), '')
  house.configure({
    // Tells in a book of its own what it did: begin, 20 lines, end.
    brief: {
      command:
        'echo $DROVER_RUN_ID >> begun; i=0; while [ $i -lt 20 ]; do echo $DROVER_RUN_ID $i; i=$((i + 1)); sleep 0.01; done; exit $((DROVER_INDEX + 10))',
      processes: 4,
      startTime: 0,
      steadyTime: 0,
      backoff: { initial: '20ms', max: '50ms' },
    },
    silent: { command: ['sleep', '1000'], processes: 4, startTime: 0 },
  })
  await house.startAgent()
  const before = (
    await waitFor('the silent ones run', async () => {
      const slots = (await house.slots()).filter(
        ({ program, state }) => program === 'silent' && state === 'running',
      )
      return slots.length === 4 && slots
    })
  ).map(({ pid }) => pid)
  for (let death = 0; death < 3; death++) {
    const known = readFileSync(journal('begun'), 'utf8').length
    await waitFor('more has begun', () => readFileSync(journal('begun'), 'utf8').length > known)
    await house.killAgent()
    await house.startAgent()
  }
  const silent = (await house.slots()).filter(({ program }) => program === 'silent')
  expect(silent.map(({ pid }) => pid)).toEqual(before)
  await house.api.stopSlots({ targets: ['all'] })

  const begun = readFileSync(journal('begun'), 'utf8').trim().split('\n')
  const runs = (await house.api.listRuns({ targets: ['brief'], limit: 1000 })).filter(
    ({ end }) => end?.kind !== 'revoked',
  )
  expect(new Set(begun).size).toBe(begun.length)
  expect(runs.map(({ id }) => id).sort()).toEqual([...begun].sort())
  const ends = await house.api.listEvents({ kinds: ['run.ended'], limit: 10_000 })
  for (const { id, slot, end } of runs) {
    expect(ends.filter(({ run }) => run === id)).toHaveLength(1)
    if (end?.kind !== 'exited') continue
    expect(end.code).toBe(Number(slot.split(':')[1]) + 10)
  }
  const kept = runs.filter(({ end }) => end?.kind === 'exited').slice(0, 4)
  expect(kept.length).toBeGreaterThan(0)
  for (const { id } of kept) {
    const lines = Array.from({ length: 20 }, (_, line) => `${id} ${line}\n`).join('')
    expect(await outputOf(house, id)).toBe(lines)
  }
})

test('TERM stops the workers; a second one ends the agent at once, and the shims finish what it began', async () => {
  const house = openHouse()
  house.configure({
    deaf: {
      command: ['sh', '-c', 'trap "" TERM; sleep 1000; :'],
      startTime: 0,
      stop: { grace: '4s' },
    },
  })
  await house.startAgent()
  const { pid } = await house.waitForState('deaf', 'running')
  await waitFor('the trap is set', () =>
    commandsOf(house, 'deaf').some(({ command }) => command.startsWith('sleep')),
  )
  process.kill(house.agentPid, 'SIGTERM')
  await house.waitForState('deaf', 'stopping')
  const end = await house.killAgent('SIGTERM')
  expect(end.code).toBe(130)
  expect(isAlive(pid ?? 0)).toBe(true)
  await house.assertNothingLeft()
})

test('--leave-workers ends the agent alone, and the next one takes over', async () => {
  const house = openHouse()
  house.configure({ sleeper: { command: ['sleep', '1000'], startTime: 0 } })
  await house.startAgent({ args: ['--leave-workers'] })
  const { pid } = await house.waitForState('sleeper', 'running')
  expect(await house.killAgent('SIGTERM')).toEqual({ code: 0, signal: null })
  expect(isAlive(pid ?? 0)).toBe(true)
  await house.startAgent()
  expect((await house.slot('sleeper')).pid).toBe(pid)
})

async function allRunning(house: House, count: number): Promise<SlotView[]> {
  return await house.waitForSlots(
    'all run',
    (slots) =>
      slots.length === count && slots.every(({ state, pid }) => state === 'running' && pid !== null) && slots,
  )
}

/** The commands themselves, without their shims. */
function commandsOf(house: House, program?: string): ReturnType<House['processes']> {
  return house
    .processes()
    .filter(({ command }) => !command.includes('drover-shim'))
    .filter(({ environment }) => environment.has('DROVER_RUN_ID'))
    .filter(({ environment }) => program === undefined || environment.get('DROVER_PROGRAM') === program)
}

async function outputOf(house: House, run: string): Promise<string> {
  let text = ''
  for await (const bytes of await house.api.getRunOutput({ id: run })) text += Buffer.from(bytes).toString()
  return text
}
