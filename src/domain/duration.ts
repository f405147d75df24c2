/**
 * Spans of time as people write them: a bare number of seconds, or a number with a unit. Nothing else reads such texts. A text of another
 * form gives null; what is said about it is the caller's matter.
 */
import type { Milliseconds } from './milliseconds.ts'

const durationUnits: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
}

export const durationPattern = /^(\d+(?:\.\d+)?) ?(ms|s|m|h|d)$/

/** A number is seconds; a text is a number with one of ms, s, m, h, d. */
export function parseDuration(written: number | string): Milliseconds | null {
  if (typeof written === 'number') return fromNumber(written, 1000)
  const match = durationPattern.exec(written)
  return match ? fromNumber(Number(match[1]), durationUnits[match[2] ?? ''] ?? Number.NaN) : null
}

/** The shortest text that `parseDuration` reads as this span. */
export function durationText(milliseconds: Milliseconds): string {
  if (milliseconds === 0) return '0'
  for (const unit of ['d', 'h', 'm', 's'] as const) {
    const length = durationUnits[unit] ?? 1
    if (milliseconds >= length && milliseconds % length === 0) return `${milliseconds / length}${unit}`
  }
  return `${milliseconds}ms`
}

function fromNumber(number: number, unit: number): number | null {
  const amount = Math.round(number * unit)
  return number >= 0 && Number.isSafeInteger(amount) ? amount : null
}
