/**
 * Looks at the clock for all jobs: whatever was due since their ledgers were covered last goes into the ledger, which decides what becomes of it. Sleeps
 * until the next due time, and never long, so that a clock that was set, or a machine that slept, is noticed.
 *
 * It keeps nothing that cannot be found out again: when a job was covered last is in the store, when it is due next is in its calendar. What is due is read
 * within the very draft that records it; where that could not be recorded, the next look finds it anew. So nothing is told twice, nothing piles up
 * while the store takes no writes, and a clock that was set is made good for in one transaction with the due times that it brings.
 */
import type { Clock, Timer } from '../../clock.ts'
import type { FunctionReference } from '../../domain/jobs/job.ts'
import type { Milliseconds } from '../../domain/milliseconds.ts'
import type { DesiredProgram } from '../../domain/reconcile.ts'
import type { StoredJob } from '../../store/store.ts'
import type { Draft } from '../reconcile/draft.ts'
import { calendarOf, type JobCalendar } from './calendars.ts'
import type { LedgerBase } from './ledger-book.ts'

export interface SchedulerOptions {
  readonly clock: Clock
  readonly ledger: () => LedgerBase
  /** Resolves once the change is recorded, rejects when it is not. */
  readonly record: (change: (draft: Draft) => void) => Promise<void>
  /** Asks a function of the configuration whether its job is due at a time. */
  readonly ask: (
    question: DueQuestion,
  ) => Promise<{ ok: true; value: boolean } | { ok: false; reason: string }>
  readonly complain: (message: string, error: unknown) => void
  /** What is due so soon begins already, if nothing can come in its way, and its command waits for its time; 0: at its time. */
  readonly leadMs: Milliseconds
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
  anchor: number
  /** When something has to be looked at next; null: never. */
  next: number | null
  /** The due time that was to begin ahead. */
  ahead: number | null
  isAsking: boolean
}

/** By the wall clock, and by one that nobody sets. */
interface Look {
  readonly wall: number
  readonly real: number
}

/** No sleep is longer, so that a set clock is noticed. */
const longestSleepMs: Milliseconds = 5000
/** What could not be recorded is looked at again after this. */
const retryMs: Milliseconds = 1000
/** A job whose calendar fails is looked at again after this. */
const brokenMs: Milliseconds = 60_000
/** A difference between wall clock and real time that is no mere correction. */
const jumpMs: Milliseconds = 2000
/** So many calendars are compiled before others get their turn. */
const compiledPerTurn = 250
/** Once a draft has so many rows, the jobs that are left are looked at in the next one: after days without an agent, thousands of them have a million. */
export const rowsPerDraft = 20_000

export class Scheduler {
  private readonly options: SchedulerOptions
  private readonly entries = new Map<string, Entry>()
  private toCompile: StoredJob[] = []
  private timer: Timer | null = null
  private isCompiling = false
  private isRecording = false
  private isStarted = false
  private isClosed = false
  private lastLook: Look | null = null
  private whenCompiled: (() => void)[] = []

  constructor(options: SchedulerOptions) {
    this.options = options
  }

  start(): void {
    this.isStarted = true
    this.runOnce()
  }

  close(): void {
    this.isClosed = true
    this.tellCompiled()
    this.timer?.cancel()
  }

  /** The set of jobs, or what they are at, has changed. */
  follow(desired: ReadonlyMap<string, DesiredProgram>): void {
    const isJob = (program: string): boolean => desired.get(program)?.program.kind === 'job'
    for (const program of this.entries.keys()) if (!isJob(program)) this.entries.delete(program)
    this.toCompile = [...this.options.ledger().jobs.values()].filter(({ program, schedule, anchor }) => {
      const entry = this.entries.get(program)
      return isJob(program) && (entry?.identity !== schedule || entry.anchor !== anchor)
    })
    this.compileSome()
  }

  /** Resolves once the calendars of all jobs are compiled. */
  async allKnown(): Promise<void> {
    while ((this.toCompile.length > 0 || this.isCompiling) && !this.isClosed)
      await new Promise<void>((resolve) => this.whenCompiled.push(resolve))
  }

