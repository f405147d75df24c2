/**
 * A program: what to run and its rules, with every default filled and every unit settled. This is the form in which all floors
 * above speak of programs; the configuration's text becomes it in one place (`config/`).
 *
 * `launch` is what makes a process the process it is: a change of it restarts the program. Everything else is
 * policy: a change of it restarts nothing.
 */
import type { JobRules } from './jobs/job.ts'
import type { Limits } from './limits.ts'
import type { Milliseconds } from './milliseconds.ts'

export type Program = ProgramKind & CommonRules

/** What makes it run: it is kept running, or it has due times. */
export type ProgramKind = { readonly kind: 'service' } | { readonly kind: 'job'; readonly job: JobRules }

interface CommonRules {
  /** `name`, or `group:name` where the group has another name. Unique on a node. */
  readonly name: string
  /** The name space that the program belongs to; its own name unless set. */
  readonly group: string
  /** Number of slots, 0 or more; of a job: the most runs at a time. */
  readonly processes: number
  /** Whether its slots start by themselves, as long as no person said otherwise. */
  readonly autostart: boolean
  /** Lower starts first and stops last. */
  readonly priority: number
  /** Whether the agent ends when a slot of it has ended for good. Absent in what older versions stored. */
  readonly isEssential?: boolean
  readonly launch: Launch
  readonly restart: RestartPolicy
  readonly stop: StopPolicy
  readonly output: OutputPolicy
  /** What must hold of other programs whenever a run of this one is to begin. */
  readonly dependsOn: readonly Dependency[]
  readonly checks: Checks
  readonly rollout: RolloutPolicy
  readonly limits: Limits
  /** Anything; it travels with every event of the program. */
  readonly customData: JsonValue
}

export type JsonValue =
  | null
  | boolean
  | number
  | string
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue }

/** What is executed, as whom and where. Texts may hold the placeholders `{program}`, `{group}`, `{slot}`, `{index}`. */
export interface Launch {
  readonly command: Command
  /** Absolute. */
  readonly cwd: string
  /** Set on top of what is inherited. Env files are already merged in, below `env`. */
  readonly env: { readonly [name: string]: string }
  /** Variables whose value is read when a run is started, and is stored nowhere. Absent in programs that an older version stored. */
  readonly secrets?: { readonly [name: string]: SecretSource }
  /** Whether the agent's own environment is passed on. */
  readonly inheritEnv: boolean
  /** Name or number of the user; null runs as the agent does. */
  readonly user: string | null
  /** 0 to 0o777; null inherits. */
  readonly umask: number | null
  /** -20 to 19, added to nothing: the value itself; null inherits. */
  readonly nice: number | null
  readonly rlimits: readonly Rlimit[]
  /** Whether standard input is a FIFO that the agent can write into, or empty. */
  readonly stdin: 'none' | 'fifo'
  readonly stdout: OutputTarget
  readonly stderr: OutputTarget | { readonly kind: 'merged' }
  /** What happens to the rest of the process tree once the command has ended. */
  readonly leftovers: 'kill' | 'leave'
  /** Listening sockets that are held open over its runs, and handed to each as LISTEN_FDS has it. */
  readonly sockets: readonly ListenSocket[]
  /** Whether it is listened to as the protocol of sd_notify has it; null: not. */
  readonly notify: true | null
}

export interface ListenSocket {
  /** What LISTEN_FDNAMES calls it. */
  readonly name: string
  readonly address:
    | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
    | { readonly kind: 'unix'; readonly path: string; readonly mode: number | null }
  /** Connections that wait to be accepted. */
  readonly backlog: number
}

