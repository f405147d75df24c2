/** Turns what the ledger knows into what the API answers with. Pure: it formats, it decides nothing. */
import type { JobView, OccurrenceView } from '../../contract/views.ts'
import { refusalReasons } from '../../domain/admission.ts'
import { fitsNode } from '../../domain/jobs/job.ts'
import { missReasons, type Occurrence } from '../../domain/jobs/occurrence.ts'
import { parseExpression } from '../../domain/schedule/expression.ts'
import { processZone } from '../../domain/schedule/zone.ts'
import type { JobProgram, LedgerBase } from './ledger-book.ts'

export interface JobFacts {
  readonly ledger: LedgerBase
  readonly open: OpenCounts
  /** As far as its calendar tells. */
  readonly nextAt: number | null
  readonly last: Occurrence | null
  readonly lastEnded: Occurrence | null
  readonly recentMs: readonly number[]
}

/** By the job. */
export type OpenCounts = ReadonlyMap<string, OpenCount>

interface OpenCount {
  running: number
  queued: number
  /** The oldest one that a slot is at work for. */
  current: Occurrence | null
}

export function countOpen({ occurrences }: LedgerBase): OpenCounts {
  const counts = new Map<string, OpenCount>()
  for (const occurrence of occurrences.values()) {
    const { program, state, id } = occurrence
    const count = counts.get(program) ?? { running: 0, queued: 0, current: null }
    counts.set(program, count)
    if (state.kind === 'queued') count.queued += 1
    if (state.kind !== 'running') continue
    count.running += 1
    if (count.current === null || id < count.current.id) count.current = occurrence
  }
  return counts
}

export interface Hindrance {
  /** Whether its due times are recorded all the same, as skipped. */
  readonly isSkipped: boolean
  readonly text: string
}

/** What keeps a job from beginning whenever it is due, as things stand. */
export function hindranceOf({ name, job }: JobProgram, ledger: LedgerBase): Hindrance | null {
  const fit = fitsNode(job.target, ledger.node)
  if (!job.isEnabled) return { isSkipped: false, text: 'not enabled' }
  if (!fit.fits) return { isSkipped: false, text: fit.reason }
  if (ledger.pausedBy !== null) return { isSkipped: true, text: `all jobs were paused by ${ledger.pausedBy}` }
  const disabledBy = ledger.jobs.get(name)?.disabledBy ?? null
  return disabledBy === null ? null : { isSkipped: true, text: `disabled by ${disabledBy}` }
}

export function viewJob(program: JobProgram, facts: JobFacts): JobView {
  const { ledger, open, last, lastEnded, recentMs } = facts
  const { job } = program
  const record = ledger.jobs.get(program.name)
  const count = open.get(program.name)
  const fit = fitsNode(job.target, ledger.node)
  const nextAt = job.isEnabled && fit.fits ? facts.nextAt : null
  return {
    name: program.name,
    group: program.group,
    schedule: scheduleText(program),
    timezone: job.timezone ?? processZone(),
    after: job.after.map((one) => ({ ...one, isMet: record?.progress.includes(one.program) ?? false })),
    isEnabled: job.isEnabled,
    disabledBy: record?.disabledBy ?? null,
    pausedBy: ledger.pausedBy,
    notHere: fit.fits ? null : fit.reason,
    running: count?.running ?? 0,
    queued: count?.queued ?? 0,
    current: count?.current ? viewOccurrence(count.current) : null,
    nextAt: nextAt === null ? null : iso(nextAt),
    noNext: nextAt === null ? whyNoNext(program, ledger) : null,
    last: last && viewOccurrence(last),
    lastEnded: lastEnded && viewOccurrence(lastEnded),
    recentMs: [...recentMs],
  }
}

/** When it is due, in words for people. */
export function scheduleText({ job }: JobProgram): string {
  const { expressions, at, predicate } = job.schedule
  const times = [
    ...expressions,
    ...at.map((time) => `at ${time}`),
    ...(predicate ? ['by a function'] : []),
    ...(job.after.length > 0 ? [`after ${job.after.map(afterText).join(' and ')}`] : []),
  ]
  return times.length === 0 ? 'by hand' : times.join('; ')
}

function whyNoNext({ job }: JobProgram, { node }: LedgerBase): NonNullable<JobView['noNext']> {
  const { expressions, at, predicate } = job.schedule
  if (!job.isEnabled) return 'not_enabled'
  if (!fitsNode(job.target, node).fits) return 'other_node'
  if (predicate) return 'function'
  if (expressions.some(isReboot)) return 'reboot'
  if (job.after.length > 0) return 'after'
  return expressions.length + at.length > 0 ? 'passed' : 'manual'
}

function isReboot(text: string): boolean {
  const read = parseExpression(text, '')
  return read.ok && read.schedule.kind === 'reboot'
}

function afterText({ program, condition }: { program: string; condition: string }): string {
  return condition === 'success' ? program : `${program} (${condition})`
}

export function viewOccurrence(occurrence: Occurrence): OccurrenceView {
  const { trigger, state, dueAt, startedAt, endedAt } = occurrence
  const isTimed = trigger.kind === 'schedule' || trigger.kind === 'every'
  return {
    id: occurrence.id,
    program: occurrence.program,
    dueAt: iso(dueAt),
    trigger: trigger.kind,
    state: state.kind,
    outcome: state.kind === 'ended' ? state.outcome : null,
    reason: 'reason' in state ? state.reason : null,
    text: textOf(occurrence),
    attempts: occurrence.attempts,
    run: occurrence.run,
    params: { ...occurrence.params },
    isCatchUp: isTimed && trigger.isCatchUp,
    recordedAt: iso(occurrence.recordedAt),
    startedAt: startedAt === null ? null : iso(startedAt),
    endedAt: endedAt === null ? null : iso(endedAt),
    lateMs: startedAt === null ? null : Math.max(0, startedAt - dueAt),
    durationMs: startedAt === null || endedAt === null ? null : Math.max(0, endedAt - startedAt),
    since: state.kind === 'missed' && state.since !== null ? iso(state.since) : null,
  }
}

function textOf({ state, attempts }: Occurrence): string {
  switch (state.kind) {
    case 'queued':
      return state.reason === null ? 'waits' : clause(refusalReasons[state.reason])
    case 'running':
      return attempts > 1 ? `attempt ${attempts}` : 'running'
    case 'ended':
      return attempts > 1 ? `${state.detail}, after ${attempts} attempts` : state.detail
    case 'skipped':
      return state.detail
    case 'missed':
      return clause(missReasons[state.reason])
  }
}

/** A sentence as a part of another one. */
export function clause(sentence: string): string {
  return sentence.charAt(0).toLowerCase() + sentence.slice(1).replace(/\.$/, '')
}

function iso(ms: number): string {
  return new Date(ms).toISOString()
}
