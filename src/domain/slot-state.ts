/**
 * The state machine of a slot, one kept place of a service. Pure: time, the id of the run that may begin and a random number are
 * handed in with every event; what shall be done comes back as actions.
 *
 *            start    ┌─────────┐ may begin             startTime passed, startup check passed
 *   stopped ─────────▶│ waiting │──────────▶ starting ──────────────────────────▶ running
 *      ▲  ▲           └─────────┘             │  ▲  │ runEnded                       │
 *      │  │ stop                              │  │  └───────────┐    ┌───────────────┤ runEnded
 *      │  │                              stop │  │ due, start   ▼    ▼               │
 *      │  └───────────────────────────────────┼──┼────────── backoff · exited · fatal│
 *      │ runEnded                             ▼  │ start           ▲                 │
 *      └────────────────────────────────── stopping ◀──────────────┼─────────────────┘ stop, restart,
 *                                              └───────────────────┘ runEnded          giveWay, failed check
 *
 * Whatever begins a run passes `waiting` for as long as what it depends on does not hold, and not at all otherwise.
 * A run that ends is judged by `judge.ts`: at once again (starting), after a wait (backoff), never again (exited, fatal).
 */

import type { RetryPolicy } from './jobs/job.ts'
import { judgeAttempt } from './jobs/judge-attempt.ts'
import { outcomeOf } from './jobs/occurrence.ts'
import { judgeEnd, type Verdict } from './judge.ts'
import type { Milliseconds } from './milliseconds.ts'
import type { CheckKind, RestartPolicy } from './program.ts'
import type { RunCause, RunEnd, StopReason } from './run.ts'
import { emptyTally, type SlotTally } from './slot-tally.ts'

/** What the checks of a run said last; absent: nothing yet. */
export type Verdicts = { readonly [K in CheckKind]?: boolean }

export type SlotState =
  | { readonly kind: 'stopped' }
  /** Shall run, and begins as soon as what its program depends on holds. `reason`: what it waits for. */
  | { readonly kind: 'waiting'; readonly cause: RunCause; readonly reason: string }
  /**
   * A run is claimed, younger than the start time, or has not passed its startup check. `until`: when it counts as running (monotonic); null
   * while its command was not born, so that a slow birth on a busy machine never passes for a good start, and null again once
   * only the startup check is waited for.
   */
  | {
      readonly kind: 'starting'
      readonly run: string
      readonly until: Milliseconds | null
      readonly isBorn: boolean
      readonly verdicts: Verdicts
    }
  | { readonly kind: 'running'; readonly run: string; readonly verdicts: Verdicts }
  /** Waits for `until` (monotonic), then starts again. */
  | {
      readonly kind: 'backoff'
      readonly until: Milliseconds
      readonly delayMs: Milliseconds
      readonly after: string
      readonly reason: string
    }
  /** The run was told to end. `next`: what comes after it; `judge`: as after any end, with the reason why it was ended. */
  | {
      readonly kind: 'stopping'
      readonly run: string
      readonly next: 'stop' | 'judge' | RunCause
      readonly reason: StopReason | null
      readonly wasRunning: boolean
    }
  /** The last run ended and the rules say that this is enough. */
  | { readonly kind: 'exited'; readonly reason: string; readonly isSuccess: boolean }
  /** Given up: only a start request, or a changed program, leaves this. */
  | { readonly kind: 'fatal'; readonly reason: string }

export type SlotStateKind = SlotState['kind']
export const slotStateKinds = [
  'stopped',
  'waiting',
  'starting',
  'running',
  'backoff',
  'stopping',
  'exited',
  'fatal',
] as const satisfies readonly SlotStateKind[]

export type SlotEvent =
  | { readonly kind: 'start'; readonly cause: RunCause }
  | { readonly kind: 'stop' }
  | { readonly kind: 'restart'; readonly cause: RunCause }
  /** The command began to run. */
  | { readonly kind: 'runBorn'; readonly run: string }
  | { readonly kind: 'runEnded'; readonly run: string; readonly end: RunEnd }
  /** A check has come to a verdict. */
  | {
      readonly kind: 'checked'
      readonly run: string
      readonly check: CheckKind
      readonly passed: boolean
      /** What the last look said. */
      readonly detail: string
    }
  /** The run has to go, though nobody asked for it: a limit was reached. */
  | { readonly kind: 'giveWay'; readonly run: string; readonly reason: StopReason }
  /** Time has passed or others have changed; something may be due. */
  | { readonly kind: 'tick' }

