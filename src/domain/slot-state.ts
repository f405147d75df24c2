/**
 * The state machine of a slot, one kept place of a service. Pure: time, the id of the run that may begin and a random number are
 * handed in with every event; what shall be done comes back as actions.
 *
 *                 start                      startTime passed
 *   stopped ───────────────▶ starting ──────────────────────────▶ running
 *      ▲  ▲                   │  ▲  │ runEnded                       │
 *      │  │ stop              │  │  └───────────┐    ┌───────────────┤ runEnded
 *      │  │              stop │  │ due, start   ▼    ▼               │
 *      │  └───────────────────┼──┼────────── backoff · exited · fatal│
 *      │ runEnded             ▼  │ start                             │
 *      └─────────────────── stopping ◀───────────────────────────────┘ stop, restart
 *
 * A run that ends is judged by `judge.ts`: at once again (starting), after a wait (backoff), never again (exited, fatal).
 */

import { judgeEnd } from './judge.ts'
import type { Milliseconds } from './milliseconds.ts'
import type { RestartPolicy } from './program.ts'
import type { RunCause, RunEnd } from './run.ts'

export type SlotState =
  | { readonly kind: 'stopped' }
  /**
   * A run is claimed or younger than the start time. `until`: when it counts as running (monotonic); null while its command was
   * not born, so that a slow birth on a busy machine never passes for a good start.
   */
  | { readonly kind: 'starting'; readonly run: string; readonly until: Milliseconds | null }
  | { readonly kind: 'running'; readonly run: string }
  /** Waits for `until` (monotonic), then starts again. */
  | {
      readonly kind: 'backoff'
      readonly until: Milliseconds
      readonly delayMs: Milliseconds
      readonly after: string
      readonly reason: string
    }
  /** The run was told to end. `next`: what comes after it. */
  | { readonly kind: 'stopping'; readonly run: string; readonly next: 'stop' | RunCause }
  /** The last run ended and the rules say that this is enough. */
  | { readonly kind: 'exited'; readonly reason: string; readonly isSuccess: boolean }
  /** Given up: only a start request, or a changed program, leaves this. */
  | { readonly kind: 'fatal'; readonly reason: string }

export type SlotStateKind = SlotState['kind']
export const slotStateKinds = [
  'stopped',
  'starting',
  'running',
  'backoff',
  'stopping',
  'exited',
  'fatal',
] as const satisfies readonly SlotStateKind[]

/** What a slot carries along beside its state. */
export interface SlotTally {
  /** Ends within the start time, in a row. */
  readonly quickExits: number
  /** Failing ends after the start time but before the steady time, in a row. */
  readonly unsteadyExits: number
}

export const emptyTally: SlotTally = { quickExits: 0, unsteadyExits: 0 }

export type SlotEvent =
  | { readonly kind: 'start'; readonly cause: RunCause }
  | { readonly kind: 'stop' }
  | { readonly kind: 'restart'; readonly cause: RunCause }
  /** The command began to run. */
  | { readonly kind: 'runBorn'; readonly run: string }
  | { readonly kind: 'runEnded'; readonly run: string; readonly end: RunEnd }
  /** Time has passed; something may be due. */
  | { readonly kind: 'tick' }

export interface SlotContext {
  /** Monotonic. */
  readonly now: Milliseconds
  /** The id that a run gets if one begins now. */
  readonly newRun: string
  /** 0 ≤ random < 1, for the backoff's jitter. */
  readonly random: number
  readonly policy: RestartPolicy
}

export type SlotAction =
  | { readonly kind: 'startRun'; readonly run: string; readonly cause: RunCause }
  | { readonly kind: 'stopRun'; readonly run: string }

export interface SlotStep {
  readonly state: SlotState
  readonly tally: SlotTally
  readonly actions: readonly SlotAction[]
  /** The state passed on the way, where one event crosses two: a run that outlived its start time while nobody looked. */
  readonly passed?: SlotState
}

type Of<U extends { kind: string }, K extends U['kind']> = Extract<U, { kind: K }>
type Cell<S extends SlotStateKind, E extends SlotEvent['kind']> =
  | 'ignored'
  | 'impossible'
  | ((state: Of<SlotState, S>, event: Of<SlotEvent, E>, tally: SlotTally, context: SlotContext) => SlotStep)
type TransitionTable = { [S in SlotStateKind]: { [E in SlotEvent['kind']]: Cell<S, E> } }

function begin(cause: RunCause, tally: SlotTally, { newRun }: SlotContext): SlotStep {
  return {
    state: { kind: 'starting', run: newRun, until: null },
    tally,
    actions: [{ kind: 'startRun', run: newRun, cause }],
  }
}

const beginAfresh = (
  _state: SlotState,
  event: { cause: RunCause },
  _tally: SlotTally,
  context: SlotContext,
): SlotStep => begin(event.cause, emptyTally, context)

const settle = (): SlotStep => ({ state: { kind: 'stopped' }, tally: emptyTally, actions: [] })

