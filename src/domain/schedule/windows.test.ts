/** Blackout windows: what is covered, to the millisecond, and what is refused. */
import { describe, expect, test } from 'vitest'
import { coveringWindow, parseWindow, type Window, type WrittenWindow } from './windows.ts'

const hour = 3_600_000

function windowOf(written: WrittenWindow, zone: string | null = 'Europe/Berlin'): Window {
  const read = parseWindow(written, zone, 'job')
  if (!read.ok) throw new Error(read.message)
  return read.window
}

const nights = windowOf({ from: '0 22 * * *', for: 8 * hour })
const holidays = windowOf({ from: '2026-12-24 00:00', to: '2026-12-27 00:00' })

describe('a window that recurs', () => {
  test.each([
    ['2026-11-22T21:59:59.999+01:00', null],
    ['2026-11-22T22:00:00.000+01:00', '0 22 * * * for 8h'],
    ['2026-11-23T00:00:00.000+01:00', '0 22 * * * for 8h'],
    ['2026-11-23T05:59:59.999+01:00', '0 22 * * * for 8h'],
    ['2026-11-23T06:00:00.000+01:00', null],
  ])('at %s: %s', (at, text) => expect(coveringWindow([nights], 'Europe/Berlin', Date.parse(at))).toBe(text))

  test('S-F7: lasts as long where clocks are changed in it', () => {
    const at = (local: string): string | null => coveringWindow([nights], 'Europe/Berlin', Date.parse(local))
    expect(at('2026-03-29T06:59:59+02:00')).toBe('0 22 * * * for 8h')
    expect(at('2026-03-29T07:00:00+02:00')).toBeNull()
    expect(at('2026-10-25T04:59:59+01:00')).toBe('0 22 * * * for 8h')
    expect(at('2026-10-25T05:00:00+01:00')).toBeNull()
  })

  test('that begins anew while it lasts is one', () => {
    const always = windowOf({ from: '0 * * * *', for: 90 * 60_000 })
    for (let at = Date.UTC(2026, 0); at < Date.UTC(2026, 0, 2); at += 7 * 60_000) {
      expect(coveringWindow([always], 'UTC', at)).toBe('0 * * * * for 90m')
    }
  })

  test('of a day of the week', () => {
    const weekend = windowOf({ from: '0 18 * * FRI', for: 60 * hour })
    expect(coveringWindow([weekend], 'UTC', Date.parse('2026-11-22T12:00Z'))).toBe('0 18 * * FRI for 60h')
    expect(coveringWindow([weekend], 'UTC', Date.parse('2026-11-23T06:00Z'))).toBeNull()
  })
})

describe('a window from one time to another', () => {
  test.each([
    ['2026-12-23T23:59:59.999+01:00', null],
    ['2026-12-24T00:00:00.000+01:00', '2026-12-24 00:00 to 2026-12-27 00:00'],
    ['2026-12-26T23:59:59.999+01:00', '2026-12-24 00:00 to 2026-12-27 00:00'],
    ['2026-12-27T00:00:00.000+01:00', null],
  ])('at %s: %s', (at, text) =>
    expect(coveringWindow([holidays], 'Europe/Berlin', Date.parse(at))).toBe(text),
  )
})

test('of several windows, the first that covers is named', () => {
  const at = Date.parse('2026-12-24T23:00+01:00')
  expect(coveringWindow([holidays, nights], 'Europe/Berlin', at)).toBe('2026-12-24 00:00 to 2026-12-27 00:00')
  expect(coveringWindow([nights, holidays], 'Europe/Berlin', at)).toBe('0 22 * * * for 8h')
  expect(coveringWindow([], 'Europe/Berlin', at)).toBeNull()
})

describe('a window is refused', () => {
  test.each<[WrittenWindow, string, string]>([
    [{ from: '0 25 * * *', for: hour }, 'from', 'hour: `25` is no hour'],
    [{ from: '0 22 * *', for: hour }, 'from', 'the expression has 4 fields'],
    [{ from: '@reboot', for: hour }, 'from', '`@reboot` says no time of day'],
    [{ from: '@every 1h', for: hour }, 'from', '`@every 1h` says no time of day'],
    [{ from: '2026-12-24 00:00', for: hour }, 'from', 'the expression has 2 fields'],
    [{ from: '0 22 * * *', for: 0 }, 'for', 'a window cannot last 0'],
    [{ from: '0 22 * * *', for: 999 }, 'for', 'a window cannot last 999ms'],
    [{ from: '0 22 * * *', for: 367 * 24 * hour }, 'for', 'a window cannot last 367d'],
    [{ from: 'Christmas', to: '2026-12-27 00:00' }, 'from', '`Christmas` is no date and time'],
    [{ from: '2026-12-24 00:00', to: '2026-12-27' }, 'to', '`2026-12-27` has no time of day'],
    [
      { from: '2026-12-24 00:00', to: '2026-12-24 00:00' },
      'to',
      'the window ends at `2026-12-24 00:00`, and begins at `2026-12-24 00:00`',
    ],
  ])('%j', (written, key, message) => {
    expect(parseWindow(written, 'UTC', 'job')).toMatchObject({ ok: false, key, message })
  })
})
