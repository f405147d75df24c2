/** `drover schedule`: when an expression is due next, or what is wrong with it. Asks no agent. */
import { type CalendarInput, compileCalendar } from '../../domain/schedule/calendar.ts'
import { noteOn } from '../../domain/schedule/daylight.ts'
import { parseExpression, type RefusedExpression, type Schedule } from '../../domain/schedule/expression.ts'
import { isZone, nearestZone, parseLocalTime } from '../../domain/schedule/local-time.ts'
import { offsetAt, processZone } from '../../domain/schedule/zone.ts'
import { UserError } from '../../domain/user-error.ts'
import type { CommandContext } from '../context.ts'
import { argument, defineCommand, option } from '../define-command.ts'
import { exitOk } from '../exit.ts'
import { formatTable } from '../format/table.ts'
import { formatAge } from '../format/time.ts'
import { printJson } from '../print-json.ts'

/** Wider expressions are not shown once more with a mark below them. */
const widestMarked = 100

export const scheduleCommand = defineCommand({
  name: 'schedule',
  group: 'Jobs',
  summary: 'Tell when a schedule is due next, or what is wrong with it',
  details:
    'Takes what `schedule` of a job takes: cron with 5, 6 or 7 fields, a macro such as @daily, or @every 10m. Needs no agent. The notes say what becomes of times that clocks skip or show twice.',
  inputs: {
    expression: argument.one('expression', 'in quotes, since shells have a use for `*`'),
    zone: option.text('--tz <zone>', 'whose clocks count (default: those of this machine)', 'zones'),
    count: option.number('-n, --count <number>', 'how many due times', 10, { least: 1, most: 1000 }),
    from: option.text('--from <time>', 'from when on, on the clocks of the zone (default: now)'),
    seed: option.text('--seed <name>', 'the name of the job, by which H and ~ are spread'),
  },
  examples: {
    "schedule '30 2 * * *'": 'the next ten nights',
    "schedule '30 2 * * *' --tz Europe/Berlin --from 2027-03-27 -n 3": 'over a change of clocks',
    "schedule 'H H * * *' --seed report": 'where the name of a job puts it',
  },
  async run({ expression, zone: named, count, from, seed }, context) {
    const schedule = readSchedule(expression, seed ?? '', context)
    const zone = readZone(named)
    const begin = from === null ? context.clock.now() : readBegin(from, zone)
    const input = { expressions: [expression], at: [], timezone: zone, seed: seed ?? '' }
    const runs = runsOf(input, zone, begin, count)
    if (context.global.json) {
      printJson(context.out, { expression, timezone: zone, from: new Date(begin).toISOString(), runs })
      return exitOk
    }
    sayWhatToKnow(schedule, { zone: named, seed }, context)
    if (runs.length === 0) context.err.line(withoutRuns(schedule, input, zone, begin))
    else printRuns(runs, begin, from !== null, context)
    return exitOk
  },
})

interface Run {
  /** In UTC. */
  readonly at: string
  /** With its offset. */
  readonly local: string
  readonly weekday: string
  readonly note: string | null
}

function runsOf(input: CalendarInput, zone: string, begin: number, count: number): Run[] {
  const times = compileCalendar(input).enumerate(begin, Number.POSITIVE_INFINITY, begin, count)
  return times.map((time) => ({
    at: new Date(time).toISOString(),
    local: localText(time, zone),
    weekday: weekdays[new Date(time + offsetAt(zone, time)).getUTCDay()] ?? '',
    note: noteOn(input, time),
  }))
}

const weekdays = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday']

function printRuns(runs: readonly Run[], begin: number, isFromNamed: boolean, { out }: CommandContext): void {
  const columns = [
    { title: 'DAY' },
    { title: 'TIME' },
    { title: 'OFFSET' },
    { title: isFromNamed ? 'AFTER' : 'IN', align: 'right' as const },
    { title: 'NOTE' },
  ]
  const rows = runs.map(({ at, local, weekday, note }) => [
    weekday.slice(0, 3),
    local.slice(0, 19).replace('T', ' '),
    local.slice(19),
    formatAge(Date.parse(at) - begin),
    note === null ? '' : out.colors.yellow(note),
  ])
  const width = out.isTty ? out.columns : null
  for (const line of formatTable(columns, rows, { width, styleTitle: out.colors.dim })) out.line(line)
}

/** What a reader could be wrong about, beside the data. */
function sayWhatToKnow(
  schedule: Schedule,
  { zone, seed }: { zone: string | null; seed: string | null },
  { err }: CommandContext,
): void {
  const { dim } = err.colors
  if (schedule.kind === 'cron' && zone === null) {
    err.line(dim(`On the clocks of this machine, ${processZone()}; --tz names others.`))
  }
  if (seed === null && /~|(?:^|[\s,])H(?:[\s,/(]|$)/i.test(schedule.text)) {
    err.line(dim('H and ~ are spread by the name of the job; --seed names it.'))
  }
  if (schedule.kind === 'every') err.line(dim('Counted from where this list begins.'))
}

function withoutRuns(schedule: Schedule, input: CalendarInput, zone: string, begin: number): string {
  if (schedule.kind === 'reboot') return '@reboot is due once after each boot of the machine.'
  const last = compileCalendar(input).previous(begin, begin)
  const when = last === null ? '' : `; the last time was ${localText(last, zone).replace('T', ' ')}`
  return `It is never due again${when}.`
}

function readSchedule(text: string, seed: string, { global }: CommandContext): Schedule {
  const read = parseExpression(text, seed)
  if (read.ok) return read.schedule
  const shown = text.length > 60 ? `${text.slice(0, 59)}…` : text
  const blame = read.field === null ? ':' : `. Its ${read.field} is wrong:`
  const end = read.message.endsWith('?') ? '' : '.'
  const mark = global.json ? '' : markOf(text, read)
  throw new UserError('usage', `\`${shown}\` is no schedule${blame} ${read.message}${end}${mark}`, {
    hint: `Expected ${read.expected}.`,
  })
}

/** The expression once more, with the place of the mistake below it. */
function markOf(text: string, { span }: RefusedExpression): string {
  if (span === null || text.length > widestMarked) return ''
  const length = Math.max(1, span.end - span.start)
  return `\n  ${text.replace(/\s/g, ' ')}\n  ${' '.repeat(span.start)}${'^'.repeat(length)}`
}

function readZone(named: string | null): string {
  if (named === null) return processZone()
  if (isZone(named)) return named
  const meant = nearestZone(named)
  throw new UserError('usage', `\`${named}\` is no time zone.`, {
    hint: meant === null ? 'Write one as Europe/Berlin or UTC.' : `Did you mean \`${meant}\`?`,
  })
}

/** A date alone is its midnight. */
function readBegin(text: string, zone: string): number {
  const read = parseLocalTime(/^\d{4}-\d{2}-\d{2}$/.test(text) ? `${text} 00:00` : text, zone)
  if (read.ok) return read.at
  throw new UserError('usage', `--from cannot be meant: ${read.message}.`, {
    hint: 'Write a date, or a date and a time: 2027-03-27, `2027-03-27 18:00` or 2027-03-27T18:00Z.',
  })
}

/** `2027-03-28T03:00:00+02:00` */
function localText(time: number, zone: string): string {
  const offset = offsetAt(zone, time)
  const minutes = Math.abs(Math.round(offset / 60_000))
  const two = (value: number): string => String(value).padStart(2, '0')
  const sign = offset < 0 ? '-' : '+'
  const local = new Date(time + offset).toISOString().slice(0, 19)
  return `${local}${sign}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`
}
