/**
 * The ledger's part of a draft: due times come in, each becomes a row, and begins, waits, or is skipped; ends of runs settle them. What it decides is
 * `domain/missed.ts`, `overlap.ts` and `chain.ts`; here that becomes changes of the draft, recorded with everything else or not at all.
 *
 * Nothing in it looks at a calendar: which times a job is due at is handed in (`scheduler.ts`).
 */
import type { RefusalReason } from '../domain/admission.ts'
import { decideChain, jobsAfter } from '../domain/chain.ts'
import type { EventData } from '../domain/event.ts'
import { fitsNode, type JobRules } from '../domain/job.ts'
import { decideDue } from '../domain/missed.ts'
import {
  isOpen,
  type MissReason,
  type Occurrence,
  type Outcome,
  outcomeOf,
  type Trigger,
} from '../domain/occurrence.ts'
import { type BusySlot, decideOverlap } from '../domain/overlap.ts'
import { type Program, slotName } from '../domain/program.ts'
import { isActive } from '../domain/reconcile.ts'
import { describeEnd, type Run, type RunCause, type RunEnd } from '../domain/run.ts'
import { runOf } from '../domain/slot-state.ts'
import type { Changes, StoredJob } from '../store/store.ts'
import type { Draft } from './draft.ts'
import { newSlotRecord, type SlotRecord } from './slot-records.ts'

export interface LedgerBase {
  readonly jobs: ReadonlyMap<string, StoredJob>
  /** Those that something will still become of. */
  readonly occurrences: ReadonlyMap<string, Occurrence>
  /** Who paused all jobs; null: nobody. */
  readonly pausedBy: string | null
  /** What the jobs of this node must be meant for. */
  readonly node: { readonly name: string; readonly labels: Readonly<Record<string, string>> }
}

export const emptyLedger: LedgerBase = {
  jobs: new Map(),
  occurrences: new Map(),
  pausedBy: null,
  node: { name: '', labels: {} },
}

export type JobProgram = Program & { readonly kind: 'job' }

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

/** What became of something that somebody triggered. */
export interface Triggered {
  readonly occurrence: Occurrence
  readonly slot: string | null
}

export class LedgerDraft {
  pausedBy: string | null
  private readonly base: LedgerBase
  private readonly draft: Draft
  private readonly jobs = new Map<string, StoredJob>()
  private readonly removedJobs = new Set<string>()
  private readonly changed = new Map<string, Occurrence>()

  constructor(base: LedgerBase, draft: Draft) {
    this.base = base
    this.draft = draft
    this.pausedBy = base.pausedBy
  }

  /** What is to be recorded. */
  changes(): Pick<Changes, 'jobs' | 'removedJobs' | 'occurrences' | 'changedOccurrences'> {
    const changed = [...this.changed.values()]
    return {
      jobs: [...this.jobs.values()],
      removedJobs: [...this.removedJobs],
      occurrences: changed.filter(({ id }) => !this.base.occurrences.has(id)),
      changedOccurrences: changed.filter(({ id }) => this.base.occurrences.has(id)),
    }
  }

  get isChanged(): boolean {
    return this.jobs.size + this.removedJobs.size + this.changed.size > 0
  }

  /** As it is once it is recorded. */
  after(): LedgerBase {
    const { node } = this.base
    if (!this.isChanged) return { ...this.base, pausedBy: this.pausedBy }
    const jobs = new Map([...this.base.jobs, ...this.jobs])
    for (const program of this.removedJobs) jobs.delete(program)
    const occurrences = new Map(this.base.occurrences)
    for (const occurrence of this.changed.values()) {
      if (isOpen(occurrence)) occurrences.set(occurrence.id, occurrence)
      else occurrences.delete(occurrence.id)
    }
    return { jobs, occurrences, pausedBy: this.pausedBy, node }
  }

  job(program: string): StoredJob | undefined {
    if (this.removedJobs.has(program)) return undefined
    return this.jobs.get(program) ?? this.base.jobs.get(program)
  }

