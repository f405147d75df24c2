/**
 * When a run lasts longer than it should, as far as the runs before it tell. Pure: half as long again as what 95 % of them took, so that a job that
 * varies is given its room, and one that hangs is noticed.
 */
import type { Milliseconds } from '../milliseconds.ts'

/** So many of the last runs count. */
export const lengthsKept = 20
/** Of less than these nothing can be said. */
const leastLengths = 5
/** A difference of moments is none. */
const leastWarnAfterMs: Milliseconds = 1000

/** Null: too little is known. */
export function usualWarnAfter(lengthsMs: readonly Milliseconds[]): Milliseconds | null {
  const lengths = lengthsMs.slice(-lengthsKept).sort((a, b) => a - b)
  if (lengths.length < leastLengths) return null
  const high = lengths[Math.ceil(lengths.length * 0.95) - 1] ?? 0
  return Math.max(leastWarnAfterMs, Math.round(high * 1.5))
}
