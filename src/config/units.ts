/**
 * Amounts of bytes as people write them: a bare number, or a number with a unit; spans of time stand beside them for who reads both. Nothing
 * else reads such texts. A text of another form gives null; what is said about it is the caller's matter.
 */
export { durationPattern, durationText, parseDuration } from '../domain/duration.ts'

/** Powers of 1024, with and without the i: `10MB` and `10MiB` are the same number of bytes. */
const sizeUnits: Readonly<Record<string, number>> = {
  '': 1,
  K: 1024,
  M: 1024 ** 2,
  G: 1024 ** 3,
  T: 1024 ** 4,
}

export const sizePattern = /^(\d+(?:\.\d+)?) ?([KMGT]?)(?:i?B)?$/

/** A number is bytes; a text is a number with one of B, KB, MB, GB, TB, or KiB and so on, which mean the same. */
export function parseSize(written: number | string): number | null {
  if (typeof written === 'number') return fromNumber(written, 1)
  const match = sizePattern.exec(written)
  return match ? fromNumber(Number(match[1]), sizeUnits[match[2] ?? ''] ?? Number.NaN) : null
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
