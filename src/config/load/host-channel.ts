/**
 * How the config host tells what it has to tell: lines of JSON on file descriptor 3, each written before anything else happens, so that
 * nothing that the configuration does next can swallow it.
 */
import { writeSync } from 'node:fs'

export const channelFile = 3

const stillness = new Int32Array(new SharedArrayBuffer(4))

export function tellAsker(message: unknown): void {
  let bytes = Buffer.from(`${JSON.stringify(message)}\n`)
  while (bytes.length > 0) {
    try {
      bytes = bytes.subarray(writeSync(channelFile, bytes))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error
      // A pipe that does not block and is full: its reader is at work.
      Atomics.wait(stillness, 0, 0, 1)
    }
  }
}