  /** A set of programs came into force: new jobs begin to be due from now on, changed schedules too, and what is gone leaves nothing waiting. */
  declare(identityOf: (program: JobProgram) => string): void {
    const now = this.draft.now()
    for (const { program } of this.draft.desired.values()) {
      if (program.kind !== 'job') continue
      this.ensureSlot(program, 0)
      const schedule = identityOf(program)
      const known = this.job(program.name)
      if (known?.schedule === schedule) continue
      this.putJob({
        program: program.name,
        coveredUntil: now,
        // Full seconds, as all due times of schedules are.
        anchor: Math.floor(now / 1000) * 1000,
        schedule,
        disabledBy: known?.disabledBy ?? null,
        progress: known?.progress ?? [],
        lastTriggeredAt: known?.lastTriggeredAt ?? 0,
      })
    }
    for (const name of this.base.jobs.keys()) {
      if (this.jobOf(name)) continue
      this.removedJobs.add(name)
      this.jobs.delete(name)
    }
    for (const occurrence of this.open()) {
      if (occurrence.state.kind !== 'queued' || this.jobOf(occurrence.program)) continue
      this.skip(occurrence, 'not_declared', 'nobody declares the job any more', null)
    }
  }

  /** The schedule's own due times, up to now. Those that are covered already are none. */
  recordDue(program: string, times: DueTimes): void {
    const record = this.job(program)
    const job = this.jobOf(program)
    if (!record || !job || this.draft.isShuttingDown) return
    const { coveredUntil } = record
    const due = times.due.filter((dueAt) => dueAt > coveredUntil)
    if (times.until <= coveredUntil) return
    this.putJob({ ...record, coveredUntil: times.until })
    const { rules } = job
    if (!rules.isEnabled || !fitsNode(rules.target, this.base.node).fits) return
    if (times.unlistedSince !== null) this.missMany(program, times, due[0] ?? times.until)
    let previousAt = times.before
    const verdicts = decideDue({ due, now: this.draft.now(), next: times.next, policy: rules.missed })
    const failed = times.failed.filter(({ at }) => at > coveredUntil)
    for (const { at, reason } of failed) {
      const trigger: Trigger = { kind: times.kind, isCatchUp: false, previousAt: null }
      this.skip(this.newOccurrence(program, at, trigger), 'predicate_failed', reason, null)
    }
    for (const verdict of verdicts) {
      const { dueAt } = verdict
      const isCatchUp = verdict.kind === 'start' && verdict.isCatchUp
      const occurrence = this.newOccurrence(program, dueAt, { kind: times.kind, isCatchUp, previousAt })
      previousAt = dueAt
      if (verdict.kind === 'miss') this.miss(occurrence, verdict.reason, null, 1)
      else this.admit(occurrence, job, isCatchUp && rules.missed.kind === 'all')
    }
  }

  /** What was due by a schedule that is no longer in force, while no agent was there. */
  missChanged(program: string, times: DueTimes): void {
    const record = this.job(program)
    const due = times.due.filter((dueAt) => record && dueAt > record.coveredUntil)
    if (!record || due.length === 0) return
    this.putJob({ ...record, coveredUntil: times.until })
    if (times.unlistedSince !== null) this.missMany(program, times, due[0] ?? 0)
    for (const dueAt of due) {
      const trigger: Trigger = { kind: times.kind, isCatchUp: false, previousAt: null }
      this.miss(this.newOccurrence(program, dueAt, trigger), 'changed', null, 1)
    }
  }

  /** The wall clock was set: what counts periods goes on counting real time. */
  shiftAnchor(program: string, deltaMs: number): void {
    const record = this.job(program)
    if (!record) return
    const shift = Math.round(deltaMs / 1000) * 1000
    this.putJob({ ...record, anchor: record.anchor + shift, coveredUntil: record.coveredUntil + shift })
  }

