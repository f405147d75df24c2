/**
 * The configuration as TypeScript sees it.
 *
 * Generated from src/config/schema by scripts/generate.mjs; change it there.
 */

/** Seconds as a number, or a number with a unit: `500ms`, `1.5s`, `10m`, `2h`, `1d`. */
export type Duration = number | `${number}${'ms' | 's' | 'm' | 'h' | 'd'}`

/** Bytes as a number, or a number with a unit. Units are powers of 1024: `64KB` is 65536 bytes, and so is `64KiB`. */
export type Size = number | `${number}${'' | 'K' | 'M' | 'G' | 'T'}${'' | 'B' | 'iB'}`

/** Anything that JSON can hold. */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | { readonly [key: string]: JsonValue }

export interface Config {
  /**
   * Where an editor finds the JSON Schema. Drover itself does not look at it.
   *
   * @example "./node_modules/drover/docs/reference/drover.schema.json"
   */
  readonly $schema?: string

  /**
   * More configuration files, or folders of them, relative to this file’s folder. In a folder every configuration file at any depth counts, in the order of their paths.
   * `defaults` of this file hold for the programs of those files as well, below the `defaults` of their own.
   *
   * Default: `[]`.
   * @example ["conf.d","../mail/drover.yaml"]
   */
  readonly include?: readonly string[]

  /**
   * Any keys of a program but `command`, for all programs of this file and of those that it includes.
   * A program’s own keys win. `env`, `rlimits`, `stop`, `output` and a `backoff` that is a table are merged key by key; everything else is replaced as a whole.
   *
   * Default: `{}`.
   * @example {"user":"www-data","env":{"NODE_ENV":"production"}}
   */
  readonly defaults?: ProgramDefaults

  /**
   * The programs, each under its name or as `group:name`. Names are of letters, digits, `.`, `_` and `-`, and not of digits alone.
   *
   * Default: `{}`.
   * @example {"mailer":{"command":"node worker.js"}}
   */
  readonly programs?: { readonly [name: string]: ProgramConfig }
}

export interface ProgramConfig {
  /**
   * What is run: text goes to `/bin/sh -c`, a list is run as it is, without a shell.
   * Decides the default of `stop.target`.
   *
   * @example "node worker.js"
   * @example ["node","worker.js","--queue","mail"]
   */
  readonly command: string | readonly string[]

  /**
   * How many processes of the program are kept running. Each has a slot: `mailer:0`, `mailer:1`, …
   * With more than one, a named file in `stdout` or `stderr` needs `{index}` or `{slot}`. Less of them on a reload stops the slots with the highest numbers.
   *
   * Unit: processes.
   * Default: `1`.
   * @example 3
   */
  readonly processes?: number

  /**
   * The name space of the program, which commands can name as a whole.
   * `group: app` in `mailer` is the same as writing the key `app:mailer`.
   *
   * Default: the name of the program.
   * @example "app"
   */
  readonly group?: string

  /**
   * The folder that the command runs in, relative to the folder of the configuration file.
   *
   * Default: the folder of the configuration file.
   * @example "./app"
   */
  readonly cwd?: string

  /**
   * Environment variables. Numbers and booleans become text.
   * They win over `envFiles`, and these over what is inherited.
   *
   * Default: `{}`.
   * @example {"NODE_ENV":"production","PORT":8080}
   */
  readonly env?: { readonly [name: string]: string | number | boolean }

  /**
   * Files of `NAME=value` lines, read when the configuration is loaded. Later ones win. A missing file is a mistake unless it is optional.
   * `env` wins over them.
   *
   * Default: `[]`.
   * @example [".env",{"path":".env.local","optional":true}]
   */
  readonly envFiles?: readonly (string | EnvFileConfig)[]

  /**
   * Whether the program gets the environment of the agent as well.
   * With false the program has what `env` and `envFiles` say and nothing else, so no PATH unless they set one.
   *
   * Default: `true`.
   * @example false
   */
  readonly inheritEnv?: boolean

  /**
   * The user to run as, with all groups of that user. Needs an agent that runs as root.
   *
   * Default: the user of the agent.
   * @example "www-data"
   * @example 1000
   */
  readonly user?: number | string

