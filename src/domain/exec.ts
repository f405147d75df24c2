/**
 * What `drover exec` is asked for, and what it ends with: as a shell would, so that cron, `&&` and people cannot tell the difference. Pure.
 */
import { noLimits } from './limits.ts'
import type { Milliseconds } from './milliseconds.ts'
import type { Program } from './program.ts'

export interface ExecRequest {
  /** What the run is called; it need not be declared. */
  readonly name: string
  readonly argv: readonly string[]
  /** Absolute. */
  readonly cwd: string
  readonly timeoutMs: Milliseconds | null
  readonly warnAfterMs: Milliseconds | null
  /** Absolute. */
  readonly dataDir: string
  /** Null: the machine's name. */
  readonly node: string | null
}

/** Exit codes of `drover exec` that are not the command's, as `timeout`, `env` and shells have them. */
export const execExitCodes = {
  /** All went well, but what was printed could not be handed on. */
  outputLost: 1,
  timedOut: 124,
  notStarted: 126,
  notFound: 127,
  /** The shim was killed, and the command with it: as for any process that gets KILL. */
  lost: 137,
} as const

/** What a shim writes about an end, as far as it counts here. */
export interface ExecEnd {
  readonly code: number | null
  readonly signal: number | null
  readonly error: { readonly stage: string; readonly errno: number; readonly message: string } | null
  readonly timedOut: boolean
}

/** `said`: a line for whoever reads what it prints. */
export interface ExecOver {
  readonly kind: 'over'
  readonly code: number
  readonly said: string | null
}

export type ExecVerdict =
  | ExecOver
  /** Nothing was executed, for a reason that is not the command's: it has to be run without a record. */
  | { readonly kind: 'unrecordable'; readonly reason: string }

/** Stages in which the run directory fails, and not the command. */
const stagesOfRecord = ['spec', 'output', 'fifo', 'notify']
const noSuchFile = 2

export function judgeExec(
  { code, signal, error, timedOut }: ExecEnd,
  { argv, cwd }: ExecRequest,
): ExecVerdict {
  if (error && stagesOfRecord.includes(error.stage)) {
    return { kind: 'unrecordable', reason: `its ${error.stage} could not be prepared: ${error.message}` }
  }
  if (error) {
    const isNotFound = error.stage === 'exec' && error.errno === noSuchFile
    const what = error.stage === 'exec' ? argv[0] : error.stage === 'cwd' ? cwd : error.stage
    return {
      kind: 'over',
      code: isNotFound ? execExitCodes.notFound : execExitCodes.notStarted,
      said: `${what}: ${error.message}`,
    }
  }
  if (timedOut) return { kind: 'over', code: execExitCodes.timedOut, said: 'it timed out, and was ended' }
  return { kind: 'over', code: signal === null ? (code ?? 0) : exitCodeOfSignal(signal), said: null }
}

export function exitCodeOfSignal(signal: number): number {
  return 128 + signal
}

/** The program that such a run would be of: all as usual, but that what the command leaves behind lives on, as it does below cron. */
export function programOfExec({ name, argv, cwd, timeoutMs, warnAfterMs }: ExecRequest): Program {
  return {
    name,
    group: name.includes(':') ? name.slice(0, name.indexOf(':')) : name,
    kind: 'service',
    processes: 1,
    autostart: false,
    priority: 100,
    launch: {
      command: { kind: 'argv', argv },
      cwd,
      env: {},
      inheritEnv: true,
      user: null,
      umask: null,
      nice: null,
      rlimits: [],
      stdin: 'none',
      stdout: { kind: 'own' },
      stderr: { kind: 'own' },
      leftovers: 'leave',
      sockets: [],
      notify: null,
    },
    restart: {
      when: 'never',
      successExitCodes: [0],
      startTimeMs: 0,
      giveUpAfter: null,
      steadyTimeMs: 0,
      backoff: { kind: 'linear', initialMs: 1000, factor: 1, maxMs: 1000, jitter: 0 },
    },
    stop: { signal: 'TERM', graceMs: 10_000, target: 'group' },
    output: { maxBytes: 10 * 1024 ** 2, keep: 10 },
    dependsOn: [],
    checks: { startup: null, readiness: null, liveness: null },
    rollout: { parallel: { kind: 'count', value: 1 }, withinMs: 60_000 },
    limits: { ...noLimits, timeoutMs, warnAfterMs },
    customData: null,
  }
}
