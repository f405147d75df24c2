/** A bench with a scheduler, and short words for tests of jobs: what became of due times, how runs end, what people ask. */
import type { DroverEvent, EventKind } from '../domain/events/event.ts'
import type { JobRules, OverlapPolicy, RetryPolicy } from '../domain/jobs/job.ts'
import type { Occurrence } from '../domain/jobs/occurrence.ts'
import type { RunEnd } from '../domain/run.ts'
import { exited, noUsage } from '../domain/testing/samples.ts'
import { AgentBench } from './agent-bench.ts'
import { story } from './ledger-story.ts'

export const minute = 60_000

export const byHand: Partial<JobRules> = { schedule: { expressions: [], at: [], predicate: null } }

export function overlap(kind: OverlapPolicy['kind'], max = 2): Partial<JobRules> {
  return { overlap: { kind, max } }
}

/** The first wait is one and a half minutes, each further one as much longer. */
export function retry(times: number, changes: Partial<RetryPolicy> = {}): Partial<JobRules> {
  const backoff = { kind: 'linear', initialMs: 90_000, factor: 1, maxMs: 3_600_000, jitter: 0 } as const
  return { retry: { times, backoff, exitCodes: null, exceptExitCodes: [], ...changes } }
}

export function afterSuccess(...programs: string[]): Partial<JobRules> {
  return { ...byHand, after: programs.map((program) => ({ program, condition: 'success' })) }
}

export const timedOut: RunEnd = {
  kind: 'timed_out',
  killed: true,
  durationMs: 5000,
  endedAt: 0,
  usage: noUsage,
}

export class JobBench extends AgentBench {
  static async begin(time: string): Promise<JobBench> {
    const bench = new JobBench(Date.parse(time))
    await bench.schedule()
    return bench
  }

  /** What became of each due time, in short words. */
  async told(program?: string): Promise<string[]> {
    return story(await this.rows(program))
  }

  async newest(program = 'report'): Promise<Occurrence> {
    const row = (await this.rows(program)).at(-1)
    if (!row) throw new Error(`${program} was never due.`)
    return row
  }

  /** Lets a run, born or not, end with a code, or so. */
  async finish(how: number | RunEnd = 0, slot = 'report:0'): Promise<void> {
    const { state } = this.slot(slot)
    if (state.kind === 'starting' && !state.isBorn) await this.bear(slot)
    await this.end(slot, typeof how === 'number' ? exited(how, 5000) : how)
  }

  /** The data of all events of a kind. */
  dataOf(kind: EventKind): DroverEvent['data'][] {
    return this.events.filter((event) => event.kind === kind).map(({ data }) => data)
  }

  jobKinds(): EventKind[] {
    return this.kinds().filter((kind) => kind.startsWith('job.'))
  }

  async pause(by: string | null): Promise<void> {
    await this.reconciler.request((draft) => draft.ledger.setPaused(by))
  }

  async disable(by: string | null, program = 'report'): Promise<void> {
    await this.reconciler.request((draft) => draft.ledger.setDisabled(program, by))
  }
}
