/**
 * Searches what runs wrote: over runs, segments and rotated files, within a window of time, for a pattern, many streams merged in the order of
 * time. Holds one block of each stream and nothing else, so its memory does not depend on how much there is; what lies outside the window is not
 * read. Runs in a process of its own (`search-host.ts`): a pattern can take for ever, and then that process is killed.
 */
import { setImmediate as othersTurn } from 'node:timers/promises'
import type { OutputView } from '../contract/views.ts'
import { TimeOrder } from '../domain/time-order.ts'
import { endOfLine, LineMatcher, longestLine, type PatternRequest, pieceEnd } from './line-matcher.ts'
import { RunOutput, type Stream } from './output-files.ts'
import { type KnownTime, partsWithin, RunTimes } from './output-times.ts'
import { listRotated, readRotated, timeOfFile } from './rotated-files.ts'

/** One stream of one slot. */
export interface SearchLane {
  readonly slot: string
  readonly name: string
  readonly stream: Stream
  /** Oldest first. */
  readonly sources: readonly SearchSource[]
}

export type SearchSource =
  | {
      readonly kind: 'run'
      readonly run: string
      readonly directory: string
      /** Nothing came before; wall time. */
      readonly startedAt: number
      /** Where a follower takes over; null reads what is there. */
      readonly end: number | null
    }
  | { readonly kind: 'named'; readonly run: string; readonly path: string; readonly end: number | null }

export interface SearchRequest {
  readonly lanes: readonly SearchLane[]
  readonly since: number | null
  readonly until: number | null
  readonly match: PatternRequest | null
  /** Only the last ones of each slot; null is all. */
  readonly lines: number | null
  /** Each line by itself, with its time, instead of many in one piece. */
  readonly timestamps: boolean
}

export interface SearchHooks {
  /** A sign of life, also between two finds. */
  readonly onTurn: () => void
  readonly onBytes: (count: number) => void
}

/** One line that fits, or where there is no pattern several that came at the same time. */
interface Hit {
  readonly run: string
  readonly offset: number
  readonly text: string
  readonly bytes: number
  readonly time: number | null
  /** Where the time is not known, the best that is. */
  readonly order: number
}

interface Block {
  readonly run: string
  /** Begins with a line (or a piece of one that is too long) and ends with one. */
  readonly bytes: Buffer
  readonly position: number
  at(position: number): KnownTime
}

/** Memory for the blocks of all streams together. */
const blockBudget = 32 * 1024 * 1024
const largestBlock = 1024 * 1024
const smallestBlock = 16_384
/** The most that is kept of the last lines while more is looked for. */
const mostKept = 32 * 1024 * 1024
const largestPiece = 32_768

/** What was found, in order. */
export async function* searchOutput(request: SearchRequest, hooks: SearchHooks): AsyncGenerator<OutputView> {
  const found = mergeHits(request, hooks)
  if (request.lines === null) yield* joinPieces(found, request.timestamps || request.match !== null)
  else yield* lastOnes(found, request.lines)
}

async function* mergeHits(request: SearchRequest, hooks: SearchHooks): AsyncGenerator<[SearchLane, Hit]> {
  const share = Math.floor(blockBudget / Math.max(1, request.lanes.length))
  const blockBytes = Math.max(smallestBlock, Math.min(largestBlock, share))
  const order = new TimeOrder<LaneReader>()
  const add = async (reader: LaneReader): Promise<void> => {
    const next = reader.next ?? (await reader.fill())
    if (next) order.add(reader, next.order)
  }
  for (const lane of request.lanes) await add(new LaneReader(lane, request, blockBytes, hooks))
  for (let reader = order.take(); reader !== null; reader = order.take()) {
    const hit = reader.take()
    if (hit) yield [reader.lane, hit]
    await add(reader)
  }
}

/** Hits of one lane, found a block ahead. */
class LaneReader {
  readonly lane: SearchLane
  private readonly request: SearchRequest
  private readonly matcher: LineMatcher | null
  private readonly blocks: AsyncGenerator<Block>
  private readonly hooks: SearchHooks
  private hits: Hit[] = []
  private taken = 0

  constructor(lane: SearchLane, request: SearchRequest, blockBytes: number, hooks: SearchHooks) {
    this.lane = lane
    this.request = request
    this.hooks = hooks
    this.matcher = request.match === null ? null : new LineMatcher(request.match, hooks.onTurn)
    this.blocks = blocksOf(lane, request, blockBytes, hooks)
  }

  get next(): Hit | null {
    return this.hits[this.taken] ?? null
  }

  take(): Hit | null {
    const hit = this.next
    this.taken += 1
    return hit
  }

  /** Reads on until there is one; null at the end. */
  async fill(): Promise<Hit | null> {
    this.hits = []
    this.taken = 0
    while (this.hits.length === 0) {
      const { done, value } = await this.blocks.next()
      if (done) return null
      this.findIn(value)
      this.hooks.onTurn()
      await othersTurn()
    }
    return this.next
  }

