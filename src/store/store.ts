/**
 * What the agent remembers, in the domain's own verbs. One interface for every database; `conformance/` holds the tests that each of
 * them passes.
 *
 * The promise rests on `record`: everything that belongs to one decision is committed as one, or not at all.
 */
import type { Alert, Delivery, DeliveryState } from '../domain/alerting/alert.ts'
import type { HeartbeatState } from '../domain/alerting/heartbeat-book.ts'
import type { DroverEvent, EventKind, NewEvent } from '../domain/events/event.ts'
import type { Listener } from '../domain/events/listener.ts'
import type { ChainProgress } from '../domain/jobs/chain.ts'
import type { Occurrence, OccurrenceStateKind } from '../domain/jobs/occurrence.ts'
import type { Program } from '../domain/program.ts'
import type { Role } from '../domain/role.ts'
import type { SlotRollout } from '../domain/rollout.ts'
import type { Run, RunEnd } from '../domain/run.ts'
import type { SlotTally } from '../domain/slot-tally.ts'
import type { RunPeak } from '../domain/usage.ts'

export interface Store {
  /**
   * Applies all of it in one durable transaction. The events come back with their ids, in the given order. Where the texts of all `run.output`
   * events together pass their bound, the oldest of them are forgotten by it; the events stay.
   */
  record(changes: Changes): Promise<DroverEvent[]>

  loadPrograms(): Promise<StoredProgram[]>
  /** Grows with each change of the set of programs. */
  loadGeneration(): Promise<number>
  loadSlots(): Promise<StoredSlot[]>
  loadScales(): Promise<StoredScale[]>
  loadNote(name: NoteName): Promise<string | null>

  loadTokens(): Promise<StoredToken[]>

  /** Runs that are not recorded as ended. */
  listOpenRuns(): Promise<Run[]>
  /** Ids of ended runs whose directory is still kept. */
  listKeptRunIds(): Promise<string[]>
  /** Ended runs of a slot whose directory is still kept, newest first. */
  listKeptRuns(slot: string): Promise<{ id: string; bytes: number; endedAt: number }[]>
  /**
   * Ended runs whose directory is still kept though their slot is no more, and that ended before the first time; those that never held a slot when they
   * ended before the second.
   */
  listForgottenRuns(endedBefore: number, slotlessEndedBefore: number): Promise<string[]>
  /** Every slot that ever had a run which is still known. */
  listSlotsOfRuns(): Promise<{ slot: string; program: string }[]>
  /** Newest first. `slots` null is any. */
  listRuns(query: RunQuery): Promise<Run[]>
  /** All runs whose id begins so, at most two. */
  findRuns(prefix: string): Promise<Run[]>

  loadJobs(): Promise<StoredJob[]>
  /** Occurrences that something will still become of, oldest first. */
  listOpenOccurrences(): Promise<Occurrence[]>
  /** Newest first. */
  listOccurrences(query: OccurrenceQuery): Promise<Occurrence[]>
  /** Of each job the newest one that is so; null is every job that is declared. */
  listLastOccurrences(programs: readonly string[] | null, which: WhichLast): Promise<Occurrence[]>
  /** All occurrences whose id begins so, at most two. */
  findOccurrences(prefix: string): Promise<Occurrence[]>
  /** Forgets what is beyond the limits of one job, runs without a directory included; returns how many rows. */
  trimJob(job: {
    readonly program: string
    readonly keep: number
    readonly recordedBefore: number | null
  }): Promise<number>

  /** Troubles that people were, or may yet be, told of. */
  loadAlerts(): Promise<Alert[]>
  /** Those that are not over, oldest first. */
  listOpenDeliveries(): Promise<Delivery[]>
  /** Newest first. */
  listDeliveries(query: DeliveryQuery): Promise<Delivery[]>
  loadHeartbeats(): Promise<HeartbeatState[]>

  /** Ascending; with `newest` the last ones up to the limit. */
  listEvents(query: EventQuery): Promise<DroverEvent[]>
  lastEventId(): Promise<number>
  /** Events after an id in portions, for who reads all of them in their order. */
  pageEvents(query: EventPageQuery): Promise<EventPage>

