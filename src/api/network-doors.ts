/**
 * The doors besides the usual socket: addresses on TCP, and a further socket. They follow the configuration: at the start and at each reload what is
 * new is opened beside what is there, and only when all of it will do the old ones are closed. A certificate that was renewed is taken
 * over by itself; one that will not do is told, and the one before stays.
 */
import { setMaxListeners } from 'node:events'
import type { Server } from 'node:http'
import type { Server as TlsServer } from 'node:https'
import { type AddressInfo, connect } from 'node:net'
import type { Clock, Timer } from '../clock.ts'
import type { Access } from '../contract/access.ts'
import type { AgentVerbs } from '../contract/verbs.ts'
import {
  type ApiSettings,
  findUnsafe,
  formatAddress,
  type ListenAddress,
  noApi,
} from '../domain/api-settings.ts'
import { UserError } from '../domain/user-error.ts'
import { clearSocketPath, socketAddress } from '../socket-path.ts'
import { createApp } from './app.ts'
import { type Certificate, loadCertificate, signatureOf } from './certificate.ts'
import type { Log } from './errors.ts'
import { type Guard, ownerGuard, TokenGuard } from './guard.ts'
import { closeHttpServer, createHttpServer } from './http-server.ts'
import { listenOnSocket } from './serve.ts'

export interface NetworkDoorsOptions {
  readonly clock: Clock
  readonly version: string
  readonly log: Log
  readonly heartbeatMs?: number
  /** Addresses of the command line, besides those of the configuration. */
  readonly extraListen: readonly ListenAddress[]
  readonly say: (message: string) => void
  /** A certificate that was changed and will not do. */
  readonly onTrouble: (error: UserError) => void
}

interface Door {
  readonly key: string
  readonly isTls: boolean
  readonly server: Server
  readonly where: string
  close(): Promise<void>
}

interface Services {
  readonly verbs: AgentVerbs
  readonly access: Access
}

const closingGraceMs = 1000
const certificateLookMs = 5000
const soonMs = 14 * 86_400_000

export class NetworkDoors {
  private readonly options: NetworkDoorsOptions
  private readonly closing = new AbortController()
  private readonly ready: Promise<Services>
  private open: Services | null = null
  private setReady: (services: Services) => void = () => {}
  private settings: ApiSettings = noApi
  private signature = ''
  private doors: readonly Door[] = []
  private timer: Timer | null = null

  constructor(options: NetworkDoorsOptions) {
    this.options = options
    setMaxListeners(0, this.closing.signal)
    this.ready = new Promise((resolve) => {
      this.setReady = resolve
    })
  }

  /** From now on requests are answered; those that came before have waited. */
  serve(services: Services): void {
    this.open = services
    this.setReady(services)
  }

  /** Where it listens, as `https://host:port` and the path of the socket. */
  addresses(): string[] {
    return this.doors.map(({ where }) => where)
  }

  async prepare(settings: ApiSettings): Promise<{ take(): void; drop(): void }> {
    const listen = [...settings.listen, ...this.options.extraListen]
    const wanted: ApiSettings = { ...settings, listen }
    const unsafe = findUnsafe(wanted)
    if (unsafe) {
      throw new UserError('listen_refused', `The API is not opened at ${unsafe.address}: ${unsafe.reason}.`, {
        hint: 'Give a certificate with `api: { tls: { cert: FILE, key: FILE } }` in the configuration and make tokens with `drover token create`, or listen at 127.0.0.1 only.',
      })
    }
    const signature = wanted.tls ? signatureOf(wanted.tls) : ''
    const certificate =
      wanted.tls && listen.length > 0 ? loadCertificate(wanted.tls, this.options.clock.now()) : null
    const opened: Door[] = []
    const kept: Door[] = []
    try {
      for (const address of uniqueOf(listen)) {
        const key = formatAddress(address)
        const known = this.doors.find((door) => door.key === key)
        if (known && known.isTls !== (certificate !== null)) {
          throw new UserError(
            'listen_refused',
            `The API at ${key} cannot go over to or from TLS while it is open.`,
            {
              hint: 'Take another port, or take the address away, reload, and put it back.',
            },
          )
        }
        if (known) kept.push(known)
        else opened.push(await this.openAddress(address, certificate))
      }
      if (wanted.socket !== null) {
        const { socket } = wanted
        const known = this.doors.find((door) => door.key === `unix:${socket}`)
        if (known) kept.push(known)
        else opened.push(await this.openSocket(socket))
      }
    } catch (error) {
      for (const door of opened) void door.close()
      throw error
    }
    return {
      take: () => this.take(wanted, signature, certificate, kept, opened),
      drop: () => {
        for (const door of opened) void door.close()
      },
    }
  }

  async close(): Promise<void> {
    this.timer?.cancel()
    this.closing.abort()
    await Promise.all(this.doors.map((door) => door.close()))
  }

  private take(
    settings: ApiSettings,
    signature: string,
    certificate: Certificate | null,
    kept: readonly Door[],
    opened: readonly Door[],
  ): void {
    for (const door of this.doors) if (!kept.includes(door)) void door.close()
    this.settings = settings
    this.signature = signature
    this.doors = [...kept, ...opened]
    if (certificate) this.use(certificate, kept)
    for (const { where } of opened) this.options.say(`the API listens at ${where}`)
    this.timer?.cancel()
    this.timer = null
    if (settings.tls) this.watchCertificate()
  }

