/**
 * What changes of the clocks do to a due time, in words for previews: `02:30 does not exist on 29 Mar: 03:00`. Null for almost all times.
 */
import type { CalendarInput } from './calendar.ts'
import { nextTime, previousTime } from './due-times.ts'
import { parseExpression, type Schedule } from './expression.ts'
import { parseLocalTime } from './local-time.ts'
import { type ClockChange, changesBetween, instantsOf, offsetAt, processZone, reachMs } from './zone.ts'

type CronSchedule = Extract<Schedule, { kind: 'cron' }>

/** `dueAt` is a time that the calendar of this input has. */
export function noteOn({ expressions, at, timezone, seed }: CalendarInput, dueAt: number): string | null {
  const zone = timezone ?? processZone()
  if (changesBetween(zone, dueAt - reachMs, dueAt + reachMs).length === 0) return null
  for (const text of at) {
    const read = parseLocalTime(text, zone)
    if (!read.ok || read.at !== dueAt || read.local === null) continue
    const note = noteOnFixed(zone, read.local, dueAt)
    if (note !== null) return note
  }
  for (const text of expressions) {
    const read = parseExpression(text, seed)
    if (!read.ok || read.schedule.kind !== 'cron') continue
    const note = noteOnCron(read.schedule, zone, dueAt)
    if (note !== null) return note
  }
  return null
}

function noteOnCron(schedule: CronSchedule, zone: string, dueAt: number): string | null {
  const zoned = { ...schedule, zone }
  if (previousTime(zoned, dueAt) !== dueAt) return null
  const local = dueAt + offsetAt(zone, dueAt)
  const skipped = skippedBefore(schedule, zone, dueAt)
  if (schedule.isFixedTime) return noteOnFixed(zone, skipped ?? local, dueAt)
  if (skipped !== null) return `${timeOf(skipped)} does not exist on ${dayOf(skipped)}: left out`
  const [first, second] = instantsOf(zone, local)
  if (second === undefined) return null
  return `${timeOf(local)} comes twice on ${dayOf(local)}: the ${dueAt === first ? 'first' : 'second'}`
}

function noteOnFixed(zone: string, local: number, dueAt: number): string | null {
  const instants = instantsOf(zone, local)
  if (instants.length === 1) return null
  const day = dayOf(local)
  return instants.length === 0
    ? `${timeOf(local)} does not exist on ${day}: ${timeOf(dueAt + offsetAt(zone, dueAt))}`
    : `${timeOf(local)} comes twice on ${day}: the first`
}

/** The first local time of the schedule in a gap that lies between the due time and the one before it. */
function skippedBefore(schedule: CronSchedule, zone: string, dueAt: number): number | null {
  const before = previousTime({ ...schedule, zone }, dueAt - 1) ?? Number.NEGATIVE_INFINITY
  const gap = changesBetween(zone, Math.max(before, dueAt - reachMs), dueAt).find(skips)
  if (gap === undefined) return null
  const local = nextTime({ ...schedule, zone: 'UTC' }, gap.at + gap.before - 1)
  return local !== null && local < gap.at + gap.after ? local : null
}

function skips({ before, after }: ClockChange): boolean {
  return after > before
}

function timeOf(local: number): string {
  const [hours, minutes, seconds] = new Date(local).toISOString().slice(11, 19).split(':')
  return seconds === '00' ? `${hours}:${minutes}` : `${hours}:${minutes}:${seconds}`
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

function dayOf(local: number): string {
  const date = new Date(local)
  return `${date.getUTCDate()} ${months[date.getUTCMonth()]}`
}
