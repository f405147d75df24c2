/**
 * Looks at the clock for all jobs: whatever was due since their ledgers were covered last goes into the ledger, which decides what becomes of it. Sleeps
 * until the next due time, and never long, so that a clock that was set, or a machine that slept, is noticed.
 *
 * It keeps nothing that cannot be found out again: when a job was covered last is in the store, when it is due next is in its calendar. Telling the ledger
 * something twice is no harm, since what is covered already is left out in the very transaction.
 */
import type { Clock, Timer } from '../clock.ts'
import type { FunctionReference } from '../domain/job.ts'
import type { Milliseconds } from '../domain/milliseconds.ts'
import type { DesiredProgram } from '../domain/reconcile.ts'
import type { StoredJob } from '../store/store.ts'
import { calendarOf, type JobCalendar, mostListed } from './calendars.ts'
import type { Draft } from './draft.ts'
import type { DueTimes, LedgerBase } from './ledger-draft.ts'

export interface SchedulerOptions {
  readonly clock: Clock
  readonly ledger: () => LedgerBase
  readonly tell: (change: (draft: Draft) => void) => void
  /** Asks a function of the configuration whether its job is due at a time. */
  readonly ask: (
    question: DueQuestion,
  ) => Promise<{ ok: true; value: boolean } | { ok: false; reason: string }>
}

export interface DueQuestion {
  readonly program: string
  readonly reference: FunctionReference
  readonly at: number
  readonly timezone: string
}

interface Entry {
  readonly program: string
  readonly identity: string
  readonly calendar: JobCalendar
  /** When something has to be looked at next; null: never. */
  next: number | null
  isAsking: boolean
}

/** No sleep is longer, so that a set clock is noticed. */
const longestSleepMs: Milliseconds = 5000
/** A difference between wall clock and real time that is no mere correction. */
const jumpMs: Milliseconds = 2000
/** So many calendars are compiled before others get their turn. */
const compiledPerTurn = 250
const minuteMs: Milliseconds = 60_000

export class Scheduler {
  private readonly options: SchedulerOptions
  private readonly entries = new Map<string, Entry>()
  private toCompile: StoredJob[] = []
  private timer: Timer | null = null
  private isCompiling = false
  private isStarted = false
  private isClosed = false
  private lastLook: { wall: number; real: number } | null = null

  constructor(options: SchedulerOptions) {
    this.options = options
  }

  start(): void {
    this.isStarted = true
    this.runOnce()
  }

  close(): void {
    this.isClosed = true
    this.timer?.cancel()
  }

  /** The set of jobs, or what they are at, has changed. */
  follow(desired: ReadonlyMap<string, DesiredProgram>): void {
    const { jobs } = this.options.ledger()
    for (const program of this.entries.keys())
      if (desired.get(program)?.program.kind !== 'job') this.entries.delete(program)
    this.toCompile = [...jobs.values()].filter(
      ({ program, schedule }) => this.entries.get(program)?.identity !== schedule,
    )
    this.compileSome()
  }

  /** When a job is due next, as far as its calendar tells; null: not again. */
  nextOf(program: string): number | null {
    const entry = this.entries.get(program)
    return entry?.calendar.predicate ? null : (entry?.next ?? null)
  }

  /** When anything is due next; null: never. What is not known yet counts as due. */
  nextAt(): number | null {
    const entries = [...this.entries.values()]
    if (this.toCompile.length > 0 || this.isCompiling || entries.some(({ isAsking }) => isAsking))
      return this.options.clock.now()
    return entries.reduce<number | null>((first, { next }) => earlier(first, next), null)
  }

  /** Looks at the clock once, and sleeps until something is due. */
  runOnce(): void {
    if (this.isClosed || !this.isStarted) return
    const { clock } = this.options
    const now = clock.now()
    this.lookForJump(now)
    const due: Entry[] = []
    for (const entry of this.entries.values()) if (entry.next !== null && entry.next <= now) due.push(entry)
    for (const entry of due) this.cover(entry, now)
    this.sleep()
  }

  private cover(entry: Entry, now: number): void {
    const { program, calendar } = entry
    const job = this.options.ledger().jobs.get(program)
    if (!job || job.schedule !== entry.identity) {
      entry.next = null
      return
    }
    if (calendar.predicate) {
      entry.next = calendar.next(now, job.anchor)
      void this.askFor(entry, calendar.predicate, job, now)
      return
    }
    const times = calendar.between(job.coveredUntil, now, job.anchor)
    entry.next = calendar.next(Math.max(now, job.coveredUntil), job.anchor)
    if (times) this.options.tell((draft) => draft.ledger.recordDue(program, times))
  }

