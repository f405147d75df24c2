/**
 * One stream of one slot, read from somewhere in the past up to its end: the output of runs that follow one another, each to its last byte
 * before the next, or a named file that goes on over all of them. It holds nothing but positions.
 */
import { join } from 'node:path'
import { StringDecoder } from 'node:string_decoder'
import type { OutputView } from '../contract/views.ts'
import type { Program } from '../domain/program.ts'
import { namedFile } from '../process/claim.ts'
import {
  findLastLines,
  NamedOutput,
  type OutputSource,
  RunOutput,
  type Stream,
} from '../process/output-files.ts'

export interface LogSlot {
  readonly slot: string
  readonly name: string
  readonly index: number
  /** Null when the program is no longer declared. */
  readonly program: Program | null
  /** Newest first. */
  readonly runs: readonly string[]
  /** Whether runs that begin later belong to it: not when one run was asked for by its id. */
  readonly goesOn: boolean
}

/** The most that is sent as one piece. */
const pieceBytes = 65_536
/**
 * How far the last lines are looked for, over all runs: 100,000 lines of usual length. Without a bound, a program that prints few line
 * ends would have everything that is kept of it read for a handful of lines.
 */
const mostLookedBack = 16 * 1024 * 1024

interface Cursor {
  readonly run: string
  readonly source: OutputSource
  readonly decoder: StringDecoder
  position: number
}

export class Tail {
  readonly slot: LogSlot
  readonly isNamed: boolean
  private readonly stream: Stream
  private readonly runsDir: string
  private readonly named: string | null
  /** Oldest first; all but the last are over. */
  private readonly cursors: Cursor[] = []

  /** Runs can be added from now on; it can be read once it is open. */
  constructor(slot: LogSlot, stream: Stream, runsDir: string) {
    this.slot = slot
    this.stream = stream
    this.runsDir = runsDir
    this.named = slot.program && namedFile(slot.program, slot.index, stream)
    this.isNamed = this.named !== null
  }

  /** Begins as many runs back as the wanted lines reach. */
  async open(lines: number): Promise<void> {
    if (this.named !== null) {
      const source = new NamedOutput(this.named)
      const { position } = await findLastLines(source, lines, mostLookedBack)
      this.cursors.push(cursorOf(this.slot.runs[0] ?? '', source, position))
      return
    }
    let missing = lines
    let bytesLeft = mostLookedBack
    for (const run of this.slot.runs) {
      const source = this.outputOf(run)
      const found = await findLastLines(source, missing, bytesLeft)
      this.cursors.unshift(cursorOf(run, source, found.position))
      missing -= found.lines
      bytesLeft -= found.bytes
      if (missing <= 0 || bytesLeft <= 0) break
    }
  }

  /** A run of the slot began: the one before it is over. */
  add(run: string): void {
    if (this.isNamed || !this.slot.goesOn || this.slot.runs.includes(run)) return
    if (!this.cursors.some((cursor) => cursor.run === run))
      this.cursors.push(cursorOf(run, this.outputOf(run), 0))
  }

  /** The runs that there still may be something to read of. */
  runs(): string[] {
    return this.isNamed ? [] : this.cursors.map(({ run }) => run)
  }

  /** The next piece; null when all that is there has been read. */
  read(): OutputView | null {
    for (;;) {
      const cursor = this.cursors[0]
      if (!cursor) return null
      const piece = this.readFrom(cursor)
      if (piece || this.cursors.length === 1) return piece
      this.cursors.shift()
      const rest = this.restOf(cursor)
      if (rest) return rest
    }
  }

  /** Bytes at the very end that are no whole character. */
  end(): OutputView | null {
    const cursor = this.cursors[0]
    return cursor ? this.restOf(cursor) : null
  }

  private readFrom(cursor: Cursor): OutputView | null {
    for (;;) {
      const part = cursor.source.read(cursor.position, pieceBytes)
      if (!part) return null
      cursor.position = part.next
      const text = cursor.decoder.write(part.bytes)
      if (text !== '') return this.view(cursor, part.position, text)
    }
  }

  private restOf(cursor: Cursor): OutputView | null {
    const text = cursor.decoder.end()
    return text === '' ? null : this.view(cursor, cursor.position, text)
  }

  private view({ run }: Cursor, offset: number, text: string): OutputView {
    return { slot: this.slot.slot, name: this.slot.name, run, stream: this.stream, offset, text }
  }

  private outputOf(run: string): RunOutput {
    return new RunOutput(join(this.runsDir, run), this.stream)
  }
}

function cursorOf(run: string, source: OutputSource, position: number): Cursor {
  return { run, source, decoder: new StringDecoder('utf8'), position }
}
