/**
 * The routes as an HTTP application: finds the route, checks what arrives, writes what comes back. It knows no sockets; `serve.ts` puts it
 * on one. A GET changes nothing, whatever it says.
 */
import { type Context, Hono } from 'hono'
import * as v from 'valibot'
import { type Endpoint, type EndpointName, endpoints } from '../contract/endpoints.ts'
import { UserError } from '../domain/user-error.ts'
import { type Log, toErrorAnswer, toErrorView, usageError } from './errors.ts'
import { type Caller, type Guard, ownerGuard, type Visit } from './guard.ts'
import type { Route, RouteRequest, RouteServices } from './route.ts'
import { routes } from './routes/index.ts'
import { byteStream, eventStream } from './streams.ts'

export interface AppOptions extends RouteServices {
  /** Who may do what; without one whoever comes is the owner. */
  readonly guard?: Guard
  readonly log: Log
  /** Aborts when the server closes: streams and waits end then. */
  readonly closing: AbortSignal
  readonly heartbeatMs: number
}

const largestBody = 2 * 1024 * 1024

export function createApp(options: AppOptions): Hono {
  const { guard = ownerGuard } = options
  const app = new Hono()
  for (const route of routes) {
    const endpoint: Endpoint = endpoints[route.endpoint]
    // First of all, before anything of a body is read.
    const admit = async (context: Context, next: () => Promise<void>): Promise<void> => {
      context.set('caller', await guard.admit(route.endpoint, endpoint, visitOf(context)))
      await next()
    }
    const handle = (context: Context) => answer(options, route, endpoint, context)
    app.on(endpoint.method, endpoint.path, admit, handle)
  }
  for (const [path, methods] of methodsByPath()) app.all(path, () => wrongMethod(methods))
  app.notFound(({ req }) =>
    answerError(
      404,
      new UserError('not_found', `There is nothing at ${req.path}.`, {
        hint: 'GET /openapi.json lists what there is.',
      }),
    ),
  )
  app.onError((error) => {
    const { status, view } = toErrorAnswer(error, options.log)
    return answerJson(status, view)
  })
  return app
}

async function answer(
  options: AppOptions,
  route: Route,
  endpoint: Endpoint,
  context: Context,
): Promise<Response> {
  // The router answers HEAD as it does GET and throws the body away; a stream would then go on for nobody.
  if (context.req.method === 'HEAD' && endpoint.form !== 'json') return wrongMethod([endpoint.method])
  checkNode(options, context)
  const abort = new AbortController()
  const stop = (): void => abort.abort()
  const caller = context.get('caller') as Caller
  let stopReason: UserError | null = null
  const stopWaiting = caller.onEnd(() => {
    stopReason = new UserError(
      'token_revoked',
      'The token was revoked or has expired; the answer ends here.',
      {
        hint: 'Ask whoever runs the agent for another one.',
      },
    )
    stop()
  })
  const stopFollowing = follow([context.req.raw.signal, options.closing], stop)
  const forget = (): void => {
    stopFollowing()
    stopWaiting()
  }
  const end = (): void => {
    forget()
    stop()
  }
  let isStreaming = false
  try {
    const request = await readRequest(route.endpoint, endpoint, context, caller.by, abort.signal)
    const value = await route.handle(options, request)
    if (endpoint.form === 'json') return answerJson(200, value)
    if (endpoint.form === 'text') return answerText(value as unknown as string)
    isStreaming = true
    return answerStream(options, route, endpoint, value, { end, reason: () => stopReason })
  } finally {
    if (!isStreaming) forget()
  }
}

