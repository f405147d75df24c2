import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { OutputView } from '../contract/views.ts'
import { LogLines } from './log-lines.ts'

const piece = (text: string, given: Partial<OutputView> = {}): OutputView => ({
  slot: 'a:0',
  name: 'a',
  run: 'r1',
  stream: 'out',
  offset: 0,
  text,
  ...given,
})
const textsOf = (lines: { text: string }[]): string[] => lines.map(({ text }) => text)

describe('lines from pieces', () => {
  test('are the same however the output is cut and mixed with that of others', () => {
    const line = fc.string({ unit: 'grapheme', maxLength: 8 }).map((text) => text.replace(/[\r\n]/g, ''))
    const program = fc.record({ lines: fc.array(line, { maxLength: 8 }), cuts: fc.array(fc.nat(20)) })
    fc.assert(
      fc.property(
        fc.array(program, { minLength: 1, maxLength: 3 }),
        fc.infiniteStream(fc.nat(2)),
        (programs, turns) => {
          const queues = programs.map(({ lines, cuts }, index) =>
            cutUp(lines.map((text) => `${text}\n`).join(''), cuts, `p${index}`),
          )
          const assembled = new LogLines()
          const got: { name: string; text: string }[] = []
          while (queues.some((queue) => queue.length > 0)) {
            const turn = turns.next().value % queues.length
            const queue =
              (queues[turn]?.length ?? 0) > 0 ? queues[turn] : queues.find(({ length }) => length > 0)
            const next = queue?.shift()
            if (next) got.push(...assembled.add(next))
          }
          expect(assembled.end()).toEqual([])
          programs.forEach(({ lines }, index) => {
            expect(textsOf(got.filter(({ name }) => name === `p${index}`))).toEqual(lines)
          })
        },
      ),
    )
  })

  test('a line without its end comes when the stream ends', () => {
    const lines = new LogLines()
    expect(lines.add(piece('prompt> '))).toEqual([])
    expect(lines.end()).toEqual([{ name: 'a', stream: 'out', text: 'prompt> ', time: null }])
    expect(lines.end()).toEqual([])
  })

  test('what a dead run left is a line of its own before those of the next', () => {
    const lines = new LogLines()
    lines.add(piece('half'))
    expect(textsOf(lines.add(piece('new\n', { run: 'r2' })))).toEqual(['half', 'new'])
  })

  test('the two streams of a run have lines of their own', () => {
    const lines = new LogLines()
    lines.add(piece('out '))
    expect(textsOf(lines.add(piece('err\n', { stream: 'err' })))).toEqual(['err'])
    expect(textsOf(lines.add(piece('more\n', { offset: 4 })))).toEqual(['out more'])
  })

  test('a line without an end in sight comes in parts, so that memory stays small', () => {
    const lines = new LogLines()
    expect(textsOf(lines.add(piece('x'.repeat(70_000))))).toEqual(['x'.repeat(70_000)])
  })

  test('what was seen before is left out, also within a piece and counted in bytes', () => {
    const lines = new LogLines()
    expect(textsOf(lines.add(piece('ä\nb')))).toEqual(['ä'])
    expect(textsOf(lines.add(piece('ä\nb')))).toEqual([])
    expect(textsOf(lines.add(piece('ä\nbc\n')))).toEqual(['bc'])
  })

  test('a carriage return before a line break is no part of the line', () => {
    expect(textsOf(new LogLines().add(piece('dos\r\n')))).toEqual(['dos'])
  })

  test('what follows bytes that are no characters is whole', () => {
    const lines = new LogLines()
    expect(textsOf(lines.add(piece('a\ufffd\ufffdb\n')))).toEqual(['a\ufffd\ufffdb'])
    // Two bytes were sent as six.
    expect(textsOf(lines.add(piece('next\n', { offset: 5 })))).toEqual(['next'])
  })

  test('what ends before a gap is a line of its own', () => {
    const lines = new LogLines()
    expect(textsOf(lines.add(piece('cut o')))).toEqual([])
    expect(textsOf(lines.add(piece('later\n', { offset: 900 })))).toEqual(['cut o', 'later'])
  })

  test('a line came when its beginning did', () => {
    const lines = new LogLines()
    const [early, late] = ['2026-11-22T12:00:00.000Z', '2026-11-22T12:00:01.000Z']
    lines.add(piece('a', { time: early }))
    expect(lines.add(piece('b\nc\n', { offset: 1, time: late })).map(({ time }) => time)).toEqual([
      early,
      late,
    ])
  })
})

function cutUp(text: string, cuts: number[], name: string): OutputView[] {
  const characters = [...text]
  const pieces: OutputView[] = []
  let offset = 0
  while (characters.length > 0) {
    const part = characters.splice(0, (cuts[pieces.length] ?? 3) + 1).join('')
    pieces.push(piece(part, { name, slot: `${name}:0`, run: `run of ${name}`, offset }))
    offset += Buffer.byteLength(part)
  }
  return pieces
}
