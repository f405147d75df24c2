/**
 * Looks at what the living runs use, and at their limits. Which runs there are follows from the slots as they were recorded last; what was
 * reached goes back as a fact. What it holds may be lost: a new agent begins to look anew, with the peaks that were recorded.
 *
 * Looks are most of what an idle agent does, so what does nothing is looked at less and less, what is near a limit more and more, and
 * all that is due is read in slices, between which others get their turn.
 */
import type { Clock, Timer } from '../../clock.ts'
import {
  cutGraceAt,
  decideLimits,
  hasOutgrownGrace,
  type Limits,
  nextLimitedLookMs,
  noLimits,
  type ReachedLimit,
  spreadOf,
} from '../../domain/limits.ts'
import type { Program } from '../../domain/program.ts'
import type { DesiredProgram, Slot } from '../../domain/reconcile.ts'
import type { Run } from '../../domain/run.ts'
import { runOf, type SlotState } from '../../domain/slot-state.ts'
import {
  addReading,
  isPeakNews,
  type RunPeak,
  type RunUsageNow,
  type UsageReading,
} from '../../domain/usage.ts'
import type { RunSeen, RunSubject } from '../reconcile/draft.ts'
import type { LiveRun } from './run-keeper.ts'

/** What the watch has to say; each is recorded before anything follows from it. */
export interface UsageNews {
  reached(slot: string, run: string, limit: ReachedLimit): void
  overdue(run: RunSubject, data: { warnAfterMs: number; lastedMs: number }): void
  outgrown(slot: string, run: string, data: { value: number; threshold: number }): void
  peaks(peaks: readonly { id: string; peak: RunPeak }[]): void
}

export interface UsageWatchOptions {
  readonly clock: Clock
  /** Null when the run's shim is gone, or nothing can be read. */
  readonly read: (shimPid: number, withFiles: boolean) => UsageReading | null
  readonly live: (run: string) => LiveRun | undefined
  /** Since the start of the run's command, whatever the wall clock did. */
  readonly ageOf: (run: LiveRun) => number
  /** When a run of a program has lasted too long by what the runs before it took; null: its limits say. */
  readonly usualWarnAfter: (program: Program) => number | null
  readonly news: UsageNews
  readonly complain: (message: string, error: unknown) => void
}

interface Watched {
  /** What it is kept under. */
  readonly key: string
  readonly run: LiveRun
  readonly spread: number
  /** Monotonic. */
  readonly bornAt: number
  limits: Limits
  isStopping: boolean
  isEndingForMemory: boolean
  usage: RunUsageNow | null
  recordedPeak: RunPeak | null
  isWarned: boolean
  isReached: boolean
  isGraceCut: boolean
  lookAt: number
  decideAt: number
  /** When its files were counted. */
  filesAt: number
}

const sliceMs = 8
const firstLookMs = 1000
const firstLimitedLookMs = 50
const peaksEveryMs = 60_000
/** Looks are taken together, the more so the less urgent they are, so that the agent sleeps between: `fromMs` is how long they may wait. */
const grids = [
  { fromMs: 2000, stepMs: 1000 },
  { fromMs: 500, stepMs: 250 },
  { fromMs: 0, stepMs: 20 },
]
const awayMs = 1000
/** Files are counted no more often: nothing is decided by them, and it costs as much as all the rest. */
const filesEveryMs = 4500

export class UsageWatch {
  private readonly options: UsageWatchOptions
  /** By slot; runs that hold none by their own id. */
  private readonly watched = new Map<string, Watched>()
  private readonly known = new Map<string, Pick<Run, 'peak' | 'warnedAt'>>()
  /** Limits as declared → with what was learnt of the runs before. */
  private readonly learnt = new WeakMap<Limits, Limits>()
  private timer: Timer | null = null
  private wakeAt = Number.POSITIVE_INFINITY
  private peaksAt: number
  private isRunning = false
  private isClosed = false

  constructor(options: UsageWatchOptions) {
    this.options = options
    this.peaksAt = options.clock.monotonic() + peaksEveryMs
  }

  /** What an agent before this one recorded about a run that lives. */
  remember(run: Run): void {
    this.known.set(run.id, run)
  }

  /** Brings what is looked at in line with these slots. */
  follow(
    names: Iterable<string>,
    slots: ReadonlyMap<string, Slot>,
    desired: ReadonlyMap<string, DesiredProgram>,
  ): void {
    for (const name of names) {
      const slot = slots.get(name)
      const id = slot ? runOf(slot.state) : null
      const live = id === null ? undefined : this.options.live(id)
      if (!slot || !live?.shim || live.isEnded) this.watched.delete(name)
      else this.align(slot, live, this.limitsOf(desired.get(slot.program)?.program))
    }
    this.schedule()
  }