  /**
   * The permission bits that new files don’t get, in octal. In quotes, since YAML takes 022 for the number 22.
   *
   * Unit: octal.
   * Default: as the agent’s.
   * @example "022"
   * @example "077"
   */
  readonly umask?: string

  /**
   * The scheduling priority: 19 yields to all others. Below 0 needs root.
   *
   * Default: as the agent’s.
   * @example 5
   */
  readonly nice?: number

  /**
   * Limits that the kernel enforces on each process.
   *
   * Default: as the agent’s.
   * @example {"nofile":4096,"core":"unlimited"}
   */
  readonly rlimits?: RlimitsConfig

  /**
   * Programs with a lower number start first and stop last.
   *
   * Default: `999`.
   * @example 10
   */
  readonly priority?: number

  /**
   * Whether the program is started by itself. What a person stopped or started stays so, whatever this says.
   *
   * Default: `true`.
   * @example false
   */
  readonly autostart?: boolean

  /**
   * Whether the agent has no purpose without the program: once a process of it was given up or has ended for good, the agent stops everything and ends, with the exit code of that process, or 0 if it finished well.
   * What is ended for good, `restart` and `giveUpAfter` say. What a person stopped does not count.
   *
   * Default: `false`.
   * @example true
   */
  readonly essential?: boolean

  /**
   * Whether a process that ended by itself is started again.
   * What is a failure, `successExitCodes` says. Quick exits fall under `giveUpAfter`.
   *
   * Default: `"always"`.
   * @example "on-failure"
   */
  readonly restart?: 'always' | 'on-failure' | 'never'

  /**
   * Exit codes that are no failure.
   * `restart: on-failure` restarts after all others, and after a signal.
   *
   * Default: `[0]`.
   * @example [0,2]
   */
  readonly successExitCodes?: readonly number[]

  /**
   * A process that ends sooner than this is a quick exit: it never came up. 0 takes every process for up at once.
   * `giveUpAfter` counts quick exits; `backoff` spaces them.
   *
   * Unit: seconds, or a text with a unit.
   * Default: `"1s"`.
   * @example "5s"
   */
  readonly startTime?: Duration

  /**
   * Quick exits in a row after which the service is `fatal`, until a person starts it. `never` goes on at the longest wait.
   * A process that lives past `startTime` sets the count back to 0.
   *
   * Unit: quick exits.
   * Default: `3`.
   * @example 10
   * @example "never"
   */
  readonly giveUpAfter?: number | 'never'

  /**
   * A process that fails after its start time but before this is unsteady: its restarts are slowed by the backoff as well, but it is never given up.
   * Means nothing where it is not above `startTime`.
   *
   * Unit: seconds, or a text with a unit.
   * Default: `"10s"`.
   * @example "1m"
   */
  readonly steadyTime?: Duration

  /**
   * The waits between restarts after quick exits and of unsteady processes.
   *
   * Default: `"exponential"`.
   * @example "linear"
   * @example {"initial":"500ms","max":"5m"}
   */
  readonly backoff?: 'exponential' | 'linear' | BackoffConfig

  /**
   * How the program is asked to end, and how long it may take.
   *
   * Default: `{}`.
   * @example {"signal":"INT","grace":"30s"}
   */
  readonly stop?: StopConfig

  /**
   * Whether the program has an empty standard input, or one that can be written to through the agent.
   *
   * Default: `"none"`.
   * @example "fifo"
   */
  readonly stdin?: 'none' | 'fifo'

  /**
   * Listening sockets that are held open for the program over all its restarts, and handed to each process at descriptor 3 and above, in the order written, with `LISTEN_FDS`, `LISTEN_FDNAMES` and `LISTEN_PID`, as systemd does it.
   * All processes of the program share them. A change of them restarts the program.
   *
   * Default: `{}`.
   * @example {"http":"127.0.0.1:8080"}
   */
  readonly sockets?: { readonly [name: string]: number | string | SocketConfig }

