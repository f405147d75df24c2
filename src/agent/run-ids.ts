/**
 * Ids of runs: 14 characters that sort by the time of the claim and can be typed and double-clicked. Nine hold the milliseconds
 * since 1970, five are drawn at random and counted up within one millisecond.
 */
import { randomInt } from 'node:crypto'
import type { Clock } from '../clock.ts'

/** Digits and letters without i, l, o and u, which are misread. Their order is that of their codes. */
const digits = '0123456789abcdefghjkmnpqrstvwxyz'
const timeDigits = 9
const randomDigits = 5
const randomRange = 32 ** randomDigits

export class RunIds {
  private readonly clock: Clock
  private lastMs = 0
  private tail = 0

  constructor(clock: Clock) {
    this.clock = clock
  }

  /** What an agent before this one gave last. */
  startAfter(id: string): void {
    if (!isRunId(id)) return
    this.lastMs = decode(id.slice(0, timeDigits))
    this.tail = decode(id.slice(timeDigits))
  }

  next(): string {
    // While the clock is behind, the last known time is used on, so that ids always grow: they are the order of runs.
    const ms = Math.max(Math.floor(this.clock.now()), this.lastMs)
    this.tail = ms === this.lastMs ? this.tail + 1 : randomInt(randomRange / 2)
    this.lastMs = ms
    if (this.tail === randomRange) {
      // The millisecond is used up, which a clock that stands still can do: the next one is begun ahead of time.
      this.tail = 0
      this.lastMs += 1
    }
    return encode(this.lastMs, timeDigits) + encode(this.tail, randomDigits)
  }
}

export function isRunId(text: string): boolean {
  return text.length === timeDigits + randomDigits && [...text].every((digit) => digits.includes(digit))
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

function decode(text: string): number {
  let value = 0
  for (const digit of text) value = value * 32 + digits.indexOf(digit)
  return value
}
