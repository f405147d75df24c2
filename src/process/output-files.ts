/**
 * Reads what runs wrote. A stream of a run is one long text with positions that never change, whichever segments of it are still
 * there; a named file is read as it lies. Reading never disturbs the writer.
 */
import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs'
import { join } from 'node:path'
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
      const bytes = readPart(
        segment.path,
        from - segment.offset,
        Math.min(most, segment.offset + segment.size - from),
      )
      // Rotated away between the look and the read: the next segment has what follows.
      if (bytes === null || bytes.length === 0) continue
      return { bytes, position: from, next: from + bytes.length }
    }
    return null
  }

  private segments(): Segment[] {
    const prefix = `${this.stream}.`
    return listNames(this.directory)
      .filter((name) => name.startsWith(prefix) && /^\d+$/.test(name.slice(prefix.length)))
      .map((name) => {
        const path = join(this.directory, name)
        return {
          path,
          offset: Number(name.slice(prefix.length)),
          size: statSync(path, { throwIfNoEntry: false })?.size ?? 0,
        }
      })
      .sort((a, b) => a.offset - b.offset)
  }
}

/**
 * A file that a program names. Positions go on over rotations as long as this object lives: what a rotation moved to `.1` is read to its
 * end first.
 */
export class NamedOutput implements OutputSource {
  private readonly path: string
  private inode = 0
  /** Position of the current file's first byte. */
  private base = 0

  constructor(path: string) {
    this.path = path
    this.inode = statSync(path, { throwIfNoEntry: false })?.ino ?? 0
  }

  extent(): { start: number; end: number } {
    const found = statSync(this.path, { throwIfNoEntry: false })
    return { start: this.base, end: this.base + (found?.size ?? 0) }
  }

  read(position: number, most: number): { bytes: Buffer; position: number; next: number } | null {
    const now = statSync(this.path, { throwIfNoEntry: false })
    if (!now) return null
    if (this.inode !== 0 && now.ino !== this.inode) {
      const rest = this.readRotated(position, most)
      if (rest) return rest
      this.base = position
    } else if (this.base + now.size < position) {
      // Truncated: it begins anew.
      this.base = position
    }
    this.inode = now.ino
    const bytes = readPart(this.path, position - this.base, most)
    return bytes && bytes.length > 0 ? { bytes, position, next: position + bytes.length } : null
  }

  private readRotated(
    position: number,
    most: number,
  ): { bytes: Buffer; position: number; next: number } | null {
    const old = `${this.path}.1`
    if (statSync(old, { throwIfNoEntry: false })?.ino !== this.inode) return null
    const bytes = readPart(old, position - this.base, most)
    return bytes && bytes.length > 0 ? { bytes, position, next: position + bytes.length } : null
  }
}

const backwardsBytes = 65_536

/** Where the last `lines` lines begin. An unfinished line counts as one. */
export function positionOfLastLines(source: OutputSource, lines: number): number {
  const { start, end } = source.extent()
  if (lines <= 0) return end
  let found = 0
  let upTo = end
  while (upTo > start) {
    const from = Math.max(start, upTo - backwardsBytes)
    const bytes = readExactly(source, from, upTo - from)
    // The very last byte ends the last line; it does not begin another.
    const last = upTo === end && bytes.at(-1) === lineEnd ? bytes.length - 2 : bytes.length - 1
    for (let index = last; index >= 0; index--) {
      if (bytes[index] !== lineEnd) continue
      found += 1
      if (found === lines) return from + index + 1
    }
    upTo = from
  }
  return start
}

/** How many lines the source holds from a position on, up to a limit. */
export function countLines(source: OutputSource, position: number): number {
  let lines = 0
  let isOpen = false
  for (
    let part = source.read(position, backwardsBytes);
    part;
    part = source.read(part.next, backwardsBytes)
  ) {
    for (const byte of part.bytes) if (byte === lineEnd) lines += 1
    isOpen = part.bytes.at(-1) !== lineEnd
  }
  return isOpen ? lines + 1 : lines
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

/** Null when the file is gone. */
function readPart(path: string, from: number, most: number): Buffer | null {
  let fd: number
  try {
    fd = openSync(path, 'r')
  } catch {
    return null
  }
  try {
    const length = Math.min(most, Math.max(0, fstatSync(fd).size - from))
    const bytes = Buffer.allocUnsafe(length)
    return bytes.subarray(0, readSync(fd, bytes, 0, length, from))
  } finally {
    closeSync(fd)
  }
}
