import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { RetryPolicy } from './jobs/job.ts'
import { claimedByDeadAgent } from './judge.ts'
import { checkKinds, type RestartPolicy } from './program.ts'
import type { RunCause, RunEnd, StopReason } from './run.ts'
import {
  dueOf,
  runOf,
  type SlotContext,
  type SlotEvent,
  type SlotState,
  type SlotStateKind,
  slotStateKinds,
  transition,
  transitionTable,
} from './slot-state.ts'
import { emptyTally, type SlotTally } from './slot-tally.ts'
import {
  aContext,
  aPolicy,
  endings,
  exited,
  noUsage,
  runningState,
  startingState,
  stopped,
  stoppingState,
} from './testing/samples.ts'

type EventKind = SlotEvent['kind']

const by: RunCause = { kind: 'requested', by: 'ann' }
const policy = aPolicy({ startTimeMs: 1000, giveUpAfter: 3 })
const context: SlotContext = aContext({ policy })
const tally: SlotTally = { quickExits: 1, unsteadyExits: 1 }

const limit: StopReason = { kind: 'memory', text: '120 MB of memory', isFailure: true }
const unhealthy: StopReason = {
  kind: 'unhealthy',
  text: 'its liveness check failed: no answer in 1 s',
  isFailure: true,
}

const states: { [S in SlotStateKind]: Extract<SlotState, { kind: S }> } = {
  stopped: { kind: 'stopped' },
  waiting: { kind: 'waiting', cause: by, reason: 'db to be ready' },
  starting: startingState('old', 9_000),
  running: runningState('old'),
  backoff: { kind: 'backoff', until: 9_000, delayMs: 2000, after: 'before', reason: 'exited with code 1' },
  stopping: stoppingState('old', 'stop'),
  exited: { kind: 'exited', reason: 'exited with code 0', isSuccess: true },
  fatal: { kind: 'fatal', reason: 'ended 3 times in a row within its start time' },
}

const events: { [E in EventKind]: Extract<SlotEvent, { kind: E }> } = {
  start: { kind: 'start', cause: by },
  stop: { kind: 'stop' },
  restart: { kind: 'restart', cause: by },
  runBorn: { kind: 'runBorn', run: 'old' },
  runEnded: { kind: 'runEnded', run: 'old', end: exited(1, 5_000) },
  checked: { kind: 'checked', run: 'old', check: 'liveness', passed: false, detail: 'no answer in 1 s' },
  giveWay: { kind: 'giveWay', run: 'old', reason: limit },
  tick: { kind: 'tick' },
}

const born = { state: startingState('new', null), tally: emptyTally }
const begins = { ...born, actions: [{ kind: 'startRun', run: 'new', cause: by }] }
const settles = { state: { kind: 'stopped' }, tally: emptyTally, actions: [] }
const stops = (next: 'stop' | 'judge' | RunCause, wasRunning: boolean, reason: StopReason | null = null) => ({
  state: { ...stoppingState('old', next, wasRunning), reason },
  tally,
  actions: [{ kind: 'stopRun', run: 'old' }],
})
const goesOnStopping = (next: 'stop' | RunCause) => ({ ...stops(next, true), actions: [] })
/** The second failure between start time and steady time: it waits by the backoff. */
const waits = {
  state: {
    kind: 'backoff',
    until: 11_000,
    delayMs: 1000,
    after: 'old',
    reason: 'exited with code 1',
  },
  tally: { quickExits: 0, unsteadyExits: 2 },
  actions: [],
}

