import { expect, test } from 'vitest'
import { aJob } from '../domain/testing/samples.ts'
import { shareParts } from './share-parts.ts'

/** As it comes out of a text: with no part that another one has. */
const read = <T>(value: T): T => JSON.parse(JSON.stringify(value))
const withKeep = (keep: number) => ({ output: { maxBytes: 1, keep } })

test('programs that say the same share their parts, and say what they said', () => {
  const programs = ['a', 'b', 'c'].map((name) => read(aJob({ locks: [name] }, { name })))
  const before = read(programs)
  shareParts(programs)
  expect(programs).toEqual(before)
  const [a, b, c] = programs
  expect(b?.stop).toBe(a?.stop)
  expect(c?.limits).toBe(a?.limits)
  expect(b?.job.retry).toBe(a?.job.retry)
  expect(c?.launch.stdout).toBe(a?.launch.stdout)
  expect(b?.job.locks).toEqual(['b'])
})

test('what differs is not shared, be it what is absent in one of them', () => {
  const param = { default: null, values: null, isRequired: false, description: null }
  const a = read(aJob({}, { name: 'a', ...withKeep(10) }))
  const b = read(aJob({ params: { SINCE: param } }, { name: 'b', ...withKeep(3) }))
  shareParts([a, b])
  expect([a.output.keep, b.output.keep]).toEqual([10, 3])
  expect([Object.keys(a.job.params), Object.keys(b.job.params)]).toEqual([[], ['SINCE']])
})

test('one that is between two others of a kind hides neither from the other', () => {
  const programs = [1, 2, 1, 2, 1].map((keep, index) =>
    read(aJob({}, { name: `j${index}`, ...withKeep(keep) })),
  )
  shareParts(programs)
  expect(programs[4]?.output).toBe(programs[0]?.output)
  expect(programs[3]?.output).toBe(programs[1]?.output)
})
