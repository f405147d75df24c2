/** One-off local times, and the clocks of zones around their changes. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { isZone, nearestZone, parseLocalTime, zoneNames } from './local-time.ts'
import { changesBetween, instantsOf, offsetAt, processZone } from './zone.ts'

const iso = (instant: number): string => new Date(instant).toISOString().replace('.000Z', 'Z')

function read(text: string, zone: string | null): string {
  const time = parseLocalTime(text, zone)
  return time.ok ? iso(time.at) : time.message
}

describe('a local time', () => {
  test.each([
    ['2026-12-24 18:00', 'Europe/Berlin', '2026-12-24T17:00:00Z'],
    ['2026-12-24T18:00', 'Europe/Berlin', '2026-12-24T17:00:00Z'],
    ['2026-12-24t18:00:30', 'Europe/Berlin', '2026-12-24T17:00:30Z'],
    [' 2026-07-24 18:00 ', 'Europe/Berlin', '2026-07-24T16:00:00Z'],
    ['2026-12-24 18:00', 'America/New_York', '2026-12-24T23:00:00Z'],
    ['2026-12-24 18:00', 'Asia/Kathmandu', '2026-12-24T12:15:00Z'],
    ['2028-02-29 00:00', 'UTC', '2028-02-29T00:00:00Z'],
    ['2026-12-24 18:00Z', 'Europe/Berlin', '2026-12-24T18:00:00Z'],
    ['2026-12-24T18:00:30z', 'Europe/Berlin', '2026-12-24T18:00:30Z'],
    ['2026-12-24T18:00:30.000Z', 'Europe/Berlin', '2026-12-24T18:00:30Z'],
    ['2026-12-24 18:00 +02:00', 'Asia/Tokyo', '2026-12-24T16:00:00Z'],
    ['2026-12-24T18:00-0530', 'Asia/Tokyo', '2026-12-24T23:30:00Z'],
    ['2026-12-24T18:00+09', 'UTC', '2026-12-24T09:00:00Z'],
  ])('%s in %s', (text, zone, expected) => expect(read(text, zone)).toBe(expected))

  test.each([
    [
      'S-F7: in a gap it is the first instant after it',
      '2026-03-29 02:30',
      'Europe/Berlin',
      '2026-03-29T01:00:00Z',
    ],
    ['S-F7: so at the end of the gap', '2026-03-29 02:59:59', 'Europe/Berlin', '2026-03-29T01:00:00Z'],
    ['just behind it', '2026-03-29 03:00', 'Europe/Berlin', '2026-03-29T01:00:00Z'],
    ['just before it', '2026-03-29 01:59:59', 'Europe/Berlin', '2026-03-29T00:59:59Z'],
    ['S-F7: doubled, it is the first', '2026-10-25 02:30', 'Europe/Berlin', '2026-10-25T00:30:00Z'],
    ['just behind what is doubled', '2026-10-25 03:00', 'Europe/Berlin', '2026-10-25T02:00:00Z'],
    ['a gap of half an hour', '2026-10-04 02:15', 'Australia/Lord_Howe', '2026-10-03T15:30:00Z'],
    ['a gap at midnight', '2026-09-06 00:30', 'America/Santiago', '2026-09-06T04:00:00Z'],
    ['a gap over midnight', '2027-03-27 23:30', 'America/Godthab', '2027-03-28T01:00:00Z'],
    ['a day that there was not', '2011-12-30 12:00', 'Pacific/Apia', '2011-12-30T10:00:00Z'],
  ])('%s: %s in %s', (_, text, zone, expected) => expect(read(text, zone)).toBe(expected))

  test.each([
    ['', '`` is no date and time'],
    ['tomorrow', '`tomorrow` is no date and time'],
    ['18:00', '`18:00` is no date and time'],
    ['2026-12-24', '`2026-12-24` has no time of day'],
    ['24.12.2026 18:00', '`24.12.2026 18:00` is no date and time'],
    ['2026-12-24 18', '`2026-12-24 18` is no date and time'],
    ['2026-12-24  18:00', '`2026-12-24  18:00` is no date and time'],
    ['2026-02-30 18:00', '`2026-02-30 18:00` is no date'],
    ['2027-02-29 18:00', '`2027-02-29 18:00` is no date'],
    ['2026-13-01 18:00', '`2026-13-01 18:00` is no date'],
    ['2026-00-10 18:00', '`2026-00-10 18:00` is no date'],
    ['1969-12-31 18:00', '`1969-12-31 18:00` is before 1970'],
    ['2026-12-24 24:00', '`2026-12-24 24:00` is no time of day'],
    ['2026-12-24 18:60', '`2026-12-24 18:60` is no time of day'],
    ['2026-12-24 18:00:60', '`2026-12-24 18:00:60` is no time of day'],
    ['2026-12-24 18:00+15:00', '`+15:00` is no offset from UTC'],
    ['2026-12-24 18:00 Europe/Berlin', '`2026-12-24 18:00 Europe/Berlin` is no date and time'],
  ])('%s is refused', (text, message) => {
    expect(parseLocalTime(text, 'UTC')).toEqual({
      ok: false,
      message,
      expected: 'a date and a time, such as `2026-12-24 18:00` or `2026-12-24T18:00:30Z`',
    })
  })
})

test('what is too long is neither looked at nor repeated', () => {
  expect(read('9'.repeat(100_000), 'UTC')).toBe(`\`${'9'.repeat(39)}…\` is no date and time`)
  expect(isZone('x'.repeat(1e6))).toBe(false)
  expect(nearestZone('x'.repeat(1e6))).toBeNull()
})

describe('the zone of the process', () => {
  beforeEach(() => vi.stubEnv('TZ', 'America/New_York'))
  afterEach(() => vi.unstubAllEnvs())

  test('stands for none', () => {
    expect(processZone()).toBe('America/New_York')
    expect(read('2026-12-24 18:00', null)).toBe('2026-12-24T23:00:00Z')
  })

  test('is UTC where it is unknown', () => {
    vi.stubEnv('TZ', 'Europe/Nowhere')
    expect(processZone()).toBe('UTC')
  })
})

describe('a zone', () => {
  test.each([
    'UTC',
    'Europe/Berlin',
    'europe/berlin',
    'America/Argentina/Buenos_Aires',
    'Asia/Kolkata',
    'Etc/GMT+2',
  ])('%s is one', (name) => expect(isZone(name)).toBe(true))
  test.each(['', ' ', 'Europe/Berln', 'Europe', '+02:00', 'UTC+2', 'Europe/Berlin ', '../etc/passwd'])(
    '%s is none',
    (name) => expect(isZone(name)).toBe(false),
  )
  test.each([
    ['Europe/Berln', 'Europe/Berlin'],
    ['europe_berlin', 'Europe/Berlin'],
    ['America/NewYork', 'America/New_York'],
    ['Utc ', 'UTC'],
    ['Mars/Olympus_Mons', null],
  ])('%s was probably meant to be %s', (name, zone) => expect(nearestZone(name)).toBe(zone))

  test('all that are offered are zones, and UTC is one of them', () => {
    expect(zoneNames()).toContain('UTC')
    expect(zoneNames().length).toBeGreaterThan(300)
    expect(zoneNames().filter((name) => !isZone(name))).toEqual([])
  })
})

describe('the clocks of a zone', () => {
  test('their changes in a year', () => {
    const changes = changesBetween('Europe/Berlin', Date.UTC(2026, 0), Date.UTC(2027, 0))
    expect(changes.map(({ at, before, after }) => [iso(at), before / 3_600_000, after / 3_600_000])).toEqual([
      ['2026-03-29T01:00:00Z', 1, 2],
      ['2026-10-25T01:00:00Z', 2, 1],
    ])
  })

  test('the beginning of a span is outside, and its end is inside', () => {
    const at = Date.parse('2026-03-29T01:00:00Z')
    expect(changesBetween('Europe/Berlin', at - 1, at)).toHaveLength(1)
    expect(changesBetween('Europe/Berlin', at, at + 1)).toHaveLength(0)
  })

  test('the offset is the one that Date has, at each hour of years', () => {
    vi.stubEnv('TZ', 'America/New_York')
    for (let at = Date.UTC(2024, 0); at < Date.UTC(2028, 0); at += 3_600_000) {
      expect(offsetAt('America/New_York', at)).toBe(-new Date(at).getTimezoneOffset() * 60_000)
    }
    vi.unstubAllEnvs()
  })

  test('a local time comes once, twice or not at all', () => {
    const times = (local: string): string[] => instantsOf('Europe/Berlin', Date.parse(`${local}Z`)).map(iso)
    expect(times('2026-03-29T01:59:59')).toEqual(['2026-03-29T00:59:59Z'])
    expect(times('2026-03-29T02:00:00')).toEqual([])
    expect(times('2026-03-29T03:00:00')).toEqual(['2026-03-29T01:00:00Z'])
    expect(times('2026-10-25T02:00:00')).toEqual(['2026-10-25T00:00:00Z', '2026-10-25T01:00:00Z'])
    expect(times('2026-10-25T03:00:00')).toEqual(['2026-10-25T02:00:00Z'])
  })
})