/** What every event does in every state, once more and independently of the table. */
const expected: Record<SlotStateKind, Record<EventKind, unknown>> = {
  stopped: {
    start: begins,
    stop: 'ignored',
    restart: begins,
    runBorn: 'impossible',
    runEnded: 'impossible',
    checked: 'impossible',
    giveWay: 'impossible',
    tick: 'ignored',
  },
  waiting: {
    start: begins,
    stop: settles,
    restart: begins,
    runBorn: 'impossible',
    runEnded: 'impossible',
    checked: 'impossible',
    giveWay: 'impossible',
    tick: { ...begins, tally },
  },
  starting: {
    start: 'ignored',
    stop: stops('stop', false),
    restart: stops(by, false),
    runBorn: { state: startingState('old', 11_000), tally, actions: [] },
    runEnded: { ...waits, passed: runningState('old') },
    checked: stops('judge', false, unhealthy),
    giveWay: stops('judge', false, limit),
    tick: { state: runningState('old'), tally: { ...tally, quickExits: 0 }, actions: [] },
  },
  running: {
    start: 'ignored',
    stop: stops('stop', true),
    restart: stops(by, true),
    runBorn: 'ignored',
    runEnded: waits,
    checked: stops('judge', true, unhealthy),
    giveWay: stops('judge', true, limit),
    tick: 'ignored',
  },
  backoff: {
    start: begins,
    stop: settles,
    restart: begins,
    runBorn: 'impossible',
    runEnded: 'impossible',
    checked: 'impossible',
    giveWay: 'impossible',
    tick: {
      ...born,
      tally,
      actions: [
        {
          kind: 'startRun',
          run: 'new',
          cause: { kind: 'restart', after: 'before', reason: 'exited with code 1' },
        },
      ],
    },
  },
  stopping: {
    start: goesOnStopping(by),
    stop: goesOnStopping('stop'),
    restart: goesOnStopping(by),
    runBorn: 'ignored',
    runEnded: settles,
    checked: 'ignored',
    giveWay: 'ignored',
    tick: 'ignored',
  },
  exited: {
    start: begins,
    stop: settles,
    restart: begins,
    runBorn: 'impossible',
    runEnded: 'impossible',
    checked: 'impossible',
    giveWay: 'impossible',
    tick: 'ignored',
  },
  fatal: {
    start: begins,
    stop: settles,
    restart: begins,
    runBorn: 'impossible',
    runEnded: 'impossible',
    checked: 'impossible',
    giveWay: 'impossible',
    tick: 'ignored',
  },
}

describe('every cell of the table', () => {
  for (const stateKind of slotStateKinds) {
    for (const eventKind of Object.keys(events) as EventKind[]) {
      test(`${stateKind} × ${eventKind}`, () => {
        expect(transition(states[stateKind], tally, events[eventKind], context)).toEqual(
          expected[stateKind][eventKind],
        )
      })
    }
  }

  test('are all named here', () => {
    expect(Object.keys(transitionTable)).toEqual([...slotStateKinds])
    for (const row of Object.values(transitionTable))
      expect(Object.keys(row).sort()).toEqual(Object.keys(events).sort())
  })
})

describe('a slot', () => {
  test('begins what was asked for once the run that it stops has ended', () => {
    const state: SlotState = stoppingState('old', by)
    expect(transition(state, tally, { ...events.runEnded, end: stopped() }, context)).toEqual(begins)
  })

  test('is not running before its command was born, however long that takes', () => {
    const claimed: SlotState = startingState('old', null)
    expect(transition(claimed, tally, events.tick, { ...context, now: 1e9 })).toEqual({
      state: claimed,
      tally,
      actions: [],
    })
    expect(dueOf(claimed)).toBeNull()
  })

  test('is not running before its start time has passed since its birth', () => {
    const step = transition(states.starting, tally, events.tick, { ...context, now: 8_999 })
    expect(step).toEqual({ state: states.starting, tally, actions: [] })
  })

  test('does not start again before its backoff is over', () => {
    const step = transition(states.backoff, tally, events.tick, { ...context, now: 8_999 })
    expect(step).toEqual({ state: states.backoff, tally, actions: [] })
  })

  test('finds the birth and the end of a run that it does not hold impossible, and stays as it is', () => {
    for (const state of Object.values(states)) {
      expect(transition(state, tally, { ...events.runBorn, run: 'other' }, context)).toBe('impossible')
      expect(transition(state, tally, { ...events.runEnded, run: 'other' }, context)).toBe('impossible')
      expect(transition(state, tally, { ...events.checked, run: 'other' }, context)).toBe('impossible')
    }
  })
})

