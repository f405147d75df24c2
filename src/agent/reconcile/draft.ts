/**
 * A draft of what comes next: all slots as they would be, with every change, event and effect that belongs to them. Nothing in it is
 * true until it was recorded; a draft that could not be recorded is thrown away whole.
 */
import type { Clock } from '../../clock.ts'
import { findObstacle, followersOf } from '../../domain/dependencies.ts'
import type { EventData, EventKind, NewEvent } from '../../domain/events/event.ts'
import { eventOfState } from '../../domain/events/event-of-state.ts'
import type { Listener } from '../../domain/events/listener.ts'
import { isNoAttempt } from '../../domain/jobs/judge-attempt.ts'
import { type ReachedLimit, runsUsedUp } from '../../domain/limits.ts'
import type { JsonValue, Program, RestartPolicy } from '../../domain/program.ts'
import { isReady } from '../../domain/readiness.ts'
import {
  type Action,
  type DesiredProgram,
  isActive,
  isAtRest,
  planReconcile,
} from '../../domain/reconcile.ts'
import { describeEnd, holdsSlot, type Run, type RunCause, type RunEnd } from '../../domain/run.ts'
import { dueOf, livesIn, runOf, type SlotEvent, type SlotState, transition } from '../../domain/slot-state.ts'
import type { SlotTally } from '../../domain/slot-tally.ts'
import { unreachable } from '../../domain/unreachable.ts'
import type { RunPeak } from '../../domain/usage.ts'
import type { Changes, NoteName, ProgramSource, StoredScale, StoredToken } from '../../store/store.ts'
import { jobCalendars } from '../jobs/calendars.ts'
import type { JobProgram, LedgerBase } from '../jobs/ledger-book.ts'
import { LedgerDraft } from '../jobs/ledger-draft.ts'
import { eventOfPiece, type OutputPiece, toldBy } from '../output/output-piece.ts'
import { newEvent } from './new-event.ts'
import { Overlay } from './overlay.ts'
import { RolloutDraft } from './rollout-draft.ts'
import { newSlotRecord, type SlotRecord, toStored } from './slot-records.ts'

/** What is to be done once the draft is recorded. */
export type Effect =
  | {
      readonly kind: 'start'
      readonly run: Run
      readonly program: Program
      readonly index: number
      readonly launchHash: string
      /** A job's due time that has not come yet: its command waits for it. */
      readonly notBefore: number | null
      /** What the command of a job is told of its due time. */
      readonly variables: Readonly<Record<string, string>>
    }
  | { readonly kind: 'stop'; readonly run: string; readonly program: Program | null }
  | { readonly kind: 'forget'; readonly run: string }

export type AlertRows = Pick<
  Changes,
  'alerts' | 'removedAlerts' | 'deliveries' | 'heartbeats' | 'removedHeartbeats'
>

export interface DraftBase {
  readonly slots: Map<string, SlotRecord>
  readonly desired: ReadonlyMap<string, DesiredProgram>
  readonly ledger: LedgerBase
  readonly isShuttingDown: boolean
  /** Names of the slots that are not at rest; null: nobody has looked yet. */
  readonly restless: ReadonlySet<string> | null
}

/** What a run was seen to use at most, and whether it was told that it lasts too long. */
export interface RunSeen {
  readonly peak: RunPeak | null
  readonly isWarned: boolean
  /** Of a run that holds no slot: after which time it was to be told. */
  readonly warnAfterMs?: number | null
}

/** Which run, and whose. */
export type RunSubject = Pick<Run, 'id' | 'slot' | 'program'>

export interface DraftTools {
  readonly clock: Clock
  readonly newRunId: () => string
  readonly random: () => number
  readonly node: string
  /** The blackout of a job that a time lies in, as text; null: it lies in none. */
  readonly blackoutOf: (program: JobProgram, at: number) => string | null
}

