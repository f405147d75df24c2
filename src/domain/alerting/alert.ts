/** A trouble by one route, and what is delivered to one channel. Both are rows. Times are wall times, milliseconds. */

import type { EventLevel } from '../events/event.ts'
import type { Milliseconds } from '../milliseconds.ts'
import type { Notice } from './notice.ts'

export interface Alert {
  readonly id: string
  readonly route: string
  /** `job report`: what is the same trouble has the same name. */
  readonly condition: string
  /** Whether some event will tell that it is over. */
  readonly lasts: boolean
  readonly level: EventLevel
  /** Of its first event, and of its last one. */
  readonly since: number
  readonly lastAt: number
  /** Events that raised it, in a row. */
  readonly count: number
  /** When it was told last; null: it has not come often enough, or quiet hours are not over. */
  readonly toldAt: number | null
  readonly channels: readonly string[]
  /** What is told when quiet hours are over. */
  readonly waiting: { readonly for: 'raised' | 'cleared'; readonly until: number } | null
  /** What its last event says. */
  readonly notice: Notice
}

export const deliveryStates = ['pending', 'held', 'delivered', 'digested', 'refused', 'gave_up'] as const
export type DeliveryState = (typeof deliveryStates)[number]

export interface Delivery {
  readonly id: string
  /** Null: somebody tests the channel. */
  readonly alert: string | null
  readonly route: string | null
  readonly channel: string
  readonly notice: Notice
  /**
   * pending: it is tried until the channel takes it. held: many came at once, and it becomes part of a digest; then it is digested. refused: the channel will never
   * take it. gave_up: it was tried for long enough.
   */
  readonly state: DeliveryState
  readonly attempts: number
  /** Not before. */
  readonly nextAt: number
  /** What came of the last attempt. */
  readonly reason: string | null
  readonly createdAt: number
  readonly endedAt: number | null
  /** The delivery that it is told in. */
  readonly digest: string | null
}

const longestRetryMs: Milliseconds = 3_600_000

/** After so many attempts that failed; it doubles, up to an hour. */
export function retryDelay(retryMs: Milliseconds, attempts: number): Milliseconds {
  return Math.min(longestRetryMs, retryMs * 2 ** Math.min(30, Math.max(0, attempts - 1)))
}
