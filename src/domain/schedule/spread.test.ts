/** `H` and `~`: always the same for a name, spread over all names, each field by itself. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseExpression } from './expression.ts'
import { spreadOf } from './spread.ts'

function fieldsOf(text: string, seed: string): string[] {
  const read = parseExpression(text, seed)
  if (!read.ok || read.schedule.kind !== 'cron') throw new Error(`${text} is no cron expression`)
  return read.schedule.pattern.split(' ')
}

const minuteOf = (text: string, seed: string): number => Number(fieldsOf(text, seed)[1])
const minutesOf = (text: string, seed: string): number[] =>
  (fieldsOf(text, seed)[1] ?? '').split(',').map(Number)

test('a version of Drover moves no job: the values are these for ever', () => {
  expect(spreadOf('', '')).toBe(4228913418)
  expect(spreadOf('report', 'minute')).toBe(2683948996)
  expect(spreadOf('bericht-für-köln', 'hour')).toBe(640864603)
  expect(fieldsOf('H H H H H H', 'report').join(' ')).toBe('24 16 8 22 7 2')
})

test('the same name gives the same time, whatever it is', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (seed) => {
      expect(fieldsOf('H H H * *', seed)).toEqual(fieldsOf('H H H * *', seed))
      expect(fieldsOf('~ ~ ~ * *', seed)).toEqual(fieldsOf('h h h * *', seed))
    }),
  )
})

describe('each form stays where it is told to', () => {
  const within = (least: number, most: number) => (value: number) => value >= least && value <= most
  test.each([
    ['H', within(0, 59)],
    ['~', within(0, 59)],
    ['H(10-19)', within(10, 19)],
    ['10~19', within(10, 19)],
    ['50~', within(50, 59)],
    ['~9', within(0, 9)],
    ['H(55-5)', (value: number) => value >= 55 || value <= 5],
    ['55~5', (value: number) => value >= 55 || value <= 5],
    ['H(7-7)', (value: number) => value === 7],
  ])('%s', (field, isWithin) => {
    const values = new Set<number>()
    for (let index = 0; index < 1000; index += 1) values.add(minuteOf(`${field} * * * *`, `job-${index}`))
    for (const value of values) expect(isWithin(value), String(value)).toBe(true)
    const possible = Array.from({ length: 60 }, (_, minute) => minute).filter(isWithin)
    expect(values.size).toBe(possible.length)
  })

  test.each([
    ['H/15', 15, 4],
    ['~/15', 15, 4],
    ['H(0-29)/10', 10, 3],
    ['0~29/10', 10, 3],
  ])('%s', (field, every, count) => {
    const firsts = new Set<number>()
    for (let index = 0; index < 500; index += 1) {
      const [first = 0, ...others] = minutesOf(`${field} * * * *`, `job-${index}`)
      firsts.add(first)
      expect(others).toEqual(Array.from({ length: count - 1 }, (_, place) => first + (place + 1) * every))
    }
    expect(firsts.size).toBe(every)
  })

  test('a step that is longer than the range leaves one value in it', () => {
    for (let index = 0; index < 200; index += 1) {
      const values = minutesOf('H(20-24)/30 * * * *', `job-${index}`)
      expect(values).toHaveLength(1)
      expect(within(20, 24)(values[0] ?? -1)).toBe(true)
    }
  })

  test('a day of the month is one that each month has, unless another one is asked for', () => {
    const days = (text: string): number[] =>
      Array.from({ length: 1000 }, (_, index) => Number(fieldsOf(`0 0 ${text} * *`, `job-${index}`)[3]))
    expect(Math.max(...days('H'))).toBe(28)
    expect(Math.min(...days('H'))).toBe(1)
    expect(Math.max(...days('~'))).toBe(28)
    expect(Math.max(...days('H(25-31)'))).toBe(31)
    expect(Math.max(...days('25~'))).toBe(31)
  })

  test('it can stand in a list', () => {
    expect(minutesOf('H(0-9),30 * * * *', 'job')).toHaveLength(2)
  })
})

/** How much less even counts are than chance would have them: chi-squared, in its standard deviations. */
function unevenness(counts: readonly number[]): number {
  const mean = counts.reduce((sum, count) => sum + count, 0) / counts.length
  const chiSquared = counts.reduce((sum, count) => sum + (count - mean) ** 2 / mean, 0)
  const freedom = counts.length - 1
  return (chiSquared - freedom) / Math.sqrt(2 * freedom)
}

const nameForms: readonly ((index: number) => string)[] = [
  (index) => `job-${index}`,
  (index) => `${index}`,
  (index) => `backup-of-db${String(index).padStart(4, '0')}-nightly`,
  (index) => 'x'.repeat(index % 97) + String.fromCharCode(97 + (index % 26)) + index,
]

test.each(nameForms.map((name) => [name(7), name] as const))(
  'names such as %s are spread evenly',
  (_, name) => {
    for (const [text, place, least, size] of [
      ['H * * * *', 1, 0, 60],
      ['0 H * * *', 2, 0, 24],
      ['0 0 * * H', 5, 0, 7],
      ['0 0 H * *', 3, 1, 28],
      ['0 0 1 H *', 4, 1, 12],
    ] as const) {
      const counts = Array.from({ length: size }, () => 0)
      for (let index = 0; index < 4000; index += 1) {
        const value = Number(fieldsOf(text, name(index))[place]) - least
        counts[value] = (counts[value] ?? 0) + 1
      }
      expect(unevenness(counts), text).toBeLessThan(4)
    }
  },
)

test.each(nameForms.map((name) => [name(7), name] as const))(
  'of names such as %s, the fields differ independently',
  (_, name) => {
    const counts = Array.from({ length: 60 * 24 }, () => 0)
    for (let index = 0; index < 15_000; index += 1) {
      const [, minute, hour] = fieldsOf('H H * * *', name(index)).map(Number)
      const cell = (hour ?? 0) * 60 + (minute ?? 0)
      counts[cell] = (counts[cell] ?? 0) + 1
    }
    expect(unevenness(counts)).toBeLessThan(4)
  },
)