export class Draft {
  readonly slots: Overlay<string, SlotRecord>
  readonly effects: Effect[] = []
  readonly touched = new Set<string>()
  readonly ledger: LedgerDraft
  readonly rollouts: RolloutDraft
  desired: ReadonlyMap<string, DesiredProgram>
  isShuttingDown: boolean
  private readonly base: DraftBase
  private readonly tools: DraftTools
  private readonly events: NewEvent[] = []
  private readonly removed = new Set<string>()
  private readonly claimed: Run[] = []
  private readonly started: { id: string; startedAt: number; pid: number }[] = []
  private readonly ended: { id: string; end: RunEnd; keptBytes: number | null }[] = []
  private readonly peaks: { id: string; peak: RunPeak }[] = []
  private readonly warned: { id: string; warnedAt: number }[] = []
  private readonly told: NonNullable<Changes['toldOutput']>[number][] = []
  private readonly notes: { [N in NoteName]?: string } = {}
  private readonly scales = new Map<string, StoredScale>()
  private readonly removedScales = new Set<string>()
  private programs: Changes['programs']
  private readonly alertRows: AlertRows[] = []
  private readonly tokens = new Map<string, StoredToken | null>()
  private readonly listeners = new Map<string, Listener | null>()
  private readonly cursors = new Map<string, number>()

  constructor(base: DraftBase, tools: DraftTools) {
    this.base = base
    this.slots = new Overlay(base.slots)
    this.desired = base.desired
    this.isShuttingDown = base.isShuttingDown
    this.tools = tools
    this.ledger = new LedgerDraft(base.ledger, this)
    this.rollouts = new RolloutDraft(this)
  }

  get clock(): Clock {
    return this.tools.clock
  }

  /** It is recorded: makes it so, and gives what the next draft begins from. */
  commit(): DraftBase {
    const restless = new Set(this.restless.filter((slot) => !isAtRest(slot)).map(({ name }) => name))
    this.slots.commit()
    const { desired, isShuttingDown } = this
    return { slots: this.base.slots, desired, ledger: this.ledger.commit(), isShuttingDown, restless }
  }

  /** Everything to record; null when there is nothing. */
  changes(): Changes | null {
    const slots = [...this.touched]
      .map((name) => this.slots.get(name))
      .filter((slot) => slot !== undefined)
      .map((slot) => toStored(slot, this.tools.clock))
    const isEmpty =
      slots.length +
        this.events.length +
        this.removed.size +
        this.claimed.length +
        this.started.length +
        this.ended.length +
        this.peaks.length +
        this.warned.length +
        this.told.length +
        this.tokens.size +
        this.alertRows.length +
        this.listeners.size +
        this.cursors.size ===
        0 &&
      this.programs === undefined &&
      !this.ledger.isChanged &&
      this.scales.size + this.removedScales.size === 0 &&
      Object.keys(this.notes).length === 0
    if (isEmpty) return null
    return {
      events: this.events,
      slots,
      removedSlots: [...this.removed],
      claimedRuns: this.claimed,
      startedRuns: this.started,
      endedRuns: this.ended,
      peaks: this.peaks,
      warnedRuns: this.warned,
      toldOutput: this.told,
      scales: [...this.scales.values()],
      removedScales: [...this.removedScales],
      ...this.ledger.changes(),
      ...joined(this.alertRows),
      notes: this.notes,
      tokens: [...this.tokens.values()].filter((token) => token !== null),
      removedTokens: [...this.tokens].filter(([, token]) => token === null).map(([name]) => name),
      listeners: [...this.listeners.values()].filter((listener) => listener !== null),
      removedListeners: [...this.listeners].filter(([, listener]) => listener === null).map(([name]) => name),
      cursors: [...this.cursors].map(([name, cursor]) => ({ name, cursor })),
      ...(this.programs ? { programs: this.programs } : {}),
    }
  }

  /** Another set of programs is in force. */
  declare(desired: ReadonlyMap<string, DesiredProgram>): void {
    const before = this.desired
    this.desired = desired
    this.ledger.declare(before, jobCalendars())
  }

  /** Slots that something may come of by itself: those that were not at rest, or were touched since; all of them once other programs came into force. */
  get restless(): SlotRecord[] {
    const { restless, desired } = this.base
    if (restless === null || this.desired !== desired) return [...this.slots.values()]
    return [...new Set([...restless, ...this.touched])].flatMap((name) => this.slots.get(name) ?? [])
  }

