/**
 * A slot in memory and in the store. The difference is time: deadlines are monotonic here, and there they are wall times as well. Until
 * the machine is restarted the monotonic ones hold, so that a clock that is set can neither skip a wait nor stretch it; after that, what
 * comes back is bounded by the wait that was meant.
 */
import type { Clock } from '../../clock.ts'
import type { Slot } from '../../domain/reconcile.ts'
import { dueOf, type SlotState } from '../../domain/slot-state.ts'
import { emptyTally } from '../../domain/slot-tally.ts'
import type { StoredSlot, StoredSlotState } from '../../store/store.ts'

export interface SlotRecord extends Slot {
  /** When the state was entered, wall clock. */
  readonly since: number
  readonly lastRun: string | null
  /** Runs begun because another ended. */
  readonly restarts: number
  /** Runs that followed one another since somebody, a change or the agent began afresh: the one of now included. */
  readonly chain: number
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
    chain: 0,
    rollout: null,
    occurrence: null,
  }
}

export function toStored(slot: SlotRecord, clock: Clock): StoredSlot {
  const { state } = slot
  const until = dueOf(state)
  if (until === null) return { ...slot, state: { ...state } }
  const wall = clock.now() + until - clock.monotonic()
  return { ...slot, state: { ...state, until: wall, untilMonotonic: until } }
}

/** `startTimeMs`: the longest that a start may still have to wait to count as running. */
export function fromStored(
  stored: StoredSlot,
  clock: Clock,
  { startTimeMs, isSameBoot }: { startTimeMs: number; isSameBoot: boolean },
): SlotRecord {
  // A restart of the machine has replaced everything.
  const rollout = isSameBoot ? stored.rollout : null
  const { until, untilMonotonic, ...state } = withLaterFields(stored.state)
  if (typeof until !== 'number') {
    return {
      ...stored,
      rollout,
      state: { ...state, ...(until === null ? { until } : {}) } as unknown as SlotState,
    }
  }
  const longest = state.kind === 'backoff' ? Number(state.delayMs) : startTimeMs
  const left =
    isSameBoot && typeof untilMonotonic === 'number'
      ? untilMonotonic - clock.monotonic()
      : until - clock.now()
  const remaining = Math.min(Math.max(left, 0), longest)
  const due = clock.monotonic() + remaining
  return { ...stored, rollout, state: { ...state, until: due } as unknown as SlotState }
}

/** States that an older version recorded lack what it did not know. */
function withLaterFields(state: StoredSlotState): StoredSlotState {
  switch (state.kind) {
    case 'starting':
      return { isBorn: typeof state.until === 'number', verdicts: {}, ...state }
    case 'running':
      return { verdicts: {}, ...state }
    case 'stopping':
      return { reason: null, wasRunning: true, ...state }
    default:
      return state
  }
}
