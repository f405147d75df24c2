/**
 * Where the agent's socket lies, and how to reach it when its path is longer than the 107 bytes that the kernel takes in an address (103 on
 * macOS): on Linux through `/proc/self/fd`, with the folder held open. Server and client both go through here. That only its owner
 * reaches the socket is up to the mode that it is created with and to the folder around it.
 */
import { closeSync, constants, lstatSync, openSync, rmSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { UserError } from './domain/user-error.ts'

export const socketName = 'agent.sock'

export function socketPathOf(dataDir: string): string {
  return join(dataDir, socketName)
}

export interface SocketAddress {
  /** Short enough to bind or connect to. */
  readonly path: string
  /** A server calls this once it is closed (closing unlinks the path), a client once it is connected. */
  release(): void
}

const longestPath = process.platform === 'linux' ? 107 : 103

export function socketAddress(path: string): SocketAddress {
  if (Buffer.byteLength(path) <= longestPath) return { path, release: () => {} }
  if (process.platform !== 'linux') {
    throw new UserError(
      'data_dir_unusable',
      `The path of the socket is longer than ${longestPath} bytes: ${path}`,
      {
        hint: 'Choose a data directory with a shorter path, with -D.',
      },
    )
  }
  let fd: number | null = openSync(dirname(path), constants.O_RDONLY | constants.O_DIRECTORY)
  return {
    path: `/proc/self/fd/${fd}/${basename(path)}`,
    release() {
      if (fd !== null) closeSync(fd)
      fd = null
    },
  }
}

/**
 * Removes what a dead agent left. Only the holder of the data directory's lock may call this: a socket of a living agent looks the same.
 * Anything that is no socket stays, and is an error.
 */
export function clearSocketPath(path: string): void {
  const found = lstatSync(path, { throwIfNoEntry: false })
  if (!found) return
  if (!found.isSocket()) {
    throw new UserError(
      'socket_in_the_way',
      `${path} is not a socket, so the agent's socket can't be made there.`,
      {
        hint: 'Move it away, or choose another data directory with -D.',
      },
    )
  }
  rmSync(path)
}
