import { describe, expect, test } from 'vitest'
import { decideExit, type ExitRule, exitCodeOf } from './agent-exit.ts'
import type { Slot } from './reconcile.ts'
import type { SlotState } from './slot-state.ts'
import { aProgram, noUsage } from './testing/samples.ts'

const states = {
  running: { kind: 'running', run: 'r', verdicts: {} },
  stopped: { kind: 'stopped' },
  done: { kind: 'exited', reason: 'exited with code 0', isSuccess: true },
  failed: { kind: 'exited', reason: 'exited with code 3', isSuccess: false },
  fatal: { kind: 'fatal', reason: '3 quick exits' },
} as const satisfies Record<string, SlotState>

function decide(
  names: readonly (keyof typeof states)[],
  rule: ExitRule,
  more: Partial<Slot> = {},
  isEssential = false,
) {
  const program = aProgram({ processes: names.length, isEssential })
  const slots = names.map(
    (name, index): Slot => ({
      name: `mailer:${index}`,
      program: 'mailer',
      index,
      state: states[name],
      tally: { quickExits: 0, unsteadyExits: 0 },
      asked: null,
      launchHash: null,
      rollout: null,
      occurrence: null,
      ...more,
    }),
  )
  const made = decideExit({ slots, programOf: () => program, rule })
  return made === null ? null : `${made.slot} ${made.isSuccess}`
}

describe('what ends the agent', () => {
  test.each<[ExitRule, (keyof typeof states)[], string | null]>([
    ['never', ['fatal', 'failed', 'done'], null],
    ['any-fatal', ['running', 'failed'], null],
    ['any-fatal', ['running', 'fatal'], 'mailer:1 false'],
    ['any-exited', ['running', 'running'], null],
    ['any-exited', ['running', 'done'], 'mailer:1 true'],
    ['any-exited', ['done', 'failed'], 'mailer:1 false'],
    ['any-exited', ['running', 'fatal'], 'mailer:1 false'],
    ['all-exited', ['running', 'done'], null],
    ['all-exited', ['stopped', 'done'], null],
    ['all-exited', ['done', 'done'], 'mailer:0 true'],
    ['all-exited', ['done', 'fatal'], 'mailer:1 false'],
    ['all-exited', [], null],
  ])('%s with %j: %s', (rule, names, expected) => {
    expect(decide(names, rule)).toBe(expected)
  })

  test('an essential program needs no rule', () => {
    expect(decide(['running', 'done'], 'never', {}, true)).toBe('mailer:1 true')
    expect(decide(['running', 'fatal'], 'never', {}, true)).toBe('mailer:1 false')
    expect(decide(['running', 'stopped'], 'never', {}, true)).toBe(null)
  })

  test('what a person stopped is not counted', () => {
    expect(decide(['fatal'], 'any-fatal', { asked: 'stop' }, true)).toBe(null)
  })
})

test('the code is that of the process where it tells a failure', () => {
  const ended = { endedAt: 0, durationMs: 0, usage: noUsage }
  const failed = { slot: 's', isSuccess: false, reason: '' }
  expect(exitCodeOf(failed, { kind: 'exited', code: 3, ...ended })).toBe(3)
  expect(exitCodeOf(failed, { kind: 'exited', code: 0, ...ended })).toBe(1)
  expect(exitCodeOf(failed, { kind: 'signaled', signal: 'SIGKILL', ...ended })).toBe(1)
  expect(exitCodeOf(failed, null)).toBe(1)
  expect(exitCodeOf({ ...failed, isSuccess: true }, { kind: 'exited', code: 2, ...ended })).toBe(0)
})
