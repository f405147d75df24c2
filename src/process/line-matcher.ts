/**
 * Finds the lines of a block of bytes that a pattern fits. Where every match must have a certain text in it, the bytes are searched for that
 * and only the lines around it are looked at; else the block is decoded once and each line is tried. A line of more than 64 KiB is tried
 * in pieces of that size, each as if it were a line.
 */
import { findNeedle } from '../domain/needle.ts'

export interface PatternRequest {
  readonly pattern: string
  readonly ignoreCase: boolean
  /** Wants the lines that it does not fit. */
  readonly invert: boolean
}

/** Without its line end, as positions in the block. */
export type Found = (from: number, to: number) => void

const lineEnd = 10
export const longestLine = 65_536
/** Bytes for each line with the sure text, of which there are too many to look for it. */
const dense = 512
/** Lines between two calls of `onTurn`. */
const linesPerTurn = 512

export class LineMatcher {
  private readonly expression: RegExp
  private needle: Buffer | null
  private readonly invert: boolean
  private readonly onTurn: () => void
  private lines = 0

  /** `onTurn` is called now and then: a sign of life. */
  constructor({ pattern, ignoreCase, invert }: PatternRequest, onTurn: () => void = () => {}) {
    this.expression = new RegExp(pattern, ignoreCase ? 'i' : '')
    const needle = ignoreCase || invert ? null : findNeedle(pattern)
    this.needle = needle === null ? null : Buffer.from(needle)
    this.invert = invert
    this.onTurn = onTurn
  }

  /** The block begins with a line and ends with one. */
  scan(block: Buffer, found: Found): void {
    if (this.needle) this.scanForNeedle(block, this.needle, found)
    else this.scanLines(block, found)
  }

  isMatch(text: string): boolean {
    return this.expression.test(text.endsWith('\r') ? text.slice(0, -1) : text) !== this.invert
  }

  private scanForNeedle(block: Buffer, needle: Buffer, found: Found): void {
    let position = 0
    for (let hits = 0; ; hits++) {
      // In nearly every line: then it is quicker to decode all at once, from the next block on.
      if (hits * dense > block.length) this.needle = null
      const hit = block.indexOf(needle, position)
      if (hit < 0) return
      const from = Math.max(position, block.lastIndexOf(lineEnd, hit) + 1)
      const to = endOfLine(block, hit)
      this.tryBytes(block, from, to, found)
      position = to + 1
    }
  }

  private scanLines(block: Buffer, found: Found): void {
    const text = block.toString()
    // Where all is ASCII, positions in the text are those in the bytes; else they are counted from line end to line end.
    const isPlain = text.length === block.length
    let begin = 0
    let byteBegin = 0
    let uncounted = 0
    while (begin < text.length) {
      const at = text.indexOf('\n', begin)
      const end = at < 0 ? text.length : at
      const isLong = end - begin > longestLine / 4
      if (isLong || this.isMatch(text.slice(begin, end))) {
        if (isPlain) byteBegin = begin
        else for (; uncounted > 0; uncounted--) byteBegin = endOfLine(block, byteBegin) + 1
        if (isLong) this.tryBytes(block, byteBegin, endOfLine(block, byteBegin), found)
        else found(byteBegin, endOfLine(block, byteBegin))
      }
      this.turn()
      uncounted += 1
      begin = end + 1
    }
  }

  private tryBytes(block: Buffer, from: number, to: number, found: Found): void {
    for (const [begin, end] of piecesOf(block, from, to)) {
      if (this.isMatch(block.toString('utf8', begin, end))) found(begin, end)
      this.turn()
    }
  }

  private turn(): void {
    this.lines += 1
    if (this.lines % linesPerTurn === 0) this.onTurn()
  }
}

/** A line as pieces that are not too long, cut between characters. */
export function* piecesOf(block: Buffer, from: number, to: number): Generator<[number, number]> {
  let begin = from
  while (to - begin > longestLine) {
    const end = pieceEnd(block, begin)
    yield [begin, end]
    begin = end
  }
  if (begin < to || from === to) yield [begin, to]
}

/** Where a piece of a line that is too long ends. */
export function pieceEnd(block: Buffer, begin: number): number {
  for (let back = 0; back < 4; back++) {
    const end = begin + longestLine - back
    if (((block[end] ?? 0) & 0xc0) !== 0x80) return end
  }
  return begin + longestLine
}

export function endOfLine(block: Buffer, from: number): number {
  const at = block.indexOf(lineEnd, from)
  return at < 0 ? block.length : at
}
