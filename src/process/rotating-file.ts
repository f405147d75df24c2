/**
 * A log file that is written line by line and rotated by size, to `.1`, `.2` … up to the number that is kept. Each line is one append, so what
 * was written survives this process; killed in the middle of a rotation, the next one closes the gap and nothing is lost.
 *
 * A log must never be the reason that its writer fails: what cannot be written is dropped, and written on as soon as there is room.
 */
import { closeSync, existsSync, fstatSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { checkpoint } from '../effects.ts'

export interface RotatingFileOptions {
  readonly path: string
  /** It is rotated before it grows beyond this. */
  readonly maxBytes: number
  /** Rotated files beside the current one; with 0 it begins anew. */
  readonly keep: number
}

export class RotatingFile {
  private readonly options: RotatingFileOptions
  private fd: number
  private length: number
  /** The disk took only a part of the last line: the next one begins on a line of its own. */
  private isTorn = false

  /** Throws what the system says when the file cannot be opened. */
  constructor(options: RotatingFileOptions) {
    this.options = options
    checkpoint('mkdir')
    mkdirSync(dirname(options.path), { recursive: true })
    this.fd = open(options.path)
    this.length = fstatSync(this.fd).size
  }

  write(line: string): void {
    const bytes = Buffer.from(this.isTorn ? `\n${line}` : line)
    const isFull = this.length > 0 && this.length + bytes.length > this.options.maxBytes
    if (isFull) this.rotate()
    try {
      checkpoint('write')
      const written = writeSync(this.fd, bytes)
      this.length += written
      this.isTorn = written < bytes.length
    } catch {
      // A full disk, most likely: there is nobody who could be told.
    }
  }

  close(): void {
    closeSync(this.fd)
  }

  /** If it does not work the old file goes on: a log that is too long is better than a lost one. */
  private rotate(): void {
    const { path, keep } = this.options
    try {
      if (keep === 0) {
        checkpoint('remove')
        rmSync(path, { force: true })
      } else {
        this.shift()
      }
      const next = open(path)
      closeSync(this.fd)
      this.fd = next
      this.length = fstatSync(next).size
      this.isTorn = false
    } catch {
      this.length = 0
    }
  }

  /** Up to the first gap, or to the oldest that is kept, which goes. */
  private shift(): void {
    const { path, keep } = this.options
    let last = 1
    while (last < keep && existsSync(`${path}.${last}`)) last += 1
    for (; last > 1; last -= 1) {
      checkpoint('rename')
      renameSync(`${path}.${last - 1}`, `${path}.${last}`)
    }
    checkpoint('rename')
    if (existsSync(path)) renameSync(path, `${path}.1`)
  }
}

function open(path: string): number {
  checkpoint('write')
  return openSync(path, 'a', 0o640)
}
