/**
 * The quota for the own output of all programs. Looks every so often; when it is passed, ended runs lose their directories, oldest first, and if
 * that is not enough living ones lose their oldest finished segments. What is written between two looks is not bounded by this: each
 * stream has its own limit, which its shim keeps.
 */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Clock, Timer } from '../../clock.ts'
import { planQuota } from '../../domain/output-quota.ts'
import { checkpoint } from '../../effects.ts'
import { listFinishedSegments, timesOf } from '../../process/output-files.ts'
import { measureOutput, removeRunDirectory } from '../../process/run-directory.ts'
import type { Store } from '../../store/store.ts'
import type { RunKeeper } from '../runs/run-keeper.ts'

export interface OutputQuotaOptions {
  readonly clock: Clock
  readonly store: Pick<Store, 'listKeptRuns' | 'listSlotsOfRuns' | 'record'>
  readonly keeper: Pick<RunKeeper, 'all'>
  readonly runsDir: string
  readonly complain: (message: string, error: unknown) => void
}

const lookEveryMs = 10_000

export class OutputQuota {
  private readonly quotaBytes: number
  private readonly options: OutputQuotaOptions
  private timer: Timer | null = null
  private isClosed = false

  constructor(quotaBytes: number, options: OutputQuotaOptions) {
    this.quotaBytes = quotaBytes
    this.options = options
  }

  start(): void {
    if (this.isClosed) return
    this.timer = this.options.clock.after(lookEveryMs, () => {
      void this.enforce().finally(() => this.start())
    })
  }

  close(): void {
    this.isClosed = true
    this.timer?.cancel()
  }

  /** Killed in between, the next look finds the rest. */
  async enforce(): Promise<void> {
    try {
      const { store, runsDir, keeper } = this.options
      const living = [...keeper.all()].map(({ directory }) => directory)
      const segments = living.flatMap(listFinishedSegments)
      const livingBytes = living.reduce((sum, directory) => sum + measureOutput(directory), 0)
      const plan = planQuota(this.quotaBytes, await this.listEnded(), livingBytes, segments)
      for (const id of plan.runs) removeRunDirectory(join(runsDir, id))
      if (plan.runs.length > 0) await store.record({ droppedRuns: plan.runs })
      for (const path of plan.segments) {
        checkpoint('remove')
        rmSync(timesOf(path), { force: true })
        rmSync(path, { force: true })
      }
    } catch (error) {
      this.options.complain('The quota of all output could not be kept', error)
    }
  }

  private async listEnded(): Promise<{ id: string; bytes: number }[]> {
    const { store } = this.options
    const ended: { id: string; bytes: number }[] = []
    for (const { slot } of await store.listSlotsOfRuns()) ended.push(...(await store.listKeptRuns(slot)))
    return ended
  }
}
