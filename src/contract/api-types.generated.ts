/**
 * The API as TypeScript sees it.
 *
 * Generated from src/contract by scripts/generate.mjs; change it there.
 */

/** What went wrong, for a program; the reference lists what each means. */
export type ErrorCode =
  | 'usage'
  | 'no_agent'
  | 'not_found'
  | 'config_invalid'
  | 'config_unreadable'
  | 'nothing_to_import'
  | 'conflict'
  | 'refused'
  | 'did_not_happen'
  | 'timed_out'
  | 'busy'
  | 'data_dir_foreign'
  | 'data_dir_unusable'
  | 'data_dir_in_use'
  | 'store_newer'
  | 'store_broken'
  | 'store_unavailable'
  | 'socket_in_the_way'
  | 'address_taken'
  | 'listen_refused'
  | 'tls_invalid'
  | 'unauthorized'
  | 'forbidden'
  | 'token_revoked'
  | 'too_many_requests'
  | 'too_large'
  | 'too_slow'
  | 'shim_missing'
  | 'shutting_down'
  | 'internal'

export interface CallOptions {
  /** Ends the call, or the stream, with an `AbortError`. */
  readonly signal?: AbortSignal
}

export interface AgentView {
  version: string;
  pid: number;
  /** The script that the agent was started by. */
  build: string;
  node: string;
  dataDir: string;
  /** The configuration file or folder, if any. */
  config: string | null;
  generation: number;
  /** ISO 8601, UTC */
  startedAt: string;
  isShuttingDown: boolean;
  slots: { [K in 'stopped' | 'waiting' | 'starting' | 'running' | 'backoff' | 'stopping' | 'exited' | 'fatal']?: number };
  memory: { rssBytes: number; };
}

export interface AlertView {
  id: string;
  route: string;
  /** What is the same trouble has the same name, such as `job report`. */
  condition: string;
  level: 'emergency' | 'alert' | 'critical' | 'error' | 'warning' | 'notice' | 'info' | 'debug';
  title: string;
  /** ISO 8601, UTC */
  since: string;
  /** ISO 8601, UTC */
  lastAt: string;
  /** Events that raised it, in a row. */
  count: number;
  /** When people were told last; null: it came not often enough, or in quiet hours. */
  toldAt: string | null;
  channels: string[];
  /** When it is told, in quiet hours. */
  quietUntil: string | null;
  program: string | null;
}

export interface DeliveryView {
  id: string;
  channel: string;
  /** Null: a test. */
  route: string | null;
  alert: string | null;
  kind: 'raised' | 'repeated' | 'cleared' | 'digest' | 'test';
  title: string;
  /** pending: it is tried until the channel takes it; held: it becomes part of a digest, and then it is digested; refused: the channel will never take it; gave_up: it was tried for long enough. */
  state: 'pending' | 'held' | 'delivered' | 'digested' | 'refused' | 'gave_up';
  attempts: number;
  /** What came of the last attempt. */
  reason: string | null;
  /** ISO 8601, UTC */
  createdAt: string;
  /** When it is tried next; null: it is over. */
  nextAt: string | null;
  /** ISO 8601, UTC */
  endedAt: string | null;
  /** The delivery that it is told in. */
  digest: string | null;
}

export interface DueView {
  program: string;
  /** ISO 8601, UTC */
  at: string;
  timezone: string;
  /** What there is to know: a change of the clocks, or why it will not begin. */
  note: string | null;
  /** Whether a run will begin, as things stand. */
  isExpected: boolean;
}