  /** A run that holds no slot is looked at from now on, until its end. */
  followRun(run: LiveRun): void {
    if (!run.shim || run.isEnded || this.watched.has(run.id)) return
    const limits = { ...noLimits, warnAfterMs: run.warnAfterMs }
    this.watched.set(run.id, this.begin(run.id, run, limits))
    this.schedule()
  }

  /** The last reading, if the run was ever looked at. */
  usageOf(slot: string, run: string): RunUsageNow | null {
    return this.find(slot, run)?.usage ?? null
  }

  /** For the record of its end, after which it is looked at no more. */
  seenOf(slot: string, run: string): RunSeen {
    const watched = this.find(slot, run)
    const known = this.known.get(run)
    this.known.delete(run)
    if (watched) this.watched.delete(watched.key)
    return watched
      ? { peak: watched.usage?.peak ?? watched.recordedPeak, isWarned: watched.isWarned }
      : { peak: known?.peak ?? null, isWarned: known?.warnedAt !== undefined }
  }

  /** For somebody who asks: reads what was not read for so long. */
  refresh(maxAgeMs: number, slots: Iterable<string> = this.watched.keys()): void {
    const now = this.options.clock.monotonic()
    for (const name of slots) {
      const watched = this.watched.get(name)
      if (watched && (!watched.usage || now - watched.usage.at >= maxAgeMs)) this.attempt(watched)
    }
    this.schedule()
  }

  /** Looks at all that is due. */
  async runOnce(): Promise<void> {
    const { clock } = this.options
    let sliceEnd = clock.monotonic() + sliceMs
    for (const watched of [...this.watched.values()]) {
      const now = clock.monotonic()
      if (this.watched.get(watched.key) !== watched) continue
      if (watched.lookAt <= now) this.attempt(watched)
      else if (watched.decideAt <= now) this.decide(watched)
      if (clock.monotonic() <= sliceEnd) continue
      await new Promise((resolve) => setImmediate(resolve))
      if (this.isClosed) return
      sliceEnd = clock.monotonic() + sliceMs
    }
    this.recordPeaks()
  }

  close(): void {
    this.isClosed = true
    this.timer?.cancel()
    this.watched.clear()
  }

  private align(slot: Slot, run: LiveRun, limits: Limits): void {
    const before = this.watched.get(slot.name)
    const watched = before?.run === run ? before : this.begin(slot.name, run, limits)
    const isOther = watched.limits !== limits || watched.isStopping !== (slot.state.kind === 'stopping')
    watched.limits = limits
    watched.isStopping = slot.state.kind === 'stopping'
    watched.isEndingForMemory = isEndingForMemory(slot.state)
    this.watched.set(slot.name, watched)
    if (!isOther) return
    // Whatever was decided under other rules is decided anew.
    if (!watched.isStopping) watched.isReached = false
    watched.decideAt = Math.min(watched.decideAt, this.options.clock.monotonic())
    if (watched.usage) this.planLook(watched)
  }

  /** The same object for the same limits. */
  private limitsOf(program: Program | undefined): Limits {
    const limits = program?.limits ?? noLimits
    const warnAfterMs = program ? this.options.usualWarnAfter(program) : null
    if (warnAfterMs === null) return limits
    const known = this.learnt.get(limits)
    if (known?.warnAfterMs === warnAfterMs) return known
    const learnt = { ...limits, warnAfterMs }
    this.learnt.set(limits, learnt)
    return learnt
  }

  private find(slot: string, run: string): Watched | undefined {
    return [this.watched.get(slot), this.watched.get(run)].find((watched) => watched?.run.id === run)
  }

  private begin(key: string, run: LiveRun, limits: Limits): Watched {
    const now = this.options.clock.monotonic()
    const known = this.known.get(run.id)
    const isUrgent = limits.memoryBytes !== null || limits.cpuMs !== null
    return {
      key,
      run,
      spread: spreadOf(run.id),
      bornAt: now - this.options.ageOf(run),
      limits,
      isStopping: false,
      isEndingForMemory: false,
      usage: null,
      recordedPeak: known?.peak ?? null,
      isWarned: known?.warnedAt !== undefined,
      isReached: false,
      isGraceCut: false,
      lookAt: now + (isUrgent ? firstLimitedLookMs : firstLookMs),
      decideAt: now,
      filesAt: Number.NEGATIVE_INFINITY,
    }
  }