describe('the slot of a job', () => {
  const retry: RetryPolicy = {
    times: 2,
    backoff: { kind: 'linear', initialMs: 5000, factor: 1, maxMs: 60_000, jitter: 0 },
    exitCodes: null,
    exceptExitCodes: [],
  }
  const once = aPolicy({ when: 'never', startTimeMs: 0, giveUpAfter: null, successExitCodes: [0, 3] })
  const attempt = (number: number): SlotContext =>
    aContext({ policy: once, attempt: { number, policy: retry, warningExitCodes: [3] } })
  const end = (state: SlotState, how: RunEnd, number = 1) =>
    transition(state, emptyTally, { kind: 'runEnded', run: 'old', end: how }, attempt(number))

  test('has exited after a success, and after a warning', () => {
    for (const code of [0, 3])
      expect(end(runningState('old'), exited(code, 5))).toMatchObject({
        state: { kind: 'exited', isSuccess: true },
        actions: [],
      })
  })

  test('waits for another attempt after a failure, and begins it as one', () => {
    const step = end(runningState('old'), exited(1, 5), 2)
    const waits = {
      kind: 'backoff',
      until: 20_000,
      delayMs: 10_000,
      after: 'old',
      reason: 'exited with code 1',
    }
    expect(step).toMatchObject({ state: waits, actions: [] })
    const begun = transition(waits as SlotState, emptyTally, events.tick, { ...attempt(2), now: 20_000 })
    const cause = { kind: 'retry', after: 'old', reason: 'exited with code 1' }
    expect(begun).toMatchObject({ actions: [{ kind: 'startRun', run: 'new', cause }] })
  })

  test('has exited after the last attempt', () => {
    expect(end(runningState('old'), exited(1, 5), 3)).toMatchObject({
      state: { kind: 'exited', isSuccess: false },
    })
  })

  test('S-F10: has one end after a timeout, and is never given up', () => {
    const timedOut: RunEnd = { kind: 'timed_out', killed: true, durationMs: 5, endedAt: 0, usage: noUsage }
    expect(end(runningState('old'), timedOut, 3)).toMatchObject({
      state: { kind: 'exited', isSuccess: false, reason: 'timed out, killed after its grace' },
    })
  })

  test('begins anew at once what a dead agent had only claimed', () => {
    const revoked: RunEnd = { kind: 'revoked', endedAt: 0, reason: claimedByDeadAgent }
    expect(end(startingState('old', null), revoked)).toMatchObject({
      state: { kind: 'starting', run: 'new' },
      actions: [{ kind: 'startRun', cause: { kind: 'retry' } }],
    })
  })

  test('begins nothing for a run that gives way to the next due time', () => {
    const reason: StopReason = {
      kind: 'replaced',
      text: 'the next due time takes its place',
      isFailure: false,
    }
    const givingWay = { ...stoppingState('old', 'judge'), reason }
    for (const how of [stopped(), exited(1, 5), exited(0, 5)])
      expect(end(givingWay, how)).toMatchObject({ state: { kind: 'exited' }, actions: [] })
  })

  test('tries again what reached a limit', () => {
    expect(end({ ...stoppingState('old', 'judge'), reason: limit }, stopped())).toMatchObject({
      state: { kind: 'backoff', reason: '120 MB of memory' },
    })
  })

  test('stays stopped once somebody stopped it', () => {
    expect(end(stoppingState('old', 'stop'), exited(1, 5))).toMatchObject({ state: { kind: 'stopped' } })
    expect(transition(states.backoff, emptyTally, events.stop, attempt(1))).toMatchObject(settles)
  })
})

/** A slot and the runs that its actions begin and end, driven by events as they come. */
class Driven {
  state: SlotState = { kind: 'stopped' }
  tally = emptyTally
  now = 0
  obstacle: string | null = null
  readonly ids = new Set<string>()
  readonly told = new Set<string>()
  live: string | null = null

