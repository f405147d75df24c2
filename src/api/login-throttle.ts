/**
 * How often an address may fail to log in: some times in a row, then once in a while. A right token is never held up, so that nobody can
 * lock others out from behind the same address. Remembers a bounded number of addresses.
 */
import type { Clock } from '../clock.ts'

const failuresAtOnce = 10
const msPerFailure = 6000
const mostAddresses = 4096

export class LoginThrottle {
  private readonly clock: Pick<Clock, 'monotonic'>
  /** When the address has as many failures free as at first. */
  private readonly freeAt = new Map<string, number>()

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.clock = clock
  }

  /** Counts a failure; false when there were too many. */
  mayFail(address: string): boolean {
    const key = networkOf(address)
    const now = this.clock.monotonic()
    const freeAt = Math.max(now, this.freeAt.get(key) ?? now)
    const isTooMany = freeAt - now > (failuresAtOnce - 1) * msPerFailure
    // A map keeps the order of insertion: who failed last goes to the end, whose failure is longest ago goes first.
    this.freeAt.delete(key)
    this.freeAt.set(key, isTooMany ? freeAt : freeAt + msPerFailure)
    if (this.freeAt.size > mostAddresses) {
      const [oldest] = this.freeAt.keys()
      if (oldest !== undefined) this.freeAt.delete(oldest)
    }
    return !isTooMany
  }
}

/** One customer of IPv6 has 2^64 addresses. */
export function networkOf(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '')
  if (!plain.includes(':')) return plain
  const [head = '', tail = ''] = plain.split('::')
  const left = head === '' ? [] : head.split(':')
  const right = tail === '' ? [] : tail.split(':')
  const zeros = plain.includes('::')
    ? Array<string>(Math.max(0, 8 - left.length - right.length)).fill('0')
    : []
  return `${[...left, ...zeros, ...right].slice(0, 4).join(':')}::/64`
}