  loadListeners(): Promise<StoredListener[]>

  /** Forgets rows of history beyond the limits; returns how many. */
  /** `forgottenBefore`: due times of programs that are no jobs any more go when they were recorded before. */
  trim(limits: {
    keepRuns: number
    keepEvents: number
    /** Deliveries that are over. */
    keepDeliveries: number
    forgottenBefore: number
  }): Promise<number>
  /** Forgets events that more than `keep` others came after, the oldest first and no more than `most`; returns how many. */
  trimEvents(limits: { readonly keep: number; readonly most: number }): Promise<number>
  close(): Promise<void>
}

export interface Changes {
  readonly events?: readonly NewEvent[]
  /** Inserted or replaced by name. */
  readonly slots?: readonly StoredSlot[]
  readonly removedSlots?: readonly string[]
  /** Inserted or replaced by program. */
  readonly scales?: readonly StoredScale[]
  readonly removedScales?: readonly string[]
  /** Inserted; a run that is there already stays as it is. */
  readonly claimedRuns?: readonly Run[]
  readonly startedRuns?: readonly { readonly id: string; readonly startedAt: number; readonly pid: number }[]
  readonly endedRuns?: readonly {
    readonly id: string
    readonly end: RunEnd
    readonly keptBytes: number | null
  }[]
  /** Inserted or replaced by program. */
  readonly jobs?: readonly StoredJob[]
  readonly removedJobs?: readonly string[]
  /** Inserted; an id, or a due time of a schedule, that is there already stays as it is. */
  readonly occurrences?: readonly Occurrence[]
  /** Their state, attempts, run and times. */
  readonly changedOccurrences?: readonly Occurrence[]
  /** What the runs used at most, as far as it was seen until now. */
  readonly peaks?: readonly { readonly id: string; readonly peak: RunPeak }[]
  /** Runs of which it was told that they last longer than they should. */
  readonly warnedRuns?: readonly { readonly id: string; readonly warnedAt: number }[]
  /** How far the output of runs is told by the events of these changes; null: nothing of that stream. */
  readonly toldOutput?: readonly {
    readonly id: string
    readonly out: number | null
    readonly err: number | null
  }[]
  /** Their directories are gone. */
  readonly droppedRuns?: readonly string[]
  /** The whole set of one source, replacing that source's former set. */
  readonly programs?: {
    readonly source: ProgramSource
    readonly programs: readonly Program[]
    readonly generation: number
  }
  /** Inserted or replaced by id. */
  readonly alerts?: readonly Alert[]
  readonly removedAlerts?: readonly string[]
  /** Inserted or replaced by id. */
  readonly deliveries?: readonly Delivery[]
  /** Inserted or replaced by name. */
  readonly heartbeats?: readonly HeartbeatState[]
  readonly removedHeartbeats?: readonly string[]
  /** Inserted or replaced by name. */
  readonly tokens?: readonly StoredToken[]
  readonly removedTokens?: readonly string[]
  /** A new one begins with the events of these very changes; one of a name that is known keeps its cursor. */
  readonly listeners?: readonly Listener[]
  readonly removedListeners?: readonly string[]
  /** How far listeners have come; never back. */
  readonly cursors?: readonly ListenerCursor[]
  readonly notes?: { readonly [N in NoteName]?: string }
}

/** Small facts about the node itself. */
export type NoteName =
  | 'boot'
  | 'shutdown'
  | 'node'
  | 'labels'
  | 'paused'
  | 'trimmed'
  /** Up to which event alerts were decided; empty: nobody watches. */
  | 'alerted'
  /** What the configuration said of alerts, for an agent that cannot read it. */
  | 'alerts'

/** A token as it is kept: of its secret only the hash. Times are wall times. */
export interface StoredToken {
  readonly name: string
  readonly role: Role
  /** SHA-256 of the secret, in hex. */
  readonly hash: string
  readonly createdAt: number
  readonly createdBy: string
  /** Null: never. */
  readonly expiresAt: number | null
  /** Rounded, so that not every request is a write. */
  readonly lastUsedAt: number | null
}

