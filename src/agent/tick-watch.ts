/**
 * Watches an agent that is to leave again (`domain/tick.ts`): tells once that its time has come, or that there is nothing left to do before.
 * Looks anew a few times a second: what is under way between two records can be seen nowhere.
 */
import type { Timer } from '../clock.ts'
import type { SlotState } from '../domain/slot-state.ts'
import { shallLeave, type Work } from '../domain/tick.ts'
import type { Agent } from './agent.ts'

const lookEveryMs = 200

export function watchForLeave(agent: Agent, leavesAt: number, onLeave: () => void): () => void {
  const { clock } = agent.options
  // A clock that is set meanwhile must not keep it for ever.
  const deadline = clock.monotonic() + leavesAt - clock.now()
  let timer: Timer | null = null
  const look = (): void => {
    const left = deadline - clock.monotonic()
    const now = leavesAt - left
    if (shallLeave(now, leavesAt, workOf(agent, deadline))) return onLeave()
    timer = clock.after(Math.min(lookEveryMs, left), look)
  }
  look()
  return () => timer?.cancel()
}

/** What `drover exec` runs needs nobody here: it is followed by that, and recorded by whoever comes next. */
function workOf({ reconciler, scheduler, isAtWork }: Agent, deadline: number): Work {
  const hasWork = ({ state }: { state: SlotState }): boolean => {
    if (state.kind === 'starting' || state.kind === 'running' || state.kind === 'stopping') return true
    return state.kind === 'backoff' && state.until <= deadline
  }
  const isBusy = isAtWork || !reconciler.isAtRest || [...reconciler.slots.values()].some(hasWork)
  return { isBusy, dueAt: scheduler.nextAt() }
}