  /** Lets time pass: whatever is due becomes a tick. */
  tick(): void {
    const now = this.tools.clock.monotonic()
    for (const { name, state, rollout } of this.restless) {
      const due = dueOf(state)
      const waitsForCheck = state.kind === 'starting' && state.isBorn && state.until === null
      if ((due !== null && due <= now) || waitsForCheck) this.send(name, { kind: 'tick' })
      if (rollout?.kind === 'replacing' && rollout.until <= now) this.rollouts.settle(name)
    }
  }

  /** Plans and applies until there is nothing left to plan. */
  reconcile(): void {
    for (let pass = 0; pass < 10; pass++) {
      const plan = planReconcile(this)
      for (const action of plan) this.apply(action)
      if (!this.ledger.proceed() && plan.length === 0) return
    }
    throw new Error('The plan does not come to rest.')
  }

  /** Hands an event to a slot's state machine. False when the slot is gone or the event does not belong to its state. */
  send(name: string, event: SlotEvent): boolean {
    const found = this.slots.get(name)
    if (!found) return false
    const desired = this.desired.get(found.program)
    const job = desired?.program.kind === 'job' ? desired.program.job : null
    if (job && found.occurrence === null && mayBeginRun(found.state, event)) return false
    const slot = event.kind === 'runEnded' ? this.beforeEnd(found, event, desired?.program) : found
    // A slot whose program is gone only ends; the plan stops and removes it.
    const mayBegin = event.kind === 'start' || event.kind === 'restart' || slot.state.kind === 'backoff'
    if (!desired && mayBegin && event.kind !== 'stop') return false
    // During a shutdown whatever ends has been stopped: nothing follows it, neither a restart nor a give-up.
    const run = runOf(slot.state)
    const isLast = (this.isShuttingDown || !desired) && event.kind === 'runEnded' && event.run === run
    const state: SlotState = isLast
      ? asStopping(slot.state, event.run)
      : event.kind === 'runEnded'
        ? withRunsCounted(slot, event.end, desired?.program ?? null)
        : slot.state
    const step = transition(state, slot.tally, event, {
      now: this.tools.clock.monotonic(),
      newRun: this.tools.newRunId(),
      random: this.tools.random(),
      policy: desired?.program.restart ?? noRestart,
      obstacle: desired ? findObstacle(desired.program, this.desired, this.slots) : null,
      hasStartupCheck: (desired?.program.checks.startup ?? null) !== null,
      attempt:
        job && slot.occurrence !== null
          ? {
              number: this.ledger.attemptOf(slot),
              policy: job.retry,
              warningExitCodes: job.warningExitCodes,
            }
          : null,
    })
    if (step === 'impossible') return false
    if (step === 'ignored' || (step.state === slot.state && step.actions.length === 0)) return true

    if (state !== slot.state && state.kind === 'stopping' && state.reason?.kind === 'runs') {
      const threshold = desired?.program.limits.runs ?? slot.chain
      this.noteReached(slot, state.run, { reason: state.reason, value: slot.chain, threshold })
    }
    if (step.passed) this.note(slot, { from: slot.state.kind, state: step.passed })
    const from = step.passed?.kind ?? slot.state.kind
    const isOther =
      step.state.kind !== slot.state.kind ||
      runOf(step.state) !== runOf(slot.state) ||
      (step.state.kind === 'waiting' &&
        slot.state.kind === 'waiting' &&
        step.state.reason !== slot.state.reason)
    const since = isOther ? this.tools.clock.now() : slot.since
    this.put({ ...slot, state: step.state, tally: step.tally, since })
    const cause = step.actions.find((action) => action.kind === 'startRun')?.cause
    if (event.kind === 'checked') this.noteVerdict(slot, step.state, event)
    if (isOther) this.note(slot, { from, state: step.state, ...(cause ? { cause } : {}) }, step.tally)
    for (const action of step.actions) {
      if (action.kind === 'stopRun') this.stopRun(slot, action.run)
      else this.claim(name, action.run, action.cause)
    }
    if (desired) this.noteReadiness(name, slot.state, desired.program)
    this.rollouts.settle(name)
    this.followUp(slot, step.state, event)
    return true
  }

