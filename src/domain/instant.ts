/**
 * Instants as people write them: `10m` ago, `14:30`, `yesterday`, ISO 8601. The one place that reads such texts, for the command line and
 * for the API. What has no zone is in the local one of whoever reads it, so the command line settles it before it asks an agent.
 */
import { UserError } from './user-error.ts'

const agoUnits: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
}

export const instantForms = '`10m`, `2h`, `3d` (ago), `14:30`, `today`, `yesterday`, `now` or ISO 8601'

/** Milliseconds since 1970; null for a text of no known form. `now` is what spans are counted back from. */
export function parseInstant(text: string, now: number): number | null {
  const written = text.trim()
  const ago = /^(\d{1,9}(?:\.\d{1,3})?) ?(ms|s|m|h|d|w)(?: ago)?$/.exec(written)
  if (ago) return valid(now - Number(ago[1]) * (agoUnits[ago[2] ?? ''] ?? Number.NaN))
  if (written === 'now') return now
  if (written === 'today') return startOfDay(now, 0)
  if (written === 'yesterday') return startOfDay(now, -1)
  const clock = /^(?:(today|yesterday) )?(\d{1,2}):(\d{2})(?::(\d{2}))?$/.exec(written)
  if (clock)
    return atClock(
      now,
      clock[1] ?? null,
      clock.slice(2).map((part) => Number(part ?? 0)),
    )
  const iso =
    /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?)?(Z|[+-]\d{2}:?\d{2})?$/i
  const date = iso.exec(written)
  return date ? fromIso(date) : null
}

/** The window of a search. `since` belongs to it, `until` does not. Throws a `UserError` for what cannot be meant. */
export function parseWindow(
  since: string | null,
  until: string | null,
  now: number,
): { since: number | null; until: number | null } {
  const window = { since: read('since', since, now), until: read('until', until, now) }
  if (window.since !== null && window.until !== null && window.since >= window.until) {
    throw new UserError(
      'usage',
      `Nothing is both since ${since} and until ${until}: the first is not before the second.`,
      {
        hint: 'Swap them, or leave one out.',
      },
    )
  }
  return window
}

function read(name: string, text: string | null, now: number): number | null {
  if (text === null) return null
  const instant = parseInstant(text, now)
  if (instant !== null) return instant
  throw new UserError('usage', `\`${text}\` is no time that ${name} could mean.`, {
    hint: `Write ${instantForms}, such as 2026-11-22T14:30:00Z.`,
  })
}

function startOfDay(now: number, days: number): number {
  const day = new Date(now)
  return new Date(day.getFullYear(), day.getMonth(), day.getDate() + days).getTime()
}

/** The last time that the clock showed it: a time of today that is still to come is one of yesterday. */
function atClock(now: number, day: string | null, parts: readonly number[]): number | null {
  const [hour = 0, minute = 0, second = 0] = parts
  if (hour > 23 || minute > 59 || second > 59) return null
  const at = (days: number): number => {
    const date = new Date(now)
    return new Date(
      date.getFullYear(),
      date.getMonth(),
      date.getDate() + days,
      hour,
      minute,
      second,
    ).getTime()
  }
  if (day !== null) return at(day === 'today' ? 0 : -1)
  return at(0) <= now ? at(0) : at(-1)
}

function fromIso(match: RegExpExecArray): number | null {
  const [, year, month, day, hour, minute, second] = match.map((part) => Number(part ?? 0))
  const fraction = Math.floor(Number(`0.${match[7] ?? 0}`) * 1000)
  const parts = [
    year ?? 0,
    (month ?? 1) - 1,
    day ?? 1,
    hour ?? 0,
    minute ?? 0,
    second ?? 0,
    fraction,
  ] as const
  const zone = match[8]
  // A date that does not exist, such as 30 February, would silently become another one.
  const asUtc = new Date(Date.UTC(...parts))
  const isReal =
    asUtc.getUTCFullYear() === parts[0] &&
    asUtc.getUTCMonth() === parts[1] &&
    asUtc.getUTCDate() === parts[2] &&
    asUtc.getUTCHours() === parts[3] &&
    parts[4] < 60 &&
    parts[5] < 60
  if (!isReal) return null
  if (zone === undefined) return new Date(...parts).getTime()
  if (zone.toUpperCase() === 'Z') return asUtc.getTime()
  const [hours, minutes] = [Number(zone.slice(1, 3)), Number(zone.slice(-2))]
  if (hours > 14 || minutes > 59) return null
  const offset = (hours * 60 + minutes) * 60_000
  return asUtc.getTime() + (zone.startsWith('-') ? offset : -offset)
}

/** Nothing was printed before 1970. */
function valid(instant: number): number | null {
  return instant >= 0 && instant <= 8.64e15 ? Math.round(instant) : null
}
