/**
 * The ledger's part of a draft: due times come in and ends of runs settle them, recorded with everything else of the draft or not at all. How many
 * of several due times are met is `domain/jobs/missed.ts`'s, what becomes of one `ledger-admission.ts`'s, what follows another program `domain/jobs/chain.ts`'s.
 *
 * Nothing in it looks at a calendar: which times a job was due at is handed in.
 */

import { endEvents } from '../../domain/events/occurrence-events.ts'
import { decideChain, jobsAfter } from '../../domain/jobs/chain.ts'
import { fitsNode } from '../../domain/jobs/job.ts'
import { variablesOf } from '../../domain/jobs/job-variables.ts'
import { isNoAttempt } from '../../domain/jobs/judge-attempt.ts'
import { type DueVerdict, decideDue, onTimeMs } from '../../domain/jobs/missed.ts'
import {
  dueNow,
  type Occurrence,
  type Outcome,
  outcomeOf,
  type Trigger,
} from '../../domain/jobs/occurrence.ts'
import type { Program } from '../../domain/program.ts'
import type { DesiredProgram } from '../../domain/reconcile.ts'
import { describeEnd, exitCodeOf, type Run, type RunEnd } from '../../domain/run.ts'
import type { Changes, StoredJob } from '../../store/store.ts'
import type { Draft } from '../reconcile/draft.ts'
import type { SlotRecord } from '../reconcile/slot-records.ts'
import { gone, LedgerAdmission } from './ledger-admission.ts'
import { type JobNode, type JobProgram, jobIn, type LedgerBase, LedgerBook } from './ledger-book.ts'

/** Times at which a job was due by its schedule, ascending, all in the past. */
export interface DueTimes {
  readonly kind: 'schedule' | 'every'
  readonly due: readonly number[]
  /** The due time before the first of them, where there was one. */
  readonly before: number | null
  /** The next one after them; null: there is none. */
  readonly next: number | null
  /** Times of which nobody can say whether it was due, and why. */
  readonly failed: readonly { readonly at: number; readonly reason: string }[]
  /** All that was due up to here is among them. */
  readonly until: number
  /** Due times before `due` that are too many to be listed, from this one on; null: there are none. */
  readonly unlistedSince: number | null
}

/** What calendars know about jobs, asked when another set of programs comes into force. */
export interface JobCalendars {
  readonly identityOf: (program: JobProgram) => string
  /** What was due by the job's schedule since it was covered; null: nothing. */
  readonly dueOf: (job: StoredJob, until: number) => DueTimes | null
}

/** What became of something that somebody triggered. */
export interface Triggered {
  readonly occurrence: Occurrence
  readonly slot: string | null
}

/** For so long it is known what a job that is gone was due at. */
const rememberedMs = 7 * 86_400_000

export class LedgerDraft {
  private readonly nodeBefore: JobNode
  private readonly draft: Draft
  private readonly book: LedgerBook
  private readonly admission: LedgerAdmission

  constructor(base: LedgerBase, draft: Draft) {
    this.nodeBefore = base.node
    this.draft = draft
    this.book = new LedgerBook(base)
    this.admission = new LedgerAdmission(this.book, draft)
  }

  /** What is to be recorded. */
  changes(): Pick<Changes, 'jobs' | 'removedJobs' | 'occurrences' | 'changedOccurrences'> {
    return this.book.changes()
  }

  get isChanged(): boolean {
    return this.book.isChanged
  }

  /** As it is once it is recorded. */
  commit(): LedgerBase {
    return this.book.commit()
  }

  get pausedBy(): string | null {
    return this.book.pausedBy
  }

  job(program: string): StoredJob | undefined {
    return this.book.job(program)
  }

