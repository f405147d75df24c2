/** Merging by time: everything once, each sequence in its own order, and all in the order of time where clocks go forward. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { TimeOrder } from './time-order.ts'

function merge(sequences: readonly (readonly number[])[]): [sequence: number, time: number][] {
  const order = new TimeOrder<number>()
  const at = sequences.map(() => 0)
  const merged: [number, number][] = []
  sequences.forEach((times, index) => {
    if (times[0] !== undefined) order.add(index, times[0])
  })
  for (let next = order.take(); next !== null; next = order.take()) {
    const place = at[next] ?? 0
    merged.push([next, sequences[next]?.[place] ?? Number.NaN])
    at[next] = place + 1
    const time = sequences[next]?.[place + 1]
    if (time !== undefined) order.add(next, time)
  }
  return merged
}

const sequences = fc.array(fc.array(fc.nat(30), { maxLength: 20 }), { maxLength: 8 })

test('gives everything once, each sequence in its own order, whatever the clocks did', () => {
  fc.assert(
    fc.property(sequences, (given) => {
      const merged = merge(given)
      given.forEach((times, index) => {
        expect(merged.filter(([sequence]) => sequence === index).map(([, time]) => time)).toEqual(times)
      })
    }),
  )
})

test('is in the order of time where no clock is set back', () => {
  fc.assert(
    fc.property(sequences, (given) => {
      const times = merge(given.map((one) => [...one].sort((a, b) => a - b))).map(([, time]) => time)
      expect(times).toEqual([...times].sort((a, b) => a - b))
    }),
  )
})

test('what is set back waits for nobody longer than the time that it had reached', () => {
  // The first was at 100 when its clock went back to 10: the second is at 50, and comes first.
  expect(
    merge([
      [100, 10, 11],
      [50, 101],
    ]),
  ).toEqual([
    [1, 50],
    [0, 100],
    [0, 10],
    [0, 11],
    [1, 101],
  ])
})

test('equal times come in turn', () => {
  expect(
    merge([
      [1, 1],
      [1, 1],
    ]).map(([sequence]) => sequence),
  ).toEqual([0, 1, 0, 1])
})
