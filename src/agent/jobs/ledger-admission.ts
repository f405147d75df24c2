/**
 * What becomes of a job's due time in a draft: it begins, waits, is skipped or missed. Whether it may begin beside what runs is `domain/jobs/overlap.ts`'s;
 * before that there is what speaks against it whatever runs: a pause, a blackout, another node. Each way out is a row and, but for a begin, an event:
 * that one is told once its run is claimed.
 *
 * What has begun is carried through to its last attempt, whatever changes meanwhile. What waits is looked at anew when its turn comes.
 */
import type { RefusalReason } from '../../domain/admission.ts'
import { fitsNode } from '../../domain/jobs/job.ts'
import { causeOf, type MissReason, type Occurrence, type Trigger } from '../../domain/jobs/occurrence.ts'
import {
  type BusySlot,
  decideOverlap,
  jobsWithLock,
  type OverlapSituation,
} from '../../domain/jobs/overlap.ts'
import { slotName } from '../../domain/program.ts'
import { isActive } from '../../domain/reconcile.ts'
import type { StopReason } from '../../domain/run.ts'
import { runOf, type SlotState } from '../../domain/slot-state.ts'
import type { Draft } from '../reconcile/draft.ts'
import { newSlotRecord } from '../reconcile/slot-records.ts'
import { type JobProgram, jobIn, type LedgerBook } from './ledger-book.ts'

interface Hindrance {
  readonly reason: RefusalReason
  readonly detail: string
}

const replaced: StopReason = {
  kind: 'replaced',
  text: 'the next due time takes its place',
  isFailure: false,
}
const calledOff: StopReason = { kind: 'called_off', text: 'it is not due any more', isFailure: false }

export const gone = { reason: 'not_declared', detail: 'nobody declares the job any more' } as const

export class LedgerAdmission {
  private readonly book: LedgerBook
  private readonly draft: Draft

  constructor(book: LedgerBook, draft: Draft) {
    this.book = book
    this.draft = draft
  }

  /** Begins it, lets it wait or skips it. `isInTurn`: after those that are made up for, whatever else is allowed. */
  admit(occurrence: Occurrence, program: JobProgram, isInTurn = false): Occurrence {
    const hindrance = this.hindranceOnArrival(occurrence, program)
    if (hindrance) return this.skip(occurrence, hindrance, null)
    if (this.draft.isShuttingDown)
      return this.book.put({ ...occurrence, state: { kind: 'queued', reason: 'shutting_down' } })

    const waiting = this.book.queued(program.name)
    const verdict = decideOverlap({
      policy: program.job.overlap,
      busy: this.busySlots(program),
      queued: waiting.length,
      lockedBy: this.lockHolder(program),
      isInTurn,
    })
    switch (verdict.kind) {
      case 'start':
        return this.start(occurrence, program)
      case 'startInstead':
        for (const slot of verdict.of) this.draft.send(slot, { kind: 'stop' })
        return this.start(occurrence, program)
      case 'replace': {
        const detail = `${iso(occurrence.dueAt)} took its place`
        for (const older of waiting) this.skip(older, { reason: 'replaced', detail }, occurrence.id)
        for (const slot of verdict.slots) this.giveWay(slot, replaced)
        return this.isFree(program) ? this.start(occurrence, program) : this.queue(occurrence, verdict)
      }
      case 'queue':
        return this.queue(occurrence, verdict)
      case 'skip':
        return this.skip(occurrence, verdict, verdict.blockedBy)
      default:
        return verdict satisfies never
    }
  }

  /** Whether nothing at all speaks against it, nor may before its time has come. */
  isUnhindered(occurrence: Occurrence, program: JobProgram): boolean {
    const { job, dependsOn, name } = program
    return (
      job.locks.length === 0 &&
      dependsOn.length === 0 &&
      this.book.queued(name).length === 0 &&
      this.busySlots(program).length === 0 &&
      this.hindranceOnArrival(occurrence, program) === null
    )
  }

