/**
 * From pieces of output to lines: each program's own, whole, however the pieces are cut, so that lines of different programs never mix. And
 * over a stream that was opened again, without what was seen before.
 */
import type { OutputView } from '../contract/views.ts'

export interface LogLine {
  readonly name: string
  readonly stream: 'out' | 'err'
  readonly text: string
  /** When its first bytes came; null where that is not known. */
  readonly time: string | null
}

/** A line that is longer comes in parts. */
const longestLine = 65_536

export class LogLines {
  /** Unfinished lines, by slot and stream. */
  readonly #partial = new Map<string, LogLine & { run: string }>()
  /** Where the next byte of a run's stream is to be. */
  readonly #seen = new Map<
    string,
    { readonly begin: number; readonly end: number; readonly isSure: boolean }
  >()

  /** The lines that the piece finishes. */
  add(piece: OutputView): LogLine[] {
    const { text, isNext } = this.#unseen(piece)
    if (text === '') return []
    const { name, stream, run, time = null } = piece
    const key = `${piece.slot} ${stream}`
    const before = this.#partial.get(key)
    // What a dead run left without a line break is a line of its own; so is what ends before a gap.
    const goesOn = before?.run === run && isNext
    const left = before && !goesOn ? [lineOf(before)] : []
    const parts = `${goesOn ? before.text : ''}${text}`.split('\n')
    const rest = parts.pop() ?? ''
    // A line came when its beginning did.
    const timeOf = (index: number): string | null => (index === 0 && goesOn ? before.time : time)
    if (rest === '') this.#partial.delete(key)
    else this.#partial.set(key, { name, stream, run, text: rest, time: timeOf(parts.length) })
    const whole = parts.map((part, index) => ({
      name,
      stream,
      text: withoutReturn(part),
      time: timeOf(index),
    }))
    const lines = [...left, ...whole]
    return rest.length > longestLine ? [...lines, ...this.#take(key)] : lines
  }

  /** What is left without a line break. */
  end(): LogLine[] {
    return [...this.#partial.keys()].flatMap((key) => this.#take(key))
  }

  #take(key: string): LogLine[] {
    const partial = this.#partial.get(key)
    this.#partial.delete(key)
    return partial ? [lineOf(partial)] : []
  }

  #unseen({ run, stream, offset, text }: OutputView): { text: string; isNext: boolean } {
    const key = `${run} ${stream}`
    const bytes = Buffer.from(text)
    const last = this.#seen.get(key)
    // A byte that is no character is sent as a sign of three: then where the piece ends is what the next one says.
    const isKnown = last !== undefined && (last.isSure || offset <= last.begin)
    const known = isKnown ? last.end : offset
    if (offset + bytes.length > known || !isKnown) {
      this.#seen.set(key, { begin: offset, end: offset + bytes.length, isSure: !text.includes('\ufffd') })
    }
    return {
      text: known <= offset ? text : bytes.subarray(known - offset).toString(),
      isNext: known >= offset,
    }
  }
}

function lineOf({ name, stream, text, time }: LogLine): LogLine {
  return { name, stream, text: withoutReturn(text), time }
}

function withoutReturn(text: string): string {
  return text.endsWith('\r') ? text.slice(0, -1) : text
}
