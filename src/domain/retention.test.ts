import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type KeptRun, planRetention } from './retention.ts'

const runs = (sizes: readonly number[], slot = 'a:0'): KeptRun[] =>
  sizes.map((bytes, index) => ({ id: `${slot}-${index}`, slot, bytes, endedAt: 1000 - index }))
const limits = (runsPerSlot: number, bytesPerSlot: number) => () => ({ runsPerSlot, bytesPerSlot })

test('keeps the newest ones up to the number', () => {
  expect(planRetention(runs([1, 1, 1, 1]), limits(2, 1000))).toEqual(['a:0-2', 'a:0-3'])
})

test('keeps the newest ones up to the bytes', () => {
  expect(planRetention(runs([40, 60, 1]), limits(100, 100))).toEqual(['a:0-2'])
})

test('keeps the newest one whatever its size, and with a limit of none', () => {
  expect(planRetention(runs([5000, 1]), limits(10, 100))).toEqual(['a:0-1'])
  expect(planRetention(runs([1, 1]), limits(0, 0))).toEqual(['a:0-1'])
})

test('counts each slot by itself, with its own limits', () => {
  const both = [...runs([1, 1], 'a:0'), ...runs([1, 1], 'b:0')]
  const perSlot = (slot: string) => ({ runsPerSlot: slot === 'a:0' ? 1 : 2, bytesPerSlot: 100 })
  expect(planRetention(both, perSlot)).toEqual(['a:0-1'])
})

test('drops what ended before a time, the newest one as well', () => {
  const aged = (endedBefore: number) => () => ({ runsPerSlot: 10, bytesPerSlot: 100, endedBefore })
  expect(planRetention(runs([1, 1, 1]), aged(999))).toEqual(['a:0-2'])
  expect(planRetention(runs([1, 1, 1]), aged(2000))).toEqual(['a:0-0', 'a:0-1', 'a:0-2'])
})

test('what is left is within the limits, never empty, and nothing more is dropped from it', () => {
  const anyRuns = fc.array(fc.record({ slot: fc.constantFrom('a:0', 'b:0'), bytes: fc.nat(100) }), {
    maxLength: 50,
  })
  fc.assert(
    fc.property(anyRuns, fc.nat(10), fc.nat(300), (some, most, bytes) => {
      const all = some.map((run, index) => ({ ...run, id: `r${index}`, endedAt: 0 }))
      const dropped = new Set(planRetention(all, limits(most, bytes)))
      const left = all.filter(({ id }) => !dropped.has(id))
      expect(planRetention(left, limits(most, bytes))).toEqual([])
      for (const slot of new Set(all.map((run) => run.slot))) {
        const kept = left.filter((run) => run.slot === slot)
        expect(kept[0], 'the newest one').toBe(all.find((run) => run.slot === slot))
        expect(kept.length).toBeLessThanOrEqual(Math.max(1, most))
        if (kept.length > 1) expect(kept.reduce((sum, run) => sum + run.bytes, 0)).toBeLessThanOrEqual(bytes)
      }
    }),
  )
})