  /** Begins what waits and may begin now, the oldest first. True when something began. */
  proceed(): boolean {
    if (this.draft.isShuttingDown) return false
    let hasBegun = false
    /** Jobs of which one that is made up for has to wait: what was due after it comes after it. */
    const inTurn = new Set<string>()
    for (const occurrence of this.book.queued()) {
      const program = jobIn(this.draft.desired, occurrence.program)
      if (!program || this.isHeldUp(occurrence) || inTurn.has(program.name)) continue
      const hindrance = this.hindranceByNow(occurrence, program)
      if (hindrance) {
        this.skip(occurrence, hindrance, null)
        continue
      }
      const { overlap, missed } = program.job
      const isInTurn = missed.kind === 'all' && isCatchUp(occurrence)
      const most = overlap.kind === 'allow' && !isInTurn ? overlap.max : 1
      if (this.busySlots(program).length >= most || this.lockHolder(program)) {
        if (isInTurn) inTurn.add(program.name)
        continue
      }
      this.start(occurrence, program)
      hasBegun = true
    }
    return hasBegun
  }

  skip(occurrence: Occurrence, { reason, detail }: Hindrance, blockedBy: string | null): Occurrence {
    const data = { occurrence: occurrence.id, dueAt: iso(occurrence.dueAt), reason, detail, blockedBy }
    this.draft.event('job.skipped', data, { program: occurrence.program })
    const state = { kind: 'skipped', reason, detail } as const
    return this.book.put({ ...occurrence, state, endedAt: this.draft.now() })
  }

  /** `since`: the row stands for all due times from there to its own, which nobody counted. */
  miss(occurrence: Occurrence, reason: MissReason, since: number | null = null): void {
    const count = since === null ? 1 : null
    const data = {
      occurrence: occurrence.id,
      dueAt: iso(occurrence.dueAt),
      reason,
      since: since === null ? null : iso(since),
      count,
    }
    this.draft.event('job.missed', data, { program: occurrence.program })
    const state = { kind: 'missed', reason, since, count } as const
    this.book.put({ ...occurrence, state, endedAt: this.draft.now() })
  }

  /** Of the catch-ups of several absences no more wait than of one: the newest. */
  limitCatchUps({ name, job }: JobProgram): void {
    if (job.missed.kind !== 'all') return
    const waiting = this.book.queued(name).filter(isCatchUp)
    for (const oldest of waiting.slice(0, Math.max(0, waiting.length - job.missed.max)))
      this.miss(oldest, 'beyond_max')
  }

