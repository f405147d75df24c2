/** How often what happened since this agent began: for counters, which start at 0 with each process. */
import type { DroverEvent } from '../domain/events/event.ts'

export class EventCounts {
  /** By the kind of the end. */
  readonly ends = new Map<string, number>()
  /** By the reason of the refusal. */
  readonly refusals = new Map<string, number>()
  /** By the limit. */
  readonly limits = new Map<string, number>()

  add(events: readonly DroverEvent[]): void {
    for (const event of events) {
      if (event.kind === 'run.ended') count(this.ends, event.data.end.kind)
      else if (event.kind === 'start.refused') count(this.refusals, event.data.reason)
      else if (event.kind === 'run.limit_reached') count(this.limits, event.data.limit)
    }
  }
}

function count(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1)
}
