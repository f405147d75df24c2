/**
 * A run: one execution of one process, whatever the reason. Its cause says why it began, its end how it went. Both are
 * facts that never change once they are recorded.
 */
import type { Milliseconds } from './milliseconds.ts'
import type { RunPeak } from './usage.ts'

/** Why a run began. */
export type RunCause =
  /** The agent found a slot that shall run and has never run, or not since the machine or the agent was started afresh. */
  | { readonly kind: 'autostart' }
  /** Somebody asked for a start or a restart. */
  | { readonly kind: 'requested'; readonly by: string }
  /** The run before it ended, and the program's rules say go on. */
  | { readonly kind: 'restart'; readonly after: string; readonly reason: string }
  /** The configuration changed what the program is. */
  | { readonly kind: 'changed' }
  /** A program that this one depends on began a new run, and this one asked to be restarted then. */
  | { readonly kind: 'dependency'; readonly program: string }
  /** Somebody, mostly cron, let `drover exec` run a command under this name. */
  | { readonly kind: 'exec'; readonly by: string }
  /** A job was due. */
  | { readonly kind: 'scheduled'; readonly dueAt: number; readonly isCatchUp: boolean }
  /** The machine was started, and the job is for that. */
  | { readonly kind: 'reboot' }
  /** Programs ended that the job comes after. */
  | { readonly kind: 'after'; readonly programs: readonly string[] }
  /** The attempt before it failed. */
  | { readonly kind: 'retry'; readonly after: string; readonly reason: string }

/** Why a run was ended by us though nobody asked for it. It is kept with the end. */
export interface StopReason {
  readonly kind: StopReasonKind
  /** One clause for people: `the liveness check failed 3 times: no answer in 1 s`. */
  readonly text: string
  /** A failure is slowed by the backoff; what is none (the end of a lifetime) is followed by the next run as any end that was meant. */
  readonly isFailure: boolean
}

export const stopReasonKinds = [
  /** A check failed. */
  'startup',
  'unhealthy',
  /** A limit was reached. */
  'memory',
  'cpu',
  'lifetime',
  'runs',
  'files',
  /** The next due time of the job came, and takes its place. */
  'replaced',
  /** It was begun ahead of its time, and is not due any more. */
  'called_off',
] as const
export type StopReasonKind = (typeof stopReasonKinds)[number]

/** How a run ended. */
export type RunEnd =
  /** The command ended by itself, with a code. */
  | (Ended & { readonly kind: 'exited'; readonly code: number })
  /** The command was ended by a signal that nobody of us sent. */
  | (Ended & { readonly kind: 'signaled'; readonly signal: string })
  /** It was asked to stop, and ended. `killed`: the grace ran out. */
  | (Ended & {
      readonly kind: 'stopped'
      readonly code: number | null
      readonly signal: string | null
      readonly killed: boolean
      /** Null when a person, a change or a shutdown asked. Absent in records of older versions. */
      readonly reason?: StopReason | null
    })
  /** Its timeout passed. */
  | (Ended & { readonly kind: 'timed_out'; readonly killed: boolean })
  /** The command could not be executed. */
  | (Ended & { readonly kind: 'failed_to_start'; readonly stage: string; readonly message: string })
  /** Nothing was ever executed: the claim was revoked, or no shim could be started. */
  | { readonly kind: 'revoked'; readonly endedAt: number; readonly reason: string }
  /** The shim was killed or the directory is gone: the process is dead, its exit code is lost. */
  | { readonly kind: 'unknown'; readonly endedAt: number; readonly reason: string }
  /** The machine was restarted under it. */
  | { readonly kind: 'machine_restarted'; readonly endedAt: number }

interface Ended {
  /** Wall clock, milliseconds since 1970. */
  readonly endedAt: number
  /** Measured monotonically by the shim, so it holds over clock steps and agents. */
  readonly durationMs: Milliseconds
  readonly usage: RunUsage
}

/** What the whole process tree used, as far as its members were waited for. */
export interface RunUsage {
  readonly userCpuMs: Milliseconds
  readonly systemCpuMs: Milliseconds
  readonly maxRssBytes: number
  /** Processes of the tree that had to be killed after the command's end. */
  readonly leftovers: number
  /** Bytes of output, and how many of them could not be written. */
  readonly outBytes: number
  readonly errBytes: number
  readonly lostBytes: number
}

/** A run as it is recorded. */
export interface Run {
  readonly id: string
  readonly program: string
  /** The program's name where the run holds no slot, see `holdsSlot`. */
  readonly slot: string
  readonly node: string
  readonly cause: RunCause
  /** Of a job: the due time that it is for, and which attempt it is. Absent for services. */
  readonly occurrence?: { readonly id: string; readonly attempt: number }
  readonly claimedAt: number
  /** The command began; null while it has not, or never did. */
  readonly startedAt: number | null
  readonly pid: number | null
  readonly end: RunEnd | null
  /** Absent until it was recorded once. */
  readonly peak?: RunPeak
  /** When it was told that the run lasts longer than it should; absent: it was not. */
  readonly warnedAt?: number
  /** How far its output is told as events, in bytes of each stream. Absent: nothing was. */
  readonly toldOutput?: { readonly out: number; readonly err: number }
}

/**
 * Whether the run is that of a slot, which follows from how it ends. One that holds none is followed to its end and recorded like any other, and
 * nothing begins or stops for it; its name need not be declared. No slot is called like a program: their names end with a number.
 */
export function holdsSlot({ slot, program }: Pick<Run, 'slot' | 'program'>): boolean {
  return slot !== program
}

const neverExecuted = 'could not start'

/** Whether a reason, made from the end of a run, tells that its command was never executed: then it printed nothing. */
export function tellsNeverExecuted(reason: string): boolean {
  return reason.includes(`${neverExecuted} (`)
}

/** One sentence about an end, the same at every door. */
/** Null where there is none, or nobody knows it. */
export function exitCodeOf(end: RunEnd): number | null {
  return end.kind === 'exited' || end.kind === 'stopped' ? end.code : null
}

export function describeEnd(end: RunEnd): string {
  switch (end.kind) {
    case 'exited':
      return `exited with code ${end.code}`
    case 'signaled':
      return `ended by signal ${end.signal}`
    case 'stopped': {
      const killed = end.killed ? ', killed after its grace' : ''
      return end.reason ? `stopped${killed}: ${end.reason.text}` : `stopped${killed}`
    }
    case 'timed_out':
      return end.killed ? 'timed out, killed after its grace' : 'timed out'
    case 'failed_to_start':
      return `${neverExecuted} (${end.stage}: ${end.message})`
    case 'revoked':
      return `never started (${end.reason})`
    case 'unknown':
      return `ended, nobody knows how (${end.reason})`
    case 'machine_restarted':
      return 'ended with a restart of the machine'
    default:
      return end satisfies never
  }
}
