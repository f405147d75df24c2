/**
 * A draft of what comes next: all slots as they would be, with every change, event and effect that belongs to them. Nothing in it is
 * true until it was recorded; a draft that could not be recorded is thrown away whole.
 */
import type { Clock } from '../clock.ts'
import type { EventData, EventKind, NewEvent } from '../domain/event.ts'
import type { Program, RestartPolicy } from '../domain/program.ts'
import { type Action, type DesiredProgram, planReconcile } from '../domain/reconcile.ts'
import type { Run, RunCause, RunEnd } from '../domain/run.ts'
import {
  dueOf,
  runOf,
  type SlotEvent,
  type SlotState,
  type SlotTally,
  transition,
} from '../domain/slot-state.ts'
import { unreachable } from '../domain/unreachable.ts'
import type { Changes, NoteName, ProgramSource } from '../store/store.ts'
import { newSlotRecord, type SlotRecord, toStored } from './slot-records.ts'

/** What is to be done once the draft is recorded. */
export type Effect =
  | {
      readonly kind: 'start'
      readonly run: Run
      readonly program: Program
      readonly index: number
      readonly launchHash: string
    }
  | { readonly kind: 'stop'; readonly run: string; readonly program: Program | null }
  | { readonly kind: 'forget'; readonly run: string }

export interface DraftBase {
  readonly slots: ReadonlyMap<string, SlotRecord>
  readonly desired: ReadonlyMap<string, DesiredProgram>
  readonly isShuttingDown: boolean
}

/** Which run, and whose. */
export type RunSubject = Pick<Run, 'id' | 'slot' | 'program'>

export interface DraftTools {
  readonly clock: Clock
  readonly newRunId: () => string
  readonly random: () => number
  readonly node: string
}

export class Draft {
  readonly slots: Map<string, SlotRecord>
  readonly effects: Effect[] = []
  readonly touched = new Set<string>()
  desired: ReadonlyMap<string, DesiredProgram>
  isShuttingDown: boolean
  private readonly tools: DraftTools
  private readonly events: NewEvent[] = []
  private readonly removed = new Set<string>()
  private readonly claimed: Run[] = []
  private readonly started: { id: string; startedAt: number; pid: number }[] = []
  private readonly ended: { id: string; end: RunEnd; keptBytes: number | null }[] = []
  private readonly notes: { [N in NoteName]?: string } = {}
  private programs: Changes['programs']

  constructor(base: DraftBase, tools: DraftTools) {
    this.slots = new Map(base.slots)
    this.desired = base.desired
    this.isShuttingDown = base.isShuttingDown
    this.tools = tools
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
        this.ended.length ===
        0 &&
      this.programs === undefined &&
      Object.keys(this.notes).length === 0
    if (isEmpty) return null
    return {
      events: this.events,
      slots,
      removedSlots: [...this.removed],
      claimedRuns: this.claimed,
      startedRuns: this.started,
      endedRuns: this.ended,
      notes: this.notes,
      ...(this.programs ? { programs: this.programs } : {}),
    }
  }

  /** Lets time pass: whatever is due becomes a tick. */
  tick(): void {
    const now = this.tools.clock.monotonic()
    for (const slot of [...this.slots.values()]) {
      const due = dueOf(slot.state)
      if (due !== null && due <= now) this.send(slot.name, { kind: 'tick' })
    }
  }

  /** Plans and applies until there is nothing left to plan. */
  reconcile(): void {
    for (let pass = 0; pass < 10; pass++) {
      const plan = planReconcile(this)
      if (plan.length === 0) return
      for (const action of plan) this.apply(action)
    }
    throw new Error('The plan does not come to rest.')
  }

  /** Hands an event to a slot's state machine. False when the slot is gone or the event does not belong to its state. */
  send(name: string, event: SlotEvent): boolean {
    const slot = this.slots.get(name)
    if (!slot) return false
    const desired = this.desired.get(slot.program)
    // A slot whose program is gone only ends; the plan stops and removes it.
    const mayBegin = event.kind === 'start' || event.kind === 'restart' || slot.state.kind === 'backoff'
    if (!desired && mayBegin && event.kind !== 'stop') return false
    // During a shutdown whatever ends has been stopped: nothing follows it, neither a restart nor a give-up.
    const run = runOf(slot.state)
    const isLast = (this.isShuttingDown || !desired) && event.kind === 'runEnded' && event.run === run
    const state: SlotState = isLast ? { kind: 'stopping', run: event.run, next: 'stop' } : slot.state
    const step = transition(state, slot.tally, event, {
      now: this.tools.clock.monotonic(),
      newRun: this.tools.newRunId(),
      random: this.tools.random(),
      policy: desired?.program.restart ?? noRestart,
    })
    if (step === 'impossible') return false
    if (step === 'ignored' || (step.state === slot.state && step.actions.length === 0)) return true

    if (step.passed) this.note(slot, { from: slot.state.kind, state: step.passed })
    const from = step.passed?.kind ?? slot.state.kind
    const isOther = step.state.kind !== slot.state.kind || runOf(step.state) !== runOf(slot.state)
    const since = isOther ? this.tools.clock.now() : slot.since
    this.put({ ...slot, state: step.state, tally: step.tally, since })
    const cause = step.actions.find((action) => action.kind === 'startRun')?.cause
    if (isOther) this.note(slot, { from, state: step.state, ...(cause ? { cause } : {}) }, step.tally)
    for (const action of step.actions) {
      if (action.kind === 'stopRun') this.stopRun(slot, action.run)
      else this.claim(name, action.run, action.cause)
    }
    return true
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
    this.event('run.started', { pid }, this.subjectOf(run))
    this.send(run.slot, { kind: 'runBorn', run: run.id })
  }

