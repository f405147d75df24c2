import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { formatSize } from './size.ts'
import { cut, formatTable, pad, visibleLength } from './table.ts'
import { formatAge, formatDuration, formatInstant, formatOffset } from './time.ts'

beforeEach(() => vi.stubEnv('TZ', 'UTC'))
afterEach(() => vi.unstubAllEnvs())

const second = 1000
const minute = 60 * second
const hour = 60 * minute

test.each([
  [0, '0ms'],
  [850, '850ms'],
  [999.6, '1000ms'],
  [4200, '4.2s'],
  [9999, '10s'],
  [59_400, '59s'],
  [59_600, '1m 00s'],
  [3 * minute + 5 * second, '3m 05s'],
  [2 * hour + 4 * minute, '2h 04m'],
  [123 * hour, '5d 03h'],
  [-5, '0ms'],
])('%d ms last %s', (ms, text) => expect(formatDuration(ms)).toBe(text))

test.each([
  [0, '0s'],
  [1999, '1s'],
  [61_000, '1m 01s'],
  [-500, '0s'],
])('%d ms of age are %s', (ms, text) => expect(formatAge(ms)).toBe(text))

test.each([
  [0, '0 B'],
  [1023, '1023 B'],
  [1024, '1.0 KB'],
  [10_000, '9.8 KB'],
  [1_048_570, '1.0 MB'],
  [150 * 1024 * 1024, '150 MB'],
  [5 * 1024 ** 4, '5.0 TB'],
  [5000 * 1024 ** 4, '5000 TB'],
])('%d bytes are %s', (bytes, text) => expect(formatSize(bytes)).toBe(text))

describe('instants', () => {
  const now = Date.parse('2026-11-22T12:00:00Z')
  test('of today are a time', () => expect(formatInstant('2026-11-22T01:02:03.999Z', now)).toBe('01:02:03'))
  test('of other days have the day', () =>
    expect(formatInstant('2026-11-21T23:59:59Z', now)).toBe('2026-11-21 23:59:59'))
  test('are in the zone of who looks', () => {
    vi.stubEnv('TZ', 'Asia/Tokyo')
    expect(formatInstant('2026-11-22T11:00:00Z', now)).toBe('20:00:00')
  })
  test('of a timeline count from its begin', () =>
    expect(formatOffset('2026-11-22T12:00:01.500Z', '2026-11-22T12:00:00.000Z')).toBe('+1.5s'))
})

describe('tables', () => {
  const red = (text: string): string => `\u001b[31m${text}\u001b[39m`

  test('colours count for no width', () => {
    expect(visibleLength(red('abc'))).toBe(3)
    expect(pad(red('a'), 3)).toBe(`${red('a')}  `)
    expect(formatTable([{ title: 'A' }, { title: 'B', align: 'right' }], [[red('long'), '1']])).toEqual([
      'A     B',
      `${red('long')}  1`,
    ])
  })

  test('a cut line closes its colours', () => {
    expect(cut(red('abcdef'), 4)).toBe(red('abc…'))
    expect(cut(`ab${red('cd')}ef`, 4)).toBe(`ab${red('c')}…`.replace('…', '').replace('c', 'c…'))
    expect(cut('abcd', 4)).toBe('abcd')
  })

  test('a column that says nothing is left out', () => {
    expect(formatTable([{ title: 'A' }, { title: 'WHY' }], [['x', '']])).toEqual(['A', 'x'])
    expect(formatTable([{ title: 'A' }, { title: 'WHY' }], [])).toEqual(['A  WHY'])
  })
})
