/**
 * The package as other programs import it: `defineConfig` for configurations, `connect` for an agent. The same client as the command line has, with streams
 * that can be read at once, and with an end. What is promised, `package-types.ts` says.
 */
import { userInfo } from 'node:os'
import process from 'node:process'
import {
  type AgentHost,
  type HostCredentials,
  openHostFetch,
  parseHost,
  readCredentials,
} from './agent-host.ts'
import { readGlobalOptions } from './cli/global-options.ts'
import { createClient } from './contract/client.ts'
import { type Endpoint, endpoints } from './contract/endpoints.ts'
import { UserError } from './domain/user-error.ts'
import type { CallOptions, ConnectOptions, Drover } from './package-types.ts'
import { socketPathOf } from './socket-path.ts'

export { defineConfig } from './config/define-config.ts'
export { UserError } from './domain/user-error.ts'

export async function connect(options: ConnectOptions = {}): Promise<Drover> {
  const host = hostOf(options)
  const where = host.kind === 'unix' ? host.path : host.url
  const fetch = openHostFetch(
    host,
    () => credentialsOf(options),
    () => noAgent(where),
  )
  const client = createClient(fetch, { 'x-drover-by': options.by ?? `node:${nameOfUser()}` })
  const closing = new AbortController()
  const calls = client as unknown as Readonly<Record<string, Call>>
  const methods = Object.entries(endpoints as Record<string, Endpoint>).map(([name, { form }]) => {
    const call = calls[name] as Call
    const isStream = form === 'events' || form === 'bytes'
    return [name, isStream ? asStream(call, closing.signal) : asPromise(call, closing.signal)]
  })
  const drover = { ...Object.fromEntries(methods), close: () => closing.abort() } as Drover
  await drover.getAgent({}, options.signal ? { signal: options.signal } : {})
  return drover
}

function hostOf({ socket, dataDir, host }: ConnectOptions): AgentHost {
  if (socket !== undefined) return { kind: 'unix', path: socket }
  const named = host ?? (dataDir === undefined ? process.env.DROVER_HOST || undefined : undefined)
  if (named !== undefined) return parseHost(named, process.cwd())
  return { kind: 'unix', path: socketPathOf(dataDirOf(dataDir === undefined ? {} : { dataDir })) }
}

function credentialsOf({ token, caFile }: ConnectOptions): HostCredentials {
  return readCredentials({
    token: token ?? null,
    tokenFile: null,
    caFile: caFile ?? null,
    env: process.env,
    cwd: process.cwd(),
  })
}

type Call = (request: unknown, options: CallOptions) => Promise<unknown>

function asPromise(call: Call, closing: AbortSignal): Call {
  return async (request, { signal } = {}) => {
    refuseClosed(closing)
    const ending = linked(closing, signal)
    try {
      return await call(request, { signal: ending.signal })
    } catch (error) {
      throw ending.signal.aborted ? ending.signal.reason : error
    } finally {
      ending.release()
    }
  }
}

/** Asks when it is read for the first time. A stream that its owner closes ends; one whose signal aborts throws. */
function asStream(call: Call, closing: AbortSignal) {
  return async function* (request?: unknown, { signal }: CallOptions = {}): AsyncGenerator<unknown> {
    refuseClosed(closing)
    const ending = linked(closing, signal)
    try {
      yield* (await call(request, { signal: ending.signal })) as AsyncIterable<unknown>
    } catch (error) {
      if (!ending.signal.aborted) throw error
      if (!closing.aborted) throw ending.signal.reason
    } finally {
      ending.release()
    }
  }
}

/** A signal that follows others, until it is released. Not `AbortSignal.any`: what it makes may be collected before it fires. */
function linked(...signals: readonly (AbortSignal | undefined)[]): { signal: AbortSignal; release(): void } {
  const abort = new AbortController()
  const present = signals.filter((signal) => signal !== undefined)
  const follow = (event: Event): void => abort.abort((event.target as AbortSignal).reason)
  for (const signal of present) {
    if (signal.aborted) abort.abort(signal.reason)
    else signal.addEventListener('abort', follow)
  }
  return {
    signal: abort.signal,
    release: () => present.forEach((signal) => void signal.removeEventListener('abort', follow)),
  }
}

function refuseClosed(closing: AbortSignal): void {
  if (!closing.aborted) return
  throw new UserError('usage', 'This connection was closed.', { hint: 'Make another one with `connect`.' })
}

/** By the rules of the command line. */
function dataDirOf({ dataDir }: ConnectOptions): string {
  const isRoot = process.getuid?.() === 0
  return readGlobalOptions({ dataDir }, { env: process.env, cwd: process.cwd(), isRoot }).dataDir
}

function nameOfUser(): string {
  try {
    return userInfo().username
  } catch {
    // A number without an entry, as in many containers.
    return String(process.getuid?.() ?? 'unknown')
  }
}

function noAgent(socket: string): UserError {
  return new UserError('no_agent', `No agent answers at ${socket}.`, {
    hint: 'Start one with `drover up`, or give `connect` the data directory of one that runs.',
  })
}
