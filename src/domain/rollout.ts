/**
 * Replacing the runs of a program in turns: which slots may be replaced now, and what became of a replacement. Pure.
 *
 * There is no rollout that could be lost with the agent: who is outdated shows by the identity of what it runs, or by a mark that a request
 * left on the slot. At any moment so many are replaced as may be without a ready run; a replacement that fails keeps the rest from
 * being touched, for as long as it is not ready.
 */
import type { Milliseconds } from './milliseconds.ts'
import type { Program, RolloutPolicy } from './program.ts'
import { isReady } from './readiness.ts'
import type { RunCause, StopReason } from './run.ts'
import type { SlotState } from './slot-state.ts'

/** What a slot carries while its run is to be replaced. */
export type SlotRollout =
  /** It waits for its turn. `parallel`: what the request said instead of the policy. */
  | {
      readonly kind: 'due'
      readonly cause: RunCause
      readonly parallel: number | null
      /** Why its run ends, where nobody asked for that. */
      readonly reason?: StopReason
    }
  /** The new run was begun, and is to be ready by then (monotonic). */
  | { readonly kind: 'replacing'; readonly until: Milliseconds; readonly parallel: number | null }
  | { readonly kind: 'failed'; readonly reason: string }

export interface RollingSlot {
  readonly name: string
  readonly index: number
  readonly state: SlotState
  readonly launchHash: string | null
  readonly rollout: SlotRollout | null
}

/** Runs something else than what is declared, or was asked to be replaced. */
export function isOutdated({ launchHash, rollout }: RollingSlot, declaredHash: string): boolean {
  return rollout?.kind === 'due' || (launchHash !== null && launchHash !== declaredHash)
}

/** It failed with what is declared now. What failed with something else is outdated itself, and says nothing of what is declared. */
export function isFailedReplacement({ launchHash, rollout }: RollingSlot, declaredHash: string): boolean {
  return rollout?.kind === 'failed' && launchHash === declaredHash
}

/** So many of its slots may be without a ready run at one time. */
export function parallelOf({ kind, value }: RolloutPolicy['parallel'], processes: number): number {
  return Math.max(1, kind === 'count' ? value : Math.floor(value * processes))
}

/**
 * The slots whose turn it is: those that are not ready first, as their going costs nothing. `slots` are the ones of the program that shall run.
 * What holds no run needs no turn.
 */
export function planTurns<S extends RollingSlot>(
  program: Pick<Program, 'processes' | 'checks' | 'rollout'>,
  declaredHash: string,
  slots: readonly S[],
): S[] {
  const holding = slots.filter(({ state }) => state.kind === 'starting' || state.kind === 'running')
  const outdated = holding.filter((slot) => isOutdated(slot, declaredHash))
  if (outdated.length === 0 || slots.some((slot) => isFailedReplacement(slot, declaredHash))) return []
  const isUnderWay = (slot: S): boolean =>
    slot.state.kind === 'stopping' || (!isOutdated(slot, declaredHash) && isMissing(slot.state, program))
  const asked = slots.map(({ rollout }) => (rollout && 'parallel' in rollout ? rollout.parallel : null))
  const parallel =
    asked.find((one) => one !== null) ?? parallelOf(program.rollout.parallel, program.processes)
  const free = parallel - slots.filter(isUnderWay).length
  const readyLast = [...outdated].sort(
    (a, b) => Number(isReady(a.state, program)) - Number(isReady(b.state, program)) || a.index - b.index,
  )
  return readyLast.slice(0, Math.max(0, free))
}

/** What has done its work is not missing. */
function isMissing(state: SlotState, program: Pick<Program, 'checks'>): boolean {
  return !isReady(state, program) && !(state.kind === 'exited' && state.isSuccess)
}

export type Replacement = 'pending' | 'done' | { readonly failed: string }

export function judgeReplacement(
  state: SlotState,
  until: Milliseconds,
  program: Pick<Program, 'checks' | 'rollout'>,
  now: Milliseconds,
): Replacement {
  switch (state.kind) {
    case 'backoff':
    case 'fatal':
      return { failed: state.reason }
    case 'exited':
      return state.isSuccess ? 'done' : { failed: state.reason }
    case 'stopped':
      return 'done'
    case 'stopping':
      // A check or a limit ends it.
      return state.reason?.isFailure ? { failed: state.reason.text } : 'pending'
    case 'waiting':
    case 'starting':
    case 'running':
      if (isReady(state, program)) return 'done'
      return now >= until
        ? { failed: `it was not ready within ${Math.round(program.rollout.withinMs / 1000)} s` }
        : 'pending'
  }
}
