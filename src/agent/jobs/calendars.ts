/**
 * The calendars of jobs as an agent needs them: when a job is due, which due times have passed, which blackout a time lies in, and what identifies a
 * schedule, so that a changed one begins anew. Compiled when first asked for, once for each version of a job's rules.
 */
import type { FunctionReference, JobRules, JobSchedule } from '../../domain/jobs/job.ts'
import type { JsonValue } from '../../domain/program.ts'
import { stableJson } from '../../domain/program-change.ts'
import { type Calendar, compileCalendar } from '../../domain/schedule/calendar.ts'
import { coveringWindow, parseWindow, type Window } from '../../domain/schedule/windows.ts'
import { processZone } from '../../domain/schedule/zone.ts'
import type { StoredJob } from '../../store/store.ts'
import type { JobProgram } from './ledger-book.ts'
import type { DueTimes, JobCalendars } from './ledger-draft.ts'

/** Of what was missed, so many due times of one job get a row each; those before are told of in one. */
export const mostListed = 1000

/** What a schedule was, as it is kept with what it has brought about. */
interface KeptSchedule extends JobSchedule {
  readonly zone: string
}

/** Two schedules with the same text are due at the same times. A job without a zone of its own has another schedule once the machine's zone is another. */
function scheduleIdentity({ job }: JobProgram, zoneHere: () => string): string {
  const zone = job.timezone ?? zoneHere()
  const known = identities.get(job)
  if (known?.zone === zone) return known.identity
  const kept: KeptSchedule = { ...job.schedule, zone }
  const identity = stableJson(kept as unknown as JsonValue)
  identities.set(job, { zone, identity })
  return identity
}

const identities = new WeakMap<JobRules, { readonly zone: string; readonly identity: string }>()

/** The calendar of a schedule that may no longer be in force. */
export function calendarOf(program: string, identity: string): JobCalendar {
  return new JobCalendar(program, JSON.parse(identity) as KeptSchedule)
}

/** For one set of programs: the machine's zone is looked up once for all of them. */
export function jobCalendars(): JobCalendars {
  let zone: string | null = null
  const zoneHere = (): string => {
    zone ??= processZone()
    return zone
  }
  return {
    identityOf: (program) => scheduleIdentity(program, zoneHere),
    // A function cannot be asked about times at which it was not.
    dueOf({ program, schedule, coveredUntil, anchor }: StoredJob, until) {
      const calendar = recordedCalendar(program, schedule)
      return calendar?.predicate === null ? calendar.between(coveredUntil, until, anchor) : null
    },
  }
}

/** Null for what another version recorded in another form: it must keep no agent from starting. */
function recordedCalendar(program: string, identity: string): JobCalendar | null {
  try {
    return calendarOf(program, identity)
  } catch {
    return null
  }
}

export class JobCalendar {
  readonly kind: DueTimes['kind']
  readonly predicate: FunctionReference | null
  readonly zone: string
  private readonly calendar: Calendar

  constructor(program: string, { expressions, at, predicate, zone }: KeptSchedule) {
    this.predicate = predicate
    this.zone = zone
    this.calendar = compileCalendar({ expressions, at, timezone: zone, seed: program })
    this.kind = this.calendar.isPeriodic ? 'every' : 'schedule'
  }

  /** The first time after. With a function, the next full minute, when it is asked. */
  next(after: number, anchor: number): number | null {
    return this.predicate ? nextMinute(after) : this.calendar.next(after, anchor)
  }

  /** What was due after one time and up to another; null: nothing. */
  between(after: number, until: number, anchor: number): DueTimes | null {
    const first = this.next(after, anchor)
    if (first === null || first > until) return null
    const due = this.newest(after, until, anchor)
    const [oldest = first] = due
    return {
      kind: this.kind,
      due,
      before: this.predicate ? null : this.calendar.previous(oldest - 1, anchor),
      next: this.next(due.at(-1) ?? until, anchor),
      failed: [],
      until: due.at(-1) ?? until,
      unlistedSince: oldest > first ? first : null,
    }
  }

  /** Ascending, the last ones of them. */
  private newest(after: number, until: number, anchor: number): number[] {
    const due: number[] = []
    let time = this.previous(until, anchor)
    while (time !== null && time > after && due.length < mostListed) {
      due.push(time)
      time = this.previous(time - 1, anchor)
    }
    return due.reverse()
  }

  private previous(atOrBefore: number, anchor: number): number | null {
    return this.predicate
      ? Math.floor(atOrBefore / minuteMs) * minuteMs
      : this.calendar.previous(atOrBefore, anchor)
  }
}

const minuteMs = 60_000

function nextMinute(after: number): number {
  return (Math.floor(after / minuteMs) + 1) * minuteMs
}

const windowsOf = new WeakMap<JobRules, readonly Window[]>()

/** The text of the blackout that a time lies in; null: it lies in none. */
export function blackoutOf({ name, job }: JobProgram, at: number): string | null {
  if (job.blackout.length === 0) return null
  let windows = windowsOf.get(job)
  if (!windows) {
    windows = job.blackout.flatMap((written) => {
      const asked = 'forMs' in written ? { from: written.from, for: written.forMs } : written
      const read = parseWindow(asked, job.timezone, name)
      return read.ok ? [read.window] : []
    })
    windowsOf.set(job, windows)
  }
  return coveringWindow(windows, job.timezone, at)
}
