/**
 * Limits that end a run gracefully: whether one is reached, and when to look again so that none is passed by much. Pure.
 *
 * Memory is the one that cannot wait. The next look comes when at the present growth half of the room is used up, and what does not
 * grow is trusted only so far: it may begin to, with a quarter of its limit per second.
 */
import type { Milliseconds } from './milliseconds.ts'
import type { StopReason } from './run.ts'
import { nextLookMs, type RunUsageNow } from './usage.ts'

/** What a run may use, each null where nothing is said. */
export interface Limits {
  /** Resident memory of the whole tree. */
  readonly memoryBytes: number | null
  /** CPU time of the whole tree, of one run. */
  readonly cpuMs: Milliseconds | null
  readonly lifetime: Lifetime | null
  /** Runs of a slot that follow one another without a person's start. */
  readonly runs: number | null
  readonly watch: FileWatchPolicy | null
  /** A run that lasts longer is told of; it goes on. */
  readonly warnAfterMs: Milliseconds | null
  /** A run that lasts longer is ended, by its shim. */
  readonly timeoutMs: Milliseconds | null
}

export interface Lifetime {
  readonly afterMs: Milliseconds
  /** Share of the time that is drawn around it for each run: 0.1 is ±10 %. */
  readonly jitter: number
}

export interface FileWatchPolicy {
  /** Absolute, with wildcards. */
  readonly paths: readonly string[]
  /** Patterns; absolute, or beginning with two stars. */
  readonly ignore: readonly string[]
  /** So long nothing may change any more before a change counts. */
  readonly settleMs: Milliseconds
}

export const noLimits: Limits = {
  memoryBytes: null,
  cpuMs: null,
  lifetime: null,
  runs: null,
  watch: null,
  warnAfterMs: null,
  timeoutMs: null,
}

/** A limit that was reached, with what belongs into its event. */
export interface ReachedLimit {
  readonly reason: StopReason
  /** Bytes, milliseconds or a number, as the limit is. */
  readonly value: number
  readonly threshold: number
}

export interface RunToJudge {
  /** Null before the first reading. */
  readonly usage: RunUsageNow | null
  /** Since the command's start. */
  readonly ageMs: Milliseconds
  /** 0 ≤ spread < 1, the same for this run in every agent. */
  readonly spread: number
  readonly isWarned: boolean
}

export interface LimitDecision {
  /** The run has to go. */
  readonly reached: ReachedLimit | null
  /** The run is to be told of, now. */
  readonly isOverdue: boolean
  /** When to decide again, at the latest; infinite where time alone changes nothing. */
  readonly nextDecisionMs: Milliseconds
}

export function decideLimits(limits: Limits, run: RunToJudge): LimitDecision {
  const { ageMs, isWarned } = run
  const { warnAfterMs, timeoutMs } = limits
  const reached = memoryReached(limits, run) ?? cpuReached(limits, run) ?? lifetimeReached(limits, run)
  const isTimedOut = timeoutMs !== null && ageMs >= timeoutMs
  const isOverdue = warnAfterMs !== null && !isWarned && !isTimedOut && ageMs >= warnAfterMs
  const waits = [
    limits.lifetime ? lifetimeOf(limits.lifetime, run.spread) - ageMs : Number.POSITIVE_INFINITY,
    warnAfterMs !== null && !isWarned && !isOverdue && !isTimedOut
      ? warnAfterMs - ageMs
      : Number.POSITIVE_INFINITY,
  ]
  return { reached, isOverdue, nextDecisionMs: Math.max(0, Math.min(...waits)) }
}

const soonestLookMs = 40
const soonestQuietLookMs = 250
const latestMemoryLookMs = 2000
const soonestCpuLookMs = 100
const latestCpuLookMs = 5000

