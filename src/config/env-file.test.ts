import { expect, test } from 'vitest'
import { parseEnvFile } from './env-file.ts'

test('reads names and values, quotes, comments and exports', () => {
  const text = [
    '# comment',
    '',
    'A=1',
    'export B = two words # and a comment',
    "C='single $A \\n # kept'",
    'D="line\\nbreak \\"quoted\\" \\$A"  # after',
    'E=',
    'F=a#b',
    '  G="over',
    'two lines"',
    'A=again',
    'URL=postgres://u:p@h/db?x=1',
  ].join('\r\n')
  expect(parseEnvFile(text)).toEqual({
    values: {
      A: 'again',
      B: 'two words',
      C: 'single $A \\n # kept',
      D: 'line\nbreak "quoted" $A',
      E: '',
      F: 'a#b',
      G: 'over\ntwo lines',
      URL: 'postgres://u:p@h/db?x=1',
    },
    mistakes: [],
  })
})

test('tells the line of each mistake, never its text', () => {
  const { values, mistakes } = parseEnvFile('A=1\ns3cret\nC=2\n\nD="x" y\nE=3')
  expect(values).toMatchObject({ A: '1', C: '2', E: '3' })
  expect(mistakes).toEqual([
    { line: 2, message: 'expected NAME=value, a comment or an empty line' },
    { line: 5, message: 'something follows the closing quote of D' },
  ])
})

test('tells a quote that is never closed', () => {
  expect(parseEnvFile('A=1\nB="open\nC=2').mistakes).toEqual([
    { line: 2, message: 'the quote that opens the value of B is never closed' },
  ])
})

test('keeps names that JavaScript’s objects already have', () => {
  expect(parseEnvFile('constructor=a').values).toEqual({ constructor: 'a' })
})
