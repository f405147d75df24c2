/**
 * What a command is handed: the client, where to write, time, and the few things that lie outside of the API.
 */

import type { Clock } from '../clock.ts'
import type { KnownUser } from '../config/import/crontab-job.ts'
import type { LoadedConfig } from '../config/load/loaded-config.ts'
import type { ForeignFile } from '../config/load/read-foreign.ts'
import type { Client } from '../contract/client.ts'
import type { ExitRule } from '../domain/agent-exit.ts'
import type { EventLevel } from '../domain/events/event.ts'
import type { ExecRequest } from '../domain/exec.ts'
import type { Finding } from '../domain/finding.ts'
import type { Program } from '../domain/program.ts'
import type { Problem } from '../domain/user-error.ts'
import type { Command } from './define-command.ts'
import type { GlobalOptions } from './global-options.ts'
import type { Output } from './output.ts'
import type { Prompts } from './prompts.ts'

export interface StartOptions {
  /** As it was typed; null means that the usual names are looked for. */
  readonly config: string | null
  readonly dataDir: string
  readonly node: string | null
  readonly logLevel: EventLevel
  /** Of standard error; absent: text. */
  readonly logFormat?: 'text' | 'json'
  /** As it was typed; null: as the configuration says. */
  readonly logFile: string | null
  /** Addresses on TCP besides those of the configuration. */
  readonly listen?: readonly string[]
  readonly leaveWorkersOnTerm: boolean
  readonly isTty: boolean
  /** Called once the API answers, and before it closes; the second is waited for. */
  readonly whenReady?: () => void
  readonly beforeClose?: () => Promise<void>
  /** Below an init of its own; as the first process it is so in any case. */
  readonly init?: boolean
  readonly exitWhen?: ExitRule
  /** After so long all that is still being stopped is killed. */
  readonly stopWithinMs?: number | null
  /** Wall time at which it leaves, with its workers running; earlier where there is nothing left to do. Waits for another one that is about to leave. */
  readonly leavesAt?: number
}

/** What the roof hands in: everything that is heavy, and loaded only where a command needs it. */
export interface CliServices {
  readonly version: string
  /** How this command line is started: node, its options and the script, absolute. */
  readonly self: readonly string[]
  /** Runs an agent in this process until it ends; gives its exit code. */
  startAgent(options: StartOptions): Promise<number>
  /** Facts about this build, with its shim looked for. */
  describeBuild(): { storeSchema: number }
  loadConfig(path: string | null, options: { cwd: string }): Promise<LoadedConfig>
  /** The JSON Schema of a configuration, as text. */
  readConfigSchema(): Promise<string>
  /** A file of another tool, for its value. */
  readForeign(path: string, options: { cwd: string }): Promise<ForeignFile>
  /** What can be said of this machine and a data directory; `agentPid` is that of the agent that answers. */
  examineMachine(dataDir: string, agentPid: number | null): Promise<Finding[]>
  /** What only this machine can tell of programs: users, folders, commands. */
  checkPrograms(programs: readonly Program[]): Problem[]
  /** A user of this machine, for null the own one; null where there is none of this name. */
  lookUpUser(name: string | null): KnownUser | null
  /** Runs a command as a recorded run, with or without an agent; gives the exit code. */
  runExec(request: ExecRequest): Promise<number>
  /** Questions to the person at the terminal. */
  openPrompts(): Prompts
}

export interface CommandContext extends CliServices {
  readonly client: Client
  /** Data, and nothing else. */
  readonly out: Output
  /** What a person shall know besides: progress, hints, warnings. */
  readonly err: Output
  readonly clock: Clock
  /** Aborts on Ctrl-C. */
  readonly signal: AbortSignal
  readonly global: GlobalOptions
  /** All there are. */
  readonly commands: readonly Command[]
  /** A client as these options, by their long names, would give it. */
  connectAs(typed: Readonly<Record<string, unknown>>): Client
  readonly cwd: string
  readonly stdin: AsyncIterable<Uint8Array> & { readonly isTTY?: boolean }
}
