/** The index of times as it may lie there: whole, torn, missing, behind, and with a clock that was set back. */
import { appendFileSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { partsWithin, RunTimes } from './output-times.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'drover-times-'))
})
afterEach(() => {
  rmSync(folder, { recursive: true })
})

function entries(...pairs: (readonly [position: number, time: number])[]): Buffer {
  const bytes = Buffer.alloc(pairs.length * 16)
  pairs.forEach(([position, time], index) => {
    bytes.writeBigInt64LE(BigInt(position), index * 16)
    bytes.writeBigInt64LE(BigInt(time), index * 16 + 8)
  })
  return bytes
}
const put = (name: string, bytes: Buffer | string): void => writeFileSync(join(folder, name), bytes)
const timesOf = (): RunTimes => new RunTimes(folder, 'out', 5)

describe('the time of a byte', () => {
  it('is that of the last entry up to it, over segments', () => {
    put('out.0', 'x'.repeat(100))
    put('out.0.times', entries([0, 1000], [40, 2000]))
    put('out.100', 'x'.repeat(50))
    put('out.100.times', entries([100, 3000], [120, 4000]))
    const times = timesOf()
    expect(times.at(0)).toMatchObject({ time: 1000, until: 40 })
    expect(times.at(39)).toMatchObject({ time: 1000, until: 40 })
    expect(times.at(40)).toMatchObject({ time: 2000, until: 100 })
    expect(times.at(119)).toMatchObject({ time: 3000, until: 120 })
    expect(times.at(149)).toMatchObject({ time: 4000, until: Number.POSITIVE_INFINITY })
    expect(times.at(5)).toMatchObject({ time: 1000, until: 40 })
  })

  it('is found among very many, forwards and back', () => {
    put('out.0', 'x')
    put('out.0.times', entries(...Array.from({ length: 5000 }, (_, n) => [n * 10, 1000 + n] as const)))
    const times = timesOf()
    for (let position = 0; position < 50_000; position += 7)
      expect(times.at(position).time).toBe(1000 + Math.floor(position / 10))
    expect(times.at(15)).toMatchObject({ time: 1001, until: 20 })
  })

  it('is seen as soon as it is written, in the segment and in the next', () => {
    put('out.0', 'x')
    put('out.0.times', entries([0, 1000]))
    const times = timesOf()
    expect(times.at(10).time).toBe(1000)
    appendFileSync(join(folder, 'out.0.times'), entries([8, 2000]))
    expect(times.at(10).time).toBe(2000)
    put('out.10', 'x')
    put('out.10.times', entries([10, 3000]))
    expect(times.at(10).time).toBe(3000)
  })

  it('of a torn entry counts for nothing', () => {
    put('out.0', 'x'.repeat(20))
    put('out.0.times', Buffer.concat([entries([0, 1000]), entries([10, 2000]).subarray(0, 11)]))
    expect(timesOf().at(15)).toMatchObject({ time: 1000, until: Number.POSITIVE_INFINITY })
  })

  it('lies between the changes of files where there is no index', () => {
    put('out.0', 'x'.repeat(20))
    put('out.20', 'x'.repeat(20))
    put('out.40', 'x'.repeat(20))
    put('out.40.times', entries([45, 9000]))
    utimesSync(join(folder, 'out.0'), 1, 1)
    utimesSync(join(folder, 'out.20'), 2, 2)
    utimesSync(join(folder, 'out.40'), 9, 9)
    expect(timesOf().at(3)).toEqual({ time: null, earliest: 5, latest: 1000, until: 20 })
    expect(timesOf().at(23)).toEqual({ time: null, earliest: 1000, latest: 2000, until: 40 })
    expect(timesOf().at(41)).toEqual({ time: null, earliest: 2000, latest: 9000, until: 45 })
    expect(timesOf().at(46)).toMatchObject({ time: 9000 })
  })

  it('is unknown where there is nothing', () => {
    expect(timesOf().at(0)).toMatchObject({ time: null, until: Number.POSITIVE_INFINITY })
    put('out.0.times', '')
    put('out.0', 'x')
    expect(timesOf().at(0).time).toBeNull()
  })
})

describe('the parts of a window', () => {
  const parts = (since: number | null, until: number | null) => [
    ...partsWithin(timesOf(), { start: 0, end: 150 }, { since, until }),
  ]

  it('are told without a look at the bytes; since belongs to it, until does not', () => {
    put('out.0', '')
    put('out.0.times', entries([0, 1000], [40, 2000], [60, 3000]))
    put('out.100.gz', '')
    put('out.100.times', entries([100, 4000]))
    expect(parts(null, null)).toEqual([{ from: 0, to: 150 }])
    expect(parts(2000, 3000)).toEqual([{ from: 40, to: 60 }])
    expect(parts(2001, 4000)).toEqual([{ from: 60, to: 100 }])
    expect(parts(3000, null)).toEqual([{ from: 60, to: 150 }])
    expect(parts(5000, null)).toEqual([])
  })

  it('are several where the clock was set back', () => {
    put('out.0', '')
    put('out.0.times', entries([0, 1000], [40, 2000], [60, 1000], [80, 2000]))
    expect(parts(null, 1500)).toEqual([
      { from: 0, to: 40 },
      { from: 60, to: 80 },
    ])
  })
})