export interface EventView {
  id: number;
  /** ISO 8601, UTC */
  at: string;
  kind: 'agent.started' | 'agent.stopping' | 'agent.stopped' | 'agent.failed_internally' | 'config.applied' | 'config.refused' | 'api.requested' | 'api.denied' | 'token.created' | 'token.revoked' | 'slot.requested' | 'slot.starting' | 'slot.waiting' | 'slot.running' | 'slot.ready' | 'slot.unready' | 'slot.unhealthy' | 'slot.backing_off' | 'slot.stopping' | 'slot.stopped' | 'slot.exited' | 'slot.gave_up' | 'rollout.stopped' | 'rollout.finished' | 'program.scaled' | 'run.started' | 'run.adopted' | 'run.limit_reached' | 'run.grace_cut' | 'run.overdue' | 'run.timed_out' | 'run.ended' | 'run.output' | 'run.output_lost' | 'job.started' | 'job.queued' | 'job.retrying' | 'job.succeeded' | 'job.warned' | 'job.failed' | 'job.timed_out' | 'job.stopped' | 'job.lost' | 'job.skipped' | 'job.missed' | 'job.disabled' | 'job.enabled' | 'jobs.paused' | 'jobs.resumed' | 'clock.jumped' | 'listener.failed' | 'listener.lagged' | 'alert.raised' | 'alert.cleared' | 'delivery.failed' | 'delivery.gave_up' | 'heartbeat.missed' | 'heartbeat.recovered' | 'scaling.under_used' | 'scaling.over_used' | 'start.refused';
  level: 'emergency' | 'alert' | 'critical' | 'error' | 'warning' | 'notice' | 'info' | 'debug';
  program: string | null;
  slot: string | null;
  run: string | null;
  data: { [name: string]: unknown };
  /** any JSON */
  customData: unknown;
  /** One sentence for people. */
  text: string;
}

export interface HeartbeatView {
  name: string;
  everyMs: number;
  graceMs: number;
  /** When it succeeded last; null: not since it was declared. */
  lastAt: string | null;
  /** By when it should succeed again; it is missed when its grace is over. */
  dueAt: string;
  /** ISO 8601, UTC */
  missedSince: string | null;
}

export interface JobView {
  name: string;
  group: string;
  /** When it is due, in words for people. */
  schedule: string;
  timezone: string;
  after: ({ program: string; condition: 'success' | 'failure' | 'end'; /** Ended so since the job was last due. */ isMet: boolean; })[];
  /** As the configuration says. */
  isEnabled: boolean;
  /** The person who disabled it. */
  disabledBy: string | null;
  /** The person who paused all jobs. */
  pausedBy: string | null;
  /** Why it does not run on this node. */
  notHere: string | null;
  running: number;
  queued: number;
  /** When it is due next, as far as its schedule tells. */
  nextAt: string | null;
  /** Where no next time can be told: what makes it due instead, or why nothing does. passed: no time of its schedule is to come. */
  noNext: 'not_enabled' | 'other_node' | 'function' | 'reboot' | 'after' | 'manual' | 'passed' | null;
  /** The due time that a slot is at work for; of several the oldest. */
  current: OccurrenceView | null;
  /** The newest due time, whatever it is at. */
  last: OccurrenceView | null;
  /** The newest one that ended as a run. */
  lastEnded: OccurrenceView | null;
  /** What its last runs took, the oldest first; only where one job is asked for. */
  recentMs: number[];
}

export interface ListenerView {
  name: string;
  /** Kinds and families of events. */
  on: string[];
  programs: string[];
  groups: string[];
  kind: 'function' | 'command';
  /** The command, or the file of the function. */
  target: string;
  timeoutMs: number;
  /** pausing: it hung or could not be begun, and is tried again later. */
  state: 'idle' | 'working' | 'pausing';
  /** ISO 8601, UTC */
  retryAt: string | null;
  /** The last event that it need not be told any more. */
  cursor: number;
  /** Events after that, whether they are meant for it or not. */
  lag: number;
  /** Since the agent started. */
  failures: number;
  lastFailure: { /** ISO 8601, UTC */ at: string; event: number | null; reason: string; } | null;
}

