/** `drover runs`: one list of everything that ran, whatever the reason. */
import type { RunView } from '../../contract/views.ts'
import type { CommandContext } from '../context.ts'
import { argument, defineCommand, option, targetsMeaning } from '../define-command.ts'
import { exitOk } from '../exit.ts'
import { causeOf, formatEnd, lastedOf } from '../format/run.ts'
import { formatSize } from '../format/size.ts'
import { formatTable } from '../format/table.ts'
import { formatDuration, formatInstant } from '../format/time.ts'
import { printJson } from '../print-json.ts'

const columns = [
  { title: 'RUN' },
  { title: 'SLOT' },
  { title: 'STARTED' },
  { title: 'LASTED', align: 'right' },
  { title: 'CPU', align: 'right' },
  { title: 'MEMORY', align: 'right' },
  { title: 'END' },
  { title: 'CAUSE' },
] as const

export const runsCommand = defineCommand({
  name: 'runs',
  group: 'Looking',
  summary: 'List runs, the newest first',
  inputs: {
    targets: argument.any('targets', `${targetsMeaning} (default: all)`),
    limit: option.number('-n, --limit <number>', 'how many', 20, { least: 1 }),
    alive: option.flag('--alive', 'only those that run now'),
    ended: option.flag('--ended', 'only those that have ended'),
    before: option.text('--before <id>', 'those before this run: the next page', 'runs'),
  },
  examples: { runs: 'the last 20', 'runs mailer --ended -n 100': 'how a program ended lately' },
  async run({ targets, limit, alive, ended, before }, context) {
    const runs = await context.client.listRuns({
      targets,
      limit,
      ...(alive === ended ? {} : { state: alive ? 'alive' : 'ended' }),
      ...(before === null ? {} : { before }),
    })
    if (context.global.json) printJson(context.out, runs)
    else printRuns(runs, context)
    return exitOk
  },
})

function printRuns(runs: readonly RunView[], { out, err, clock }: CommandContext): void {
  if (runs.length === 0) return err.line('No runs.')
  const now = clock.now()
  const rows = runs.map((run) => [
    out.colors.cyan(run.id),
    run.slot,
    formatInstant(run.startedAt ?? run.claimedAt, now),
    lastedOf(run, now),
    run.usage ? formatDuration(run.usage.cpuMs) : '',
    run.usage ? formatSize(run.usage.rssBytes) : '',
    formatEnd(run, out.colors),
    causeOf(run, now),
  ])
  const options = { width: out.isTty ? out.columns : null, styleTitle: out.colors.dim }
  for (const line of formatTable(columns, rows, options)) out.line(line)
}
