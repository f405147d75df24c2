/** By which events it is told what became of a due time, and what each of them says. */

import type { Outcome } from '../jobs/occurrence.ts'
import type { EventData, EventKind } from './event.ts'

/** Of a due time that ended as a run. */
export const endEvents = {
  success: 'job.succeeded',
  warning: 'job.warned',
  failure: 'job.failed',
  timed_out: 'job.timed_out',
  stopped: 'job.stopped',
  lost: 'job.lost',
} as const satisfies Record<Outcome, keyof EventData>

export type Became = Outcome | 'skipped' | 'missed'

const becameByKind: ReadonlyMap<EventKind, Became> = new Map<EventKind, Became>([
  ...(Object.entries(endEvents) as [Outcome, EventKind][]).map(([outcome, kind]): [EventKind, Became] => [
    kind,
    outcome,
  ]),
  ['job.skipped', 'skipped'],
  ['job.missed', 'missed'],
])

/** Null: an event that ends nothing. */
export function becameOf(kind: EventKind): Became | null {
  return becameByKind.get(kind) ?? null
}
