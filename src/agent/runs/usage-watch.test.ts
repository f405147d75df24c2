/** The watch over what runs use, with a clock that stands still and trees that a test invents. */
import { beforeEach, expect, it } from 'vitest'
import { type Limits, noLimits } from '../../domain/limits.ts'
import type { Program } from '../../domain/program.ts'
import type { DesiredProgram, Slot } from '../../domain/reconcile.ts'
import type { SlotState } from '../../domain/slot-state.ts'
import { aProgram, runningState } from '../../domain/testing/samples.ts'
import type { UsageReading } from '../../domain/usage.ts'
import { aRun } from '../../store/conformance/samples.ts'
import { FakeClock } from '../../testing/fake-clock.ts'
import { type LiveRun, usualStop } from './run-keeper.ts'
import { UsageWatch } from './usage-watch.ts'

const MB = 1024 ** 2
let clock: FakeClock
let live: Map<string, LiveRun>
let read: (pid: number) => UsageReading | null
let looks: number
let told: unknown[][]
let complaints: string[]
let watch: UsageWatch

beforeEach(() => {
  clock = new FakeClock()
  live = new Map()
  read = () => ({ cpuMs: 0, rssBytes: 10 * MB, processes: 1, openFiles: 3 })
  looks = 0
  told = []
  complaints = []
  const tell =
    (what: string) =>
    (...data: unknown[]): void =>
      void told.push([what, ...data])
  watch = new UsageWatch({
    clock,
    usualWarnAfter: () => null,
    read: (pid) => {
      looks += 1
      return read(pid)
    },
    live: (run) => live.get(run),
    ageOf: (run) => clock.now() - (run.startedAt ?? clock.now()),
    news: {
      reached: tell('reached'),
      overdue: tell('overdue'),
      outgrown: tell('outgrown'),
      peaks: tell('peaks'),
    },
    complain: (message) => complaints.push(message),
  })
})

function aLiveRun(id: string): LiveRun {
  return {
    id,
    slot: 'mailer:0',
    program: 'mailer',
    directory: '/x',
    pid: 5,
    startedAt: clock.now(),
    shim: { pid: 4, start: 1 },
    command: { pid: 5, start: 1 },
    claimedStop: usualStop,
    warnAfterMs: null,
    stopLine: null,
    isStopPassed: false,
    isShimGone: false,
    isEnded: false,
  }
}

function follow(limits: Partial<Limits>, state: SlotState = runningState('r1'), slots = ['mailer:0']): void {
  const program: Program = { ...aProgram(), limits: { ...noLimits, ...limits } }
  const desired = new Map<string, DesiredProgram>([['mailer', { program, launchHash: 'h' }]])
  const slot = (name: string): Slot =>
    ({
      name,
      program: 'mailer',
      index: 0,
      state,
      tally: {},
      asked: null,
      launchHash: 'h',
      rollout: null,
    }) as Slot
  const run = 'run' in state ? state.run : null
  if (run !== null && !live.has(run)) live.set(run, aLiveRun(run))
  watch.follow(slots, new Map(slots.map((name) => [name, slot(name)])), desired)
}

/** Lets time pass in steps, so that what waits for a turn of the loop gets one. */
async function pass(ms: number, stepMs = 10): Promise<void> {
  for (let at = 0; at < ms; at += stepMs) {
    clock.advance(stepMs)
    await new Promise((resolve) => setImmediate(resolve))
  }
}

it('looks at what does nothing less and less, and not at all once there is no run', async () => {
  follow({})
  await pass(10_000, 100)
  const first = looks
  expect(first).toBeLessThanOrEqual(3)
  await pass(600_000, 1000)
  expect(looks - first).toBeLessThanOrEqual(22)
  expect(watch.usageOf('mailer:0', 'r1')).toMatchObject({ rssBytes: 10 * MB })
  follow({}, { kind: 'stopped' })
  const last = looks
  await pass(60_000, 1000)
  expect(looks).toBe(last)
  expect(watch.usageOf('mailer:0', 'r1')).toBeNull()
  expect(clock.pending).toBe(0)
})