  /** A run ended, with what follows for the slot that holds it. */
  endRun(run: RunSubject, end: RunEnd, keptBytes: number | null): void {
    this.ended.push({ id: run.id, end, keptBytes })
    this.effects.push({ kind: 'forget', run: run.id })
    const before = this.events.length
    this.send(run.slot, { kind: 'runEnded', run: run.id, end })
    const told = this.events.splice(before)
    // A run that nobody watched may have outlived its start time: that came before its end, and what follows from the end after it.
    if (told[0]?.kind === 'slot.running') this.events.push(...told.splice(0, 1))
    this.event('run.ended', { end }, this.subjectOf(run))
    this.events.push(...told)
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

  setNote(name: NoteName, value: string): void {
    this.notes[name] = value
  }

  event<K extends EventKind>(
    kind: K,
    data: EventData[K],
    subject: { program?: string; slot?: string; run?: string } = {},
  ): void {
    const program = subject.program ?? null
    const customData = (program === null ? null : this.desired.get(program)?.program.customData) ?? null
    const event = {
      kind,
      data,
      at: this.tools.clock.now(),
      program,
      slot: subject.slot ?? null,
      run: subject.run ?? null,
      customData,
    }
    this.events.push(event as NewEvent)
  }

  private apply(action: Action): void {
    switch (action.kind) {
      case 'create':
        this.removed.delete(action.slot)
        this.put(newSlotRecord(action.slot, action.program, action.index, this.tools.clock))
        return
      case 'start':
        this.send(action.slot, { kind: 'start', cause: action.cause })
        return
      case 'restart':
        this.send(action.slot, { kind: 'restart', cause: action.cause })
        return
      case 'stop':
        this.send(action.slot, { kind: 'stop' })
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

  private put(slot: SlotRecord): void {
    this.slots.set(slot.name, slot)
    this.touched.add(slot.name)
  }

  /** The start that the state machine asks for becomes a claim. */
  private claim(name: string, runId: string, cause: RunCause): void {
    const slot = this.slots.get(name)
    const desired = slot && this.desired.get(slot.program)
    if (!slot || !desired) throw new Error(`Slot ${name} begins a run without a program.`)
    const { program, launchHash } = desired
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
    }
    const restarts = slot.restarts + (cause.kind === 'restart' ? 1 : 0)
    this.put({ ...slot, lastRun: runId, launchHash, restarts })
    this.claimed.push(run)
    this.effects.push({ kind: 'start', run, program, index: slot.index, launchHash })
  }

  /** Every change of state is an event. It speaks of the run that the slot holds, or held last. */
  private note(
    slot: SlotRecord,
    { from, state, cause }: { from: string; state: SlotState; cause?: RunCause },
    tally: SlotTally = slot.tally,
  ): void {
    const run = runOf(state) ?? runOf(slot.state)
    const subject = { program: slot.program, slot: slot.name, ...(run === null ? {} : { run }) }
    switch (state.kind) {
      case 'starting':
        return this.event('slot.starting', { from, cause: cause ?? { kind: 'autostart' } }, subject)
      case 'running':
        return this.event('slot.running', { from }, subject)
      case 'backoff': {
        const { delayMs, reason } = state
        return this.event(
          'slot.backing_off',
          { from, delayMs, quickExits: tally.quickExits, reason },
          subject,
        )
      }
      case 'stopping':
        return this.event('slot.stopping', { from }, subject)
      case 'stopped':
        return this.event('slot.stopped', { from }, subject)
      case 'exited':
        return this.event('slot.exited', { from, reason: state.reason }, subject)
      case 'fatal':
        return this.event(
          'slot.gave_up',
          { from, quickExits: tally.quickExits, reason: state.reason },
          subject,
        )
      default:
        return unreachable(state)
    }
  }
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
