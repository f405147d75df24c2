import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { backoffDelay } from './backoff.ts'
import type { Backoff } from './program.ts'

const exponential: Backoff = { kind: 'exponential', initialMs: 1000, factor: 2, maxMs: 60_000, jitter: 0 }
const linear: Backoff = { ...exponential, kind: 'linear' }
const first = (backoff: Backoff, tries: number) =>
  Array.from({ length: tries }, (_, i) => backoffDelay(backoff, i + 1, 0.5))

describe('W-C2 waits between quick restarts grow', () => {
  test('linear: 1, 2, 3 seconds', () => {
    expect(first(linear, 3)).toEqual([1000, 2000, 3000])
  })

  test('exponential: each is the last one times the factor, up to the cap', () => {
    expect(first(exponential, 8)).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000])
    expect(first({ ...exponential, initialMs: 100, factor: 3 }, 3)).toEqual([100, 300, 900])
  })
})

test('jitter spreads a wait evenly around itself', () => {
  const backoff = { ...exponential, jitter: 0.1 }
  expect([0, 0.5, 1].map((random) => backoffDelay(backoff, 2, random))).toEqual([1800, 2000, 2200])
})

test('any number of tries gives a whole number of milliseconds between 0 and the cap', () => {
  const backoffs = fc.record({
    kind: fc.constantFrom('exponential' as const, 'linear' as const),
    initialMs: fc.nat(100_000),
    factor: fc.double({ min: 1, max: 100, noNaN: true }),
    maxMs: fc.nat(1_000_000),
    jitter: fc.double({ min: 0, max: 1, noNaN: true }),
  })
  const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
  fc.assert(
    fc.property(backoffs, fc.integer({ min: 1, max: 100_000 }), random, (backoff, n, drawn) => {
      const delay = backoffDelay(backoff, n, drawn)
      return Number.isInteger(delay) && delay >= 0 && delay <= backoff.maxMs
    }),
  )
})

test('without jitter no wait is shorter than the one before it', () => {
  const kinds = fc.constantFrom('exponential' as const, 'linear' as const)
  fc.assert(
    fc.property(kinds, fc.nat(5000), fc.integer({ min: 1, max: 5000 }), (kind, initialMs, n) => {
      const backoff = { ...exponential, kind, initialMs }
      return backoffDelay(backoff, n + 1, 0.5) >= backoffDelay(backoff, n, 0.5)
    }),
  )
})
