/** A reload does just what its plan said, and touches only what changed. */
import process from 'node:process'
import { beforeEach, expect, test } from 'vitest'
import type { ProgramConfig } from '../../src/config/config-types.generated.ts'
import type { PlanView, SlotView } from '../../src/contract/views.ts'
import { drover, droverJson, shareHouse } from '../harness/command-line.ts'
import { waitFor } from '../harness/wait.ts'

const house = shareHouse()
const sleeper = (seconds = 1000): ProgramConfig => ({
  command: ['sleep', String(seconds)],
  startTime: 0,
  stop: { grace: '1s' },
})

/** Each test begins with five workers and one other. */
beforeEach(async () => {
  house.configure({ workers: { ...sleeper(), processes: 5 }, other: sleeper() })
  if (house.hasAgent) await house.api.reload({})
  else await house.startAgent()
  await allRunning(6)
})

test('a changed policy restarts nothing', async () => {
  const before = await pids()
  house.configure({
    workers: {
      ...sleeper(),
      processes: 5,
      restart: 'on-failure',
      giveUpAfter: 7,
      priority: 5,
      stop: { grace: '2s' },
      output: { keep: 3 },
    },
    other: { ...sleeper(), customData: { team: 'mail' } },
  })
  const plan = await planThenReload()
  expect(plan.steps).toEqual([])
  expect(plan.programs.map(({ program, change }) => [program, change])).toEqual([
    ['workers', 'policy'],
    ['other', 'policy'],
  ])
  expect(await pids()).toEqual(before)
})

test('W-C8 more processes start only the new ones, fewer stop those with the highest numbers', async () => {
  const before = await pids()
  house.configure({ workers: { ...sleeper(), processes: 8 }, other: sleeper() })
  const more = await planThenReload()
  expect(more.programs).toEqual([{ program: 'workers', change: 'scaled', fields: ['processes'] }])
  expect(more.steps.map(({ slot, action }) => [slot, action])).toEqual([
    ['workers:5', 'start'],
    ['workers:6', 'start'],
    ['workers:7', 'start'],
  ])
  await allRunning(9)
  expect(await pids()).toMatchObject(before)

  house.configure({ workers: { ...sleeper(), processes: 5 }, other: sleeper() })
  const fewer = await planThenReload()
  expect(fewer.steps.map(({ slot, action }) => [slot, action])).toEqual([
    ['workers:7', 'stop'],
    ['workers:6', 'stop'],
    ['workers:5', 'stop'],
  ])
  await allRunning(6)
  expect(await pids()).toEqual(before)
})

test('a changed command restarts only its own program', async () => {
  const before = await pids()
  house.configure({ workers: { ...sleeper(), processes: 5 }, other: sleeper(2000) })
  const plan = await planThenReload()
  expect(plan.programs).toEqual([{ program: 'other', change: 'restarted', fields: ['launch.command.argv'] }])
  expect(plan.steps.map(({ slot, action }) => [slot, action])).toEqual([['other:0', 'restart']])
  await waitFor(
    'the other one runs anew',
    async () =>
      (await pids())['other:0'] !== before['other:0'] && (await house.slot('other')).state === 'running',
  )
  expect(workersOf(await pids())).toEqual(workersOf(before))
  const [run] = await house.api.listRuns({ targets: ['other'], limit: 1 })
  expect(run?.cause).toEqual({ kind: 'changed' })
})

test('added programs start, removed ones stop and are gone', async () => {
  const before = await pids()
  house.configure({ workers: { ...sleeper(), processes: 5 }, added: sleeper() })
  const plan = await planThenReload()
  expect(plan.programs.map(({ program, change }) => [program, change])).toEqual([
    ['added', 'added'],
    ['other', 'removed'],
  ])
  await house.waitForSlots(
    'it is gone',
    (slots) => slots.length === 6 && slots.every(({ program }) => program !== 'other'),
  )
  await house.waitForState('added', 'running')
  expect(workersOf(await pids())).toEqual(workersOf(before))
})

test('a second reload does nothing', async () => {
  const before = await pids()
  const { plan } = await house.api.reload({})
  expect(plan).toMatchObject({ isEmpty: true, programs: [], steps: [] })
  expect(await pids()).toEqual(before)
  const { stdout, code } = await drover(house, ['reload'])
  expect({ stdout, code }).toEqual({ stdout: 'Nothing to change.\n', code: 0 })
})

test('HUP reloads', async () => {
  house.configure({ workers: { ...sleeper(), processes: 6 }, other: sleeper() })
  process.kill(house.agentPid, 'SIGHUP')
  await allRunning(7)
  const [applied] = await house.api.listEvents({ kinds: ['config.applied'], newest: true, limit: 1 })
  expect(applied?.data).toMatchObject({ by: 'SIGHUP', changed: ['workers'] })
})

test('W-T5 a program without a command is refused at check, plan and reload, and what runs is untouched', async () => {
  const before = await pids()
  house.configure({
    workers: { ...sleeper(), processes: 5 },
    other: { autostart: true } as unknown as ProgramConfig,
  })
  for (const args of [['config', 'check', house.configFile], ['plan'], ['reload']]) {
    const { code, stderr, stdout } = await drover(house, args)
    expect({ args, code, stdout }).toEqual({ args, code: 5, stdout: '' })
    expect(stderr).toMatch(/drover\.json:\d+.*programs\.other\.command/)
  }
  expect(await pids()).toEqual(before)
  const [refused] = await house.api.listEvents({ kinds: ['config.refused'], newest: true, limit: 1 })
  expect(JSON.stringify(refused?.data)).toContain('command')
  const { code, stderr } = await drover(house, ['apply', '-', '--format', 'json'], {
    input: '{"programs":{"third":{"processes":2}}}',
  })
  expect(code).toBe(5)
  expect(stderr).toMatch(/programs\.third\.command/)
  expect(await pids()).toEqual(before)
})

/** The plan, which the reload must then repeat word for word. */
async function planThenReload(): Promise<PlanView> {
  const planned = await droverJson<PlanView>(house, ['plan'])
  const { plan } = await house.api.reload({})
  expect(plan).toEqual(planned)
  return plan
}

async function allRunning(count: number): Promise<SlotView[]> {
  return await house.waitForSlots(
    `${count} run`,
    (slots) =>
      slots.length === count && slots.every(({ state, pid }) => state === 'running' && pid !== null) && slots,
  )
}

async function pids(): Promise<Record<string, number | null>> {
  return Object.fromEntries((await house.slots()).map(({ slot, pid }) => [slot, pid]))
}

function workersOf(all: Record<string, number | null>): Record<string, number | null> {
  return Object.fromEntries(Object.entries(all).filter(([slot]) => slot.startsWith('workers:')))
}
