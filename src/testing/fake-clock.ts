/**
 * A clock that stands still until a test moves it. `advance` lets time pass and calls what falls due meanwhile, in the order of the due
 * times; `step` moves the wall clock alone, as somebody setting it does.
 */
import type { Clock, Timer } from '../clock.ts'

interface Waiting {
  readonly due: number
  readonly callback: () => void
}

export class FakeClock implements Clock {
  private wall: number
  private passed: number
  private suspended = 0
  private readonly waiting = new Set<Waiting>()

  constructor(wall = 1_790_000_000_000, monotonic = 1000) {
    this.wall = wall
    this.passed = monotonic
  }

  now(): number {
    return this.wall
  }

  monotonic(): number {
    return this.passed
  }

  sinceBoot(): number {
    return this.passed + this.suspended
  }

  /** The machine sleeps: the wall clock goes on, what counts durations stands still. */
  suspend(ms: number): void {
    this.wall += ms
    this.suspended += ms
  }

  after(delayMs: number, callback: () => void): Timer {
    const timer: Waiting = { due: this.passed + Math.max(0, delayMs), callback }
    this.waiting.add(timer)
    return { cancel: () => this.waiting.delete(timer) }
  }

  advance(ms: number): void {
    const until = this.passed + ms
    for (let next = this.nextUntil(until); next; next = this.nextUntil(until)) {
      this.waiting.delete(next)
      this.pass(Math.max(0, next.due - this.passed))
      next.callback()
    }
    this.pass(until - this.passed)
  }

  step(ms: number): void {
    this.wall += ms
  }

  /** How many callbacks still wait: none when everything that used the clock has been closed. */
  get pending(): number {
    return this.waiting.size
  }

  /** How long until the next callback is due; null: none waits. */
  get untilNext(): number | null {
    const next = this.nextUntil(Number.POSITIVE_INFINITY)
    return next ? Math.max(0, next.due - this.passed) : null
  }

  private pass(ms: number): void {
    this.passed += ms
    this.wall += ms
  }

  private nextUntil(until: number): Waiting | undefined {
    let next: Waiting | undefined
    for (const timer of this.waiting) {
      if (timer.due <= until && (!next || timer.due < next.due)) next = timer
    }
    return next
  }
}