  /** Somebody, another program or the machine makes it due now. Null where there is no such job. */
  trigger(
    program: string,
    trigger: Trigger,
    params: Readonly<Record<string, string>> = {},
  ): Triggered | null {
    const record = this.job(program)
    const job = this.jobOf(program)
    if (!record || !job) return null
    const dueAt = dueNow(this.draft.now(), record.lastTriggeredAt)
    this.putJob({ ...record, lastTriggeredAt: dueAt })
    const { id } = this.admit({ ...this.newOccurrence(program, dueAt, trigger), params }, job, false)
    const occurrence = this.changed.get(id)
    if (!occurrence) throw new Error('What was triggered is in the ledger.')
    return { occurrence, slot: occurrence.state.kind === 'running' ? occurrence.state.slot : null }
  }

  /** The same, where the job is meant for this node. */
  triggerHere(program: string, trigger: Trigger): void {
    const job = this.jobOf(program)
    if (job && fitsNode(job.rules.target, this.base.node).fits) this.trigger(program, trigger)
  }

  /** Another program ended; jobs that come after it may be due. */
  noteEnd(program: string, outcome: Outcome): void {
    for (const follower of jobsAfter(program, this.draft.desired)) {
      const record = this.job(follower.name)
      const job = this.jobOf(follower.name)
      if (!record || !job) continue
      const { progress, isDue } = decideChain(job.rules.after, record.progress, program, outcome)
      if (progress !== record.progress) this.putJob({ ...record, progress })
      if (!isDue || !job.rules.isEnabled) continue
      const programs = job.rules.after.map((one) => one.program)
      this.triggerHere(follower.name, { kind: 'after', programs })
    }
  }

  setDisabled(program: string, by: string | null): boolean {
    const record = this.job(program)
    if (!record || (record.disabledBy !== null) === (by !== null)) return false
    this.putJob({ ...record, disabledBy: by })
    return true
  }

  setPaused(by: string | null): void {
    this.pausedBy = by
    this.draft.setNote('paused', by ?? '')
  }

  /** Begins what waits and may begin now, the oldest first. True when something began. */
  proceed(): boolean {
    if (this.draft.isShuttingDown || this.pausedBy !== null) return false
    const waiting = this.open()
      .filter(({ state }) => state.kind === 'queued')
      .sort((a, b) => a.dueAt - b.dueAt || (a.id < b.id ? -1 : 1))
    let hasBegun = false
    for (const occurrence of waiting) {
      const job = this.jobOf(occurrence.program)
      if (!job || this.job(occurrence.program)?.disabledBy) continue
      const most = job.rules.overlap.kind === 'allow' ? job.rules.overlap.max : 1
      if (this.busySlots(occurrence.program).length >= most || this.lockHolder(job)) continue
      this.start(occurrence, job)
      hasBegun = true
    }
    return hasBegun
  }

  /** A run was claimed by a slot of a job: which due time it is for, and what its command is told of that. */
  begun(
    slot: SlotRecord,
    run: string,
  ): { occurrence: Run['occurrence']; variables: Record<string, string> } | null {
    const occurrence = slot.occurrence === null ? undefined : this.find(slot.occurrence)
    const job = this.jobOf(slot.program)
    if (!occurrence || !job) return null
    const attempt = occurrence.attempts + 1
    const now = this.draft.now()
    this.put({ ...occurrence, attempts: attempt, run, startedAt: occurrence.startedAt ?? now })
    const { id, trigger, dueAt } = occurrence
    const data = {
      occurrence: id,
      dueAt: iso(dueAt),
      trigger: trigger.kind,
      attempt,
      lateMs: Math.max(0, now - dueAt),
    }
    this.draft.event('job.started', data, { program: slot.program, slot: slot.name, run })
    return { occurrence: { id, attempt }, variables: variablesOf(occurrence, attempt, job.rules) }
  }

  /** Which attempt the slot is at. */
  attemptOf(slot: SlotRecord): number {
    return (slot.occurrence === null ? undefined : this.find(slot.occurrence))?.attempts ?? 1
  }