  private use(certificate: Certificate, doors: readonly Door[]): void {
    const { cert, key, validUntil } = certificate
    for (const door of doors) {
      if (door.isTls)
        (door.server as unknown as TlsServer).setSecureContext({ cert, key, minVersion: 'TLSv1.2' })
    }
    if (validUntil - this.options.clock.now() < soonMs) {
      this.options.say(
        `the certificate of the API expires at ${new Date(validUntil).toISOString()}; renew it`,
      )
    }
  }

  private watchCertificate(): void {
    this.timer = this.options.clock.after(certificateLookMs, () => {
      this.lookAtCertificate()
      this.watchCertificate()
    })
  }

  private lookAtCertificate(): void {
    const { tls } = this.settings
    if (!tls) return
    try {
      const signature = signatureOf(tls)
      if (signature === this.signature) return
      // Told once for each change: files are often written one after the other, and the second makes it good.
      this.signature = signature
      this.use(loadCertificate(tls, this.options.clock.now()), this.doors)
      this.options.say('the certificate of the API was changed, and is in use')
    } catch (error) {
      if (error instanceof UserError) this.options.onTrouble(error)
      else this.options.log('The certificate cannot be looked at', error)
    }
  }

  private async openAddress(address: ListenAddress, tls: Certificate | null): Promise<Door> {
    const { clock } = this.options
    const server = this.createServer(
      (services) =>
        new TokenGuard({
          clock,
          access: services.access,
          anonymousLoopback: () => this.settings.anonymousLoopback,
        }),
      { tls, isPublic: true },
    )
    await new Promise<void>((resolve, reject) => {
      server.once('error', (error) => reject(explainListen(error, formatAddress(address))))
      server.listen({ host: address.host, port: address.port }, resolve)
    })
    server.on('error', (error) => this.options.log(`The API at ${formatAddress(address)} has trouble`, error))
    const { port } = server.address() as AddressInfo
    return {
      key: formatAddress(address),
      isTls: tls !== null,
      server,
      where: `${tls ? 'https' : 'http'}://${formatAddress({ ...address, port })}`,
      close: () => closeHttpServer(server, clock, closingGraceMs),
    }
  }

  private async openSocket(path: string): Promise<Door> {
    const { clock } = this.options
    await refuseLiving(path)
    clearSocketPath(path)
    const server = this.createServer(() => ownerGuard, { tls: null, isPublic: false })
    const address = openFolder(path)
    try {
      await listenOnSocket(server, address.path)
    } catch (error) {
      address.release()
      throw explainListen(error as NodeJS.ErrnoException, path)
    }
    return {
      key: `unix:${path}`,
      isTls: false,
      server,
      where: `unix://${path}`,
      close: async () => {
        await closeHttpServer(server, clock, closingGraceMs)
        address.release()
      },
    }
  }

  private createServer(
    guardOf: (services: Services) => Guard,
    how: { tls: Certificate | null; isPublic: boolean },
  ): Server {
    const { version, log, clock, heartbeatMs = 15_000 } = this.options
    const { signal } = this.closing
    let app: ReturnType<typeof createApp> | null = null
    const start = (services: Services): ReturnType<typeof createApp> => {
      const { verbs } = services
      app ??= createApp({ verbs, version, log, closing: signal, heartbeatMs, guard: guardOf(services) })
      return app
    }
    return createHttpServer({
      log,
      clock,
      ...how,
      fetch: async (request, env) => start(this.open ?? (await this.ready)).fetch(request, env as never),
    })
  }
}

function uniqueOf(listen: readonly ListenAddress[]): ListenAddress[] {
  return [...new Map(listen.map((address) => [formatAddress(address), address])).values()]
}

/** A socket on which somebody answers is another agent's, even if its data directory is not ours. */
function refuseLiving(path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const address = openFolder(path)
    const socket = connect(address.path)
    const settle = (finish: () => void): void => {
      socket.destroy()
      address.release()
      finish()
    }
    socket.once('connect', () => settle(() => reject(taken(path))))
    socket.once('error', () => settle(resolve))
  })
}

function openFolder(path: string): ReturnType<typeof socketAddress> {
  try {
    return socketAddress(path)
  } catch (error) {
    throw error instanceof UserError ? error : explainListen(error as NodeJS.ErrnoException, path)
  }
}

function explainListen(error: NodeJS.ErrnoException, where: string): UserError {
  if (error.code === 'EADDRINUSE') return taken(where)
  const why: Record<string, string> = {
    EADDRNOTAVAIL: 'this machine has no such address',
    EACCES: 'this user may not',
    ENOTFOUND: 'nobody knows this name',
    ENOENT: 'its folder does not exist',
  }
  return new UserError(
    'listen_refused',
    `The API cannot listen at ${where}: ${why[error.code ?? ''] ?? error.message}.`,
    {
      hint: 'Choose another address in `api`; ports below 1024 are for root alone.',
      cause: error,
    },
  )
}

function taken(where: string): UserError {
  return new UserError('address_taken', `Something else listens at ${where} already.`, {
    hint: `Choose another one in \`api\`, or end what is there: \`ss -ltnxp\` tells who it is.`,
  })
}
