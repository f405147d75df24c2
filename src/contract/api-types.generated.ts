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
  | 'data_dir_foreign'
  | 'data_dir_unusable'
  | 'data_dir_in_use'
  | 'store_newer'
  | 'store_broken'
  | 'store_unavailable'
  | 'socket_in_the_way'
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

export interface EventView {
  id: number;
  /** ISO 8601, UTC */
  at: string;
  kind: 'agent.started' | 'agent.stopping' | 'agent.stopped' | 'agent.failed_internally' | 'config.applied' | 'config.refused' | 'slot.requested' | 'slot.starting' | 'slot.waiting' | 'slot.running' | 'slot.ready' | 'slot.unready' | 'slot.unhealthy' | 'slot.backing_off' | 'slot.stopping' | 'slot.stopped' | 'slot.exited' | 'slot.gave_up' | 'rollout.stopped' | 'rollout.finished' | 'program.scaled' | 'run.started' | 'run.adopted' | 'run.ended' | 'start.refused';
  level: 'error' | 'warning' | 'notice' | 'info';
  program: string | null;
  slot: string | null;
  run: string | null;
  data: { [name: string]: unknown };
  /** any JSON */
  customData: unknown;
  /** One sentence for people. */
  text: string;
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
}

export interface PlanView {
  /** The generation that it starts from. */
  generation: number;
  isEmpty: boolean;
  programs: ({ program: string; change: 'added' | 'removed' | 'restarted' | 'scaled' | 'policy'; /** Fields that differ. */ fields: string[]; })[];
  steps: ({ slot: string; action: 'start' | 'stop' | 'restart' | 'remove' | 'keep'; reason: string; })[];
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
}

export interface RunView {
  id: string;
  program: string;
  slot: string;
  node: string;
  /** autostart, requested, restart or changed, with its data */
  cause: { kind: string; [key: string]: unknown; };
  causeText: string;
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
  usage: { /** User and system time of the tree. */ cpuMs: number; /** Now while alive, the peak once ended. */ rssBytes: number; /** Members of the tree while alive, else 0. */ processes: number; outBytes: number; errBytes: number; lostBytes: number; } | null;
}

export interface SlotView {
  /** What a person sees: the program’s name while it has one process, else the slot. */
  name: string;
  /** program:index */
  slot: string;
  program: string;
  group: string;
  index: number;
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
}

/** One method for each endpoint. */
export interface DroverApi {
  /** Whether the agent works. */
  getHealth(request?: Readonly<Record<string, never>>, options?: CallOptions): Promise<{ status: 'ok'; }>

  /** This page: the API as an OpenAPI document. */
  getOpenApi(request?: Readonly<Record<string, never>>, options?: CallOptions): Promise<{ openapi: string; [key: string]: unknown; }>

  /** The agent itself: version, node, configuration, counts. */
  getAgent(request?: Readonly<Record<string, never>>, options?: CallOptions): Promise<AgentView>

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

  /** The last lines of many programs, and what follows. */
  streamLogs(request?: {
    readonly targets?: readonly string[]
    readonly lines?: number
    readonly follow?: boolean
    readonly run?: string
    readonly stream?: 'out' | 'err' | 'both'
  }, options?: CallOptions): AsyncIterable<OutputView>

  /** Events in their order. */
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

  /** Ends the agent; workers are stopped first, or left running. */
  shutdown(request?: {
    readonly leaveWorkers?: boolean
  }, options?: CallOptions): Promise<{ stopping: number; }>
}