  /**
   * Where standard output goes: into Drover’s own files, nowhere, or into a named file, relative to the folder of the configuration file. A path may hold `{program}`, `{group}`, `{slot}` and `{index}`.
   * Rotated as `output` says.
   *
   * Default: `"own"`.
   * @example "discard"
   * @example "./logs/{slot}.log"
   */
  readonly stdout?: 'own' | 'discard' | (string & {})

  /**
   * Where standard error goes: as `stdout`, or with `merge` into the same place as standard output.
   * Rotated as `output` says.
   *
   * Default: `"own"`.
   * @example "merge"
   * @example "./logs/{slot}.err"
   */
  readonly stderr?: 'own' | 'merge' | 'discard' | (string & {})

  /**
   * When files of output are rotated, and how many are kept.
   *
   * Default: `{}`.
   * @example {"maxSize":"50MB","keep":3}
   */
  readonly output?: OutputConfig

  /**
   * What becomes of processes that the command started and left behind when it ended.
   *
   * Default: `"kill"`.
   * @example "leave"
   */
  readonly leftovers?: 'kill' | 'leave'

  /**
   * Programs that must be there before a process of this one begins: in a list, they must be ready; in a table, each with its condition. Stopping goes the other way round.
   * A dependency that goes away ends nothing; with `restart: true` its next run restarts this program.
   *
   * Default: `[]`.
   * @example ["db"]
   * @example {"db":"ready","migrate":"finished","cache":{"condition":"started","restart":true}}
   */
  readonly dependsOn?: readonly string[] | { readonly [name: string]: 'started' | 'ready' | 'healthy' | 'finished' | DependencyConfig }

  /**
   * How the agent finds out whether a process has come up, can do its work, and still works.
   *
   * Default: `{}`.
   * @example {"readiness":{"tcp":8080},"liveness":{"http":"http://127.0.0.1:8080/health"}}
   */
  readonly checks?: ChecksConfig

  /**
   * How processes are replaced after a change of the program, and by `drover restart --rolling`: in turns, each waiting until the one before is ready.
   *
   * Default: `{}`.
   * @example {"parallel":2,"within":"2m"}
   */
  readonly rollout?: RolloutConfig

  /**
   * Anything. It travels with every event of the program.
   *
   * Default: `null`.
   * @example {"team":"billing","runbook":"https://example.org/mailer"}
   */
  readonly customData?: JsonValue
}

export interface ProgramDefaults {
  /**
   * How many processes of the program are kept running. Each has a slot: `mailer:0`, `mailer:1`, …
   * With more than one, a named file in `stdout` or `stderr` needs `{index}` or `{slot}`. Less of them on a reload stops the slots with the highest numbers.
   *
   * Unit: processes.
   * Default: `1`.
   * @example 3
   */
  readonly processes?: number

  /**
   * The name space of the program, which commands can name as a whole.
   * `group: app` in `mailer` is the same as writing the key `app:mailer`.
   *
   * Default: the name of the program.
   * @example "app"
   */
  readonly group?: string

  /**
   * The folder that the command runs in, relative to the folder of the configuration file.
   *
   * Default: the folder of the configuration file.
   * @example "./app"
   */
  readonly cwd?: string

  /**
   * Environment variables. Numbers and booleans become text.
   * They win over `envFiles`, and these over what is inherited.
   *
   * Default: `{}`.
   * @example {"NODE_ENV":"production","PORT":8080}
   */
  readonly env?: { readonly [name: string]: string | number | boolean }

  /**
   * Files of `NAME=value` lines, read when the configuration is loaded. Later ones win. A missing file is a mistake unless it is optional.
   * `env` wins over them.
   *
   * Default: `[]`.
   * @example [".env",{"path":".env.local","optional":true}]
   */
  readonly envFiles?: readonly (string | EnvFileConfig)[]

  /**
   * Whether the program gets the environment of the agent as well.
   * With false the program has what `env` and `envFiles` say and nothing else, so no PATH unless they set one.
   *
   * Default: `true`.
   * @example false
   */
  readonly inheritEnv?: boolean

  /**
   * The user to run as, with all groups of that user. Needs an agent that runs as root.
   *
   * Default: the user of the agent.
   * @example "www-data"
   * @example 1000
   */
  readonly user?: number | string