  /** What was never executed was no attempt. */
  takeBack(slot: SlotRecord): void {
    const occurrence = slot.occurrence === null ? undefined : this.find(slot.occurrence)
    if (occurrence) this.put({ ...occurrence, attempts: Math.max(0, occurrence.attempts - 1) })
  }

  /** The slot has become free: how the due time that it was at work for ended. `end`: of its last run; null: it had none, or that ended before. */
  settle(slot: SlotRecord, end: RunEnd | null): void {
    const occurrence = slot.occurrence === null ? undefined : this.find(slot.occurrence)
    this.draft.seat(slot.name, null)
    if (occurrence?.state.kind !== 'running') return
    const [outcome, detail] = this.outcomeAt(slot, occurrence, end)
    this.end(occurrence, slot.name, outcome, detail)
  }

  private end(occurrence: Occurrence, slot: string, outcome: Outcome, detail: string): void {
    const endedAt = this.draft.now()
    this.put({ ...occurrence, state: { kind: 'ended', outcome, detail }, endedAt })
    const data = {
      occurrence: occurrence.id,
      dueAt: iso(occurrence.dueAt),
      attempts: occurrence.attempts,
      lastedMs: occurrence.startedAt === null ? null : Math.max(0, endedAt - occurrence.startedAt),
      detail,
    }
    const subject = {
      program: occurrence.program,
      slot,
      ...(occurrence.run === null ? {} : { run: occurrence.run }),
    }
    this.draft.event(endKinds[outcome], data, subject)
    this.noteEnd(occurrence.program, outcome)
  }

  private outcomeAt(slot: SlotRecord, { attempts }: Occurrence, end: RunEnd | null): [Outcome, string] {
    if (end === null) {
      const { state } = slot
      if (state.kind === 'backoff') return ['failure', `${state.reason}; no further attempt was waited for`]
      return ['stopped', attempts === 0 ? 'stopped before it began' : 'stopped']
    }
    const program = this.draft.desired.get(slot.program)?.program
    // One that was stopped before it began had nothing to fail at.
    if (end.kind === 'revoked' && slot.state.kind === 'stopping') return ['stopped', describeEnd(end)]
    const warning = program?.kind === 'job' ? program.job.warningExitCodes : []
    const success = program?.restart.successExitCodes ?? [0]
    return [outcomeOf(end, { success, warning }), describeEnd(end)]
  }

  /** Begins it, lets it wait or skips it. */
  private admit(occurrence: Occurrence, job: Job, isInTurn: boolean): Occurrence {
    const { id, program, trigger } = occurrence
    const fit = fitsNode(job.rules.target, this.base.node)
    if (!fit.fits) return this.skip(occurrence, 'other_node', fit.reason, null)
    const isByHand = trigger.kind === 'manual'
    const disabledBy = this.job(program)?.disabledBy ?? null
    if (this.pausedBy !== null && !isByHand)
      return this.skip(occurrence, 'paused', `all jobs were paused by ${this.pausedBy}`, null)
    if (disabledBy !== null && !isByHand)
      return this.skip(occurrence, 'disabled', `disabled by ${disabledBy}`, null)
    const window = isByHand ? null : this.draft.blackoutOf(job.program, occurrence.dueAt)
    if (window !== null) return this.skip(occurrence, 'blackout', `it lies in the blackout ${window}`, null)
    const missing = Object.entries(job.rules.params).find(
      ([name, param]) => param.isRequired && occurrence.params[name] === undefined,
    )
    if (missing) return this.skip(occurrence, 'params_missing', `nobody said ${missing[0]}`, null)
    if (this.draft.isShuttingDown)
      return this.put({ ...occurrence, state: { kind: 'queued', reason: 'shutting_down' } })

    const busy = this.busySlots(program)
    const queued = this.queuedOf(program)
    const lockedBy = this.lockHolder(job)
    const verdict = decideOverlap({
      policy: job.rules.overlap,
      busy,
      queued: queued.length,
      lockedBy,
      isInTurn,
    })
    switch (verdict.kind) {
      case 'start':
        return this.start(occurrence, job)
      case 'startInstead':
        this.draft.send(verdict.of, { kind: 'stop' })
        return this.start(occurrence, job)
      case 'replace':
        for (const older of queued)
          this.skip(older, 'replaced', `${iso(occurrence.dueAt)} took its place`, id)
        for (const slot of verdict.slots) this.replace(slot)
        return this.proceedAlone(occurrence, job)
      case 'queue':
        return this.queue(occurrence, verdict.reason, verdict.detail)
      case 'skip':
        return this.skip(occurrence, verdict.reason, verdict.detail, verdict.blockedBy)
    }
  }

