/**
 * What programs need of each other: whether a run may begin, who has to end first, and which declarations make no sense. Pure.
 *
 * The order holds for every begin of a run, not only the first: a service that died while what it needs is away waits for it.
 * Nobody is ended because something that it needs went away; whoever wants that says `restart: true`, and is then restarted with it.
 */
import type { Dependency, Program } from './program.ts'
import { isHealthy, isReady } from './readiness.ts'
import type { DesiredProgram, Slot } from './reconcile.ts'
import type { SlotState } from './slot-state.ts'

type Desired = ReadonlyMap<string, DesiredProgram>
type Slots = ReadonlyMap<string, Slot>

/** What a run of this program has to wait for, as a clause for people; null when it may begin. */
export function findObstacle(program: Program, desired: Desired, slots: Slots): string | null {
  for (const dependency of program.dependsOn) {
    const obstacle = obstacleOf(dependency, desired, slots)
    if (obstacle !== null) return obstacle
  }
  return null
}

function obstacleOf({ program: name, condition }: Dependency, desired: Desired, slots: Slots): string | null {
  const needed = desired.get(name)?.program
  if (!needed) return `${name}, which is not declared`
  if (needed.processes === 0) return `${name}, which has no processes`
  for (let index = 0; index < needed.processes; index++) {
    const slot = slots.get(`${name}:${index}`)
    const title = needed.processes === 1 ? name : `${name}:${index}`
    const state: SlotState = slot?.state ?? { kind: 'stopped' }
    if (!holds(condition, state, needed))
      return `${title} ${wanted[condition]}${hindrance(state, slot, needed)}`
  }
  return null
}

const wanted = {
  started: 'to be started',
  ready: 'to be ready',
  healthy: 'to be healthy',
  finished: 'to finish well',
} as const satisfies Record<Dependency['condition'], string>

function holds(condition: Dependency['condition'], state: SlotState, needed: Program): boolean {
  switch (condition) {
    case 'started':
      return state.kind === 'running' || (state.kind === 'starting' && state.isBorn)
    case 'ready':
      return isReady(state, needed)
    case 'healthy':
      return isHealthy(state, needed)
    case 'finished':
      return state.kind === 'exited' && state.isSuccess
  }
}

/** What only a person can change has to be said. */
function hindrance(state: SlotState, slot: Slot | undefined, needed: Program): string {
  if (state.kind === 'fatal') return ' (it was given up)'
  if (state.kind === 'exited') return state.isSuccess ? ' (it has finished)' : ' (it has failed)'
  if (slot?.asked === 'stop') return ' (somebody stopped it)'
  return slot?.asked === null && !needed.autostart ? ' (it does not start by itself)' : ''
}

const dependentsOf = new WeakMap<Desired, ReadonlyMap<string, readonly Program[]>>()

/** By name of what is needed: the programs that need it. Found once for each set of programs. */
export function dependentsByName(desired: Desired): ReadonlyMap<string, readonly Program[]> {
  const known = dependentsOf.get(desired)
  if (known) return known
  const dependents = new Map<string, Program[]>()
  dependentsOf.set(desired, dependents)
  for (const { program } of desired.values()) {
    for (const name of new Set(program.dependsOn.map((dependency) => dependency.program))) {
      listOf(dependents, name).push(program)
    }
  }
  return dependents
}

/** Names of the programs that want to be restarted with this one. */
export function followersOf(name: string, desired: Desired): string[] {
  const dependents = dependentsByName(desired).get(name) ?? []
  return dependents
    .filter(({ dependsOn }) => dependsOn.some((need) => need.program === name && need.restart))
    .map((program) => program.name)
}

interface Needing {
  readonly name: string
  readonly dependsOn: readonly { readonly program: string }[]
}

/** A circle of programs that wait for one another, the first one again at its end; null when there is none. */
export function findCircle(programs: Iterable<Needing>): string[] | null {
  const needs = new Map(
    [...programs].map(({ name, dependsOn }) => [name, dependsOn.map((one) => one.program)]),
  )
  const done = new Set<string>()
  for (const start of needs.keys()) {
    const circle = walk(start, [], needs, done)
    if (circle) return circle
  }
  return null
}

function walk(
  name: string,
  path: readonly string[],
  needs: ReadonlyMap<string, readonly string[]>,
  done: Set<string>,
): string[] | null {
  const seen = path.indexOf(name)
  if (seen >= 0) return [...path.slice(seen), name]
  if (done.has(name)) return null
  for (const next of needs.get(name) ?? []) {
    const circle = walk(next, [...path, name], needs, done)
    if (circle) return circle
  }
  done.add(name)
  return null
}

/** The programs so that each comes after those it needs; among those that are free, by priority and name. A circle is broken somewhere. */
export function inStartOrder<P extends Needing & Pick<Program, 'priority'>>(programs: Iterable<P>): P[] {
  const open = [...programs].sort((a, b) => a.priority - b.priority || (a.name < b.name ? -1 : 1))
  // Without needs, which is the usual case, the order is there already.
  if (!open.some(({ dependsOn }) => dependsOn.length > 0)) return open
  const rank = new Map(open.map(({ name }, index) => [name, index]))
  const needing = new Map<number, number[]>()
  const missing = open.map(({ dependsOn }, index) => {
    const needs = new Set(dependsOn.flatMap(({ program }) => rank.get(program) ?? []))
    for (const need of needs) listOf(needing, need).push(index)
    return needs.size
  })
  // Falling, so that the next one is the last; each program is looked at once for each of its needs, as a thousand may be declared.
  const free = open.flatMap((_program, index) => (missing[index] === 0 ? [index] : [])).reverse()
  const isPlaced = open.map(() => false)
  const ordered: P[] = []
  while (ordered.length < open.length) {
    const index = free.pop() ?? isPlaced.indexOf(false)
    const next = open[index]
    if (!next) break
    if (isPlaced[index]) continue
    isPlaced[index] = true
    ordered.push(next)
    for (const freed of needing.get(index) ?? []) {
      missing[freed] = (missing[freed] ?? 0) - 1
      if (missing[freed] === 0 && !isPlaced[freed]) insertFalling(free, freed)
    }
  }
  return ordered
}

function insertFalling(numbers: number[], added: number): void {
  let low = 0
  let high = numbers.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((numbers[middle] ?? 0) > added) low = middle + 1
    else high = middle
  }
  numbers.splice(low, 0, added)
}

function listOf<K, V>(lists: Map<K, V[]>, key: K): V[] {
  const list = lists.get(key) ?? []
  lists.set(key, list)
  return list
}