export interface OccurrenceView {
  id: string;
  program: string;
  /** ISO 8601, UTC */
  dueAt: string;
  /** Why it was due. */
  trigger: 'schedule' | 'every' | 'reboot' | 'after' | 'manual';
  state: 'queued' | 'running' | 'ended' | 'skipped' | 'missed';
  /** Once it has ended. */
  outcome: 'success' | 'warning' | 'failure' | 'timed_out' | 'stopped' | 'lost' | null;
  /** Of one that waits, was skipped or was missed: a word out of a fixed list. */
  reason: string | null;
  /** What became of it, in one clause for people. */
  text: string;
  attempts: number;
  /** The run of its last attempt. */
  run: string | null;
  params: { [name: string]: string };
  /** Begun later than it should have been. */
  isCatchUp: boolean;
  /** ISO 8601, UTC */
  recordedAt: string;
  /** ISO 8601, UTC */
  startedAt: string | null;
  /** ISO 8601, UTC */
  endedAt: string | null;
  /** From the due time to its start. */
  lateMs: number | null;
  /** From its start to its end, all attempts included. */
  durationMs: number | null;
  /** Of a missed one that stands for many: the first due time of them. */
  since: string | null;
}

export interface OutcomeView {
  slot: string;
  name: string;
  outcome: 'done' | 'unchanged' | 'failed' | 'waiting';
  state: 'stopped' | 'waiting' | 'starting' | 'running' | 'backoff' | 'stopping' | 'exited' | 'fatal';
  pid: number | null;
  message: string;
}

export interface OutputView {
  slot: string;
  name: string;
  run: string;
  stream: 'out' | 'err';
  /** Of the first byte within the run’s stream; in a named file within the file. */
  offset: number;
  /** Whole characters; bytes that are no UTF-8 are replaced. */
  text: string;
  /** When the first of it came, where that is known. */
  time?: string;
}

export interface PlanView {
  /** The generation that it starts from. */
  generation: number;
  isEmpty: boolean;
  programs: ({ program: string; change: 'added' | 'removed' | 'restarted' | 'scaled' | 'policy'; /** Fields that differ. */ fields: string[]; })[];
  steps: ({ slot: string; action: 'start' | 'stop' | 'restart' | 'remove' | 'keep'; reason: string; })[];
  listeners: ({ listener: string; change: 'added' | 'removed' | 'changed'; })[];
  warnings: string[];
}

export interface ProblemView {
  severity: 'error' | 'warning';
  code: string;
  file: string | null;
  line: number | null;
  field: string;
  value: string | null;
  message: string;
  expected: string | null;
  suggestion: string | null;
}

export interface ProgramView {
  name: string;
  group: string;
  /** Where the definition came from. */
  source: 'file' | 'api';
  /** The program with all defaults filled in; values of its environment are masked. */
  definition: { [key: string]: unknown; };
}

export interface RunDetail {
  run: RunView;
  timeline: EventView[];
  /** Of a job: the due time that it was for, while that is remembered. */
  occurrence: OccurrenceView | null;
}

export interface RunView {
  id: string;
  program: string;
  slot: string;
  node: string;
  /** autostart, requested, restart, changed, dependency, scheduled, reboot, after, retry or exec, with its data */
  cause: { kind: string; [key: string]: unknown; };
  causeText: string;
  /** Of a job: the due time that it was for. */
  occurrence: string | null;
  /** Of a job: which attempt it was, from 1. */
  attempt: number | null;
  state: 'claimed' | 'running' | 'ended';
  pid: number | null;
  /** ISO 8601, UTC */
  claimedAt: string;
  /** ISO 8601, UTC */
  startedAt: string | null;
  /** ISO 8601, UTC */
  endedAt: string | null;
  durationMs: number | null;
  /** How it ended: exited, signaled, stopped, timed_out, failed_to_start, revoked, unknown or machine_restarted, with its data */
  end: { kind: string; [key: string]: unknown; } | null;
  endText: string | null;
  usage: { /** User and system time of the tree. */ cpuMs: number; /** Of the tree now while alive; once ended the highest that is known of it. */ rssBytes: number; /** Of the tree now, shared pages by their share; only of one living run that is asked for. */ pssBytes: number | null; /** Members of the tree while alive, else 0. */ processes: number; /** File descriptors of the tree while alive. */ openFiles: number | null; /** The highest sum over the tree that a look saw; null for runs too short for one. */ peakTreeRssBytes: number | null; /** The most members that a look saw. */ peakProcesses: number | null; /** The most file descriptors that a look saw. */ peakOpenFiles: number | null; /** Once ended: the peak of the largest single process, as the kernel measured it. */ largestProcessRssBytes: number | null; outBytes: number; errBytes: number; lostBytes: number; } | null;
}

