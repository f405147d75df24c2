/** Who is handed the events of one listener, as the one sees it that hands them on: a function in a process of its own, or a command. */
import type { EventView } from '../../contract/views.ts'

export interface Receiver {
  /** Hands the events on, one after another. Never throws. */
  deliver(events: readonly EventView[], news: DeliveryNews): Promise<DeliveryEnd>
  /** What comes next goes to the configuration's files as they are now. */
  reload(): void
  /** Whatever is under way ends at once. */
  close(): void
}

export interface DeliveryNews {
  /** It is done with this event. */
  readonly handled: (event: number) => void
  /** The event was not taken well; the next one follows. */
  readonly failed: (event: number, reason: string) => void
  /** Asked between two: false leaves the rest. */
  readonly mayGoOn: () => boolean
}

export type DeliveryEnd =
  /** All are handled, or the rest was to be left. */
  | { readonly kind: 'done' }
  /** It hung at the event, or died of it: what follows is for another process. */
  | { readonly kind: 'lost'; readonly event: number; readonly reason: string }
  /** It could not be begun, and no event is to blame. */
  | { readonly kind: 'absent'; readonly reason: string }
