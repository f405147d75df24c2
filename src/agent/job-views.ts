/** Turns what the ledger knows into what the API answers with. Pure: it formats, it decides nothing. */
import type { JobView, OccurrenceView } from '../contract/views.ts'
import { refusalReasons } from '../domain/admission.ts'
import { fitsNode } from '../domain/job.ts'
import { missReasons, type Occurrence } from '../domain/occurrence.ts'
import { processZone } from '../domain/schedule/zone.ts'
import type { JobProgram, LedgerBase } from './ledger-book.ts'

export interface JobFacts {
  readonly ledger: LedgerBase
  readonly nextAt: number | null
  readonly last: Occurrence | null
  readonly recentMs: readonly number[]
}

export function viewJob(program: JobProgram, { ledger, nextAt, last, recentMs }: JobFacts): JobView {
  const { job } = program
  const record = ledger.jobs.get(program.name)
  const open = [...ledger.occurrences.values()].filter((one) => one.program === program.name)
  const fit = fitsNode(job.target, ledger.node)
  const isDue = job.isEnabled && fit.fits
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
    running: open.filter(({ state }) => state.kind === 'running').length,
    queued: open.filter(({ state }) => state.kind === 'queued').length,
    nextAt: nextAt === null || !isDue ? null : iso(nextAt),
    last: last && viewOccurrence(last),
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
      return state.reason === null ? 'waits' : refusalReasons[state.reason]
    case 'running':
      return attempts > 1 ? `attempt ${attempts}` : 'running'
    case 'ended':
      return attempts > 1 ? `${state.detail}, after ${attempts} attempts` : state.detail
    case 'skipped':
      return state.detail
    case 'missed':
      return missReasons[state.reason]
  }
}

function iso(ms: number): string {
  return new Date(ms).toISOString()
}
