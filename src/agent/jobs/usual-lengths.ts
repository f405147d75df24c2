/**
 * Knows how long the runs of jobs usually last, for those that want to be warned by it (`warnAfter: auto`). Read from the history when it is first asked
 * for; kept up with each end.
 */

import { lengthsKept, usualWarnAfter } from '../../domain/jobs/usual-length.ts'
import type { Program } from '../../domain/program.ts'
import { slotName } from '../../domain/program.ts'
import type { RunEnd } from '../../domain/run.ts'
import type { Store } from '../../store/store.ts'

export interface UsualLengthsOptions {
  readonly store: Pick<Store, 'listRuns'>
  /** What is known of a program has changed. */
  readonly onLearnt: (program: string) => void
  readonly complain: (message: string, error: unknown) => void
}

export class UsualLengths {
  private readonly options: UsualLengthsOptions
  /** By program; null while they are being read. */
  private readonly lengths = new Map<string, number[] | null>()

  constructor(options: UsualLengthsOptions) {
    this.options = options
  }

  /** When a run of this job has lasted too long; null: it does not say, or too little is known. */
  warnAfterOf(program: Program): number | null {
    if (program.kind !== 'job' || !program.job.warnsByHistory) return null
    const known = this.lengths.get(program.name)
    if (known === undefined) void this.read(program)
    return known ? usualWarnAfter(known) : null
  }

  /** Only what ended by itself tells how long it takes. */
  add(program: string, end: RunEnd): void {
    const known = this.lengths.get(program)
    if (!known || end.kind !== 'exited') return
    this.lengths.set(program, [...known, end.durationMs].slice(-lengthsKept))
  }

  private async read({ name, processes }: Program): Promise<void> {
    this.lengths.set(name, null)
    try {
      const slots = Array.from({ length: processes }, (_, index) => slotName(name, index))
      const runs = await this.options.store.listRuns({ slots, state: 'ended', limit: lengthsKept })
      const lengths = runs.flatMap(({ end }) => (end?.kind === 'exited' ? [end.durationMs] : []))
      this.lengths.set(name, lengths.reverse())
      this.options.onLearnt(name)
    } catch (error) {
      this.lengths.delete(name)
      this.options.complain(`How long the runs of ${name} usually last could not be read`, error)
    }
  }
}
