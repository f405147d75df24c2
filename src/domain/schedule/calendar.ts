/**
 * All due times of a job: the union of its expressions and of its one-off times, each instant once. Instants are milliseconds since 1970; cron times
 * and one-off times lie on whole seconds.
 *
 * `anchor` is from where `@every` counts: anchor + k × period, with k ≥ 1. `@reboot` is no time, and gives none here. What is asked for twice is answered
 * twice alike: a calendar has no state, and little memory, since there is one for each of many jobs.
 */

import { nextTime, previousTime } from './due-times.ts'
import { parseExpression, type Schedule } from './expression.ts'
import { parseLocalTime } from './local-time.ts'
import { processZone } from './zone.ts'

/** Nothing is due before 1970, and nobody asks for what comes then. */
const endOfTime = Date.UTC(2900, 0)

export interface CalendarInput {
  readonly expressions: readonly string[]
  /** One-off local times. */
  readonly at: readonly string[]
  /** Null is the zone of the process. */
  readonly timezone: string | null
  /** The name of the job, for `H` and `~`. */
  readonly seed: string
}

export interface Calendar {
  /** Whether it counts periods and knows no other times. */
  readonly isPeriodic: boolean
  /** The first due time strictly after. */
  next(after: number, anchor: number): number | null
  /** The last due time at or before. */
  previous(atOrBefore: number, anchor: number): number | null
  /** The first due times with `after` < time ≤ `until`, ascending, and no more than `limit`. */
  enumerate(after: number, until: number, anchor: number, limit: number): number[]
}

/** The input is valid by now: what cannot be read has no times. */
export function compileCalendar({ expressions, at, timezone, seed }: CalendarInput): Calendar {
  const zone = timezone ?? processZone()
  const all = expressions
    .map((text) => parseExpression(text, seed))
    .flatMap((read) => (read.ok ? [read.schedule] : []))
  const schedules = all.filter(({ kind }) => kind !== 'reboot')
  const onces = at
    .map((text) => parseLocalTime(text, zone))
    .flatMap((read) => (read.ok ? [read.at] : []))
    .sort((a, b) => a - b)

  const next = (after: number, anchor: number): number | null => {
    // Not a number is not below it either.
    if (!(after < endOfTime)) return null
    const from = Math.max(after, -1)
    return least([
      ...schedules.map((schedule) => nextOf(schedule, zone, from, anchor)),
      onces.find((time) => time > from) ?? null,
    ])
  }

  return {
    isPeriodic: all.length > 0 && all.every(({ kind }) => kind === 'every') && at.length === 0,
    next,
    previous(atOrBefore, anchor) {
      if (!(atOrBefore >= 0)) return null
      const from = Math.min(atOrBefore, endOfTime)
      const time = greatest([
        ...schedules.map((schedule) => previousOf(schedule, zone, from, anchor)),
        onces.findLast((one) => one <= from) ?? null,
      ])
      return time === null || time < 0 ? null : time
    },
    enumerate(after, until, anchor, limit) {
      const times: number[] = []
      let time = next(after, anchor)
      while (time !== null && time <= until && times.length < limit) {
        times.push(time)
        time = next(time, anchor)
      }
      return times
    },
  }
}

function nextOf(schedule: Schedule, zone: string, after: number, anchor: number): number | null {
  switch (schedule.kind) {
    case 'cron':
      return nextTime({ ...schedule, zone }, after)
    case 'every': {
      const count = Math.max(1, Math.floor((after - anchor) / schedule.periodMs) + 1)
      return anchor + count * schedule.periodMs
    }
    case 'reboot':
      return null
    default:
      return schedule satisfies never
  }
}

function previousOf(schedule: Schedule, zone: string, atOrBefore: number, anchor: number): number | null {
  switch (schedule.kind) {
    case 'cron':
      return previousTime({ ...schedule, zone }, atOrBefore)
    case 'every': {
      const count = Math.floor((atOrBefore - anchor) / schedule.periodMs)
      return count >= 1 ? anchor + count * schedule.periodMs : null
    }
    case 'reboot':
      return null
    default:
      return schedule satisfies never
  }
}

function least(times: readonly (number | null)[]): number | null {
  const known = times.filter((time) => time !== null)
  return known.length === 0 ? null : Math.min(...known)
}

function greatest(times: readonly (number | null)[]): number | null {
  const known = times.filter((time) => time !== null)
  return known.length === 0 ? null : Math.max(...known)
}