export interface SlotView {
  /** What a person sees: the program’s name while it has one process, else the slot. */
  name: string;
  /** program:index */
  slot: string;
  program: string;
  group: string;
  index: number;
  /** A job is at rest between its due times. */
  kind: 'service' | 'job';
  state: 'stopped' | 'waiting' | 'starting' | 'running' | 'backoff' | 'stopping' | 'exited' | 'fatal';
  pid: number | null;
  /** The run that the slot holds now. */
  run: string | null;
  /** The last run of the slot, alive or not. */
  lastRun: string | null;
  /** When the slot entered its state. */
  since: string;
  /** When the living run’s command began. */
  startedAt: string | null;
  /** Why it is in this state, where that needs saying. */
  reason: string | null;
  /** In backoff: when the next try comes. */
  retryAt: string | null;
  /** Of a job: when it is due next; null also where nothing would begin then, as things stand. */
  nextAt: string | null;
  /** Whether it can do its work, as its checks say; null while it has no process. */
  ready: boolean | null;
  /** The verdict of each check that the program has, while it has a process. */
  checks: { [K in 'startup' | 'readiness' | 'liveness']?: 'passing' | 'failing' | 'unknown' };
  /** What the process says of itself, by `STATUS=` of sd_notify. */
  statusText: string | null;
  /** Runs something else than is declared, or waits for its turn to be restarted. */
  outdated: boolean;
  quickExits: number;
  /** Runs begun after another’s end since the agent’s store knows the slot. */
  restarts: number;
  /** What the slot shall do. */
  wanted: 'run' | 'stop';
  stoppedByPerson: boolean;
  node: string;
  /** What the living run’s whole tree uses; null before the first look. */
  usage: { /** Of one core, over the time since the look before. */ cpuPercent: number; /** User and system time of the tree since its start. */ cpuMs: number; /** Resident memory of the tree. */ rssBytes: number; processes: number; /** Null where they may not be counted. */ openFiles: number | null; } | null;
}

export interface TokenView {
  name: string;
  role: 'viewer' | 'operator' | 'admin';
  /** ISO 8601, UTC */
  createdAt: string;
  createdBy: string;
  /** Null: it holds until it is revoked. */
  expiresAt: string | null;
  isExpired: boolean;
  /** To ten minutes or so. */
  lastUsedAt: string | null;
}

export interface TriggerView {
  /** Null for a dry run. */
  occurrence: OccurrenceView | null;
  /** What happened, or would, in one clause for people. */
  text: string;
  /** A run was begun, or would be. */
  isBegun: boolean;
  /** For a dry run: what would be executed. */
  plan: { command: string[]; cwd: string; user: string | null; /** What the command is told beside the environment of the job. */ variables: { [name: string]: string }; } | null;
}

/** One method for each endpoint. */
export interface DroverApi {
  /** Whether the agent works. */
  getHealth(request?: Readonly<Record<string, never>>, options?: CallOptions): Promise<{ status: 'ok'; }>

  /** This page: the API as an OpenAPI document. */
  getOpenApi(request?: Readonly<Record<string, never>>, options?: CallOptions): Promise<{ openapi: string; [key: string]: unknown; }>

  /** The agent itself: version, node, configuration, counts. */
  getAgent(request?: Readonly<Record<string, never>>, options?: CallOptions): Promise<AgentView>

