/**
 * Ids of runs: 14 characters that sort by the time of the claim and can be typed and double-clicked. Nine hold the milliseconds
 * since 1970, five are drawn at random and counted up within one millisecond.
 *
 * There may be two makers at once on one data directory: the agent, and any number of `drover exec`. Each kind has a half of what is drawn, so an
 * agent's id, which is recorded before its directory is made, is nobody else's. Two of `drover exec` can meet: the directory decides who has it.
 */
import { randomInt } from 'node:crypto'
import type { Clock } from '../../clock.ts'

/** Digits and letters without i, l, o and u, which are misread. Their order is that of their codes. */
const digits = '0123456789abcdefghjkmnpqrstvwxyz'
const timeDigits = 9
const randomDigits = 5
/** The first of the five tells the half: 0 to f, or g to z. */
const half = 32 ** randomDigits / 2
const halves = { agent: 0, exec: half } as const

export class RunIds {
  private readonly clock: Clock
  private readonly first: number
  private lastMs = 0
  private tail = 0

  constructor(clock: Clock, maker: keyof typeof halves = 'agent') {
    this.clock = clock
    this.first = halves[maker]
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
    this.tail = ms === this.lastMs ? this.tail + 1 : this.first + randomInt(half / 2)
    this.lastMs = ms
    if (this.tail >= this.first + half) {
      // The millisecond is used up, which a clock that stands still can do: the next one is begun ahead of time.
      this.tail = this.first
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
