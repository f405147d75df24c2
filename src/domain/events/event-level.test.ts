import { describe, expect, test } from 'vitest'
import { type EventKind, type EventLevel, eventKinds, eventLevelNames, eventLevels } from './event.ts'
import { isWithin, type LeveledEvent, type LevelOverrides, levelOf, severityOf } from './event-level.ts'

const of = (kind: EventKind, data: object = {}): LeveledEvent => ({ kind, data }) as LeveledEvent

describe('S-C1 S-T21 without a word from anybody the level of', () => {
  const cases: [what: string, event: LeveledEvent, level: EventLevel][] = [
    ['a job that starts', of('job.started'), 'notice'],
    ['a job that finished', of('job.succeeded'), 'notice'],
    ['an exit code that is an error', of('job.failed'), 'error'],
    ['a configuration that is none', of('config.refused'), 'critical'],
    ['one that is not finished when it should be', of('run.overdue'), 'warning'],
    ['one that has to be killed', of('job.timed_out'), 'error'],
    [
      'one that cannot start, as the last still runs',
      of('job.skipped', { reason: 'still_running' }),
      'error',
    ],
    ['one that is skipped for another reason', of('job.skipped', { reason: 'paused' }), 'warning'],
    ['output', of('run.output'), 'debug'],
  ]
  for (const [what, event, level] of cases)
    test(`${what} is ${level}`, () => expect(levelOf(event, {})).toBe(level))
})

describe('S-T22 an override', () => {
  test('of one kind changes that kind and no other', () => {
    const overrides: LevelOverrides = { 'job.failed': 'alert' }
    for (const kind of eventKinds)
      expect(levelOf(of(kind), overrides)).toBe(kind === 'job.failed' ? 'alert' : eventLevels[kind])
  })

  const overrides: LevelOverrides = { '*': 'info', 'job.*': 'debug', 'job.failed': 'alert' }
  const cases: [kind: EventKind, level: EventLevel][] = [
    ['job.failed', 'alert'],
    ['job.started', 'debug'],
    ['jobs.paused', 'info'],
    ['slot.gave_up', 'info'],
  ]
  for (const [kind, level] of cases)
    test(`counts for ${kind} as ${level}: the most exact one`, () =>
      expect(levelOf(of(kind), overrides)).toBe(level))

  test('counts before what happened', () => {
    expect(levelOf(of('job.skipped', { reason: 'still_running' }), { 'job.skipped': 'info' })).toBe('info')
  })
})

describe('severities', () => {
  test('are those of syslog', () => {
    expect(eventLevelNames.map(severityOf)).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
  })

  test('a level is within itself and all that are less serious', () => {
    expect(isWithin('error', 'error')).toBe(true)
    expect(isWithin('emergency', 'error')).toBe(true)
    expect(isWithin('warning', 'error')).toBe(false)
  })
})
