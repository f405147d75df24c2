/**
 * The only place that reads time. Wall time (milliseconds since 1970) is for people and for records; monotonic time is for
 * durations and deadlines: it never steps, and means the same to all processes until the machine is restarted.
 */
import { uptime } from 'node:os'
import process from 'node:process'

export interface Clock {
  /** Wall clock, milliseconds since 1970. */
  now(): number
  /** Monotonic milliseconds. */
  monotonic(): number
  /** Milliseconds since the machine was started, the time that it was suspended included. To about 10 ms. */
  sinceBoot(): number
  /** Calls back once after the delay, unless cancelled. */
  after(delayMs: number, callback: () => void): Timer
}

export interface Timer {
  cancel(): void
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => {
    // The kernel's clock since the boot; `performance.now()` would count from the start of this process.
    const [seconds, nanoseconds] = process.hrtime()
    return seconds * 1000 + nanoseconds / 1e6
  },
  sinceBoot: () => uptime() * 1000,
  after(delayMs, callback) {
    const timer = setTimeout(callback, Math.max(0, Math.min(delayMs, 0x7fff_ffff)))
    return { cancel: () => clearTimeout(timer) }
  },
}
