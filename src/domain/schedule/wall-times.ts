/**
 * When a pattern is due on a clock that nobody ever changes: croner's answers, and the only place that asks it. Local times are numbers, as they would
 * be in UTC. What changes of the clocks make of them is `due-times.ts`.
 */
import { Cron } from 'croner'
import { type DayRule, isDueOn } from './day-rule.ts'

export interface WallPattern {
  readonly pattern: string
  /** Restricts the days that the pattern names; null: it names them to the letter. */
  readonly days: DayRule | null
}

/**
 * A compiled pattern has 80 kB, since croner lists ten thousand years in it, and to compile it anew takes 30 µs. Only what is asked for next as well is kept: a
 * pattern that lives for longer leaves the young generation of the heap, and then it is the collector that takes its time, four times as much.
 */
const mostCompiled = 2
const compiled = new Map<string, Cron>()
const dayMs = 86_400_000

/** The first local time strictly after. */
export function nextLocal({ pattern, days }: WallPattern, after: number): number | null {
  const cron = compile(pattern)
  let from = after
  for (;;) {
    const time = cron.nextRun(new Date(from))?.getTime() ?? null
    if (time === null || days === null || isDueOn(days, dateOf(time))) return time
    // To the end of a day that is not due: a pattern of each second shall not walk through all of it.
    from = midnightOf(time) + dayMs - 1
  }
}

/** The last local time at or before. */
export function previousLocal({ pattern, days }: WallPattern, atOrBefore: number): number | null {
  const cron = compile(pattern)
  // Croner answers with what is strictly before.
  let before = atOrBefore + 1
  for (;;) {
    const time = cron.previousRuns(1, new Date(before))[0]?.getTime() ?? null
    if (time === null || days === null || isDueOn(days, dateOf(time))) return time
    before = midnightOf(time)
  }
}

/** Jobs with the same pattern share it. */
function compile(pattern: string): Cron {
  const known = compiled.get(pattern)
  if (known !== undefined) {
    // The one that was used last is dropped last.
    compiled.delete(pattern)
    compiled.set(pattern, known)
    return known
  }
  const [oldest] = compiled.keys()
  if (compiled.size >= mostCompiled && oldest !== undefined) compiled.delete(oldest)
  const cron = new Cron(pattern, { utcOffset: 0 })
  compiled.set(pattern, cron)
  return cron
}

function midnightOf(local: number): number {
  return Math.floor(local / dayMs) * dayMs
}

function dateOf(local: number): { year: number; month: number; day: number } {
  const date = new Date(local)
  return { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() }
}