  /**
   * The permission bits that new files don’t get, in octal. In quotes, since YAML takes 022 for the number 22.
   *
   * Unit: octal.
   * Default: as the agent’s.
   * @example "022"
   * @example "077"
   */
  readonly umask?: string

  /**
   * The scheduling priority: 19 yields to all others. Below 0 needs root.
   *
   * Default: as the agent’s.
   * @example 5
   */
  readonly nice?: number

  /**
   * Limits that the kernel enforces on each process.
   *
   * Default: as the agent’s.
   * @example {"nofile":4096,"core":"unlimited"}
   */
  readonly rlimits?: RlimitsConfig

  /**
   * Programs with a lower number start first and stop last.
   *
   * Default: `999`.
   * @example 10
   */
  readonly priority?: number

  /**
   * Whether the program is started by itself. What a person stopped or started stays so, whatever this says.
   *
   * Default: `true`.
   * @example false
   */
  readonly autostart?: boolean

  /**
   * Whether the agent has no purpose without the program: once a process of it was given up or has ended for good, the agent stops everything and ends, with the exit code of that process, or 0 if it finished well.
   * What is ended for good, `restart` and `giveUpAfter` say. What a person stopped does not count.
   *
   * Default: `false`.
   * @example true
   */
  readonly essential?: boolean

  /**
   * Whether a process that ended by itself is started again.
   * What is a failure, `successExitCodes` says. Quick exits fall under `giveUpAfter`.
   *
   * Default: `"always"`.
   * @example "on-failure"
   */
  readonly restart?: 'always' | 'on-failure' | 'never'

  /**
   * Exit codes that are no failure.
   * `restart: on-failure` restarts after all others, and after a signal.
   *
   * Default: `[0]`.
   * @example [0,2]
   */
  readonly successExitCodes?: readonly number[]

  /**
   * A process that ends sooner than this is a quick exit: it never came up. 0 takes every process for up at once.
   * `giveUpAfter` counts quick exits; `backoff` spaces them.
   *
   * Unit: seconds, or a text with a unit.
   * Default: `"1s"`.
   * @example "5s"
   */
  readonly startTime?: Duration

  /**
   * Quick exits in a row after which the service is `fatal`, until a person starts it. `never` goes on at the longest wait.
   * A process that lives past `startTime` sets the count back to 0.
   *
   * Unit: quick exits.
   * Default: `3`.
   * @example 10
   * @example "never"
   */
  readonly giveUpAfter?: number | 'never'

  /**
   * A process that fails after its start time but before this is unsteady: its restarts are slowed by the backoff as well, but it is never given up.
   * Means nothing where it is not above `startTime`.
   *
   * Unit: seconds, or a text with a unit.
   * Default: `"10s"`.
   * @example "1m"
   */
  readonly steadyTime?: Duration

  /**
   * The waits between restarts after quick exits and of unsteady processes.
   *
   * Default: `"exponential"`.
   * @example "linear"
   * @example {"initial":"500ms","max":"5m"}
   */
  readonly backoff?: 'exponential' | 'linear' | BackoffConfig

  /**
   * How the program is asked to end, and how long it may take.
   *
   * Default: `{}`.
   * @example {"signal":"INT","grace":"30s"}
   */
  readonly stop?: StopConfig

  /**
   * Whether the program has an empty standard input, or one that can be written to through the agent.
   *
   * Default: `"none"`.
   * @example "fifo"
   */
  readonly stdin?: 'none' | 'fifo'

  /**
   * Listening sockets that are held open for the program over all its restarts, and handed to each process at descriptor 3 and above, in the order written, with `LISTEN_FDS`, `LISTEN_FDNAMES` and `LISTEN_PID`, as systemd does it.
   * All processes of the program share them. A change of them restarts the program.
   *
   * Default: `{}`.
   * @example {"http":"127.0.0.1:8080"}
   */
  readonly sockets?: { readonly [name: string]: number | string | SocketConfig }

