/** Rows to record, each to be changed in the fields that a test is about. */
import type { NewEvent } from '../../domain/events/event.ts'
import type { Run } from '../../domain/run.ts'
import { emptyTally } from '../../domain/slot-tally.ts'
import type { StoredSlot } from '../store.ts'

export function aRun(id: string, changes: Partial<Run> = {}): Run {
  return {
    id,
    program: 'mailer',
    slot: 'mailer:0',
    node: 'a',
    cause: { kind: 'autostart' },
    claimedAt: 1_790_000_000_000,
    startedAt: null,
    pid: null,
    end: null,
    ...changes,
  }
}

export function aSlot(name: string, changes: Partial<StoredSlot> = {}): StoredSlot {
  return {
    name,
    program: name.slice(0, name.lastIndexOf(':')),
    index: Number(name.slice(name.lastIndexOf(':') + 1)),
    state: { kind: 'stopped' },
    tally: emptyTally,
    asked: null,
    launchHash: null,
    since: 1_790_000_000_000,
    lastRun: null,
    restarts: 0,
    chain: 0,
    rollout: null,
    occurrence: null,
    ...changes,
  }
}

/** `at` numbers the events of a test. */
export function anEvent(at: number, changes: Partial<NewEvent> = {}): NewEvent {
  return {
    kind: 'slot.running',
    data: { from: 'starting' },
    at,
    program: 'mailer',
    slot: 'mailer:0',
    run: null,
    customData: null,
    ...changes,
  } as NewEvent
}

/** What a run wrote, from a position on. */
export function anOutput(from: number, text: string): NewEvent {
  const data = { stream: 'stdout', text, from, to: from + Buffer.byteLength(text) }
  return anEvent(from, { kind: 'run.output', data, run: 'r1' } as Partial<NewEvent>)
}

/** An event that no store can take: something that is never absent is absent. */
export function aBrokenEvent(): NewEvent {
  return anEvent(0, { at: null as never })
}
