/** What follows the end of a worker: a new one at once, after a wait, or none, as its program says. */
import { beforeAll, expect, test } from 'vitest'
import type { EventView, RunView, SlotView } from '../../src/contract/views.ts'
import { shareHouse } from '../harness/command-line.ts'
import { kill } from '../harness/processes.ts'
import { waitFor } from '../harness/wait.ts'

const house = shareHouse()
const quick = { startTime: '300ms', backoff: { kind: 'linear', initial: '50ms' } } as const

beforeAll(async () => {
  house.configure({
    steady: { command: ['sleep', '1000'] },
    three: { command: ['sleep', '1000'], processes: 3, startTime: 0 },
    // Works for a while, then leaves so that a fresh one takes over.
    jobs: { command: 'sleep 1.2; exit 0' },
    failing: { command: 'sleep 1.2; exit 3', startTime: '200ms', steadyTime: 0 },
    once: { command: 'sleep 0.4; exit 5', restart: 'never', startTime: '100ms' },
    'well-done': {
      command: 'sleep 0.4; exit 2',
      restart: 'on-failure',
      successExitCodes: [0, 2],
      startTime: '100ms',
    },
    'badly-done': { command: 'sleep 0.4; exit 7', restart: 'on-failure', startTime: '100ms', steadyTime: 0 },
    // Every third run is a good one.
    recovering: {
      ...quick,
      command:
        'n=$(cat count 2>/dev/null || echo 0); echo $((n + 1)) > count; [ $((n % 3)) -lt 2 ] || sleep 0.8; exit 1',
    },
    growing: { command: 'exit 1', giveUpAfter: 4, backoff: 'linear' },
    unsteady: {
      command: 'sleep 0.3; exit 1',
      startTime: '100ms',
      steadyTime: '1m',
      backoff: { initial: '200ms', factor: 2, jitter: 0 },
    },
  })
  await house.startAgent()
})

test('W-T1 a declared program is started without further action, and a new process follows one that ends', async () => {
  const first = await house.waitForState('steady', 'running')
  expect(first.pid).toBeGreaterThan(0)
  kill(first.pid ?? 0, 'SIGTERM')
  const second = await successorOf(first)
  expect(second.pid).not.toBe(first.pid)
  expect(second.restarts).toBe(first.restarts + 1)
})

test('W-T4 the key of a declaration is the name in lists, logs and events', async () => {
  expect((await house.slots()).map(({ program }) => program)).toContain('well-done')
  expect((await house.api.listPrograms({})).map(({ name }) => name)).toContain('well-done')
  const { name } = await house.slot('steady')
  expect(name).toBe('steady')
  expect(house.log()).toMatch(/steady: run \w+ began/)
})

test('W-T7 after an end with code 0 a new process runs within a second', async () => {
  const [ended, next] = await waitFor('jobs ended twice', () => pairOf('jobs', 2))
  expect(ended.end).toMatchObject({ kind: 'exited', code: 0 })
  expect(Date.parse(next.claimedAt) - Date.parse(ended.endedAt ?? '')).toBeLessThan(1000)
  expect(next.pid).not.toBe(ended.pid)
  expect(next.cause).toMatchObject({ kind: 'restart', after: ended.id })
})

test('W-T8 after any other code, or a signal, a new process follows as well', async () => {
  const [ended, next] = await waitFor('failing ended', () => pairOf('failing', 2))
  expect(ended.end).toMatchObject({ kind: 'exited', code: 3 })
  expect(next.cause).toMatchObject({ kind: 'restart', after: ended.id })

  const before = await house.waitForState('steady', 'running')
  kill(before.pid ?? 0, 'SIGKILL')
  await successorOf(before)
  const { run } = await house.api.getRun({ id: before.run ?? '' })
  expect(run.end).toMatchObject({ kind: 'signaled', signal: 'SIGKILL' })
})

test('W-C11 the reason of an end is kept with the run', async () => {
  const [ended] = await waitFor('failing ended', () => pairOf('failing', 2))
  const { run, timeline } = await house.api.getRun({ id: ended.id })
  expect(run.endText).toBe('exited with code 3')
  expect(run.durationMs).toBeGreaterThan(1000)
  expect(timeline.map(({ kind }) => kind)).toEqual(
    expect.arrayContaining(['slot.starting', 'run.started', 'slot.running', 'run.ended']),
  )
})

