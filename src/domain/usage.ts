/**
 * What a run uses, out of readings of its process tree that follow one another: rates, peaks, sums that never fall. Pure; when it is
 * looked again is decided here as well, since that is most of what watching costs.
 */
import type { Milliseconds } from './milliseconds.ts'

export interface UsageReading {
  readonly cpuMs: Milliseconds
  readonly rssBytes: number
  readonly processes: number
  /** Null where they may not be counted. */
  readonly openFiles: number | null
}

/** The most that was seen of a run: of its whole tree, and only at the moments when somebody looked. */
export interface RunPeak {
  readonly treeRssBytes: number
  readonly processes: number
  readonly openFiles: number | null
}

export interface RunUsageNow extends UsageReading {
  /** Monotonic. */
  readonly at: Milliseconds
  /** Of one core, over the time since the reading before. 100 is one core. */
  readonly cpuPercent: number
  /** Bytes per millisecond; below 0 where it shrinks. */
  readonly growth: number
  readonly peak: RunPeak
  /** CPU time of members that went without being waited for by the tree: else the sum would fall. */
  readonly lostCpuMs: Milliseconds
  /** Readings in a row that found nothing new. */
  readonly quiet: number
}

/** Closer than this two readings say nothing about a rate: the kernel counts CPU time in ticks of 10 ms. */
const shortestSpanMs = 200

/** `before` null: the first reading, of a run that is `ageMs` old. */
export function addReading(
  before: RunUsageNow | null,
  reading: UsageReading,
  at: Milliseconds,
  { ageMs, peak }: { readonly ageMs: Milliseconds; readonly peak: RunPeak | null },
): RunUsageNow {
  const lostCpuMs = before ? Math.max(before.lostCpuMs, before.cpuMs - reading.cpuMs) : 0
  const cpuMs = reading.cpuMs + lostCpuMs
  const spanMs = before ? at - before.at : ageMs
  const usedMs = cpuMs - (before?.cpuMs ?? 0)
  const isLongEnough = spanMs >= shortestSpanMs
  return {
    ...reading,
    cpuMs,
    at,
    cpuPercent: isLongEnough ? (usedMs / spanMs) * 100 : (before?.cpuPercent ?? 0),
    growth: before && spanMs > 0 ? (reading.rssBytes - before.rssBytes) / spanMs : 0,
    peak: higherPeak(before?.peak ?? peak, reading),
    lostCpuMs,
    quiet: before && isSame(before, reading, cpuMs) ? before.quiet + 1 : 0,
  }
}

function isSame(before: RunUsageNow, { rssBytes, processes }: UsageReading, cpuMs: Milliseconds): boolean {
  return (
    Math.abs(rssBytes - before.rssBytes) <= before.rssBytes * 0.02 &&
    processes === before.processes &&
    cpuMs - before.cpuMs <= 50
  )
}

function higherPeak(peak: RunPeak | null, { rssBytes, processes, openFiles }: UsageReading): RunPeak {
  return {
    treeRssBytes: Math.max(peak?.treeRssBytes ?? 0, rssBytes),
    processes: Math.max(peak?.processes ?? 0, processes),
    openFiles: openFiles === null ? (peak?.openFiles ?? null) : Math.max(peak?.openFiles ?? 0, openFiles),
  }
}

/** Whether a peak has grown enough since it was recorded to be recorded again: agents die, and small steps are not worth a write. */
export function isPeakNews(recorded: RunPeak | null, peak: RunPeak): boolean {
  if (!recorded) return true
  const grew = (now: number | null, then: number | null): boolean => (now ?? 0) > (then ?? 0) * 1.1
  return (
    grew(peak.treeRssBytes, recorded.treeRssBytes) ||
    grew(peak.processes, recorded.processes) ||
    grew(peak.openFiles, recorded.openFiles)
  )
}

export const usualLookMs: Milliseconds = 5000
const rarestLookMs: Milliseconds = 30_000

/** When to look again at a run that has no limits: what does nothing is looked at less and less. */
export function nextLookMs({ quiet }: Pick<RunUsageNow, 'quiet'>): Milliseconds {
  return Math.min(usualLookMs * 2 ** Math.min(quiet, 10), rarestLookMs)
}
