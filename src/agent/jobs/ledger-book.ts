/**
 * The records of the ledger as a draft changes them: what each job is at, and the occurrences that something will still become of. What was recorded
 * stays as it is; changes lie on top of it until the draft is recorded as well. No decision is made here.
 */
import { isOpen, type Occurrence } from '../../domain/jobs/occurrence.ts'
import type { Program } from '../../domain/program.ts'
import type { DesiredProgram } from '../../domain/reconcile.ts'
import type { Changes, StoredJob } from '../../store/store.ts'
import { OpenOccurrences } from './open-occurrences.ts'

export interface LedgerBase {
  /** Changed by the commit of a draft alone. */
  readonly jobs: Map<string, StoredJob>
  /** Those that something will still become of; changed as those. */
  readonly occurrences: OpenOccurrences
  /** Who paused all jobs; null: nobody. */
  readonly pausedBy: string | null
  readonly node: JobNode
}

/** What the jobs of this node must be meant for. */
export interface JobNode {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
}

export function emptyLedger(node: JobNode): LedgerBase {
  return { jobs: new Map(), occurrences: new OpenOccurrences(), pausedBy: null, node }
}

export type JobProgram = Program & { readonly kind: 'job' }

/** Null where nothing of that name is declared, or it is no job. */
export function jobIn(desired: ReadonlyMap<string, DesiredProgram>, name: string): JobProgram | null {
  const program = desired.get(name)?.program
  return program?.kind === 'job' ? program : null
}

export class LedgerBook {
  pausedBy: string | null
  node: JobNode
  private readonly base: LedgerBase
  private readonly jobs = new Map<string, StoredJob>()
  private readonly removedJobs = new Set<string>()
  private readonly changed = new OpenOccurrences()

  constructor(base: LedgerBase) {
    this.base = base
    this.pausedBy = base.pausedBy
    this.node = base.node
  }

  get isChanged(): boolean {
    return this.jobs.size + this.removedJobs.size + this.changed.size > 0
  }

  /** What is to be recorded. */
  changes(): Pick<Changes, 'jobs' | 'removedJobs' | 'occurrences' | 'changedOccurrences'> {
    const changed = [...this.changed.values()]
    return {
      jobs: [...this.jobs.values()],
      removedJobs: [...this.removedJobs],
      occurrences: changed.filter(({ id }) => !this.base.occurrences.has(id)),
      changedOccurrences: changed.filter(({ id }) => this.base.occurrences.has(id)),
    }
  }

  /** It is recorded: makes it so, and gives what the next draft begins from. */
  commit(): LedgerBase {
    const { pausedBy, node } = this
    const { jobs, occurrences } = this.base
    for (const [program, job] of this.jobs) jobs.set(program, job)
    for (const program of this.removedJobs) jobs.delete(program)
    for (const occurrence of this.changed.values()) {
      if (isOpen(occurrence)) occurrences.set(occurrence.id, occurrence)
      else occurrences.delete(occurrence.id)
    }
    return { jobs, occurrences, pausedBy, node }
  }

  /** Those that were known before this draft. */
  get knownJobs(): Iterable<StoredJob> {
    return this.base.jobs.values()
  }

  job(program: string): StoredJob | undefined {
    if (this.removedJobs.has(program)) return undefined
    return this.jobs.get(program) ?? this.base.jobs.get(program)
  }

  putJob(job: StoredJob): void {
    this.removedJobs.delete(job.program)
    this.jobs.set(job.program, job)
  }

  removeJob(program: string): void {
    this.removedJobs.add(program)
    this.jobs.delete(program)
  }

  find(id: string): Occurrence | undefined {
    return this.changed.get(id) ?? this.base.occurrences.get(id)
  }

  put(occurrence: Occurrence): Occurrence {
    this.changed.set(occurrence.id, occurrence)
    return occurrence
  }

  /** Those of one job, or of all, that run. */
  running(program: string | null): RunningOccurrence[] {
    return this.open(program).filter(isRunning)
  }

  /** Of one job, or of all; those that were due first come first. */
  queued(program: string | null = null): Occurrence[] {
    return this.open(program)
      .filter(({ state }) => state.kind === 'queued')
      .sort((a, b) => a.dueAt - b.dueAt || (a.id < b.id ? -1 : 1))
  }

  private open(program: string | null): Occurrence[] {
    const { occurrences } = this.base
    const [before, changed] =
      program === null
        ? [occurrences.values(), this.changed.values()]
        : [occurrences.of(program), this.changed.of(program)]
    const open: Occurrence[] = []
    for (const one of before) if (!this.changed.has(one.id)) open.push(one)
    for (const one of changed) if (isOpen(one)) open.push(one)
    return open
  }
}

type RunningOccurrence = Occurrence & { readonly state: { readonly kind: 'running' } }

function isRunning(occurrence: Occurrence): occurrence is RunningOccurrence {
  return occurrence.state.kind === 'running'
}
