/**
 * The only place that reads time. Wall time (milliseconds since 1970) is for people and for records; monotonic time is for
 * durations and deadlines: it never steps, and means nothing outside this process.
 */
import { performance } from 'node:perf_hooks'

export interface Clock {
  /** Wall clock, milliseconds since 1970. */
  now(): number
  /** Monotonic milliseconds. */
  monotonic(): number
  /** Calls back once after the delay, unless cancelled. */
  after(delayMs: number, callback: () => void): Timer
}

export interface Timer {
  cancel(): void
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(delayMs, callback) {
    const timer = setTimeout(callback, Math.max(0, Math.min(delayMs, 0x7fff_ffff)))
    return { cancel: () => clearTimeout(timer) }
  },
}
