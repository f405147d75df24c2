/**
 * What a process tells of itself by the protocol of sd_notify: whether it is ready, and for a liveness check whether its watchdog has
 * spoken within the last period. A process that has not spoken yet has one period to do so.
 */
import type { Clock } from '../../clock.ts'
import type { CheckKind } from '../../domain/program.ts'
import type { Look } from '../check.ts'
import { readNotice } from '../run-directory.ts'

/** The shim writes a watchdog's word down at most so often. */
const writtenEveryMs = 200

export class NoticeWatch {
  private readonly directory: string
  private readonly kind: CheckKind
  private readonly periodMs: number
  private readonly clock: Clock
  private readonly since: number

  constructor(directory: string, { kind, periodMs }: { kind: CheckKind; periodMs: number }, clock: Clock) {
    this.directory = directory
    this.kind = kind
    this.periodMs = periodMs
    this.clock = clock
    this.since = clock.monotonic()
  }

  look(): Look {
    const notice = readNotice(this.directory)
    if (this.kind !== 'liveness') {
      const status = notice && notice.status !== '' ? ` (it says: ${notice.status})` : ''
      return notice?.ready
        ? { passed: true, detail: `it said READY=1${status}` }
        : { passed: false, detail: `it has not said READY=1${status}` }
    }
    if (notice?.watchdogFailed) return { passed: false, detail: 'its watchdog was triggered by itself' }
    const spoke = Math.max(notice?.watchdogAt ?? -1, this.since)
    const silentMs = Math.round(this.clock.monotonic() - spoke)
    return silentMs <= this.periodMs + writtenEveryMs
      ? { passed: true, detail: `its watchdog spoke ${silentMs} ms ago` }
      : { passed: false, detail: `its watchdog has been silent for ${silentMs} ms` }
  }
}