  /** States, restarts and usage of all slots, for Prometheus (text format 0.0.4). */
  getMetrics(request?: Readonly<Record<string, never>>, options?: CallOptions): Promise<string>

  /** The state of every slot. */
  listSlots(request?: {
    readonly targets?: readonly string[]
  }, options?: CallOptions): Promise<SlotView[]>

  /** Starts slots; a start by a person is kept over restarts and ends a give-up. */
  startSlots(request: {
    /** Programs, groups (`app:*`), slots (`mailer:0`), patterns with `*` and `?`, or `all`. */
    readonly targets: readonly string[]
    /** Answer once the outcome is known. */
    readonly wait?: boolean
  }, options?: CallOptions): Promise<OutcomeView[]>

  /** Stops slots; what a person stopped stays stopped until a person starts it. */
  stopSlots(request: {
    /** Programs, groups (`app:*`), slots (`mailer:0`), patterns with `*` and `?`, or `all`. */
    readonly targets: readonly string[]
    /** Answer once the outcome is known. */
    readonly wait?: boolean
  }, options?: CallOptions): Promise<OutcomeView[]>

  /** Stops what runs and starts it again; what is stopped is started, too. In turns on request: then the first replacement that fails spares the rest. */
  restartSlots(request: {
    /** Programs, groups (`app:*`), slots (`mailer:0`), patterns with `*` and `?`, or `all`. */
    readonly targets: readonly string[]
    /** Answer once the outcome is known. */
    readonly wait?: boolean
    /** One after the other, each once the one before is ready. */
    readonly rolling?: boolean
    /** With `rolling`: so many at a time, instead of what `rollout.parallel` says. */
    readonly parallel?: number
  }, options?: CallOptions): Promise<OutcomeView[]>

  /** Sends a signal to the living runs. */
  signalSlots(request: {
    /** Programs, groups (`app:*`), slots (`mailer:0`), patterns with `*` and `?`, or `all`. */
    readonly targets: readonly string[]
    /** Name, with or without SIG, or number. */
    readonly signal: string
    readonly to?: 'process' | 'group' | 'tree'
  }, options?: CallOptions): Promise<OutcomeView[]>

  /** Keeps the output of the living runs from now on, or throws it away. */
  captureOutput(request: {
    /** Programs, groups (`app:*`), slots (`mailer:0`), patterns with `*` and `?`, or `all`. */
    readonly targets: readonly string[]
    /** Whether it is kept; each later run begins as `output.capture` says. */
    readonly on: boolean
  }, options?: CallOptions): Promise<OutcomeView[]>

  /** Begins new files of output for the living runs; what is empty is left alone. */
  rotateOutput(request: {
    /** Programs, groups (`app:*`), slots (`mailer:0`), patterns with `*` and `?`, or `all`. */
    readonly targets: readonly string[]
  }, options?: CallOptions): Promise<OutcomeView[]>

  /** Writes text to the standard input of the living runs, where the program has `stdin: fifo`. */
  writeInput(request: {
    /** Programs, groups (`app:*`), slots (`mailer:0`), patterns with `*` and `?`, or `all`. */
    readonly targets: readonly string[]
    readonly text: string
  }, options?: CallOptions): Promise<OutcomeView[]>

  /** The programs as they are in force. */
  listPrograms(request?: Readonly<Record<string, never>>, options?: CallOptions): Promise<ProgramView[]>

  /** One program as it is in force. */
  getProgram(request: {
    readonly name: string
  }, options?: CallOptions): Promise<ProgramView>

  /** Declares the programs of one text, in the same form that a configuration file has. Others stay as they are. */
  putPrograms(request: {
    /** A configuration as a text. */
    readonly text: string
    readonly format: 'yaml' | 'json' | 'toml'
    /** What errors call the text. */
    readonly name?: string
    /** What relative paths are relative to; absolute. */
    readonly baseDir?: string
  }, options?: CallOptions): Promise<PlanView>