  /**
   * Where standard output goes: into Drover’s own files, nowhere, or into a named file, relative to the folder of the configuration file. A path may hold `{program}`, `{group}`, `{slot}` and `{index}`.
   * Rotated as `output` says.
   *
   * Default: `"own"`.
   * @example "discard"
   * @example "./logs/{slot}.log"
   */
  readonly stdout?: 'own' | 'discard' | (string & {})

  /**
   * Where standard error goes: as `stdout`, or with `merge` into the same place as standard output.
   * Rotated as `output` says.
   *
   * Default: `"own"`.
   * @example "merge"
   * @example "./logs/{slot}.err"
   */
  readonly stderr?: 'own' | 'merge' | 'discard' | (string & {})

  /**
   * When files of output are rotated, and how many are kept.
   *
   * Default: `{}`.
   * @example {"maxSize":"50MB","keep":3}
   */
  readonly output?: OutputConfig

  /**
   * What becomes of processes that the command started and left behind when it ended.
   *
   * Default: `"kill"`.
   * @example "leave"
   */
  readonly leftovers?: 'kill' | 'leave'

  /**
   * Programs that must be there before a process of this one begins: in a list, they must be ready; in a table, each with its condition. Stopping goes the other way round.
   * A dependency that goes away ends nothing; with `restart: true` its next run restarts this program.
   *
   * Default: `[]`.
   * @example ["db"]
   * @example {"db":"ready","migrate":"finished","cache":{"condition":"started","restart":true}}
   */
  readonly dependsOn?: readonly string[] | { readonly [name: string]: 'started' | 'ready' | 'healthy' | 'finished' | DependencyConfig }

  /**
   * How the agent finds out whether a process has come up, can do its work, and still works.
   *
   * Default: `{}`.
   * @example {"readiness":{"tcp":8080},"liveness":{"http":"http://127.0.0.1:8080/health"}}
   */
  readonly checks?: ChecksConfig

  /**
   * How processes are replaced after a change of the program, and by `drover restart --rolling`: in turns, each waiting until the one before is ready.
   *
   * Default: `{}`.
   * @example {"parallel":2,"within":"2m"}
   */
  readonly rollout?: RolloutConfig

  /**
   * Anything. It travels with every event of the program.
   *
   * Default: `null`.
   * @example {"team":"billing","runbook":"https://example.org/mailer"}
   */
  readonly customData?: JsonValue
}

export interface RolloutConfig {
  /**
   * How many processes may be without a ready run at one time while they are replaced. Of a share at least one.
   * `100%` replaces all at once.
   *
   * Unit: processes, or percent.
   * Default: `"25%"`.
   * @example 2
   * @example "50%"
   * @example "100%"
   */
  readonly parallel?: number | string

  /**
   * A replacement that is not ready by then has failed: those that were to follow are left as they are.
   *
   * Unit: seconds, or a text with a unit.
   * Default: `"1m"`.
   * @example "5m"
   */
  readonly within?: Duration
}

export interface ChecksConfig {
  /**
   * For programs that take long to come up: until it passes the process is `starting`, and the other checks wait. When it fails the process is ended and tried again, slowed by `backoff`.
   *
   * @example {"tcp":5432,"failures":300}
   */
  readonly startup?: StartupCheckConfig

  /**
   * Whether a process can do its work: what depends on it waits for this, and replacements in turns. Failing ends nothing.
   *
   * @example {"http":"http://127.0.0.1:8080/ready"}
   */
  readonly readiness?: ReadinessCheckConfig

  /**
   * Whether a process still works: when it fails the process is stopped, by force after `stop.grace`, and the next one begins. A process that is frozen is replaced after at most `failures` × (`period` + `timeout`) + `stop.grace`.
   *
   * @example {"http":"http://127.0.0.1:8080/health","period":"5s"}
   */
  readonly liveness?: LivenessCheckConfig
}

export interface LivenessCheckConfig {
  /**
   * Passes when this command ends with code 0. It runs as the program’s user, in its folder and with its environment, and never longer than `timeout`.
   *
   * @example ["pg_isready","-q"]
   */
  readonly command?: string | readonly string[]

  /**
   * Passes when a GET is answered with a status from 200 to 399. Certificates are not checked.
   *
   * @example "http://127.0.0.1:8080/health"
   */
  readonly http?: string

