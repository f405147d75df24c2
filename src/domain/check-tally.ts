/**
 * From single looks to the verdict of a check: so many in a row make it pass, so many in a row make it fail. Between the two the last
 * verdict stands. Pure.
 */
import type { Check } from './program.ts'

export interface CheckTally {
  readonly passes: number
  readonly failures: number
}

export const emptyCheckTally: CheckTally = { passes: 0, failures: 0 }

export interface CountedLook {
  readonly tally: CheckTally
  /** Null: neither yet. */
  readonly verdict: 'passed' | 'failed' | null
}

export function countLook(
  { passes, failures }: CheckTally,
  hasPassed: boolean,
  check: Pick<Check, 'failures' | 'successes'>,
): CountedLook {
  // Not counted beyond what decides: a check runs for years.
  const tally = hasPassed
    ? { passes: Math.min(passes + 1, check.successes), failures: 0 }
    : { passes: 0, failures: Math.min(failures + 1, check.failures) }
  if (tally.passes >= check.successes) return { tally, verdict: 'passed' }
  return { tally, verdict: tally.failures >= check.failures ? 'failed' : null }
}
