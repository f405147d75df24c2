/**
 * An agent that cron starts each minute and that leaves before the next one: when it leaves, and what one does that finds another at work. Pure.
 *
 *   :00 begins ── starts what is due, follows what runs ── leaves, earlier if there is nothing left to do, at :57 at the latest
 */
import type { Milliseconds } from './milliseconds.ts'

const minuteMs = 60_000
/** So long before the next minute it leaves: enough to write down what is to be written. */
const leaveBeforeMs = 3000
/** One that would have less time than this serves the next minute as well. */
const leastMs = 5000

/** Wall times. */
export function leaveTime(now: number): number {
  const next = (Math.floor(now / minuteMs) + 1) * minuteMs - leaveBeforeMs
  return next - now >= leastMs ? next : next + minuteMs
}

export interface Work {
  /** Something runs, begins or ends, or its next try comes before it leaves. */
  readonly isBusy: boolean
  /** When anything is due next; null: never. */
  readonly dueAt: number | null
}

export function shallLeave(now: number, leavesAt: number, { isBusy, dueAt }: Work): boolean {
  return now >= leavesAt || (!isBusy && (dueAt === null || dueAt >= leavesAt))
}

/** Who has the data directory, as far as its file tells: null where the file is missing, or of one that is dead. */
export interface Holder {
  readonly pid: number
  /** Null: it is there for good. */
  readonly leavesAt: number | null
}

export type HolderVerdict =
  /** It is about to leave, or nobody knows yet who it is. */
  | 'wait'
  /** This minute is served. */
  | 'yield'
  | { readonly overdue: string }

/** It may be at its last transaction. */
const patienceMs = 5000
const soonMs = 5000
/** A holder that begins has said who it is by then. */
const unknownMs = 3000

/** `waitedMs`: since the directory was found taken. */
export function judgeHolder(holder: Holder | null, now: number, waitedMs: Milliseconds): HolderVerdict {
  if (holder === null) return waitedMs < unknownMs ? 'wait' : 'yield'
  const { pid, leavesAt } = holder
  if (leavesAt === null || now < leavesAt - soonMs) return 'yield'
  if (waitedMs < patienceMs) return 'wait'
  const since = new Date(leavesAt).toISOString()
  return { overdue: `the tick before this one (pid ${pid}) was to leave at ${since}, and is still at work` }
}