  /**
   * Passes when a connection is accepted. A port alone is one of 127.0.0.1.
   *
   * @example 5432
   * @example "db.internal:5432"
   */
  readonly tcp?: number | string

  /**
   * The process itself tells, by the protocol of sd_notify: `READY=1` passes; for `liveness`, `WATCHDOG=1` has to come within each `period`.
   *
   * @example true
   */
  readonly notify?: true

  /**
   * How long after the start of the command the first look is taken.
   * With a startup check it counts from when that passed.
   *
   * Unit: seconds, or a text with a unit.
   * Default: `0`.
   * @example "10s"
   */
  readonly grace?: Duration

  /**
   * How often it is looked. A look begins only once the one before it is over.
   *
   * Unit: seconds, or a text with a unit.
   * Default: `"10s"`.
   * @example "5s"
   */
  readonly period?: Duration

  /**
   * A look that takes longer has failed, and nothing is left of it.
   *
   * Unit: seconds, or a text with a unit.
   * Default: `"1s"`.
   * @example "2s"
   */
  readonly timeout?: Duration

  /**
   * Failed looks in a row that make the check fail.
   *
   * Unit: looks.
   * Default: `3`.
   * @example 5
   */
  readonly failures?: number

  /**
   * Passed looks in a row that make the check pass.
   *
   * Unit: looks.
   * Default: `1`.
   * @example 2
   */
  readonly successes?: number
}

export interface ReadinessCheckConfig {
  /**
   * Passes when this command ends with code 0. It runs as the program’s user, in its folder and with its environment, and never longer than `timeout`.
   *
   * @example ["pg_isready","-q"]
   */
  readonly command?: string | readonly string[]

  /**
   * Passes when a GET is answered with a status from 200 to 399. Certificates are not checked.
   *
   * @example "http://127.0.0.1:8080/health"
   */
  readonly http?: string

  /**
   * Passes when a connection is accepted. A port alone is one of 127.0.0.1.
   *
   * @example 5432
   * @example "db.internal:5432"
   */
  readonly tcp?: number | string

  /**
   * Passes, and stays so, once a line of the run’s output fits this regular expression.
   * Needs `stdout: own` or `stderr: own`.
   *
   * @example "listening on port \\d+"
   */
  readonly log?: string

  /**
   * The process itself tells, by the protocol of sd_notify: `READY=1` passes; for `liveness`, `WATCHDOG=1` has to come within each `period`.
   *
   * @example true
   */
  readonly notify?: true

  /**
   * How long after the start of the command the first look is taken.
   * With a startup check it counts from when that passed.
   *
   * Unit: seconds, or a text with a unit.
   * Default: `0`.
   * @example "10s"
   */
  readonly grace?: Duration

  /**
   * How often it is looked. A look begins only once the one before it is over.
   *
   * Unit: seconds, or a text with a unit.
   * Default: `"1s"`.
   * @example "5s"
   */
  readonly period?: Duration

  /**
   * A look that takes longer has failed, and nothing is left of it.
   *
   * Unit: seconds, or a text with a unit.
   * Default: `"1s"`.
   * @example "2s"
   */
  readonly timeout?: Duration

  /**
   * Failed looks in a row that make the check fail.
   *
   * Unit: looks.
   * Default: `3`.
   * @example 5
   */
  readonly failures?: number

  /**
   * Passed looks in a row that make the check pass.
   *
   * Unit: looks.
   * Default: `1`.
   * @example 2
   */
  readonly successes?: number
}

export interface StartupCheckConfig {
  /**
   * Passes when this command ends with code 0. It runs as the program’s user, in its folder and with its environment, and never longer than `timeout`.
   *
   * @example ["pg_isready","-q"]
   */
  readonly command?: string | readonly string[]

  /**
   * Passes when a GET is answered with a status from 200 to 399. Certificates are not checked.
   *
   * @example "http://127.0.0.1:8080/health"
   */
  readonly http?: string

  /**
   * Passes when a connection is accepted. A port alone is one of 127.0.0.1.
   *
   * @example 5432
   * @example "db.internal:5432"
   */
  readonly tcp?: number | string

