/**
 * Whether a due job may begin beside what runs of it, and what becomes of the due time where it may not. Pure. Who is alive is known from the
 * slots, whose runs are watched, and never from a flag that somebody forgot to take away.
 */
import type { RefusalReason } from './admission.ts'
import type { OverlapPolicy } from './job.ts'

/** A slot of the job that is not free. */
export interface BusySlot {
  readonly slot: string
  /** Null where it has no run yet, or none any more. */
  readonly run: string | null
  /** running: a run lives. retrying: it waits for another attempt. waiting: for a program that it depends on. */
  readonly doing: 'running' | 'retrying' | 'waiting'
}

export interface OverlapSituation {
  readonly policy: OverlapPolicy
  readonly busy: readonly BusySlot[]
  /** Due times of this job that wait already. */
  readonly queued: number
  /** Another job that has a lock which this one wants. */
  readonly lockedBy: { readonly program: string; readonly run: string | null; readonly lock: string } | null
  /** Made up for one after the other, whatever the policy. */
  readonly isInTurn: boolean
}

export type OverlapVerdict =
  | { readonly kind: 'start' }
  /** What waits for another attempt gives way first. */
  | { readonly kind: 'startInstead'; readonly of: string }
  /** The living run is ended; this one waits for that, instead of those that waited before. */
  | { readonly kind: 'replace'; readonly slots: readonly string[] }
  | { readonly kind: 'queue'; readonly reason: RefusalReason; readonly detail: string }
  | {
      readonly kind: 'skip'
      readonly reason: RefusalReason
      readonly detail: string
      readonly blockedBy: string | null
    }

export function decideOverlap({
  policy,
  busy,
  queued,
  lockedBy,
  isInTurn,
}: OverlapSituation): OverlapVerdict {
  const blocker = busy[0]
  const { reason, detail } = whyNot(blocker, lockedBy, queued)
  const queue = { kind: 'queue', reason, detail } as const
  const skip = (why: RefusalReason = reason, said = detail): OverlapVerdict => ({
    kind: 'skip',
    reason: why,
    detail: said,
    blockedBy: blocker?.run ?? lockedBy?.run ?? null,
  })
  if (isInTurn) return busy.length === 0 && queued === 0 && !lockedBy ? { kind: 'start' } : queue
  const retrying = busy.find(({ doing }) => doing === 'retrying')
  switch (policy.kind) {
    case 'allow':
      if (busy.length + queued >= policy.max)
        return skip('overlap_limit', `${busy.length} of its runs live already, of ${policy.max} that may`)
      return lockedBy ? queue : { kind: 'start' }
    case 'queue':
      if (busy.length === 0 && queued === 0 && !lockedBy) return { kind: 'start' }
      return queued < policy.max ? queue : skip('queue_full', `${queued} due times wait already`)
    case 'replace':
      if (lockedBy) return queue
      if (retrying) return { kind: 'startInstead', of: retrying.slot }
      if (blocker) return { kind: 'replace', slots: busy.map(({ slot }) => slot) }
      return queued > 0 ? queue : { kind: 'start' }
    case 'skip':
      if (blocker && !retrying) return skip()
      if (lockedBy || queued > 0) return skip()
      return retrying ? { kind: 'startInstead', of: retrying.slot } : { kind: 'start' }
    default:
      return policy.kind satisfies never
  }
}

function whyNot(
  blocker: BusySlot | undefined,
  lockedBy: OverlapSituation['lockedBy'],
  queued: number,
): { reason: RefusalReason; detail: string } {
  if (blocker?.doing === 'waiting')
    return {
      reason: 'waiting_for_dependency',
      detail: 'the one before still waits for a program that it depends on',
    }
  if (blocker) {
    const what = blocker.doing === 'retrying' ? 'waits for another attempt' : 'is still running'
    return { reason: 'still_running', detail: `run ${blocker.run ?? 'before'} ${what}` }
  }
  if (lockedBy) {
    const { lock, program, run } = lockedBy
    return {
      reason: 'lock_taken',
      detail: `${program} has the lock ${lock}${run === null ? '' : ` (run ${run})`}`,
    }
  }
  return { reason: 'still_running', detail: `${queued} due times before it wait` }
}
