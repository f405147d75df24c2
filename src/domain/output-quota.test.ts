/** Ended runs go before what is alive, and old before new. */
import { expect, it } from 'vitest'
import { planQuota } from './output-quota.ts'

const ended = [
  { id: 'r3', bytes: 10 },
  { id: 'r1', bytes: 10 },
  { id: 'r2', bytes: 0 },
]
const segments = [
  { path: 'b', bytes: 10, at: 2 },
  { path: 'a', bytes: 10, at: 1 },
]

it.each([
  ['all fits', 60, [], []],
  ['the oldest run is enough', 59, ['r1'], []],
  ['both runs', 45, ['r1', 'r3'], []],
  ['runs and the oldest segment', 35, ['r1', 'r3'], ['a']],
  ['all that may go', 1, ['r1', 'r3'], ['a', 'b']],
])('%s', (_, quota, runs, dropped) => {
  expect(planQuota(quota, ended, 40, segments)).toEqual({ runs, segments: dropped })
})