  /** A trouble with one run, such as no free file descriptor, must not end the looks at the others. */
  private attempt(watched: Watched): void {
    try {
      this.look(watched)
    } catch (error) {
      watched.lookAt = this.options.clock.monotonic() + firstLookMs
      this.options.complain(`What run ${watched.run.id} uses cannot be read`, error)
    }
  }

  private look(watched: Watched): void {
    const { clock, read } = this.options
    const now = clock.monotonic()
    // The young open their files by and by.
    const withFiles = now - watched.filesAt >= Math.min(filesEveryMs, (now - watched.bornAt) / 2)
    const found = watched.run.shim && !watched.run.isEnded ? read(watched.run.shim.pid, withFiles) : null
    const reading = found && !withFiles ? { ...found, openFiles: watched.usage?.openFiles ?? null } : found
    if (withFiles && reading) watched.filesAt = now
    if (!reading || reading.processes === 0) {
      // It is ending, or has: the keeper finds out.
      watched.lookAt = now + awayMs
      return this.decide(watched)
    }
    watched.usage = addReading(watched.usage, reading, now, {
      ageMs: now - watched.bornAt,
      peak: watched.recordedPeak,
    })
    this.planLook(watched)
    this.decide(watched)
  }

  private planLook(watched: Watched): void {
    if (!watched.usage) return
    const wait = nextLimitedLookMs(watched.limits, watched.usage, watched.isEndingForMemory)
    const at = watched.usage.at + wait
    const step = grids.find(({ fromMs }) => wait >= fromMs)?.stepMs ?? 1
    // Never later than it was meant.
    watched.lookAt = Math.floor(at / step) * step
  }

  private decide(watched: Watched): void {
    const { clock, news } = this.options
    const { run, limits, usage, spread, isWarned } = watched
    const now = clock.monotonic()
    const ageMs = now - watched.bornAt
    const decision = decideLimits(limits, { usage, ageMs, spread, isWarned })
    watched.decideAt = now + decision.nextDecisionMs
    if (decision.isOverdue) {
      watched.isWarned = true
      news.overdue(run, { warnAfterMs: limits.warnAfterMs ?? 0, lastedMs: Math.round(ageMs) })
    }
    if (watched.isStopping) {
      // The lifetime is over for good; what is being stopped needs no further decision about it.
      watched.decideAt = decision.reached ? Number.POSITIVE_INFINITY : watched.decideAt
      if (watched.isEndingForMemory && usage && hasOutgrownGrace(limits, usage) && !watched.isGraceCut) {
        watched.isGraceCut = true
        const threshold = (limits.memoryBytes ?? 0) * cutGraceAt
        news.outgrown(run.slot, run.id, { value: usage.rssBytes, threshold })
      }
    } else if (decision.reached) {
      watched.decideAt = Number.POSITIVE_INFINITY
      if (!watched.isReached) news.reached(run.slot, run.id, decision.reached)
      watched.isReached = true
    }
  }

  private recordPeaks(): void {
    const now = this.options.clock.monotonic()
    if (now < this.peaksAt) return
    this.peaksAt = now + peaksEveryMs
    const peaks: { id: string; peak: RunPeak }[] = []
    for (const watched of this.watched.values()) {
      const { usage, recordedPeak, run } = watched
      if (!usage || run.isEnded || !isPeakNews(recordedPeak, usage.peak)) continue
      watched.recordedPeak = usage.peak
      peaks.push({ id: run.id, peak: usage.peak })
    }
    if (peaks.length > 0) this.options.news.peaks(peaks)
  }

  private schedule(): void {
    if (this.isRunning || this.isClosed) return
    let next = Number.POSITIVE_INFINITY
    for (const { lookAt, decideAt } of this.watched.values()) next = Math.min(next, lookAt, decideAt)
    if (next === Number.POSITIVE_INFINITY || (this.timer && this.wakeAt <= next)) return
    this.timer?.cancel()
    this.wakeAt = next
    this.timer = this.options.clock.after(Math.ceil(next - this.options.clock.monotonic()), () => {
      this.timer = null
      void this.run()
    })
  }

  private async run(): Promise<void> {
    this.isRunning = true
    try {
      await this.runOnce()
    } catch (error) {
      this.options.complain('The usage of runs could not be read', error)
    }
    this.isRunning = false
    this.schedule()
  }
}

function isEndingForMemory(state: SlotState): boolean {
  return state.kind === 'stopping' && state.reason?.kind === 'memory'
}
