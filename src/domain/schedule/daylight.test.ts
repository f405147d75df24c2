/** What previews say of changes of the clocks. */
import { describe, expect, test } from 'vitest'
import { compileCalendar } from './calendar.ts'
import { noteOn } from './daylight.ts'

/** The notes of the next due times, without those that say nothing. */
function notesOf(text: string, zone: string, after: string, count: number): string[] {
  const input = { expressions: [text], at: [], timezone: zone, seed: '' }
  const times = compileCalendar(input).enumerate(Date.parse(after), Number.POSITIVE_INFINITY, 0, count)
  return times.flatMap((time) => noteOn(input, time) ?? [])
}

describe('S-F7: a preview says what is done', () => {
  test.each([
    ['a gap', '30 2 * * *', '2026-03-27T12:00Z', 4, ['02:30 does not exist on 29 Mar: 03:00']],
    ['with seconds', '15 30 2 * * *', '2026-03-27T12:00Z', 4, ['02:30:15 does not exist on 29 Mar: 03:00']],
    [
      'the first of several',
      '0,20,40 2 * * *',
      '2026-03-27T12:00Z',
      9,
      ['02:00 does not exist on 29 Mar: 03:00'],
    ],
    ['a repeated hour', '30 2 * * *', '2026-10-23T12:00Z', 4, ['02:30 comes twice on 25 Oct: the first']],
    [
      'an interval in it',
      '30 * * * *',
      '2026-10-24T22:00Z',
      5,
      ['02:30 comes twice on 25 Oct: the first', '02:30 comes twice on 25 Oct: the second'],
    ],
    [
      'an interval over a gap',
      '30 * * * *',
      '2026-03-28T22:00Z',
      5,
      ['02:30 does not exist on 29 Mar: left out'],
    ],
    [
      'an interval that loses its hour',
      '*/30 2 * * *',
      '2026-03-28T12:00Z',
      3,
      ['02:00 does not exist on 29 Mar: left out'],
    ],
    ['nothing beside it', '30 1 * * *', '2026-03-27T12:00Z', 5, []],
    ['nor for all that goes through', '@every 1h', '2026-03-28T22:00Z', 5, []],
  ])('%s', (_, text, after, count, notes) =>
    expect(notesOf(text, 'Europe/Berlin', after, count)).toEqual(notes),
  )

  test('over midnight', () => {
    expect(notesOf('30 23 * * *', 'America/Godthab', '2027-03-27T12:00Z', 1)).toEqual([
      '23:30 does not exist on 27 Mar: 00:00',
    ])
  })

  test('of one-off times', () => {
    const note = (at: string, dueAt: string): string | null =>
      noteOn({ expressions: [], at: [at], timezone: 'Europe/Berlin', seed: '' }, Date.parse(dueAt))
    expect(note('2026-03-29 02:30', '2026-03-29T01:00Z')).toBe('02:30 does not exist on 29 Mar: 03:00')
    expect(note('2026-10-25 02:30', '2026-10-25T00:30Z')).toBe('02:30 comes twice on 25 Oct: the first')
    expect(note('2026-03-29 01:30', '2026-03-29T00:30Z')).toBeNull()
    expect(note('2026-10-25T00:30Z', '2026-10-25T00:30Z')).toBeNull()
  })

  test('only of the expression that is due', () => {
    const input = { expressions: ['0 12 * * *', '30 2 * * *'], at: [], timezone: 'Europe/Berlin', seed: '' }
    expect(noteOn(input, Date.parse('2026-03-29T01:00Z'))).toBe('02:30 does not exist on 29 Mar: 03:00')
    expect(noteOn(input, Date.parse('2026-03-29T10:00Z'))).toBeNull()
  })
})
