/**
 * From pieces of output to lines: each program's own, whole, however the pieces are cut, so that lines of different programs never mix. And
 * over a stream that was opened again, without what was seen before.
 */
import type { OutputView } from '../contract/views.ts'

export interface LogLine {
  readonly name: string
  readonly stream: 'out' | 'err'
  readonly text: string
}

/** A line that is longer comes in parts. */
const longestLine = 65_536

export class LogLines {
  /** Unfinished lines, by slot and stream. */
  readonly #partial = new Map<string, LogLine & { run: string }>()
  /** Where the next byte of a run's stream is to be. */
  readonly #seen = new Map<string, number>()

  /** The lines that the piece finishes. */
  add(piece: OutputView): LogLine[] {
    const text = this.#unseen(piece)
    if (text === '') return []
    const { name, stream, run } = piece
    const key = `${piece.slot} ${stream}`
    const before = this.#partial.get(key)
    // What a dead run left without a line break is a line of its own.
    const isSameRun = before?.run === run
    const left = before && !isSameRun ? [lineOf(before)] : []
    const parts = `${isSameRun ? before.text : ''}${text}`.split('\n')
    const rest = parts.pop() ?? ''
    if (rest === '') this.#partial.delete(key)
    else this.#partial.set(key, { name, stream, run, text: rest })
    const lines = [...left, ...parts.map((part) => ({ name, stream, text: withoutReturn(part) }))]
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

  #unseen({ run, stream, offset, text }: OutputView): string {
    const key = `${run} ${stream}`
    const bytes = Buffer.from(text)
    const known = this.#seen.get(key) ?? offset
    this.#seen.set(key, Math.max(known, offset + bytes.length))
    return known <= offset ? text : bytes.subarray(known - offset).toString()
  }
}

function lineOf({ name, stream, text }: LogLine): LogLine {
  return { name, stream, text: withoutReturn(text) }
}

function withoutReturn(text: string): string {
  return text.endsWith('\r') ? text.slice(0, -1) : text
}
