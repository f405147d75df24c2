/**
 * Segments that were compressed: `out.<offset>.gz`. They are plain gzip (`zcat` reads them), made of members of 1 MiB of output each, with the
 * sizes of a member in its header. So whoever wants the bytes from a position on hops from header to header and decompresses one
 * member, whatever the segment's size.
 *
 * The extra field is `DR`, 8 bytes: the length of the whole member and of what is in it, as little-endian 32-bit numbers.
 */
import {
  closeSync,
  fstatSync,
  fsyncSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs'
import { promisify } from 'node:util'
import { gunzipSync, gzip } from 'node:zlib'
import { checkpoint } from '../effects.ts'

const memberBytes = 1024 * 1024
/** What Node's gzip begins with, which has no extra field; and what we begin with. */
const plainHeader = 10
const ourHeader = plainHeader + 2 + 4 + 8
const hasExtraField = 4

interface Member {
  /** In the file, and in the output. */
  readonly at: number
  readonly size: number
  readonly from: number
  readonly length: number
}

interface Members {
  readonly list: readonly Member[]
  readonly length: number
}

/**
 * Compresses a finished segment, a piece at a time and off the main thread. Killed before the rename, the rest is cleared away by the next
 * one; after it, both are there, say the same, and the next one removes the larger. `isWanted` is asked before each piece.
 */
export async function compressSegment(path: string, isWanted: () => boolean): Promise<void> {
  const target = `${path}.gz`
  const unfinished = `${target}.tmp`
  if (!statSync(target, { throwIfNoEntry: false })) {
    checkpoint('write')
    if (!(await writeMembers(path, unfinished, isWanted))) return rmSync(unfinished, { force: true })
    checkpoint('rename')
    renameSync(unfinished, target)
  }
  checkpoint('remove')
  rmSync(path, { force: true })
}

/** False when it was given up: the segment is gone, or nobody wants it any more. */
async function writeMembers(from: string, to: string, isWanted: () => boolean): Promise<boolean> {
  const source = openSync(from, 'r')
  const target = openSync(to, 'w', 0o600)
  try {
    const piece = Buffer.allocUnsafe(memberBytes)
    for (let position = 0; ; ) {
      const length = readSync(source, piece, 0, memberBytes, position)
      if (length === 0) break
      if (!isWanted()) return false
      const member = toMember(await promisify(gzip)(piece.subarray(0, length)), length)
      for (let done = 0; done < member.length; ) done += writeSync(target, member, done)
      position += length
    }
    fsyncSync(target)
    return fstatSync(source).nlink > 0
  } finally {
    closeSync(source)
    closeSync(target)
  }
}

function toMember(compressed: Buffer, length: number): Buffer {
  const rest = compressed.subarray(plainHeader)
  const header = Buffer.alloc(ourHeader)
  compressed.copy(header, 0, 0, plainHeader)
  header[3] = hasExtraField
  header.writeUInt16LE(12, plainHeader)
  header.write('DR', plainHeader + 2, 'latin1')
  header.writeUInt16LE(8, plainHeader + 4)
  header.writeUInt32LE(ourHeader + rest.length, plainHeader + 6)
  header.writeUInt32LE(length, plainHeader + 10)
  return Buffer.concat([header, rest])
}

/** How many bytes of output a compressed segment holds; 0 where it is none of ours. */
export function lengthOfCompressed(path: string): number {
  return withFile(path, (fd) => membersOf(path, fd).length) ?? 0
}

/** Up to `most` bytes from a position in the segment on, of one member; null where there are none. */
export function readCompressed(path: string, from: number, most: number): Buffer | null {
  return withFile(path, (fd) => {
    const member = membersOf(path, fd).list.find((one) => from >= one.from && from < one.from + one.length)
    if (!member) return null
    return contentOf(path, fd, member).subarray(from - member.from, from - member.from + most)
  })
}

const mostKnown = 256
const known = new Map<string, { stamp: string; members: Members }>()
/** The last member that was read: readers go on from where they were. */
let last: { key: string; content: Buffer } | null = null

function membersOf(path: string, fd: number): Members {
  const stamp = stampOf(fd)
  const found = known.get(path)
  if (found?.stamp === stamp) return found.members
  if (known.size >= mostKnown) known.clear()
  const members = findMembers(fd)
  known.set(path, { stamp, members })
  return members
}

function findMembers(fd: number): Members {
  const list: Member[] = []
  const header = Buffer.alloc(ourHeader)
  let length = 0
  for (let at = 0; readSync(fd, header, 0, ourHeader, at) === ourHeader; ) {
    const isOurs =
      header[3] === hasExtraField && header.toString('latin1', plainHeader + 2, plainHeader + 4) === 'DR'
    const size = header.readUInt32LE(plainHeader + 6)
    if (!isOurs || size < ourHeader) break
    const member = { at, size, from: length, length: header.readUInt32LE(plainHeader + 10) }
    list.push(member)
    length += member.length
    at += size
  }
  return { list, length }
}

function contentOf(path: string, fd: number, { at, size }: Member): Buffer {
  const key = `${path} ${stampOf(fd)} ${at}`
  if (last?.key === key) return last.content
  const compressed = Buffer.allocUnsafe(size)
  readSync(fd, compressed, 0, size, at)
  last = { key, content: gunzipSync(compressed) }
  return last.content
}

function stampOf(fd: number): string {
  const { ino, size, birthtimeMs } = fstatSync(fd)
  return `${ino} ${size} ${birthtimeMs}`
}

/** Null when the file is gone or damaged. */
function withFile<T>(path: string, use: (fd: number) => T): T | null {
  let fd: number
  try {
    fd = openSync(path, 'r')
  } catch {
    return null
  }
  try {
    return use(fd)
  } catch {
    return null
  } finally {
    closeSync(fd)
  }
}
