/**
 * Compresses finished segments of programs that want it, one at a time. A look every so often finds them: what a killed agent left undone is
 * found by the next look of the next agent.
 */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Clock, Timer } from '../../clock.ts'
import { checkpoint } from '../../effects.ts'
import { compressSegment } from '../../process/gzip-segment.ts'
import { listSegmentsToCompress } from '../../process/output-files.ts'
import { listNames } from '../../process/run-directory.ts'
import type { Store } from '../../store/store.ts'
import type { RunKeeper } from '../runs/run-keeper.ts'

export interface CompressorOptions {
  readonly clock: Clock
  readonly store: Pick<Store, 'listKeptRuns'>
  readonly keeper: Pick<RunKeeper, 'all'>
  readonly runsDir: string
  /** Slots of programs that want it. */
  readonly slots: () => readonly string[]
  readonly complain: (message: string, error: unknown) => void
}

const lookEveryMs = 10_000

export class Compressor {
  private readonly options: CompressorOptions
  private readonly done = new Set<string>()
  private timer: Timer | null = null
  private isClosed = false

  constructor(options: CompressorOptions) {
    this.options = options
  }

  start(): void {
    if (this.isClosed) return
    this.timer = this.options.clock.after(lookEveryMs, () => {
      void this.runOnce().finally(() => this.start())
    })
  }

  close(): void {
    this.isClosed = true
    this.timer?.cancel()
  }

  async runOnce(): Promise<void> {
    const slots = new Set(this.options.slots())
    if (slots.size === 0) return
    const { keeper, store, runsDir } = this.options
    const living = [...keeper.all()].filter(({ slot }) => slots.has(slot))
    for (const { directory } of living) await this.compress(directory, false)
    const kept = new Set<string>()
    for (const slot of slots) {
      for (const { id } of await store.listKeptRuns(slot)) {
        kept.add(id)
        if (this.done.has(id)) continue
        if (await this.compress(join(runsDir, id), true)) this.done.add(id)
      }
    }
    for (const id of this.done) if (!kept.has(id)) this.done.delete(id)
  }

  /** True when nothing was left to do. Of an ended run the last segment is finished as well. */
  private async compress(directory: string, isEnded: boolean): Promise<boolean> {
    try {
      for (const name of listNames(directory)) {
        if (!name.endsWith('.gz.tmp')) continue
        checkpoint('remove')
        rmSync(join(directory, name), { force: true })
      }
      for (const path of listSegmentsToCompress(directory, isEnded)) {
        if (this.isClosed) return false
        await compressSegment(path, () => !this.isClosed)
      }
      return true
    } catch (error) {
      // What is gone was dropped meanwhile.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
        this.options.complain(`The output in ${directory} could not be compressed`, error)
      }
      return false
    }
  }
}
