/**
 * What the commands of jobs noted about themselves (`job-puppet.c`), and the comparison with the ledger: each row at most one start per attempt, each
 * start known with its true end, each end told once, and nothing that is still waited for.
 */
import { chmodSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { EventView, RunView } from '../../src/contract/views.ts'
import type { Occurrence } from '../../src/domain/jobs/occurrence.ts'
import { claimedByDeadAgent } from '../../src/domain/judge.ts'
import type { House } from '../harness/house.ts'
import { compile } from './compile.ts'

export interface NotedStart {
  readonly program: string
  readonly occurrence: string
  readonly attempt: number
  readonly run: string
  readonly slot: string
  readonly trigger: string
  readonly scheduledAt: string
}

export class JobBooks {
  private readonly folder: string
  private readonly puppet: string

  constructor(house: House) {
    this.folder = join(house.folder, 'books')
    this.puppet = compile('job-puppet.c', house.folder)
    mkdirSync(this.folder)
    // Whoever the agent is run by.
    chmodSync(this.folder, 0o777)
  }

  /** The command of a puppet that takes its time, and how it ends. */
  command(milliseconds: number, outcome: number | 'second-try' | 'fickle' = 0): string[] {
    return [this.puppet, this.folder, String(milliseconds), String(outcome)]
  }

  starts(): NotedStart[] {
    return this.lines('starts').map((line) => {
      const [program = '', occurrence = '', attempt = '', run = '', slot = '', trigger = '', at = ''] =
        line.split(' ')
      return { program, occurrence, attempt: Number(attempt), run, slot, trigger, scheduledAt: at }
    })
  }

  /** The exit codes of runs that came to their end. */
  ends(): Map<string, number> {
    return new Map(
      this.lines('ends').map((line) => {
        const [run = '', code = ''] = line.split(' ')
        return [run, Number(code)]
      }),
    )
  }

  /** Runs that found another one alive in their slot. */
  overlaps(): string[] {
    return this.lines('overlaps')
  }

  private lines(name: string): string[] {
    try {
      return readFileSync(join(this.folder, name), 'utf8').split('\n').filter(Boolean)
    } catch {
      return []
    }
  }
}

const endKinds = ['job.succeeded', 'job.warned', 'job.failed', 'job.timed_out', 'job.stopped', 'job.lost']
const restKinds = ['job.skipped', 'job.missed']

export async function listJobEvents(house: House): Promise<EventView[]> {
  const events: EventView[] = []
  for (;;) {
    const after = events.at(-1)?.id ?? 0
    const page = await house.api.listEvents({ after, kinds: ['job.*'], limit: 10_000 })
    events.push(...page)
    if (page.length < 10_000) return events
  }
}

/** Every difference between what ran and what the ledger says; nothing runs or waits any more. */
export function compareJobs(
  books: JobBooks,
  ledger: readonly Occurrence[],
  runs: ReadonlyMap<string, RunView>,
  events: readonly EventView[],
): string[] {
  const told = countBy(events.filter(({ kind }) => endKinds.includes(kind)))
  const rested = countBy(events.filter(({ kind }) => restKinds.includes(kind)))
  const started = new Map<string, NotedStart[]>()
  const attempts = new Set<string>()
  const wrong = books.overlaps().map((line) => `ran twice at a time in its slot: ${line}`)
  const ends = books.ends()
  const failed = countFailedStarts(runs)
  const known = new Map(ledger.map((occurrence) => [occurrence.id, occurrence]))

  for (const start of books.starts()) {
    const { occurrence, attempt, run, program } = start
    const name = `${program}, due at ${start.scheduledAt} (${occurrence}), attempt ${attempt}, run ${run}`
    if (attempts.has(`${occurrence} ${attempt}`)) wrong.push(`${name}: started twice`)
    attempts.add(`${occurrence} ${attempt}`)
    started.set(occurrence, [...(started.get(occurrence) ?? []), start])
    const row = known.get(occurrence)
    if (!row) wrong.push(`${name}: the ledger does not know it`)
    else if (new Date(row.dueAt).toISOString() !== start.scheduledAt || row.program !== program)
      wrong.push(`${name}: another due time than ${row.program}, ${row.dueAt}`)
    wrong.push(...endProblems(name, runs.get(run), ends.get(run)))
  }
  for (const row of ledger) {
    const { id, program, dueAt, state, attempts: counted } = row
    const name = `${program}, due at ${new Date(dueAt).toISOString()} (${id}), ${JSON.stringify(state)}`
    const isEnded = state.kind === 'ended'
    // Of what was called off before its time there may be a claim, and that was no attempt.
    const made = (started.get(id)?.length ?? 0) + (isEnded ? (failed.get(id) ?? 0) : 0)
    if (made !== counted) wrong.push(`${name}: ${counted} attempts are counted, and ${made} were made`)
    if (state.kind === 'queued' || state.kind === 'running') wrong.push(`${name}: it has come to no end`)
    if (isEnded && counted === 0 && state.outcome !== 'stopped') wrong.push(`${name}: without a run`)
    if ((told.get(id) ?? 0) !== (isEnded ? 1 : 0)) wrong.push(`${name}: told ${told.get(id) ?? 0} times`)
    if ((rested.get(id) ?? 0) !== (isEnded ? 0 : 1))
      wrong.push(`${name}: told ${rested.get(id) ?? 0} times that it was not run`)
  }
  for (const run of runs.values())
    if (run.end === null) wrong.push(`run ${run.id} of ${run.slot} has come to no end`)
  return wrong
}

export function timesOf(ledger: readonly Occurrence[], name: string): number[] {
  return ledger.flatMap(({ program, dueAt: at }) => (program === name ? [at] : []))
}

/** Between the two something came into force, or went out of it. */
export interface Boundary {
  readonly earliest: number
  readonly latest: number
}

/** Every due time within is there once; at the borders, where nobody can say to the millisecond what was in force, it may be. */
export function compareTimes(
  program: string,
  rows: readonly number[],
  isDue: (at: number) => boolean,
  from: Boundary,
  until: Boundary,
): string[] {
  const counts = new Map<number, number>()
  for (const at of rows) counts.set(at, (counts.get(at) ?? 0) + 1)
  const wrong: string[] = []
  const text = (at: number): string => `${program} at ${new Date(at).toISOString()}`
  for (const [at, count] of counts) {
    if (count > 1) wrong.push(`${text(at)} is there ${count} times`)
    if (!isDue(at)) wrong.push(`${text(at)} was not due`)
    if (at < from.earliest || at > until.latest) wrong.push(`${text(at)} was due when nobody had declared it`)
  }
  const first = (Math.floor(from.latest / 1000) + 1) * 1000
  for (let at = first; at <= until.earliest; at += 1000)
    if (isDue(at) && !counts.has(at)) wrong.push(`${text(at)} is absent`)
  return wrong
}

function endProblems(name: string, run: RunView | undefined, code: number | undefined): string[] {
  if (!run) return [`${name}: no run in the history`]
  if (code === undefined) return [`${name}: it never came to its end, and ${run.endText}`]
  const { end } = run
  return end?.kind === 'exited' && end.code === code
    ? []
    : [`${name}: it exited with ${code}, and ${run.endText}`]
}

/** Attempts of which no command ever knew, by their due time. What an agent died over was none. */
function countFailedStarts(runs: ReadonlyMap<string, RunView>): Map<string, number> {
  const counts = new Map<string, number>()
  for (const { end, occurrence } of runs.values()) {
    const isAttempt =
      end?.kind === 'failed_to_start' || (end?.kind === 'revoked' && end.reason !== claimedByDeadAgent)
    if (isAttempt && occurrence !== null) counts.set(occurrence, (counts.get(occurrence) ?? 0) + 1)
  }
  return counts
}

function countBy(events: readonly EventView[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const { data } of events) {
    const id = String(data.occurrence)
    counts.set(id, (counts.get(id) ?? 0) + 1)
  }
  return counts
}
