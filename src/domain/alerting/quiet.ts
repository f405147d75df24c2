/** Hours in which nobody is told anything. */

import type { EventLevel } from '../events/event.ts'
import { isWithin } from '../events/event-level.ts'
import { offsetAt } from '../schedule/zone.ts'
import type { QuietHours } from './alert-settings.ts'

const minuteMs = 60_000
const minutesOfDay = 1440

/** When what is as serious as `level` may be told; null: now. The clocks of the zone count, also in the night in which they are changed. */
export function quietUntil(quiet: QuietHours | null, level: EventLevel, now: number): number | null {
  if (!quiet || (quiet.except !== null && isWithin(level, quiet.except)) || !isQuiet(quiet, now)) return null
  let until = Math.floor(now / minuteMs) * minuteMs
  // A day has 25 hours at most.
  for (let minutes = 0; minutes <= 25 * 60 && isQuiet(quiet, until); minutes += 1) until += minuteMs
  return until
}

function isQuiet({ from, to, timezone }: QuietHours, at: number): boolean {
  const local = Math.floor((at + offsetAt(timezone, at)) / minuteMs)
  const minute = ((local % minutesOfDay) + minutesOfDay) % minutesOfDay
  return from < to ? minute >= from && minute < to : minute >= from || minute < to
}