  private findIn(block: Block): void {
    const isSingle = this.request.timestamps || this.request.lines !== null
    if (this.matcher) {
      this.matcher.scan(block.bytes, (from, to) =>
        this.keep(block, from, to, block.at(block.position + from)),
      )
      return
    }
    let from = 0
    while (from < block.bytes.length) {
      const known = block.at(block.position + from)
      // All that begins before the next time is known to change.
      const same = isSingle ? from : Math.min(from + largestPiece, known.until - block.position - 1)
      const to = endOfLine(block.bytes, Math.max(from, Math.min(same, block.bytes.length)))
      this.keep(block, from, to, known)
      from = to + 1
    }
  }

  /** With its line end, where it has one. */
  private keep(block: Block, from: number, to: number, known: KnownTime): void {
    const { since, until } = this.request
    if (since !== null && known.latest < since) return
    if (until !== null && known.earliest >= until) return
    const end = block.bytes[to] === 10 ? to + 1 : to
    this.hits.push({
      run: block.run,
      offset: block.position + from,
      text: block.bytes.toString('utf8', from, end),
      bytes: end - from,
      time: known.time,
      order: known.time ?? known.latest,
    })
  }
}

async function* blocksOf(
  lane: SearchLane,
  request: SearchRequest,
  blockBytes: number,
  hooks: SearchHooks,
): AsyncGenerator<Block> {
  for (const source of lane.sources) {
    if (source.kind === 'run') yield* blocksOfRun(source, lane.stream, request, blockBytes, hooks)
    else yield* blocksOfNamed(source, request, blockBytes, hooks)
  }
}

async function* blocksOfRun(
  source: SearchSource & { kind: 'run' },
  stream: Stream,
  request: SearchRequest,
  blockBytes: number,
  hooks: SearchHooks,
): AsyncGenerator<Block> {
  const output = new RunOutput(source.directory, stream)
  const extent = output.extent()
  const stretch = { start: extent.start, end: Math.min(extent.end, source.end ?? extent.end) }
  const times = new RunTimes(source.directory, stream, source.startedAt)
  const lookAhead = new RunTimes(source.directory, stream, source.startedAt)
  for (const part of partsWithin(lookAhead, stretch, request)) {
    const cutter = new BlockCutter(source.run, part.from, (position) => times.at(position))
    let position = part.from
    // A line that began before the window is not of it; one that goes on behind it is.
    if (part.from > stretch.start && output.read(part.from - 1, 1)?.bytes[0] !== 10) cutter.skipLine()
    while (position < stretch.end && !(position >= part.to && cutter.isAtLineBegin)) {
      const limit = position < part.to ? part.to - position : 4096
      const read = output.read(position, Math.min(blockBytes, limit, stretch.end - position))
      if (!read) break
      hooks.onBytes(read.bytes.length)
      // What retention took meanwhile is missing: a new line begins behind it.
      if (read.position > position) yield* cutter.jump(read.position)
      position = read.next
      // Behind the window, only the line that goes on is wanted.
      const end =
        limit === 4096 && read.position >= part.to ? endOfLine(read.bytes, 0) + 1 : read.bytes.length
      yield* cutter.add(read.bytes.subarray(0, end))
    }
    yield* cutter.end()
  }
}

async function* blocksOfNamed(
  source: SearchSource & { kind: 'named' },
  { since, until }: SearchRequest,
  blockBytes: number,
  hooks: SearchHooks,
): AsyncGenerator<Block> {
  const files = listRotated(source.path)
  let base = 0
  for (const [index, file] of files.entries()) {
    const known = timeOfFile(file, files[index - 1] ?? null, Number.POSITIVE_INFINITY)
    const isOutside = (since !== null && known.latest < since) || (until !== null && known.earliest >= until)
    const isPresent = index === files.length - 1 && !file.isCompressed
    const end = isPresent && source.end !== null ? Math.min(file.bytes, source.end) : file.bytes
    if (!isOutside) {
      const cutter = new BlockCutter(source.run, base, () => known)
      for await (const bytes of readRotated(source.path, { ...file, bytes: end }, blockBytes)) {
        hooks.onBytes(bytes.length)
        yield* cutter.add(bytes)
      }
      yield* cutter.end()
      base = cutter.position
    } else base += end
  }
}

/** From reads of any length to blocks that begin and end with lines. */
class BlockCutter {
  private readonly run: string
  private readonly at: (position: number) => KnownTime
  private rest = Buffer.alloc(0)
  private isSkipping = false
  private restPosition: number

  constructor(run: string, position: number, at: (position: number) => KnownTime) {
    this.run = run
    this.restPosition = position
    this.at = at
  }

  get isAtLineBegin(): boolean {
    return this.rest.length === 0 && !this.isSkipping
  }

  get position(): number {
    return this.restPosition + this.rest.length
  }

  skipLine(): void {
    this.isSkipping = true
  }

  *jump(position: number): Generator<Block> {
    yield* this.end()
    this.restPosition = position
  }

