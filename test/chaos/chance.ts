/**
 * Chance that can be repeated: everything random in a test is drawn from one seed, which is printed, and taken from `DROVER_CHAOS_SEED` when that is
 * set. Processes have their own timing, so the same seed gives the same plan, not the same run.
 */
import process from 'node:process'

export interface Chance {
  readonly seed: number
  /** 0 ≤ result < 1. */
  next(): number
  /** A whole number from 0 to below `range`. */
  below(range: number): number
  /** True once in so many times. */
  onceIn(times: number): boolean
  pick<T>(from: readonly T[]): T | undefined
}

export function drawChance(what: string): Chance {
  const seed = Number(process.env.DROVER_CHAOS_SEED ?? Math.floor(Math.random() * 2 ** 31))
  console.log(`${what}: DROVER_CHAOS_SEED=${seed}`)
  return chanceFrom(seed)
}

export function chanceFrom(seed: number): Chance {
  let state = seed >>> 0
  // mulberry32: one state of 32 bits, good enough for choices.
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (range: number): number => Math.floor(next() * range)
  return {
    seed,
    next,
    below,
    onceIn: (times) => below(times) === 0,
    pick: (from) => from[below(from.length)],
  }
}

/** Whether the long forms of these tests are asked for (`npm run test:chaos`). */
export const isLong = process.env.DROVER_CHAOS === 'long'
