/**
 * Admission: may this start happen now? The answer is yes, or no with one reason out of one fixed list. Every no becomes a
 * `start.refused` event, so that "why did it not run?" always has an answer.
 */
import type { SlotState } from './slot-state.ts'

export const refusalReasons = {
  already_running: 'A run of this slot is alive already.',
  waiting_for_dependency: 'A program that it depends on is not there yet.',
  backing_off: 'The slot waits before its next try.',
  gave_up: 'The slot is fatal: it was given up until somebody starts it.',
  stopped_by_person: 'Somebody stopped the slot; it stays stopped until somebody starts it.',
  shutting_down: 'The agent is shutting down.',
  user_unknown: 'The user that the program names does not exist on this machine.',
  no_rights: 'The agent may not become the user that the program names.',
  command_not_found: 'The command does not exist or cannot be executed.',
  directory_missing: 'The working directory does not exist.',
  secret_missing: 'A file or variable that holds a secret of the program is missing or unreadable.',
  store_unavailable: 'The claim could not be recorded, such as on a full disk.',
  socket_taken: 'Somebody else listens at an address that the program wants.',
  socket_unavailable: 'A socket of the program cannot be opened.',
  still_running: 'The run of a due time before this one still lives.',
  lock_taken: 'Another job has a lock that this one wants.',
  overlap_limit: 'As many runs of the job live as may.',
  queue_full: 'As many due times of the job wait as may.',
  replaced: 'A later due time took its place.',
  blackout: 'The due time lies in a time in which the job is not started.',
  disabled: 'Somebody disabled the job.',
  paused: 'Somebody paused all jobs.',
  other_node: 'The job is meant for other nodes.',
  predicate_failed: 'The function that says whether the job is due gave no answer.',
  params_missing: 'A parameter of the job that has to be said was not.',
  not_declared: 'Nobody declares the job any more.',
  spawn_failed: 'The operating system made no process.',
} as const

export type RefusalReason = keyof typeof refusalReasons

export type Admission =
  | { readonly admitted: true }
  | { readonly admitted: false; readonly reason: RefusalReason; readonly detail: string }

export interface StartToAdmit {
  readonly state: SlotState
  /** Who wants the start: a person may start what was given up, stopped or waits; the agent itself may not. */
  readonly askedBy: 'person' | 'agent'
  readonly wanted: 'run' | 'stop' | null
  readonly isShuttingDown: boolean
  /** What the machine says against this program: its user, its directory, its command. */
  readonly obstacle: { readonly reason: RefusalReason; readonly detail: string } | null
}

export function decideAdmission({
  state,
  askedBy,
  wanted,
  isShuttingDown,
  obstacle,
}: StartToAdmit): Admission {
  const no = (reason: RefusalReason, detail: string = refusalReasons[reason]): Admission => ({
    admitted: false,
    reason,
    detail,
  })
  if (isShuttingDown) return no('shutting_down')
  if (state.kind === 'starting' || state.kind === 'running') {
    return no('already_running', `run ${state.run} is ${state.kind}`)
  }
  if (askedBy === 'agent') {
    if (wanted === 'stop') return no('stopped_by_person')
    if (state.kind === 'fatal') return no('gave_up', state.reason)
    if (state.kind === 'backoff') return no('backing_off', state.reason)
  }
  return obstacle ? no(obstacle.reason, obstacle.detail) : { admitted: true }
}
