/** What a configuration says of a listener: which events it is told of, and who is told. */

import type { FunctionReference } from '../jobs/job.ts'
import type { Milliseconds } from '../milliseconds.ts'
import type { Command, SecretSource } from '../program.ts'
import { fits } from '../target.ts'
import { type DroverEvent, matchesKind } from './event.ts'

export interface Listener {
  /** Its place in the events is kept by it. */
  readonly name: string
  /** Kinds and families of events. */
  readonly on: readonly string[]
  /** Of programs that one of these patterns fits; empty: any. */
  readonly programs: readonly string[]
  /** Of programs of one of these groups; empty: any. */
  readonly groups: readonly string[]
  /** For one event. */
  readonly timeoutMs: Milliseconds
  readonly action: ListenerAction
}

export type ListenerAction =
  | { readonly kind: 'function'; readonly reference: FunctionReference }
  | {
      readonly kind: 'command'
      readonly command: Command
      /** Absolute. */
      readonly cwd: string
      readonly env: Readonly<Record<string, string>>
      readonly secrets: Readonly<Record<string, SecretSource>>
    }

/** Whether a listener is to be told of an event. `groupOf`: of a program, be it one that is gone. */
export function isMeantFor(
  event: DroverEvent,
  listener: Pick<Listener, 'name' | 'on' | 'programs' | 'groups'>,
  groupOf: (program: string) => string,
): boolean {
  if (!listener.on.some((pattern) => matchesKind(event.kind, pattern))) return false
  // What it did wrong itself would be what it does wrong next.
  if (isTrouble(event) && event.data.listener === listener.name) return false
  const { programs, groups } = listener
  if (programs.length + groups.length === 0) return true
  if (event.program === null) return false
  const group = groupOf(event.program)
  if (groups.length > 0 && !groups.includes(group)) return false
  const one = { name: event.slot ?? event.program, program: event.program, group }
  return programs.length === 0 || programs.some((pattern) => fits(one, pattern))
}

/** Whether it speaks of a listener in trouble. A failure at such an event makes none again: two listeners would go on about each other for ever. */
export function isTrouble(
  event: DroverEvent,
): event is Extract<DroverEvent, { kind: 'listener.failed' | 'listener.lagged' }> {
  return event.kind === 'listener.failed' || event.kind === 'listener.lagged'
}

/** Whether two definitions mean the same. */
export function isSameListener(one: Listener, other: Listener): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}

export interface ListenerChange {
  readonly listener: string
  readonly change: 'added' | 'removed' | 'changed'
}

export function compareListeners(
  before: readonly Listener[],
  after: readonly Listener[],
): readonly ListenerChange[] {
  const known = new Map(before.map((listener) => [listener.name, listener]))
  const names = new Set(after.map(({ name }) => name))
  const came = after.flatMap((listener): ListenerChange[] => {
    const other = known.get(listener.name)
    if (other && isSameListener(other, listener)) return []
    return [{ listener: listener.name, change: other ? 'changed' : 'added' }]
  })
  const went = before
    .filter(({ name }) => !names.has(name))
    .map(({ name }): ListenerChange => ({ listener: name, change: 'removed' }))
  return [...came, ...went]
}
