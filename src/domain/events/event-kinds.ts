/**
 * Whether the kinds of events that somebody asks for exist at all, so that a slip is told and not answered with no events. What a kind
 * fits is `event.ts`.
 */

import { nearest } from '../nearest.ts'
import { eventKinds, matchesKind } from './event.ts'

/** `job.*` and its like. */
export const eventFamilies: readonly string[] = [
  ...new Set(eventKinds.map((kind) => `${kind.split('.')[0]}.*`)),
]

export interface UnknownKind {
  readonly kind: string
  /** Null where none is near enough. */
  readonly near: string | null
  /** A sentence with the nearest kind, or else with all. */
  readonly hint: string
}

/** The first of the kinds or patterns that no event can fit; null where there is none. */
export function findUnknownKind(patterns: readonly string[]): UnknownKind | null {
  const kind = patterns.find((pattern) => !eventKinds.some((known) => matchesKind(known, pattern)))
  if (kind === undefined) return null
  const near = nearest(kind, kind.endsWith('*') ? eventFamilies : eventKinds)
  const hint = near === null ? `The kinds are ${eventKinds.join(', ')}.` : `Did you mean \`${near}\`?`
  return { kind, near, hint }
}