  /** What is known of the times of a job, as they were looked at last. */
  timesOf(program: string): Pick<Entry, 'calendar' | 'anchor' | 'next'> | null {
    return this.entries.get(program) ?? null
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

  /** Looks at the clock once, and sleeps until something is due. A look under way, or calendars that are not there yet, end in a look. */
  runOnce(): void {
    if (this.isClosed || !this.isStarted || this.isRecording || this.toCompile.length > 0) return
    const look = this.lookNow()
    const due: Entry[] = []
    for (const entry of this.entries.values()) {
      if (entry.next === null || this.turnOf(entry, entry.next) > look.wall) continue
      if (entry.calendar.predicate) void this.askFor(entry, entry.calendar.predicate, look.wall)
      else due.push(entry)
    }
    if (due.length > 0 || jumpBetween(this.lastLook, look) !== 0) return void this.cover(due)
    this.lastLook = look
    this.sleep()
  }

  private async cover(due: readonly Entry[]): Promise<void> {
    this.isRecording = true
    let isRecorded = false
    try {
      // The clock may be set until it comes to that.
      let look = this.lookNow()
      const toCover = new Set(due)
      const covered = new Set<Entry>()
      await this.options.record((draft) => {
        look = this.lookNow()
        for (const entry of this.makeGoodForJump(draft, look)) toCover.add(entry)
        let rows = 0
        for (const entry of toCover) {
          if (rows >= rowsPerDraft) break
          rows += this.coverOne(draft, entry, look.wall)
          covered.add(entry)
        }
      })
      isRecorded = true
      this.lastLook = look
      for (const entry of toCover) {
        if (covered.has(entry)) this.planNext(entry, look.wall)
        else entry.next = Math.min(entry.next ?? look.wall, look.wall)
      }
    } catch {
      // Who records has told of it.
    }
    this.isRecording = false
    if (isRecorded) this.runOnce()
    else if (!this.isClosed) this.sleep(retryMs)
  }

  /** What counts periods goes on by real time: those jobs are looked at again, all in the draft that tells of the jump. */
  private makeGoodForJump(draft: Draft, look: Look): Entry[] {
    const deltaMs = jumpBetween(this.lastLook, look)
    if (deltaMs === 0) return []
    draft.event('clock.jumped', { deltaMs })
    const periodic = [...this.entries.values()].filter(({ calendar }) => calendar.kind === 'every')
    for (const { program } of periodic) draft.ledger.shiftAnchor(program, deltaMs)
    return periodic
  }

  /** When something has to be done about its next due time. */
  private turnOf({ calendar, ahead }: Entry, next: number): number {
    const canBeAhead = calendar.kind === 'schedule' && !calendar.predicate && ahead !== next
    return canBeAhead ? next - this.options.leadMs : next
  }

  private beginAhead(draft: Draft, entry: Entry, dueAt: number): number {
    const job = draft.ledger.job(entry.program)
    entry.ahead = dueAt
    if (job?.schedule !== entry.identity) return 0
    const times = entry.calendar.between(job.coveredUntil, dueAt, job.anchor)
    return times && draft.ledger.beginAhead(entry.program, times) ? 1 : 0
  }

  /** Gives the number of its due times. */
  private coverOne(draft: Draft, entry: Entry, now: number): number {
    const { program, identity, calendar, next } = entry
    try {
      if (next !== null && next > now && this.turnOf(entry, next) <= now)
        return this.beginAhead(draft, entry, next)
      let job = draft.ledger.job(program)
      if (job?.schedule !== identity) return 0
      if (isAheadOf(now, job, calendar)) {
        draft.ledger.shiftAnchor(program, now - job.coveredUntil)
        job = draft.ledger.job(program) ?? job
      }
      const times = calendar.between(job.coveredUntil, now, job.anchor)
      if (times) draft.ledger.recordDue(program, times)
      return times?.due.length ?? 0
    } catch (error) {
      // A bug with one job is none for the others.
      this.options.complain(`What ${program} was due at cannot be told`, error)
      return 0
    }
  }

  private planNext(entry: Entry, now: number): void {
    const job = this.options.ledger().jobs.get(entry.program)
    if (job?.schedule !== entry.identity) {
      entry.next = null
      return
    }
    entry.anchor = job.anchor
    try {
      entry.next = entry.calendar.next(Math.max(now, job.coveredUntil), job.anchor)
    } catch {
      entry.next = now + brokenMs
    }
  }

  /** Each minute since it was asked last, in their order; the answers are recorded together. */
  private async askFor(entry: Entry, reference: FunctionReference, now: number): Promise<void> {
    const { program, calendar, identity } = entry
    const job = this.options.ledger().jobs.get(program)
    this.planNext(entry, now)
    if (entry.isAsking || job?.schedule !== identity) return
    const times = calendar.between(job.coveredUntil, now, job.anchor)
    if (!times) return
    entry.isAsking = true
    try {
      const questions = times.due.map((at) => ({ program, reference, at, timezone: calendar.zone }))
      const answers = await Promise.all(questions.map((question) => this.options.ask(question)))
      const due = times.due.filter((_at, index) => answers[index]?.ok && answers[index].value)
      const failed = times.due.flatMap((at, index) => {
        const answer = answers[index]
        return answer && !answer.ok ? [{ at, reason: answer.reason }] : []
      })
      if (!this.isClosed)
        await this.options.record((draft) => {
          if (draft.ledger.job(program)?.schedule === identity)
            draft.ledger.recordDue(program, { ...times, due, failed })
        })
    } catch {
      // Who records has told of it: it is asked again.
      entry.next = now
    }
    entry.isAsking = false
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
        if (job) this.compile(job)
      }
      if (this.toCompile.length > 0) this.compileSome()
      else this.tellCompiled()
      this.runOnce()
    })
  }

  private tellCompiled(): void {
    for (const resolve of this.whenCompiled.splice(0)) resolve()
  }

  private compile(job: StoredJob): void {
    const { program, schedule: identity, coveredUntil, anchor } = job
    const known = this.entries.get(program)
    try {
      const calendar = known?.identity === identity ? known.calendar : calendarOf(program, identity)
      const now = this.options.clock.now()
      const next = isAheadOf(now, job, calendar) ? now : calendar.next(coveredUntil, anchor)
      // The same entry where it is the same schedule, since an answer that is on its way belongs to it; none belongs to another.
      if (known?.identity === identity) Object.assign(known, { anchor, next })
      else
        this.entries.set(program, { program, identity, calendar, anchor, next, ahead: null, isAsking: false })
    } catch (error) {
      this.options.complain(`The schedule of ${program} cannot be understood`, error)
    }
  }

  private lookNow(): Look {
    const { clock } = this.options
    return { wall: clock.now(), real: clock.sinceBoot() }
  }

  private sleep(leastMs: Milliseconds = 1): void {
    const { clock } = this.options
    let next = Number.POSITIVE_INFINITY
    for (const entry of this.entries.values())
      if (entry.next !== null) next = Math.min(next, this.turnOf(entry, entry.next))
    const waitMs = Math.max(leastMs, Math.min(longestSleepMs, next - clock.now()))
    this.timer?.cancel()
    this.timer = clock.after(Math.ceil(waitMs), () => this.runOnce())
  }
}

function earlier(a: number | null, b: number | null): number | null {
  return a === null || (b !== null && b < a) ? b : a
}

/** By how much the wall clock was set between two looks; 0 where it was not, or hardly. */
function jumpBetween(last: Look | null, look: Look): number {
  if (!last) return 0
  const deltaMs = Math.round(look.wall - last.wall - (look.real - last.real))
  return Math.abs(deltaMs) > jumpMs ? deltaMs : 0
}

/** What counts periods would stand still until the clock, that was set back while nobody looked, has come so far again. */
function isAheadOf(now: number, { coveredUntil }: StoredJob, { kind }: JobCalendar): boolean {
  return kind === 'every' && coveredUntil > now + jumpMs
}
