import { describe, expect, test } from 'vitest'
import { inWords } from './duration-words.ts'

describe('S-C10 a span of time in words', () => {
  const second = 1000
  const minute = 60 * second
  const hour = 60 * minute
  const day = 24 * hour
  const cases: [span: number, words: string][] = [
    [0, 'less than a second'],
    [999, 'less than a second'],
    [second, '1 second'],
    [1499, '1 second'],
    [1500, '2 seconds'],
    [59_400, '59 seconds'],
    [59_700, '1 minute'],
    [minute, '1 minute'],
    [minute + 3 * second, '1 minute, 3 seconds'],
    [2 * minute + 1 * second, '2 minutes, 1 second'],
    [59 * minute + 59_600, '1 hour'],
    [hour, '1 hour'],
    [hour + 20 * second, '1 hour'],
    [hour + 3 * minute, '1 hour, 3 minutes'],
    [23 * hour + 59 * minute + 40 * second, '1 day'],
    [day + 2 * hour, '1 day, 2 hours'],
    [2 * day + 23 * hour + 45 * minute, '3 days'],
    [400 * day, '400 days'],
  ]
  for (const [span, words] of cases) test(`${span} ms: ${words}`, () => expect(inWords(span)).toBe(words))
})
