/** `drover jobs`: when each job is due, what it is at, how it ended last. */
import type { JobView } from '../../contract/views.ts'
import type { CommandContext } from '../context.ts'
import { argument, defineCommand } from '../define-command.ts'
import { exitOk } from '../exit.ts'
import { formatOccurrence, sparkline } from '../format/occurrence.ts'
import { formatTable, pad } from '../format/table.ts'
import { formatAge, formatDuration, formatInstant } from '../format/time.ts'
import { printJson } from '../print-json.ts'

export const jobTargets = 'jobs, groups (app:*), patterns with * and ?, or all'

const columns = [
  { title: 'JOB' },
  { title: 'SCHEDULE' },
  { title: 'NEXT' },
  { title: 'IN', align: 'right' },
  { title: 'LAST' },
  { title: 'ENDED', align: 'right' },
  { title: 'LASTED', align: 'right' },
  { title: 'NOTE' },
] as const

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
    else if (jobs.length === 0)
      context.err.line('No jobs yet. Declare some under `jobs:` in the configuration and `drover reload`.')
    else if (only && targets.length === 1 && targets[0] === only.name) printJob(only, context)
    else printJobs(jobs, context)
    return exitOk
  },
})

export function printJobs(jobs: readonly JobView[], { out, clock }: CommandContext): void {
  const now = clock.now()
  const rows = jobs.map((job) => [
    out.colors.bold(job.name),
    job.schedule,
    job.nextAt === null ? '' : formatInstant(job.nextAt, now),
    job.nextAt === null ? '' : formatAge(Date.parse(job.nextAt) - now),
    job.last ? formatOccurrence(job.last, out.colors) : out.colors.dim('never'),
    job.last?.endedAt ? `${formatAge(now - Date.parse(job.last.endedAt))} ago` : '',
    job.last?.durationMs == null ? '' : formatDuration(job.last.durationMs),
    noteOf(job),
  ])
  const options = { width: out.isTty ? out.columns : null, styleTitle: out.colors.dim }
  for (const line of formatTable(columns, rows, options)) out.line(line)
}

/** What keeps it from being as one would expect. */
function noteOf(job: JobView): string {
  const waiting = job.queued > 0 ? `${job.queued} waiting` : null
  const several = job.running > 1 ? `${job.running} running` : null
  return [
    job.isEnabled ? null : 'not enabled',
    job.notHere,
    job.pausedBy === null ? null : `paused by ${job.pausedBy}`,
    job.disabledBy === null ? null : `disabled by ${job.disabledBy}`,
    several,
    waiting,
  ]
    .filter((note) => note !== null)
    .join('; ')
}

function printJob(job: JobView, { out, clock }: CommandContext): void {
  const now = clock.now()
  const { bold, cyan, dim } = out.colors
  const { last } = job
  out.line(bold(cyan(job.name)))
  out.line()
  const next =
    job.nextAt === null
      ? 'never, as things stand'
      : `${formatInstant(job.nextAt, now)} (in ${formatAge(Date.parse(job.nextAt) - now)})`
  const facts: [string, string][] = [
    ['schedule', `${job.schedule} (${job.timezone})`],
    ['next', next],
    ['note', noteOf(job)],
    [
      'waits for',
      job.after
        .filter(({ isMet }) => !isMet)
        .map(({ program, condition }) => `${program} (${condition})`)
        .join(', '),
    ],
    ['now', job.running === 0 ? 'not running' : `${job.running} running`],
    ['last', last === null ? 'never' : `${formatOccurrence(last, out.colors)}: ${last.text}`],
    ['due', last === null ? '' : formatInstant(last.dueAt, now)],
    ['run', last?.run ?? ''],
    ['lasted', trendOf(job.recentMs)],
  ]
  for (const [name, value] of facts) if (value !== '') out.line(`  ${dim(pad(name, 9))} ${value}`)
  out.line(
    dim(
      `\n\`drover history ${job.name}\` shows what became of each due time, \`drover next ${job.name}\` those to come.`,
    ),
  )
}

/** The last runs as bars, with what is usual of them. */
function trendOf(recentMs: readonly number[]): string {
  if (recentMs.length === 0) return ''
  const sorted = [...recentMs].sort((a, b) => a - b)
  const median = sorted[Math.floor((sorted.length - 1) / 2)] ?? 0
  const most = sorted.at(-1) ?? 0
  return `${sparkline(recentMs)}  median ${formatDuration(median)}, at most ${formatDuration(most)} of ${recentMs.length}`
}
