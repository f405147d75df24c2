/** Due times: zones and changes of their clocks, unions of expressions, intervals, and both directions. */
import process from 'node:process'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { type CalendarInput, compileCalendar } from './calendar.ts'

const never = Number.POSITIVE_INFINITY
const iso = (instant: number): string => new Date(instant).toISOString().replace('.000Z', 'Z')

function inputOf(expressions: string | readonly string[], timezone: string | null = 'UTC'): CalendarInput {
  return {
    expressions: typeof expressions === 'string' ? [expressions] : expressions,
    at: [],
    timezone,
    seed: 'job',
  }
}

describe('S-F7: clocks that are changed', () => {
  // Local times with their offsets, as a person reads them in the zone.
  test.each([
    [
      'a time in a gap is due at the first instant after it',
      'Europe/Berlin',
      '30 2 * * *',
      '2026-03-28T12:00Z',
      ['2026-03-29T03:00+02:00', '2026-03-30T02:30+02:00'],
    ],
    [
      'several times in a gap are due once',
      'Europe/Berlin',
      '0,20,40 2 * * *',
      '2026-03-28T12:00Z',
      ['2026-03-29T03:00+02:00', '2026-03-30T02:00+02:00'],
    ],
    [
      'once as well if the instant after the gap is due itself',
      'Europe/Berlin',
      '0,30 2,3 * * *',
      '2026-03-28T12:00Z',
      ['2026-03-29T03:00+02:00', '2026-03-29T03:30+02:00', '2026-03-30T02:00+02:00'],
    ],
    [
      'a time that comes twice is due once, the first time',
      'Europe/Berlin',
      '30 2 * * *',
      '2026-10-24T12:00Z',
      ['2026-10-25T02:30+02:00', '2026-10-26T02:30+01:00'],
    ],
    [
      'an interval goes on in real time through a gap',
      'Europe/Berlin',
      '*/30 * * * *',
      '2026-03-29T00:15Z',
      ['2026-03-29T01:30+01:00', '2026-03-29T03:00+02:00', '2026-03-29T03:30+02:00'],
    ],
    [
      'and through both passes of the repeated hour',
      'Europe/Berlin',
      '30 * * * *',
      '2026-10-24T23:45Z',
      ['2026-10-25T02:30+02:00', '2026-10-25T02:30+01:00', '2026-10-25T03:30+01:00'],
    ],
    [
      'an interval within the hour of the gap has no times on that day',
      'Europe/Berlin',
      '*/30 2 * * *',
      '2026-03-28T12:00Z',
      ['2026-03-30T02:00+02:00', '2026-03-30T02:30+02:00'],
    ],
    [
      'New York',
      'America/New_York',
      '30 2 * * *',
      '2026-03-07T12:00Z',
      ['2026-03-08T03:00-04:00', '2026-03-09T02:30-04:00'],
    ],
    [
      'half an hour, in a gap',
      'Australia/Lord_Howe',
      '15 2 * * *',
      '2026-10-03T00:00Z',
      ['2026-10-04T02:30+11:00', '2026-10-05T02:15+11:00'],
    ],
    [
      'half an hour, repeated',
      'Australia/Lord_Howe',
      '45 1 * * *',
      '2026-04-04T00:00Z',
      ['2026-04-05T01:45+11:00', '2026-04-06T01:45+10:30'],
    ],
    [
      'two hours',
      'Antarctica/Troll',
      '30 1,2 * * *',
      '2026-03-28T12:00Z',
      ['2026-03-29T03:00+02:00', '2026-03-30T01:30+02:00'],
    ],
    [
      'midnight that there is not',
      'America/Santiago',
      '@daily',
      '2026-09-05T12:00Z',
      ['2026-09-06T01:00-03:00', '2026-09-07T00:00-03:00'],
    ],
    [
      'midnight that comes twice',
      'America/Havana',
      '@daily',
      '2026-10-31T12:00Z',
      ['2026-11-01T00:00-04:00', '2026-11-02T00:00-05:00'],
    ],
    [
      'a gap that reaches over midnight loses nothing',
      'America/Godthab',
      '30 23 * * SAT',
      '2027-03-27T12:00Z',
      ['2027-03-28T00:00-01:00', '2027-04-03T23:30-01:00'],
    ],
    [
      'a day that there was not',
      'Pacific/Apia',
      '0 12 * * *',
      '2011-12-29T12:00Z',
      ['2011-12-29T12:00-10:00', '2011-12-31T00:00+14:00', '2011-12-31T12:00+14:00'],
    ],
    [
      'rules that no other zone has',
      'Africa/Casablanca',
      '30 2 * * *',
      '2026-02-14T12:00Z',
      ['2026-02-15T02:30+01:00', '2026-02-16T02:30+00:00'],
    ],
  ])('%s', (_, zone, text, after, expected) => {
    const calendar = compileCalendar(inputOf(text, zone))
    const times = calendar.enumerate(Date.parse(after), never, 0, expected.length)
    expect(times.map(iso)).toEqual(expected.map((local) => iso(Date.parse(local))))
    const last = times.at(-1) ?? 0
    const back: number[] = []
    for (let time = calendar.previous(last, 0); time !== null && time > Date.parse(after); ) {
      back.unshift(time)
      time = calendar.previous(time - 1, 0)
    }
    expect(back.map(iso)).toEqual(times.map(iso))
  })

  test('in the second pass of a repeated hour the first one is over', () => {
    const calendar = compileCalendar(inputOf('30 2 * * *', 'Europe/Berlin'))
    const second = Date.parse('2026-10-25T02:10+01:00')
    expect(iso(calendar.next(second, 0) ?? 0)).toBe('2026-10-26T01:30:00Z')
    expect(iso(calendar.previous(second, 0) ?? 0)).toBe('2026-10-25T00:30:00Z')
  })
})

