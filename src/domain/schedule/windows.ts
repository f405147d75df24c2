/**
 * Blackout windows: spans in which nothing of a job is started, though it is due. One begins whenever a cron expression says so, and lasts for a while; or
 * it goes from one local time to another. The beginning belongs to a window, the end does not.
 */
import { durationText } from '../duration.ts'
import { previousTime } from './due-times.ts'
import { parseExpression, type ReadExpression } from './expression.ts'
import { parseLocalTime } from './local-time.ts'
import { processZone } from './zone.ts'

export type WrittenWindow =
  | { readonly from: string; readonly for: number }
  | { readonly from: string; readonly to: string }

export type Window =
  | {
      readonly kind: 'recurring'
      readonly text: string
      readonly from: Extract<Extract<ReadExpression, { ok: true }>['schedule'], { kind: 'cron' }>
      readonly forMs: number
    }
  | { readonly kind: 'once'; readonly text: string; readonly from: number; readonly to: number }

export type ReadWindow =
  | { readonly ok: true; readonly window: Window }
  | {
      readonly ok: false
      readonly key: 'from' | 'for' | 'to'
      readonly message: string
      readonly expected: string
    }

const leastForMs = 1000
/** A window that always lasts is a job that is disabled. */
const mostForMs = 366 * 86_400_000

/** A zone of null is that of the process; `seed` is the job's name. */
export function parseWindow(written: WrittenWindow, zone: string | null, seed: string): ReadWindow {
  return 'for' in written ? parseRecurring(written, seed) : parseOnce(written, zone)
}

/** The text of a window that holds at this instant, or null. */
export function coveringWindow(windows: readonly Window[], zone: string | null, at: number): string | null {
  const covering = windows.find((window) => covers(window, zone ?? processZone(), at))
  return covering?.text ?? null
}

function covers(window: Window, zone: string, at: number): boolean {
  if (window.kind === 'once') return window.from <= at && at < window.to
  // The beginnings may lie closer together than the windows last: then the last one counts.
  const begin = previousTime({ ...window.from, zone }, at)
  return begin !== null && at < begin + window.forMs
}

function parseRecurring({ from, for: forMs }: { from: string; for: number }, seed: string): ReadWindow {
  const read = parseExpression(from, seed)
  if (!read.ok) {
    const message = read.field === null ? read.message : `${read.field}: ${read.message}`
    return { ok: false, key: 'from', message, expected: read.expected }
  }
  const { schedule } = read
  if (schedule.kind !== 'cron') {
    const message = `\`${from}\` says no time of day`
    return { ok: false, key: 'from', message, expected: 'a cron expression, such as `0 22 * * *`' }
  }
  if (!(forMs >= leastForMs && forMs <= mostForMs)) {
    const message = `a window cannot last ${durationText(forMs)}`
    return { ok: false, key: 'for', message, expected: 'a duration from 1s to 366d' }
  }
  const text = `${from} for ${durationText(forMs)}`
  return { ok: true, window: { kind: 'recurring', text, from: schedule, forMs } }
}

function parseOnce({ from, to }: { from: string; to: string }, zone: string | null): ReadWindow {
  const begin = parseLocalTime(from, zone)
  if (!begin.ok) return { ...begin, key: 'from' }
  const end = parseLocalTime(to, zone)
  if (!end.ok) return { ...end, key: 'to' }
  if (end.at <= begin.at) {
    const message = `the window ends at \`${to}\`, and begins at \`${from}\``
    return { ok: false, key: 'to', message, expected: 'an end after the beginning' }
  }
  return {
    ok: true,
    window: { kind: 'once', text: `${from} to ${to}`, from: begin.at, to: end.at },
  }
}