const stopRun = (state: { run: string }, next: 'stop' | RunCause, tally: SlotTally): SlotStep => ({
  state: { kind: 'stopping', run: state.run, next },
  tally,
  actions: [{ kind: 'stopRun', run: state.run }],
})

function ended(
  state: Of<SlotState, 'starting' | 'running'>,
  { run, end }: Of<SlotEvent, 'runEnded'>,
  tally: SlotTally,
  context: SlotContext,
): SlotStep {
  const verdict = judgeEnd({
    end,
    tally,
    policy: context.policy,
    random: context.random,
    wasRunning: state.kind === 'running',
  })
  const passed: { passed?: SlotState } =
    state.kind === 'starting' && verdict.becameRunning ? { passed: { kind: 'running', run } } : {}
  switch (verdict.next) {
    case 'restart':
      return {
        ...begin({ kind: 'restart', after: run, reason: verdict.reason }, verdict.tally, context),
        ...passed,
      }
    case 'wait': {
      const { delayMs, reason } = verdict
      const backoff = { kind: 'backoff', until: context.now + delayMs, delayMs, after: run, reason } as const
      return { state: backoff, tally: verdict.tally, actions: [], ...passed }
    }
    case 'exited': {
      const { reason, isSuccess } = verdict
      return { state: { kind: 'exited', reason, isSuccess }, tally: verdict.tally, actions: [], ...passed }
    }
    case 'fatal':
      return {
        state: { kind: 'fatal', reason: verdict.reason },
        tally: verdict.tally,
        actions: [],
        ...passed,
      }
  }
}

/** Rows are states, columns are events; every cell is filled. */
const table: TransitionTable = {
  stopped: {
    start: beginAfresh,
    stop: 'ignored',
    restart: beginAfresh,
    runBorn: 'impossible',
    runEnded: 'impossible',
    tick: 'ignored',
  },
  starting: {
    start: 'ignored',
    stop: (state, _event, tally) => stopRun(state, 'stop', tally),
    restart: (state, event, tally) => stopRun(state, event.cause, tally),
    runBorn: (state, _event, tally, { now, policy }) => ({
      state: { ...state, until: now + policy.startTimeMs },
      tally,
      actions: [],
    }),
    runEnded: ended,
    tick: (state, _event, tally, { now }) =>
      state.until !== null && now >= state.until
        ? { state: { kind: 'running', run: state.run }, tally: { ...tally, quickExits: 0 }, actions: [] }
        : { state, tally, actions: [] },
  },
  running: {
    start: 'ignored',
    stop: (state, _event, tally) => stopRun(state, 'stop', tally),
    restart: (state, event, tally) => stopRun(state, event.cause, tally),
    runBorn: 'ignored',
    runEnded: ended,
    tick: 'ignored',
  },
  backoff: {
    start: beginAfresh,
    stop: settle,
    restart: beginAfresh,
    runBorn: 'impossible',
    runEnded: 'impossible',
    tick: (state, _event, tally, context) =>
      context.now >= state.until
        ? begin({ kind: 'restart', after: state.after, reason: state.reason }, tally, context)
        : { state, tally, actions: [] },
  },
  stopping: {
    start: (state, event, tally) => ({ state: { ...state, next: event.cause }, tally, actions: [] }),
    stop: (state, _event, tally) => ({ state: { ...state, next: 'stop' }, tally, actions: [] }),
    restart: (state, event, tally) => ({ state: { ...state, next: event.cause }, tally, actions: [] }),
    runBorn: 'ignored',
    runEnded: (state, _event, _tally, context) =>
      state.next === 'stop' ? settle() : begin(state.next, emptyTally, context),
    tick: 'ignored',
  },
  exited: {
    start: beginAfresh,
    stop: settle,
    restart: beginAfresh,
    runBorn: 'impossible',
    runEnded: 'impossible',
    tick: 'ignored',
  },
  fatal: {
    start: beginAfresh,
    stop: settle,
    restart: beginAfresh,
    runBorn: 'impossible',
    runEnded: 'impossible',
    tick: 'ignored',
  },
}

export type Transition = SlotStep | 'ignored' | 'impossible'

/** The one door through which a slot's state changes. */
export function transition(
  state: SlotState,
  tally: SlotTally,
  event: SlotEvent,
  context: SlotContext,
): Transition {
  if ((event.kind === 'runBorn' || event.kind === 'runEnded') && runOf(state) !== event.run)
    return 'impossible'
  // The one cast: row and column belong to the state and the event by construction.
  const cell = table[state.kind][event.kind] as Cell<SlotStateKind, SlotEvent['kind']>
  return typeof cell === 'string' ? cell : cell(state as never, event as never, tally, context)
}

/** The run that the slot holds now, if any. */
export function runOf(state: SlotState): string | null {
  return 'run' in state ? state.run : null
}

/** When the slot wants a tick (monotonic), if ever. */
export function dueOf(state: SlotState): Milliseconds | null {
  return 'until' in state ? state.until : null
}

/** For the test that walks all cells. */
export const transitionTable: {
  readonly [S in SlotStateKind]: { readonly [E in SlotEvent['kind']]: unknown }
} = table
