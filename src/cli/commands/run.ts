/** `drover run`: everything about one run. */
import { mostLogLines } from '../../contract/endpoints.ts'
import type { OccurrenceView, RunDetail, RunView } from '../../contract/views.ts'
import { UserError } from '../../domain/user-error.ts'
import type { CommandContext } from '../context.ts'
import { argument, defineCommand, option } from '../define-command.ts'
import { exitOk } from '../exit.ts'
import { formatOccurrence } from '../format/occurrence.ts'
import { causeOf, formatEnd, lastedOf } from '../format/run.ts'
import { formatSize } from '../format/size.ts'
import { pad } from '../format/table.ts'
import { formatDue, formatDuration, formatInstant, formatOffset } from '../format/time.ts'
import { LogLines } from '../log-lines.ts'
import { printJson } from '../print-json.ts'

export const runCommand = defineCommand({
  name: 'run',
  aliases: ['describe', 'show'],
  group: 'Looking',
  summary: 'Show one run: cause, timeline, usage, output',
  inputs: {
    run: argument.one(
      'run',
      'the id, or as much of it as is unique; or a slot or name, which means its last run',
      'runs',
    ),
    lines: option.number('-n, --lines <number>', 'how many lines of its output', 10, {
      most: mostLogLines,
    }),
  },
  examples: { 'run 1hq3k7': 'by the begin of its id', 'run mailer:0': 'the last run of a slot' },
  async run({ run, lines }, context) {
    const detail = await findRun(run, context)
    if (context.global.json) printJson(context.out, detail)
    else await printRun(detail, lines, context)
    return exitOk
  },
})

/** A run by its id; else the last run of the slot of that name, or of what once had that name. */
async function findRun(wanted: string, { client }: CommandContext): Promise<RunDetail> {
  try {
    return await client.getRun({ id: wanted })
  } catch (error) {
    if (!(error instanceof UserError) || error.code !== 'not_found') throw error
    const slots = await client.listSlots({ targets: [wanted] }).catch(() => [])
    const [slot, another] = slots
    const isOneJob = slots.every(({ kind, program }) => kind === 'job' && program === slot?.program)
    if (!slot || (another && isOneJob)) {
      const [last] = await client.listRuns({ targets: [wanted], limit: 1 }).catch(() => [])
      if (last) return client.getRun({ id: last.id })
      throw error
    }
    if (another) {
      throw new UserError('usage', `${wanted} has ${slots.length} slots.`, {
        hint: `Name one of them, such as ${slot.name}.`,
      })
    }
    if (slot.lastRun === null) throw new UserError('not_found', `${slot.name} has never run.`)
    return client.getRun({ id: slot.lastRun })
  }
}

async function printRun(detail: RunDetail, lines: number, context: CommandContext): Promise<void> {
  const { run, timeline } = detail
  const { out, clock } = context
  const { bold, cyan, dim } = out.colors
  const now = clock.now()
  out.line(`${bold(cyan(run.id))}  ${bold(run.slot)} on ${run.node}`)
  out.line()
  for (const [name, value] of factsOf(detail, context, now)) out.line(`  ${dim(pad(name, 8))} ${value}`)
  out.line(`\n${bold('Timeline')}`)
  const offsets = timeline.map(({ at }) => formatOffset(at, run.claimedAt))
  const width = Math.max(0, ...offsets.map((text) => text.length))
  timeline.forEach((event, index) => {
    out.line(`  ${dim(pad(offsets[index] ?? '', width, 'right'))}  ${event.text}`)
  })
  await printOutput(run, lines, context)
}

