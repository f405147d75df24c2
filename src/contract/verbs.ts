/**
 * What an agent can be asked for, as plain functions: the HTTP routes call these and nothing else, and every further door
 * (XML-RPC, SCS's paths) is a thin translation to the same verbs. The agent floor provides them.
 */
import type { Role } from '../domain/role.ts'
import type {
  AgentView,
  AlertView,
  DeliveryView,
  DueView,
  EventView,
  HeartbeatView,
  JobView,
  ListenerView,
  OccurrenceView,
  OutcomeView,
  OutputView,
  PlanView,
  ProgramView,
  RunDetail,
  RunView,
  SlotView,
  TokenView,
  TriggerView,
} from './views.ts'

export interface AgentVerbs {
  listAlerts(): AlertView[]
  /** Newest first. */
  listDeliveries(query: {
    channel?: string
    states: readonly string[]
    before?: string
    limit: number
  }): Promise<DeliveryView[]>
  /** Throws `not_found`. That the channel did not take it is in the answer. */
  testChannel(name: string): Promise<DeliveryView>
  listHeartbeats(): HeartbeatView[]
  /** Throws `not_found`. */
  pingHeartbeat(name: string): Promise<HeartbeatView>
  getAgent(): AgentView
  /** For Prometheus, in its text format. */
  getMetrics(): Promise<string>
  /** An empty list of targets is all. Throws `not_found` for a target that fits nothing. */
  listSlots(targets: readonly string[]): SlotView[]
  start(request: {
    targets: readonly string[]
    wait: boolean
    by: string
    signal?: AbortSignal
  }): Promise<OutcomeView[]>
  stop(request: {
    targets: readonly string[]
    wait: boolean
    by: string
    signal?: AbortSignal
  }): Promise<OutcomeView[]>
  /** `rolling`: in turns, `parallel` at a time or as many as each program's own rules say. */
  restart(request: {
    targets: readonly string[]
    wait: boolean
    rolling: boolean
    parallel?: number | undefined
    by: string
    signal?: AbortSignal
  }): Promise<OutcomeView[]>
  /** Sets numbers of processes by program; null goes back to the declared one. */
  scale(request: {
    programs: Readonly<Record<string, number | null>>
    wait: boolean
    by: string
    signal?: AbortSignal
  }): Promise<OutcomeView[]>
  signal(request: {
    targets: readonly string[]
    signal: string
    to: 'process' | 'group' | 'tree'
    by: string
  }): Promise<OutcomeView[]>
  /** Whether the output of living runs is kept, or thrown away. */
  capture(request: { targets: readonly string[]; on: boolean; by: string }): Promise<OutcomeView[]>
  rotate(request: { targets: readonly string[]; by: string }): Promise<OutcomeView[]>
  writeInput(request: { targets: readonly string[]; text: string; by: string }): Promise<OutcomeView[]>
  listPrograms(): ProgramView[]
  getProgram(name: string): ProgramView
  putPrograms(request: {
    text: string
    format: 'yaml' | 'json' | 'toml'
    name: string
    baseDir: string
    by: string
  }): Promise<PlanView>
  deleteProgram(name: string, by: string): Promise<PlanView>
  planReload(): Promise<PlanView>
  reload(request: {
    wait: boolean
    by: string
    signal?: AbortSignal
  }): Promise<{ plan: PlanView; outcomes: OutcomeView[] }>
  /** Throws `not_found` for a target that fits no job. */
  listJobs(targets: readonly string[]): Promise<JobView[]>
  listDue(query: { targets: readonly string[]; limit: number }): Promise<DueView[]>
  triggerJob(request: {
    job: string
    params: Readonly<Record<string, string>>
    dryRun: boolean
    wait: boolean
    by: string
    signal?: AbortSignal
  }): Promise<TriggerView>
  enableJobs(request: { targets: readonly string[]; isEnabled: boolean; by: string }): Promise<JobView[]>
  pauseJobs(request: { isPaused: boolean; by: string }): Promise<{ pausedBy: string | null }>
  listOccurrences(query: {
    targets: readonly string[]
    /** Empty is any. */
    states: readonly string[]
    before?: string
    limit: number
  }): Promise<OccurrenceView[]>
  getOccurrence(id: string): Promise<OccurrenceView>
  listRuns(query: {
    targets: readonly string[]
    state?: 'alive' | 'ended'
    before?: string
    limit: number
  }): Promise<RunView[]>
  getRun(idOrPrefix: string): Promise<RunDetail>
  /** The bytes as they lie on the disk, from the offset (or the first one kept) to the present end. */
  readRunOutput(idOrPrefix: string, stream: 'out' | 'err', offset: number): Promise<AsyncIterable<Uint8Array>>
  /** Ends by itself unless `follow`; then when the signal aborts. */
  streamLogs(query: {
    targets: readonly string[]
    /** For each slot; usually the last 20, or all that a search finds. */
    lines?: number
    follow: boolean
    run?: string
    stream: 'out' | 'err' | 'both'
    /** Any of these three makes it a search through all that is kept. */
    since?: string
    until?: string
    grep?: string
    ignoreCase: boolean
    invert: boolean
    /** Each time that is known begins a piece of its own. */
    timestamps: boolean
    signal: AbortSignal
  }): Promise<AsyncIterable<OutputView>>
  /** `newest`: the last ones up to the limit, still in ascending order. */
  listEvents(query: {
    after?: number
    kinds: readonly string[]
    targets: readonly string[]
    run?: string
    limit: number
    newest: boolean
  }): Promise<EventView[]>
  /** Replays from `after` (exclusive), then goes on live; without `after` only what happens from now on. */
  streamEvents(query: {
    after?: number
    kinds: readonly string[]
    targets: readonly string[]
    signal: AbortSignal
  }): AsyncIterable<EventView>
  listListeners(): ListenerView[]
  listTokens(): TokenView[]
  createToken(request: {
    name: string
    role: Role
    expiresInMs?: number
    by: string
  }): Promise<{ token: TokenView; secret: string }>
  revokeToken(name: string, by: string): Promise<TokenView>
  /** Answers once the new build is found fit; then this agent ends. */
  upgrade(request: {
    command: readonly string[]
    version: string
    storeSchema: number
    by: string
  }): Promise<{ from: string; to: string }>
  /** Answers at once with the number of runs that are being stopped (0 when they are left). */
  shutdown(request: { leaveWorkers: boolean; by: string }): Promise<{ stopping: number }>
}
