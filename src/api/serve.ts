/**
 * Puts the API on a unix socket that only its owner can open. The caller holds the lock of the data directory, so that whatever socket is
 * already there is dead; the folder around it is the caller's as well.
 */
import { setMaxListeners } from 'node:events'
import type { Server } from 'node:http'
import { systemClock } from '../clock.ts'
import type { AgentVerbs } from '../contract/verbs.ts'
import { clearSocketPath, socketAddress } from '../socket-path.ts'
import { createApp } from './app.ts'
import type { Log } from './errors.ts'
import { closeHttpServer, createHttpServer } from './http-server.ts'

export interface ServeOptions {
  readonly verbs: AgentVerbs
  readonly socketPath: string
  readonly version: string
  readonly log: Log
  readonly heartbeatMs?: number
}

export interface ApiServer {
  /** Takes nothing new, ends streams and waits, lets answers under way finish for a moment, and removes the socket. */
  close(): Promise<void>
}

/** How long answers under way may take once the server closes. */
const closingGraceMs = 1000

export async function serveApi(options: ServeOptions): Promise<ApiServer> {
  const { socketPath, heartbeatMs = 15_000 } = options
  const closing = new AbortController()
  // Each request under way listens to it, and there may be many streams at once: that is no leak.
  setMaxListeners(0, closing.signal)
  const app = createApp({ ...options, closing: closing.signal, heartbeatMs })
  const server = createHttpServer({
    fetch: app.fetch,
    log: options.log,
    clock: systemClock,
    tls: null,
    isPublic: false,
  })
  clearSocketPath(socketPath)
  const address = socketAddress(socketPath)
  await listenOnSocket(server, address.path).catch((error: unknown) => {
    address.release()
    throw error
  })
  return {
    async close() {
      closing.abort()
      await closeHttpServer(server, systemClock, closingGraceMs)
      address.release()
    },
  }
}

/** The socket is made within `listen`, so that the umask holds for it and for nothing else: it is never open to others, not for a moment. */
export function listenOnSocket(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    const umask = process.umask(0o177)
    try {
      server.listen(path, () => {
        server.off('error', reject)
        resolve()
      })
    } finally {
      process.umask(umask)
    }
  })
}