export type ProgramSource = 'file' | 'api'

export interface StoredProgram {
  readonly program: Program
  readonly source: ProgramSource
}

export interface ListenerCursor {
  readonly name: string
  /** The last event that it need not be told any more. */
  readonly cursor: number
}

export interface StoredListener extends ListenerCursor {
  readonly listener: Listener
}

/** A number of processes that a person set. It holds for as long as the definition says what it said then. */
export interface StoredScale {
  readonly program: string
  readonly processes: number
  readonly declared: number
}

/** What a job is at. */
export interface StoredJob {
  readonly program: string
  /** Every due time up to here is recorded. Wall clock, as all times here. */
  readonly coveredUntil: number
  /** What `@every` counts from. */
  readonly anchor: number
  /** Identity of its schedule. */
  readonly schedule: string
  /** Who disabled it; null: nobody. */
  readonly disabledBy: string | null
  readonly progress: ChainProgress
  /** The newest that it was due at by the clock, under any schedule: no such time is due again, however the clock is set. 0: none. */
  readonly lastDueAt: number
  /** Of its due times that no schedule made, the last one: no two are the same. */
  readonly lastTriggeredAt: number
}

/** A slot's state as it outlives agents: with wall times, since monotonic ones mean nothing to another process. */
export interface StoredSlot {
  readonly name: string
  readonly program: string
  readonly index: number
  readonly state: StoredSlotState
  readonly tally: SlotTally
  readonly asked: 'run' | 'stop' | null
  readonly launchHash: string | null
  /** When the state was entered, wall clock. */
  readonly since: number
  readonly lastRun: string | null
  readonly restarts: number
  /** Runs that followed one another since a person, a change or the agent began afresh. */
  readonly chain: number
  /** Whether and how its run is being replaced; its times are monotonic, and mean nothing after a restart of the machine. */
  readonly rollout: SlotRollout | null
  /** The due time that it is at work for. */
  readonly occurrence: string | null
}

/** A `SlotState` in which `until` is a wall time; `untilMonotonic` is the same instant for as long as the machine is not restarted. */
export type StoredSlotState = {
  readonly kind: string
  readonly until?: number | null
  readonly untilMonotonic?: number
} & Readonly<Record<string, unknown>>

export interface RunQuery {
  readonly slots: readonly string[] | null
  readonly state?: 'alive' | 'ended'
  /** Only runs older than this one. */
  readonly before?: string
  readonly limit: number
}

export interface OccurrenceQuery {
  /** Null is any. */
  readonly programs: readonly string[] | null
  /** Empty is any. */
  readonly states: readonly OccurrenceStateKind[]
  /** Only those that were recorded before this one. */
  readonly before?: string
  readonly limit: number
}

export interface DeliveryQuery {
  /** Null is any. */
  readonly channel: string | null
  /** Empty is any. */
  readonly states: readonly DeliveryState[]
  /** Only those that are older than this one. */
  readonly before?: string
  readonly limit: number
}

/** any; ended: that ended as a run; good: whose run was a success, be it with a warning. */
export type WhichLast = 'any' | 'ended' | 'good'

export interface EventQuery {
  readonly after?: number
  readonly kinds: readonly string[]
  /** None of these. */
  readonly without?: readonly EventKind[]
  /** Null is any. */
  readonly slots: readonly string[] | null
  /** Beside those of the slots: those of one of these programs that concern none of its slots. */
  readonly programs?: readonly string[]
  readonly run?: string
  readonly limit: number
  readonly newest: boolean
  /** No more than about this, but one event at least: a page of output events may weigh much. Absent: without such a bound. */
  readonly mostBytes?: number
}

export interface EventPageQuery {
  readonly after: number
  /** The last that is looked at. */
  readonly upTo: number
  readonly kinds: readonly string[]
  readonly limit: number
  /** Of their data, together; a single event may have more. */
  readonly mostBytes: number
}

export interface EventPage {
  readonly events: readonly DroverEvent[]
  /** All up to this one were looked at. */
  readonly to: number
  /** The first one that is still there; null: none is. */
  readonly oldest: number | null
}
