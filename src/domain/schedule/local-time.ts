/**
 * One-off times as people write them: `2026-12-24 18:00` on the clocks of a zone, or with `Z` or an offset an instant of its own. A time that
 * the clocks skip means the first instant after the gap; one that they show twice means the first of the two.
 */
import { nearest } from '../nearest.ts'
import { changeOver, instantsOf, processZone } from './zone.ts'

export { isZone } from './zone.ts'

export type ReadTime =
  | {
      readonly ok: true
      /** Milliseconds since 1970. */
      readonly at: number
      /** The local time as the number that it would be in UTC; null where the text names its offset itself. */
      readonly local: number | null
    }
  | { readonly ok: false; readonly message: string; readonly expected: string }

const expected = 'a date and a time, such as `2026-12-24 18:00` or `2026-12-24T18:00:30Z`'
/** What programs write has a fraction of a second, which has to be none. */
const form =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.0+)?)?(?: ?(Z|[+-]\d{2}(?::?\d{2})?))?)?$/i

/** A zone of null is that of the process. */
export function parseLocalTime(text: string, zone: string | null): ReadTime {
  const match = text.length > 40 ? null : form.exec(text.trim())
  if (match === null) return refuse(`\`${shortened(text)}\` is no date and time`)
  if (match[4] === undefined) return refuse(`\`${text}\` has no time of day`)
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match
    .slice(1, 7)
    .map((part) => Number(part ?? 0))
  if (year < 1970) return refuse(`\`${text}\` is before 1970`)
  if (hour > 23 || minute > 59 || second > 59) return refuse(`\`${text}\` is no time of day`)
  const local = Date.UTC(year, month - 1, day, hour, minute, second)
  // A date that does not exist, such as 30 February, would silently become another one.
  const date = new Date(local)
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return refuse(`\`${text}\` is no date`)
  if (match[7] === undefined) return { ok: true, at: instantOf(zone ?? processZone(), local), local }
  const offset = offsetFrom(match[7])
  return offset === null
    ? refuse(`\`${match[7]}\` is no offset from UTC`)
    : { ok: true, at: local - offset, local: null }
}

/** The first instant at which the clocks show the local time, or have passed it. */
export function instantOf(zone: string, local: number): number {
  return instantsOf(zone, local)[0] ?? changeOver(zone, local)?.at ?? local
}

/** The zone that was probably meant. */
export function nearestZone(name: string): string | null {
  return nearest(name.slice(0, 64), zoneNames())
}

/** For completion and for suggestions. Older names of a zone are left out, though `isZone` knows them. */
export function zoneNames(): string[] {
  return ['UTC', ...Intl.supportedValuesOf('timeZone').filter((name) => name !== 'UTC')]
}

function offsetFrom(text: string): number | null {
  if (text.toUpperCase() === 'Z') return 0
  const hours = Number(text.slice(1, 3))
  const minutes = text.length > 3 ? Number(text.slice(-2)) : 0
  if (hours > 14 || minutes > 59) return null
  return (hours * 60 + minutes) * (text.startsWith('-') ? -60_000 : 60_000)
}

function refuse(message: string): ReadTime {
  return { ok: false, message, expected }
}

function shortened(text: string): string {
  return text.length > 40 ? `${text.slice(0, 39)}…` : text
}
