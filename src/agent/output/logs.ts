/**
 * Output for readers: the last lines of many slots, and what follows, over rotations and over runs. Reads only as fast as its reader
 * takes, and only where something was written; others get their turn in between, however much there is to read.
 */
import { type FSWatcher, watch } from 'node:fs'
import { join } from 'node:path'
import { setImmediate as othersTurn } from 'node:timers/promises'
import type { Clock } from '../../clock.ts'
import type { OutputView } from '../../contract/views.ts'
import { TimeOrder } from '../../domain/time-order.ts'
import type { Stream } from '../../process/output-files.ts'
import type { EventFeed } from '../reconcile/event-feed.ts'
import { type LogSlot, Tail } from './tail.ts'

export type { LogSlot } from './tail.ts'

export interface LogQuery {
  readonly lines: number
  readonly follow: boolean
  readonly streams: readonly Stream[]
  /** Each time that is known begins a piece of its own. */
  readonly timestamps?: boolean
  readonly signal: AbortSignal
  /** Answers for the past, up to where the tails begin, instead of the last lines. */
  readonly past?: (from: PastOf) => AsyncIterable<OutputView>
}

/** Where a tail of a stream begins, by run; null where none does and all is past. */
export type PastOf = (slot: string, stream: Stream) => ReadonlyMap<string, number>

export interface LogContext {
  readonly runsDir: string
  readonly clock: Clock
  readonly feed: EventFeed
  /** The run that a slot began last, as of now. */
  readonly lastRun: (slot: string) => string | null
}

/** Pieces that are read before everybody else gets a turn: about a megabyte. */
const piecesPerTurn = 16
/** How long a follower waits at most before it looks again, should no notice come. */
const lookAgainMs = 1000
/** Named files may lie among many others, so they are looked at instead of being watched. */
const lookAtNamedMs = 250

export async function* streamLogs(
  slots: readonly LogSlot[],
  query: LogQuery,
  context: LogContext,
): AsyncGenerator<OutputView> {
  const tails = slots.flatMap((slot) =>
    query.streams.map((stream) => new Tail(slot, stream, context.runsDir, query.timestamps)),
  )
  // Listens before the tails are opened, which takes its time: it misses no run that begins meanwhile.
  const follower = query.follow ? new Follower(tails, query.signal, context) : null
  let unread: ReadonlySet<Tail> = new Set(tails)
  try {
    const begins = new Map<string, ReadonlyMap<string, number>>()
    for (const tail of tails) {
      if (query.signal.aborted) return
      if (query.past) begins.set(`${tail.slot.slot} ${tail.stream}`, await tail.openAtEnd())
      else await tail.open(query.lines)
      await othersTurn()
    }
    if (query.past) {
      yield* query.past((slot, stream) => begins.get(`${slot} ${stream}`) ?? new Map())
    } else {
      for await (const piece of readInOrder(tails)) {
        yield piece
        if (query.signal.aborted) return
      }
    }
    while (!query.signal.aborted) {
      for await (const piece of readAll(new Set(unread))) {
        yield piece
        if (query.signal.aborted) return
      }
      if (!follower) break
      unread = await follower.next()
    }
    for (const tail of follower ? [] : tails) {
      const rest = tail.end()
      if (rest) yield rest
    }
  } finally {
    follower?.close()
  }
}

/** What is there, in the order of time, where that is known; else a piece of each in turn. */
async function* readInOrder(tails: readonly Tail[]): AsyncGenerator<OutputView> {
  const order = new TimeOrder<Tail>()
  const add = (tail: Tail): void => {
    const time = tail.nextTime()
    if (time !== null) order.add(tail, time)
  }
  let pieces = 0
  const giveTurn = async (): Promise<void> => {
    pieces += 1
    if (pieces % piecesPerTurn === 0) await othersTurn()
  }
  for (const tail of tails) {
    add(tail)
    await giveTurn()
  }
  for (let tail = order.take(); tail !== null; tail = order.take()) {
    const piece = tail.read(order.nextTime ?? Number.POSITIVE_INFINITY)
    if (piece) yield piece
    if (piece) add(tail)
    await giveTurn()
  }
}

