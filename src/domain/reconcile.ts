/**
 * Takes what is to what should be: compares the declared programs with the slots as they are and lists what to do, each with a reason.
 * Pure. What it lists for one program may change what another waits for, so it is applied and planned again until nothing is left, which comes
 * soon (a property that is tested).
 *
 * It decides on whole slots only: what follows the end of a run is the slot's own state machine (`slot-state.ts`).
 */
import { dependentsByName, findObstacle, inStartOrder } from './dependencies.ts'
import { type Program, slotName } from './program.ts'
import { isFailedReplacement, isOutdated, planTurns, type SlotRollout } from './rollout.ts'
import type { RunCause } from './run.ts'
import { runOf, type SlotState } from './slot-state.ts'
import type { SlotTally } from './slot-tally.ts'

/** A slot as it is. */
export interface Slot {
  readonly name: string
  readonly program: string
  readonly index: number
  readonly state: SlotState
  readonly tally: SlotTally
  /** What a person asked for; null: nobody did, the program's `autostart` decides. Kept over everything. */
  readonly asked: 'run' | 'stop' | null
  /** Identity of what the slot last started (`launchHash`); null before its first start. */
  readonly launchHash: string | null
  /** Whether and how its run is being replaced. */
  readonly rollout: SlotRollout | null
  /** The due time of a job that it is at work for, over all attempts. */
  readonly occurrence: string | null
}

export interface DesiredProgram {
  readonly program: Program
  /** Identity of the program's `launch`. */
  readonly launchHash: string
}

export type Action =
  | {
      readonly kind: 'create'
      readonly slot: string
      readonly program: string
      readonly index: number
      readonly reason: string
    }
  | { readonly kind: 'start'; readonly slot: string; readonly cause: RunCause; readonly reason: string }
  | { readonly kind: 'stop'; readonly slot: string; readonly reason: string }
  | { readonly kind: 'restart'; readonly slot: string; readonly cause: RunCause; readonly reason: string }
  | { readonly kind: 'remove'; readonly slot: string; readonly reason: string }
  /** What it waits for has changed: it begins, or waits for something else. */
  | { readonly kind: 'proceed'; readonly slot: string; readonly reason: string }

export interface Situation {
  readonly desired: ReadonlyMap<string, DesiredProgram>
  readonly slots: ReadonlyMap<string, Slot>
  /** Those of the slots that are not at rest, where that is known: with ten thousand jobs, most of which are due rarely, the others are not looked at. */
  readonly restless?: Iterable<Slot>
  /** When the agent ends with its workers: everything is to stop. */
  readonly isShuttingDown: boolean
  /** For people who ask what would happen: every slot that is to be replaced, not only those whose turn it is. */
  readonly isPreview?: boolean
}

type Dependents = ReturnType<typeof dependentsByName>

/**
 * In the order in which the actions are to be applied: what stops or goes by falling priority (undeclared programs first, within a
 * program the highest number first), then the rest by rising priority, each program after those that it depends on.
 */
export function planReconcile(situation: Situation): Action[] {
  const { desired, slots, isShuttingDown } = situation
  const dependents = dependentsByName(desired)
  if (isShuttingDown) return planShutdown(situation, dependents)
  const restless = [...(situation.restless ?? slots.values())]

  const surplus: Action[] = []
  for (const slot of restless) {
    const program = desired.get(slot.program)?.program
    const isBusy = isActive(slot.state)
    if (program && slot.index < program.processes && (program.kind === 'service' || !isBusy)) continue
    if (isBusy && carriesOn(slot, program)) continue
    const reason = !program
      ? `${slot.program} is no longer declared`
      : program.kind === 'job' && isBusy
        ? `${slot.program} is a job now`
        : `${slot.program} has ${program.processes} processes`
    surplus.push(...letGo(slot, reason))
  }

  const kept: Action[] = []
  for (const slot of restless) {
    const program = desired.get(slot.program)?.program
    if (program?.kind === 'job' && slot.state.kind === 'waiting')
      kept.push(...proceed(slot, program, situation))
  }
  for (const program of servicesInOrder(desired)) {
    const there: Slot[] = []
    for (let index = 0; index < program.processes; index++) {
      const name = slotName(program.name, index)
      const slot = slots.get(name)
      if (slot) {
        there.push(slot)
        kept.push(...keep(slot, program, situation, dependents))
      } else {
        kept.push({ kind: 'create', slot: name, program: program.name, index, reason: 'declared' })
        if (program.autostart) kept.push(startNow(name))
      }
    }
    kept.push(...replace(program, there, situation))
  }
  const ending = [...surplus, ...kept.filter(({ kind }) => kind === 'stop')]
  return [...lastFirst(ending, desired, slots), ...kept.filter(({ kind }) => kind !== 'stop')]
}

