/** `drover next`: due times that are to come. */
import type { DueView } from '../../contract/views.ts'
import type { CommandContext } from '../context.ts'
import { argument, defineCommand, option } from '../define-command.ts'
import { exitOk } from '../exit.ts'
import { formatTable } from '../format/table.ts'
import { formatAge, formatInstant } from '../format/time.ts'
import { printJson } from '../print-json.ts'
import { jobTargets, noJobs, whyNoTime } from './jobs.ts'

const columns = [
  { title: 'AT' },
  { title: 'IN', align: 'right' },
  { title: 'JOB' },
  { title: 'LOCAL' },
  { title: 'NOTE' },
] as const

export const nextCommand = defineCommand({
  name: 'next',
  group: 'Jobs',
  summary: 'Show the next due times of jobs',
  details:
    'With what there is to know of each: changes of the clocks, and why no run will begin where that is known. Jobs that come after others, and those with a function, have no times that could be told in advance.',
  inputs: {
    targets: argument.any('targets', `${jobTargets} (default: all)`, 'jobs'),
    limit: option.number('-n, --limit <number>', 'how many', 10, { least: 1, most: 1000 }),
  },
  examples: { next: 'the next 10 of all jobs', 'next report -n 100': 'a hundred of one' },
  async run({ targets, limit }, context) {
    const due = await context.client.listDue({ targets, limit })
    if (context.global.json) {
      printJson(context.out, due)
      return exitOk
    }
    if (due.length > 0) printDue(due, context)
    // Whoever names jobs wants to know of each of them.
    if (due.length === 0 || targets.length > 0) await tellOfOthers(due, targets, context)
    return exitOk
  },
})

function printDue(due: readonly DueView[], { out, clock }: CommandContext): void {
  const now = clock.now()
  const own = Intl.DateTimeFormat().resolvedOptions().timeZone
  const rows = due.map(({ program, at, timezone, note, isExpected }) => [
    formatInstant(at, now),
    formatAge(Date.parse(at) - now),
    isExpected ? out.colors.bold(program) : out.colors.dim(program),
    timezone === own ? '' : `${localText(at, timezone)} ${timezone}`,
    note === null ? '' : out.colors.yellow(note),
  ])
  const options = { width: out.isTty ? out.columns : null, styleTitle: out.colors.dim }
  for (const line of formatTable(columns, rows, options)) out.line(line)
}

/** As the clocks there show it. */
function localText(at: string, timeZone: string): string {
  const form = {
    timeZone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
  } as const
  return new Date(at).toLocaleString('sv-SE', form)
}

/** Of the jobs that have no time, why; those whose times come later than what is shown are left out. */
async function tellOfOthers(
  due: readonly DueView[],
  targets: string[],
  { client, err }: CommandContext,
): Promise<void> {
  const jobs = await client.listJobs({ targets })
  if (jobs.length === 0) return err.line(noJobs)
  const shown = new Set(due.map(({ program }) => program))
  for (const job of jobs) {
    if (job.noNext === null || shown.has(job.name)) continue
    err.line(`${job.name} has no time that could be told (${whyNoTime(job)}).`)
  }
}
