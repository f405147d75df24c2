/**
 * Judges the end of a job's run: whether another attempt follows, and when. Pure. The wait is a state of the slot, so it outlives the agent. What
 * was asked to stop, or has to give way to the next due time, is not tried again, however it ended; what was never executed, since an agent
 * died, begins at once and counts for nothing.
 */
import { backoffDelay } from '../backoff.ts'
import { claimedByDeadAgent, type Verdict } from '../judge.ts'
import { describeEnd, type RunEnd, type StopReason } from '../run.ts'
import { emptyTally } from '../slot-tally.ts'
import type { RetryPolicy } from './job.ts'
import { isGoodOutcome, type Outcome } from './occurrence.ts'

export interface AttemptToJudge {
  readonly end: RunEnd
  /** From 1. */
  readonly attempt: number
  readonly outcome: Outcome
  readonly policy: RetryPolicy
  readonly random: number
  readonly stopReason: StopReason | null
}

export function judgeAttempt({ end, attempt, outcome, policy, random, stopReason }: AttemptToJudge): Verdict {
  const reason = stopReason?.text ?? describeEnd(end)
  const ending = { reason, tally: emptyTally, becameRunning: true }
  const exited = { ...ending, next: 'exited', isSuccess: isGoodOutcome(outcome) } as const
  if (stopReason && !stopReason.isFailure) return exited
  if (isNoAttempt(end)) return { ...ending, next: 'restart', becameRunning: false }
  if (attempt <= policy.times && isWorthAnother(end, outcome, policy))
    return { ...ending, next: 'wait', delayMs: backoffDelay(policy.backoff, attempt, random) }
  return exited
}

/** Its agent died before anything was executed. What could not be executed for another reason was an attempt that failed. */
export function isNoAttempt(end: RunEnd): boolean {
  return end.kind === 'revoked' && end.reason === claimedByDeadAgent
}

function isWorthAnother(end: RunEnd, outcome: Outcome, { exitCodes, exceptExitCodes }: RetryPolicy): boolean {
  if (isGoodOutcome(outcome) || outcome === 'stopped') return false
  if (end.kind !== 'exited') return exitCodes === null
  return !exceptExitCodes.includes(end.code) && (exitCodes === null || exitCodes.includes(end.code))
}