  /** Removes a program that was declared over the API; its runs are stopped. */
  deleteProgram(request: {
    readonly name: string
  }, options?: CallOptions): Promise<PlanView>

  /** Sets how many processes programs have. It is kept over restarts, until the declared number changes or null takes it back. */
  scalePrograms(request: {
    /** Numbers of processes by program; null goes back to the declared one. */
    readonly programs: { readonly [name: string]: number | null }
    /** Answer once the outcome is known. */
    readonly wait?: boolean
  }, options?: CallOptions): Promise<OutcomeView[]>

  /** Reads the configuration and tells what a reload would do; changes nothing. */
  planReload(request?: Readonly<Record<string, never>>, options?: CallOptions): Promise<PlanView>

  /** Reads the configuration and makes it so. */
  reload(request?: {
    /** Answer once the outcome is known. */
    readonly wait?: boolean
  }, options?: CallOptions): Promise<{ plan: PlanView; outcomes: OutcomeView[]; }>

  /** Runs, newest first. */
  listRuns(request?: {
    readonly targets?: readonly string[]
    readonly state?: 'alive' | 'ended'
    /** The id of the last run of the page before. */
    readonly before?: string
    readonly limit?: number
  }, options?: CallOptions): Promise<RunView[]>

  /** The jobs: when each is due, what it is at, how it ended last. */
  listJobs(request?: {
    readonly targets?: readonly string[]
  }, options?: CallOptions): Promise<JobView[]>

  /** The next due times of jobs, the soonest first. */
  listDue(request?: {
    readonly targets?: readonly string[]
    readonly limit?: number
  }, options?: CallOptions): Promise<DueView[]>

  /** Makes a job due now; with `dryRun` only says what would happen. */
  triggerJob(request: {
    readonly job: string
    /** Parameters that the job declares. */
    readonly params?: { readonly [name: string]: string }
    readonly dryRun?: boolean
    /** Answer once it has ended. */
    readonly wait?: boolean
  }, options?: CallOptions): Promise<TriggerView>

  /** Takes back that somebody disabled jobs. */
  enableJobs(request: {
    /** Programs, groups (`app:*`), slots (`mailer:0`), patterns with `*` and `?`, or `all`. */
    readonly targets: readonly string[]
  }, options?: CallOptions): Promise<JobView[]>

  /** Disables jobs: their due times are skipped until somebody enables them. What runs goes on. */
  disableJobs(request: {
    /** Programs, groups (`app:*`), slots (`mailer:0`), patterns with `*` and `?`, or `all`. */
    readonly targets: readonly string[]
  }, options?: CallOptions): Promise<JobView[]>

  /** Pauses all jobs of this node: their due times are skipped until somebody resumes them. */
  pauseJobs(request: {
    readonly isPaused: boolean
  }, options?: CallOptions): Promise<{ pausedBy: string | null; }>

  /** The ledger: the times that jobs were due and what became of each, the newest first. */
  listOccurrences(request?: {
    readonly targets?: readonly string[]
    readonly states?: readonly string[]
    /** The id of the last one of the page before. */
    readonly before?: string
    readonly limit?: number
  }, options?: CallOptions): Promise<OccurrenceView[]>

  /** One time that a job was due, and what has become of it so far. */
  getOccurrence(request: {
    readonly id: string
  }, options?: CallOptions): Promise<OccurrenceView>

  /** One run: cause, timeline, usage, end. The id may be shortened as long as it is unique. */
  getRun(request: {
    readonly id: string
  }, options?: CallOptions): Promise<RunDetail>

  /** The output of one run, byte for byte, as far as it is kept. */
  getRunOutput(request: {
    readonly id: string
    readonly stream?: 'out' | 'err'
    /** The first byte that is wanted. */
    readonly offset?: number
  }, options?: CallOptions): AsyncIterable<Uint8Array>