  /** What the end of its run changes about the slot, whatever follows it. */
  private beforeEnd(
    found: SlotRecord,
    { run, end }: Extract<SlotEvent, { kind: 'runEnded' }>,
    program: Program | undefined,
  ): SlotRecord {
    if (runOf(found.state) !== run) return found
    if (found.occurrence !== null && isNoAttempt(end)) this.ledger.takeBack(found)
    else if (found.occurrence !== null && end.kind !== 'revoked')
      this.ledger.endedUnseen(found, run, end.endedAt - ('durationMs' in end ? end.durationMs : 0))
    // What follows belongs to a service.
    if (found.occurrence !== null && program?.kind === 'service') this.ledger.settle(found, end)
    const slot = this.slots.get(found.name) ?? found
    return wasNoRun(end) ? withoutLastRun(slot) : slot
  }

  /** What the new state of a slot means for due times: its own, and those of jobs that come after its program. */
  private followUp(before: SlotRecord, state: SlotState, event: SlotEvent): void {
    if (isActive(state)) return
    if (before.occurrence !== null)
      return this.ledger.settle(before, event.kind === 'runEnded' ? event.end : null)
    const hasEnded = state.kind === 'exited' || state.kind === 'fatal'
    if (!hasEnded || before.state.kind === state.kind) return
    const isSuccess = state.kind === 'exited' && state.isSuccess
    this.ledger.noteEnd(before.program, isSuccess ? 'success' : 'failure')
  }

  /** Which due time a slot is at work for; null: none any more. */
  seat(name: string, occurrence: string | null): void {
    const slot = this.slots.get(name)
    if (slot && slot.occurrence !== occurrence) this.put({ ...slot, occurrence })
  }

  addSlot(slot: SlotRecord): void {
    this.removed.delete(slot.name)
    this.put(slot)
  }

  newId(): string {
    return this.tools.newRunId()
  }

  blackoutOf(program: JobProgram, at: number): string | null {
    return this.tools.blackoutOf(program, at)
  }

  /** A limit is reached: its run ends as gracefully as by a person's stop. A slot that does not hold the run any more is not concerned. */
  giveWay(name: string, run: string, reached: ReachedLimit): void {
    const slot = this.slots.get(name)
    if (!slot || !livesIn(slot.state, run)) return
    this.noteReached(slot, run, reached)
    this.send(name, { kind: 'giveWay', run, reason: reached.reason })
  }

  /** The run grew on within its grace: what is left of that is taken away. */
  cutGrace(name: string, run: string, { value, threshold }: { value: number; threshold: number }): void {
    const slot = this.slots.get(name)
    const program = slot && this.desired.get(slot.program)?.program
    if (!slot || !program || slot.state.kind !== 'stopping' || slot.state.run !== run) return
    this.event('run.grace_cut', { value, threshold }, { program: slot.program, slot: name, run })
    this.effects.push({ kind: 'stop', run, program: { ...program, stop: { ...program.stop, graceMs: 0 } } })
  }

  /** The run lasts longer than it should, and goes on. */
  warnOverdue(run: RunSubject, data: EventData['run.overdue']): void {
    const slot = this.slots.get(run.slot)
    if (holdsSlot(run) && (!slot || runOf(slot.state) !== run.id)) return
    this.warned.push({ id: run.id, warnedAt: this.tools.clock.now() })
    this.event('run.overdue', data, this.subjectOf(run))
  }

  keepPeaks(peaks: readonly { id: string; peak: RunPeak }[]): void {
    this.peaks.push(...peaks)
  }

  /** Keeps what a person wants of a slot. */
  ask(name: string, asked: 'run' | 'stop'): void {
    const slot = this.slots.get(name)
    if (slot && slot.asked !== asked) this.put({ ...slot, asked })
  }

  /** Puts a slot into being with a run that was found alive. */
  adoptInto(run: Run, index: number, launchHash: string | null, state: SlotState): void {
    const slot = this.slots.get(run.slot) ?? newSlotRecord(run.slot, run.program, index, this.tools.clock)
    this.put({ ...slot, state, launchHash, lastRun: run.id })
  }

  addRun(run: Run): void {
    this.claimed.push(run)
  }

