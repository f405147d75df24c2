/**
 * From the time fields of a crontab to a schedule whose due times are cron's. Where the two read a text alike, it stays as it was written. They do not in
 * two points:
 *
 * - Cron joins the two days with AND as soon as one of the fields *begins* with an asterisk, be it only a step; Drover says that with a `+`.
 * - Cron lets a job follow real time by that same first character of minute and hour, Drover by any wildcard or step in them. It matters where clocks
 *   are changed; steps that cron takes for fixed times become the list of these.
 */
import { parseExpression } from '../../domain/schedule/expression.ts'
import type { Field } from '../../domain/schedule/field.ts'
import { type CronField, cronFields, readCronField } from './crontab-field.ts'
import type { CronFlavor } from './crontab-flavor.ts'

export type ReadCronSchedule =
  | {
      readonly ok: true
      readonly due: CronDue
      readonly remarks: readonly string[]
      /** What stands behind it, without the blanks between. */
      readonly rest: string
    }
  | {
      readonly ok: false
      /** What is wrong, the field first. */
      readonly why: string
    }

export type CronDue =
  /** As Drover writes it. */
  | { readonly kind: 'expression'; readonly expression: string }
  /** Cron takes it, and there is no such time. */
  | { readonly kind: 'never'; readonly why: string }

/** Cron knows these in small letters only. */
const macros = ['reboot', 'yearly', 'annually', 'monthly', 'weekly', 'daily', 'midnight', 'hourly']

/** A line without the blanks in front of it. */
export function readCronSchedule(line: string, flavor: CronFlavor): ReadCronSchedule {
  if (line.startsWith('@')) {
    const [written = '', word = ''] = /^@([^ \t]*)[ \t]*/.exec(line) ?? []
    if (!macros.includes(word)) return { ok: false, why: `cron knows no \`@${word}\`` }
    return {
      ok: true,
      due: { kind: 'expression', expression: `@${word}` },
      remarks: [],
      rest: line.slice(written.length),
    }
  }
  const fields: CronField[] = []
  let rest = line
  for (const field of cronFields) {
    const [written = '', text = ''] = /^([^ \t]*)[ \t]*/.exec(rest) ?? []
    rest = rest.slice(written.length)
    const read = readCronField(text, field, flavor)
    if (!read.ok) return { ok: false, why: `${field.name}: ${read.why}` }
    fields.push(read.field)
  }
  const [minutes, hours, daysOfMonth, months, daysOfWeek] = fields
  if (!minutes || !hours || !daysOfMonth || !months || !daysOfWeek) throw new Error('a field is missing')
  const remarks = cronFields.flatMap((field, index) => remarksOn(fields[index], field))
  const days = writeDays(daysOfMonth, daysOfWeek)
  const isEmpty = [minutes, hours, months].some(({ values }) => values.length === 0)
  if (isEmpty || days === null) {
    return { ok: true, due: { kind: 'never', why: emptyRangesOf(fields) }, remarks: [], rest }
  }
  const followsRealTime = minutes.isStarred || hours.isStarred
  const expression = [
    writeTime(minutes, followsRealTime),
    writeTime(hours, followsRealTime),
    days.daysOfMonth,
    months.text,
    days.daysOfWeek,
  ].join(' ')
  const parsed = parseExpression(expression, '')
  const due: CronDue = parsed.ok
    ? { kind: 'expression', expression }
    : // A date that no year has, such as 30 February: cron takes it and waits.
      { kind: 'never', why: parsed.message }
  return { ok: true, due, remarks: [...remarks, ...days.remarks], rest }
}

function emptyRangesOf(fields: readonly CronField[]): string {
  const ranges = fields.flatMap(({ emptyRanges }) => emptyRanges.map((range) => `\`${range}\``))
  return `cron’s ranges do not go around, and so there is nothing in ${ranges.join(' and ')}`
}

function writeTime({ text, values, hasWildcard }: CronField, followsRealTime: boolean): string {
  return hasWildcard && !followsRealTime ? inRanges(values) : text
}

interface WrittenDays {
  readonly daysOfMonth: string
  readonly daysOfWeek: string
  readonly remarks: readonly string[]
}

/** Null where no day is ever meant. */
function writeDays(daysOfMonth: CronField, daysOfWeek: CronField): WrittenDays | null {
  const areJoined = daysOfMonth.isStarred || daysOfWeek.isStarred
  const [isEachOfMonth, isEachOfWeek] = [isEach(daysOfMonth, 31), isEach(daysOfWeek, 7)]
  const [month, week] = [daysOfMonth.text, daysOfWeek.text]
  if (areJoined) {
    if (daysOfMonth.values.length === 0 || daysOfWeek.values.length === 0) return null
    if (isEachOfMonth || isEachOfWeek) {
      return {
        daysOfMonth: isEachOfMonth ? '*' : month,
        daysOfWeek: isEachOfWeek ? '*' : week,
        remarks: [],
      }
    }
    const remark = `cron asks for both days, since one of the fields begins with \`*\`: hence the \`+\``
    return { daysOfMonth: month, daysOfWeek: `+${week}`, remarks: [remark] }
  }
  if (isEachOfMonth || isEachOfWeek) {
    const remark = `\`${isEachOfMonth ? month : week}\` is each day, and cron asks for one of the two: it is due daily`
    return { daysOfMonth: '*', daysOfWeek: '*', remarks: [remark] }
  }
  if (month === '' && week === '') return null
  return { daysOfMonth: month === '' ? '*' : month, daysOfWeek: week === '' ? '*' : week, remarks: [] }
}

function isEach({ values, isRandom }: CronField, count: number): boolean {
  return !isRandom && values.length === count
}

function remarksOn(field: CronField | undefined, { name }: Field): string[] {
  if (!field) return []
  const { emptyRanges, ignored, isRandom, text } = field
  return [
    ...emptyRanges.map(
      (range) => `${name}: \`${range}\` holds nothing, since cron’s ranges do not go around; it is left out`,
    ),
    ...(ignored === ''
      ? []
      : [`${name}: cron passes over \`${ignored}\` and reads \`${text}\`, and so it is written`]),
    ...(isRandom
      ? [
          `${name}: cronie draws a value whenever it starts; here it follows from the name of the job, and stays`,
        ]
      : []),
  ]
}

/** `0,15,30,45`, `8-18`. */
function inRanges(values: readonly number[]): string {
  const ranges: { first: number; last: number }[] = []
  for (const value of values) {
    const current = ranges.at(-1)
    if (current && value === current.last + 1) current.last = value
    else ranges.push({ first: value, last: value })
  }
  return ranges
    .map(({ first, last }) =>
      first === last ? `${first}` : `${first}${last - first === 1 ? ',' : '-'}${last}`,
    )
    .join(',')
}
