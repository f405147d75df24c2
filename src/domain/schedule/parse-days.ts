/**
 * The two fields for days, with the forms that only they have: `L`, `L-3`, `LW` and `15W` for the day of the month, `5#3`, `5L` and the `+` for AND
 * before the day of the week.
 */
import type { DaysOfMonth, DaysOfWeek } from './day-rule.ts'
import { dayOfMonth, dayOfWeek, expectedIn } from './field.ts'
import {
  isMistake,
  itemsOf,
  type Mistake,
  mistakeIn,
  type Piece,
  parseItem,
  quoted,
  readValue,
} from './parse-field.ts'

/** `days` is null for each day. */
export function parseDaysOfMonth(
  piece: Piece,
  seed: string,
): { readonly days: DaysOfMonth | null } | Mistake {
  const days: number[] = []
  const beforeLast: number[] = []
  const nearestWeekdays: number[] = []
  let hasLastWeekday = false
  let isEach = false
  for (const one of itemsOf(piece)) {
    const text = one.text.toUpperCase()
    const fromLast = /^L(?:-(\d{1,4}))?$/.exec(text)
    const near = /^(\d+)W$/.exec(text)
    if (text === 'LW') hasLastWeekday = true
    else if (fromLast) {
      const count = Number(fromLast[1] ?? 0)
      if (fromLast[1] !== undefined && (count < 1 || count > 30)) {
        return mistakeIn(one, `${quoted(one.text)} is no day of a month`, 'L, or L-1 to L-30')
      }
      beforeLast.push(count)
    } else if (near) {
      const day = readValue({ text: near[1] ?? '', start: one.start }, dayOfMonth)
      if (isMistake(day)) return day
      nearestWeekdays.push(day.value)
    } else if (/^W|W$/.test(text)) {
      return mistakeIn(one, `${quoted(one.text)} names no day`, 'one day before the W: 15W, or LW')
    } else {
      const item = parseItem(one, dayOfMonth, seed)
      if (isMistake(item)) return item
      isEach ||= item.isEach
      days.push(...item.values)
    }
  }
  return { days: isEach ? null : { days: ascending(days), beforeLast, hasLastWeekday, nearestWeekdays } }
}

/** `days` is null for each day. */
export function parseDaysOfWeek(
  piece: Piece,
  seed: string,
): { readonly days: DaysOfWeek | null; readonly joins: 'and' | 'or' } | Mistake {
  const isJoined = piece.text.startsWith('+')
  const list = isJoined ? { text: piece.text.slice(1), start: piece.start + 1 } : piece
  if (isJoined && list.text === '') {
    return mistakeIn(piece, 'no day stands behind the `+`', expectedIn(dayOfWeek))
  }
  const days: number[] = []
  const nth: { day: number; nth: number }[] = []
  const last: number[] = []
  let isEach = false
  for (const one of itemsOf(list)) {
    const [, dayText = '', count] = /^(.*?)(?:#(.*)|L)$/is.exec(one.text) ?? []
    if (one.text.includes('#') || /L$/i.test(one.text)) {
      const day = readValue({ text: dayText, start: one.start }, dayOfWeek)
      if (isMistake(day)) {
        const expected = 'one day of the week before it: 5#3, FRI#3, 5L or FRIL'
        return mistakeIn(one, `${quoted(one.text)} names no day of the week`, expected)
      }
      if (count === undefined || count.toUpperCase() === 'L') last.push(day.value % 7)
      else if (/^[1-5]$/.test(count)) nth.push({ day: day.value % 7, nth: Number(count) })
      else return mistakeIn(one, `${quoted(one.text)} never comes`, '# with 1 to 5, or #L for the last one')
    } else {
      const item = parseItem(one, dayOfWeek, seed)
      if (isMistake(item)) return item
      isEach ||= item.isEach
      days.push(...item.values)
    }
  }
  return { days: isEach ? null : { days: ascending(days), nth, last }, joins: isJoined ? 'and' : 'or' }
}

function ascending(days: readonly number[]): number[] {
  return [...new Set(days)].sort((a, b) => a - b)
}
