/**
 * Times and durations as people read them. Instants are shown in the time zone of who looks.
 */

/** `850ms`, `4.2s`, `3m 05s`, `2h 04m`, `5d 03h`. */
export function formatDuration(ms: number): string {
  if (ms < 1000) return `${Math.max(0, Math.round(ms))}ms`
  if (ms < 9950) return `${(ms / 1000).toFixed(1)}s`
  const seconds = Math.round(ms / 1000)
  if (seconds < 60) return `${seconds}s`
  return twoUnits(seconds)
}

/** As `formatDuration`, in whole seconds: for what is counted while one looks. */
export function formatAge(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000))
  return seconds < 60 ? `${seconds}s` : twoUnits(seconds)
}

function twoUnits(seconds: number): string {
  const two = (value: number): string => String(value).padStart(2, '0')
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m ${two(seconds % 60)}s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 24 * 60) return `${Math.floor(minutes / 60)}h ${two(minutes % 60)}m`
  const hours = Math.floor(minutes / 60)
  return `${Math.floor(hours / 24)}d ${two(hours % 24)}h`
}

/** `12:00:03` today, `2026-11-21 12:00:03` otherwise. */
export function formatInstant(iso: string, now: number): string {
  const then = new Date(iso)
  const time = [then.getHours(), then.getMinutes(), then.getSeconds()].map(twoDigits).join(':')
  return isSameDay(then, new Date(now)) ? time : `${dayOf(then)} ${time}`
}

/** As `formatInstant`, without seconds where there are none: for times that somebody chose. */
export function formatDue(iso: string, now: number): string {
  const text = formatInstant(iso, now)
  return text.endsWith(':00') ? text.slice(0, -':00'.length) : text
}

/** `+0ms`, `+1.2s`: how long after another instant. */
export function formatOffset(iso: string, begin: string): string {
  return `+${formatDuration(Date.parse(iso) - Date.parse(begin))}`
}

function isSameDay(a: Date, b: Date): boolean {
  return dayOf(a) === dayOf(b)
}

function dayOf(date: Date): string {
  return [date.getFullYear(), date.getMonth() + 1, date.getDate()].map(twoDigits).join('-')
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0')
}

/** `2026-11-22 12:00:03.250`, always of one width; in UTC with a `Z`. */
export function formatStamp(iso: string, isUtc: boolean): string {
  if (isUtc) return iso
  const then = new Date(iso)
  const time = [then.getHours(), then.getMinutes(), then.getSeconds()].map(twoDigits).join(':')
  return `${dayOf(then)} ${time}.${String(then.getMilliseconds()).padStart(3, '0')}`
}