/** One piece of each in turn, until nothing is left. */
async function* readAll(tails: Set<Tail>): AsyncGenerator<OutputView> {
  let pieces = 0
  while (tails.size > 0) {
    for (const tail of tails) {
      const piece = tail.read()
      if (piece) yield piece
      else tails.delete(tail)
      pieces += 1
      if (pieces % piecesPerTurn === 0) await othersTurn()
    }
  }
}

/** Knows where something may have been written, and passes on which runs begin. */
class Follower {
  private readonly tails: readonly Tail[]
  private readonly context: LogContext
  private readonly watchers = new Map<string, FSWatcher>()
  private readonly stopListening: () => void
  private readonly signal: AbortSignal
  private readonly onAbort = (): void => this.wake()
  private written = new Set<Tail>()
  private wake: () => void = () => {}

  constructor(tails: readonly Tail[], signal: AbortSignal, context: LogContext) {
    this.tails = tails
    this.context = context
    this.signal = signal
    this.stopListening = context.feed.listen((events) => {
      for (const { kind, slot, run } of events)
        if (kind === 'run.started' && run !== null) this.begun(slot, run)
    })
    signal.addEventListener('abort', this.onAbort)
    // One that began after the runs were listed, and before the listening.
    for (const { slot } of new Set(tails.map((tail) => tail.slot))) {
      const run = context.lastRun(slot)
      if (run !== null) this.begun(slot, run)
    }
  }

  /** Resolves with what there may be to read; with everything, when nothing was heard of for a while. */
  async next(): Promise<ReadonlySet<Tail>> {
    this.watchRuns()
    let isTimeUp = false
    if (this.written.size === 0 && !this.signal.aborted) {
      await new Promise<void>((resolve) => {
        const isAnyNamed = this.tails.some(({ isNamed }) => isNamed)
        const timer = this.context.clock.after(isAnyNamed ? lookAtNamedMs : lookAgainMs, () => {
          isTimeUp = true
          resolve()
        })
        this.wake = () => {
          timer.cancel()
          resolve()
        }
      })
      this.wake = () => {}
    }
    const { written } = this
    this.written = new Set()
    return isTimeUp ? new Set(this.tails) : written
  }

  close(): void {
    for (const watcher of this.watchers.values()) watcher.close()
    this.watchers.clear()
    this.stopListening()
    this.signal.removeEventListener('abort', this.onAbort)
  }

  private begun(slot: string | null, run: string): void {
    for (const tail of this.tails) {
      if (tail.slot.slot !== slot) continue
      tail.add(run)
      this.note(tail)
    }
  }

  private note(tail: Tail): void {
    this.written.add(tail)
    this.wake()
  }

  /** Runs that are over and read are no longer watched, those that have begun are. */
  private watchRuns(): void {
    const readers = new Map<string, Tail[]>()
    for (const tail of this.tails) {
      for (const run of tail.runs()) readers.set(run, [...(readers.get(run) ?? []), tail])
    }
    for (const [run, watcher] of this.watchers) {
      if (readers.has(run)) continue
      watcher.close()
      this.watchers.delete(run)
    }
    for (const [run, tails] of readers) if (!this.watchers.has(run)) this.watchRun(run, tails)
  }

  private watchRun(run: string, tails: readonly Tail[]): void {
    try {
      const watcher = watch(join(this.context.runsDir, run), () => {
        for (const tail of tails) this.note(tail)
      })
      watcher.on('error', () => watcher.close())
      this.watchers.set(run, watcher)
      // What was written between the last read and the watch.
      for (const tail of tails) this.written.add(tail)
    } catch {
      // Not there yet, or too many watches on this machine: there is still the look once a second.
    }
  }
}
