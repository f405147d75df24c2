import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { RunEnd, StopReason } from '../run.ts'
import { endings, exited, failedToStart, noUsage, signaled, stopped } from '../testing/samples.ts'
import {
  causeOf,
  dueNow,
  isGoodOutcome,
  isOpen,
  type Outcome,
  outcomeOf,
  outcomes,
  type Trigger,
} from './occurrence.ts'

const codes = { success: [0, 3], warning: [3] }
const replaced: StopReason = { kind: 'replaced', text: 'the next one came', isFailure: false }
const tooLarge: StopReason = { kind: 'memory', text: '2 GB of memory', isFailure: true }

describe('what the end of a run means for a job', () => {
  const cases: [what: string, end: RunEnd, outcome: Outcome][] = [
    ['a code that is a success', exited(0, 5), 'success'],
    ['a code that is a warning', exited(3, 5), 'warning'],
    ['another code', exited(1, 5), 'failure'],
    ['a signal', signaled('SEGV', 5), 'failure'],
    ['a stop that somebody asked for', stopped(), 'stopped'],
    ['giving way to the next one', { ...stopped(), reason: replaced } as RunEnd, 'stopped'],
    ['a limit that was reached', { ...stopped(), reason: tooLarge } as RunEnd, 'failure'],
    [
      'S-F10: a timeout',
      { kind: 'timed_out', killed: true, durationMs: 5, endedAt: 0, usage: noUsage },
      'timed_out',
    ],
    ['a command that cannot be executed', failedToStart(), 'failure'],
    ['a claim that could not be carried out', { kind: 'revoked', endedAt: 0, reason: 'no shim' }, 'failure'],
    ['an end that nobody saw', { kind: 'unknown', endedAt: 0, reason: 'its shim was killed' }, 'lost'],
    ['a restart of the machine', { kind: 'machine_restarted', endedAt: 0 }, 'lost'],
  ]
  for (const [what, end, outcome] of cases)
    test(`${what}: ${outcome}`, () => expect(outcomeOf(end, codes)).toBe(outcome))

  test('each end has one', () => {
    fc.assert(
      fc.property(endings, (end) => {
        expect(outcomes).toContain(outcomeOf(end, codes))
      }),
    )
  })

  test('good is what whoever comes after it by success waits for', () => {
    expect(outcomes.filter(isGoodOutcome)).toEqual(['success', 'warning'])
  })
})

test('something becomes of what is queued or running, of nothing else', () => {
  expect(isOpen({ state: { kind: 'queued', reason: null } })).toBe(true)
  expect(isOpen({ state: { kind: 'running', slot: 'report:0' } })).toBe(true)
  expect(isOpen({ state: { kind: 'ended', outcome: 'success', detail: '' } })).toBe(false)
  expect(isOpen({ state: { kind: 'skipped', reason: 'paused', detail: '' } })).toBe(false)
  expect(isOpen({ state: { kind: 'missed', reason: 'too_late', since: null, count: 1 } })).toBe(false)
})

test('each trigger is the cause of the first run', () => {
  const triggers: [Trigger, unknown][] = [
    [
      { kind: 'schedule', isCatchUp: true, previousAt: 1 },
      { kind: 'scheduled', dueAt: 7, isCatchUp: true },
    ],
    [
      { kind: 'every', isCatchUp: false, previousAt: null },
      { kind: 'scheduled', dueAt: 7, isCatchUp: false },
    ],
    [{ kind: 'reboot' }, { kind: 'reboot' }],
    [
      { kind: 'after', programs: ['a'] },
      { kind: 'after', programs: ['a'] },
    ],
    [
      { kind: 'manual', by: 'ann' },
      { kind: 'requested', by: 'ann' },
    ],
  ]
  for (const [trigger, cause] of triggers) expect(causeOf({ trigger, dueAt: 7 })).toEqual(cause)
})

describe('the due time of what is made due now', () => {
  test('is now, never a full second, and never that of the one before', () => {
    expect(dueNow(5001.7, 0)).toBe(5001)
    expect(dueNow(5000, 0)).toBe(5001)
    expect(dueNow(5001, 5001)).toBe(5002)
    expect(dueNow(5001, 5999)).toBe(6001)
  })

  test('is now as well after the clock was set back', () => {
    expect(dueNow(5001, 7_205_001)).toBe(5001)
  })

  test('grows with each of a burst, and stays close to the clock', () => {
    fc.assert(
      fc.property(fc.nat(1e6), fc.integer({ min: 1, max: 50 }), (now, times) => {
        let last = 0
        for (let count = 0; count < times; count++) {
          const due = dueNow(now, last)
          expect(due).toBeGreaterThan(last)
          expect(due % 1000).not.toBe(0)
          last = due
        }
        expect(last - now).toBeLessThanOrEqual(times + 2)
      }),
    )
  })
})
