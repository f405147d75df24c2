/**
 * Reads what runs wrote. A stream of a run is one long text with positions that never change, whichever segments of it are still
 * there; a named file is read as it lies. Reading never disturbs the writer, and never waits: only regular files are read.
 */
import { closeSync, constants, fstatSync, openSync, readSync, type Stats, statSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate as othersTurn } from 'node:timers/promises'
import { lengthOfCompressed, readCompressed } from './gzip-segment.ts'
import { listNames } from './run-directory.ts'

export type Stream = 'out' | 'err'

/** Something whose bytes have positions and an end that may grow. */
export interface OutputSource {
  /** First position that can still be read, and the end. */
  extent(): { start: number; end: number }
  /** Bytes from the position on (or from the first kept one after it); null when there are none yet. */
  read(position: number, most: number): { bytes: Buffer; position: number; next: number } | null
}

interface Segment {
  readonly path: string
  readonly offset: number
  readonly size: number
}

/** One stream of one run, over its segments. */
export class RunOutput implements OutputSource {
  private readonly directory: string
  private readonly stream: Stream

  constructor(directory: string, stream: Stream) {
    this.directory = directory
    this.stream = stream
  }

  extent(): { start: number; end: number } {
    const segments = this.segments()
    const last = segments.at(-1)
    return { start: segments[0]?.offset ?? 0, end: last ? last.offset + last.size : 0 }
  }

  read(position: number, most: number): { bytes: Buffer; position: number; next: number } | null {
    for (const segment of this.segments()) {
      if (position >= segment.offset + segment.size) continue
      const from = Math.max(position, segment.offset)
      const length = Math.min(most, segment.offset + segment.size - from)
      const readHere = segment.path.endsWith('.gz') ? readCompressed : readPart
      const bytes = readHere(segment.path, from - segment.offset, length)
      // Rotated away between the look and the read: the next segment has what follows.
      if (bytes === null || bytes.length === 0) continue
      return { bytes, position: from, next: from + bytes.length }
    }
    return null
  }

  /** Up to where the segment goes that holds this position; null where none does. */
  endOfSegment(position: number): number | null {
    const segment = this.segments().find(({ offset, size }) => position >= offset && position < offset + size)
    return segment ? segment.offset + segment.size : null
  }

  private segments(): Segment[] {
    return listSegments(this.directory, this.stream).map(({ path, offset }) => {
      const size = path.endsWith('.gz') ? lengthOfCompressed(path) : sizeOf(path)
      return { path, offset, size }
    })
  }
}

/** In the order of their positions. Where one is there compressed and as it was, the latter counts: a compression is being finished. */
function listSegments(directory: string, stream: Stream): { path: string; offset: number }[] {
  const prefix = `${stream}.`
  const segments = new Map<number, string>()
  for (const name of listNames(directory)) {
    const number = name.startsWith(prefix) ? /^(\d+)(\.gz)?$/.exec(name.slice(prefix.length)) : null
    if (!number) continue
    const offset = Number(number[1])
    if (!number[2] || !segments.has(offset)) segments.set(offset, join(directory, name))
  }
  return [...segments].map(([offset, path]) => ({ path, offset })).sort((a, b) => a.offset - b.offset)
}

/** Segments that are no longer written to, of both streams, with their indexes counted in. */
export function listFinishedSegments(directory: string): { path: string; bytes: number; at: number }[] {
  return (['out', 'err'] as const).flatMap((stream) =>
    listSegments(directory, stream)
      .slice(0, -1)
      .flatMap(({ path }) => {
        const found = statSync(path, { throwIfNoEntry: false })
        return found ? [{ path, bytes: found.size + sizeOf(timesOf(path)), at: found.mtimeMs }] : []
      }),
  )
}

export function listSegmentsToCompress(directory: string, isEnded: boolean): string[] {
  return (['out', 'err'] as const).flatMap((stream) => {
    const segments = listSegments(directory, stream)
    return (isEnded ? segments : segments.slice(0, -1))
      .map(({ path }) => path)
      .filter((path) => !path.endsWith('.gz') && sizeOf(path) > 0)
  })
}

/** The time index of a segment. */
export function timesOf(segment: string): string {
  return `${segment.replace(/\.gz$/, '')}.times`
}

/**
 * A file that a program names. Positions go on over rotations as long as this object lives: what rotations moved to `.1`, `.2` … is read to
 * its end first, in the order in which it was written.
 */
export class NamedOutput implements OutputSource {
  private readonly path: string
  private file: FileIdentity = null
  /** Position of the current file's first byte. */
  private base = 0

  constructor(path: string) {
    this.path = path
    this.file = identityOf(path)
  }

  extent(): { start: number; end: number } {
    return { start: this.base, end: this.base + sizeOf(this.path) }
  }

