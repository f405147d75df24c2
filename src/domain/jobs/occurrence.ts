/**
 * An occurrence: one time that a job was due, for whatever reason. It is one durable row that ends as a run, as skipped or as missed, never
 * as nothing:
 *
 *   queued ──▶ running ──▶ ended (success · warning · failure · timed_out · stopped · lost)
 *     │  └──▶ skipped, missed    │
 *   skipped, missed              └─ another attempt: it stays running until the last one has ended
 */
import type { RefusalReason } from '../admission.ts'
import type { RunCause, RunEnd } from '../run.ts'

/** Why it was due. */
export type Trigger =
  /** Its time came. `isCatchUp`: later than it should have. */
  | { readonly kind: 'schedule'; readonly isCatchUp: boolean; readonly previousAt: number | null }
  /** A period passed. */
  | { readonly kind: 'every'; readonly isCatchUp: boolean; readonly previousAt: number | null }
  /** The machine was started. */
  | { readonly kind: 'reboot' }
  /** Other programs ended; the runs whose end did it. */
  | { readonly kind: 'after'; readonly programs: readonly string[] }
  | { readonly kind: 'manual'; readonly by: string }

export const triggerKinds = [
  'schedule',
  'every',
  'reboot',
  'after',
  'manual',
] as const satisfies readonly Trigger['kind'][]

export const outcomes = ['success', 'warning', 'failure', 'timed_out', 'stopped', 'lost'] as const
/** lost: nobody knows how it ended, such as after a restart of the machine. */
export type Outcome = (typeof outcomes)[number]

export const missReasons = {
  no_agent: 'No agent was there at that time, and the job does not make up for what it missed.',
  too_late: 'By the time that an agent was there it was later than the job allows.',
  superseded: 'A later due time was made up for instead.',
  beyond_max: 'More due times were missed than the job makes up for.',
  changed: 'The schedule was changed before an agent saw to it.',
} as const
export type MissReason = keyof typeof missReasons

export type OccurrenceState =
  | { readonly kind: 'queued'; readonly reason: RefusalReason | null }
  /** A slot is at work for it, be it with a run, or waiting for the next attempt. */
  | { readonly kind: 'running'; readonly slot: string }
  | { readonly kind: 'ended'; readonly outcome: Outcome; readonly detail: string }
  | { readonly kind: 'skipped'; readonly reason: RefusalReason; readonly detail: string }
  /** `count`: a row may stand for many due times in a row, from `since` to its own; null: they were not counted. */
  | {
      readonly kind: 'missed'
      readonly reason: MissReason
      readonly since: number | null
      readonly count: number | null
    }

export const occurrenceStateKinds = [
  'queued',
  'running',
  'ended',
  'skipped',
  'missed',
] as const satisfies readonly OccurrenceState['kind'][]
export type OccurrenceStateKind = (typeof occurrenceStateKinds)[number]

export interface Occurrence {
  /** Sorts by the time that it was recorded. */
  readonly id: string
  readonly program: string
  /** Wall clock, milliseconds since 1970. */
  readonly dueAt: number
  readonly trigger: Trigger
  readonly state: OccurrenceState
  /** Runs that were begun for it. */
  readonly attempts: number
  /** The last of them. */
  readonly run: string | null
  /** What whoever triggered it said; the defaults of the job are not among them. */
  readonly params: { readonly [name: string]: string }
  readonly recordedAt: number
  readonly startedAt: number | null
  readonly endedAt: number | null
}

/** Whether something will still become of it. */
export function isOpen({ state }: Pick<Occurrence, 'state'>): boolean {
  return state.kind === 'queued' || state.kind === 'running'
}

/** Why its first run begins. */
export function causeOf({ trigger, dueAt }: Pick<Occurrence, 'trigger' | 'dueAt'>): RunCause {
  switch (trigger.kind) {
    case 'schedule':
    case 'every':
      return { kind: 'scheduled', dueAt, isCatchUp: trigger.isCatchUp }
    case 'reboot':
      return { kind: 'reboot' }
    case 'after':
      return { kind: 'after', programs: trigger.programs }
    case 'manual':
      return { kind: 'requested', by: trigger.by }
    default:
      return trigger satisfies never
  }
}

/**
 * The due time of what somebody, another program or the machine makes due now: never a full second, which belong to schedules, and never that of
 * the one before it. A last one that lies far ahead was recorded by a clock that has been set back since, and says nothing.
 */
export function dueNow(now: number, last: number): number {
  const isClose = last >= now && last - now < 1000
  const next = isClose ? last + 1 : Math.floor(now)
  return next % 1000 === 0 ? next + 1 : next
}

/** What the end of its last run means for a job. */
export function outcomeOf(
  end: RunEnd,
  codes: { readonly success: readonly number[]; readonly warning: readonly number[] },
): Outcome {
  switch (end.kind) {
    case 'exited':
      if (codes.warning.includes(end.code)) return 'warning'
      return codes.success.includes(end.code) ? 'success' : 'failure'
    case 'stopped':
      return end.reason?.isFailure ? 'failure' : 'stopped'
    case 'timed_out':
      return 'timed_out'
    case 'signaled':
    case 'failed_to_start':
    case 'revoked':
      return 'failure'
    case 'unknown':
    case 'machine_restarted':
      return 'lost'
    default:
      return end satisfies never
  }
}

/** Whether whoever comes after it by `success` may begin. */
export function isGoodOutcome(outcome: Outcome): boolean {
  return outcome === 'success' || outcome === 'warning'
}
