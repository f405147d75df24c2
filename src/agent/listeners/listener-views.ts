/** What the agent tells of its listeners. */
import type { ListenerView } from '../../contract/views.ts'
import type { Agent } from '../agent.ts'
import type { EventFollower } from './event-follower.ts'

export function listListeners({ listeners }: Agent): ListenerView[] {
  return listeners.all().map((follower) => viewListener(follower, listeners.lastEvent))
}

function viewListener(follower: EventFollower, lastEvent: number): ListenerView {
  const { listener, state, position, failures, lastFailure, pausesUntil } = follower
  const { name, on, programs, groups, action, timeoutMs } = listener
  return {
    name,
    on: [...on],
    programs: [...programs],
    groups: [...groups],
    kind: action.kind,
    target: targetOf(action),
    timeoutMs,
    state,
    retryAt: pausesUntil === null ? null : new Date(pausesUntil).toISOString(),
    cursor: position,
    lag: Math.max(0, lastEvent - position),
    failures,
    lastFailure: lastFailure && { ...lastFailure, at: new Date(lastFailure.at).toISOString() },
  }
}

function targetOf(action: EventFollower['listener']['action']): string {
  if (action.kind === 'function') return action.reference.file
  return action.command.kind === 'shell' ? action.command.text : action.command.argv.join(' ')
}