  read(position: number, most: number): { bytes: Buffer; position: number; next: number } | null {
    for (;;) {
      const place = this.locate(position)
      if (place === null) return null
      const path = this.pathOf(place)
      const bytes = readPart(path, position - this.base, most, this.file)
      if (bytes && bytes.length > 0) return { bytes, position, next: position + bytes.length }
      if (place === 0) return null
      // A file that was rotated away and is read to its end: the next younger one follows, unless all have just moved on again.
      const younger = identityOf(this.pathOf(place - 1))
      if (identityOf(path) !== this.file || younger === null) continue
      this.file = younger
      this.base = position
    }
  }

  /** How many rotations ago the file was the current one; null when there is nothing to read. */
  private locate(position: number): number | null {
    let oldest = 0
    let oldestFile = identityOf(this.path)
    if (oldestFile === null) return null
    if (this.file === null) this.file = oldestFile
    if (this.file === oldestFile) {
      // Truncated: it begins anew.
      if (sizeOf(this.path) < position - this.base) this.base = position
      return 0
    }
    for (let place = 1; place <= mostRotations; place++) {
      const file = identityOf(this.pathOf(place))
      if (file === this.file) return place
      if (file === null) break
      oldest = place
      oldestFile = file
    }
    // It was rotated out: what is oldest now comes next.
    this.file = oldestFile
    this.base = position
    return oldest
  }

  private pathOf(place: number): string {
    return place === 0 ? this.path : `${this.path}.${place}`
  }
}

/** Only so many rotated files are looked through. */
const mostRotations = 1000

/** Null where there is no regular file. The number alone does not tell: a new file often gets that of one just removed. */
type FileIdentity = string | null

function identityOf(path: string): FileIdentity {
  const found = statSync(path, { throwIfNoEntry: false })
  return found?.isFile() ? toIdentity(found) : null
}

function toIdentity({ ino, birthtimeMs }: Stats): string {
  return `${ino} ${birthtimeMs}`
}

function sizeOf(path: string): number {
  const found = statSync(path, { throwIfNoEntry: false })
  return found?.isFile() ? found.size : 0
}

const backwardsBytes = 65_536
/** Looked at before everybody else gets a turn: about a megabyte, a millisecond or two. */
const backwardsPerTurn = 16

/** Where the last lines begin, how many those are, and how many bytes were looked at to find them. */
export interface LastLines {
  readonly position: number
  readonly lines: number
  readonly bytes: number
}

/**
 * Finds the last `lines` lines, or as many whole ones as there are in the last `mostBytes`; of a line that is longer than that, its end.
 * An unfinished line counts as one.
 */
export async function findLastLines(
  source: OutputSource,
  lines: number,
  mostBytes: number,
): Promise<LastLines> {
  const { start, end } = source.extent()
  if (lines <= 0 || end <= start) return { position: end, lines: 0, bytes: 0 }
  const least = Math.max(start, end - mostBytes)
  let found = 0
  let firstBegin: number | null = null
  let upTo = end
  for (let part = 1; upTo > least; part++) {
    const from = Math.max(least, upTo - backwardsBytes)
    const bytes = readExactly(source, from, upTo - from)
    // The very last byte ends the last line; it does not begin another.
    const last = upTo === end && bytes.at(-1) === lineEnd ? bytes.length - 2 : bytes.length - 1
    for (let index = last; index >= 0; index--) {
      if (bytes[index] !== lineEnd) continue
      found += 1
      firstBegin = from + index + 1
      if (found === lines) return { position: firstBegin, lines, bytes: end - from }
    }
    upTo = from
    if (part % backwardsPerTurn === 0) await othersTurn()
  }
  if (least === start || firstBegin === null) return { position: least, lines: found + 1, bytes: end - least }
  return { position: firstBegin, lines: found, bytes: end - least }
}

const lineEnd = 10

function readExactly(source: OutputSource, from: number, length: number): Buffer {
  const parts: Buffer[] = []
  let position = from
  while (position < from + length) {
    const part = source.read(position, from + length - position)
    if (!part) break
    parts.push(part.bytes)
    position = part.next
  }
  return Buffer.concat(parts)
}

/** A program may name a FIFO or a terminal as its output: opening one must neither wait for a writer nor take the terminal over. */
const openFlags = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY

/** Null when the file is gone, is no regular one, or is not the one that is meant: a rotation may come between any two calls. */
function readPart(path: string, from: number, most: number, meant: FileIdentity = null): Buffer | null {
  let fd: number
  try {
    fd = openSync(path, openFlags)
  } catch {
    return null
  }
  try {
    const found = fstatSync(fd)
    if (!found.isFile()) return null
    if (meant !== null && toIdentity(found) !== meant) return null
    const length = Math.min(most, Math.max(0, found.size - from))
    const bytes = Buffer.allocUnsafe(length)
    return bytes.subarray(0, readSync(fd, bytes, 0, length, from))
  } finally {
    closeSync(fd)
  }
}
