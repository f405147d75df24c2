/**
 * When a pattern is due on the clocks of a zone: croner's answers, and where they come from. Far from changes of the clocks croner counts without
 * a zone, which takes a tenth of the time; within a day of one it looks at the zone itself.
 *
 * A compiled pattern has 60 kB, so few of them are kept, and shared by all who have the same one.
 */
import { Cron } from 'croner'
import { type DayRule, isDueOn } from './day-rule.ts'
import { instantOf } from './local-time.ts'
import { isFarFromChanges, offsetAt } from './zone.ts'

export interface ZonedPattern {
  readonly pattern: string
  readonly zone: string
  /** Restricts the days that the pattern names; null: it names them to the letter. */
  readonly days: DayRule | null
}

const mostCompiled = 48
const compiled = new Map<string, Cron>()
const dayMs = 86_400_000

/** The first time strictly after. */
export function nextTime({ pattern, zone, days }: ZonedPattern, after: number): number | null {
  let from = after
  for (;;) {
    const time = nextOfPattern(pattern, zone, from)
    if (time === null || days === null) return time
    const day = dayAt(zone, time)
    if (isDueOn(days, day)) return time
    // To the last instant of a day that is not due, so that a pattern of each second does not walk through all of it.
    from = Math.max(time, instantOf(zone, day.midnight + dayMs) - 1)
  }
}

/** The last time at or before. */
export function previousTime({ pattern, zone, days }: ZonedPattern, atOrBefore: number): number | null {
  let from = atOrBefore
  for (;;) {
    const time = previousOfPattern(pattern, zone, from)
    if (time === null || days === null) return time
    const day = dayAt(zone, time)
    if (isDueOn(days, day)) return time
    from = Math.min(time, instantOf(zone, day.midnight)) - 1
  }
}

function nextOfPattern(pattern: string, zone: string, after: number): number | null {
  if (isFarFromChanges(zone, after)) {
    const local = compile(pattern, null).nextRun(new Date(after + offsetAt(zone, after)))
    // Between the two no local time fits, whatever was changed meanwhile.
    if (local !== null && isFarFromChanges(zone, local.getTime())) return instantOf(zone, local.getTime())
  }
  return compile(pattern, zone).nextRun(new Date(after))?.getTime() ?? null
}

function previousOfPattern(pattern: string, zone: string, atOrBefore: number): number | null {
  // Croner's answer is strictly before.
  const before = atOrBefore + 1
  if (isFarFromChanges(zone, atOrBefore)) {
    const [local] = compile(pattern, null).previousRuns(1, new Date(before + offsetAt(zone, atOrBefore)))
    if (local !== undefined && isFarFromChanges(zone, local.getTime()))
      return instantOf(zone, local.getTime())
  }
  return compile(pattern, zone).previousRuns(1, new Date(before))[0]?.getTime() ?? null
}

/** Without a zone it counts as if there were no changes of clocks at all. */
function compile(pattern: string, zone: string | null): Cron {
  const key = `${zone ?? ''} ${pattern}`
  const known = compiled.get(key)
  if (known !== undefined) {
    // The one that was used last is dropped last.
    compiled.delete(key)
    compiled.set(key, known)
    return known
  }
  const cron = new Cron(pattern, {
    fixedTimeRule: 'no-wildcard',
    ...(zone === null ? { utcOffset: 0 } : { timezone: zone }),
  })
  const [oldest] = compiled.keys()
  if (compiled.size >= mostCompiled && oldest !== undefined) compiled.delete(oldest)
  compiled.set(key, cron)
  return cron
}

function dayAt(
  zone: string,
  instant: number,
): { year: number; month: number; day: number; midnight: number } {
  const local = instant + offsetAt(zone, instant)
  const date = new Date(local)
  const midnight = Math.floor(local / dayMs) * dayMs
  return { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate(), midnight }
}