/** When to read the usage of a run again that has limits, or is being ended for its memory. */
export function nextLimitedLookMs(
  { memoryBytes, cpuMs }: Limits,
  usage: RunUsageNow,
  isEndingForMemory = false,
): Milliseconds {
  let wait = nextLookMs(usage)
  if (memoryBytes !== null) {
    const bound = isEndingForMemory ? memoryBytes * cutGraceAt : memoryBytes
    const room = Math.max(0, bound - usage.rssBytes)
    const expected = Math.max(usage.growth, memoryBytes / 4000)
    // Less than 1 % of the limit per second is no growth worth hurrying for.
    const soonest = usage.growth * 1000 > memoryBytes * 0.01 ? soonestLookMs : soonestQuietLookMs
    wait = Math.min(wait, Math.max(soonest, Math.min(latestMemoryLookMs, room / (2 * expected))))
  }
  if (cpuMs !== null) {
    const cores = Math.max(1, usage.cpuPercent / 100)
    const rest = (cpuMs - usage.cpuMs) / cores
    wait = Math.min(wait, Math.max(soonestCpuLookMs, Math.min(latestCpuLookMs, rest)))
  }
  return wait
}

/** A run that is being ended for its memory and yet grows to so many times its limit has no time left. */
export const cutGraceAt = 2

export function hasOutgrownGrace({ memoryBytes }: Limits, usage: RunUsageNow): boolean {
  return memoryBytes !== null && usage.rssBytes > memoryBytes * cutGraceAt
}

export function lifetimeOf({ afterMs, jitter }: Lifetime, spread: number): Milliseconds {
  return afterMs * (1 + jitter * (2 * spread - 1))
}

/** A number from 0 to 1 out of the run's id: agents that come later draw the same. */
export function spreadOf(run: string): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < run.length; index++) {
    hash = Math.imul(hash ^ run.charCodeAt(index), 0x01000193) >>> 0
  }
  // The last characters must move the first bits as well.
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d) >>> 0
  hash = Math.imul(hash ^ (hash >>> 12), 0x297a2d39) >>> 0
  return ((hash ^ (hash >>> 15)) >>> 0) / 2 ** 32
}

/** Why a slot begins no further run. `runs`: how many it has had. */
export function runsUsedUp(runs: number, lastEnd: string, isSuccess: boolean): StopReason {
  const had = runs === 1 ? 'the one run that it may have' : `the ${runs} runs that it may have`
  return { kind: 'runs', text: `it has had ${had}, the last one ${lastEnd}`, isFailure: !isSuccess }
}

export function filesChanged(path: string, count: number): ReachedLimit {
  const others = count === 1 ? '' : ` and ${count - 1} more`
  return {
    reason: { kind: 'files', text: `${path}${others} changed`, isFailure: false },
    value: count,
    threshold: 1,
  }
}

function memoryReached({ memoryBytes }: Limits, { usage }: RunToJudge): ReachedLimit | null {
  if (memoryBytes === null || !usage || usage.rssBytes < memoryBytes) return null
  const text = `its memory reached ${megabytes(usage.rssBytes)} of ${megabytes(memoryBytes)}`
  return {
    reason: { kind: 'memory', text, isFailure: true },
    value: usage.rssBytes,
    threshold: memoryBytes,
  }
}

function cpuReached({ cpuMs }: Limits, { usage }: RunToJudge): ReachedLimit | null {
  if (cpuMs === null || !usage || usage.cpuMs < cpuMs) return null
  const text = `it used ${seconds(usage.cpuMs)} of CPU time of ${seconds(cpuMs)}`
  return { reason: { kind: 'cpu', text, isFailure: true }, value: usage.cpuMs, threshold: cpuMs }
}

function lifetimeReached({ lifetime }: Limits, { ageMs, spread }: RunToJudge): ReachedLimit | null {
  if (!lifetime) return null
  const threshold = lifetimeOf(lifetime, spread)
  if (ageMs < threshold) return null
  const text = `its lifetime of ${seconds(threshold)} is over`
  return { reason: { kind: 'lifetime', text, isFailure: false }, value: ageMs, threshold }
}

function megabytes(bytes: number): string {
  return `${(bytes / 1024 ** 2).toFixed(bytes < 10 * 1024 ** 2 ? 1 : 0)} MB`
}

function seconds(ms: Milliseconds): string {
  return `${(ms / 1000).toFixed(ms < 10_000 ? 1 : 0)} s`
}
