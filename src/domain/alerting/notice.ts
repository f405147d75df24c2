/**
 * What a person is told through a channel: an alert that was raised or has cleared, or a digest of many. It is made when the alert is decided and kept with its delivery, so that
 * it says the same whenever, and however often, it is sent.
 */
import type { EventKind, EventLevel } from '../events/event.ts'
import type { JsonValue } from '../program.ts'

export interface Notice {
  /** Of its delivery: the same however often it is tried, so that a receiver can tell one that it got twice. */
  readonly id: string
  readonly kind: 'raised' | 'repeated' | 'cleared' | 'digest' | 'test'
  readonly level: EventLevel
  /** One line for people. */
  readonly title: string
  /** One sentence, the event's own. */
  readonly text: string
  readonly node: string
  /** Wall time of the event, milliseconds. */
  readonly at: number
  /** The event that it speaks of; of a digest, the first. */
  readonly event: {
    readonly id: number
    readonly kind: EventKind
    readonly program: string | null
    readonly group: string | null
    readonly slot: string | null
    readonly run: string | null
    readonly customData: JsonValue
    readonly data: JsonValue
  }
  /** The condition's name, as in `drover alerts`. */
  readonly condition: string
  /** How many events it stands for: failures in a row, or what a digest holds. */
  readonly count: number
  /** Of a digest: one line for each of its first ones. Empty otherwise. */
  readonly lines: readonly string[]
}

/** What became of one attempt to deliver. */
export type DeliveryOutcome =
  /** The other side took it. `detail`: what it said, short. */
  | { readonly kind: 'delivered'; readonly detail: string }
  /** It may take it later. `afterMs`: not before, where it said so. */
  | { readonly kind: 'failed'; readonly reason: string; readonly afterMs: number | null }
  /** It will never take it, such as a wrong password or an address that is forbidden. */
  | { readonly kind: 'refused'; readonly reason: string }