describe('the zone', () => {
  afterEach(() => vi.unstubAllEnvs())

  test('of a job decides', () => {
    const next = (zone: string): string => iso(compileCalendar(inputOf('0 9 * * *', zone)).next(0, 0) ?? 0)
    expect(next('Asia/Tokyo')).toBe('1970-01-02T00:00:00Z')
    expect(next('America/New_York')).toBe('1970-01-01T14:00:00Z')
    expect(next('Asia/Kolkata')).toBe('1970-01-01T03:30:00Z')
  })

  test('of the process stands for none', () => {
    vi.stubEnv('TZ', 'Asia/Tokyo')
    expect(iso(compileCalendar(inputOf('0 9 * * *', null)).next(0, 0) ?? 0)).toBe('1970-01-02T00:00:00Z')
  })
})

describe('several of them', () => {
  test('are the union, and each time is due once', () => {
    const calendar = compileCalendar(inputOf(['0 */2 * * *', '0 */3 * * *', '@reboot']))
    const times = calendar.enumerate(Date.UTC(2026, 0, 1), Date.UTC(2026, 0, 1, 12), 0, 100)
    expect(times.map((time) => new Date(time).getUTCHours())).toEqual([2, 3, 4, 6, 8, 9, 10, 12])
  })

  test('one-off times, in any order, are due once', () => {
    const at = ['2026-12-24 18:00', '2026-11-01 06:00', '2026-12-24T17:00Z', '2026-10-25 02:30']
    const calendar = compileCalendar({ expressions: [], at, timezone: 'Europe/Berlin', seed: '' })
    expect(calendar.enumerate(0, never, 0, 10).map(iso)).toEqual([
      '2026-10-25T00:30:00Z',
      '2026-11-01T05:00:00Z',
      '2026-12-24T17:00:00Z',
    ])
    expect(calendar.next(Date.parse('2026-12-24T17:00:00Z'), 0)).toBeNull()
    expect(iso(calendar.previous(never, 0) ?? 0)).toBe('2026-12-24T17:00:00Z')
    expect(calendar.previous(Date.parse('2026-10-25T00:29:59Z'), 0)).toBeNull()
  })

  test('none at all have no times', () => {
    const calendar = compileCalendar(inputOf('@reboot'))
    expect([calendar.next(0, 0), calendar.previous(1e12, 0)]).toEqual([null, null])
    expect(calendar.enumerate(0, never, 0, 10)).toEqual([])
  })
})

describe('an interval counts from its anchor', () => {
  const calendar = compileCalendar(inputOf('@every 10m'))
  const anchor = Date.UTC(2026, 0, 1, 0, 3, 7)
  const at = (minutes: number): number => anchor + minutes * 60_000

  test.each([
    [-1000, 10],
    [-10, 10],
    [0, 10],
    [9.99, 10],
    [10, 20],
    [10.01, 20],
    [1_000_000, 1_000_010],
  ])('%f minutes after it, the next is due at %f', (after, due) =>
    expect(calendar.next(at(after), anchor)).toBe(at(due)),
  )

  test.each([
    [-1000, null],
    [0, null],
    [9.99, null],
    [10, 10],
    [19.99, 10],
    [1_000_000, 1_000_000],
  ])('%f minutes after it, the previous was due at %s', (before, due) =>
    expect(calendar.previous(at(before), anchor)).toBe(due === null ? null : at(due)),
  )

  test('whatever clocks are changed meanwhile', () => {
    const daily = compileCalendar(inputOf('@every 24h', 'Europe/Berlin'))
    const from = Date.parse('2026-03-28T12:00+01:00')
    expect(daily.enumerate(from, never, from, 2).map(iso)).toEqual([
      '2026-03-29T11:00:00Z',
      '2026-03-30T11:00:00Z',
    ])
  })
})

