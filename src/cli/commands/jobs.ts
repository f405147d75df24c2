/** `drover jobs`: when each job is due, what it is at, how it ended last. */
import type { JobView, OccurrenceView } from '../../contract/views.ts'
import type { CommandContext } from '../context.ts'
import { argument, defineCommand } from '../define-command.ts'
import { exitOk } from '../exit.ts'
import { formatOccurrence, isTrouble, sparkline } from '../format/occurrence.ts'
import { formatTable, pad } from '../format/table.ts'
import { formatAge, formatDue, formatDuration, formatInstant } from '../format/time.ts'
import { printJson } from '../print-json.ts'

export const jobTargets = 'jobs, groups (app:*), patterns with * and ?, or all'
export const noJobs = 'No jobs yet. Declare some under `jobs:` in the configuration and `drover reload`.'

const columns = [
  { title: 'JOB' },
  { title: 'NOW' },
  { title: 'LAST' },
  { title: 'AGO', align: 'right' },
  { title: 'LASTED', align: 'right' },
  { title: 'NEXT' },
  { title: 'IN', align: 'right' },
  { title: 'NOTE' },
  { title: 'SCHEDULE' },
] as const
/** On a terminal below this width the lengths of runs give way to the schedules. */
const wideColumns = 100

export const jobsCommand = defineCommand({
  name: 'jobs',
  group: 'Jobs',
  summary: 'List jobs: when they are due, and how they ended last',
  details: 'Times are shown in your own time zone. One job alone is shown with all that is to be said of it.',
  inputs: { targets: argument.any('targets', `${jobTargets} (default: all)`, 'jobs') },
  examples: { jobs: 'all jobs', 'jobs report': 'one of them, with how its runs fared lately' },
  async run({ targets }, context) {
    const jobs = await context.client.listJobs({ targets })
    const [only] = jobs
    if (context.global.json) printJson(context.out, jobs)
    else if (jobs.length === 0) context.err.line(noJobs)
    else if (only && targets.length === 1 && targets[0] === only.name) printJob(only, context)
    else {
      printJobs(jobs, context)
      sayWhatToDo(jobs, context)
    }
    return exitOk
  },
})

export function printJobs(jobs: readonly JobView[], { out, clock }: CommandContext): void {
  const now = clock.now()
  const isWide = !out.isTty || out.columns >= wideColumns
  const { bold, dim, green } = out.colors
  const rows = jobs.map((job) => {
    const { nextAt, lastEnded } = job
    const obstacle = obstacleOf(job)
    return [
      bold(job.name),
      green(atWork(job, isWide)),
      lastEnded ? formatOccurrence(lastEnded, out) : dim('never'),
      lastEnded?.endedAt ? formatAge(now - Date.parse(lastEnded.endedAt)) : '',
      lastEnded?.durationMs == null || !isWide ? '' : formatDuration(lastEnded.durationMs),
      obstacle === null ? nextText(nextAt, now, isWide) : dim(obstacle),
      nextAt === null || obstacle !== null ? '' : formatAge(Date.parse(nextAt) - now),
      noteOf(job, now, isWide),
      `${job.schedule}${zoneOf(job)}`,
    ]
  })
  const options = { width: out.isTty ? out.columns : null, styleTitle: out.colors.dim }
  for (const line of formatTable(columns, rows, options)) out.line(line)
}

/** Why nothing begins when it is due, or it is never due, in as few words as go into a table. */
function obstacleOf({ noNext, pausedBy, disabledBy }: JobView): string | null {
  if (noNext === 'not_enabled') return 'not enabled'
  if (noNext === 'other_node') return 'other node'
  if (pausedBy !== null) return 'paused'
  if (disabledBy !== null) return 'disabled'
  return noNext === 'passed' ? 'never again' : null
}

/** Where there is little room the day is enough: how far it is away stands beside it. */
function nextText(nextAt: string | null, now: number, isWide: boolean): string {
  if (nextAt === null) return ''
  const text = formatDue(nextAt, now)
  return isWide ? text : (text.split(' ')[0] ?? text)
}

/** That the newest due time was left out. */
function noteOf({ last }: JobView, now: number, isWide: boolean): string {
  if (last?.state !== 'skipped' && last?.state !== 'missed') return ''
  return isWide ? `${last.state} ${formatAge(now - Date.parse(last.dueAt))} ago` : last.state
}

/** Of a job whose times are meant on other clocks than those of who looks. */
function zoneOf({ noNext, timezone }: JobView): string {
  const isTimed = noNext !== 'manual' && noNext !== 'after' && noNext !== 'reboot'
  return isTimed && timezone !== ownZone() ? ` (${timezone})` : ''
}

function ownZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone
}

function atWork({ running, queued }: JobView, isWide = true): string {
  if (running === 1 && queued > 0 && !isWide) return `running +${queued}`
  return [
    running > 1 ? `${running} running` : running === 1 ? 'running' : '',
    queued > 0 ? `${queued} waiting` : '',
  ]
    .filter((part) => part !== '')
    .join(', ')
}

