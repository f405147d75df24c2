/** When limits are reached, and that no plausible growth passes one by much before it is looked at again. */
import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import {
  decideLimits,
  hasOutgrownGrace,
  type Limits,
  lifetimeOf,
  nextLimitedLookMs,
  noLimits,
  spreadOf,
} from './limits.ts'
import { addReading, isPeakNews, nextLookMs, type RunUsageNow } from './usage.ts'

const MB = 1024 ** 2

function usage(changes: Partial<RunUsageNow> = {}): RunUsageNow {
  return {
    cpuMs: 0,
    rssBytes: 10 * MB,
    processes: 1,
    openFiles: 3,
    at: 0,
    cpuPercent: 0,
    growth: 0,
    peak: { treeRssBytes: 10 * MB, processes: 1, openFiles: 3 },
    lostCpuMs: 0,
    quiet: 0,
    ...changes,
  }
}

const young = { ageMs: 0, spread: 0.5, isWarned: false }

describe('a limit is reached', () => {
  test.each<[string, Partial<Limits>, Partial<RunUsageNow> | null, number, string | null]>([
    ['not without limits', {}, { rssBytes: 1e12, cpuMs: 1e12 }, 1e12, null],
    ['memory: not below', { memoryBytes: 100 * MB }, { rssBytes: 100 * MB - 1 }, 0, null],
    ['memory: by as much', { memoryBytes: 100 * MB }, { rssBytes: 100 * MB }, 0, 'memory'],
    ['memory: not before a look', { memoryBytes: 100 * MB }, null, 1e9, null],
    ['cpu', { cpuMs: 1000 }, { cpuMs: 1000 }, 0, 'cpu'],
    ['cpu: not below', { cpuMs: 1000 }, { cpuMs: 990 }, 0, null],
    ['lifetime without a look', { lifetime: { afterMs: 1000, jitter: 0 } }, null, 1000, 'lifetime'],
    ['lifetime: not before', { lifetime: { afterMs: 1000, jitter: 0 } }, null, 999, null],
    ['lifetime by its jitter', { lifetime: { afterMs: 1000, jitter: 0.5 } }, null, 1000, 'lifetime'],
    ['memory before the rest', { memoryBytes: MB, lifetime: { afterMs: 1, jitter: 0 } }, {}, 10, 'memory'],
  ])('%s', (_name, limits, now, ageMs, expected) => {
    const { reached } = decideLimits(
      { ...noLimits, ...limits },
      { ...young, ageMs, usage: now && usage(now) },
    )
    expect(reached?.reason.kind ?? null).toBe(expected)
  })
})

describe('a run that lasts too long', () => {
  const limits = { ...noLimits, warnAfterMs: 11_000, timeoutMs: 14_000 }
  test.each([
    [10_999, false, false],
    [11_000, false, true],
    [13_999, false, true],
    [13_000, true, false],
    [14_000, false, false],
  ])('S-T19 at %i ms, told already %s: is to be told %s', (ageMs, isWarned, expected) => {
    expect(decideLimits(limits, { ...young, ageMs, isWarned, usage: null }).isOverdue).toBe(expected)
  })

  it('is decided about again exactly when the time comes', () => {
    const at = (ageMs: number, isWarned = false): number =>
      decideLimits(limits, { ...young, ageMs, isWarned, usage: null }).nextDecisionMs
    expect([at(0), at(10_000), at(11_000), at(12_000, true)]).toEqual([11_000, 1000, Infinity, Infinity])
  })
})