  *add(read: Buffer): Generator<Block> {
    let bytes = read
    if (this.isSkipping) {
      const end = read.indexOf(10)
      if (end < 0) {
        this.restPosition += read.length
        return
      }
      this.isSkipping = false
      this.restPosition += end + 1
      bytes = read.subarray(end + 1)
    }
    const all = this.rest.length === 0 ? bytes : Buffer.concat([this.rest, bytes])
    let whole = all.lastIndexOf(10) + 1
    while (all.length - whole > longestLine) whole = pieceEnd(all, whole)
    // A copy, so that a short rest does not hold a long block.
    this.rest = Buffer.from(all.subarray(whole))
    const position = this.restPosition
    this.restPosition += whole
    if (whole > 0) yield this.block(all.subarray(0, whole), position)
  }

  /** The last line, which has no end. */
  *end(): Generator<Block> {
    this.isSkipping = false
    const { rest, restPosition } = this
    this.rest = Buffer.alloc(0)
    this.restPosition += rest.length
    if (rest.length > 0) yield this.block(rest, restPosition)
  }

  private block(bytes: Buffer, position: number): Block {
    return { run: this.run, bytes, position, at: this.at }
  }
}

/** Lines that follow one another become one piece, unless each is wanted by itself. */
async function* joinPieces(
  hits: AsyncGenerator<[SearchLane, Hit]>,
  isSingle: boolean,
): AsyncGenerator<OutputView> {
  let last: [SearchLane, Hit] | null = null
  for await (const next of hits) {
    const joined: Hit | null = isSingle || last === null ? null : join(last, next)
    if (last && !joined) yield viewOf(...last)
    last = joined ? [next[0], joined] : next
  }
  if (last) yield viewOf(...last)
}

/** Null where the second does not follow the first, or they are too long together. */
function join([lane, hit]: [SearchLane, Hit], [nextLane, next]: [SearchLane, Hit]): Hit | null {
  if (lane !== nextLane || !goesOn(hit, next)) return null
  return { ...hit, text: hit.text + next.text, bytes: hit.bytes + next.bytes }
}

function goesOn(piece: Hit, next: Hit): boolean {
  return (
    piece.run === next.run &&
    piece.offset + piece.bytes === next.offset &&
    piece.bytes + next.bytes <= largestPiece
  )
}

/** Of each slot as many as wanted, all of them in their order. */
async function* lastOnes(hits: AsyncGenerator<[SearchLane, Hit]>, lines: number): AsyncGenerator<OutputView> {
  if (lines === 0) return
  const kept = new Map<string, { hits: [SearchLane, Hit, number][]; first: number; bytes: number }>()
  const slots = new Set<string>()
  let count = 0
  for await (const [lane, hit] of hits) {
    slots.add(lane.slot)
    const of = kept.get(lane.slot) ?? { hits: [], first: 0, bytes: 0 }
    kept.set(lane.slot, of)
    of.hits.push([lane, hit, count])
    of.bytes += hit.bytes
    count += 1
    while (of.hits.length - of.first > lines || of.bytes > mostKept / slots.size) {
      of.bytes -= of.hits[of.first]?.[1].bytes ?? 0
      of.first += 1
    }
    if (of.first > 1024 && of.first > of.hits.length / 2) {
      of.hits = of.hits.slice(of.first)
      of.first = 0
    }
  }
  const all = [...kept.values()].flatMap((of) => of.hits.slice(of.first))
  for (const [lane, hit] of all.sort((a, b) => a[2] - b[2])) yield viewOf(lane, hit)
}

function viewOf({ slot, name, stream }: SearchLane, { run, offset, text, time }: Hit): OutputView {
  const at = time === null ? {} : { time: new Date(time).toISOString() }
  return { slot, name, run, stream, offset, text, ...at }
}

/** Matches what comes live, piece by piece. */
export class LiveMatcher {
  private readonly matcher: LineMatcher
  /** Unfinished lines, by slot and stream. */
  private readonly partial = new Map<string, OutputView>()

  constructor(match: PatternRequest) {
    this.matcher = new LineMatcher(match)
  }

  /** The lines that the piece finishes, as far as they fit. */
  match(piece: OutputView): OutputView[] {
    const key = `${piece.slot} ${piece.stream}`
    const before = this.partial.get(key)
    const isSame = before?.run === piece.run
    const found = before && !isSame ? this.test(before) : []
    let rest: OutputView = isSame && before ? { ...before, text: before.text + piece.text } : piece
    for (let end = rest.text.indexOf('\n'); end >= 0; end = rest.text.indexOf('\n')) {
      found.push(...this.test({ ...rest, text: rest.text.slice(0, end + 1) }))
      rest = after(rest, end + 1)
      // What follows the first line came with this piece.
      if (piece.time !== undefined) rest = { ...rest, time: piece.time }
    }
    while (rest.text.length > longestLine) {
      found.push(...this.test({ ...rest, text: rest.text.slice(0, longestLine) }))
      rest = after(rest, longestLine)
    }
    if (rest.text === '') this.partial.delete(key)
    else this.partial.set(key, rest)
    return found
  }

  private test(line: OutputView): OutputView[] {
    return this.matcher.isMatch(line.text.replace(/\n$/, '')) ? [line] : []
  }
}

function after(view: OutputView, length: number): OutputView {
  const offset = view.offset + Buffer.byteLength(view.text.slice(0, length))
  return { ...view, offset, text: view.text.slice(length) }
}
