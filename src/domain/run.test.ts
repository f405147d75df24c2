import { describe, expect, test } from 'vitest'
import { describeEnd, holdsSlot, type RunEnd } from './run.ts'
import { exited, failedToStart, noUsage, signaled, stopped } from './testing/samples.ts'

const timedOut = (killed: boolean): RunEnd => {
  return { kind: 'timed_out', killed, durationMs: 1, endedAt: 0, usage: noUsage }
}

test('a run holds a slot unless it is called like its program', () => {
  expect(holdsSlot({ slot: 'app:mailer:0', program: 'app:mailer' })).toBe(true)
  expect(holdsSlot({ slot: 'app:mailer', program: 'app:mailer' })).toBe(false)
})

describe('W-C11 an end is told in one sentence', () => {
  const cases: [end: RunEnd, sentence: string][] = [
    [exited(0, 1), 'exited with code 0'],
    [signaled('SEGV', 1), 'ended by signal SEGV'],
    [stopped(), 'stopped'],
    [stopped(true), 'stopped, killed after its grace'],
    [timedOut(false), 'timed out'],
    [timedOut(true), 'timed out, killed after its grace'],
    [failedToStart(), 'could not start (exec: No such file or directory)'],
    [{ kind: 'revoked', endedAt: 0, reason: 'no shim' }, 'never started (no shim)'],
    [{ kind: 'unknown', endedAt: 0, reason: 'shim killed' }, 'ended, nobody knows how (shim killed)'],
    [{ kind: 'machine_restarted', endedAt: 0 }, 'ended with a restart of the machine'],
  ]
  for (const [end, sentence] of cases) test(sentence, () => expect(describeEnd(end)).toBe(sentence))
})
