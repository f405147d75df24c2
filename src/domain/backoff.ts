/** How long to wait before the n-th try again. Pure; the random number is handed in. */
import type { Milliseconds } from './milliseconds.ts'
import type { Backoff } from './program.ts'

/** n counts from 1. The result never exceeds `maxMs`, jitter included. */
export function backoffDelay(backoff: Backoff, n: number, random: number): Milliseconds {
  const { kind, initialMs, factor, maxMs, jitter } = backoff
  const plain = kind === 'linear' ? initialMs * n : initialMs * factor ** (n - 1)
  // After many tries the power overflows to Infinity, and Infinity × 0 is no number: a slot would wait for it for ever.
  const capped = initialMs === 0 ? 0 : Math.min(plain, maxMs)
  return Math.round(Math.min(maxMs, capped * (1 + jitter * (2 * random - 1))))
}
