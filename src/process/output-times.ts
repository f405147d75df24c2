/**
 * When output came. Beside a segment `out.<offset>` lies `out.<offset>.times`: entries of two little-endian 64-bit numbers, a position in the
 * stream and a wall time in milliseconds: what follows from there on came then. An entry is written before its bytes. A
 * torn entry at the end counts for nothing; where there is no index, only the time of the file's last change is known.
 */
import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Stream } from './output-files.ts'
import { listNames } from './run-directory.ts'

/** What is known of the bytes from a position up to `until`, which is infinite where nothing later is known yet. */
export interface KnownTime {
  /** Null where there is no index. */
  readonly time: number | null
  /** Bounds of the time, which are the time itself where that is known. */
  readonly earliest: number
  readonly latest: number
  readonly until: number
}

/** Tells the times of something that is read forwards. */
export interface OutputTimes {
  at(position: number): KnownTime
}

interface IndexedSegment {
  readonly offset: number
  readonly index: string | null
  /** The segment itself; null when only its index is left. */
  readonly file: string | null
}

const entryBytes = 16
/** Entries read at a time. */
const entriesAtOnce = 1024

/** The times of one stream of one run. Positions are asked for in ascending order; going back is possible, and costs a search. */
export class RunTimes implements OutputTimes {
  private readonly directory: string
  private readonly stream: Stream
  private readonly earliest: number
  private segments: readonly IndexedSegment[] = []
  private current: { segment: IndexedSegment; entries: Entries | null; earliest: number } | null = null

  /** `earliest`: before that nothing of it came. */
  constructor(directory: string, stream: Stream, earliest = 0) {
    this.directory = directory
    this.stream = stream
    this.earliest = earliest
  }

  at(position: number): KnownTime {
    const place = this.placeOf(position)
    const next = this.segments.find(({ offset }) => offset > position)?.offset ?? Number.POSITIVE_INFINITY
    if (!place) return { time: null, earliest: this.earliest, latest: this.earliest, until: next }
    const found = place.entries?.at(position) ?? null
    const until = Math.min(next, found?.until ?? Number.POSITIVE_INFINITY)
    if (found && found.time !== null) {
      return { time: found.time, earliest: found.time, latest: found.time, until }
    }
    const latest = place.segment.file === null ? null : changeOf(place.segment.file)
    return { time: null, earliest: place.earliest, latest: Math.max(place.earliest, latest ?? 0), until }
  }

  private placeOf(position: number): typeof this.current {
    const { current } = this
    const isWithin = (segment: IndexedSegment): boolean =>
      segment.offset <= position &&
      !this.segments.some(({ offset }) => offset > segment.offset && offset <= position)
    // Only at the end of what is known can there be something new.
    const isLast = current !== null && this.segments.at(-1) === current.segment
    if (current && !isLast && isWithin(current.segment)) return current
    if (current && isLast && isWithin(current.segment) && current.entries?.knowsAfter(position))
      return current
    this.segments = listSegments(this.directory, this.stream)
    const at = this.segments.findLastIndex(({ offset }) => offset <= position)
    const segment = this.segments[at]
    if (!segment) return null
    if (current?.segment.offset === segment.offset && current.entries) {
      this.current = { ...current, segment }
      return this.current
    }
    const before = this.segments[at - 1]?.file ?? null
    // One that was compressed has the time of that.
    const isTold = before !== null && !before.endsWith('.gz')
    const earliest = isTold ? (changeOf(before) ?? this.earliest) : this.earliest
    const entries = segment.index === null ? null : new Entries(join(this.directory, segment.index))
    this.current = { segment, entries, earliest }
    return this.current
  }
}

/** The entries of one index, a part of them in memory. */
class Entries {
  private readonly path: string
  private buffer = Buffer.alloc(0)
  /** Number of the first entry in the buffer. */
  private first = 0

  constructor(path: string) {
    this.path = path
  }

  /** Whether an entry in memory lies behind the position, so that no look at the disk is needed. */
  knowsAfter(position: number): boolean {
    const count = this.countInBuffer()
    return count > 0 && this.positionOf(0) <= position && this.positionOf(count - 1) > position
  }

  at(position: number): { time: number | null; until: number } | null {
    if (!this.knowsAfter(position)) this.load(position)
    const count = this.countInBuffer()
    let [low, high] = [0, count]
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.positionOf(middle) <= position) low = middle + 1
      else high = middle
    }
    const until = low < count ? this.positionOf(low) : Number.POSITIVE_INFINITY
    return { time: low === 0 ? null : Number(this.buffer.readBigInt64LE((low - 1) * entryBytes + 8)), until }
  }

  /** Reads the part of the file that begins with the last entry up to the position. */
  private load(position: number): void {
    let fd: number
    try {
      fd = openSync(this.path, 'r')
    } catch {
      this.buffer = Buffer.alloc(0)
      return
    }
    try {
      const count = Math.floor(fstatSync(fd).size / entryBytes)
      const one = Buffer.alloc(8)
      let [low, high] = [this.isAhead(position) ? 0 : this.first, count]
      while (low < high) {
        const middle = (low + high) >> 1
        readSync(fd, one, 0, 8, middle * entryBytes)
        if (Number(one.readBigInt64LE(0)) <= position) low = middle + 1
        else high = middle
      }
      this.first = Math.max(0, low - 1)
      const buffer = Buffer.allocUnsafe(Math.min(entriesAtOnce, count - this.first) * entryBytes)
      const length = readSync(fd, buffer, 0, buffer.length, this.first * entryBytes)
      this.buffer = buffer.subarray(0, length)
    } finally {
      closeSync(fd)
    }
  }

  private isAhead(position: number): boolean {
    return this.countInBuffer() === 0 || this.positionOf(0) > position
  }

  private countInBuffer(): number {
    return Math.floor(this.buffer.length / entryBytes)
  }

  private positionOf(entry: number): number {
    return Number(this.buffer.readBigInt64LE(entry * entryBytes))
  }
}

/** All that is or was a segment of the stream, in order. */
function listSegments(directory: string, stream: Stream): IndexedSegment[] {
  const found = new Map<number, { index: string | null; file: string | null }>()
  for (const name of listNames(directory)) {
    const match = /^(out|err)\.(\d+)(\.times|\.gz)?$/.exec(name)
    if (!match || match[1] !== stream) continue
    const offset = Number(match[2])
    const one = found.get(offset) ?? { index: null, file: null }
    if (match[3] === '.times') one.index = name
    else one.file = join(directory, name)
    found.set(offset, one)
  }
  return [...found].map(([offset, one]) => ({ offset, ...one })).sort((a, b) => a.offset - b.offset)
}

/** When a file was last written to; null where there is none. */
export function changeOf(path: string): number | null {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? null
}

/**
 * The parts of a stretch whose times may lie in the window, without a look at the bytes. Parts that touch are one; where times are not known,
 * what could have come in the window counts.
 */
export function* partsWithin(
  times: OutputTimes,
  stretch: { readonly start: number; readonly end: number },
  window: { readonly since: number | null; readonly until: number | null },
): Generator<{ from: number; to: number }> {
  const { since, until } = window
  let from: number | null = null
  let position = stretch.start
  while (position < stretch.end) {
    const known = times.at(position)
    const isWanted = (since === null || known.latest >= since) && (until === null || known.earliest < until)
    if (isWanted) from ??= position
    else if (from !== null) {
      yield { from, to: position }
      from = null
    }
    position = Math.max(position + 1, Math.min(stretch.end, known.until))
  }
  if (from !== null) yield { from, to: stretch.end }
}
