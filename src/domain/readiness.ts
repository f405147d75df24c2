/**
 * Whether a slot can do its work, as far as its checks say. Without a readiness check a slot is ready once it is `running`; without a
 * liveness check it is healthy once it is ready. A policy that gains a check therefore waits for its first verdict, and one that loses a
 * check does not.
 */
import type { Program } from './program.ts'
import type { SlotState } from './slot-state.ts'

export function isReady(state: SlotState, { checks }: Pick<Program, 'checks'>): boolean {
  if (state.kind !== 'starting' && state.kind !== 'running') return false
  if (checks.startup && state.verdicts.startup !== true && state.kind === 'starting') return false
  return checks.readiness ? state.verdicts.readiness === true : state.kind === 'running'
}

export function isHealthy(state: SlotState, program: Pick<Program, 'checks'>): boolean {
  if (!isReady(state, program)) return false
  return program.checks.liveness === null || ('verdicts' in state && state.verdicts.liveness === true)
}
