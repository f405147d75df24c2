/**
 * Judges the end of a service's run: what follows, after which wait, and why. The rules, in their order:
 *
 * 1. Nothing was executed for reasons that are not the program's (revoked, machine restarted): start again, count nothing.
 * 2. `restart: never`, or `on-failure` after a success: the service is exited, however short the run.
 * 3. A quick exit (before the start time): count it; at the limit the service is fatal, else wait by the backoff.
 * 4. A failure before the steady time: count it; the first restarts at once, those after it wait by the backoff. Never given up.
 * 5. What we ended ourselves is judged by the reason: a failure as in 4, and never as a quick exit, so that no check or limit makes a
 *    service fatal; the `runs` that it may have are used up: exited; anything else is followed by the next run, unless `restart: never`.
 * 6. Anything else starts again at once, though never more often than once a second.
 */
import { backoffDelay } from './backoff.ts'
import type { Milliseconds } from './milliseconds.ts'
import type { RestartPolicy } from './program.ts'
import { describeEnd, type RunEnd, type StopReason } from './run.ts'
import type { SlotTally } from './slot-tally.ts'

export type Verdict = {
  readonly reason: string
  readonly tally: SlotTally
  readonly becameRunning: boolean
} & (
  | { readonly next: 'restart' }
  | { readonly next: 'wait'; readonly delayMs: Milliseconds }
  | { readonly next: 'exited'; readonly isSuccess: boolean }
  | { readonly next: 'fatal' }
)

export interface EndToJudge {
  readonly end: RunEnd
  readonly tally: SlotTally
  readonly policy: RestartPolicy
  readonly random: number
  /** Whether the slot had already become `running`: then its end is never a quick exit. */
  readonly wasRunning: boolean
  /** Why we ended it, where nobody had asked for that. */
  readonly stopReason: StopReason | null
}

/** Between two starts of a program that succeeds at once, however eager its policy. */
const shortestCycleMs: Milliseconds = 1000
/** At least, before another try where the machine, not the program, kept a run from starting. */
const machineTroubleDelayMs: Milliseconds = 1000

export function judgeEnd({ end, tally, policy, random, wasRunning, stopReason }: EndToJudge): Verdict {
  const reason = stopReason?.text ?? describeEnd(end)
  if (end.kind === 'machine_restarted') {
    return { next: 'restart', reason, tally: { quickExits: 0, unsteadyExits: 0 }, becameRunning: false }
  }
  if (end.kind === 'revoked') {
    if (end.reason === claimedByDeadAgent) return { next: 'restart', reason, tally, becameRunning: false }
    const unsteadyExits = tally.unsteadyExits + 1
    const delayMs = Math.max(machineTroubleDelayMs, backoffDelay(policy.backoff, unsteadyExits, random))
    return { next: 'wait', delayMs, reason, tally: { ...tally, unsteadyExits }, becameRunning: false }
  }

  // An unknown end has no duration; it is taken for a failure after the start time, which is slowed but never given up.
  const durationMs = end.kind === 'unknown' ? policy.startTimeMs : end.durationMs
  const isQuick =
    !stopReason && !wasRunning && (durationMs < policy.startTimeMs || end.kind === 'failed_to_start')
  const becameRunning = !isQuick && stopReason?.kind !== 'startup'
  const isSuccess = stopReason
    ? !stopReason.isFailure
    : end.kind === 'exited' && policy.successExitCodes.includes(end.code)

  if (policy.when === 'never' && end.kind !== 'failed_to_start') {
    return { next: 'exited', isSuccess, reason, tally: { quickExits: 0, unsteadyExits: 0 }, becameRunning }
  }
  if (stopReason?.kind === 'runs' || (policy.when === 'on-failure' && isSuccess && !stopReason)) {
    return { next: 'exited', isSuccess, reason, tally: { quickExits: 0, unsteadyExits: 0 }, becameRunning }
  }

  if (isQuick) {
    const quickExits = tally.quickExits + 1
    const counted = { ...tally, quickExits }
    if (policy.giveUpAfter !== null && quickExits >= policy.giveUpAfter) {
      const times = quickExits === 1 ? 'once' : `${quickExits} times in a row`
      return {
        next: 'fatal',
        reason: `ended ${times} within its start time, last: ${reason}`,
        tally: counted,
        becameRunning,
      }
    }
    return {
      next: 'wait',
      delayMs: backoffDelay(policy.backoff, quickExits, random),
      reason,
      tally: counted,
      becameRunning,
    }
  }

  if (!isSuccess && durationMs < policy.steadyTimeMs) {
    const unsteadyExits = tally.unsteadyExits + 1
    const counted = { quickExits: 0, unsteadyExits }
    if (unsteadyExits === 1) return { next: 'restart', reason, tally: counted, becameRunning }
    const delayMs = backoffDelay(policy.backoff, unsteadyExits - 1, random)
    return { next: 'wait', delayMs, reason, tally: counted, becameRunning }
  }

  const rested = { quickExits: 0, unsteadyExits: 0 }
  const restMs = shortestCycleMs - durationMs
  return restMs > 0
    ? { next: 'wait', delayMs: restMs, reason, tally: rested, becameRunning }
    : { next: 'restart', reason, tally: rested, becameRunning }
}

/** The reason of a claim that a dead agent left behind, and that a new one revoked. */
export const claimedByDeadAgent = 'the agent died before the shim came'
