/**
 * On which days an expression is due: what stands in its fields for days, months and years, as data, with the one question that can be put to
 * it. Whether a date exists at all is found out with it, and what croner has no word for.
 */

export interface DaysOfMonth {
  readonly days: readonly number[]
  /** Days before the last one: `L` is 0, `L-3` is 3. */
  readonly beforeLast: readonly number[]
  readonly hasLastWeekday: boolean
  /** `15W`: the weekday that is nearest to the day, within its month. */
  readonly nearestWeekdays: readonly number[]
}

export interface DaysOfWeek {
  /** 0 is Sunday. */
  readonly days: readonly number[]
  readonly nth: readonly { readonly day: number; readonly nth: number }[]
  readonly last: readonly number[]
}

export interface DayRule {
  /** Null: each day. */
  readonly daysOfMonth: DaysOfMonth | null
  readonly daysOfWeek: DaysOfWeek | null
  /** How the two are joined where both are restricted. */
  readonly joins: 'and' | 'or'
}

/** The month counts from 1. */
export function isDueOn({ daysOfMonth, daysOfWeek, joins }: DayRule, date: CalendarDate): boolean {
  if (daysOfMonth === null) return daysOfWeek === null || isOneOfWeek(daysOfWeek, date)
  if (daysOfWeek === null) return isOneOfMonth(daysOfMonth, date)
  return joins === 'and'
    ? isOneOfMonth(daysOfMonth, date) && isOneOfWeek(daysOfWeek, date)
    : isOneOfMonth(daysOfMonth, date) || isOneOfWeek(daysOfWeek, date)
}

export interface CalendarDate {
  readonly year: number
  readonly month: number
  readonly day: number
}

/** Whether any date of these years and months is due. */
export function comesAtAll(rule: DayRule, years: readonly number[], months: readonly number[]): boolean {
  // Years differ by their length and by the weekday that they begin with: there are fourteen forms of them.
  const seen = new Set<number>()
  return years.some((year) => {
    const form = daysIn(year, 2) * 7 + weekdayOf(year, 1, 1)
    const isNew = !seen.has(form)
    seen.add(form)
    return isNew && months.some((month) => comesIn(rule, year, month))
  })
}

function comesIn(rule: DayRule, year: number, month: number): boolean {
  for (let day = 1; day <= daysIn(year, month); day += 1) {
    if (isDueOn(rule, { year, month, day })) return true
  }
  return false
}

function isOneOfMonth(days: DaysOfMonth, { year, month, day }: CalendarDate): boolean {
  const last = daysIn(year, month)
  return (
    days.days.includes(day) ||
    days.beforeLast.some((count) => day === last - count) ||
    (days.hasLastWeekday && day === lastWeekday(year, month)) ||
    days.nearestWeekdays.some((near) => near <= last && day === nearestWeekday(year, month, near))
  )
}

function isOneOfWeek({ days, nth, last }: DaysOfWeek, { year, month, day }: CalendarDate): boolean {
  const weekday = weekdayOf(year, month, day)
  return (
    days.includes(weekday) ||
    nth.some((one) => one.day === weekday && one.nth === Math.ceil(day / 7)) ||
    (last.includes(weekday) && day + 7 > daysIn(year, month))
  )
}

function lastWeekday(year: number, month: number): number {
  const last = daysIn(year, month)
  const weekday = weekdayOf(year, month, last)
  if (weekday === 0) return last - 2
  return weekday === 6 ? last - 1 : last
}

function nearestWeekday(year: number, month: number, day: number): number {
  const weekday = weekdayOf(year, month, day)
  if (weekday === 0) return day === daysIn(year, month) ? day - 2 : day + 1
  if (weekday === 6) return day === 1 ? day + 2 : day - 1
  return day
}

function daysIn(year: number, month: number): number {
  return new Date(Date.UTC(year, month, 0)).getUTCDate()
}

function weekdayOf(year: number, month: number, day: number): number {
  return new Date(Date.UTC(year, month - 1, day)).getUTCDay()
}
