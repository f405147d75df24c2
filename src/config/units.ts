/**
 * Spans of time and amounts of bytes as people write them: a bare number, or a number with a unit. Nothing else reads such
 * texts. A text of another form gives null; what is said about it is the caller's matter.
 */
import type { Milliseconds } from '../domain/milliseconds.ts'

const durationUnits: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
}

/** Powers of 1024, with and without the i: `10MB` and `10MiB` are the same number of bytes. */
const sizeUnits: Readonly<Record<string, number>> = {
  '': 1,
  K: 1024,
  M: 1024 ** 2,
  G: 1024 ** 3,
  T: 1024 ** 4,
}

export const durationPattern = /^(\d+(?:\.\d+)?) ?(ms|s|m|h|d)$/
export const sizePattern = /^(\d+(?:\.\d+)?) ?([KMGT]?)(?:i?B)?$/

/** A number is seconds; a text is a number with one of ms, s, m, h, d. */
export function parseDuration(written: number | string): Milliseconds | null {
  if (typeof written === 'number') return fromNumber(written, 1000)
  const match = durationPattern.exec(written)
  return match ? fromNumber(Number(match[1]), durationUnits[match[2] ?? ''] ?? Number.NaN) : null
}

/** A number is bytes; a text is a number with one of B, KB, MB, GB, TB, or KiB and so on, which mean the same. */
export function parseSize(written: number | string): number | null {
  if (typeof written === 'number') return fromNumber(written, 1)
  const match = sizePattern.exec(written)
  return match ? fromNumber(Number(match[1]), sizeUnits[match[2] ?? ''] ?? Number.NaN) : null
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

/** The shortest text that `parseSize` reads as this amount. */
export function sizeText(bytes: number): string {
  for (const unit of ['T', 'G', 'M', 'K'] as const) {
    const length = sizeUnits[unit] ?? 1
    if (bytes >= length && bytes % length === 0) return `${bytes / length}${unit}B`
  }
  return String(bytes)
}

function fromNumber(number: number, unit: number): number | null {
  const amount = Math.round(number * unit)
  return number >= 0 && Number.isSafeInteger(amount) ? amount : null
}
