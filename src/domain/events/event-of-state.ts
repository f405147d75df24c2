/** Every change of a slot's state is an event: which one, and what it says. */

import type { RunCause } from '../run.ts'
import type { SlotState } from '../slot-state.ts'
import type { SlotTally } from '../slot-tally.ts'
import type { EventData } from './event.ts'

export type StateEvent = {
  [K in `slot.${string}` & keyof EventData]: readonly [kind: K, data: EventData[K]]
}[`slot.${string}` & keyof EventData]

export interface StateChange {
  readonly from: string
  readonly state: SlotState
  /** Why a run begins; without one it does so by itself. */
  readonly cause?: RunCause
  readonly tally: SlotTally
}

export function eventOfState({ from, state, cause, tally }: StateChange): StateEvent {
  switch (state.kind) {
    case 'starting':
      return ['slot.starting', { from, cause: cause ?? { kind: 'autostart' } }]
    case 'waiting':
      return ['slot.waiting', { from, reason: state.reason }]
    case 'running':
      return ['slot.running', { from }]
    case 'backoff': {
      const { delayMs, reason } = state
      return ['slot.backing_off', { from, delayMs, quickExits: tally.quickExits, reason }]
    }
    case 'stopping':
      return ['slot.stopping', { from, reason: state.reason }]
    case 'stopped':
      return ['slot.stopped', { from }]
    case 'exited':
      return ['slot.exited', { from, reason: state.reason }]
    case 'fatal':
      return ['slot.gave_up', { from, quickExits: tally.quickExits, reason: state.reason }]
  }
}