  /**
   * Passes, and stays so, once a line of the run’s output fits this regular expression.
   * Needs `stdout: own` or `stderr: own`.
   *
   * @example "listening on port \\d+"
   */
  readonly log?: string

  /**
   * The process itself tells, by the protocol of sd_notify: `READY=1` passes; for `liveness`, `WATCHDOG=1` has to come within each `period`.
   *
   * @example true
   */
  readonly notify?: true

  /**
   * How long after the start of the command the first look is taken.
   * Counts from the start; the other checks wait for this one.
   *
   * Unit: seconds, or a text with a unit.
   * Default: `0`.
   * @example "10s"
   */
  readonly grace?: Duration

  /**
   * How often it is looked. A look begins only once the one before it is over.
   *
   * Unit: seconds, or a text with a unit.
   * Default: `"1s"`.
   * @example "5s"
   */
  readonly period?: Duration

  /**
   * A look that takes longer has failed, and nothing is left of it.
   *
   * Unit: seconds, or a text with a unit.
   * Default: `"1s"`.
   * @example "2s"
   */
  readonly timeout?: Duration

  /**
   * Failed looks in a row that make the check fail.
   *
   * Unit: looks.
   * Default: `60`.
   * @example 5
   */
  readonly failures?: number

  /**
   * Passed looks in a row that make the check pass.
   *
   * Unit: looks.
   * Default: `1`.
   * @example 2
   */
  readonly successes?: number
}

export interface DependencyConfig {
  /**
   * What must hold of all its processes before one of this program begins. started: its command was executed; ready: its readiness check passes, or it runs where it has none; healthy: its liveness check passes as well; finished: it ended with success (`restart: on-failure` or `never`).
   *
   * Default: `"ready"`.
   * @example "finished"
   */
  readonly condition?: 'started' | 'ready' | 'healthy' | 'finished'

  /**
   * Whether this program is restarted whenever the other one begins a new run.
   *
   * Default: `false`.
   * @example true
   */
  readonly restart?: boolean
}

export interface OutputConfig {
  /**
   * A file of output is rotated before it grows beyond this. Units are powers of 1024: 10MB is 10485760 bytes. 0 never rotates.
   * Times `keep`, plus one, this is the most that one stream of one process takes on the disk.
   *
   * Unit: bytes, or a text with a unit.
   * Default: `"10MB"`.
   * @example "50MB"
   * @example 0
   */
  readonly maxSize?: Size

  /**
   * Rotated files that are kept beside the current one; older ones are deleted.
   *
   * Unit: files.
   * Default: `10`.
   * @example 3
   */
  readonly keep?: number
}

export interface SocketConfig {
  /**
   * Where it listens. A port alone is one of 127.0.0.1; a path is relative to the folder of the configuration file.
   *
   * @example "127.0.0.1:8080"
   * @example "./web.sock"
   */
  readonly address: number | string

  /**
   * How many connections may wait to be accepted.
   * The kernel caps it (`net.core.somaxconn`).
   *
   * Unit: connections.
   * Default: `511`.
   * @example 4096
   */
  readonly backlog?: number

  /**
   * The permission bits of a socket with a path, in octal. Who may write may connect.
   *
   * Unit: octal.
   * Default: as the umask of the agent says.
   * @example "660"
   */
  readonly mode?: string
}

export interface StopConfig {
  /**
   * The signal that asks the program to end. `SIGTERM` and `TERM` are the same.
   *
   * Default: `"TERM"`.
   * @example "INT"
   */
  readonly signal?: 'TERM' | 'INT' | 'QUIT' | 'HUP' | 'KILL' | 'USR1' | 'USR2' | 'ABRT' | 'ALRM' | 'CONT' | 'WINCH' | 'SIGTERM' | 'SIGINT' | 'SIGQUIT' | 'SIGHUP' | 'SIGKILL' | 'SIGUSR1' | 'SIGUSR2' | 'SIGABRT' | 'SIGALRM' | 'SIGCONT' | 'SIGWINCH'

