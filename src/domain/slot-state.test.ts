import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { RestartPolicy } from './program.ts'
import type { RunCause } from './run.ts'
import {
  dueOf,
  emptyTally,
  runOf,
  type SlotContext,
  type SlotEvent,
  type SlotState,
  type SlotStateKind,
  type SlotTally,
  slotStateKinds,
  transition,
  transitionTable,
} from './slot-state.ts'
import { aPolicy, endings, exited, stopped } from './testing/samples.ts'

type EventKind = SlotEvent['kind']

const by: RunCause = { kind: 'requested', by: 'ann' }
const policy = aPolicy({ startTimeMs: 1000, giveUpAfter: 3 })
const context: SlotContext = { now: 10_000, newRun: 'new', random: 0.5, policy }
const tally: SlotTally = { quickExits: 1, unsteadyExits: 1 }

const states: { [S in SlotStateKind]: Extract<SlotState, { kind: S }> } = {
  stopped: { kind: 'stopped' },
  starting: { kind: 'starting', run: 'old', until: 9_000 },
  running: { kind: 'running', run: 'old' },
  backoff: { kind: 'backoff', until: 9_000, delayMs: 2000, after: 'before', reason: 'exited with code 1' },
  stopping: { kind: 'stopping', run: 'old', next: 'stop' },
  exited: { kind: 'exited', reason: 'exited with code 0', isSuccess: true },
  fatal: { kind: 'fatal', reason: 'ended 3 times in a row within its start time' },
}

const events: { [E in EventKind]: Extract<SlotEvent, { kind: E }> } = {
  start: { kind: 'start', cause: by },
  stop: { kind: 'stop' },
  restart: { kind: 'restart', cause: by },
  runBorn: { kind: 'runBorn', run: 'old' },
  runEnded: { kind: 'runEnded', run: 'old', end: exited(1, 5_000) },
  tick: { kind: 'tick' },
}

const born = { state: { kind: 'starting', run: 'new', until: null }, tally: emptyTally }
const begins = { ...born, actions: [{ kind: 'startRun', run: 'new', cause: by }] }
const settles = { state: { kind: 'stopped' }, tally: emptyTally, actions: [] }
const stops = (next: 'stop' | RunCause) => ({
  state: { kind: 'stopping', run: 'old', next },
  tally,
  actions: [{ kind: 'stopRun', run: 'old' }],
})
const goesOnStopping = (next: 'stop' | RunCause) => ({ ...stops(next), actions: [] })
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
    tick: 'ignored',
  },
  starting: {
    start: 'ignored',
    stop: stops('stop'),
    restart: stops(by),
    runBorn: { state: { kind: 'starting', run: 'old', until: 11_000 }, tally, actions: [] },
    runEnded: { ...waits, passed: { kind: 'running', run: 'old' } },
    tick: { state: { kind: 'running', run: 'old' }, tally: { ...tally, quickExits: 0 }, actions: [] },
  },
  running: {
    start: 'ignored',
    stop: stops('stop'),
    restart: stops(by),
    runBorn: 'ignored',
    runEnded: waits,
    tick: 'ignored',
  },
  backoff: {
    start: begins,
    stop: settles,
    restart: begins,
    runBorn: 'impossible',
    runEnded: 'impossible',
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
    tick: 'ignored',
  },
  exited: {
    start: begins,
    stop: settles,
    restart: begins,
    runBorn: 'impossible',
    runEnded: 'impossible',
    tick: 'ignored',
  },
  fatal: {
    start: begins,
    stop: settles,
    restart: begins,
    runBorn: 'impossible',
    runEnded: 'impossible',
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
    for (const row of Object.values(transitionTable)) expect(Object.keys(row)).toEqual(Object.keys(events))
  })
})

describe('a slot', () => {
  test('begins what was asked for once the run that it stops has ended', () => {
    const state: SlotState = { kind: 'stopping', run: 'old', next: by }
    expect(transition(state, tally, { ...events.runEnded, end: stopped() }, context)).toEqual(begins)
  })

  test('is not running before its command was born, however long that takes', () => {
    const claimed: SlotState = { kind: 'starting', run: 'old', until: null }
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
    }
  })
})

/** A slot and the runs that its actions begin and end, driven by events as they come. */
class Driven {
  state: SlotState = { kind: 'stopped' }
  tally = emptyTally
  now = 0
  readonly ids = new Set<string>()
  readonly told = new Set<string>()
  live: string | null = null

  apply(event: SlotEvent, policy: RestartPolicy): void {
    const before = this.state
    const newRun = `r${this.ids.size}`
    const step = transition(before, this.tally, event, { now: this.now, newRun, random: 0.5, policy })
    if (step === 'impossible') throw new Error(`impossible: ${event.kind} in ${before.kind}`)
    if (step === 'ignored') return
    for (const action of step.actions) {
      if (action.kind === 'startRun') {
        expect(this.live, 'a run begins only when none is held').toBeNull()
        expect(this.ids.has(action.run), 'every id is fresh').toBe(false)
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
