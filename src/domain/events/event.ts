/**
 * Events: facts in the past tense, the only source of logs, live pages and history. Each is recorded in the same transaction as
 * the change it speaks of, so that it exists exactly once, whenever the agent dies.
 */
import type { RefusalReason } from '../admission.ts'
import type { MissReason, Trigger } from '../jobs/occurrence.ts'
import type { Milliseconds } from '../milliseconds.ts'
import type { CheckKind, JsonValue } from '../program.ts'
import type { RunCause, RunEnd, StopReason, StopReasonKind } from '../run.ts'

type TriggerKind = Trigger['kind']

/** What each kind of event carries as data. */
export interface EventData {
  /** An agent took over the node. */
  'agent.started': {
    version: string
    pid: number
    adopted: number
    ended: number
    revoked: number
    coldStart: boolean
  }
  /** An agent was asked to end. */
  'agent.stopping': { leaveWorkers: boolean; by: string }
  /** An agent has ended: its workers are stopped, or left running. */
  'agent.stopped': { leaveWorkers: boolean }
  /** Something went wrong inside the agent that is not the user's fault; it goes on. */
  'agent.failed_internally': { message: string }
  /** A configuration took effect as the given generation. */
  'config.applied': {
    generation: number
    added: string[]
    removed: string[]
    changed: string[]
    policy: string[]
    by: string
  }
  /** A configuration was refused; what runs goes on. */
  'config.refused': { message: string; problems: string[] }
  /** A request over the network that may change something; recorded before it is carried out. `address`: where it came from. */
  'api.requested': { operation: string; by: string; role: string; address: string }
  /** Requests that were turned away: the first of its kind, and how many others were since the last such event. */
  'api.denied': { reason: string; operation: string; by: string; address: string; others: number }
  /** Somebody may come over the network from now on. */
  'token.created': { name: string; role: string; expiresAt: string | null; by: string }
  /** Somebody may not come over the network any more. */
  'token.revoked': { name: string; by: string }
  /** A person's wish for a slot, kept over restarts. */
  'slot.requested': {
    action: 'start' | 'stop' | 'restart' | 'signal' | 'input' | 'capture' | 'stop capture'
    signal?: string
    by: string
  }
  /** It begins a run. `cause`: why. */
  'slot.starting': { from: string; cause: RunCause }
  /** It shall run, and waits for a program that it depends on. */
  'slot.waiting': { from: string; reason: string }
  /** Its run has lasted for its start time, and its startup check has passed. */
  'slot.running': { from: string }
  /** It can do its work, as its readiness check says. */
  'slot.ready': Record<never, never>
  /** It can do its work no more, as its readiness check says; its run goes on. */
  'slot.unready': { detail: string }
  /** A check failed that the run does not outlive. */
  'slot.unhealthy': { check: CheckKind; detail: string }
  /** Its run ended, and the next one begins after a pause. */
  'slot.backing_off': { from: string; delayMs: Milliseconds; quickExits: number; reason: string }
  /** Its run is being ended. `reason`: why, where nobody had asked. */
  'slot.stopping': { from: string; reason: StopReason | null }
  /** It runs no more, as was asked for. */
  'slot.stopped': { from: string }
  /** Its run ended, and by the rules of the program none follows. */
  'slot.exited': { from: string; reason: string }
  /** The service is fatal: it stays down until somebody acts. */
  'slot.gave_up': { from: string; quickExits: number; reason: string }
  /** A replacement failed, and the slots that were to follow are left as they are. */
  'rollout.stopped': { reason: string; left: number }
  /** All slots of the program were replaced and are ready. */
  'rollout.finished': Record<never, never>
  /** Somebody set the number of processes; null: back to what is declared. */
  'program.scaled': { from: number; to: number; by: string; isReset: boolean }
  /** A run's command began. */
  'run.started': { pid: number }
  /** A new agent found a living run and goes on supervising it. */
  'run.adopted': { pid: number }
  /** A limit was reached; what the run is ended for. Bytes, milliseconds or a number. */
  'run.limit_reached': { limit: StopReasonKind; value: number; threshold: number; reason: StopReason }
  /** It was to end for its memory and grew on: it is killed before its grace is over. */
  'run.grace_cut': { value: number; threshold: number }
  /** It lasts longer than it should; it goes on. */
  'run.overdue': { warnAfterMs: Milliseconds; lastedMs: Milliseconds }
  /** Its timeout passed, and it was ended. */
  'run.timed_out': { lastedMs: Milliseconds }
  /** The whole process tree of a run is gone. `end`: how, with the exit code or signal, and what it used. */
  'run.ended': { end: RunEnd }
  /**
   * What it has written since the last such event, in whole characters. `from`, `to`: its bytes in the stream. `isForgotten`: the text was, by
   * now, and is empty.
   */
  'run.output': { stream: 'stdout' | 'stderr'; text: string; from: number; to: number; isForgotten?: true }
  /** What it has written was dropped before it could be told. */
  'run.output_lost': { stream: 'stdout' | 'stderr'; from: number; to: number }
  /** A run was begun for a due time of a job. `lateMs`: after the due time, by the wall clock. */
  'job.started': { occurrence: string; dueAt: string; trigger: TriggerKind; attempt: number; lateMs: number }
  /** It is due, and waits. */
  'job.queued': { occurrence: string; dueAt: string; reason: RefusalReason; detail: string }
  /** An attempt failed, and another one follows. */
  'job.retrying': { occurrence: string; attempt: number; delayMs: Milliseconds; reason: string }
  /** A due time of a job has ended well, with its last attempt. */
  'job.succeeded': OccurrenceEnded
  /** It has ended by an exit code that is a warning. */
  'job.warned': OccurrenceEnded
  /** The last attempt failed, by its exit code, by a signal, or since it could not be started. */
  'job.failed': OccurrenceEnded
  /** The last attempt was ended for its timeout. */
  'job.timed_out': OccurrenceEnded
  /** A person, a change or a shutdown ended it. */
  'job.stopped': OccurrenceEnded
  /** Nobody knows how its run ended. */
  'job.lost': OccurrenceEnded
  /** It was due, and is not run, for one reason out of one fixed list. */
  'job.skipped': {
    occurrence: string
    dueAt: string
    reason: RefusalReason
    detail: string
    blockedBy: string | null
  }
  /** It was due when no agent could see to it. `count` due times, from `since`; null: they were not counted. */
  'job.missed': {
    occurrence: string
    dueAt: string
    reason: MissReason
    since: string | null
    count: number | null
  }
  /** Its due times are skipped from now on. */
  'job.disabled': { by: string }
  /** Its due times count again. */
  'job.enabled': { by: string }
  /** The due times of all jobs of this node are skipped from now on. */
  'jobs.paused': { by: string }
  /** The due times of all jobs of this node count again. */
  'jobs.resumed': { by: string }
  /** The wall clock was set, by so much. */
  'clock.jumped': { deltaMs: number }
  /** A listener threw, ended with an error, or gave no answer; it goes on with the next event. `event`: the id of the one that it was at; null: it could not be begun. */
  'listener.failed': { listener: string; event: number | null; reason: string; others: number }
  /** Events were forgotten before a listener came to them. */
  'listener.lagged': { listener: string; from: number; to: number }
  /** Something that a person must know has begun; `condition`: what is the same until it clears. */
  'alert.raised': { alert: string; condition: string; route: string; event: number; channels: string[] }
  /** It is over, or was not repeated for long. */
  'alert.cleared': { alert: string; condition: string; route: string; event: number; channels: string[] }
  /** A channel did not take what was to be delivered; it is tried again. */
  'delivery.failed': {
    delivery: string
    channel: string
    attempt: number
    reason: string
    nextAttemptAt: string
  }
  /** It is not tried any more. */
  'delivery.gave_up': { delivery: string; channel: string; attempts: number; reason: string }
  /** Something that should have succeeded by now has not. `lastAt`: when it did last; null: never. */
  'heartbeat.missed': { heartbeat: string; lastAt: string | null; dueAt: string; graceMs: Milliseconds }
  /** It has succeeded again. */
  'heartbeat.recovered': { heartbeat: string; missedForMs: Milliseconds }
  /** Nothing is required of what has room to work. `cpu`: percent of the whole machine. */
  'scaling.under_used': { command: string; input: string; cpu: number; loadAverage: number }
  /** More is required than the machine has room for. */
  'scaling.over_used': {
    command: string
    input: string
    cpu: number
    loadAverage: number
    /** Required, and not run. */
    processesRequired: number
    processesRunning: number
  }
  /** A start did not happen, for one reason out of one fixed list. */
  'start.refused': { reason: RefusalReason; detail: string }
}

