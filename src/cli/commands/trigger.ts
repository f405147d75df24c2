/** `drover trigger`: makes a job due now. */
import type { EventView, OccurrenceView, TriggerView } from '../../contract/views.ts'
import { type Became, becameOf } from '../../domain/events/occurrence-events.ts'
import { UserError } from '../../domain/user-error.ts'
import type { CommandContext } from '../context.ts'
import { argument, defineCommand, option } from '../define-command.ts'
import { exitInterrupted, exitOf, exitOk } from '../exit.ts'
import { followStream } from '../follow.ts'
import { formatOccurrence } from '../format/occurrence.ts'
import { pad } from '../format/table.ts'
import { printJson } from '../print-json.ts'
import { isInterruption } from '../wait.ts'

export const triggerCommand = defineCommand({
  name: 'trigger',
  group: 'Jobs',
  summary: 'Make a job due now',
  details:
    'Its own rules hold: with `overlap: skip` nothing begins while a run of it still lives. It works as well for a job that is disabled, paused or in a blackout. Parameters are those that the job declares.',
  inputs: {
    job: argument.one('job', 'the job', 'jobs'),
    params: argument.rest('params', 'parameters, as NAME=VALUE'),
    dryRun: option.flag('--dry-run', 'only say what would happen'),
    wait: option.flag('-w, --wait', 'wait for its end, and end as it did'),
  },
  examples: {
    'trigger report': 'begin a run now',
    'trigger report SINCE=today --wait': 'with a parameter, and wait for the end',
    'trigger report --dry-run': 'what would be run, and whether it would begin',
  },
  async run({ job, params, dryRun, wait }, context) {
    const { client, err, signal } = context
    const request = { job, params: Object.fromEntries(params.map(readParam)), dryRun }
    if (dryRun || !wait) return tell(job, await client.triggerJob(request, { signal }), false, context)
    // From here on its events are seen, whatever becomes of the agent.
    const [last] = await client.listEvents({ newest: true, limit: 1 }, { signal })
    const answer = await client.triggerJob(request, { signal })
    const occurrence = answer.occurrence && (await ended(answer.occurrence, last?.id ?? 0, context))
    if (occurrence) return tell(job, { ...answer, occurrence, text: occurrence.text }, true, context)
    err.line('Not waiting any longer; the agent goes on with it.')
    return exitInterrupted
  },
})

/** Tells what goes on until it is over; null when the person has had enough before. */
async function ended(
  triggered: OccurrenceView,
  since: number,
  context: CommandContext,
): Promise<OccurrenceView | null> {
  const { client, signal, err, global } = context
  if (triggered.state !== 'queued' && triggered.state !== 'running') return triggered
  let after = since
  const open = (): Promise<AsyncIterable<EventView>> =>
    client.streamEvents({ kinds: ['job.*'], after }, { signal })
  try {
    for await (const event of followStream(open, context)) {
      after = event.id
      if (event.data.occurrence !== triggered.id) continue
      const became = becameOf(event.kind)
      if (became !== null) return await lookUp(triggered, event, became, context)
      if (!global.json) err.line(err.colors.dim(event.text))
    }
  } catch (error) {
    if (!isInterruption(error, signal)) throw error
  }
  return null
}

/** As the ledger has it; where the agent is gone by then, as far as the event tells. */
async function lookUp(
  triggered: OccurrenceView,
  { at, run, data }: EventView,
  became: Became,
  { client, signal }: CommandContext,
): Promise<OccurrenceView> {
  try {
    return await client.getOccurrence({ id: triggered.id }, { signal })
  } catch (error) {
    if (!(error instanceof UserError) || error.code !== 'no_agent') throw error
    const isRun = became !== 'skipped' && became !== 'missed'
    return {
      ...triggered,
      state: isRun ? 'ended' : became,
      outcome: isRun ? became : null,
      text: String(data.detail ?? data.reason ?? ''),
      run: run ?? triggered.run,
      endedAt: at,
    }
  }
}

function readParam(written: string): [string, string] {
  const at = written.indexOf('=')
  if (at > 0) return [written.slice(0, at), written.slice(at + 1)]
  throw new UserError('usage', `\`${written}\` is no parameter.`, { hint: 'Write NAME=VALUE.' })
}

function tell(job: string, answer: TriggerView, isWaited: boolean, { out, global }: CommandContext): number {
  const { occurrence, text, isBegun, plan } = answer
  const isGood = isWaited ? occurrence?.outcome === 'success' || occurrence?.outcome === 'warning' : true
  const waits = occurrence?.state === 'queued'
  const code = plan !== null || (isGood && (isBegun || waits)) ? exitOk : exitOf('did_not_happen')
  if (global.json) printJson(out, answer)
  else if (plan) printPlan(job, answer, out)
  else if (occurrence) {
    const run = occurrence.run === null ? '' : `, run ${out.colors.cyan(occurrence.run)}`
    out.line(
      `${out.colors.bold(job)}  ${formatOccurrence(occurrence, out)}${run}${text === 'running' ? '' : `: ${text}`}`,
    )
  }
  return code
}

function printPlan(job: string, { text, isBegun, plan }: TriggerView, out: CommandContext['out']): void {
  if (!plan) return
  const { bold, dim, green, yellow } = out.colors
  out.line(`${bold(job)}  ${isBegun ? green(text) : yellow(text)}`)
  const facts: [string, string][] = [
    ['command', plan.command.map(quoted).join(' ')],
    ['folder', plan.cwd],
    ['user', plan.user ?? ''],
    ...Object.entries(plan.variables).map(([name, value]): [string, string] => [name, value]),
  ]
  const width = Math.max(...facts.map(([name]) => name.length))
  for (const [name, value] of facts) if (value !== '') out.line(`  ${dim(pad(name, width))}  ${value}`)
}

/** As it could be pasted into a shell. */
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
}