function answerStream(
  options: AppOptions,
  route: Route,
  endpoint: Endpoint,
  value: unknown,
  { end, reason }: { end: () => void; reason: () => UserError | null },
): Response {
  if (endpoint.form === 'bytes') {
    return new Response(byteStream(value as AsyncIterable<Uint8Array>, end, reason), {
      headers: { 'content-type': 'application/octet-stream', 'x-content-type-options': 'nosniff' },
    })
  }
  const stream = eventStream({
    source: value as AsyncIterable<unknown>,
    stop: end,
    stopReason: reason,
    frameId: route.frameId,
    toErrorView: (error) => toErrorAnswer(error, options.log).view,
    heartbeatMs: options.heartbeatMs,
  })
  return new Response(stream, {
    headers: { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' },
  })
}

/** The socket's address is known where the request came over one. */
function visitOf({ req, env }: Context): Visit {
  const { incoming } = (env ?? {}) as { incoming?: { socket: { remoteAddress?: string } } }
  return { header: (name) => req.header(name), address: incoming?.socket.remoteAddress ?? null }
}

/** Calls back once any of the signals aborts, until told to forget it: the server's own signal outlives every request. */
function follow(signals: readonly AbortSignal[], callback: () => void): () => void {
  for (const signal of signals) {
    if (signal.aborted) callback()
    else signal.addEventListener('abort', callback, { once: true })
  }
  return () => {
    for (const signal of signals) signal.removeEventListener('abort', callback)
  }
}

async function readRequest(
  name: EndpointName,
  endpoint: Endpoint,
  { req }: Context,
  by: string,
  signal: AbortSignal,
): Promise<RouteRequest<typeof name>> {
  return {
    params: req.param() as Record<string, string>,
    query: endpoint.query ? check('query', endpoint.query, readQuery(req.queries())) : {},
    body: endpoint.body ? check('body', endpoint.body, parseBody(await readText(req))) : {},
    by,
    signal,
    lastEventId: readEventId(req.header('last-event-id')),
  } as RouteRequest<typeof name>
}

function check(part: 'query' | 'body', schema: v.GenericSchema, input: unknown): unknown {
  const result = v.safeParse(schema, input)
  if (!result.success) throw usageError(part, result.issues)
  return result.output
}

/** A parameter that is given twice counts as one list. */
function readQuery(queries: Record<string, string[]>): Record<string, string> {
  return Object.fromEntries(Object.entries(queries).map(([key, values]) => [key, values.join(',')]))
}

/** What comes in chunks tells its size only at its end. hono's own limit cannot take such a request over from this server. */
async function readText(req: Context['req']): Promise<string> {
  if (Number(req.header('content-length') ?? 0) > largestBody) throw tooLarge()
  if (req.header('transfer-encoding') === undefined || !req.raw.body) return await req.text()
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of req.raw.body as unknown as AsyncIterable<Uint8Array>) {
    length += chunk.byteLength
    if (length > largestBody) throw tooLarge()
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function tooLarge(): UserError {
  return new UserError('too_large', `The request is larger than ${largestBody} bytes.`)
}

function parseBody(text: string): unknown {
  if (text.trim() === '') return {}
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new UserError('usage', `The body of the request is not JSON: ${(error as Error).message}.`, {
      cause: error,
    })
  }
}

function readEventId(header: string | undefined): number | null {
  return header !== undefined && /^\d{1,15}$/.test(header) ? Number(header) : null
}

/** Who names a node means that one; nothing shall happen on another by mistake. */
function checkNode({ verbs }: AppOptions, { req }: Context): void {
  const wanted = req.header('x-drover-node')
  if (wanted === undefined) return
  const { node } = verbs.getAgent()
  if (wanted === node) return
  throw new UserError('not_found', `This agent is the node ${node}, and it knows no node ${wanted}.`, {
    hint: `Leave out the node, or name ${node}.`,
  })
}

function methodsByPath(): Map<string, string[]> {
  const methods = new Map<string, string[]>()
  for (const { method, path } of Object.values(endpoints)) {
    methods.set(path, [...(methods.get(path) ?? []), method])
  }
  return methods
}

function wrongMethod(methods: readonly string[]): Response {
  const allowed = methods.join(', ')
  const error = new UserError('usage', `This address takes ${allowed} only.`)
  return answerError(405, error, { allow: allowed })
}

export function answerError(
  status: number,
  error: UserError,
  headers: Record<string, string> = {},
): Response {
  return answerJson(status, toErrorView(error), headers)
}

/** The one text there is has Prometheus' own type. */
function answerText(text: string): Response {
  return new Response(text, { headers: { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' } })
}

function answerJson(status: number, value: unknown, headers: Record<string, string> = {}): Response {
  return new Response(JSON.stringify(value), {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8', ...headers },
  })
}
