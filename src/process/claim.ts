/**
 * The claim: a program's launch turned into what the shim executes, with placeholders filled in and the user's numbers resolved. Pure,
 * but for the numbers of signals, which are this machine's.
 */
import { createHash } from 'node:crypto'
import { constants } from 'node:os'
import { isAbsolute, join } from 'node:path'
import { fillPlaceholders, placeholderValues } from '../config/placeholders.ts'
import { shareOf } from '../domain/output-share.ts'
import {
  type Launch,
  type OutputTarget,
  type Program,
  type SyslogPolicy,
  slotTitle,
  syslogFacilities,
} from '../domain/program.ts'
import type { RunCause } from '../domain/run.ts'
import type { ProcessIdentity } from './process-identity.ts'
import type { ResolvedUser } from './user.ts'

/** `spec.json`. */
export interface Claim {
  readonly version: 1
  readonly run: string
  readonly marks: string
  readonly argv: readonly string[]
  readonly cwd: string
  readonly uid?: number
  readonly gid?: number
  readonly groups?: readonly number[]
  readonly umask?: number
  readonly nice?: number
  readonly rlimits: readonly (readonly [string, number, number])[]
  readonly stop: { readonly signal: number; readonly graceMs: number; readonly group: boolean }
  readonly timeoutMs: number
  /** Its command begins when the wall clock says so; absent: at once. */
  readonly notBefore?: number
  readonly leave: boolean
  readonly input: boolean
  readonly merge: boolean
  readonly out: ClaimedOutput | null
  readonly err: ClaimedOutput | null
  /** Output is thrown away until somebody asks for it. */
  readonly muted?: true
  /** Standard input is the shim's own, and a copy of the outputs goes to the shim's. */
  readonly pass?: true
  /** Who wrote it, where that is no agent: as long as it lives, its claim is not taken for a forgotten one. */
  readonly claimer?: ProcessIdentity
  /** Where no program says so: it is told when the run lasts longer. */
  readonly warnAfterMs?: number
  /** The name of its socket for sd_notify. */
  readonly notify?: string
  /** The directory of the holder of its sockets, and their names. */
  readonly holder?: string
  readonly socketNames?: string
  readonly program: string
  readonly slot: string
  readonly index: number
  readonly cause: RunCause
  readonly node: string
  readonly claimedAt: number
  readonly launchHash: string
}

export interface ClaimedOutput {
  readonly file?: string
  readonly maxBytes: number
  readonly keep: number
  readonly maxAgeMs?: number
  readonly format?: 'stamped' | 'json'
  readonly syslog?: { readonly path: string; readonly tag: string; readonly priority: number }
}

const infoSeverity = 6
const errorSeverity = 3

export interface ClaimContext {
  readonly run: string
  readonly slot: string
  readonly index: number
  readonly cause: RunCause
  readonly node: string
  readonly marks: string
  readonly claimedAt: number
  /** Null: at once. */
  readonly notBefore: number | null
  readonly launchHash: string
  readonly user: ResolvedUser | null
  /** The directory of the holder of its sockets; null without sockets. */
  readonly holder: string | null
}

export function buildClaim(program: Program, context: ClaimContext): Claim {
  const { launch, stop, output } = program
  const fill = filler(program, context.index)
  const target = (wanted: OutputTarget, severity: number): ClaimedOutput | null => {
    if (wanted.kind === 'discard') return null
    const { maxAgeMs, format, syslog } = output
    const { maxBytes, keep } = shareOf(program, wanted.kind)
    const rules = {
      maxBytes,
      keep,
      ...(maxAgeMs === undefined ? {} : { maxAgeMs }),
      ...(format === undefined ? {} : { format }),
      ...(syslog === undefined ? {} : { syslog: claimSyslog(syslog, severity) }),
    }
    if (wanted.kind === 'own') return rules
    const path = fill(wanted.path)
    return { file: isAbsolute(path) ? path : join(fill(launch.cwd), path), ...rules }
  }
  /** A colon would end the tag. */
  const claimSyslog = ({ path, facility, tag }: SyslogPolicy, severity: number) => ({
    path,
    tag: (tag === null ? slotTitle(program, context.index) : fill(tag)).replaceAll(':', '-'),
    priority: syslogFacilities[facility] * 8 + severity,
  })
  const { user } = context
  return {
    version: 1,
    run: context.run,
    marks: context.marks,
    argv: argvOf(launch, fill),
    cwd: fill(launch.cwd),
    ...(user?.isSwitched ? { uid: user.uid, gid: user.gid, groups: user.groups } : {}),
    ...(launch.umask === null ? {} : { umask: launch.umask }),
    ...(launch.nice === null ? {} : { nice: launch.nice }),
    rlimits: launch.rlimits.map(({ name, soft, hard }) => [name, soft, hard] as const),
    stop: {
      signal: signalNumber(stop.signal) ?? constants.signals.SIGTERM,
      graceMs: stop.graceMs,
      group: stop.target === 'group',
    },
    timeoutMs: program.limits.timeoutMs ?? 0,
    ...(context.notBefore === null ? {} : { notBefore: context.notBefore }),
    leave: launch.leftovers === 'leave',
    input: launch.stdin === 'fifo',
    merge: launch.stderr.kind === 'merged',
    out: target(launch.stdout, infoSeverity),
    err: launch.stderr.kind === 'merged' ? null : target(launch.stderr, errorSeverity),
    ...(output.capture === 'on-demand' ? { muted: true as const } : {}),
    ...(launch.notify ? { notify: notifyName(context) } : {}),
    ...(context.holder === null
      ? {}
      : { holder: context.holder, socketNames: launch.sockets.map(({ name }) => name).join(':') }),
    program: program.name,
    slot: context.slot,
    index: context.index,
    cause: context.cause,
    node: context.node,
    claimedAt: context.claimedAt,
    launchHash: context.launchHash,
  }
}