  /**
   * A set of programs came into force: jobs that are new, or have another schedule, are due from now on, and what is gone leaves nothing waiting. What
   * was due by a schedule that ends here, and was not covered yet, is missed, unless it came just now.
   */
  declare(before: ReadonlyMap<string, DesiredProgram>, calendars: JobCalendars): void {
    const { desired } = this.draft
    for (const { program } of desired.values()) {
      if (program.kind !== 'job') continue
      this.admission.ensureSlot(program, 0)
      this.declareJob(program, before.get(program.name)?.program, calendars)
    }
    for (const known of this.book.knownJobs) {
      if (jobIn(desired, known.program)) continue
      this.callOff(known.program)
      this.closeSchedule(known, null, before.get(known.program)?.program, calendars)
      this.forget(known)
    }
    for (const one of this.book.queued())
      if (!jobIn(desired, one.program)) this.admission.skip(one, gone, null)
    // What became a service begins as one once the job's run has ended.
    for (const { name, program, occurrence } of [...this.draft.slots.values()]) {
      if (occurrence !== null && desired.get(program)?.program.kind === 'service')
        this.draft.send(name, { kind: 'stop' })
    }
  }

  private declareJob(program: JobProgram, before: Program | undefined, calendars: JobCalendars): void {
    const schedule = calendars.identityOf(program)
    const known = this.book.job(program.name)
    const wasDue = isDueOn(before, this.nodeBefore)
    const isDue = isDueOn(program, this.book.node)
    const isSame = known?.schedule === schedule
    if (known && (!isSame || !isDue)) this.callOff(program.name)
    if (known && (!isSame || !isDue)) this.closeSchedule(known, isDue ? program : null, before, calendars)
    if (isSame && (wasDue || !isDue)) return
    const now = this.draft.now()
    this.book.putJob({
      program: program.name,
      // After the clock was set back, what is covered stays so: no time is due twice.
      coveredUntil: Math.max(now, known?.coveredUntil ?? now, known?.lastDueAt ?? now),
      // Full seconds, as all due times of schedules are.
      anchor: Math.floor(now / 1000) * 1000,
      schedule,
      disabledBy: known?.disabledBy ?? null,
      progress: known?.progress ?? [],
      lastDueAt: known?.lastDueAt ?? 0,
      lastTriggeredAt: known?.lastTriggeredAt ?? 0,
    })
  }

  /** `program`: what is declared now, if it is still due at all. */
  private closeSchedule(
    job: StoredJob,
    program: JobProgram | null,
    before: Program | undefined,
    { dueOf }: JobCalendars,
  ): void {
    const now = this.draft.now()
    const times = isDueOn(before, this.nodeBefore) ? dueOf(job, now) : null
    if (!times) return
    this.cover(job, times)
    const due = times.due.filter((dueAt) => dueAt > job.coveredUntil)
    if (times.unlistedSince !== null) this.missMany(job.program, times, due[0] ?? times.until)
    for (const dueAt of due) {
      const trigger: Trigger = { kind: times.kind, isCatchUp: false, previousAt: null }
      const occurrence = this.admission.newOccurrence(job.program, dueAt, trigger)
      const isOnTime = dueAt === due.at(-1) && now - dueAt <= onTimeMs
      if (program && isOnTime) this.admission.admit(occurrence, program)
      else this.admission.miss(occurrence, 'changed')
    }
  }

  /** What was covered has to be known for a while, should the clock be set back and the job come again. */
  private forget(job: StoredJob): void {
    const record = this.book.job(job.program) ?? job
    const last = Math.max(record.coveredUntil, record.lastDueAt)
    if (last <= this.draft.now() - rememberedMs) this.book.removeJob(job.program)
    else this.book.putJob({ ...record, disabledBy: null, progress: [] })
  }

  private cover(job: StoredJob, { kind, until }: DueTimes): void {
    const lastDueAt = kind === 'schedule' ? Math.max(job.lastDueAt, until) : job.lastDueAt
    this.book.putJob({ ...job, coveredUntil: until, lastDueAt })
  }

