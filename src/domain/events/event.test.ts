import { describe, expect, test } from 'vitest'
import { eventKinds, eventLevelNames, eventLevels, matchesKind } from './event.ts'

test('W-T10 a give-up is an event that is visible even at level error', () => {
  expect(eventLevels['slot.gave_up']).toBe('error')
})

test('every kind has a known level and a name in the past tense’s form: subject.fact', () => {
  expect(eventKinds.length).toBeGreaterThan(0)
  for (const kind of eventKinds) {
    expect(eventLevelNames).toContain(eventLevels[kind])
    expect(kind).toMatch(/^[a-z]+\.[a-z_]+$/)
  }
})

describe('a pattern of kinds', () => {
  const cases: [pattern: string, kind: string, fits: boolean][] = [
    ['*', 'run.ended', true],
    ['run.*', 'run.ended', true],
    ['run.*', 'runner.ended', false],
    ['run.*', 'slot.running', false],
    ['run.ended', 'run.ended', true],
    ['run.ended', 'run.ended_again', false],
    ['run', 'run.ended', false],
    ['', 'run.ended', false],
  ]
  for (const [pattern, kind, fits] of cases) {
    test(`${JSON.stringify(pattern)} ${fits ? 'fits' : 'does not fit'} ${kind}`, () => {
      expect(matchesKind(kind, pattern)).toBe(fits)
    })
  }
})
