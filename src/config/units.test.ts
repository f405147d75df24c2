import { describe, expect, test } from 'vitest'
import { durationText, parseDuration, parseSize, sizeText } from './units.ts'

describe('parseDuration', () => {
  test.each([
    [1, 1000],
    [0.25, 250],
    [0, 0],
    ['500ms', 500],
    ['1.5s', 1500],
    ['10m', 600_000],
    ['2h', 7_200_000],
    ['1d', 86_400_000],
    ['3 s', 3000],
  ])('reads %j as %d ms', (written, expected) => {
    expect(parseDuration(written)).toBe(expected)
  })

  test.each(['', '10', 's', '1 minute', '-1s', '1s2', '1S', -1, Number.NaN, Number.POSITIVE_INFINITY])(
    'refuses %j',
    (written) => {
      expect(parseDuration(written)).toBeNull()
    },
  )
})

describe('parseSize', () => {
  test.each([
    [10, 10],
    ['10', 10],
    ['10B', 10],
    ['64KB', 65_536],
    ['64KiB', 65_536],
    ['64K', 65_536],
    ['10MB', 10_485_760],
    ['1.5GB', 1_610_612_736],
    ['1TiB', 1_099_511_627_776],
  ])('reads %j as %d bytes', (written, expected) => {
    expect(parseSize(written)).toBe(expected)
  })

  test.each(['', 'MB', '10 megabytes', '10kb', -1, Number.NaN])('refuses %j', (written) => {
    expect(parseSize(written)).toBeNull()
  })
})

test('writes what it reads', () => {
  expect([0, 500, 1000, 90_000, 3_600_000, 86_400_000].map(durationText)).toEqual([
    '0',
    '500ms',
    '1s',
    '90s',
    '1h',
    '1d',
  ])
  expect([0, 1000, 1024, 10_485_760].map(sizeText)).toEqual(['0', '1000', '1KB', '10MB'])
})
