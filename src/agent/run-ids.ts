/**
 * Ids of runs: 14 characters that sort by the time of the claim and can be typed and double-clicked. Nine hold the milliseconds
 * since 1970, five are drawn at random and counted up within one millisecond.
 */
import { randomInt } from 'node:crypto'
import type { Clock } from '../clock.ts'

/** Digits and letters without i, l, o and u, which are misread. Their order is that of their codes. */
const digits = '0123456789abcdefghjkmnpqrstvwxyz'
const randomDigits = 5
const randomRange = 32 ** randomDigits

export function createRunIds(clock: Clock): () => string {
  let lastMs = 0
  let tail = 0
  return () => {
    // After a step backwards the last known time is used on, so that ids of one agent always grow.
    const ms = Math.max(Math.floor(clock.now()), lastMs)
    tail = ms === lastMs ? tail + 1 : randomInt(randomRange / 2)
    lastMs = ms
    return encode(ms, 9) + encode(tail, randomDigits)
  }
}

export function isRunId(text: string): boolean {
  return text.length === 9 + randomDigits && [...text].every((digit) => digits.includes(digit))
}

function encode(value: number, length: number): string {
  let text = ''
  let rest = value
  for (let index = 0; index < length; index++) {
    text = digits.charAt(rest % 32) + text
    rest = Math.floor(rest / 32)
  }
  return text
}
