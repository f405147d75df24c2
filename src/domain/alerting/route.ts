/** Whether an event is one that a route is about. */

import { type DroverEvent, type EventLevel, matchesKind } from '../events/event.ts'
import { isWithin } from '../events/event-level.ts'
import type { JsonValue } from '../program.ts'
import { fits } from '../target.ts'
import type { Route, RouteMatch } from './alert-settings.ts'

/** The event with the group of its program, and as serious as the settings make it. */
export interface RoutedEvent {
  readonly event: DroverEvent
  readonly group: string | null
  /** Of the node that it happened on. */
  readonly labels: { readonly [name: string]: string }
  /** What people call the slot; null: as it is. */
  readonly title: string | null
  readonly level: EventLevel
}

/** A family or `*` means those of its events that are warnings or worse; an event that is named is told in any case. */
export function matchesRoute({ match }: Pick<Route, 'match'>, routed: RoutedEvent): boolean {
  const { event, level } = routed
  const isNamed = match.events.includes(event.kind)
  const isMeant =
    isNamed ||
    (isWithin(level, match.level ?? 'warning') &&
      match.events.some((pattern) => matchesKind(event.kind, pattern)))
  if (!isMeant || (match.level !== null && !isWithin(level, match.level))) return false
  if (Object.entries(match.labels).some(([name, value]) => routed.labels[name] !== value)) return false
  if (!matchesSubject(match, routed)) return false
  return match.customData === null || holds(event.customData, match.customData)
}

function matchesSubject({ programs, groups }: RouteMatch, { event, group }: RoutedEvent): boolean {
  if (programs.length + groups.length === 0) return true
  const program = event.program ?? ''
  if (program === '') return false
  const one = { name: event.slot ?? program, program, group: group ?? program }
  if (programs.length > 0 && !programs.some((pattern) => fits(one, pattern))) return false
  return groups.length === 0 || groups.includes(one.group)
}

/** Every key of the one is in the other, with the same value; lists are the same as a whole. */
function holds(value: JsonValue, wanted: JsonValue): boolean {
  if (!isTable(wanted) || !isTable(value)) return JSON.stringify(value) === JSON.stringify(wanted)
  return Object.entries(wanted).every(([key, part]) => {
    const own = Object.hasOwn(value, key) ? value[key] : undefined
    return own !== undefined && holds(own, part)
  })
}

function isTable(value: JsonValue): value is { readonly [key: string]: JsonValue } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
