/**
 * One stream of one slot, read from somewhere in the past up to its end: the output of runs that follow one another, each to its last byte
 * before the next, or a named file that goes on over all of them. It holds nothing but positions.
 */
import { join } from 'node:path'
import { StringDecoder } from 'node:string_decoder'
import type { OutputView } from '../../contract/views.ts'
import type { Program } from '../../domain/program.ts'
import { namedFile } from '../../process/claim.ts'
import {
  findLastLines,
  NamedOutput,
  type OutputSource,
  RunOutput,
  type Stream,
} from '../../process/output-files.ts'
import { changeOf, type KnownTime, type OutputTimes, RunTimes } from '../../process/output-times.ts'

export interface LogSlot {
  readonly slot: string
  readonly name: string
  readonly index: number
  /** Null when the program is no longer declared. */
  readonly program: Program | null
  /** Newest first. */
  readonly runs: readonly string[]
  /** Not before that did anything of a run come; wall time. */
  readonly begins?: ReadonlyMap<string, number>
  /** Whether runs that begin later belong to it: not when one run was asked for by its id. */
  readonly goesOn: boolean
}

const lineEnd = 10
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
  readonly times: OutputTimes
  readonly decoder: StringDecoder
  position: number
}

export class Tail {
  readonly slot: LogSlot
  readonly isNamed: boolean
  readonly stream: Stream
  private readonly runsDir: string
  private readonly named: string | null
  private readonly isTimed: boolean
  /** Oldest first; all but the last are over. */
  private readonly cursors: Cursor[] = []

  /** Runs can be added from now on; it can be read once it is open. */
  constructor(slot: LogSlot, stream: Stream, runsDir: string, isTimed = false) {
    this.isTimed = isTimed
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
      this.cursors.push(cursorOf(this.slot.runs[0] ?? '', source, timesOfFile(this.named), position))
      return
    }
    let missing = lines
    let bytesLeft = mostLookedBack
    for (const run of this.slot.runs) {
      const source = this.outputOf(run)
      const found = await findLastLines(source, missing, bytesLeft)
      this.cursors.unshift(cursorOf(run, source, this.timesOf(run), found.position))
      missing -= found.lines
      bytesLeft -= found.bytes
      if (missing <= 0 || bytesLeft <= 0) break
    }
  }

  /** A run of the slot began: the one before it is over. */
  add(run: string): void {
    if (this.isNamed || !this.slot.goesOn || this.slot.runs.includes(run)) return
    if (!this.cursors.some((cursor) => cursor.run === run))
      this.cursors.push(cursorOf(run, this.outputOf(run), this.timesOf(run), 0))
  }

  /** Begins where the last line that is finished ends; gives the positions, by run, up to which others may read. */
  async openAtEnd(): Promise<ReadonlyMap<string, number>> {
    await this.open(0)
    const cursor = this.cursors[0]
    if (!cursor) return new Map()
    const { end } = cursor.source.extent()
    const isFinished = end === 0 || cursor.source.read(end - 1, 1)?.bytes[0] === lineEnd
    cursor.position = isFinished ? end : (await findLastLines(cursor.source, 1, mostLookedBack)).position
    return new Map([[cursor.run, cursor.position]])
  }

  /** When what is read next came, or the best that is known of that; null when all has been read. */
  nextTime(): number | null {
    for (const { source, times, position } of this.cursors) {
      if (position >= source.extent().end) continue
      const known = times.at(position)
      return known.time ?? known.latest
    }
    return null
  }

  /** The runs that there still may be something to read of. */
  runs(): string[] {
    return this.isNamed ? [] : this.cursors.map(({ run }) => run)
  }

  /** The next piece, of what came up to a time where one is given; null when all that is there has been read. */
  read(latest = Number.POSITIVE_INFINITY): OutputView | null {
    for (;;) {
      const cursor = this.cursors[0]
      if (!cursor) return null
      const piece = this.readFrom(cursor, latest)
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

  private readFrom(cursor: Cursor, latest: number): OutputView | null {
    for (;;) {
      const hint = cursor.times.at(cursor.position)
      const wanted =
        this.isTimed || latest < Number.POSITIVE_INFINITY ? hint.until - cursor.position + 512 : pieceBytes
      const part = cursor.source.read(cursor.position, Math.min(pieceBytes, wanted))
      if (!part) return null
      // Entries are written before their bytes: now there is one for all that was read.
      const known = cursor.times.at(part.position)
      const bytes = part.bytes.subarray(0, this.lengthOf(cursor, part, known, latest))
      cursor.position = part.position + bytes.length
      const text = cursor.decoder.write(bytes)
      if (text !== '') return this.view(cursor, part.position, text, known.time)
    }
  }

  /** How much of what was read came at one time, or before others have something; whole lines. */
  private lengthOf(
    { times }: Cursor,
    { bytes, position }: { bytes: Buffer; position: number },
    first: KnownTime,
    latest: number,
  ): number {
    let known = first
    while (known.until < position + bytes.length) {
      // The line that the last byte before the change is in.
      const end = bytes.indexOf(lineEnd, known.until - position - 1)
      if (end < 0) return bytes.length
      known = times.at(Math.max(position + end + 1, known.until))
      if (this.isTimed || (known.time ?? known.latest) > latest) return end + 1
    }
    return bytes.length
  }

  private restOf(cursor: Cursor): OutputView | null {
    const text = cursor.decoder.end()
    return text === '' ? null : this.view(cursor, cursor.position, text)
  }

  private view({ run }: Cursor, offset: number, text: string, time: number | null = null): OutputView {
    const { slot, name } = this.slot
    const at = time === null ? {} : { time: new Date(time).toISOString() }
    return { slot, name, run, stream: this.stream, offset, text, ...at }
  }

  private timesOf(run: string): OutputTimes {
    return new RunTimes(join(this.runsDir, run), this.stream)
  }

  private outputOf(run: string): RunOutput {
    return new RunOutput(join(this.runsDir, run), this.stream)
  }
}

function cursorOf(run: string, source: OutputSource, times: OutputTimes, position: number): Cursor {
  return { run, source, times, decoder: new StringDecoder('utf8'), position }
}

/** Of a named file only its last change is known. */
function timesOfFile(path: string): OutputTimes {
  return {
    at() {
      const latest = changeOf(path) ?? 0
      return { time: null, earliest: 0, latest, until: Number.POSITIVE_INFINITY }
    },
  }
}