  /** What was only waiting is away already. */
  private proceedAlone(occurrence: Occurrence, job: Job): Occurrence {
    if (this.busySlots(occurrence.program).length === 0) return this.start(occurrence, job)
    return this.queue(occurrence, 'still_running', 'the run before it is ended first')
  }

  private replace(slot: string): void {
    const record = this.draft.slots.get(slot)
    const run = record && runOf(record.state)
    if (!record) return
    const reason = { kind: 'replaced', text: 'the next due time takes its place', isFailure: false } as const
    if (run === null) this.draft.send(slot, { kind: 'stop' })
    else this.draft.send(slot, { kind: 'giveWay', run: run ?? '', reason })
  }

  private start(occurrence: Occurrence, { program }: Job): Occurrence {
    const slot = this.freeSlot(program)
    const running = this.put({ ...occurrence, state: { kind: 'running', slot } })
    this.draft.seat(slot, occurrence.id)
    this.draft.send(slot, { kind: 'start', cause: causeOf(occurrence) })
    return this.find(running.id) ?? running
  }

  private queue(occurrence: Occurrence, reason: RefusalReason, detail: string): Occurrence {
    const data = { occurrence: occurrence.id, dueAt: iso(occurrence.dueAt), reason, detail }
    this.draft.event('job.queued', data, { program: occurrence.program })
    return this.put({ ...occurrence, state: { kind: 'queued', reason } })
  }

  private skip(
    occurrence: Occurrence,
    reason: RefusalReason,
    detail: string,
    blockedBy: string | null,
  ): Occurrence {
    const data = { occurrence: occurrence.id, dueAt: iso(occurrence.dueAt), reason, detail, blockedBy }
    this.draft.event('job.skipped', data, { program: occurrence.program })
    return this.put({ ...occurrence, state: { kind: 'skipped', reason, detail }, endedAt: this.draft.now() })
  }

  private miss(occurrence: Occurrence, reason: MissReason, since: number | null, count: number | null): void {
    const data = {
      occurrence: occurrence.id,
      dueAt: iso(occurrence.dueAt),
      reason,
      since: since === null ? null : iso(since),
      count,
    }
    this.draft.event('job.missed', data, { program: occurrence.program })
    this.put({ ...occurrence, state: { kind: 'missed', reason, since, count }, endedAt: this.draft.now() })
  }

  /** One row for those before the first that is listed. It lies just before that, and between full seconds, where no due time is. */
  private missMany(program: string, { kind, unlistedSince }: DueTimes, first: number): void {
    const trigger: Trigger = { kind, isCatchUp: false, previousAt: null }
    this.miss(this.newOccurrence(program, first - 1, trigger), 'beyond_max', unlistedSince, null)
  }

  private newOccurrence(program: string, dueAt: number, trigger: Trigger): Occurrence {
    return {
      id: this.draft.newId(),
      program,
      dueAt,
      trigger,
      state: { kind: 'queued', reason: null },
      attempts: 0,
      run: null,
      params: {},
      recordedAt: this.draft.now(),
      startedAt: null,
      endedAt: null,
    }
  }

  private freeSlot(program: JobProgram): string {
    for (let index = 0; ; index++) {
      const name = this.ensureSlot(program, index)
      const slot = this.draft.slots.get(name)
      if (slot && !isActive(slot.state) && slot.occurrence === null) return name
    }
  }