  /** Whether the run was claimed by this very draft. */
  isClaimedHere(run: string): boolean {
    return this.claimed.some(({ id }) => id === run)
  }

  /** The command of a run began. A slot that does not hold the run is not concerned. */
  startRun(run: RunSubject, startedAt: number, pid: number): void {
    this.started.push({ id: run.id, startedAt, pid })
    const slot = this.slots.get(run.slot)
    if (slot) this.ledger.born(slot, run.id, startedAt)
    this.event('run.started', { pid }, this.subjectOf(run))
    this.send(run.slot, { kind: 'runBorn', run: run.id })
  }

  /** A run ended, with what follows for the slot that holds it. */
  endRun(run: RunSubject, told: RunEnd, keptBytes: number | null, seen: RunSeen | null = null): void {
    const end = this.withReason(run, told)
    if (seen?.peak) this.peaks.push({ id: run.id, peak: seen.peak })
    this.noteHowLong(run, end, seen)
    this.ended.push({ id: run.id, end, keptBytes })
    this.effects.push({ kind: 'forget', run: run.id })
    const before = this.events.length
    this.send(run.slot, { kind: 'runEnded', run: run.id, end })
    const following = this.events.splice(before)
    // A run that nobody watched may have outlived its start time: that came before its end, and what follows from the end after it.
    if (following[0]?.kind === 'slot.running') this.events.push(...following.splice(0, 1))
    this.event('run.ended', { end }, this.subjectOf(run))
    this.events.push(...following)
  }

  /** What a run wrote, in the order of each stream, and that it is told. */
  tellOutput(run: RunSubject, pieces: readonly OutputPiece[]): void {
    for (const [kind, data] of pieces.map(eventOfPiece)) this.event(kind, data, this.subjectOf(run))
    this.told.push({ id: run.id, ...toldBy(pieces) })
  }

  /** Wall clock. */
  now(): number {
    return this.tools.clock.now()
  }

  subjectOf(run: RunSubject): { program: string; slot: string; run: string } {
    return { program: run.program, slot: run.slot, run: run.id }
  }

  stopRun(slot: SlotRecord, run: string): void {
    this.effects.push({ kind: 'stop', run, program: this.desired.get(slot.program)?.program ?? null })
  }

  setPrograms(source: ProgramSource, programs: readonly Program[], generation: number): void {
    this.programs = { source, programs, generation }
  }

  setScale(scale: StoredScale): void {
    this.scales.set(scale.program, scale)
  }

  removeScale(program: string): void {
    this.removedScales.add(program)
  }

  setNote(name: NoteName, value: string): void {
    this.notes[name] = value
  }

  /** Null takes the token of this name away. */
  /** What is to be told to people. */
  keepAlerts(rows: AlertRows): void {
    this.alertRows.push(rows)
  }

  setToken(name: string, token: StoredToken | null): void {
    this.tokens.set(name, token)
  }

  /** Null: it is no more, and neither is its place in the events. */
  setListener(name: string, listener: Listener | null): void {
    this.listeners.set(name, listener)
  }

  /** A listener need not be told of anything up to this event any more. */
  moveListener(name: string, cursor: number): void {
    this.cursors.set(name, Math.max(cursor, this.cursors.get(name) ?? 0))
  }

  event<K extends EventKind>(
    kind: K,
    data: EventData[K],
    subject: { program?: string; slot?: string; run?: string; customData?: JsonValue } = {},
  ): void {
    this.events.push(newEvent(kind, data, subject, { at: this.tools.clock.now(), desired: this.desired }))
  }

  private apply(action: Action): void {
    switch (action.kind) {
      case 'create':
        this.addSlot(newSlotRecord(action.slot, action.program, action.index, this.tools.clock))
        return
      case 'start':
        this.send(action.slot, { kind: 'start', cause: action.cause })
        return
      case 'restart':
        this.rollouts.restart(action.slot, action.cause)
        return
      case 'stop':
        this.send(action.slot, { kind: 'stop' })
        return
      case 'proceed':
        this.send(action.slot, { kind: 'tick' })
        return
      case 'remove':
        this.slots.delete(action.slot)
        this.touched.delete(action.slot)
        this.removed.add(action.slot)
        return
      default:
        unreachable(action)
    }
  }