/** What a job is at goes on, whatever became of its rules. Once nobody declares the job any more, a run that lives still comes to its end. */
function carriesOn({ occurrence, state }: Slot, program: Program | undefined): boolean {
  if (occurrence === null) return false
  return program ? program.kind === 'job' : runOf(state) !== null
}

/**
 * Whether nothing comes of a slot by itself: neither does time bring it on, nor is anything planned for it while its program stays as it is declared and
 * shall not run.
 */
export function isAtRest({ state, rollout, occurrence }: Slot): boolean {
  return !isActive(state) && rollout === null && occurrence === null
}

/** What a slot shall do, as people and the program say. */
export function wantedOf(slot: Pick<Slot, 'asked'>, program: Pick<Program, 'autostart'>): 'run' | 'stop' {
  return slot.asked ?? (program.autostart ? 'run' : 'stop')
}

/** Whether the slot still has, or may still get, a process by itself. */
export function isActive(state: SlotState): boolean {
  return (
    state.kind === 'starting' ||
    state.kind === 'running' ||
    state.kind === 'stopping' ||
    state.kind === 'backoff' ||
    state.kind === 'waiting'
  )
}

function keep(slot: Slot, program: Program, situation: Situation, dependents: Dependents): Action[] {
  const { state } = slot
  if (wantedOf(slot, program) === 'stop') {
    const isStopping = state.kind === 'stopping' && state.next === 'stop'
    const needing = dependents.get(program.name) ?? []
    const stops = isActive(state) && !isStopping && !needing.some((one) => isOnTheWayOut(one, situation))
    return stops ? [{ kind: 'stop', slot: slot.name, reason: 'shall not run' }] : []
  }
  if (state.kind === 'stopped') return [startNow(slot.name)]
  if (state.kind === 'waiting') return proceed(slot, program, situation)
  if (state.kind === 'stopping' && state.next === 'stop') {
    return [
      {
        kind: 'start',
        slot: slot.name,
        cause: { kind: 'autostart' },
        reason: 'shall run once it has stopped',
      },
    ]
  }
  return []
}

/** It begins, or waits for something else. */
function proceed(slot: Slot, program: Program, { desired, slots }: Situation): Action[] {
  if (slot.state.kind !== 'waiting' || findObstacle(program, desired, slots) === slot.state.reason) return []
  return [{ kind: 'proceed', slot: slot.name, reason: `waited for ${slot.state.reason}` }]
}

const orders = new WeakMap<Situation['desired'], readonly Program[]>()

/** Found once for each set of programs. Jobs are started by the ledger. */
function servicesInOrder(desired: Situation['desired']): readonly Program[] {
  let order = orders.get(desired)
  if (!order) {
    const services = [...desired.values()].flatMap(({ program }) =>
      program.kind === 'service' ? [program] : [],
    )
    order = inStartOrder(services)
    orders.set(desired, order)
  }
  return order
}

/** Who needs another one and is on the way out as well goes before that. */
function isOnTheWayOut(program: Program, { slots }: Situation): boolean {
  for (let index = 0; index < program.processes; index++) {
    const slot = slots.get(slotName(program.name, index))
    if (slot && wantedOf(slot, program) === 'stop' && runOf(slot.state) !== null) return true
  }
  return false
}

