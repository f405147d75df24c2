/**
 * A calendar that walks through time instant by instant, looks at the clocks of the zone at each of them, and asks whether something is due: slow, and hard
 * to get wrong. It shares nothing with the calculator, neither croner nor what we know of zones; its rules are those of Vixie's cron.
 */

export interface BruteSchedule {
  readonly seconds: ReadonlySet<number>
  readonly minutes: ReadonlySet<number>
  readonly hours: ReadonlySet<number>
  readonly months: ReadonlySet<number>
  /** Null: each year. */
  readonly years: ReadonlySet<number> | null
  readonly isDueOn: (date: BruteDate) => boolean
  /** Has a wildcard or a step in second, minute or hour. */
  readonly isInterval: boolean
}

export interface BruteDate {
  readonly year: number
  readonly month: number
  readonly day: number
  /** 0 is Sunday. */
  readonly weekday: number
  readonly daysInMonth: number
}

/** Longer than what clocks were ever put back by at once. */
const lookBackMs = 2.5 * 3_600_000

/** All due times with `from` ≤ time ≤ `until`, looked for in steps of a minute or a second. */
export function bruteForceTimes(
  schedule: BruteSchedule,
  zone: string,
  { from, until, stepMs }: { from: number; until: number; stepMs: number },
): number[] {
  const times: number[] = []
  const shown = new Set<number>()
  let before: number | null = null
  const begin = from - Math.ceil(lookBackMs / stepMs) * stepMs
  for (let instant = begin; instant <= until; instant += stepMs) {
    const local = clockOf(zone, instant)
    const isDue = schedule.isInterval
      ? matches(schedule, local)
      : (matches(schedule, local) && !shown.has(local)) ||
        (before !== null && skipped(before, local, stepMs).some((time) => matches(schedule, time)))
    if (isDue && instant >= from) times.push(instant)
    shown.add(local)
    before = local
  }
  return times
}

/** What the clocks of the zone show, as the number that it would be in UTC. */
export function clockOf(zone: string, instant: number): number {
  const known = clocks.get(zone)
  const clock =
    known ?? new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short', timeStyle: 'medium' })
  if (known === undefined) clocks.set(zone, clock)
  // `2026-03-29 03:00:00`
  return Date.parse(`${clock.format(instant).replace(' ', 'T')}Z`)
}

const clocks = new Map<string, Intl.DateTimeFormat>()

/** The local times that lie between two looks at the clocks; none where they go on or go back. */
function skipped(before: number, after: number, stepMs: number): number[] {
  const times: number[] = []
  for (let time = before + stepMs; time < after; time += stepMs) times.push(time)
  return times
}

function matches(schedule: BruteSchedule, local: number): boolean {
  const date = new Date(local)
  if (!schedule.seconds.has(date.getUTCSeconds())) return false
  if (!schedule.minutes.has(date.getUTCMinutes())) return false
  if (!schedule.hours.has(date.getUTCHours())) return false
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth() + 1]
  if (!schedule.months.has(month)) return false
  if (schedule.years !== null && !schedule.years.has(year)) return false
  return schedule.isDueOn({
    year,
    month,
    day: date.getUTCDate(),
    weekday: date.getUTCDay(),
    daysInMonth: new Date(Date.UTC(year, month, 0)).getUTCDate(),
  })
}
