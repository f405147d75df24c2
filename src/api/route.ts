/**
 * One route: an endpoint of the contract and what answers it, knowing neither sockets nor HTTP. What arrives is already checked against
 * the endpoint's schemas, with defaults filled in.
 */
import type * as v from 'valibot'
import type { AnswerOf, PathParameters } from '../contract/client.ts'
import type { EndpointName, endpoints } from '../contract/endpoints.ts'
import type { AgentVerbs } from '../contract/verbs.ts'

type Endpoints = typeof endpoints
type Checked<E, K extends 'query' | 'body'> = E extends { [Key in K]: infer S extends v.GenericSchema }
  ? v.InferOutput<S>
  : Record<never, never>

export interface RouteRequest<N extends EndpointName> {
  readonly params: { readonly [K in PathParameters<Endpoints[N]['path']>]: string }
  readonly query: Checked<Endpoints[N], 'query'>
  readonly body: Checked<Endpoints[N], 'body'>
  /** Who asks: `cli:alice`, `api`. */
  readonly by: string
  /** Aborts when the caller is gone or the server closes. */
  readonly signal: AbortSignal
  /** What a stream's client received last, where it says so. */
  readonly lastEventId: number | null
}

export interface RouteServices {
  readonly verbs: AgentVerbs
  readonly version: string
}

export interface Route<N extends EndpointName = EndpointName> {
  readonly endpoint: N
  handle(services: RouteServices, request: RouteRequest<N>): AnswerOf<N> | Promise<AnswerOf<N>>
  /** For streams of events: the id of each, with which a client can come back. */
  frameId?(value: unknown): string
}

/** Gives an answer its types and forgets them again, so that all routes fit in one list. */
export function route<N extends EndpointName>(definition: Route<N>): Route {
  return definition as unknown as Route
}
