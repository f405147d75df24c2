/**
 * A schedule as it is written: cron with 5, 6 or 7 fields, a macro, `@every 10m`, `@reboot`. Our own syntax is checked field by field and becomes
 * a pattern that croner takes to the letter; what is wrong is told with the field and the place in the text.
 *
 * Never throws, and takes a few milliseconds whatever comes. Knows no zone and no now: an expression whose years are over is a valid one
 * that has no next time, while a date that no calendar has, such as 30 February, is refused.
 */
import { durationText, parseDuration } from '../duration.ts'
import { nearest } from '../nearest.ts'
import { comesAtAll, type DayRule, type DaysOfMonth, type DaysOfWeek } from './day-rule.ts'
import { type FieldName, hour, minute, month, second, year } from './field.ts'
import { parseDaysOfMonth, parseDaysOfWeek } from './parse-days.ts'
import {
  type FieldValues,
  isMistake,
  type Mistake,
  mistakeIn,
  type Piece,
  parseField,
  quoted,
} from './parse-field.ts'

export type Schedule =
  | {
      readonly kind: 'cron'
      readonly text: string
      /** What croner is given: six fields, or seven with the years. */
      readonly pattern: string
      /** Without wildcard and step in second, minute and hour: in a gap it runs after it, and only once where a time comes twice. */
      readonly isFixedTime: boolean
      /** Where croner has no word for the days: it is given all that could be meant, and this says which of them are. */
      readonly days: DayRule | null
    }
  | { readonly kind: 'every'; readonly text: string; readonly periodMs: number }
  | { readonly kind: 'reboot'; readonly text: string }

export type ReadExpression = { readonly ok: true; readonly schedule: Schedule } | RefusedExpression

export interface RefusedExpression {
  readonly ok: false
  /** `minute`, `day of month` …; null where no single field is to blame. */
  readonly field: FieldName | null
  readonly message: string
  readonly expected: string
  /** The place in the text; null where it is all of it. */
  readonly span: { readonly start: number; readonly end: number } | null
}

/** A list of all seconds, and the same for minutes, has room in it. */
const mostCharacters = 1000
const leastPeriodMs = 1000
const mostPeriodMs = 3650 * 86_400_000

const macros: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
}
const expectedMacro = `${Object.keys(macros).join(', ')}, @every 10m or @reboot`

/** `seed` is the job's name, by which `H` and `~` are spread. */
export function parseExpression(text: string, seed: string): ReadExpression {
  if (text.length > mostCharacters) {
    const message = `the expression has ${text.length} characters`
    return refuse(null, { message, expected: `at most ${mostCharacters} characters` })
  }
  const pieces = [...text.matchAll(/\S+/g)].map((match) => ({ text: match[0], start: match.index }))
  const [first] = pieces
  if (first === undefined) {
    return refuse(null, { message: 'the expression is empty', expected: '5, 6 or 7 fields, or a macro' })
  }
  if (first.text.startsWith('@')) return parseMacro(first, pieces.slice(1), text)
  return parseFields(pieces, text, seed)
}

function parseMacro(name: Piece, rest: readonly Piece[], text: string): ReadExpression {
  const word = name.text.toLowerCase()
  if (word === '@every') return parseEvery(name, rest, text)
  const fields = macros[word]
  if (word !== '@reboot' && fields === undefined) {
    const meant = nearest(name.text.slice(0, 20), [...Object.keys(macros), '@every', '@reboot'])
    const message = `${quoted(name.text)} is no macro`
    return refuse(
      null,
      mistakeIn(name, meant === null ? message : `${message}; did you mean \`${meant}\`?`, expectedMacro),
    )
  }
  const [extra] = rest
  if (extra !== undefined) {
    return refuse(null, mistakeIn(extra, `nothing can stand behind ${quoted(name.text)}`, 'the macro alone'))
  }
  if (fields === undefined) return { ok: true, schedule: { kind: 'reboot', text } }
  const read = parseExpression(fields, '')
  return read.ok ? { ok: true, schedule: { ...read.schedule, text } } : read
}