  /** The last lines of many programs, and what follows; or those of a time, or that a pattern fits. */
  streamLogs(request?: {
    readonly targets?: readonly string[]
    readonly lines?: number
    readonly follow?: boolean
    readonly run?: string
    readonly stream?: 'out' | 'err' | 'both'
    /** The first time that is wanted: `10m`, `2h`, `3d` (ago), `14:30`, `today`, `yesterday`, `now` or ISO 8601. */
    readonly since?: string
    /** The first time that is not wanted any more: `10m`, `2h`, `3d` (ago), `14:30`, `today`, `yesterday`, `now` or ISO 8601. */
    readonly until?: string
    /** Only lines that this regular expression (of JavaScript) fits. */
    readonly grep?: string
    readonly ignoreCase?: boolean
    readonly invert?: boolean
    readonly timestamps?: boolean
  }, options?: CallOptions): AsyncIterable<OutputView>

  /** Events in their order; fewer than asked for where they weigh more than 8 MB together. */
  listEvents(request?: {
    /** The id of the last event that is known already. */
    readonly after?: number
    readonly kinds?: readonly string[]
    readonly targets?: readonly string[]
    readonly run?: string
    readonly limit?: number
    readonly newest?: boolean
  }, options?: CallOptions): Promise<EventView[]>

  /** Events as they happen; with `after` or Last-Event-ID from there on. */
  streamEvents(request?: {
    /** The id of the last event that is known already. */
    readonly after?: number
    readonly kinds?: readonly string[]
    readonly targets?: readonly string[]
  }, options?: CallOptions): AsyncIterable<EventView>

  /** Troubles that last now, by the routes that they are told by. */
  listAlerts(request?: Readonly<Record<string, never>>, options?: CallOptions): Promise<AlertView[]>

  /** What was, or is to be, told through the channels, the newest first. */
  listDeliveries(request?: {
    readonly channel?: string
    readonly states?: readonly string[]
    /** The id of the last one of the page before. */
    readonly before?: string
    readonly limit?: number
  }, options?: CallOptions): Promise<DeliveryView[]>

  /** Sends a word to a channel, and tells what it answered. */
  testChannel(request: {
    readonly name: string
  }, options?: CallOptions): Promise<DeliveryView>

  /** What should succeed in time, and whether it does. */
  listHeartbeats(request?: Readonly<Record<string, never>>, options?: CallOptions): Promise<HeartbeatView[]>

  /** Says that it succeeded just now. */
  pingHeartbeat(request: {
    readonly name: string
  }, options?: CallOptions): Promise<HeartbeatView>

  /** The listeners of the configuration: what each is told of, how far it has come, and what went wrong. */
  listListeners(request?: Readonly<Record<string, never>>, options?: CallOptions): Promise<ListenerView[]>

  /** The tokens of the API, without their secrets. */
  listTokens(request?: Readonly<Record<string, never>>, options?: CallOptions): Promise<TokenView[]>

  /** Makes a token; its secret is in this answer and nowhere else. */
  createToken(request: {
    readonly name: string
    readonly role: 'viewer' | 'operator' | 'admin'
    /** How long it holds; without, until it is revoked. */
    readonly expiresInMs?: number
  }, options?: CallOptions): Promise<{ token: TokenView; secret: string; }>

  /** Revokes a token; what is under way with it ends. */
  revokeToken(request: {
    readonly name: string
  }, options?: CallOptions): Promise<TokenView>

  /** Ends the agent, its workers left running, and starts another build in its place; goes back if that does not start. */
  upgrade(request: {
    /** What comes before `up`: node, its options and the script of the new build, absolute. */
    readonly command: readonly string[]
    readonly version: string
    /** The highest form of the store that the new build knows. */
    readonly storeSchema: number
  }, options?: CallOptions): Promise<{ from: string; to: string; }>

  /** Ends the agent; workers are stopped first, or left running. */
  shutdown(request?: {
    readonly leaveWorkers?: boolean
  }, options?: CallOptions): Promise<{ stopping: number; }>
}
