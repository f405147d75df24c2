/** Spans of time in words, for sentences: `1 minute, 3 seconds`. About: two units at most, the larger ones. */
import type { Milliseconds } from './milliseconds.ts'

const units = [
  { name: 'day', ms: 86_400_000 },
  { name: 'hour', ms: 3_600_000 },
  { name: 'minute', ms: 60_000 },
  { name: 'second', ms: 1000 },
] as const

export function inWords(span: Milliseconds): string {
  if (span < 1000) return 'less than a second'
  const first = Math.max(
    0,
    units.findIndex(({ ms }) => span >= ms),
  )
  const smallest = units[Math.min(first + 1, units.length - 1)] ?? units[0]
  // Rounded first, so that 59.7 seconds are a minute and not 60 seconds.
  const rounded = Math.round(span / smallest.ms) * smallest.ms
  const larger = units[first - 1]
  if (larger && rounded >= larger.ms) return inWords(rounded)
  const parts: string[] = []
  let rest = rounded
  for (const { name, ms } of units.slice(first, first + 2)) {
    const count = Math.floor(rest / ms)
    rest -= count * ms
    if (count > 0) parts.push(`${count} ${name}${count === 1 ? '' : 's'}`)
  }
  return parts.join(', ')
}