  /**
   * How long the program may take to end after the signal. Whatever is left of its whole process tree then gets KILL.
   * A job that takes longer than this is cut off by a stop, a restart and a reload.
   *
   * Unit: seconds, or a text with a unit.
   * Default: `"10s"`.
   * @example "30s"
   * @example "5m"
   */
  readonly grace?: Duration

  /**
   * Who gets the signal: the command alone, or its whole process group. A shell passes no signal on to what it started.
   * Depends on how `command` is written.
   *
   * Default: `group` for a command as text, `process` for a command as a list.
   * @example "group"
   */
  readonly target?: 'process' | 'group'
}

export interface BackoffConfig {
  /**
   * How the waits grow. exponential: initial, initial × factor, initial × factor², … linear: initial, 2 × initial, 3 × initial, …
   *
   * Default: `"exponential"`.
   * @example "linear"
   */
  readonly kind?: 'exponential' | 'linear'

  /**
   * The wait before the first restart after a quick exit.
   * Not above `max`.
   *
   * Unit: seconds, or a text with a unit.
   * Default: `"1s"`.
   * @example "500ms"
   */
  readonly initial?: Duration

  /**
   * What an exponential wait is multiplied by each time.
   * Means nothing with `kind: linear`.
   *
   * Default: `2`.
   * @example 1.5
   */
  readonly factor?: number

  /**
   * No wait is longer than this, the random part aside.
   * Not below `initial`.
   *
   * Unit: seconds, or a text with a unit.
   * Default: `"1m"`.
   * @example "5m"
   */
  readonly max?: Duration

  /**
   * The share of a wait that is drawn at random around it, so that many programs that died together don’t return together: 0.1 is ±10 %.
   *
   * Default: `0.1`, and `0` with `kind: linear`.
   * @example 0
   * @example 0.5
   */
  readonly jitter?: number
}

export interface RlimitsConfig {
  /**
   * Address space, in bytes.
   *
   * @example "4GB"
   */
  readonly as?: number | 'unlimited' | (string & {}) | RlimitConfig

  /**
   * Size of a core dump, in bytes.
   *
   * @example "unlimited"
   */
  readonly core?: number | 'unlimited' | (string & {}) | RlimitConfig

  /**
   * CPU time, in seconds.
   *
   * @example 3600
   */
  readonly cpu?: number | 'unlimited' | RlimitConfig

  /**
   * Data segment, in bytes.
   *
   * @example "1GB"
   */
  readonly data?: number | 'unlimited' | (string & {}) | RlimitConfig

  /**
   * Size of a file that is written, in bytes.
   *
   * @example "2GB"
   */
  readonly fsize?: number | 'unlimited' | (string & {}) | RlimitConfig

  /**
   * Locked memory, in bytes.
   *
   * @example "64MB"
   */
  readonly memlock?: number | 'unlimited' | (string & {}) | RlimitConfig

  /**
   * Open files.
   *
   * @example 4096
   */
  readonly nofile?: number | 'unlimited' | RlimitConfig

  /**
   * Processes of the user.
   *
   * @example {"soft":100,"hard":200}
   */
  readonly nproc?: number | 'unlimited' | RlimitConfig

  /**
   * Resident memory, in bytes; most kernels ignore it.
   *
   * @example "1GB"
   */
  readonly rss?: number | 'unlimited' | (string & {}) | RlimitConfig

  /**
   * Stack, in bytes.
   *
   * @example "8MB"
   */
  readonly stack?: number | 'unlimited' | (string & {}) | RlimitConfig
}

export interface RlimitConfig {
  /**
   * What holds at first; the program may raise it to `hard`.
   *
   * @example 100
   */
  readonly soft: number | 'unlimited' | (string & {})

  /**
   * What the program cannot go above.
   *
   * @example 200
   */
  readonly hard: number | 'unlimited' | (string & {})
}

export interface EnvFileConfig {
  /**
   * The file, relative to the folder of the configuration file.
   *
   * @example ".env.local"
   */
  readonly path: string

  /**
   * Whether the file may be missing.
   *
   * Default: `false`.
   * @example true
   */
  readonly optional?: boolean
}
