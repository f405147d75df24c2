/**
 * An HTTP or HTTPS server around an application, with the limits that keep one client from taking it away from others: how long a request may
 * take to arrive, how much is open at once, how long a reader may stand still. It also answers what is no HTTP, in the form of every
 * other error. Where it listens is its owner's matter.
 */
import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { Socket } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import type { Clock, Timer } from '../clock.ts'
import { UserError } from '../domain/user-error.ts'
import { answerError } from './app.ts'
import { type Log, toErrorAnswer, toErrorView } from './errors.ts'
import { networkOf } from './login-throttle.ts'

export interface HttpServerOptions {
  readonly fetch: (request: Request, env: unknown) => Response | Promise<Response>
  readonly log: Log
  readonly clock: Clock
  /** PEM texts; null for plain HTTP. */
  readonly tls: { readonly cert: string; readonly key: string } | null
  /** Whether strangers may come: then one address may not have all that there is. */
  readonly isPublic: boolean
}

/** Headers with the request line. */
const largestHead = 16 * 1024
const headMs = 10_000
const requestMs = 30_000
const idleMs = 15_000
const handshakeMs = 10_000
/** A reader that takes nothing for so long is hung up on. */
const stallMs = 30_000
const lookEveryMs = 5000
const mostRequestsAtOnce = 16
const connectionsPerAddress = 64
const fewestConnections = 64
const usualConnections = 256

export function createHttpServer(options: HttpServerOptions): Server {
  const { tls, clock, log } = options
  const limits = {
    maxHeaderSize: largestHead,
    headersTimeout: headMs,
    requestTimeout: requestMs,
    keepAliveTimeout: idleMs,
    connectionsCheckingInterval: 1000,
    insecureHTTPParser: false,
  }
  const server: Server = tls
    ? (createTlsServer({
        ...limits,
        ...tls,
        minVersion: 'TLSv1.2',
        handshakeTimeout: handshakeMs,
        ALPNProtocols: ['http/1.1'],
      }) as unknown as Server)
    : createServer(limits)
  server.maxConnections = mostConnections()
  server.maxHeadersCount = 100
  server.maxRequestsPerSocket = 10_000
  const listener = getRequestListener(options.fetch as never, {
    hostname: 'localhost',
    overrideGlobalObjects: false,
    errorHandler: (error) => {
      if ((error as Error)?.name === 'RequestError') {
        return answerError(400, new UserError('usage', 'The request has no address that can be understood.'))
      }
      const { status, view } = toErrorAnswer(error, log)
      return new Response(JSON.stringify(view), { status, headers: { 'content-type': 'application/json' } })
    },
  })
  const atOnce = new WeakMap<Socket, number>()
  server.on('request', (incoming: IncomingMessage, outgoing: ServerResponse) => {
    const { socket } = incoming
    const count = (atOnce.get(socket) ?? 0) + 1
    // Requests that are sent before the answers to those before are read: some are fine, but each costs memory.
    if (count > mostRequestsAtOnce) return void socket.destroy()
    atOnce.set(socket, count)
    outgoing.once('close', () => atOnce.set(socket, (atOnce.get(socket) ?? 1) - 1))
    void listener(incoming, outgoing)
  })
  server.on('clientError', answerBroken)
  if (options.isPublic) limitAddresses(server)
  watchReaders(server, clock, tls !== null)
  return server
}

/** What the parser could not take. Where an answer is already under way there is nothing left to say. */
function answerBroken(error: NodeJS.ErrnoException, socket: Socket): void {
  const current = (socket as Socket & { _httpMessage?: { headersSent?: boolean } })._httpMessage
  if (!socket.writable || error.code === 'ECONNRESET' || current?.headersSent) {
    socket.destroy()
    return
  }
  const { status, reason, mistake } = describeBroken(error.code ?? '')
  const body = JSON.stringify(toErrorView(mistake))
  const head = [
    `HTTP/1.1 ${status} ${reason}`,
    'content-type: application/json; charset=utf-8',
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
  ]
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy())
}

function describeBroken(code: string): { status: number; reason: string; mistake: UserError } {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return {
        status: 431,
        reason: 'Request Header Fields Too Large',
        mistake: new UserError('too_large', `Address and headers are larger than ${largestHead} bytes.`),
      }
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return {
        status: 408,
        reason: 'Request Timeout',
        mistake: new UserError('too_slow', 'The request did not arrive in time.'),
      }
    default:
      return {
        status: 400,
        reason: 'Bad Request',
        mistake: new UserError('usage', 'What arrived is no HTTP request.', {
          hint: 'With `https` in the address it has to be TLS, without not.',
        }),
      }
  }
}

function limitAddresses(server: Server): void {
  const open = new Map<string, number>()
  // Before any byte is read, and before the handshake of TLS.
  server.prependListener('connection', (socket: Socket) => {
    const address = networkOf(socket.remoteAddress ?? '')
    const count = (open.get(address) ?? 0) + 1
    open.set(address, count)
    socket.once('close', () => {
      const left = (open.get(address) ?? 1) - 1
      if (left > 0) open.set(address, left)
      else open.delete(address)
    })
    if (count > connectionsPerAddress) socket.destroy()
  })
}

/** A stream has little waiting for each reader, but a reader who never reads would hold that, and its connection, for ever. */
function watchReaders(server: Server, clock: Clock, isTls: boolean): void {
  const open = new Map<Socket, { taken: number; since: number }>()
  let timer: Timer | null = null
  const look = (): void => {
    const now = clock.monotonic()
    for (const [socket, seen] of open) {
      const taken = socket.bytesWritten - socket.writableLength
      if (socket.writableLength === 0 || taken !== seen.taken) open.set(socket, { taken, since: now })
      else if (now - seen.since >= stallMs) socket.destroy()
    }
    timer = open.size > 0 ? clock.after(lookEveryMs, look) : null
  }
  server.on(isTls ? 'secureConnection' : 'connection', (socket: Socket) => {
    open.set(socket, { taken: 0, since: clock.monotonic() })
    socket.once('close', () => {
      open.delete(socket)
      if (open.size > 0) return
      timer?.cancel()
      timer = null
    })
    timer ??= clock.after(lookEveryMs, look)
  })
}

/**
 * A quarter of the files that the agent may have open, so that clients, however many come, leave it enough for its runs. What comes beyond
 * that is hung up on.
 */
function mostConnections(): number {
  try {
    const files = Number(/^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1])
    return files > 0 ? Math.max(fewestConnections, Math.floor(files / 4)) : usualConnections
  } catch {
    // Only Linux tells.
    return usualConnections
  }
}

/** Answers under way may take a moment more. */
export function closeHttpServer(server: Server, clock: Clock, graceMs: number): Promise<void> {
  const deadline = clock.after(graceMs, () => server.closeAllConnections())
  return new Promise((resolve) => {
    server.close(() => {
      deadline.cancel()
      resolve()
    })
    server.closeIdleConnections()
  })
}
