/**
 * What was turned away, as events, so that somebody notices who tries; but few of them, whatever is tried: one a minute for each kind and
 * address, and no more than some for all together. Those in between are counted.
 */
import type { Clock } from '../clock.ts'
import { networkOf } from './login-throttle.ts'

export interface Denial {
  readonly reason: string
  readonly operation: string
  readonly by: string
  readonly address: string
}

const minuteMs = 60_000
const mostPerMinute = 10

export class DenialLog {
  private readonly clock: Pick<Clock, 'monotonic'>
  private readonly record: (denial: Denial & { others: number }) => void
  private told = new Set<string>()
  private since = Number.NEGATIVE_INFINITY
  private others = 0

  constructor(clock: Pick<Clock, 'monotonic'>, record: (denial: Denial & { others: number }) => void) {
    this.clock = clock
    this.record = record
  }

  note(denial: Denial): void {
    const now = this.clock.monotonic()
    if (now - this.since >= minuteMs) {
      this.since = now
      this.told = new Set()
    }
    const key = `${denial.reason} ${networkOf(denial.address)} ${denial.by}`
    if (this.told.size >= mostPerMinute || this.told.has(key)) {
      this.others += 1
      return
    }
    this.told.add(key)
    this.record({ ...denial, others: this.others })
    this.others = 0
  }
}
