/**
 * Keeps the disk from filling: drops the directories of ended runs beyond what a slot may keep, and history beyond its limits. Each end
 * of a run has its slot looked at soon after; the history is trimmed soon after the start, and then once an hour, and its events as they come: of a flood of
 * them an hour would fill the disk.
 */
import { join } from 'node:path'
import type { Clock, Timer } from '../../clock.ts'
import type { Program } from '../../domain/program.ts'
import { planRetention, type RetentionLimits } from '../../domain/retention.ts'
import { removeRunDirectory } from '../../process/run-directory.ts'
import type { Store } from '../../store/store.ts'

/** How much of a job's due times is kept. */
export interface JobHistory {
  readonly program: string
  readonly keep: number
  readonly maxAgeMs: number | null
}

export interface HousekeeperOptions {
  readonly clock: Clock
  readonly store: Pick<
    Store,
    | 'trimJob'
    | 'listKeptRuns'
    | 'listSlotsOfRuns'
    | 'listForgottenRuns'
    | 'record'
    | 'trim'
    | 'trimEvents'
    | 'loadNote'
  >
  readonly runsDir: string
  readonly limits: (slot: string) => RetentionLimits
  /** The jobs, each with what is kept of its past; of one slot, or all. */
  readonly jobs: (slot: string | null) => readonly JobHistory[]
  readonly complain: (message: string, error: unknown) => void
}

const settleMs = 1000
/** Soon, so that an agent that never gets to be an hour old trims as well; not at once, when there is enough to do. */
const firstTrimMs = 60_000
const trimEveryMs = 3_600_000
/** How long the output of a program that is no longer declared can still be looked at. */
const dayMs = 24 * 3_600_000
const forgottenAfterMs = 7 * dayMs
/** That of `drover exec` belongs to nothing that is declared, and may be of a job that runs once a month; due times of jobs that are gone go with it. */
const slotlessForgottenAfterMs = 100 * dayMs
const history = { keepRuns: 1_000_000, keepEvents: 500_000, keepDeliveries: 50_000 }

/** Each time that so many came, twice as many may go. */
const eventsBetweenTrims = 10_000

export class Housekeeper {
  private readonly options: HousekeeperOptions
  private readonly slots = new Set<string>()
  private timer: Timer | null = null
  private trimTimer: Timer | null = null
  private isClosed = false
  private newEvents = 0

  constructor(options: HousekeeperOptions) {
    this.options = options
  }

  start(): void {
    this.trimAfter(firstTrimMs)
  }

  /** Something of this slot ended; several of them are looked at together. */
  mind(slot: string): void {
    this.slots.add(slot)
    if (this.timer || this.isClosed) return
    this.timer = this.options.clock.after(settleMs, () => {
      this.timer = null
      void this.runOnce()
    })
  }

  /** So many events were recorded. */
  noticeEvents(count: number): void {
    this.newEvents += count
    if (this.newEvents < eventsBetweenTrims || this.isClosed) return
    this.newEvents = 0
    const { store, complain } = this.options
    store.trimEvents({ keep: history.keepEvents, most: 2 * eventsBetweenTrims }).catch((error: unknown) => {
      if (!this.isClosed) complain('Old events could not be trimmed', error)
    })
  }

  /** Does what is due at once, for an agent that leaves. The history is trimmed as often as if one had been there all the time. */
  async finish(): Promise<void> {
    await this.runOnce()
    const { clock, store } = this.options
    const trimmedAt = Number((await store.loadNote('trimmed')) ?? 0)
    if (Math.abs(clock.now() - trimmedAt) < trimEveryMs) return
    await this.trim()
    await store.record({ notes: { trimmed: String(clock.now()) } })
  }

  close(): void {
    this.isClosed = true
    this.timer?.cancel()
    this.trimTimer?.cancel()
  }

  async runOnce(): Promise<void> {
    const slots = [...this.slots]
    this.slots.clear()
    for (const slot of slots) {
      try {
        await this.dropSurplus(slot)
        await this.trimJobs(slot)
      } catch (error) {
        this.options.complain(`The old runs of ${slot} could not be dropped`, error)
      }
    }
  }

  /**
   * Before a run of a slot with a quota is started: what ended runs left is made to fit. Slots that there are no longer, after a change of
   * `processes`, have no part in the quota.
   */
  async makeRoom(slot: string, program: Pick<Program, 'name' | 'processes'>): Promise<void> {
    const { store } = this.options
    const slots = (await store.listSlotsOfRuns()).filter((known) => known.program === program.name)
    for (const { slot: other } of slots) {
      const index = Number(other.slice(other.lastIndexOf(':') + 1))
      if (index >= program.processes) await this.drop((await store.listKeptRuns(other)).map(({ id }) => id))
    }
    await this.dropSurplus(slot)
  }

  private async dropSurplus(slot: string): Promise<void> {
    const runs = await this.options.store.listKeptRuns(slot)
    await this.drop(
      planRetention(
        runs.map((run) => ({ ...run, slot })),
        this.options.limits,
      ),
    )
  }

  /** After their directories, so that no row of a run goes before its output. Null: all jobs. */
  private async trimJobs(slot: string | null): Promise<void> {
    const { clock, store, jobs } = this.options
    for (const { program, keep, maxAgeMs } of jobs(slot)) {
      const recordedBefore = maxAgeMs === null ? null : clock.now() - maxAgeMs
      await store.trimJob({ program, keep, recordedBefore })
    }
  }

  /** Killed in between, the rows speak of directories that are gone, and the next look mends that. */
  private async drop(runs: readonly string[]): Promise<void> {
    for (const id of runs) removeRunDirectory(join(this.options.runsDir, id))
    if (runs.length > 0) await this.options.store.record({ droppedRuns: runs })
  }

  private trimAfter(ms: number): void {
    this.trimTimer = this.options.clock.after(ms, () => {
      void this.trim().finally(() => {
        if (!this.isClosed) this.trimAfter(trimEveryMs)
      })
    })
  }

  private async trim(): Promise<void> {
    try {
      const { clock, store } = this.options
      const now = clock.now()
      await this.drop(await store.listForgottenRuns(now - forgottenAfterMs, now - slotlessForgottenAfterMs))
      await this.trimJobs(null)
      await store.trim({ ...history, forgottenBefore: now - slotlessForgottenAfterMs })
    } catch (error) {
      this.options.complain('The history could not be trimmed', error)
    }
  }
}
