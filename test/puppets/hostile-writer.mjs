/**
 * Writes bytes that are easy to spoil, in chunks that are easy to spoil: of 1 byte and of far more than a pipe holds, with and without line
 * ends, NULs and halves of UTF-8 among them. `hostile-writer.mjs SEED BYTES [STREAMS]`: what is written follows from the seed, see bytesOf.
 */
import { writeSync } from 'node:fs'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

/** Chunks as buffers. A linear congruence is random enough, and the same everywhere. */
export function* chunksOf(seed, total) {
  let state = seed >>> 0
  const next = (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
  const sizes = [1, 2, 7, 80, 4095, 4096, 4097, 65535, 65536, 65537, 200_000]
  for (let written = 0; written < total; ) {
    const chunk = Buffer.alloc(Math.min(total - written, sizes[next(sizes.length)]))
    const lineLength = [1, 30, 80, 3000, 70_000][next(5)]
    for (let i = 0; i < chunk.length; i++) chunk[i] = next(lineLength) === 0 ? 10 : next(256)
    written += chunk.length
    yield chunk
  }
}

export function bytesOf(seed, total) {
  return Buffer.concat([...chunksOf(seed, total)])
}

export function writeAll(fd, bytes) {
  for (let done = 0; done < bytes.length; ) {
    try {
      done += writeSync(fd, bytes, done)
    } catch (error) {
      if (error.code !== 'EAGAIN') throw error
    }
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [seed, total, both] = process.argv.slice(2).map(Number)
  const errors = both ? chunksOf(seed + 1, total) : [].values()
  for (const chunk of chunksOf(seed, total)) {
    writeAll(1, chunk)
    const error = errors.next()
    if (!error.done) writeAll(2, error.value)
  }
  for (const error of errors) writeAll(2, error)
}