it('tells once that a limit was reached, before memory that grows by 40 MB/s passed 1.3 times of it', async () => {
  const began = clock.monotonic()
  read = () => ({
    cpuMs: 0,
    rssBytes: ((clock.monotonic() - began) / 1000) * 40 * MB,
    processes: 1,
    openFiles: null,
  })
  follow({ memoryBytes: 100 * MB })
  await pass(6000)
  expect(told).toMatchObject([['reached', 'mailer:0', 'r1', { reason: { kind: 'memory' } }]])
  const [, , , reached] = told[0] as [string, string, string, { value: number }]
  expect(reached.value).toBeLessThan(130 * MB)
})

it('tells of a run that is ended for its memory, and grows on to twice of it, once', async () => {
  const stopping: SlotState = {
    kind: 'stopping',
    run: 'r1',
    next: 'judge',
    reason: { kind: 'memory', text: '', isFailure: true },
    wasRunning: true,
  }
  let rssBytes = 150 * MB
  read = () => ({ cpuMs: 0, rssBytes, processes: 1, openFiles: null })
  follow({ memoryBytes: 100 * MB }, stopping)
  await pass(3000)
  expect(told).toEqual([])
  rssBytes = 201 * MB
  await pass(3000)
  expect(told).toEqual([['outgrown', 'mailer:0', 'r1', { value: 201 * MB, threshold: 200 * MB }]])
})

it('S-T19 tells once of a run that lasts too long, and not where an agent before told it', async () => {
  follow({ warnAfterMs: 1000 })
  await pass(5000)
  expect(told).toMatchObject([['overdue', { id: 'r1' }, { warnAfterMs: 1000 }]])
  expect(watch.seenOf('mailer:0', 'r1').isWarned).toBe(true)
  told = []
  watch.remember(aRun('r2', { warnedAt: 5 }))
  follow({ warnAfterMs: 1000 }, runningState('r2'))
  await pass(5000)
  expect(told).toEqual([])
})

it('decides by the age of a run, not by when it was first seen, and anew when its rules change', async () => {
  live.set('r1', { ...aLiveRun('r1'), startedAt: clock.now() - 60_000 })
  follow({ lifetime: { afterMs: 100_000, jitter: 0 } })
  await pass(30_000, 500)
  expect(told).toEqual([])
  follow({ lifetime: { afterMs: 80_000, jitter: 0 } })
  await pass(50)
  expect(told).toMatchObject([['reached', 'mailer:0', 'r1', { reason: { kind: 'lifetime' } }]])
})

it('gives peaks to be recorded once a minute, when they grew, and goes on from those of an agent before', async () => {
  const peak = { treeRssBytes: 500 * MB, processes: 9, openFiles: 90 }
  watch.remember(aRun('r1', { peak }))
  follow({})
  await pass(120_000, 1000)
  expect(told).toEqual([])
  expect(watch.seenOf('mailer:0', 'r1').peak).toEqual(peak)
  live.delete('r1')
  follow({}, runningState('r2'))
  await pass(120_000, 1000)
  expect(told).toEqual([
    ['peaks', [{ id: 'r2', peak: { treeRssBytes: 10 * MB, processes: 1, openFiles: 3 } }]],
  ])
})

it('goes on with the others when one cannot be read', async () => {
  live.set('r1', aLiveRun('r1'))
  let isBroken = true
  read = () => {
    if (isBroken) throw new Error('EMFILE')
    return { cpuMs: 7, rssBytes: MB, processes: 1, openFiles: 1 }
  }
  follow({})
  await pass(3000, 100)
  expect(complaints.length).toBeGreaterThan(0)
  isBroken = false
  await pass(3000, 100)
  expect(watch.usageOf('mailer:0', 'r1')).toMatchObject({ cpuMs: 7 })
  watch.close()
  expect(clock.pending).toBe(0)
})
