/**
 * How due times of jobs have ended, for metrics: counted since this agent began, as all its counters are; what each job's last run took, and when it last
 * went well, is read from the ledger when somebody first asks, and kept up with each end.
 */
import type { DroverEvent } from '../../domain/events/event.ts'
import { type Became, becameOf } from '../../domain/events/occurrence-events.ts'
import { isGoodOutcome, type Occurrence } from '../../domain/jobs/occurrence.ts'
import type { Milliseconds } from '../../domain/milliseconds.ts'
import type { DesiredProgram } from '../../domain/reconcile.ts'
import type { Store } from '../../store/store.ts'

export interface JobFigures {
  readonly became: Map<Became, number>
  /** From its first start to its end, all attempts included. */
  lastedMs: Milliseconds | null
  /** When it last ended well, wall clock; null: it never did, as far as is remembered. */
  wentWellAt: number | null
}

/** So many jobs are read at once before others get their turn. */
const readAtOnce = 250

export class JobTally {
  private readonly store: Pick<Store, 'listLastOccurrences'>
  private readonly figures = new Map<string, JobFigures>()
  private reading: Promise<void> | null = null

  constructor(store: Pick<Store, 'listLastOccurrences'>) {
    this.store = store
  }

  of(program: string): JobFigures {
    const known = this.figures.get(program)
    if (known) return known
    const figures: JobFigures = { became: new Map(), lastedMs: null, wentWellAt: null }
    this.figures.set(program, figures)
    return figures
  }

  /** Resolves once what the ledger remembers of these is known. Only the first one reads. */
  async remember(programs: readonly string[]): Promise<void> {
    this.reading ??= this.read(programs)
    try {
      await this.reading
    } catch (error) {
      this.reading = null
      throw error
    }
  }

  add(events: readonly DroverEvent[]): void {
    for (const event of events) {
      const became = becameOf(event.kind)
      if (became === null || event.program === null) continue
      const figures = this.of(event.program)
      figures.became.set(became, (figures.became.get(became) ?? 0) + 1)
      if (became === 'skipped' || became === 'missed') continue
      if ('lastedMs' in event.data) figures.lastedMs = event.data.lastedMs
      if (isGoodOutcome(became)) figures.wentWellAt = event.at
    }
  }

  /** Of jobs that nobody declares any more nothing is kept. */
  keepOnly(desired: ReadonlyMap<string, DesiredProgram>): void {
    for (const program of this.figures.keys())
      if (desired.get(program)?.program.kind !== 'job') this.figures.delete(program)
  }

  /** What has ended since is newer, and stays. */
  private async read(programs: readonly string[]): Promise<void> {
    for (let from = 0; from < programs.length; from += readAtOnce) {
      const some = programs.slice(from, from + readAtOnce)
      for (const one of await this.store.listLastOccurrences(some, 'ended'))
        this.of(one.program).lastedMs ??= lastedOf(one)
      for (const { program, endedAt } of await this.store.listLastOccurrences(some, 'good'))
        this.of(program).wentWellAt ??= endedAt
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
}

function lastedOf({ startedAt, endedAt }: Occurrence): Milliseconds | null {
  return startedAt === null || endedAt === null ? null : Math.max(0, endedAt - startedAt)
}
