import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { claimedByDeadAgent } from '../judge.ts'
import type { RunEnd, StopReason } from '../run.ts'
import { endings, exited, failedToStart, noUsage, signaled, stopped } from '../testing/samples.ts'
import type { RetryPolicy } from './job.ts'
import { isNoAttempt, judgeAttempt } from './judge-attempt.ts'
import { isGoodOutcome, outcomeOf } from './occurrence.ts'

const backoff = { kind: 'exponential', initialMs: 10_000, factor: 2, maxMs: 60_000, jitter: 0 } as const
const retry = (changes: Partial<RetryPolicy> = {}): RetryPolicy => ({
  times: 3,
  backoff,
  exitCodes: null,
  exceptExitCodes: [],
  ...changes,
})

const codes = { success: [0, 3], warning: [3] }
const timedOut: RunEnd = { kind: 'timed_out', killed: false, durationMs: 5, endedAt: 0, usage: noUsage }
const unclaimed: RunEnd = { kind: 'revoked', endedAt: 0, reason: claimedByDeadAgent }
const refused: RunEnd = { kind: 'revoked', endedAt: 0, reason: 'its secret is missing' }
const lost: RunEnd = { kind: 'unknown', endedAt: 0, reason: 'its shim was killed' }
const restarted: RunEnd = { kind: 'machine_restarted', endedAt: 0 }
const replaced: StopReason = { kind: 'replaced', text: 'the next one came', isFailure: false }
const tooLarge: StopReason = { kind: 'memory', text: '2 GB of memory', isFailure: true }

/** What follows: `wait 10 s`, `again`, `over`, `over, good`. */
function follows(
  end: RunEnd,
  attempt: number,
  policy: RetryPolicy = retry(),
  stopReason: StopReason | null = null,
): string {
  const outcome = stopReason?.isFailure ? 'failure' : outcomeOf(end, codes)
  const verdict = judgeAttempt({ end, attempt, outcome, policy, random: 0.5, stopReason })
  switch (verdict.next) {
    case 'wait':
      return `wait ${verdict.delayMs / 1000} s`
    case 'restart':
      return 'again'
    case 'exited':
      return verdict.isSuccess ? 'over, good' : 'over'
    default:
      return verdict.next
  }
}

const cases: [what: string, end: RunEnd, attempt: number, policy: RetryPolicy, follows: string][] = [
  ['a success', exited(0, 5), 1, retry(), 'over, good'],
  ['a warning', exited(3, 5), 1, retry(), 'over, good'],
  ['a failure', exited(1, 5), 1, retry(), 'wait 10 s'],
  ['the second failure', exited(1, 5), 2, retry(), 'wait 20 s'],
  ['the third failure', exited(1, 5), 3, retry(), 'wait 40 s'],
  ['the last one that may be', exited(1, 5), 4, retry(), 'over'],
  ['a failure of a job without retries', exited(1, 5), 1, retry({ times: 0 }), 'over'],
  ['one of the codes that are worth it', exited(75, 5), 1, retry({ exitCodes: [75] }), 'wait 10 s'],
  ['another code than those', exited(1, 5), 1, retry({ exitCodes: [75] }), 'over'],
  ['one of the codes that never are', exited(2, 5), 1, retry({ exceptExitCodes: [2] }), 'over'],
  ['one that is in both lists', exited(2, 5), 1, retry({ exitCodes: [2], exceptExitCodes: [2] }), 'over'],
  ['a signal', signaled('SEGV', 5), 1, retry(), 'wait 10 s'],
  ['a signal, where only codes are worth it', signaled('SEGV', 5), 1, retry({ exitCodes: [75] }), 'over'],
  ['S-F10: a timeout', timedOut, 1, retry(), 'wait 10 s'],
  ['S-F10: a timeout after the last attempt', timedOut, 4, retry(), 'over'],
  ['a stop', stopped(), 1, retry(), 'over'],
  ['what could not be executed', failedToStart(), 1, retry(), 'wait 10 s'],
  ['what nobody knows the end of', lost, 1, retry(), 'wait 10 s'],
  ['a restart of the machine', restarted, 2, retry(), 'wait 20 s'],
  ['a restart of the machine, without retries', restarted, 1, retry({ times: 0 }), 'over'],
  ['a claim of a dead agent', unclaimed, 1, retry({ times: 0 }), 'again'],
  ['a claim that could not be carried out', refused, 1, retry(), 'wait 10 s'],
  ['a claim that could not be carried out, without retries', refused, 1, retry({ times: 0 }), 'over'],
]

describe('after', () => {
  for (const [what, end, attempt, policy, becomes] of cases) {
    test(`${what} (attempt ${attempt}): ${becomes}`, () => {
      expect(follows(end, attempt, policy)).toBe(becomes)
    })
  }

  test('what gives way to the next due time nothing follows, however it ended', () => {
    for (const end of [stopped(), exited(1, 5), unclaimed, lost])
      expect(follows(end, 1, retry(), replaced)).toBe('over')
  })

  test('what was ended for a failing of its own another attempt follows', () => {
    expect(follows({ ...stopped(), reason: tooLarge } as RunEnd, 1, retry(), tooLarge)).toBe('wait 10 s')
  })
})

test('only the claim of a dead agent was no attempt', () => {
  expect(isNoAttempt(unclaimed)).toBe(true)
  for (const end of [refused, lost, restarted, exited(1, 5), failedToStart()])
    expect(isNoAttempt(end)).toBe(false)
})

test('no attempt follows a good end, none beyond the number, and every wait is within its bound', () => {
  const anyPolicy = fc.record({
    times: fc.nat(5),
    backoff: fc.constant({ ...backoff, jitter: 0.5 }),
    exitCodes: fc.option(fc.subarray([1, 7])),
    exceptExitCodes: fc.subarray([1, 7]),
  })
  fc.assert(
    fc.property(
      endings,
      fc.integer({ min: 1, max: 9 }),
      anyPolicy,
      fc.double({ min: 0, max: 1, noNaN: true }),
      (end, attempt, policy, random) => {
        const outcome = outcomeOf(end, codes)
        const verdict = judgeAttempt({ end, attempt, outcome, policy, random, stopReason: null })
        expect(verdict.reason).not.toBe('')
        if (isGoodOutcome(outcome)) expect(verdict).toMatchObject({ next: 'exited', isSuccess: true })
        if (attempt > policy.times) expect(verdict.next).not.toBe('wait')
        if (verdict.next === 'wait') {
          expect(verdict.delayMs).toBeGreaterThanOrEqual(0)
          expect(verdict.delayMs).toBeLessThanOrEqual(backoff.maxMs)
        }
      },
    ),
  )
})
