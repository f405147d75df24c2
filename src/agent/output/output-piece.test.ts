/** What is told of segments as they lie on the disk: cut anywhere, rotated away, unfinished, unreadable. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { textOf } from '../../domain/output-text.ts'
import { RunOutput } from '../../process/output-files.ts'
import { nextPiece, type OutputPiece, toldBy } from './output-piece.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'drover-piece-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function lay(segments: Readonly<Record<number, Uint8Array | string>>): RunOutput {
  for (const [offset, bytes] of Object.entries(segments)) writeFileSync(join(folder, `out.${offset}`), bytes)
  return new RunOutput(folder, 'out')
}

interface Telling {
  readonly from?: number
  readonly most?: number
  readonly isOver?: boolean
}

/** One after the other, each from where the one before ended, as agents that know nothing but that would. */
function tellAll(source: RunOutput, { from = 0, most = 1024, isOver = true }: Telling = {}): OutputPiece[] {
  const pieces: OutputPiece[] = []
  for (let at = from; ; ) {
    const piece = nextPiece(source, 'out', at, { most, isOver, givesUp: false })
    if (!piece) return pieces
    pieces.push(piece)
    at = piece.to
  }
}

const inShort = (pieces: readonly OutputPiece[]): unknown[] =>
  pieces.map((piece) => [piece.from, piece.to, piece.kind === 'text' ? piece.text : null])

describe('S-T16 S-C12 what is told piece by piece', () => {
  test('is the whole text, whatever the bytes, segments and sizes of pieces are', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ minLength: 1, maxLength: 12 }), { maxLength: 20 }),
        fc.integer({ min: 4, max: 50 }),
        (parts, most) => {
          rmSync(folder, { recursive: true })
          folder = mkdtempSync(join(tmpdir(), 'drover-piece-'))
          let offset = 0
          const segments: Record<number, Uint8Array> = {}
          for (const part of parts) {
            segments[offset] = part
            offset += part.length
          }
          const pieces = tellAll(lay(segments), { most })
          const text = pieces.map((piece) => (piece.kind === 'text' ? piece.text : '?')).join('')
          expect(text).toBe(textOf(Buffer.concat(parts)))
          let at = 0
          for (const { from, to } of pieces) {
            expect(from).toBe(at)
            expect(to - from).toBeLessThanOrEqual(most)
            at = to
          }
          expect(at).toBe(offset)
        },
      ),
      { numRuns: 300 },
    )
  })

  test('waits for the rest of a character as long as something may come', () => {
    const source = lay({ 0: Buffer.from([0x61, 0xe2, 0x82]) })
    expect(inShort(tellAll(source, { isOver: false }))).toEqual([[0, 1, 'a']])
    expect(inShort(tellAll(source, { from: 1, isOver: true }))).toEqual([[1, 3, '\ufffd']])
    lay({ 0: Buffer.from('a€') })
    expect(inShort(tellAll(source, { from: 1, isOver: false }))).toEqual([[1, 4, '€']])
  })

  test('says what is missing, before and between what is there', () => {
    const source = lay({ 5: 'one', 20: 'two' })
    expect(inShort(tellAll(source))).toEqual([
      [0, 5, null],
      [5, 8, 'one'],
      [8, 20, null],
      [20, 23, 'two'],
    ])
  })

  test('does not wait for a character whose rest is missing', () => {
    const source = lay({ 0: Buffer.from([0x61, 0xe2]), 9: 'b' })
    expect(inShort(tellAll(source, { isOver: false }))).toEqual([
      [0, 2, 'a\ufffd'],
      [2, 9, null],
      [9, 10, 'b'],
    ])
  })

  test('is nothing where nothing was written', () => {
    expect(tellAll(new RunOutput(folder, 'out'))).toEqual([])
    expect(tellAll(new RunOutput(join(folder, 'gone'), 'out'), { from: 7 })).toEqual([])
  })

  test('tells how far each stream is told', () => {
    expect(toldBy([])).toEqual({ out: null, err: null })
    const pieces = tellAll(lay({ 0: 'abc' }), { most: 2 })
    expect(toldBy([...pieces, { stream: 'err', kind: 'lost', from: 0, to: 9 }])).toEqual({ out: 3, err: 9 })
  })
})

describe('what is kept and cannot be read', () => {
  const options = { most: 100, isOver: true }
  const unreadable = {
    read: () => null,
    endOfSegment: (position: number) => (position < 10 ? 10 : null),
  }

  test('is no loss as long as it is tried again', () => {
    expect(() => nextPiece(unreadable, 'out', 3, { ...options, givesUp: false })).toThrow('cannot be read')
  })

  test('is lost once it is given up, up to the next segment', () => {
    const piece = nextPiece(unreadable, 'out', 3, { ...options, givesUp: true })
    expect(piece).toEqual({ stream: 'out', kind: 'lost', from: 3, to: 10 })
  })

  test.skipIf(process.getuid?.() === 0)('is so on a disk as well', () => {
    const source = lay({ 0: 'one', 3: 'two' })
    chmodSync(join(folder, 'out.0'), 0)
    expect(() => nextPiece(source, 'out', 0, { ...options, givesUp: false })).toThrow('cannot be read')
  })
})
