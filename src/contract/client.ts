/**
 * The typed client of the API: one function per endpoint, with the types of the contract. It is handed the way to send requests, so that
 * the CLI brings a unix socket and a page its `fetch`. An answer that is an error is thrown as a `UserError` with the code, hint and
 * problems that the agent gave. Streams end when the agent ends them and throw when the connection is cut; connecting anew, with
 * `after` set to the last event, is the caller's business.
 */
import type * as v from 'valibot'
import { type ErrorCode, errorCatalogue } from '../domain/error-codes.ts'
import { UserError } from '../domain/user-error.ts'
import { type Endpoint, type EndpointName, endpoints } from './endpoints.ts'
import { readEventStream } from './event-stream.ts'
import type { ErrorView } from './views.ts'

/** The global `fetch` fits, as does anything that can send one request. The url is path and query. */
export type FetchLike = (
  url: string,
  init: { method: string; headers: Record<string, string>; body?: string; signal?: AbortSignal },
) => Promise<{ status: number; body: AsyncIterable<Uint8Array> | null; text(): Promise<string> }>

type Endpoints = typeof endpoints
/** The names after the colons of a path. */
export type PathParameters<P extends string> = P extends `${string}:${infer Name}/${infer Rest}`
  ? Name | PathParameters<Rest>
  : P extends `${string}:${infer Name}`
    ? Name
    : never
type QueryOf<E> = E extends { query: infer Q extends v.GenericSchema } ? Partial<v.InferOutput<Q>> : unknown
type BodyOf<E> = E extends { body: infer B extends v.GenericSchema } ? v.InferInput<B> : unknown

/** What a call takes: the parameters of the path, the query and the body as one flat object. */
export type RequestOf<N extends EndpointName> = {
  [K in PathParameters<Endpoints[N]['path']>]: string
} & QueryOf<Endpoints[N]> &
  BodyOf<Endpoints[N]>
export type ResponseOf<N extends EndpointName> = v.InferOutput<Endpoints[N]['response']>

export type AnswerOf<N extends EndpointName> = Endpoints[N]['form'] extends 'json' | 'text'
  ? ResponseOf<N>
  : Endpoints[N]['form'] extends 'events'
    ? AsyncIterable<ResponseOf<N>>
    : AsyncIterable<Uint8Array>

export interface CallOptions {
  readonly signal?: AbortSignal
}

export type Client = {
  readonly [N in EndpointName]: Partial<RequestOf<N>> extends RequestOf<N>
    ? (request?: RequestOf<N>, options?: CallOptions) => Promise<AnswerOf<N>>
    : (request: RequestOf<N>, options?: CallOptions) => Promise<AnswerOf<N>>
}

export function createClient(fetchLike: FetchLike, headers: Record<string, string> = {}): Client {
  const calls = Object.entries(endpoints).map(([name, endpoint]) => [
    name,
    (request: Record<string, unknown> = {}, options: CallOptions = {}) =>
      call(fetchLike, headers, endpoint, request, options),
  ])
  return Object.fromEntries(calls) as Client
}

async function call(
  fetchLike: FetchLike,
  headers: Record<string, string>,
  endpoint: Endpoint,
  request: Record<string, unknown>,
  { signal }: CallOptions,
): Promise<unknown> {
  const { url, body } = writeRequest(endpoint, request)
  const response = await fetchLike(url, {
    method: endpoint.method,
    headers: body === undefined ? headers : { ...headers, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body }),
    ...(signal === undefined ? {} : { signal }),
  })
  if (response.status >= 400) throw readError(response.status, await response.text())
  if (endpoint.form === 'json') return JSON.parse(await response.text())
  if (endpoint.form === 'text') return await response.text()
  const bytes = response.body ?? nothing()
  return endpoint.form === 'bytes' ? bytes : readEvents(bytes)
}

/** Path parameters go into the path; the rest into the body where the endpoint has one, else into the query. */
export function writeRequest(
  endpoint: Endpoint,
  request: Record<string, unknown>,
): { url: string; body?: string } {
  const rest = { ...request }
  const path = endpoint.path.replace(/:(\w+)/g, (_, name: string) => {
    delete rest[name]
    return encodeURIComponent(String(request[name]))
  })
  if (endpoint.body) return { url: path, body: JSON.stringify(rest) }
  const query = Object.entries(rest)
    .filter(([, value]) => value !== undefined)
    .map(
      ([key, value]) =>
        `${key}=${encodeURIComponent(Array.isArray(value) ? value.join(',') : String(value))}`,
    )
  return { url: query.length === 0 ? path : `${path}?${query.join('&')}` }
}

/** The error that the agent meant, also when something that is no agent answers. */
export function readError(status: number, text: string): UserError {
  const view = parseErrorView(text)
  if (!view) return new UserError('internal', `An answer with status ${status} that is not of the API.`)
  const { code, message, hint, problems } = view.error
  return new UserError(isErrorCode(code) ? code : 'internal', message, {
    problems,
    ...(hint === null ? {} : { hint }),
  })
}

function parseErrorView(text: string): ErrorView | null {
  try {
    const view = JSON.parse(text) as Partial<ErrorView> | null
    return typeof view?.error?.message === 'string' && Array.isArray(view.error.problems)
      ? (view as ErrorView)
      : null
  } catch {
    return null
  }
}

function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(errorCatalogue, code)
}

async function* readEvents(bytes: AsyncIterable<Uint8Array>): AsyncIterable<unknown> {
  for await (const { event, data } of readEventStream(bytes)) {
    if (event === 'error') throw readError(500, data)
    if (event === 'end') return
    yield JSON.parse(data)
  }
  throw new UserError('no_agent', 'The agent ended the stream before its end.')
}

async function* nothing(): AsyncIterable<Uint8Array> {}
