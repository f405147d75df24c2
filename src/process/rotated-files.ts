/**
 * A named file with what rotations made of it, from the oldest to the present one, as one text: `app.log.2.gz`, `app.log.1`, `app.log`. It is
 * listed once; a file that is moved on meanwhile is found again by its inode, and one that is removed is passed over.
 */
import { closeSync, openSync, readSync, statSync } from 'node:fs'
import { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import type { KnownTime } from './output-times.ts'

export interface RotatedFile {
  readonly path: string
  readonly inode: number
  readonly isCompressed: boolean
  readonly bytes: number
  readonly changedAt: number
}

const mostRotations = 1000

/** Oldest first. */
export function listRotated(path: string): RotatedFile[] {
  const files: RotatedFile[] = []
  for (let place = 0; place <= mostRotations; place++) {
    const plain = place === 0 ? path : `${path}.${place}`
    const file = describe(plain, false) ?? (place === 0 ? null : describe(`${plain}.gz`, true))
    if (file) files.unshift(file)
    else if (place > 0) break
  }
  return files
}

/** No file stays open between two blocks, however slow the reader is. */
export async function* readRotated(path: string, file: RotatedFile, most: number): AsyncGenerator<Buffer> {
  if (!file.isCompressed) yield* readPlain(path, file, most)
  else {
    const inflated = Readable.from(readPlain(path, file, 65_536)).pipe(createGunzip())
    try {
      for await (const bytes of inflated) yield bytes as Buffer
    } catch {
      // Damaged, or cut off while it was being written: what came out of it was given.
    }
  }
}

/** What is known of the time of a whole file: it came between the last change of the one before it and its own. */
export function timeOfFile(file: RotatedFile, before: RotatedFile | null, until: number): KnownTime {
  const latest = file.changedAt
  return { time: null, earliest: Math.min(latest, before?.changedAt ?? 0), latest, until }
}

function* readPlain(path: string, file: RotatedFile, most: number): Generator<Buffer> {
  let position = 0
  // Up to what was its end when it was listed: a writer may be faster than its reader.
  while (position < file.bytes) {
    const bytes = readFrom(findAgain(path, file), position, Math.min(most, file.bytes - position))
    if (bytes === null || bytes.length === 0) return
    position += bytes.length
    yield bytes
  }
}

function findAgain(path: string, file: RotatedFile): string | null {
  if (inodeOf(file.path) === file.inode) return file.path
  const end = file.isCompressed ? '.gz' : ''
  for (let place = 0; place <= mostRotations; place++) {
    const name = place === 0 ? path : `${path}.${place}${end}`
    const inode = inodeOf(name)
    if (inode === file.inode) return name
    if (inode === null && place > 0) return null
  }
  return null
}

function readFrom(path: string | null, from: number, length: number): Buffer | null {
  if (path === null) return null
  let fd: number
  try {
    fd = openSync(path, 'r')
  } catch {
    return null
  }
  try {
    const bytes = Buffer.allocUnsafe(length)
    return bytes.subarray(0, readSync(fd, bytes, 0, length, from))
  } finally {
    closeSync(fd)
  }
}

function describe(path: string, isCompressed: boolean): RotatedFile | null {
  const found = statSync(path, { throwIfNoEntry: false })
  if (!found?.isFile()) return null
  return { path, inode: found.ino, isCompressed, bytes: found.size, changedAt: found.mtimeMs }
}

function inodeOf(path: string): number | null {
  return statSync(path, { throwIfNoEntry: false })?.ino ?? null
}