/**
 * What runs something else than is declared, or was asked to, is replaced: those with a run in turns, those without at once. One on
 * its way to a restart, or that waits, begins with what is declared by then.
 */
function replace(program: Program, slots: readonly Slot[], { desired, isPreview }: Situation): Action[] {
  const declaredHash = desired.get(program.name)?.launchHash ?? ''
  const wanted = slots.filter((slot) => wantedOf(slot, program) === 'run')
  const outdated = wanted.filter((slot) => isOutdated(slot, declaredHash))
  if (outdated.length === 0) return []
  // Also one that somebody has stopped since: that is no reason to try the same on the next one.
  const hasFailed = slots.some((slot) => isFailedReplacement(slot, declaredHash))
  const turns = isPreview
    ? outdated.filter(({ state }) => state.kind === 'starting' || state.kind === 'running')
    : hasFailed
      ? []
      : planTurns(program, declaredHash, wanted)
  const idle = outdated.filter(
    ({ state }) => state.kind === 'backoff' || state.kind === 'exited' || state.kind === 'fatal',
  )
  return [...idle, ...turns].map(({ name, launchHash, rollout }) => ({
    kind: 'restart',
    slot: name,
    cause: rollout?.kind === 'due' ? rollout.cause : { kind: 'changed' },
    reason: launchHash === declaredHash ? 'its turn to be restarted' : `${program.name} was changed`,
  }))
}

function startNow(slot: string): Action {
  return { kind: 'start', slot, cause: { kind: 'autostart' }, reason: 'shall run' }
}

function letGo(slot: Slot, reason: string): Action[] {
  const { state } = slot
  const stop: Action = { kind: 'stop', slot: slot.name, reason }
  const remove: Action = { kind: 'remove', slot: slot.name, reason }
  if (!isActive(state)) return [remove]
  // A slot that waits holds no run: there is no end to wait for.
  if (state.kind === 'backoff' || state.kind === 'waiting') return [stop, remove]
  return state.kind === 'stopping' && state.next === 'stop' ? [] : [stop]
}

/**
 * Who is needed goes after those that need it, and else one priority at a time: a lower one waits until all of the higher ones have stopped.
 * A slot that waits holds no run, so it ends at once, whatever its priority; else it might start one while the others take their time.
 */
function planShutdown({ desired, slots, restless }: Situation, dependents: Dependents): Action[] {
  const active = [...(restless ?? slots.values())].filter(({ state }) => isActive(state))
  const priority = (slot: Slot): number => desired.get(slot.program)?.program.priority ?? Infinity
  const holding = active.filter(({ state }) => runOf(state) !== null)
  const alive = new Set(holding.map(({ program }) => program))
  const unneeded = holding.filter(
    ({ program }) => !dependents.get(program)?.some(({ name }) => alive.has(name)),
  )
  const highest = unneeded.reduce((most, slot) => Math.max(most, priority(slot)), -Infinity)
  const next = new Set(unneeded.filter((slot) => priority(slot) === highest))
  return active
    .filter(({ state }) => !(state.kind === 'stopping' && state.next === 'stop'))
    .filter((slot) => runOf(slot.state) === null || next.has(slot))
    .map((slot) => ({ kind: 'stop', slot: slot.name, reason: 'the agent is shutting down' }))
}

function lastFirst(
  actions: readonly Action[],
  desired: Situation['desired'],
  slots: Situation['slots'],
): Action[] {
  const priority = (slot: Slot | undefined): number =>
    desired.get(slot?.program ?? '')?.program.priority ?? Infinity
  return actions
    .map((action) => ({ action, slot: slots.get(action.slot) }))
    .sort(
      (a, b) => compare(priority(b.slot), priority(a.slot)) || (b.slot?.index ?? 0) - (a.slot?.index ?? 0),
    )
    .map(({ action }) => action)
}

/** Infinities have no difference. */
function compare(a: number, b: number): number {
  return a === b ? 0 : a < b ? -1 : 1
}
