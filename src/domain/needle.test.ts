/** What every match must have in it: never too much, in whatever way a pattern is written. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { findNeedle } from './needle.ts'

test.each([
  ['error', 'error'],
  ['error \\d+ in module', ' in module'],
  ['^GET /api/', 'GET /api/'],
  ['a\\.b\\.c', 'a.b.c'],
  ['colou?r', 'colo'],
  ['goo+gl', 'goo'],
  ['ab*cdef', 'cdef'],
  ['a{3}bcd', 'bcd'],
  ['(foo|bar)bazinga', 'bazinga'],
  ['[abc]xyz[)|]', 'xyz'],
  ['foo|bar', null],
  ['(foo|bar)', null],
  ['\\w+\\s', null],
  ['\\x41bc', 'bc'],
  ['\\u0041\\bzz', 'zz'],
  ['über\\s', 'über'],
  ['😀+xy', 'xy'],
  ['a{b', null],
  ['.*', null],
  ['', null],
])('%s has %s', (pattern, needle) => expect(findNeedle(pattern)).toBe(needle))

test('whatever matches has it', () => {
  const part = fc.constantFrom(
    'a',
    'b',
    'ab',
    '.',
    'a?',
    'b+',
    'a*',
    '(a|b)',
    '[ab]',
    '\\w',
    '\\.',
    '|',
    '^',
    '(?:ab)?',
    'b{2}',
    'a{0,1}',
    '(?!a)',
    '\\x61',
    '😀?',
  )
  const word = fc.string({ unit: fc.constantFrom('a', 'b', '.', '😀'), maxLength: 8 })
  fc.assert(
    fc.property(fc.array(part, { maxLength: 6 }), word, (parts, text) => {
      const pattern = parts.join('')
      const needle = findNeedle(pattern)
      if (needle !== null && isMatch(pattern, text)) expect(text).toContain(needle)
    }),
    { numRuns: 5000 },
  )
})

function isMatch(pattern: string, text: string): boolean {
  try {
    return new RegExp(pattern).test(text)
  } catch {
    return false
  }
}
