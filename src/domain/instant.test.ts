/** Each form of a time that a person may write, and what is none. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { parseInstant, parseWindow } from './instant.ts'
import { UserError } from './user-error.ts'

beforeEach(() => vi.stubEnv('TZ', 'Europe/Berlin'))
afterEach(() => vi.unstubAllEnvs())

/** 12:00 in Berlin. */
const now = Date.parse('2026-11-22T11:00:00.000Z')

describe('an instant', () => {
  test.each([
    ['10m', '2026-11-22T10:50:00.000Z'],
    ['2h', '2026-11-22T09:00:00.000Z'],
    ['3d', '2026-11-19T11:00:00.000Z'],
    ['1.5h', '2026-11-22T09:30:00.000Z'],
    ['250ms ago', '2026-11-22T10:59:59.750Z'],
    ['now', '2026-11-22T11:00:00.000Z'],
    ['today', '2026-11-21T23:00:00.000Z'],
    ['yesterday', '2026-11-20T23:00:00.000Z'],
    ['09:30', '2026-11-22T08:30:00.000Z'],
    ['9:30:15', '2026-11-22T08:30:15.000Z'],
    ['23:30', '2026-11-21T22:30:00.000Z'],
    ['yesterday 23:30', '2026-11-21T22:30:00.000Z'],
    ['today 23:30', '2026-11-22T22:30:00.000Z'],
    ['2026-11-22', '2026-11-21T23:00:00.000Z'],
    ['2026-11-22T10:00', '2026-11-22T09:00:00.000Z'],
    ['2026-11-22 10:00:05.25', '2026-11-22T09:00:05.250Z'],
    ['2026-11-22T10:00:05Z', '2026-11-22T10:00:05.000Z'],
    ['2026-11-22T10:00:05.123456789Z', '2026-11-22T10:00:05.123Z'],
    ['2026-11-22T10:00:00+0530', '2026-11-22T04:30:00.000Z'],
    ['2026-11-22T10:00:00-01:00', '2026-11-22T11:00:00.000Z'],
  ])('%s is %s', (text, iso) => {
    expect(new Date(parseInstant(text, now) ?? Number.NaN).toISOString()).toBe(iso)
  })

  test.each([
    '',
    'soon',
    '10',
    '10x',
    '-5m',
    '25:00',
    '12:60',
    '2026-02-30',
    '2026-13-01',
    '2026-11-22T24:30',
    'tomorrow',
    '99999999d',
    '2026-11-22T10:00+15:00',
  ])('%s is none', (text) => expect(parseInstant(text, now)).toBeNull())
})

describe('a window', () => {
  test('has both ends, one or none', () => {
    expect(parseWindow('1h', null, now)).toEqual({ since: now - 3_600_000, until: null })
    expect(parseWindow(null, null, now)).toEqual({ since: null, until: null })
  })
  test.each([
    ['1h', '2h', 'not before'],
    ['1h', '1h', 'not before'],
    ['nonsense', null, '`nonsense` is no time that since'],
    [null, '26:00', '`26:00` is no time that until'],
  ])('from %s to %s is refused', (since, until, message) => {
    expect(() => parseWindow(since, until, now)).toThrow(UserError)
    expect(() => parseWindow(since, until, now)).toThrow(message)
  })
})
