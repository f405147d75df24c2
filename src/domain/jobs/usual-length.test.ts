import { expect, test } from 'vitest'
import { usualWarnAfter } from './usual-length.ts'

test('too few runs tell nothing', () => {
  expect(usualWarnAfter([])).toBeNull()
  expect(usualWarnAfter([1000, 1000, 1000, 1000])).toBeNull()
})

test('half as long again as what 95 % of the last 20 took', () => {
  const lengths = Array.from({ length: 20 }, (_, index) => (index + 1) * 1000)
  expect(usualWarnAfter(lengths)).toBe(28_500)
  expect(usualWarnAfter([...lengths].reverse())).toBe(28_500)
  // Older ones do not count.
  expect(usualWarnAfter([...Array.from({ length: 50 }, () => 1_000_000), ...lengths])).toBe(28_500)
})

test('one that took very long among many does not count for all', () => {
  expect(usualWarnAfter([...Array.from({ length: 19 }, () => 2000), 100_000])).toBe(3000)
})

test('moments are no matter', () => {
  expect(usualWarnAfter([1, 2, 3, 4, 5])).toBe(1000)
})
