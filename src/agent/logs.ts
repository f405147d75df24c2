/**
 * Output for readers: the last lines of many slots, and what follows, over rotations and over runs. Reads only as fast as its reader
 * takes, and holds nothing but positions meanwhile.
 */
import { type FSWatcher, watch } from 'node:fs'
import { join } from 'node:path'
import { StringDecoder } from 'node:string_decoder'
import type { Clock } from '../clock.ts'
import type { OutputView } from '../contract/views.ts'
import type { Program } from '../domain/program.ts'
import { namedFile } from '../process/claim.ts'
import {
  countLines,
  NamedOutput,
  type OutputSource,
  positionOfLastLines,
  RunOutput,
  type Stream,
} from '../process/output-files.ts'
import type { EventFeed } from './event-feed.ts'

export interface LogSlot {
  readonly slot: string
  readonly name: string
  readonly index: number
  /** Null when the program is no longer declared. */
  readonly program: Program | null
  /** Newest first. */
  readonly runs: readonly string[]
}

export interface LogQuery {
  readonly lines: number
  readonly follow: boolean
  readonly streams: readonly Stream[]
  readonly signal: AbortSignal
}

export interface LogContext {
  readonly runsDir: string
  readonly clock: Clock
  readonly feed: EventFeed
}

/** The most that is sent as one piece. */
const pieceBytes = 65_536
/** How long a follower waits at most before it looks again, should no notice come. */
const lookAgainMs = 1000

/** Where a reader is within one source. */
interface Cursor {
  readonly slot: LogSlot
  readonly run: string
  readonly stream: Stream
  readonly source: OutputSource
  readonly decoder: StringDecoder
  position: number
}

export async function* streamLogs(
  slots: readonly LogSlot[],
  query: LogQuery,
  context: LogContext,
): AsyncGenerator<OutputView> {
  const cursors = slots.flatMap((slot) =>
    query.streams.flatMap((stream) => openCursors(slot, stream, query.lines, context)),
  )
  const notices = query.follow ? new Notices(slots, cursors, query, context) : null
  try {
    for (;;) {
      let hasMore = false
      for (const cursor of cursors) {
        const piece = readPiece(cursor)
        if (piece === null) continue
        hasMore = true
        yield piece
        if (query.signal.aborted) return
      }
      if (hasMore) continue
      if (!notices) {
        for (const cursor of cursors) {
          const text = cursor.decoder.end()
          if (text !== '') yield view(cursor, cursor.position, text)
        }
        return
      }
      await notices.next()
      if (query.signal.aborted) return
    }
  } finally {
    notices?.close()
  }
}

/** Oldest run first, as many runs back as the wanted lines reach. */
function openCursors(slot: LogSlot, stream: Stream, lines: number, { runsDir }: LogContext): Cursor[] {
  const named = slot.program && namedFile(slot.program, slot.index, stream)
  if (named) {
    const source = new NamedOutput(named)
    return [cursorOf(slot, slot.runs[0] ?? '', stream, source, positionOfLastLines(source, lines))]
  }
  const cursors: Cursor[] = []
  let missing = lines
  for (const run of slot.runs) {
    const source = new RunOutput(join(runsDir, run), stream)
    const position = positionOfLastLines(source, missing)
    cursors.unshift(cursorOf(slot, run, stream, source, position))
    missing -= missing > 0 ? countLines(source, position) : 0
    if (missing <= 0) break
  }
  return cursors
}

function cursorOf(
  slot: LogSlot,
  run: string,
  stream: Stream,
  source: OutputSource,
  position: number,
): Cursor {
  return { slot, run, stream, source, decoder: new StringDecoder('utf8'), position }
}

function readPiece(cursor: Cursor): OutputView | null {
  for (;;) {
    const part = cursor.source.read(cursor.position, pieceBytes)
    if (!part) return null
    cursor.position = part.next
    const text = cursor.decoder.write(part.bytes)
    if (text !== '') return view(cursor, part.position, text)
  }
}

function view({ slot, run, stream }: Cursor, offset: number, text: string): OutputView {
  return { slot: slot.slot, name: slot.name, run, stream, offset, text }
}

/** Wakes a follower when something may have been written, and opens a cursor for each run that begins. */
class Notices {
  private readonly watchers = new Map<string, FSWatcher>()
  private readonly close_: (() => void)[] = []
  private readonly clock: Clock
  private wake: (() => void) | null = null
  private isDue = false

  constructor(slots: readonly LogSlot[], cursors: Cursor[], query: LogQuery, context: LogContext) {
    this.clock = context.clock
    const bySlot = new Map(slots.map((slot) => [slot.slot, slot]))
    for (const { run } of cursors) this.watchRun(join(context.runsDir, run))
    this.close_.push(
      context.feed.listen((events) => {
        for (const event of events) {
          const slot = event.slot === null ? undefined : bySlot.get(event.slot)
          if (event.kind !== 'run.started' || !slot || event.run === null) continue
          for (const stream of query.streams) addRun(cursors, slot, event.run, stream, context)
          this.watchRun(join(context.runsDir, event.run))
          this.notice()
        }
      }),
    )
    const onAbort = (): void => this.notice()
    query.signal.addEventListener('abort', onAbort)
    this.close_.push(() => query.signal.removeEventListener('abort', onAbort))
  }

  /** Resolves at the next notice. */
  async next(): Promise<void> {
    if (!this.isDue) {
      await new Promise<void>((resolve) => {
        const timer = this.clock.after(lookAgainMs, resolve)
        this.wake = () => {
          timer.cancel()
          resolve()
        }
      })
    }
    this.wake = null
    this.isDue = false
  }

  close(): void {
    for (const watcher of this.watchers.values()) watcher.close()
    for (const close of this.close_) close()
  }

  private notice(): void {
    this.isDue = true
    this.wake?.()
  }

  private watchRun(directory: string): void {
    if (this.watchers.has(directory)) return
    try {
      const watcher = watch(directory, () => this.notice())
      watcher.on('error', () => watcher.close())
      this.watchers.set(directory, watcher)
    } catch {
      // Without a notice there is still the look once a second.
    }
  }
}

/** A named file goes on over runs; own output begins anew with each. */
function addRun(
  cursors: Cursor[],
  slot: LogSlot,
  run: string,
  stream: Stream,
  { runsDir }: LogContext,
): void {
  const isKnown = cursors.some(
    (cursor) =>
      cursor.slot === slot &&
      cursor.stream === stream &&
      (cursor.run === run || cursor.source instanceof NamedOutput),
  )
  if (isKnown) return
  // Runs that are over and read to their end need no more looks.
  const done = cursors.findIndex((cursor) => cursor.slot === slot && cursor.stream === stream)
  if (done >= 0 && cursors.filter((cursor) => cursor.slot === slot && cursor.stream === stream).length > 2)
    cursors.splice(done, 1)
  cursors.push(cursorOf(slot, run, stream, new RunOutput(join(runsDir, run), stream), 0))
}