  /** The schedule's own due times, up to now. Those that are covered already are none. */
  recordDue(name: string, times: DueTimes): void {
    const record = this.book.job(name)
    const program = jobIn(this.draft.desired, name)
    if (!record || !program || this.draft.isShuttingDown) return
    const { coveredUntil } = record
    if (times.until <= coveredUntil) return
    this.cover(record, times)
    if (!isDueOn(program, this.book.node)) return
    const due = times.due.filter((dueAt) => dueAt > coveredUntil)
    if (times.unlistedSince !== null) this.missMany(name, times, due[0] ?? times.until)
    for (const { at, reason } of times.failed.filter((one) => one.at > coveredUntil)) {
      const trigger: Trigger = { kind: times.kind, isCatchUp: false, previousAt: null }
      const occurrence = this.admission.newOccurrence(name, at, trigger)
      this.admission.skip(occurrence, { reason: 'predicate_failed', detail: reason }, null)
    }
    let previousAt = times.before
    const { missed: policy } = program.job
    const verdicts = decideDue({ due, now: this.draft.now(), next: times.next, policy })
    // The newest is on time, and would find those before it in its way: it comes in its turn as well.
    const isInTurn = policy.kind === 'all' && verdicts.some(isMadeUpFor)
    for (const verdict of verdicts) {
      const { dueAt } = verdict
      const isCatchUp = isMadeUpFor(verdict)
      const trigger: Trigger = { kind: times.kind, isCatchUp, previousAt }
      const occurrence = this.admission.newOccurrence(name, dueAt, trigger)
      previousAt = dueAt
      if (verdict.kind === 'miss') this.admission.miss(occurrence, verdict.reason)
      else this.admission.admit(occurrence, program, isInTurn)
    }
    this.admission.limitCatchUps(program)
  }

  /**
   * What is due in a moment begins now, and its command waits for its time: so that many are punctual at once. Only where nothing can speak against it by then;
   * what is held up by anything is decided at its time. True when it has begun.
   */
  beginAhead(name: string, times: DueTimes): boolean {
    const record = this.book.job(name)
    const program = jobIn(this.draft.desired, name)
    const [dueAt] = times.due
    if (!record || !program || this.draft.isShuttingDown || !isDueOn(program, this.book.node)) return false
    if (dueAt === undefined || times.due.length > 1 || dueAt <= record.coveredUntil) return false
    const trigger: Trigger = { kind: times.kind, isCatchUp: false, previousAt: times.before }
    const occurrence = this.admission.newOccurrence(name, dueAt, trigger)
    if (!this.admission.isUnhindered(occurrence, program)) return false
    this.cover(record, times)
    this.admission.start(occurrence, program)
    return true
  }

  /** What has begun ahead of its time is no longer wanted. */
  private callOff(program: string | null): void {
    for (const occurrence of this.book.running(program))
      if (isAhead(occurrence, this.draft.now())) this.admission.callOff(occurrence.state.slot)
  }

  /** One row for those before the first that is listed. It lies just before that, and between full seconds, where no due time is. */
  private missMany(name: string, { kind, unlistedSince }: DueTimes, first: number): void {
    const trigger: Trigger = { kind, isCatchUp: false, previousAt: null }
    this.admission.miss(this.admission.newOccurrence(name, first - 1, trigger), 'beyond_max', unlistedSince)
  }

  /**
   * The wall clock was set: what counts periods goes on counting real time. Never beyond now, as where the clock was set while nobody looked: then it counts
   * from now on.
   */
  shiftAnchor(program: string, deltaMs: number): void {
    const record = this.book.job(program)
    if (!record) return
    const now = this.draft.now()
    const shift = Math.round(deltaMs / 1000) * 1000
    this.book.putJob({
      ...record,
      anchor: Math.min(record.anchor + shift, Math.floor(now / 1000) * 1000),
      coveredUntil: Math.min(record.coveredUntil + shift, now),
    })
  }

  /** Somebody, another program or the machine makes it due now. Null where there is no such job. */
  trigger(name: string, trigger: Trigger, params: Readonly<Record<string, string>> = {}): Triggered | null {
    const record = this.book.job(name)
    const program = jobIn(this.draft.desired, name)
    if (!record || !program) return null
    const dueAt = dueNow(this.draft.now(), record.lastTriggeredAt)
    this.book.putJob({ ...record, lastTriggeredAt: dueAt })
    const due = { ...this.admission.newOccurrence(name, dueAt, trigger), params }
    const { id } = this.admission.admit(due, program)
    const occurrence = this.book.find(id)
    if (!occurrence) throw new Error('What was triggered is in the ledger.')
    return { occurrence, slot: occurrence.state.kind === 'running' ? occurrence.state.slot : null }
  }