  noteReached(slot: SlotRecord, run: string, { reason, value, threshold }: ReachedLimit): void {
    const data = { limit: reason.kind, value, threshold, reason }
    this.event('run.limit_reached', data, { program: slot.program, slot: slot.name, run })
  }

  /** Whoever was not there to see it in time tells of it with the end; after a timeout a warning would say nothing. */
  private noteHowLong(run: RunSubject, end: RunEnd, seen: RunSeen | null): void {
    if (end.kind === 'timed_out') {
      this.event('run.timed_out', { lastedMs: end.durationMs }, this.subjectOf(run))
      return
    }
    const declared = holdsSlot(run) ? this.desired.get(run.program)?.program.limits.warnAfterMs : undefined
    const warnAfterMs = declared ?? seen?.warnAfterMs ?? null
    if (seen?.isWarned || warnAfterMs === null || !('durationMs' in end) || end.durationMs < warnAfterMs)
      return
    this.warnOverdue(run, { warnAfterMs, lastedMs: end.durationMs })
  }

  /** Inserts it, or replaces it by name. */
  put(slot: SlotRecord): void {
    this.slots.set(slot.name, slot)
    this.touched.add(slot.name)
  }

  /** The start that the state machine asks for becomes a claim. */
  private claim(name: string, runId: string, cause: RunCause): void {
    const slot = this.slots.get(name)
    const desired = slot && this.desired.get(slot.program)
    if (!slot || !desired) throw new Error(`Slot ${name} begins a run without a program.`)
    const { program, launchHash } = desired
    const begun = this.ledger.begun(slot, runId)
    const run: Run = {
      id: runId,
      program: program.name,
      slot: name,
      node: this.tools.node,
      cause,
      claimedAt: this.tools.clock.now(),
      startedAt: null,
      pid: null,
      end: null,
      ...(begun?.occurrence ? { occurrence: begun.occurrence } : {}),
    }
    const restarts = slot.restarts + (cause.kind === 'restart' ? 1 : 0)
    const chain = 1 + (cause.kind === 'restart' || cause.kind === 'dependency' ? slot.chain : 0)
    const isReplacement = slot.rollout?.kind === 'due' || cause.kind === 'changed'
    const until = this.tools.clock.monotonic() + program.rollout.withinMs
    const parallel = slot.rollout?.kind === 'due' ? slot.rollout.parallel : null
    const rollout = isReplacement ? ({ kind: 'replacing', until, parallel } as const) : slot.rollout
    this.put({ ...slot, lastRun: runId, launchHash, restarts, chain, rollout })
    this.claimed.push(run)
    const { notBefore = null, variables = {} } = begun ?? {}
    this.effects.push({ kind: 'start', run, program, index: slot.index, launchHash, notBefore, variables })
    this.restartFollowers(program.name)
  }

  private restartFollowers(name: string): void {
    const followers = new Set(followersOf(name, this.desired))
    if (followers.size === 0) return
    for (const { name: slot, program, state } of [...this.slots.values()]) {
      if (!followers.has(program) || (state.kind !== 'starting' && state.kind !== 'running')) continue
      this.send(slot, { kind: 'restart', cause: { kind: 'dependency', program: name } })
    }
  }

  /** Why we ended it is kept with the end. */
  private withReason(run: RunSubject, end: RunEnd): RunEnd {
    const state = this.slots.get(run.slot)?.state
    const reason = state?.kind === 'stopping' && state.run === run.id ? state.reason : null
    return end.kind === 'stopped' && reason ? { ...end, reason } : end
  }

  private noteVerdict(
    slot: SlotRecord,
    state: SlotState,
    event: Extract<SlotEvent, { kind: 'checked' }>,
  ): void {
    const { check, detail, run } = event
    const subject = { program: slot.program, slot: slot.name, run }
    const wasReady = 'verdicts' in slot.state && slot.state.verdicts.readiness === true
    if (state.kind === 'stopping') this.event('slot.unhealthy', { check, detail }, subject)
    // One that was never ready is not news: it comes up.
    else if (check === 'readiness' && !event.passed && wasReady)
      this.event('slot.unready', { detail }, subject)
  }