  private ensureSlot(program: JobProgram, index: number): string {
    const name = slotName(program.name, index)
    if (!this.draft.slots.has(name))
      this.draft.addSlot(newSlotRecord(name, program.name, index, this.draft.clock))
    return name
  }

  private busySlots(program: string): BusySlot[] {
    return this.open().flatMap((occurrence): BusySlot[] => {
      if (occurrence.program !== program || occurrence.state.kind !== 'running') return []
      const { slot } = occurrence.state
      const state = this.draft.slots.get(slot)?.state
      const doing = state?.kind === 'backoff' ? 'retrying' : state?.kind === 'waiting' ? 'waiting' : 'running'
      return [{ slot, run: occurrence.run, doing }]
    })
  }

  private queuedOf(program: string): Occurrence[] {
    return this.open().filter((one) => one.program === program && one.state.kind === 'queued')
  }

  private lockHolder({ program, rules }: Job): { program: string; run: string | null; lock: string } | null {
    if (rules.locks.length === 0) return null
    for (const { program: other, state, run } of this.open()) {
      if (state.kind !== 'running' || other === program.name) continue
      const lock = this.jobOf(other)?.rules.locks.find((name) => rules.locks.includes(name))
      if (lock !== undefined) return { program: other, run, lock }
    }
    return null
  }

  private find(id: string): Occurrence | undefined {
    return this.changed.get(id) ?? this.base.occurrences.get(id)
  }

  private open(): Occurrence[] {
    const open: Occurrence[] = []
    for (const [id, occurrence] of this.base.occurrences) if (!this.changed.has(id)) open.push(occurrence)
    for (const occurrence of this.changed.values()) if (isOpen(occurrence)) open.push(occurrence)
    return open
  }

  private put(occurrence: Occurrence): Occurrence {
    this.changed.set(occurrence.id, occurrence)
    return occurrence
  }

  private putJob(job: StoredJob): void {
    this.removedJobs.delete(job.program)
    this.jobs.set(job.program, job)
  }

  private jobOf(name: string): Job | null {
    const program = this.draft.desired.get(name)?.program
    return program?.kind === 'job' ? { program, rules: program.job } : null
  }
}

interface Job {
  readonly program: JobProgram
  readonly rules: JobRules
}

const endKinds = {
  success: 'job.succeeded',
  warning: 'job.warned',
  failure: 'job.failed',
  timed_out: 'job.timed_out',
  stopped: 'job.stopped',
  lost: 'job.lost',
} as const satisfies Record<Outcome, keyof EventData>

/** Never a full second, which belong to schedules, and never the same twice. */
function dueNow(now: number, last: number): number {
  const next = Math.max(Math.floor(now), last + 1)
  return next % 1000 === 0 ? next + 1 : next
}

function causeOf({ trigger, dueAt }: Occurrence): RunCause {
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
  }
}

/** What the command of a run is told in its environment, the parameters of the job included. */
export function variablesOf(
  { id, dueAt, trigger, params }: Pick<Occurrence, 'id' | 'dueAt' | 'trigger' | 'params'>,
  attempt: number,
  rules: JobRules,
): Record<string, string> {
  const defaults = Object.entries(rules.params).flatMap(([name, param]) =>
    param.default === null ? [] : [[name, param.default] as const],
  )
  const isTimed = trigger.kind === 'schedule' || trigger.kind === 'every'
  return {
    ...Object.fromEntries(defaults),
    ...params,
    DROVER_OCCURRENCE: id,
    DROVER_TRIGGER: trigger.kind,
    DROVER_SCHEDULED_AT: iso(dueAt),
    DROVER_ATTEMPT: String(attempt),
    ...(isTimed && trigger.isCatchUp ? { DROVER_CATCH_UP: '1' } : {}),
    ...(isTimed && trigger.previousAt !== null
      ? { DROVER_PREVIOUS_SCHEDULED_AT: iso(trigger.previousAt) }
      : {}),
  }
}

function iso(ms: number): string {
  return new Date(ms).toISOString()
}