  /** The same, where the job is meant for this node. */
  triggerHere(name: string, trigger: Trigger): void {
    const program = jobIn(this.draft.desired, name)
    if (program && fitsNode(program.job.target, this.book.node).fits) this.trigger(name, trigger)
  }

  /** Another program ended; jobs that come after it may be due. */
  noteEnd(program: string, outcome: Outcome): void {
    for (const { name } of jobsAfter(program, this.draft.desired)) {
      const record = this.book.job(name)
      const follower = jobIn(this.draft.desired, name)
      if (!record || !follower) continue
      const { after, isEnabled } = follower.job
      const { progress, isDue } = decideChain(after, record.progress, program, outcome)
      if (progress !== record.progress) this.book.putJob({ ...record, progress })
      if (isDue && isEnabled)
        this.triggerHere(name, { kind: 'after', programs: after.map((one) => one.program) })
    }
  }

  setDisabled(program: string, by: string | null): boolean {
    const record = this.book.job(program)
    if (!record || (record.disabledBy !== null) === (by !== null)) return false
    this.book.putJob({ ...record, disabledBy: by })
    if (by !== null) this.callOff(program)
    return true
  }

  setPaused(by: string | null): void {
    this.book.pausedBy = by
    this.draft.setNote('paused', by ?? '')
    if (by !== null) this.callOff(null)
  }

  /** Kept for an agent that cannot read its configuration: what runs here goes on to run here. */
  setLabels(labels: Readonly<Record<string, string>>): void {
    this.book.node = { ...this.book.node, labels }
    this.draft.setNote('labels', JSON.stringify(labels))
  }

  /** Begins what waits and may begin now. True when something began. */
  proceed(): boolean {
    return this.admission.proceed()
  }

  /** A run was claimed by a slot of a job: which due time it is for, and what its command is told of that. */
  begun(
    slot: SlotRecord,
    run: string,
  ): { occurrence: Run['occurrence']; notBefore: number | null; variables: Record<string, string> } | null {
    const occurrence = this.occurrenceOf(slot)
    const program = jobIn(this.draft.desired, slot.program)
    if (!occurrence || !program) return null
    const attempt = occurrence.attempts + 1
    const now = this.draft.now()
    const begun = { ...occurrence, attempts: attempt, run }
    const { id, dueAt } = occurrence
    const notBefore = isAhead(begun, now) ? dueAt : null
    if (notBefore === null) this.noteStarted(begun, slot, now)
    else this.book.put(begun)
    return {
      occurrence: { id, attempt },
      notBefore,
      variables: variablesOf(occurrence, attempt, program.job),
    }
  }

  /** Its command began: what began ahead is told now, and the row says when it really was. */
  born(slot: SlotRecord, run: string, startedAt: number): void {
    const occurrence = this.occurrenceOf(slot)
    if (!occurrence || occurrence.run !== run) return
    if (occurrence.startedAt === null) this.noteStarted(occurrence, slot, startedAt)
    else if (occurrence.attempts === 1 && startedAt > occurrence.startedAt)
      this.book.put({ ...occurrence, startedAt })
  }

  /** A run ended: its beginning is told first, where nobody has told it. One that was told is not to be moved to the end. */
  endedUnseen(slot: SlotRecord, run: string, startedAt: number): void {
    const occurrence = this.occurrenceOf(slot)
    if (occurrence?.run === run && occurrence.startedAt === null)
      this.noteStarted(occurrence, slot, startedAt)
  }

  private noteStarted(occurrence: Occurrence, slot: SlotRecord, startedAt: number): void {
    this.book.put({ ...occurrence, startedAt: occurrence.startedAt ?? startedAt })
    const { id, run, attempts, trigger, dueAt } = occurrence
    const data = {
      occurrence: id,
      dueAt: iso(dueAt),
      trigger: trigger.kind,
      attempt: attempts,
      lateMs: Math.max(0, startedAt - dueAt),
    }
    const subject = { program: slot.program, slot: slot.name, ...(run === null ? {} : { run }) }
    this.draft.event('job.started', data, subject)
  }

