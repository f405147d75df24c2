/**
 * What becomes of due times that are seen late. Pure. The newest one counts as on time for a minute, since an agent needs a moment to be
 * replaced by the next one; whatever is older is made up for, or missed, as the job says.
 */

import type { Milliseconds } from '../milliseconds.ts'
import type { MissedPolicy } from './job.ts'
import type { MissReason } from './occurrence.ts'

/** So late at most, and it still counts as on time. */
export const onTimeMs: Milliseconds = 60_000
/** The longest that a job waits to be made up for unless it says otherwise. */
export const longestWithinMs: Milliseconds = 3_600_000

export type DueVerdict =
  | { readonly kind: 'start'; readonly dueAt: number; readonly isCatchUp: boolean }
  | { readonly kind: 'miss'; readonly dueAt: number; readonly reason: MissReason }

export interface DueTimes {
  /** Ascending, none after `now`. */
  readonly due: readonly number[]
  readonly now: number
  /** The due time after the last of them; null: there is none. */
  readonly next: number | null
  readonly policy: MissedPolicy
}

/** One verdict for each, in their order. */
export function decideDue({ due, now, next, policy }: DueTimes): DueVerdict[] {
  const newest = due.at(-1)
  if (newest === undefined) return []
  const isLate = (dueAt: number): boolean => now - dueAt > onTimeMs
  const start = (dueAt: number): DueVerdict => ({
    kind: 'start',
    dueAt,
    isCatchUp: isLate(dueAt) || dueAt !== newest,
  })
  const miss = (dueAt: number, reason: MissReason): DueVerdict => ({ kind: 'miss', dueAt, reason })
  switch (policy.kind) {
    case 'skip':
      return due.map((dueAt) =>
        dueAt === newest && !isLate(dueAt)
          ? start(dueAt)
          : miss(dueAt, isLate(newest) ? 'no_agent' : 'superseded'),
      )
    case 'once': {
      const period = next === null ? longestWithinMs : next - newest
      const withinMs = policy.withinMs ?? Math.min(period, longestWithinMs)
      const isStarted = !isLate(newest) || now - newest <= withinMs
      return due.map((dueAt) => {
        if (dueAt !== newest) return miss(dueAt, isStarted ? 'superseded' : 'too_late')
        return isStarted ? start(dueAt) : miss(dueAt, 'too_late')
      })
    }
    case 'all': {
      const { withinMs, max } = policy
      const first = due.length - max
      return due.map((dueAt, index) => {
        if (index < first) return miss(dueAt, 'beyond_max')
        const isTooLate = isLate(dueAt) && withinMs !== null && now - dueAt > withinMs
        return isTooLate ? miss(dueAt, 'too_late') : start(dueAt)
      })
    }
    default:
      return policy.kind satisfies never
  }
}