/** `@every 10m`, and `@every 1h30m` in parts. */
function parseEvery(name: Piece, rest: readonly Piece[], text: string): ReadExpression {
  const expected = `a duration from ${durationText(leastPeriodMs)} to ${durationText(mostPeriodMs)}, such as 90s, 10m or 1h30m`
  const [first] = rest
  if (first === undefined)
    return refuse(null, mistakeIn(name, 'no duration stands behind `@every`', expected))
  const written = rest.map((piece) => piece.text).join('')
  const piece = { text: text.slice(first.start).trimEnd(), start: first.start }
  const parts = /^(?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+$/.test(written) ? written.match(/[\d.]+[a-z]+/g) : null
  const periodMs = (parts ?? []).reduce((sum, part) => sum + (parseDuration(part) ?? Number.NaN), 0)
  if (parts === null || Number.isNaN(periodMs)) {
    return refuse(null, mistakeIn(piece, `${quoted(piece.text)} is no duration`, expected))
  }
  if (periodMs < leastPeriodMs || periodMs > mostPeriodMs) {
    const bound = periodMs < leastPeriodMs ? 'less than a second' : 'more than ten years'
    return refuse(null, mistakeIn(piece, `${quoted(piece.text)} is ${bound}`, expected))
  }
  return { ok: true, schedule: { kind: 'every', text, periodMs } }
}

function parseFields(pieces: readonly Piece[], text: string, seed: string): ReadExpression {
  const [first] = pieces
  if (first !== undefined && /^(CRON_)?TZ=/.test(first.text)) {
    const message = 'a zone does not stand in the expression'
    return refuse(null, mistakeIn(first, message, 'the fields alone; the zone is given beside them'))
  }
  if (pieces.length < 5 || pieces.length > 7) {
    const count = pieces.length === 1 ? '1 field' : `${pieces.length} fields`
    return refuse(null, {
      message: `the expression has ${count}`,
      expected:
        '5 fields (minute, hour, day of month, month, day of week), 6 with seconds in front, or 7 with years behind',
    })
  }
  const zero = { text: '0', start: 0 }
  const each = { text: '*', start: 0 }
  const seven = [...(pieces.length === 5 ? [zero] : []), ...pieces, ...(pieces.length < 7 ? [each] : [])]
  const at = (index: number): Piece => seven[index] ?? each

  const seconds = parseField(at(0), second, seed)
  if (isMistake(seconds)) return refuse('second', seconds)
  const minutes = parseField(at(1), minute, seed)
  if (isMistake(minutes)) return refuse('minute', minutes)
  const hours = parseField(at(2), hour, seed)
  if (isMistake(hours)) return refuse('hour', hours)
  const daysOfMonth = parseDaysOfMonth(at(3), seed)
  if (isMistake(daysOfMonth)) return refuse('day of month', daysOfMonth)
  const months = parseField(at(4), month, seed)
  if (isMistake(months)) return refuse('month', months)
  const daysOfWeek = parseDaysOfWeek(at(5), seed)
  if (isMistake(daysOfWeek)) return refuse('day of week', daysOfWeek)
  const years = parseField(at(6), year, seed)
  if (isMistake(years)) return refuse('year', years)

  const rule = { daysOfMonth: daysOfMonth.days, daysOfWeek: daysOfWeek.days, joins: daysOfWeek.joins }
  if (!comesAtAll(rule, years.values, months.values)) {
    return refuse('day of month', neverComes(at(3), at(4), at(5), at(6)))
  }
  const pattern = [
    listed(seconds),
    listed(minutes),
    listed(hours),
    daysOfMonthText(daysOfMonth.days),
    listed(months),
    daysOfWeekText(daysOfWeek.days, daysOfWeek.joins),
    ...(years.isEach ? [] : [listed(years)]),
  ].join(' ')
  const isFixedTime = ![seconds, minutes, hours].some(({ isInterval }) => isInterval)
  const days = isKnownToCroner(daysOfMonth.days) ? null : rule
  return { ok: true, schedule: { kind: 'cron', text, pattern, isFixedTime, days } }
}

function listed({ values, isEach }: FieldValues): string {
  return isEach ? '*' : values.join(',')
}

/** `LW` beside something else, and days before the last one. */
function isKnownToCroner(days: DaysOfMonth | null): boolean {
  if (days === null || (!days.hasLastWeekday && days.beforeLast.every((count) => count === 0))) return true
  const count = days.days.length + days.beforeLast.length + days.nearestWeekdays.length
  return days.hasLastWeekday && count === 0
}

function daysOfMonthText(days: DaysOfMonth | null): string {
  if (days === null) return '*'
  const nearestWeekdays = days.nearestWeekdays.map((day) => `${day}W`)
  if (isKnownToCroner(days)) {
    const lastDay = days.beforeLast.length > 0 ? ['L'] : []
    return days.hasLastWeekday ? 'LW' : [...days.days, ...nearestWeekdays, ...lastDay].join(',')
  }
  const possible = new Set(days.days)
  for (const count of days.beforeLast) for (let last = 28; last <= 31; last += 1) possible.add(last - count)
  if (days.hasLastWeekday) for (let day = 26; day <= 31; day += 1) possible.add(day)
  return [...[...possible].filter((day) => day >= 1).sort((a, b) => a - b), ...nearestWeekdays].join(',')
}

function daysOfWeekText(days: DaysOfWeek | null, joins: 'and' | 'or'): string {
  if (days === null) return '*'
  const nth = days.nth.map((one) => `${one.day}#${one.nth}`)
  const last = days.last.map((day) => `${day}#L`)
  return `${joins === 'and' ? '+' : ''}${[...days.days, ...nth, ...last].join(',')}`
}

function neverComes(daysOfMonth: Piece, months: Piece, daysOfWeek: Piece, years: Piece): Mistake {
  const others = [
    ['month', months.text],
    ['day of week', daysOfWeek.text],
    ['year', years.text],
  ].filter(([, text]) => text !== '*' && text !== '?')
  const beside = others.map(([name, text]) => `${name} ${quoted(text ?? '')}`).join(', ')
  const message = `${quoted(daysOfMonth.text)} never comes with ${beside}`
  return mistakeIn(daysOfMonth, message, 'a day that one of the months has')
}

function refuse(
  field: FieldName | null,
  { message, expected, ...place }: Pick<Mistake, 'message' | 'expected'> & Partial<Mistake>,
): RefusedExpression {
  const { start, end } = place
  const span = start === undefined || end === undefined ? null : { start, end }
  return { ok: false, field, message, expected, span }
}