export interface SlotContext {
  /** Monotonic. */
  readonly now: Milliseconds
  /** The id that a run gets if one begins now. */
  readonly newRun: string
  /** 0 ≤ random < 1, for the backoff's jitter. */
  readonly random: number
  readonly policy: RestartPolicy
  /** Why no run may begin now; null when one may. */
  readonly obstacle: string | null
  readonly hasStartupCheck: boolean
  /** Of a job: which attempt this is, and how many it may have; null for a service. */
  readonly attempt: AttemptRules | null
}

export interface AttemptRules {
  /** From 1. */
  readonly number: number
  readonly policy: RetryPolicy
  readonly warningExitCodes: readonly number[]
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

function begin(cause: RunCause, tally: SlotTally, { newRun, obstacle }: SlotContext): SlotStep {
  if (obstacle !== null) return { state: { kind: 'waiting', cause, reason: obstacle }, tally, actions: [] }
  return {
    state: { kind: 'starting', run: newRun, until: null, isBorn: false, verdicts: {} },
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

type Alive = Of<SlotState, 'starting' | 'running'>

const stopRun = (
  state: Alive,
  next: 'stop' | 'judge' | RunCause,
  tally: SlotTally,
  reason: StopReason | null = null,
): SlotStep => ({
  state: { kind: 'stopping', run: state.run, next, reason, wasRunning: state.kind === 'running' },
  tally,
  actions: [{ kind: 'stopRun', run: state.run }],
})

const giveWay = (state: Alive, { reason }: { reason: StopReason }, tally: SlotTally): SlotStep =>
  stopRun(state, 'judge', tally, reason)

/** The startup and the liveness check end a run that fails them; the readiness check only says so. */
function checked(
  state: Alive,
  event: Of<SlotEvent, 'checked'>,
  tally: SlotTally,
  context: SlotContext,
): SlotStep {
  const { check, passed, detail } = event
  if (!passed && check !== 'readiness') {
    const kind = check === 'startup' ? 'startup' : 'unhealthy'
    return giveWay(
      state,
      { reason: { kind, text: `its ${check} check failed: ${detail}`, isFailure: true } },
      tally,
    )
  }
  if (state.verdicts[check] === passed) return { state, tally, actions: [] }
  const judged = { ...state, verdicts: { ...state.verdicts, [check]: passed } }
  return judged.kind === 'starting' ? comeUp(judged, tally, context) : { state: judged, tally, actions: [] }
}

/** `starting` becomes `running` once the start time has passed and the startup check, if there is one. */
function comeUp(
  state: Of<SlotState, 'starting'>,
  tally: SlotTally,
  { now, hasStartupCheck }: SlotContext,
): SlotStep {
  const isOldEnough = state.isBorn && (state.until === null || now >= state.until)
  if (!isOldEnough) return { state, tally, actions: [] }
  if (hasStartupCheck && state.verdicts.startup !== true) {
    return { state: state.until === null ? state : { ...state, until: null }, tally, actions: [] }
  }
  const { run, verdicts } = state
  return { state: { kind: 'running', run, verdicts }, tally: { ...tally, quickExits: 0 }, actions: [] }
}

function ended(
  state: Of<SlotState, 'starting' | 'running' | 'stopping'>,
  { run, end }: Of<SlotEvent, 'runEnded'>,
  tally: SlotTally,
  context: SlotContext,
): SlotStep {
  const verdict = judge(state, end, tally, context)
  // Where a startup check is waited for, a long life alone is no good start.
  const cameUp = state.kind === 'starting' && verdict.becameRunning && !context.hasStartupCheck
  const passed: { passed?: SlotState } = cameUp
    ? { passed: { kind: 'running', run, verdicts: state.verdicts } }
    : {}
  switch (verdict.next) {
    case 'restart':
      return { ...begin(again(run, verdict.reason, context), verdict.tally, context), ...passed }
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

function judge(
  state: Of<SlotState, 'starting' | 'running' | 'stopping'>,
  end: RunEnd,
  tally: SlotTally,
  { policy, random, attempt }: SlotContext,
): Verdict {
  const isStopping = state.kind === 'stopping'
  const stopReason = isStopping ? state.reason : null
  if (attempt) {
    const codes = { success: policy.successExitCodes, warning: attempt.warningExitCodes }
    const outcome = stopReason?.isFailure ? 'failure' : outcomeOf(end, codes)
    return judgeAttempt({ end, attempt: attempt.number, outcome, policy: attempt.policy, random, stopReason })
  }
  const wasRunning = isStopping ? state.wasRunning : state.kind === 'running'
  return judgeEnd({ end, tally, policy, random, wasRunning, stopReason })
}

/** Why the next run begins: of a service it goes on, of a job it is another attempt. */
function again(after: string, reason: string, { attempt }: SlotContext): RunCause {
  return attempt ? { kind: 'retry', after, reason } : { kind: 'restart', after, reason }
}

const judged = { checked, giveWay } as const
const unheld = {
  runBorn: 'impossible',
  runEnded: 'impossible',
  checked: 'impossible',
  giveWay: 'impossible',
} as const

/** Rows are states, columns are events; every cell is filled. */
const table: TransitionTable = {
  stopped: { ...unheld, start: beginAfresh, stop: 'ignored', restart: beginAfresh, tick: 'ignored' },
  waiting: {
    ...unheld,
    start: beginAfresh,
    stop: settle,
    restart: beginAfresh,
    tick: (state, _event, tally, context) =>
      context.obstacle === state.reason ? { state, tally, actions: [] } : begin(state.cause, tally, context),
  },
  starting: {
    ...judged,
    start: 'ignored',
    stop: (state, _event, tally) => stopRun(state, 'stop', tally),
    restart: (state, event, tally) => stopRun(state, event.cause, tally),
    runBorn: (state, _event, tally, { now, policy }) => ({
      state: { ...state, isBorn: true, until: now + policy.startTimeMs },
      tally,
      actions: [],
    }),
    runEnded: ended,
    tick: (state, _event, tally, context) => comeUp(state, tally, context),
  },
  running: {
    ...judged,
    start: 'ignored',
    stop: (state, _event, tally) => stopRun(state, 'stop', tally),
    restart: (state, event, tally) => stopRun(state, event.cause, tally),
    runBorn: 'ignored',
    runEnded: ended,
    tick: 'ignored',
  },
  backoff: {
    ...unheld,
    start: beginAfresh,
    stop: settle,
    restart: beginAfresh,
    tick: (state, _event, tally, context) =>
      context.now >= state.until
        ? begin(again(state.after, state.reason, context), tally, context)
        : { state, tally, actions: [] },
  },
  stopping: {
    start: (state, event, tally) => ({
      // What is ended for a reason of ours, and shall run, is judged: its failures are not forgotten.
      state: { ...state, next: state.next === 'judge' ? 'judge' : event.cause },
      tally,
      actions: [],
    }),
    stop: (state, _event, tally) => ({ state: { ...state, next: 'stop' }, tally, actions: [] }),
    restart: (state, event, tally) => ({ state: { ...state, next: event.cause }, tally, actions: [] }),
    runBorn: 'ignored',
    runEnded: (state, event, tally, context) => {
      if (state.next === 'judge') return ended(state, event, tally, context)
      return state.next === 'stop' ? settle() : begin(state.next, emptyTally, context)
    },
    checked: 'ignored',
    giveWay: 'ignored',
    tick: 'ignored',
  },
  exited: { ...unheld, start: beginAfresh, stop: settle, restart: beginAfresh, tick: 'ignored' },
  fatal: { ...unheld, start: beginAfresh, stop: settle, restart: beginAfresh, tick: 'ignored' },
}

export type Transition = SlotStep | 'ignored' | 'impossible'

/** The one door through which a slot's state changes. */
export function transition(
  state: SlotState,
  tally: SlotTally,
  event: SlotEvent,
  context: SlotContext,
): Transition {
  if ('run' in event && runOf(state) !== event.run) return 'impossible'
  // The one cast: row and column belong to the state and the event by construction.
  const cell = table[state.kind][event.kind] as Cell<SlotStateKind, SlotEvent['kind']>
  return typeof cell === 'string' ? cell : cell(state as never, event as never, tally, context)
}

/** The run that the slot holds now, if any. */
export function runOf(state: SlotState): string | null {
  return 'run' in state ? state.run : null
}

/** Whether the slot holds this run, and it was not told to end. */
export function livesIn(state: SlotState, run: string): boolean {
  return (state.kind === 'starting' || state.kind === 'running') && state.run === run
}

/** When the slot wants a tick (monotonic), if ever. */
export function dueOf(state: SlotState): Milliseconds | null {
  return 'until' in state ? state.until : null
}

/** For the test that walks all cells. */
export const transitionTable: {
  readonly [S in SlotStateKind]: { readonly [E in SlotEvent['kind']]: unknown }
} = table
