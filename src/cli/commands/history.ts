/** `drover history`: what became of each time that jobs were due. */

import type { OccurrenceView } from '../../contract/views.ts'
import { occurrenceStateKinds } from '../../domain/jobs/occurrence.ts'
import type { CommandContext } from '../context.ts'
import { argument, defineCommand, option } from '../define-command.ts'
import { exitOk } from '../exit.ts'
import { formatOccurrence } from '../format/occurrence.ts'
import { formatTable } from '../format/table.ts'
import { formatDuration, formatInstant } from '../format/time.ts'
import { printJson } from '../print-json.ts'
import { jobTargets } from './jobs.ts'

const columns = [
  { title: 'DUE' },
  { title: 'JOB' },
  { title: 'STATE' },
  { title: 'LATE', align: 'right' },
  { title: 'LASTED', align: 'right' },
  { title: 'RUN' },
  { title: 'TRIGGER' },
  { title: 'WHAT BECAME OF IT' },
] as const
/** A start needs a moment. */
const worthTellingMs = 1000

export const historyCommand = defineCommand({
  name: 'history',
  aliases: ['ledger'],
  group: 'Jobs',
  summary: 'Show what became of each time that jobs were due, the newest first',
  details:
    'Each due time is one line, which ends as a run, as skipped or as missed, with the reason. `drover run RUN` shows the run with its output.',
  inputs: {
    targets: argument.any('targets', `${jobTargets} (default: all)`, 'jobs'),
    limit: option.number('-n, --limit <number>', 'how many', 20, { least: 1, most: 1000 }),
    state: option.word(
      '--state <state>',
      `only those: ${occurrenceStateKinds.join(', ')}`,
      occurrenceStateKinds,
    ),
    before: option.text('--before <id>', 'those before this one (an id of --json): the next page'),
  },
  examples: {
    history: 'the last 20 of all jobs',
    'history report -n 100': 'a hundred of one',
    'history --state missed': 'what was missed',
  },
  async run({ targets, limit, state, before }, context) {
    const occurrences = await context.client.listOccurrences({
      targets,
      limit,
      ...(state === null ? {} : { states: [state] }),
      ...(before === null ? {} : { before }),
    })
    if (context.global.json) printJson(context.out, occurrences)
    else if (occurrences.length === 0) context.err.line(nothingOf(state, before))
    else printOccurrences(occurrences, context)
    return exitOk
  },
})

function printOccurrences(occurrences: readonly OccurrenceView[], { out, clock }: CommandContext): void {
  const now = clock.now()
  const rows = occurrences.map((one) => [
    dueText(one, now),
    one.program,
    formatOccurrence(one, out),
    one.lateMs === null || one.lateMs < worthTellingMs ? '' : formatDuration(one.lateMs),
    one.durationMs === null ? '' : formatDuration(one.durationMs),
    one.run === null ? '' : out.colors.cyan(one.run),
    triggerText(one),
    // The state says it already.
    one.text === 'running' ? '' : one.text,
  ])
  const options = { width: out.isTty ? out.columns : null, styleTitle: out.colors.dim }
  for (const line of formatTable(columns, rows, options)) out.line(line)
}

/** That its time came is the usual. */
function triggerText({ trigger, isCatchUp }: OccurrenceView): string {
  if (isCatchUp) return 'made up for'
  return trigger === 'schedule' || trigger === 'every' ? '' : trigger
}

function nothingOf(state: string | null, before: string | null): string {
  if (before !== null) return 'There is nothing before it.'
  return state === null ? 'Nothing has been due yet.' : `No due time is ${state}.`
}

function dueText({ dueAt, since }: OccurrenceView, now: number): string {
  return since === null
    ? formatInstant(dueAt, now)
    : `${formatInstant(since, now)} – ${formatInstant(dueAt, now)}`
}