function factsOf({ run, occurrence }: RunDetail, { out }: CommandContext, now: number): [string, string][] {
  const { usage } = run
  const facts: [string, string][] = [
    ['cause', causeOf(run, now)],
    ...(occurrence ? factsOfDueTime(run, occurrence, out, now) : []),
    ['state', formatEnd(run, out.colors)],
    ['pid', run.pid === null ? '' : String(run.pid)],
    ['started', run.startedAt === null ? '' : formatInstant(run.startedAt, now)],
    ['ended', run.endedAt === null ? '' : formatInstant(run.endedAt, now)],
    ['lasted', lastedOf(run, now)],
  ]
  if (usage) {
    const lost = usage.lostBytes > 0 ? `, ${out.colors.red(`${formatSize(usage.lostBytes)} lost`)}` : ''
    facts.push(
      ['cpu', `${formatDuration(usage.cpuMs)} of CPU time`],
      ['memory', memoryOf(usage)],
      ['tree', treeOf(usage)],
      ['output', `${formatSize(usage.outBytes)} out, ${formatSize(usage.errBytes)} err${lost}`],
    )
  }
  return facts.filter(([, value]) => value !== '')
}

/** What a run of a job was for; how that ended, where this run is not all there is to it. */
function factsOfDueTime(
  { attempt, cause }: RunView,
  occurrence: OccurrenceView,
  out: CommandContext['out'],
  now: number,
): [string, string][] {
  const { attempts, lateMs, params } = occurrence
  const late = lateMs !== null && lateMs >= 1000 ? `, begun ${formatDuration(lateMs)} late` : ''
  const isKnown = cause.kind === 'scheduled' && late === ''
  const isOneOfMany = attempts > 1
  return [
    ['due', isKnown ? '' : `${formatDue(occurrence.dueAt, now)}${late}`],
    ['attempt', isOneOfMany ? `${attempt} of ${attempts}` : ''],
    ['overall', isOneOfMany ? `${formatOccurrence(occurrence, out)}: ${occurrence.text}` : ''],
    [
      'params',
      Object.entries(params)
        .map(([name, value]) => `${name}=${value}`)
        .join(' '),
    ],
  ]
}

type Usage = NonNullable<RunView['usage']>

/** The peaks of the tree are what looks saw; that of the largest process is the kernel's, and misses nothing. */
function memoryOf({ rssBytes, pssBytes, peakTreeRssBytes, largestProcessRssBytes }: Usage): string {
  const parts = [
    largestProcessRssBytes === null ? `${formatSize(rssBytes)} now` : '',
    pssBytes === null ? '' : `${formatSize(pssBytes)} without what is shared`,
    peakTreeRssBytes === null ? '' : `tree up to ${formatSize(peakTreeRssBytes)}`,
    largestProcessRssBytes === null ? '' : `largest process up to ${formatSize(largestProcessRssBytes)}`,
  ]
  return parts.filter((part) => part !== '').join(', ')
}

function treeOf({ processes, openFiles, peakProcesses, peakOpenFiles }: Usage): string {
  const now = countsOf(processes === 0 ? null : processes, openFiles)
  const most = countsOf(peakProcesses, peakOpenFiles)
  return [now, most === '' ? '' : `up to ${most}`].filter((part) => part !== '').join('; ')
}

function countsOf(processes: number | null, openFiles: number | null): string {
  const parts = [
    processes === null ? '' : `${processes} ${processes === 1 ? 'process' : 'processes'}`,
    openFiles === null ? '' : `${openFiles} open files`,
  ]
  return parts.filter((part) => part !== '').join(', ')
}

async function printOutput(
  run: RunView,
  lines: number,
  { client, out, signal }: CommandContext,
): Promise<void> {
  if (lines === 0) return
  const assembled = new LogLines()
  const printed = []
  for await (const piece of await client.streamLogs({ run: run.id, lines }, { signal })) {
    printed.push(...assembled.add(piece))
  }
  printed.push(...assembled.end())
  if (printed.length === 0) return
  out.line(`\n${out.colors.bold('Output')}`)
  for (const { stream, text } of printed) {
    out.line(`  ${stream === 'err' ? out.colors.red('!') : out.colors.dim('|')} ${text}`)
  }
}
