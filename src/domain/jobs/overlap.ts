/**
 * Whether a due job may begin beside what runs of it, and what becomes of the due time where it may not. Pure. Who is alive is known from the
 * slots, whose runs are watched, and never from a flag that somebody forgot to take away.
 */
import type { RefusalReason } from '../admission.ts'
import type { DesiredProgram } from '../reconcile.ts'
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
  /** What only waits for another attempt gives way, and leaves room at once. */
  | { readonly kind: 'startInstead'; readonly of: readonly string[] }
  /** The slots are ended, and those that waited before are skipped; it begins once nothing is in its way. */
  | {
      readonly kind: 'replace'
      readonly slots: readonly string[]
      readonly reason: RefusalReason
      readonly detail: string
    }
  | { readonly kind: 'queue'; readonly reason: RefusalReason; readonly detail: string }
  | {
      readonly kind: 'skip'
      readonly reason: RefusalReason
      readonly detail: string
      readonly blockedBy: string | null
    }

export function decideOverlap(situation: OverlapSituation): OverlapVerdict {
  const { policy, busy, queued, lockedBy, isInTurn } = situation
  const isFree = busy.length === 0 && queued === 0 && !lockedBy
  if (isFree) return { kind: 'start' }
  if (isInTurn) return { kind: 'queue', ...whyNot(situation) }
  const retrying = busy.filter(({ doing }) => doing === 'retrying').map(({ slot }) => slot)
  switch (policy.kind) {
    case 'allow':
      if (busy.length + queued >= policy.max) return skip(situation, 'overlap_limit', fullText(situation))
      return lockedBy ? { kind: 'queue', ...whyNot(situation) } : { kind: 'start' }
    case 'queue':
      if (queued < policy.max) return { kind: 'queue', ...whyNot(situation) }
      return skip(situation, 'queue_full', `${timesText(queued)} already`)
    case 'replace':
      return { kind: 'replace', slots: busy.map(({ slot }) => slot), ...whyNot(situation) }
    case 'skip': {
      const isInItsWay = busy.length > retrying.length || lockedBy !== null || queued > 0
      if (!isInItsWay) return { kind: 'startInstead', of: retrying }
      const { reason, detail } = whyNot({ ...situation, busy: withoutRetrying(busy) })
      return skip(situation, reason, detail)
    }
    default:
      return policy.kind satisfies never
  }
}

function skip(
  { busy, lockedBy }: OverlapSituation,
  reason: RefusalReason,
  detail: string,
): Extract<OverlapVerdict, { kind: 'skip' }> {
  const [blocker = null] = withoutRetrying(busy)
  return { kind: 'skip', reason, detail, blockedBy: (blocker ?? lockedBy ?? busy[0])?.run ?? null }
}

function withoutRetrying(busy: readonly BusySlot[]): BusySlot[] {
  return busy.filter(({ doing }) => doing !== 'retrying')
}

/** What is in the way: a living run before one that has ended, before a lock, before those that wait. */
function whyNot({ busy, lockedBy, queued }: OverlapSituation): { reason: RefusalReason; detail: string } {
  const blocker = withoutRetrying(busy)[0] ?? busy[0]
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
  return { reason: 'still_running', detail: `${timesText(queued)} before it` }
}

function fullText({ policy, busy, queued }: OverlapSituation): string {
  const waiting = queued === 0 ? '' : ` and ${queued === 1 ? '1 waits' : `${queued} wait`}`
  const living = busy.length === 1 ? '1 of its runs lives' : `${busy.length} of its runs live`
  return `${living}${waiting}, of ${policy.max} that may`
}

function timesText(count: number): string {
  return count === 1 ? '1 due time waits' : `${count} due times wait`
}

const holders = new WeakMap<ReadonlyMap<string, DesiredProgram>, Map<string, string[]>>()

/** The jobs that name a lock. Found once for each set of programs. */
export function jobsWithLock(lock: string, desired: ReadonlyMap<string, DesiredProgram>): readonly string[] {
  let byLock = holders.get(desired)
  if (!byLock) {
    byLock = new Map()
    for (const { program } of desired.values()) {
      for (const one of program.kind === 'job' ? program.job.locks : []) {
        const named = byLock.get(one)
        if (named) named.push(program.name)
        else byLock.set(one, [program.name])
      }
    }
    holders.set(desired, byLock)
  }
  return byLock.get(lock) ?? []
}
