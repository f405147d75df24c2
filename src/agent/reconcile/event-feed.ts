/**
 * Events as they are recorded, handed to whoever listens: the log, live pages, waiting requests. A listener that throws harms nobody; one that
 * is slow is bounded and then told to read on from the store.
 */
import type { DroverEvent } from '../../domain/events/event.ts'

export type EventListener = (events: readonly DroverEvent[], slots: ReadonlySet<string>) => void

export class EventFeed {
  private readonly listeners = new Set<EventListener>()
  private readonly complain: (message: string, error: unknown) => void

  constructor(complain: (message: string, error: unknown) => void) {
    this.complain = complain
  }

  /** Returns what ends the listening. */
  listen(listener: EventListener): () => void {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  publish(events: readonly DroverEvent[], slots: ReadonlySet<string>): void {
    for (const listener of this.listeners) {
      try {
        listener(events, slots)
      } catch (error) {
        this.complain('A listener failed', error)
      }
    }
  }
}