  /** Becoming ready is news where there is a check for it; else it is the same as `slot.running`. */
  private noteReadiness(name: string, before: SlotState, program: Program): void {
    const slot = this.slots.get(name)
    if (!slot || !program.checks.readiness || isReady(before, program) || !isReady(slot.state, program))
      return
    this.event('slot.ready', {}, { program: slot.program, slot: name, run: runOf(slot.state) ?? '' })
  }

  /** Speaks of the run that the slot holds, or held last. */
  private note(
    slot: SlotRecord,
    change: { from: string; state: SlotState; cause?: RunCause },
    tally: SlotTally = slot.tally,
  ): void {
    const run = runOf(change.state) ?? runOf(slot.state)
    const subject = { program: slot.program, slot: slot.name, ...(run === null ? {} : { run }) }
    if (slot.occurrence !== null) return this.noteJob(slot, change.state, subject)
    const [kind, data] = eventOfState({ ...change, tally })
    this.event(kind, data, subject)
  }

  /** Of a job the ledger tells how it began and ended. */
  private noteJob(slot: SlotRecord, state: SlotState, subject: { program: string; slot: string }): void {
    if (state.kind === 'waiting')
      this.event('slot.waiting', { from: slot.state.kind, reason: state.reason }, subject)
    if (state.kind === 'stopping')
      this.event('slot.stopping', { from: slot.state.kind, reason: state.reason }, subject)
    if (state.kind !== 'backoff' || slot.occurrence === null) return
    const { delayMs, reason } = state
    const attempt = this.ledger.attemptOf(slot)
    this.event('job.retrying', { occurrence: slot.occurrence, attempt, delayMs, reason }, subject)
  }
}

function asStopping(state: SlotState, run: string): SlotState {
  const reason = state.kind === 'stopping' ? state.reason : null
  return { kind: 'stopping', run, next: 'stop', reason, wasRunning: state.kind === 'running' }
}

/** Without a due time no run of a job begins. */
function mayBeginRun(state: SlotState, { kind }: SlotEvent): boolean {
  const waits = state.kind === 'waiting' || state.kind === 'backoff'
  return kind === 'start' || kind === 'restart' || (kind === 'tick' && waits)
}

/** What never became a process counts for none. */
function wasNoRun(end: RunEnd): boolean {
  return end.kind === 'revoked' || end.kind === 'machine_restarted'
}

function withoutLastRun(slot: SlotRecord): SlotRecord {
  return { ...slot, chain: Math.max(0, slot.chain - 1) }
}

/** A slot that has had all the runs that it may have is to be judged for that: no further one begins. */
function withRunsCounted({ state, chain }: SlotRecord, end: RunEnd, program: Program | null): SlotState {
  const most = program?.limits.runs ?? null
  const run = runOf(state)
  const isJudged = state.kind !== 'stopping' || state.next === 'judge'
  if (!program || most === null || run === null || chain < most || !isJudged || wasNoRun(end)) return state
  const isSuccess = end.kind === 'exited' && program.restart.successExitCodes.includes(end.code)
  const reason = runsUsedUp(chain, describeEnd(end), isSuccess)
  const wasRunning = state.kind === 'stopping' ? state.wasRunning : state.kind === 'running'
  return { kind: 'stopping', run, next: 'judge', reason, wasRunning }
}

/** For a slot whose program is gone: nothing begins again. */
const noRestart: RestartPolicy = {
  when: 'never',
  successExitCodes: [0],
  startTimeMs: 0,
  giveUpAfter: null,
  steadyTimeMs: 0,
  backoff: { kind: 'linear', initialMs: 1000, factor: 1, maxMs: 1000, jitter: 0 },
}

function joined(rows: readonly AlertRows[]): AlertRows {
  return {
    alerts: rows.flatMap(({ alerts = [] }) => alerts),
    removedAlerts: rows.flatMap(({ removedAlerts = [] }) => removedAlerts),
    deliveries: rows.flatMap(({ deliveries = [] }) => deliveries),
    heartbeats: rows.flatMap(({ heartbeats = [] }) => heartbeats),
    removedHeartbeats: rows.flatMap(({ removedHeartbeats = [] }) => removedHeartbeats),
  }
}
