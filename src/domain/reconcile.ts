/**
 * Takes what is to what should be: compares the declared programs with the slots as they are and lists what to do, each with a reason.
 * Pure; applying its list and planning again yields nothing (a property that is tested).
 *
 * It decides on whole slots only: what follows the end of a run is the slot's own state machine (`slot-state.ts`).
 */
import { type Program, slotName } from './program.ts'
import type { RunCause } from './run.ts'
import { runOf, type SlotState, type SlotTally } from './slot-state.ts'

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

export interface Situation {
  readonly desired: ReadonlyMap<string, DesiredProgram>
  readonly slots: ReadonlyMap<string, Slot>
  /** When the agent ends with its workers: everything is to stop. */
  readonly isShuttingDown: boolean
}

/**
 * In the order in which the actions are to be applied: what stops or goes by falling priority (undeclared programs first, within a
 * program the highest number first), then the rest by rising priority.
 */
export function planReconcile({ desired, slots, isShuttingDown }: Situation): Action[] {
  if (isShuttingDown) return planShutdown(desired, slots)

  const surplus: Action[] = []
  for (const slot of slots.values()) {
    const program = desired.get(slot.program)?.program
    if (program && slot.index < program.processes) continue
    const reason = program
      ? `${slot.program} has ${program.processes} processes`
      : `${slot.program} is no longer declared`
    surplus.push(...letGo(slot, reason))
  }

  const kept: Action[] = []
  for (const { program, launchHash } of byPriority(desired.values())) {
    for (let index = 0; index < program.processes; index++) {
      const name = slotName(program.name, index)
      const slot = slots.get(name)
      if (slot) {
        kept.push(...keep(slot, program, launchHash))
      } else {
        kept.push({ kind: 'create', slot: name, program: program.name, index, reason: 'declared' })
        if (program.autostart) kept.push(startNow(name))
      }
    }
  }
  const ending = [...surplus, ...kept.filter(({ kind }) => kind === 'stop')]
  return [...lastFirst(ending, desired, slots), ...kept.filter(({ kind }) => kind !== 'stop')]
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
    state.kind === 'backoff'
  )
}

function keep(slot: Slot, program: Program, launchHash: string): Action[] {
  const { state } = slot
  if (wantedOf(slot, program) === 'stop') {
    const isStopping = state.kind === 'stopping' && state.next === 'stop'
    return isActive(state) && !isStopping ? [{ kind: 'stop', slot: slot.name, reason: 'shall not run' }] : []
  }
  if (state.kind === 'stopped') return [startNow(slot.name)]
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
  // A slot on its way to a restart starts with what is declared by then.
  const isChanged = slot.launchHash !== null && slot.launchHash !== launchHash && state.kind !== 'stopping'
  return isChanged
    ? [
        {
          kind: 'restart',
          slot: slot.name,
          cause: { kind: 'changed' },
          reason: `${program.name} was changed`,
        },
      ]
    : []
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
  if (state.kind === 'backoff') return [stop, remove]
  return state.kind === 'stopping' && state.next === 'stop' ? [] : [stop]
}

/**
 * One priority at a time: a lower one waits until all of the higher ones have stopped. A slot in backoff holds no run, so it ends at
 * once, whatever its priority; else it might start one while the higher ones take their time.
 */
function planShutdown(desired: Situation['desired'], slots: Situation['slots']): Action[] {
  const active = [...slots.values()].filter(({ state }) => isActive(state))
  const priority = (slot: Slot): number => desired.get(slot.program)?.program.priority ?? Infinity
  const holding = active.filter(({ state }) => runOf(state) !== null)
  const highest = holding.reduce((most, slot) => Math.max(most, priority(slot)), -Infinity)
  return active
    .filter(({ state }) => !(state.kind === 'stopping' && state.next === 'stop'))
    .filter((slot) => slot.state.kind === 'backoff' || priority(slot) === highest)
    .map((slot) => ({ kind: 'stop', slot: slot.name, reason: 'the agent is shutting down' }))
}

function byPriority(programs: Iterable<DesiredProgram>): DesiredProgram[] {
  return [...programs].sort(
    (a, b) => a.program.priority - b.program.priority || (a.program.name < b.program.name ? -1 : 1),
  )
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