describe('enumeration', () => {
  const calendar = compileCalendar(inputOf('* * * * *'))

  test('leaves out its beginning, and includes its end', () => {
    expect(calendar.enumerate(60_000, 180_000, 0, 10)).toEqual([120_000, 180_000])
    expect(calendar.enumerate(60_001, 179_999, 0, 10)).toEqual([120_000])
  })

  test('ends at its limit', () => {
    expect(calendar.enumerate(0, never, 0, 3)).toEqual([60_000, 120_000, 180_000])
    expect(calendar.enumerate(0, never, 0, 0)).toEqual([])
  })

  test('is empty where the end is before the beginning', () => {
    expect(calendar.enumerate(180_000, 60_000, 0, 10)).toEqual([])
  })
})

describe('times at the ends of what there is', () => {
  test('years that are over have no next time, and the last one was', () => {
    const calendar = compileCalendar(inputOf('0 0 12 1 1 * 2020'))
    const now = Date.UTC(2026, 10, 22)
    expect(calendar.next(now, 0)).toBeNull()
    expect(iso(calendar.previous(now, 0) ?? 0)).toBe('2020-01-01T12:00:00Z')
    expect(calendar.previous(Date.UTC(2019, 0), 0)).toBeNull()
  })

  test('years to come have no previous time', () => {
    const calendar = compileCalendar(inputOf('0 0 12 1 1 * 2099', 'Europe/Berlin'))
    expect(iso(calendar.next(0, 0) ?? 0)).toBe('2099-01-01T11:00:00Z')
    expect(calendar.previous(Date.UTC(2026, 0), 0)).toBeNull()
  })

  test('a date that comes after decades', () => {
    const calendar = compileCalendar(inputOf('* * * 29 2 +MON', 'Europe/Berlin'))
    expect(iso(calendar.next(Date.UTC(2026, 0), 0) ?? 0)).toBe('2044-02-28T23:00:00Z')
    expect(iso(calendar.previous(Date.UTC(2026, 0), 0) ?? 0)).toBe('2016-02-29T22:59:59Z')
  })

  test.each([Number.NaN, never, -never, 8.64e15, -8.64e15, 1e300, Number.MAX_SAFE_INTEGER])(
    'from %f it neither throws nor hangs',
    (instant) => {
      const calendar = compileCalendar({
        ...inputOf(['30 2 * * *', '* * L-3 * *']),
        at: ['2026-12-24 18:00'],
      })
      const next = calendar.next(instant, 0)
      const previous = calendar.previous(instant, 0)
      expect(next === null || next > instant).toBe(true)
      expect(previous === null || previous <= instant).toBe(true)
      expect(instant > 0 || previous === null).toBe(true)
    },
  )
})

test('next and previous are each other’s inverse', () => {
  const expressions = fc.constantFrom(
    '30 2 * * *',
    '*/7 * * * *',
    '0 12 L-3 * *',
    'H H * * 5',
    '15 1 29 2 *',
    '@every 90s',
  )
  const zones = fc.constantFrom('UTC', 'Europe/Berlin', 'America/St_Johns', 'Australia/Lord_Howe')
  const instants = fc.integer({ min: Date.UTC(1975, 0), max: Date.UTC(2060, 0) })
  fc.assert(
    fc.property(expressions, zones, instants, (text, zone, instant) => {
      const calendar = compileCalendar(inputOf(text, zone))
      const next = calendar.next(instant, 0) ?? Number.NaN
      expect(next).toBeGreaterThan(instant)
      expect(calendar.previous(next, 0)).toBe(next)
      const previous = calendar.previous(next - 1, 0) ?? Number.NaN
      expect(previous).toBeLessThanOrEqual(instant)
      expect(calendar.next(previous, 0)).toBe(next)
    }),
    { numRuns: 300 },
  )
})

test('many calendars with patterns of their own are small', () => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const used = (): number => {
    collect()
    return process.memoryUsage().heapUsed
  }
  const before = used()
  const calendars = Array.from({ length: 2000 }, (_, index) =>
    compileCalendar(inputOf(`${index % 60} ${index % 24} ${(index % 28) + 1} * *`, 'Europe/Berlin')),
  )
  for (const calendar of calendars) calendar.next(Date.UTC(2026, 10, 22), 0)
  // Each pattern compiled and kept, they would have 120 MB.
  expect(used() - before).toBeLessThan(30_000_000)
  expect(calendars).toHaveLength(2000)
})