  /** Each minute since it was asked last, in their order; the answers are recorded together. */
  private async askFor(
    entry: Entry,
    reference: FunctionReference,
    job: StoredJob,
    now: number,
  ): Promise<void> {
    const { program, calendar } = entry
    const times = entry.isAsking ? null : calendar.between(job.coveredUntil, now, job.anchor)
    if (!times) return
    entry.isAsking = true
    const questions = times.due.map((at) => ({ program, reference, at, timezone: calendar.zone }))
    const answers = await Promise.all(questions.map((question) => this.options.ask(question)))
    entry.isAsking = false
    // Of a schedule that was changed meanwhile nobody wants to know any more.
    if (this.isClosed || this.entries.get(program) !== entry) return
    const due = times.due.filter((_at, index) => answers[index]?.ok && answers[index].value)
    const failed = times.due.flatMap((at, index) => {
      const answer = answers[index]
      return answer && !answer.ok ? [{ at, reason: answer.reason }] : []
    })
    this.options.tell((draft) =>
      draft.ledger.recordDue(program, {
        ...times,
        due,
        failed: [...unasked(times), ...failed],
        unlistedSince: null,
      }),
    )
  }

  private lookForJump(now: number): void {
    const real = this.options.clock.sinceBoot()
    const last = this.lastLook
    this.lastLook = { wall: now, real }
    if (!last) return
    const deltaMs = Math.round(now - last.wall - (real - last.real))
    if (Math.abs(deltaMs) <= jumpMs) return
    const periodic = [...this.entries.values()].filter(({ calendar }) => calendar.kind === 'every')
    this.options.tell((draft) => {
      draft.event('clock.jumped', { deltaMs })
      for (const { program } of periodic) draft.ledger.shiftAnchor(program, deltaMs)
    })
    // What counts periods is looked at again once its anchor has moved.
    for (const entry of periodic) entry.next = null
    this.options.tell(() => {
      for (const { program } of periodic) {
        const job = this.options.ledger().jobs.get(program)
        if (job) this.toCompile.push(job)
      }
      this.compileSome()
    })
  }

  private compileSome(): void {
    if (this.isCompiling || this.isClosed) return
    this.isCompiling = true
    setImmediate(() => {
      this.isCompiling = false
      if (this.isClosed) return
      const { jobs } = this.options.ledger()
      for (const { program } of this.toCompile.splice(0, compiledPerTurn)) {
        const job = jobs.get(program)
        if (job) this.entries.set(program, entryOf(job, this.entries.get(program)))
      }
      if (this.toCompile.length > 0) this.compileSome()
      this.runOnce()
    })
  }

  private sleep(): void {
    const { clock } = this.options
    let next = Number.POSITIVE_INFINITY
    for (const entry of this.entries.values()) if (entry.next !== null && entry.next < next) next = entry.next
    const waitMs = Math.min(longestSleepMs, Math.max(1, next - clock.now()))
    this.timer?.cancel()
    this.timer = clock.after(Math.ceil(waitMs), () => this.runOnce())
  }
}

/** One row for the minutes that are too many to be asked for. */
function unasked({ due: [first = 0], unlistedSince }: DueTimes): DueTimes['failed'] {
  if (unlistedSince === null) return []
  const last = first - minuteMs
  const count = Math.round((last - unlistedSince) / minuteMs) + 1
  const reason = `nobody asked the function about the ${count} minutes from ${new Date(unlistedSince).toISOString()} on: only the newest ${mostListed} are made up for`
  return [{ at: last, reason }]
}

function earlier(a: number | null, b: number | null): number | null {
  return a === null || (b !== null && b < a) ? b : a
}

function entryOf(job: StoredJob, known: Entry | undefined): Entry {
  const { program, schedule: identity, coveredUntil, anchor } = job
  if (known?.identity === identity) {
    // The same one, since an answer that is on its way belongs to it.
    known.next = known.calendar.next(coveredUntil, anchor)
    return known
  }
  const calendar = calendarOf(program, identity)
  return { program, identity, calendar, next: calendar.next(coveredUntil, anchor), isAsking: false }
}
