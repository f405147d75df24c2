/** Where the shim is, and how to speak to a living one: through the FIFOs of its run directory, and nothing else. */
import { closeSync, constants, existsSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { UserError } from '../domain/user-error.ts'
import { checkpoint } from '../effects.ts'

/** Finds the shim: prebuilt in the package, or built by the clone's own install. `root` is the package's folder. */
export function findShim(root: string): string {
  const named = process.env.DROVER_SHIM
  const places = [
    ...(named ? [named] : []),
    join(root, 'native', 'build', 'drover-shim'),
    join(root, 'native', 'prebuilt', `${process.platform}-${process.arch}`, 'drover-shim'),
  ]
  const found = places.find((place) => existsSync(place))
  if (found) return found
  throw new UserError('shim_missing', `The shim is in none of its places: ${places.join(', ')}.`, {
    hint: 'In a clone run `npm install` (it needs a C compiler, such as Debian’s `build-essential`).',
  })
}

/** Writes one line into a living shim's control FIFO. False when no shim reads it (any more, or not yet). */
export function sendControl(directory: string, line: string): boolean {
  checkpoint('control')
  return writeFifo(join(directory, 'control'), `${line}\n`) > 0
}

/** Writes to the command's standard input; returns the number of bytes taken, which is less than all where the FIFO is full. */
export function writeInput(directory: string, text: string): number {
  checkpoint('control')
  return writeFifo(join(directory, 'in'), text)
}

function writeFifo(path: string, text: string): number {
  let fd: number
  try {
    fd = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENXIO' || code === 'ENOENT') return 0
    throw error
  }
  try {
    return writeSync(fd, text)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return 0
    throw error
  } finally {
    closeSync(fd)
  }
}