  apply(event: SlotEvent, policy: RestartPolicy): void {
    const before = this.state
    const newRun = `r${this.ids.size}`
    const { now, obstacle } = this
    const step = transition(before, this.tally, event, aContext({ now, newRun, policy, obstacle }))
    if (step === 'impossible') throw new Error(`impossible: ${event.kind} in ${before.kind}`)
    if (step === 'ignored') return
    for (const action of step.actions) {
      if (action.kind === 'startRun') {
        expect(this.live, 'a run begins only when none is held').toBeNull()
        expect(this.ids.has(action.run), 'every id is fresh').toBe(false)
        expect(this.obstacle, 'nothing begins against an obstacle').toBeNull()
        this.ids.add(action.run)
        this.live = action.run
      } else {
        expect(action.run, 'only the held run is stopped').toBe(this.live)
        this.told.add(action.run)
      }
    }
    if (before.kind === 'fatal' && step.state.kind !== 'fatal') {
      expect(['start', 'restart', 'stop'], 'fatal is left by a person only').toContain(event.kind)
    }
    this.state = step.state
    this.tally = step.tally
  }

  check(): void {
    expect(runOf(this.state), 'the held run is the live one').toBe(this.live)
    if (this.state.kind === 'stopping') expect(this.told.has(this.state.run)).toBe(true)
    if (dueOf(this.state) !== null) expect(['starting', 'backoff']).toContain(this.state.kind)
    expect(Number.isFinite(dueOf(this.state) ?? 0)).toBe(true)
  }
}

const policies = fc.record({
  when: fc.constantFrom('always' as const, 'on-failure' as const, 'never' as const),
  startTimeMs: fc.constantFrom(0, 1000),
  steadyTimeMs: fc.constantFrom(0, 30_000),
  giveUpAfter: fc.constantFrom(null, 1, 3),
})
const moves = fc.array(
  fc.oneof(
    fc.constantFrom<SlotEvent>(
      { kind: 'start', cause: by },
      { kind: 'stop' },
      { kind: 'restart', cause: { kind: 'changed' } },
      { kind: 'tick' },
    ),
    fc.constant('born' as const),
    endings.map((end) => ({ end })),
    fc.constantFrom(null, 'db to be ready', 'db to finish').map((obstacle) => ({ obstacle })),
    fc.tuple(fc.constantFrom(...checkKinds), fc.boolean()).map(([check, passed]) => ({ check, passed })),
    fc.constant('limit' as const),
    fc.integer({ min: 1, max: 40_000 }).map((pass) => ({ pass })),
  ),
  { maxLength: 60 },
)

describe('after any sequence of events', () => {
  test('at most one run is held, ids are fresh, stopping was told, fatal waits for a person', () => {
    fc.assert(
      fc.property(policies, moves, (changes, sequence) => {
        const driven = new Driven()
        for (const move of sequence) {
          if (move === 'born') {
            if (driven.live !== null) driven.apply({ kind: 'runBorn', run: driven.live }, aPolicy(changes))
          } else if (move === 'limit') {
            if (driven.live !== null)
              driven.apply({ kind: 'giveWay', run: driven.live, reason: limit }, aPolicy(changes))
          } else if ('obstacle' in move) {
            driven.obstacle = move.obstacle
          } else if ('check' in move) {
            const run = driven.live
            if (run !== null) driven.apply({ kind: 'checked', run, detail: '', ...move }, aPolicy(changes))
          } else if ('pass' in move) {
            driven.now += move.pass
          } else if ('end' in move) {
            const run = driven.live
            if (run === null) continue
            driven.live = null
            driven.apply({ kind: 'runEnded', run, end: move.end }, aPolicy(changes))
          } else {
            driven.apply(move, aPolicy(changes))
          }
          driven.check()
        }
      }),
      { numRuns: 1000 },
    )
  })
})