/** As a person writes it. */
export function addressText({ address }: ListenSocket): string {
  if (address.kind === 'unix') return address.path
  return address.host.includes(':') ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}`
}

/** Where the value of a secret lies. The path of a file is absolute. */
export type SecretSource =
  | { readonly from: 'file'; readonly path: string }
  | { readonly from: 'env'; readonly name: string }

export type Command =
  | { readonly kind: 'shell'; readonly text: string }
  | { readonly kind: 'argv'; readonly argv: readonly string[] }

export interface Rlimit {
  readonly name: RlimitName
  /** -1 is unlimited. */
  readonly soft: number
  readonly hard: number
}

export const rlimitNames = [
  'as',
  'core',
  'cpu',
  'data',
  'fsize',
  'memlock',
  'nofile',
  'nproc',
  'rss',
  'stack',
] as const
export type RlimitName = (typeof rlimitNames)[number]

/** Where one of the two output streams goes. */
export type OutputTarget =
  | { readonly kind: 'own' }
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'discard' }

export interface OutputPolicy {
  /** A segment or named file is rotated before it grows beyond this; 0 never rotates. Bytes. */
  readonly maxBytes: number
  /** Rotated files kept beside the current one. */
  readonly keep: number
  /** A segment or named file is rotated once its first byte is older than this. Absent: never for its age. */
  readonly maxAgeMs?: Milliseconds
  /** Absent: byte for byte. */
  readonly format?: 'stamped' | 'json'
  /** Finished own segments are compressed by the agent. */
  readonly compress?: true
  /** Nothing is kept until somebody asks for it. Absent: all is kept. */
  readonly capture?: 'on-demand'
  /** Absent: nothing goes to the system's log. */
  readonly syslog?: SyslogPolicy
  /** What is written is told in events as well. Absent: it is not. */
  readonly events?: OutputEvents
  /** What all slots and runs of the program may take together. Absent: no quota. */
  readonly quotaBytes?: number
}

export interface OutputEvents {
  /** Between two looks at what a living run wrote. */
  readonly everyMs: Milliseconds
  /** The most output that one event tells. Bytes. */
  readonly maxBytes: number
}

/** Lines that go to the system's log as well. */
export interface SyslogPolicy {
  readonly path: string
  readonly facility: SyslogFacility
  /** Null: as people call the slot. */
  readonly tag: string | null
}

/** With their numbers in RFC 3164. */
export const syslogFacilities = {
  user: 1,
  mail: 2,
  daemon: 3,
  cron: 9,
  local0: 16,
  local1: 17,
  local2: 18,
  local3: 19,
  local4: 20,
  local5: 21,
  local6: 22,
  local7: 23,
} as const
export type SyslogFacility = keyof typeof syslogFacilities

export interface RestartPolicy {
  readonly when: 'always' | 'on-failure' | 'never'
  /** Exit codes that count as success. */
  readonly successExitCodes: readonly number[]
  /** A run that ends sooner than this after its start is a quick exit: it never became `running`. */
  readonly startTimeMs: Milliseconds
  /** Quick exits in a row after which the service is `fatal`; null never gives up. */
  readonly giveUpAfter: number | null
  /** A failing run that lived past the start time but not as long as this is unsteady: restarts of such runs are slowed by the backoff. */
  readonly steadyTimeMs: Milliseconds
  readonly backoff: Backoff
}

export interface Backoff {
  /** exponential: initial × factor^(n-1); linear: initial × n. Both up to max. */
  readonly kind: 'exponential' | 'linear'
  readonly initialMs: Milliseconds
  readonly factor: number
  readonly maxMs: Milliseconds
  /** Share of the wait that is drawn at random around it: 0.1 is ±10 %. */
  readonly jitter: number
}

export interface StopPolicy {
  /** Name of the signal without SIG: `TERM`, `INT`, `QUIT` … */
  readonly signal: string
  /** Between the signal and KILL to the whole tree. */
  readonly graceMs: Milliseconds
  /** Who gets the signal: the command alone, or its process group. */
  readonly target: 'process' | 'group'
}

export const dependencyConditions = ['started', 'ready', 'healthy', 'finished'] as const
export type DependencyCondition = (typeof dependencyConditions)[number]

export interface Dependency {
  /** Its full name. */
  readonly program: string
  /** Of all its slots: a command was born; its readiness check passes; its liveness check passes as well; it ended with success. */
  readonly condition: DependencyCondition
  /** Whether a new run of it restarts this program, too. */
  readonly restart: boolean
}

export const checkKinds = ['startup', 'readiness', 'liveness'] as const
export type CheckKind = (typeof checkKinds)[number]

/**
 * startup: until it passes a slot is `starting`, and the others wait; failing ends the run. readiness: whether it can do its work; failing
 * ends nothing. liveness: failing ends the run, and the next one begins.
 */
export type Checks = { readonly [K in CheckKind]: Check | null }

export interface Check {
  readonly method: CheckMethod
  /** From the command's birth to the first look. */
  readonly graceMs: Milliseconds
  readonly periodMs: Milliseconds
  /** A look that takes longer has failed. */
  readonly timeoutMs: Milliseconds
  /** Failed looks in a row that make the check fail. */
  readonly failures: number
  /** Passed looks in a row that make it pass. */
  readonly successes: number
}

/** Texts may hold placeholders. */
export type CheckMethod =
  /** Passes with exit code 0. Runs as the program's user, in its folder, with its environment. */
  | { readonly kind: 'command'; readonly command: Command }
  /** Passes with a status from 200 to 399. */
  | { readonly kind: 'http'; readonly url: string }
  /** Passes when a connection is accepted. */
  | { readonly kind: 'tcp'; readonly host: string; readonly port: string }
  /** Passes for good once a line of the run's output fits. */
  | { readonly kind: 'log'; readonly pattern: string }
  /** What the process itself tells by the protocol of sd_notify. */
  | { readonly kind: 'notify' }

/** How a changed program, or one that is restarted in turns, gets its new runs. */
export interface RolloutPolicy {
  /** Slots that may be without a ready run at one time: a number, or a share of the processes (0.25), of which at least one. */
  readonly parallel: { readonly kind: 'count' | 'share'; readonly value: number }
  /** A replacement that is not ready by then has failed. */
  readonly withinMs: Milliseconds
}

/** The slots of a program, by name: `mailer:0`, `mailer:1` … */
export function slotName(program: string, index: number): string {
  return `${program}:${index}`
}

/** What a person sees: the program's own name while it has one process, else the slot's. */
export function slotTitle(program: Pick<Program, 'name' | 'processes'>, index: number): string {
  return program.processes === 1 && index === 0 ? program.name : slotName(program.name, index)
}

/** Where it stands in a configuration: `programs.mailer`, `jobs.report`. */
export function configPath({ name, kind }: Pick<Program, 'name' | 'kind'>): string {
  return `${kind === 'job' ? 'jobs' : 'programs'}.${name}`
}
