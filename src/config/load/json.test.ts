import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readJson } from './json.ts'

test.each<[string, number]>([
  ['{\n "a": 1,\n "b": oops\n}', 3],
  ['// c\n{}', 1],
  ['{\n "a": 1\n "b": 2\n}', 3],
  ['{\n "a": [1, 2\n', 2],
  ['{ "a": "tab\t" }', 1],
  ['{}\n{}', 2],
  ['{\n"a":1,\n}', 3],
  ['[1,\n2,\n]', 3],
  ['{\n\n"a" 1}', 3],
  ["{\n'a': 1}", 2],
])('%j is wrong in line %d', (text, line) => {
  expect(readJson(text).mistakes).toEqual([expect.objectContaining({ code: 'syntax', line })])
})

test('gives what JavaScript’s own reader gives, with lines inside the text', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.constantFrom(0, 2, '\t'), (value, indent) => {
      const text = JSON.stringify(value, null, indent)
      const read = readJson(text)
      expect(read.value).toEqual(JSON.parse(text))
      expect(read.mistakes).toEqual([])
      expect(read.locate(['a', 0]) ?? 1).toBeLessThanOrEqual(text.split('\n').length)
    }),
  )
})

test('finds the line of every key, whatever the indentation', () => {
  const text = '{\n\t"programs": {\n\t\t"a": {\n\t\t\t"command": ["x",\n"y"]\n}}}'
  const { locate } = readJson(text)
  expect(locate(['programs'])).toBe(2)
  expect(locate(['programs', 'a'])).toBe(3)
  expect(locate(['programs', 'a', 'command'])).toBe(4)
  expect(locate(['programs', 'a', 'command', 1])).toBe(5)
  expect(locate(['programs', 'a', 'missing'])).toBe(3)
})
