/**
 * Which events begin something that a person must know, and which end it. What is the same trouble has the same name, so that it is told once however often it is seen.
 */
import type { DroverEvent, EventKind } from '../events/event.ts'

export type ConditionEffect = 'raises' | 'clears'

export interface ConditionOfEvent {
  /** `job report`, `service mailer:0`. */
  readonly condition: string
  readonly effect: ConditionEffect
  /** Whether some event tells that it is over. What nothing ends is over once it was quiet for a while. */
  readonly lasts: boolean
}

type Subject = 'program' | 'slot' | 'run' | 'node'

interface Trouble {
  /** What it is called before its subject. */
  readonly word: string
  readonly of: Subject
  readonly raisedBy: readonly EventKind[]
  readonly clearedBy: readonly EventKind[]
}

/** What lasts. Everything else is a trouble of its own kind, that nothing ends. */
const troubles: readonly Trouble[] = [
  {
    word: 'job',
    of: 'program',
    raisedBy: ['job.failed', 'job.timed_out', 'job.lost'],
    clearedBy: ['job.succeeded', 'job.warned'],
  },
  {
    word: 'service',
    of: 'slot',
    raisedBy: ['slot.gave_up', 'slot.backing_off'],
    clearedBy: ['slot.running', 'slot.stopped', 'slot.exited'],
  },
  {
    word: 'readiness',
    of: 'slot',
    raisedBy: ['slot.unready'],
    clearedBy: ['slot.ready', 'slot.stopped', 'slot.exited'],
  },
  {
    word: 'health',
    of: 'slot',
    raisedBy: ['slot.unhealthy'],
    clearedBy: ['slot.running', 'slot.ready', 'slot.stopped', 'slot.exited'],
  },
  { word: 'run', of: 'run', raisedBy: ['run.overdue'], clearedBy: ['run.ended'] },
  { word: 'rollout', of: 'program', raisedBy: ['rollout.stopped'], clearedBy: ['rollout.finished'] },
  { word: 'heartbeat', of: 'program', raisedBy: ['heartbeat.missed'], clearedBy: ['heartbeat.recovered'] },
  { word: 'configuration', of: 'node', raisedBy: ['config.refused'], clearedBy: ['config.applied'] },
]

/** Raised and told by what tells of alerts: they would follow from themselves. */
const never: ReadonlySet<EventKind> = new Set(['alert.raised', 'alert.cleared'])

const byKind = new Map<EventKind, { trouble: Trouble; effect: ConditionEffect }[]>()
for (const trouble of troubles) {
  for (const kind of trouble.raisedBy) add(kind, trouble, 'raises')
  for (const kind of trouble.clearedBy) add(kind, trouble, 'clears')
}

function add(kind: EventKind, trouble: Trouble, effect: ConditionEffect): void {
  byKind.set(kind, [...(byKind.get(kind) ?? []), { trouble, effect }])
}

/** Kinds that end something. */
export const clearingKinds: readonly EventKind[] = [
  ...new Set(troubles.flatMap(({ clearedBy }) => clearedBy)),
]

/** What an event ends comes first. */
export function conditionsOf(event: DroverEvent): ConditionOfEvent[] {
  if (never.has(event.kind)) return []
  const known = byKind.get(event.kind) ?? []
  const cleared = known.filter(({ effect }) => effect === 'clears')
  const raised = known.filter(({ effect }) => effect === 'raises')
  const conditions = [...cleared, ...raised].map(({ trouble, effect }) => ({
    condition: named(trouble.word, subjectOf(event, trouble.of)),
    effect,
    lasts: true,
  }))
  if (raised.length > 0) return conditions
  return [
    ...conditions,
    { condition: named(event.kind, plainSubject(event)), effect: 'raises', lasts: false },
  ]
}

function subjectOf({ slot, program, run }: DroverEvent, of: Subject): string | null {
  switch (of) {
    case 'slot':
      return slot ?? program
    case 'program':
      return program
    case 'run':
      return run
    case 'node':
      return null
    default:
      return of satisfies never
  }
}

function plainSubject(event: DroverEvent): string | null {
  switch (event.kind) {
    case 'delivery.failed':
    case 'delivery.gave_up':
      return event.data.channel
    case 'listener.failed':
    case 'listener.lagged':
      return event.data.listener
    case 'scaling.under_used':
    case 'scaling.over_used':
      return event.data.command
    default:
      return event.slot ?? event.program
  }
}

function named(word: string, subject: string | null): string {
  return subject === null ? word : `${word} ${subject}`
}