describe('the next look', () => {
  /** Looks at a run that grows as told until its limit is reached; gives what it holds then. */
  function growUntilSeen(limitBytes: number, startBytes: number, quietMs: number, perMs: number): number {
    const limits = { ...noLimits, memoryBytes: limitBytes }
    const held = (at: number): number => startBytes + Math.max(0, at - quietMs) * perMs
    let now: RunUsageNow | null = null
    for (let at = 0, looks = 0; looks < 100_000; looks++) {
      const reading = { cpuMs: 0, rssBytes: held(at), processes: 1, openFiles: null }
      now = addReading(now, reading, at, { ageMs: 0, peak: null })
      if (decideLimits(limits, { ...young, ageMs: at, usage: now }).reached) return now.rssBytes
      at += nextLimitedLookMs(limits, now)
    }
    return Number.NaN
  }

  it('W-C9 comes before 1.3 times a limit of 100 MB, whenever a growth of 40 MB/s begins', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 99 }), fc.integer({ min: 0, max: 20_000 }), (start, quietMs) => {
        const seen = growUntilSeen(100 * MB, start * MB, quietMs, (40 * MB) / 1000)
        expect(seen).toBeLessThan(130 * MB)
      }),
    )
  })

  it('comes at most four times a second for what is near its limit and does not grow', () => {
    const limits = { ...noLimits, memoryBytes: 100 * MB }
    expect(nextLimitedLookMs(limits, usage({ rssBytes: 99 * MB }))).toBe(250)
    expect(nextLimitedLookMs(limits, usage({ rssBytes: 10 * MB }))).toBe(1800)
    expect(nextLimitedLookMs(limits, usage({ rssBytes: 99 * MB, growth: 0.04 * MB }))).toBe(40)
  })

  it('comes when the CPU time may be used up, by all the cores that it has', () => {
    const limits = { ...noLimits, cpuMs: 10_000 }
    expect(nextLimitedLookMs(limits, usage({ cpuMs: 9000, cpuPercent: 20 }))).toBe(1000)
    expect(nextLimitedLookMs(limits, usage({ cpuMs: 9000, cpuPercent: 400 }))).toBe(250)
  })

  it('comes less and less for what has no limit and does nothing', () => {
    expect([0, 1, 2, 3, 50].map((quiet) => nextLookMs({ quiet }))).toEqual([
      5000, 10_000, 20_000, 30_000, 30_000,
    ])
  })

  it('W-C10 cuts a grace short at twice the limit and not before', () => {
    const limits = { ...noLimits, memoryBytes: 100 * MB }
    expect(hasOutgrownGrace(limits, usage({ rssBytes: 200 * MB }))).toBe(false)
    expect(hasOutgrownGrace(limits, usage({ rssBytes: 200 * MB + 1 }))).toBe(true)
    expect(hasOutgrownGrace(noLimits, usage({ rssBytes: 1e15 }))).toBe(false)
  })
})

it('spreads lifetimes around what was said, for each run the same in every agent', () => {
  const spreads = Array.from({ length: 2000 }, (_, index) =>
    spreadOf(`01kd${index.toString(32).padStart(8, '0')}`),
  )
  expect(spreads.every((spread) => spread >= 0 && spread < 1)).toBe(true)
  for (let part = 0; part < 10; part++) {
    const share = spreads.filter((spread) => Math.floor(spread * 10) === part).length / spreads.length
    expect(share).toBeGreaterThan(0.06)
    expect(share).toBeLessThan(0.14)
  }
  expect(spreadOf('a')).toBe(spreadOf('a'))
  expect(lifetimeOf({ afterMs: 1000, jitter: 0.1 }, 0)).toBe(900)
  expect(lifetimeOf({ afterMs: 1000, jitter: 0.1 }, 0.5)).toBe(1000)
})

describe('usage out of readings', () => {
  const reading = { cpuMs: 0, rssBytes: MB, processes: 1, openFiles: 3 }

  it('never lets the sum of CPU time fall, nor a peak', () => {
    const value = fc.integer({ min: 0, max: 1_000_000 })
    fc.assert(
      fc.property(
        fc.array(fc.record({ cpuMs: value, rssBytes: value, processes: value }), { minLength: 2 }),
        (all) => {
          let now: RunUsageNow | null = null
          for (const [index, one] of all.entries()) {
            const next = addReading(now, { ...one, openFiles: null }, index * 1000, { ageMs: 0, peak: null })
            expect(next.cpuMs).toBeGreaterThanOrEqual(now?.cpuMs ?? 0)
            expect(next.peak.treeRssBytes).toBeGreaterThanOrEqual(one.rssBytes)
            expect(next.peak.processes).toBeGreaterThanOrEqual(now?.peak.processes ?? 0)
            now = next
          }
        },
      ),
    )
  })

  it('tells the share of a core since the look before, first since the start', () => {
    const first = addReading(null, { ...reading, cpuMs: 500 }, 5000, { ageMs: 1000, peak: null })
    expect(first.cpuPercent).toBe(50)
    const second = addReading(first, { ...reading, cpuMs: 700 }, 6000, { ageMs: 2000, peak: null })
    expect(second.cpuPercent).toBe(20)
    // Too soon to say anything new.
    expect(addReading(second, { ...reading, cpuMs: 710 }, 6050, { ageMs: 2050, peak: null }).cpuPercent).toBe(
      20,
    )
  })

  it('goes on from the peak that an agent before recorded', () => {
    const peak = { treeRssBytes: 9 * MB, processes: 1, openFiles: 7 }
    const now = addReading(null, { ...reading, processes: 2, openFiles: null }, 0, { ageMs: 0, peak })
    expect(now.peak).toEqual({ treeRssBytes: 9 * MB, processes: 2, openFiles: 7 })
    expect(isPeakNews(peak, { ...peak, treeRssBytes: 9.5 * MB })).toBe(false)
    expect(isPeakNews(peak, { ...peak, treeRssBytes: 11 * MB })).toBe(true)
    expect(isPeakNews(null, peak)).toBe(true)
  })
})