interface OccurrenceEnded {
  occurrence: string
  dueAt: string
  attempts: number
  /** Since its first run began; null if none did. */
  lastedMs: number | null
  /** Of its last run; null where there is none, or nobody knows it. */
  exitCode: number | null
  detail: string
}

export type EventKind = keyof EventData

/** The severity of each kind, as the log has it. */
export const eventLevels = {
  'agent.started': 'notice',
  'agent.stopping': 'notice',
  'agent.stopped': 'notice',
  'agent.failed_internally': 'error',
  'config.applied': 'notice',
  'config.refused': 'critical',
  'api.requested': 'info',
  'api.denied': 'warning',
  'token.created': 'notice',
  'token.revoked': 'notice',
  'slot.requested': 'info',
  'slot.starting': 'info',
  'slot.waiting': 'info',
  'slot.running': 'info',
  'slot.ready': 'info',
  'slot.unready': 'warning',
  'slot.unhealthy': 'warning',
  'slot.backing_off': 'warning',
  'slot.stopping': 'info',
  'slot.stopped': 'info',
  'slot.exited': 'info',
  'slot.gave_up': 'error',
  'rollout.stopped': 'error',
  'rollout.finished': 'info',
  'program.scaled': 'notice',
  'run.started': 'info',
  'run.adopted': 'info',
  'run.limit_reached': 'warning',
  'run.grace_cut': 'warning',
  'run.overdue': 'warning',
  'run.timed_out': 'error',
  'run.ended': 'info',
  'run.output': 'debug',
  'run.output_lost': 'warning',
  'job.started': 'notice',
  'job.queued': 'info',
  'job.retrying': 'warning',
  'job.succeeded': 'notice',
  'job.warned': 'warning',
  'job.failed': 'error',
  'job.timed_out': 'error',
  'job.stopped': 'notice',
  'job.lost': 'error',
  'job.skipped': 'warning',
  'job.missed': 'warning',
  'job.disabled': 'notice',
  'job.enabled': 'notice',
  'jobs.paused': 'notice',
  'jobs.resumed': 'notice',
  'clock.jumped': 'warning',
  'listener.failed': 'error',
  'listener.lagged': 'error',
  'alert.raised': 'notice',
  'alert.cleared': 'notice',
  'delivery.failed': 'warning',
  'delivery.gave_up': 'error',
  'heartbeat.missed': 'error',
  'heartbeat.recovered': 'notice',
  'scaling.under_used': 'notice',
  'scaling.over_used': 'warning',
  'start.refused': 'warning',
} as const satisfies Record<EventKind, EventLevel>

export const eventKinds: readonly EventKind[] = Object.keys(eventLevels) as EventKind[]

/** Those of syslog, the most serious first. */
export const eventLevelNames = [
  'emergency',
  'alert',
  'critical',
  'error',
  'warning',
  'notice',
  'info',
  'debug',
] as const
export type EventLevel = (typeof eventLevelNames)[number]

export interface EventSubject {
  readonly program: string | null
  readonly slot: string | null
  readonly run: string | null
  /** The program's own data, as it was when the event happened. */
  readonly customData: JsonValue
}

/** An event before it is recorded. */
export type NewEvent = {
  [K in EventKind]: { readonly kind: K; readonly data: EventData[K]; readonly at: number } & EventSubject
}[EventKind]

/** A recorded event: `id` grows without gaps in the order of recording, per store. */
export type DroverEvent = NewEvent & { readonly id: number }

/** Whether an event's kind fits `run.ended`, `run.*` or `*`. */
export function matchesKind(kind: string, pattern: string): boolean {
  if (pattern === '*') return true
  return pattern.endsWith('.*') ? kind.startsWith(pattern.slice(0, -1)) : kind === pattern
}