test('W-T11 exactly as many processes run as are asked for, and each is restarted separately', async () => {
  const before = await house.waitForSlots('three of three run', (slots) => runningOf(slots, 'three', 3))
  expect(before.map(({ name }) => name)).toEqual(['three:0', 'three:1', 'three:2'])
  expect(new Set(before.map(({ pid }) => pid)).size).toBe(3)
  kill(before[1]?.pid ?? 0)
  await waitFor('another pid', async () => {
    const slot = await house.slot('three:1')
    return slot.state === 'running' && slot.pid !== before[1]?.pid
  })
  const after = (await house.slots()).filter(({ program }) => program === 'three')
  expect([after[0]?.pid, after[2]?.pid]).toEqual([before[0]?.pid, before[2]?.pid])
  const alive = house.processes().filter(({ command, environment }) => {
    return command.startsWith('sleep') && environment.get('DROVER_PROGRAM') === 'three'
  })
  expect(alive).toHaveLength(3)
})

test('W-C4 a program that is not to be restarted is not; one after failures only, after failures only', async () => {
  const once = await house.waitForState('once', 'exited')
  expect(once.reason).toBe('exited with code 5')
  expect(once.restarts).toBe(0)
  const done = await house.waitForState('well-done', 'exited')
  expect(done).toMatchObject({ reason: 'exited with code 2', restarts: 0 })
  await house.waitForSlots('badly-done came again', (slots) =>
    slots.find(({ program, restarts }) => program === 'badly-done' && restarts >= 1),
  )
})

test('W-C1 one good run sets the count of quick exits back', async () => {
  await house.waitForSlots(
    'it recovered three times',
    (slots) => slots.find(({ program, restarts }) => program === 'recovering' && restarts >= 9),
    { deadlineMs: 60_000 },
  )
  expect(await eventsOf('recovering', 'slot.gave_up')).toEqual([])
  const counts = (await eventsOf('recovering', 'slot.backing_off')).map(({ data }) => data.quickExits)
  expect(counts.slice(0, 2)).toEqual([1, 2])
  expect(Math.max(...counts.map(Number))).toBe(2)
})

test('W-C2 the waits between quick restarts grow', async () => {
  await house.waitForState('growing', 'fatal', { deadlineMs: 60_000 })
  const waits = (await eventsOf('growing', 'slot.backing_off')).map(({ data }) => data.delayMs)
  expect(waits).toEqual([1000, 2000, 3000])
  const starts = (await runsOf('growing')).map(({ claimedAt }) => Date.parse(claimedAt))
  const gaps = starts.slice(1).map((at, index) => at - (starts[index] ?? 0))
  expect(gaps).toHaveLength(3)
  for (const [index, gap] of gaps.entries()) expect(gap).toBeGreaterThanOrEqual((index + 1) * 1000 - 5)
})

test('W-F2 a process that dies soon after its start time again and again is slowed, and never given up', async () => {
  await waitFor(
    'it was slowed often',
    async () => (await eventsOf('unsteady', 'slot.backing_off')).length >= 3,
  )
  const waits = (await eventsOf('unsteady', 'slot.backing_off')).map(({ data }) => data.delayMs)
  expect(waits.slice(0, 3)).toEqual([200, 400, 800])
  expect((await house.slot('unsteady')).quickExits).toBe(0)
  expect(await eventsOf('unsteady', 'slot.gave_up')).toEqual([])
})

/** The slot once it runs anew. */
async function successorOf(before: SlotView): Promise<SlotView> {
  return await house.waitForSlots(`${before.slot} runs anew`, (slots) =>
    slots.find(({ slot, state, run }) => slot === before.slot && state === 'running' && run !== before.run),
  )
}

function runningOf(slots: readonly SlotView[], program: string, count: number): SlotView[] | null {
  const running = slots.filter((slot) => slot.program === program && slot.state === 'running')
  return running.length === count ? running : null
}

/** Oldest first. */
async function runsOf(program: string): Promise<RunView[]> {
  return (await house.api.listRuns({ targets: [program], limit: 1000 })).reverse()
}

/** The first run and the one after it, once there are so many. */
async function pairOf(program: string, count: number): Promise<[RunView, RunView] | null> {
  const runs = await runsOf(program)
  const [first, second] = runs
  return runs.length >= count && first && second && second.startedAt !== null ? [first, second] : null
}

async function eventsOf(program: string, kind: EventView['kind']): Promise<EventView[]> {
  return await house.api.listEvents({ targets: [program], kinds: [kind], limit: 1000 })
}
