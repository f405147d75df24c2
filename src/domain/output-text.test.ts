import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { textOf, wholeLength } from './output-text.ts'

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)

/** Tells the pieces as they come, with what is not whole in front of the next one. */
function tellInPieces(pieces: readonly Uint8Array[]): string {
  let text = ''
  let rest = new Uint8Array()
  for (const piece of pieces) {
    const bytes = new Uint8Array([...rest, ...piece])
    const length = wholeLength(bytes)
    text += textOf(bytes.subarray(0, length))
    rest = bytes.slice(length)
    expect(rest.length).toBeLessThan(4)
  }
  return text + textOf(rest)
}

function cutAt(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const sorted = places.map((place) => place % (bytes.length + 1)).sort((a, b) => a - b)
  return [...sorted, bytes.length].map((place, index) => bytes.subarray(sorted[index - 1] ?? 0, place))
}

/** Bytes that meet every corner of UTF-8: starts, continuations, what is never valid. */
const hostileBytes = fc.array(
  fc.oneof(
    fc.integer({ min: 0, max: 255 }),
    fc.constantFrom(0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc2, 0xe0, 0xe2, 0xed, 0xef, 0xf0, 0xf4, 0xf5),
  ),
  { maxLength: 60 },
)

describe('S-T16 S-F2 the text of output in pieces', () => {
  test('is the text of the whole, whatever the bytes are and wherever they are cut', () => {
    fc.assert(
      fc.property(hostileBytes, fc.array(fc.nat()), (numbers, places) => {
        const bytes = new Uint8Array(numbers)
        expect(tellInPieces(cutAt(bytes, places))).toBe(textOf(bytes))
      }),
      { numRuns: 5000 },
    )
  })

  test('is what was written, of any text, byte by byte', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const bytes = bytesOf(text)
        const single = [...bytes].map((byte) => new Uint8Array([byte]))
        expect(tellInPieces(single)).toBe(textOf(bytes))
      }),
    )
  })

  test('of more than three bytes always tells something', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 4, maxLength: 12 }), (bytes) => {
        expect(wholeLength(bytes)).toBeGreaterThan(0)
      }),
    )
  })
})

describe('of a piece is told', () => {
  const cases: [what: string, bytes: number[], told: number][] = [
    ['nothing of nothing', [], 0],
    ['plain text', [0x61, 0x62], 2],
    ['a whole character', [0xc3, 0xbc], 2],
    ['all but the begin of two bytes', [0x61, 0xc3], 1],
    ['all but two of three bytes', [0x61, 0xe2, 0x82], 1],
    ['all but three of four bytes', [0xf0, 0x9f, 0x98], 0],
    ['a lone continuation', [0x61, 0x82], 2],
    ['a byte that begins nothing', [0xc0], 1],
    ['an overlong form', [0xe0, 0x80], 2],
    ['half a surrogate', [0xed, 0xa0], 2],
    ['what is above all characters', [0xf4, 0x90], 2],
    ['a character that too many continuations follow', [0xc3, 0xbc, 0x80, 0x80], 4],
  ]
  for (const [what, bytes, told] of cases)
    test(what, () => expect(wholeLength(new Uint8Array(bytes))).toBe(told))

  test('a byte order mark as well', () => {
    expect(textOf(bytesOf('\ufeffa'))).toBe('\ufeffa')
  })
})