  newOccurrence(program: string, dueAt: number, trigger: Trigger): Occurrence {
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

  ensureSlot(program: JobProgram, index: number): string {
    const name = slotName(program.name, index)
    if (!this.draft.slots.has(name))
      this.draft.addSlot(newSlotRecord(name, program.name, index, this.draft.clock))
    return name
  }

  start(occurrence: Occurrence, program: JobProgram): Occurrence {
    const slot = this.freeSlot(program)
    this.book.put({ ...occurrence, state: { kind: 'running', slot } })
    this.draft.seat(slot, occurrence.id)
    this.draft.send(slot, { kind: 'start', cause: causeOf(occurrence) })
    return this.book.find(occurrence.id) ?? occurrence
  }

  private queue(occurrence: Occurrence, { reason, detail }: Hindrance): Occurrence {
    const data = { occurrence: occurrence.id, dueAt: iso(occurrence.dueAt), reason, detail }
    this.draft.event('job.queued', data, { program: occurrence.program })
    return this.book.put({ ...occurrence, state: { kind: 'queued', reason } })
  }

  /** What has begun ahead of its time is no longer wanted. */
  callOff(slot: string): void {
    this.giveWay(slot, calledOff)
  }

  private giveWay(name: string, reason: StopReason): void {
    const slot = this.draft.slots.get(name)
    const run = slot && runOf(slot.state)
    this.draft.send(name, run ? { kind: 'giveWay', run, reason } : { kind: 'stop' })
  }

  /** When it has just become due. Whoever triggers a job by hand knows what speaks against it. */
  private hindranceOnArrival({ program: name, trigger, dueAt, params }: Occurrence, program: JobProgram) {
    const { target, params: rules } = program.job
    const fit = fitsNode(target, this.book.node)
    if (!fit.fits) return { reason: 'other_node', detail: fit.reason } as const
    if (trigger.kind !== 'manual') {
      const { pausedBy } = this.book
      if (pausedBy !== null)
        return { reason: 'paused', detail: `all jobs were paused by ${pausedBy}` } as const
      const disabledBy = this.book.job(name)?.disabledBy ?? null
      if (disabledBy !== null) return { reason: 'disabled', detail: `disabled by ${disabledBy}` } as const
      const window = this.draft.blackoutOf(program, dueAt)
      if (window !== null) return { reason: 'blackout', detail: `it lies in the blackout ${window}` } as const
      const blackout = this.blackoutNow(program)
      if (blackout) return blackout
    }
    const missing = Object.entries(rules).find(
      ([key, param]) => param.isRequired && params[key] === undefined,
    )
    return missing ? ({ reason: 'params_missing', detail: `nobody said ${missing[0]}` } as const) : null
  }

  /** Why it may not begin any more though it was to, whatever else runs; null: nothing speaks against it. */
  hindranceOf(occurrence: Occurrence): Hindrance | null {
    const program = jobIn(this.draft.desired, occurrence.program)
    if (!program || !this.book.job(occurrence.program)) return gone
    return this.hindranceOnArrival(occurrence, program) ?? this.hindranceByNow(occurrence, program)
  }

  /** When its turn has come: the rules may have been changed while it waited. */
  private hindranceByNow({ trigger }: Occurrence, program: JobProgram): Hindrance | null {
    const { target, isEnabled } = program.job
    const fit = fitsNode(target, this.book.node)
    if (!fit.fits) return { reason: 'other_node', detail: fit.reason }
    if (trigger.kind === 'manual') return null
    if (!isEnabled) return { reason: 'disabled', detail: 'the configuration disables it' }
    return this.blackoutNow(program)
  }

  /** Until somebody resumes all jobs, or enables this one. */
  private isHeldUp({ trigger, program }: Occurrence): boolean {
    if (trigger.kind === 'manual') return false
    return this.book.pausedBy !== null || (this.book.job(program)?.disabledBy ?? null) !== null
  }

  /** Nothing is started within a blackout, also what was due before it. */
  private blackoutNow(program: JobProgram): Hindrance | null {
    const window = this.draft.blackoutOf(program, this.draft.now())
    return window === null ? null : { reason: 'blackout', detail: `the blackout ${window} has begun` }
  }

  private isFree(program: JobProgram): boolean {
    return this.busySlots(program).length === 0 && !this.lockHolder(program)
  }

  private freeSlot(program: JobProgram): string {
    for (let index = 0; ; index++) {
      const name = this.ensureSlot(program, index)
      const slot = this.draft.slots.get(name)
      if (slot && !isActive(slot.state) && slot.occurrence === null) return name
    }
  }

  private busySlots({ name }: JobProgram): BusySlot[] {
    const busy: BusySlot[] = []
    for (const { state, run } of this.book.running(name)) {
      const slot = this.draft.slots.get(state.slot)
      busy.push({ slot: state.slot, run, doing: slot ? doingIn(slot.state) : 'running' })
    }
    // What it was as a service may still have to end.
    for (let index = 0; ; index++) {
      const slot = this.draft.slots.get(slotName(name, index))
      if (!slot) return busy
      if (slot.occurrence === null && isActive(slot.state))
        busy.push({ slot: slot.name, run: runOf(slot.state), doing: 'running' })
    }
  }

  private lockHolder({ name, job }: JobProgram): OverlapSituation['lockedBy'] {
    for (const lock of job.locks) {
      for (const program of jobsWithLock(lock, this.draft.desired)) {
        const [holder] = program === name ? [] : this.book.running(program)
        if (holder) return { program, run: holder.run, lock }
      }
    }
    return null
  }
}

function isCatchUp({ trigger }: Occurrence): boolean {
  return (trigger.kind === 'schedule' || trigger.kind === 'every') && trigger.isCatchUp
}

function doingIn({ kind }: SlotState): BusySlot['doing'] {
  return kind === 'backoff' ? 'retrying' : kind === 'waiting' ? 'waiting' : 'running'
}

function iso(ms: number): string {
  return new Date(ms).toISOString()
}
