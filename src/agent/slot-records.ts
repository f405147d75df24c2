/**
 * A slot in memory and in the store. The difference is time: deadlines are monotonic here and wall times there, and what comes
 * back is bounded by the wait that was meant, so that a stepped clock can neither skip a wait nor stretch it.
 */
import type { Clock } from '../clock.ts'
import type { Slot } from '../domain/reconcile.ts'
import { dueOf, emptyTally, type SlotState } from '../domain/slot-state.ts'
import type { StoredSlot } from '../store/store.ts'

export interface SlotRecord extends Slot {
  /** When the state was entered, wall clock. */
  readonly since: number
  readonly lastRun: string | null
  /** Runs begun because another ended. */
  readonly restarts: number
}

export function newSlotRecord(name: string, program: string, index: number, clock: Clock): SlotRecord {
  return {
    name,
    program,
    index,
    state: { kind: 'stopped' },
    tally: emptyTally,
    asked: null,
    launchHash: null,
    since: clock.now(),
    lastRun: null,
    restarts: 0,
  }
}

export function toStored(slot: SlotRecord, clock: Clock): StoredSlot {
  const { state } = slot
  const until = dueOf(state)
  const stored = until === null ? { ...state } : { ...state, until: clock.now() + until - clock.monotonic() }
  return { ...slot, state: stored }
}

/** `startTimeMs`: the longest that a start may still have to wait to count as running. */
export function fromStored(stored: StoredSlot, clock: Clock, startTimeMs: number): SlotRecord {
  const { until } = stored.state
  if (typeof until !== 'number') return { ...stored, state: stored.state as unknown as SlotState }
  const longest = stored.state.kind === 'backoff' ? Number(stored.state.delayMs) : startTimeMs
  const remaining = Math.min(Math.max(until - clock.now(), 0), longest)
  return {
    ...stored,
    state: { ...stored.state, until: clock.monotonic() + remaining } as unknown as SlotState,
  }
}