  /** Which attempt the slot is at. */
  attemptOf(slot: SlotRecord): number {
    return this.occurrenceOf(slot)?.attempts ?? 1
  }

  /** What was never executed was no attempt. */
  takeBack(slot: SlotRecord): void {
    const occurrence = this.occurrenceOf(slot)
    if (occurrence) this.book.put({ ...occurrence, attempts: Math.max(0, occurrence.attempts - 1) })
  }

  /** The slot has become free: how the due time that it was at work for ended. `end`: of its last run; null: it had none, or that ended before. */
  settle(slot: SlotRecord, end: RunEnd | null): void {
    const occurrence = this.occurrenceOf(slot)
    this.draft.seat(slot.name, null)
    if (occurrence?.state.kind !== 'running') return
    if (this.draft.isShuttingDown && isAhead(occurrence, this.draft.now())) {
      // Its time comes after us.
      this.book.put({
        ...occurrence,
        state: { kind: 'queued', reason: 'shutting_down' },
        attempts: 0,
        run: null,
      })
      return
    }
    if (end?.kind === 'revoked' && slot.state.kind === 'stopping' && slot.state.reason?.kind === 'called_off')
      return this.restUnbegun({ ...occurrence, attempts: 0, run: null })
    const [outcome, detail] = this.outcomeAt(slot, occurrence, end)
    this.end(occurrence, slot.name, { outcome, detail, exitCode: end && exitCodeOf(end) })
  }

  /** It was called off before its time, and its command never began. */
  private restUnbegun(occurrence: Occurrence): void {
    const hindrance = this.admission.hindranceOf(occurrence)
    if (hindrance) this.admission.skip(occurrence, hindrance, null)
    else this.admission.miss(occurrence, 'changed')
  }

  private end(
    occurrence: Occurrence,
    slot: string,
    { outcome, detail, exitCode }: { outcome: Outcome; detail: string; exitCode: number | null },
  ): void {
    const endedAt = this.draft.now()
    this.book.put({ ...occurrence, state: { kind: 'ended', outcome, detail }, endedAt })
    const { program, run } = occurrence
    const data = {
      occurrence: occurrence.id,
      dueAt: iso(occurrence.dueAt),
      attempts: occurrence.attempts,
      lastedMs: occurrence.startedAt === null ? null : Math.max(0, endedAt - occurrence.startedAt),
      exitCode,
      detail,
    }
    this.draft.event(endEvents[outcome], data, { program, slot, ...(run === null ? {} : { run }) })
    this.noteEnd(program, outcome)
  }

  private outcomeAt(slot: SlotRecord, { attempts }: Occurrence, end: RunEnd | null): [Outcome, string] {
    const { state } = slot
    if (end === null) {
      if (state.kind === 'backoff') return ['failure', `${state.reason}; no further attempt was waited for`]
      return ['stopped', attempts === 0 ? 'stopped before it began' : 'stopped']
    }
    // One that was to end, or whose job is gone, before it began had nothing to fail at.
    if (isNoAttempt(end) || (end.kind === 'revoked' && state.kind === 'stopping'))
      return ['stopped', describeEnd(end)]
    const program = this.draft.desired.get(slot.program)?.program
    const warning = program?.kind === 'job' ? program.job.warningExitCodes : []
    const success = program?.restart.successExitCodes ?? [0]
    return [outcomeOf(end, { success, warning }), describeEnd(end)]
  }

  private occurrenceOf({ occurrence }: SlotRecord): Occurrence | undefined {
    return occurrence === null ? undefined : this.book.find(occurrence)
  }
}

/** Whether it has due times at all on this node. */
export function isDueOn(program: Program | undefined, node: JobNode): boolean {
  return program?.kind === 'job' && program.job.isEnabled && fitsNode(program.job.target, node).fits
}

/** Whether it has begun for a time that has not come. */
function isAhead({ dueAt, startedAt, trigger }: Occurrence, now: number): boolean {
  return trigger.kind === 'schedule' && startedAt === null && dueAt > now
}

function isMadeUpFor(verdict: DueVerdict): boolean {
  return verdict.kind === 'start' && verdict.isCatchUp
}

function iso(ms: number): string {
  return new Date(ms).toISOString()
}