/** For people: below a table that tells of trouble, the next step. */
function sayWhatToDo(jobs: readonly JobView[], { out, err }: CommandContext): void {
  if (!out.isTty || !err.isTty) return
  const { dim } = err.colors
  const paused = jobs.find(({ pausedBy }) => pausedBy !== null)
  const failed = jobs.find(({ lastEnded }) => lastEnded && isTrouble(lastEnded))
  const lines = [
    ...(paused ? [`All jobs are paused by ${paused.pausedBy}; \`drover resume\` takes it back.`] : []),
    ...(failed?.lastEnded?.run
      ? [`\`drover run ${failed.lastEnded.run}\` shows what became of ${failed.name}.`]
      : []),
  ]
  if (lines.length > 0) err.line(dim(`\n${lines.join('\n')}`))
}

function printJob(job: JobView, { out, clock }: CommandContext): void {
  const now = clock.now()
  const { bold, cyan, dim } = out.colors
  const { last, lastEnded } = job
  out.line(bold(cyan(job.name)))
  out.line()
  const facts: [string, string][] = [
    ['schedule', `${job.schedule}${zoneOf(job)}`],
    ['next', nextOf(job, now)],
    ['waits for', waitsFor(job)],
    ['now', nowOf(job, now)],
    ...(last && (last.state === 'skipped' || last.state === 'missed')
      ? [[last.state, `${formatDue(last.dueAt, now)}: ${last.text}`] as [string, string]]
      : []),
    ['last', lastEnded === null ? 'never' : `${formatOccurrence(lastEnded, out)}: ${lastEnded.text}`],
    ['due', lastEnded === null ? '' : formatDue(lastEnded.dueAt, now)],
    ['ended', endedOf(lastEnded, now)],
    ['run', lastEnded?.run ?? ''],
    ['lasted', trendOf(job.recentMs)],
  ]
  for (const [name, value] of facts) if (value !== '') out.line(`  ${dim(pad(name, 9))} ${value}`)
  out.line(
    dim(
      `\n\`drover history ${job.name}\` shows what became of each due time, \`drover next ${job.name}\` those to come.`,
    ),
  )
}

function nextOf(job: JobView, now: number): string {
  if (job.nextAt === null) return whyNoTime(job)
  const time = `${formatDue(job.nextAt, now)}, in ${formatAge(Date.parse(job.nextAt) - now)}`
  if (job.pausedBy !== null) return `${time}; skipped: all jobs were paused by ${job.pausedBy}`
  return job.disabledBy === null ? time : `${time}; skipped: disabled by ${job.disabledBy}`
}

/** What there is to say instead of a next time. */
export function whyNoTime({ noNext, notHere, schedule }: JobView): string {
  switch (noNext) {
    case null:
    case 'passed':
      return 'all times of its schedule have passed'
    case 'not_enabled':
      return 'not enabled'
    case 'other_node':
      return notHere ?? 'for other nodes'
    case 'function':
      return 'its function is asked each minute'
    case 'reboot':
      return 'when the machine has started'
    case 'after':
      return schedule
    case 'manual':
      return 'when somebody triggers it'
    default:
      return noNext satisfies never
  }
}

function waitsFor({ after }: JobView): string {
  return after
    .filter(({ isMet }) => !isMet)
    .map(({ program, condition }) => `${program} (${condition})`)
    .join(', ')
}

function nowOf(job: JobView, now: number): string {
  const { current } = job
  if (current === null) return atWork(job) || 'not running'
  const { attempts, startedAt, run } = current
  const several = job.running > 1 ? `${job.running} running, the oldest` : 'running'
  const since = startedAt === null ? '' : ` for ${formatAge(now - Date.parse(startedAt))}`
  const attempt = attempts > 1 ? `, attempt ${attempts}` : ''
  const waiting = job.queued > 0 ? `; ${job.queued} waiting` : ''
  return `${several}${since}${attempt}${run === null ? '' : `, run ${run}`}${waiting}`
}

function endedOf(one: OccurrenceView | null, now: number): string {
  if (!one?.endedAt) return ''
  const took = one.durationMs === null ? '' : ` after ${formatDuration(one.durationMs)}`
  return `${formatInstant(one.endedAt, now)}, ${formatAge(now - Date.parse(one.endedAt))} ago${took}`
}

/** The last runs as bars, with what is usual of them. */
function trendOf(recentMs: readonly number[]): string {
  if (recentMs.length < 2) return ''
  const sorted = [...recentMs].sort((a, b) => a - b)
  const median = sorted[Math.floor((sorted.length - 1) / 2)] ?? 0
  const most = sorted.at(-1) ?? 0
  return `${sparkline(recentMs)}  median ${formatDuration(median)}, at most ${formatDuration(most)}, of ${recentMs.length} runs`
}