/** What the environment of a process of a slot is made from. */
export type Surroundings = Pick<ClaimContext, 'run' | 'slot' | 'index' | 'node' | 'marks' | 'user'> & {
  readonly cause: { readonly kind: string }
  /** What the command of a job is told of its due time, and its parameters. */
  readonly variables?: Readonly<Record<string, string>>
}

/** The environment of the command: inherited, then the user's own, then ours, then the program's. */
export function buildEnvironment(
  program: Program,
  context: Surroundings,
  inherited: NodeJS.ProcessEnv,
  secrets: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const fill = filler(program, context.index)
  const environment: Record<string, string> = {}
  if (program.launch.inheritEnv) {
    for (const [name, value] of Object.entries(inherited)) {
      if (value !== undefined && !isOurs(name)) environment[name] = value
    }
  }
  environment.PATH ??= inherited.PATH ?? '/usr/local/bin:/usr/bin:/bin'
  if (context.user) {
    const { name, home } = context.user
    Object.assign(environment, { HOME: home, USER: name, LOGNAME: name })
  }
  Object.assign(environment, runVariables(program, context))
  if (program.launch.notify) {
    environment.NOTIFY_SOCKET = `@${notifyName(context)}`
    const { liveness } = program.checks
    if (liveness?.method.kind === 'notify') environment.WATCHDOG_USEC = String(liveness.periodMs * 1000)
  }
  for (const [name, value] of Object.entries(program.launch.env)) environment[name] = fill(value)
  // As they are: what looks like a placeholder in a secret, or in what somebody said, is none.
  return Object.assign(environment, secrets, context.variables)
}

/** What every process of a run can know about it. */
export function runVariables(
  { name, group }: Pick<Program, 'name' | 'group'>,
  context: Omit<Surroundings, 'marks' | 'user'>,
): Record<string, string> {
  return {
    DROVER_RUN_ID: context.run,
    DROVER_PROGRAM: name,
    DROVER_GROUP: group,
    DROVER_SLOT: context.slot,
    DROVER_INDEX: String(context.index),
    DROVER_NODE: context.node,
    DROVER_CAUSE: context.cause.kind,
  }
}

/** What the agent itself was given is meant for it and nobody below it. */
function isOurs(name: string): boolean {
  return /^(DROVER_|LISTEN_(FDS|PID|FDNAMES)$|NOTIFY_SOCKET$|WATCHDOG_(USEC|PID)$)/.test(name)
}

/** Of its own on this machine, and short. */
function notifyName({ run, marks }: Pick<ClaimContext, 'run' | 'marks'>): string {
  return `drover/${run}/${createHash('sha256').update(marks).digest('hex').slice(0, 12)}`
}

/** The file that a named output goes to, for whoever wants to read it; null for other outputs. */
export function namedFile(program: Program, index: number, stream: 'out' | 'err'): string | null {
  const target = stream === 'out' ? program.launch.stdout : program.launch.stderr
  if (target.kind !== 'file') return null
  const fill = filler(program, index)
  const path = fill(target.path)
  return isAbsolute(path) ? path : join(fill(program.launch.cwd), path)
}

/** Accepts `TERM`, `SIGTERM`, `term` and `15`. */
export function signalNumber(signal: string): number | null {
  const text = signal.trim().toUpperCase()
  const known: Record<string, number> = constants.signals
  if (/^\d+$/.test(text)) return Number(text) >= 1 && Number(text) <= 64 ? Number(text) : null
  return known[text.startsWith('SIG') ? text : `SIG${text}`] ?? null
}

/** `SIGKILL` for 9; the number as a text where the system has no name. */
export function signalName(number: number): string {
  return Object.entries(constants.signals).find(([, value]) => value === number)?.[0] ?? String(number)
}

function argvOf({ command }: Launch, fill: (text: string) => string): string[] {
  return command.kind === 'shell' ? ['/bin/sh', '-c', fill(command.text)] : command.argv.map(fill)
}

function filler(program: Program, index: number): (text: string) => string {
  const values = placeholderValues(program, index)
  return (text) => fillPlaceholders(text, values)
}
