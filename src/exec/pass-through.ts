/**
 * Hands what a command prints on to an output of this process, byte for byte, as it comes and no faster than it is taken. Written in a thread of
 * its own: an output that blocks must not keep us from a signal.
 */
import { write } from 'node:fs'
import type { Readable } from 'node:stream'
import type { Clock } from '../clock.ts'

export type Trouble =
  /** Whoever read has gone, as in `… | head`. */
  { readonly kind: 'closed' } | { readonly kind: 'failed'; readonly message: string }

const tryAgainMs = 5

/** Resolves at the source's end, whatever became of the output: once it takes no more, the rest is read and dropped. `onTrouble` is told once. */
export async function passThrough(
  source: Readable,
  fd: number,
  clock: Clock,
  onTrouble: (trouble: Trouble) => void,
): Promise<void> {
  let isOpen = true
  try {
    for await (const chunk of source) {
      const trouble = isOpen ? await writeAll(fd, chunk as Buffer, clock) : null
      if (!trouble) continue
      isOpen = false
      onTrouble(trouble)
    }
  } catch {
    // Whoever wrote was killed: that is an end as well.
  }
}

async function writeAll(fd: number, bytes: Buffer, clock: Clock): Promise<Trouble | null> {
  let done = 0
  while (done < bytes.length) {
    const { error, count } = await writeSome(fd, bytes.subarray(done))
    done += count
    // An output that somebody else has made non-blocking.
    if (error?.code === 'EAGAIN') await new Promise<void>((resolve) => clock.after(tryAgainMs, resolve))
    else if (error)
      return error.code === 'EPIPE' ? { kind: 'closed' } : { kind: 'failed', message: error.message }
  }
  return null
}

function writeSome(
  fd: number,
  bytes: Buffer,
): Promise<{ error: NodeJS.ErrnoException | null; count: number }> {
  return new Promise((resolve) => write(fd, bytes, (error, count) => resolve({ error, count: count ?? 0 })))
}
