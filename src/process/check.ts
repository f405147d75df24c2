/**
 * One look of a check at one living run: passed or not, with what was seen. It never throws and never takes longer than its timeout, and
 * leaves nothing behind. When to look, and what follows, is the agent's.
 */
import type { Clock } from '../clock.ts'
import { type CommandCheck, lookByCommand } from './checks/command.ts'
import { lookByHttp } from './checks/http.ts'
import type { LogWatch } from './checks/log.ts'
import type { NoticeWatch } from './checks/notify.ts'
import { lookByTcp } from './checks/tcp.ts'

export interface Look {
  readonly passed: boolean
  /** A clause for people: `answered 503`. */
  readonly detail: string
}

/** A method of checking, with all that it needs of one run. */
export type CheckWay =
  | { readonly kind: 'command'; readonly check: CommandCheck }
  | { readonly kind: 'http'; readonly url: string }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: string }
  /** What it has not seen yet. */
  | { readonly kind: 'log'; readonly watch: LogWatch }
  | { readonly kind: 'notify'; readonly watch: NoticeWatch }

export interface LookRequest {
  readonly clock: Clock
  readonly way: CheckWay
  readonly timeoutMs: number
  /** Nobody wants to know any more. */
  readonly signal: AbortSignal
}

export async function lookOnce(request: LookRequest): Promise<Look> {
  const { clock, timeoutMs, signal } = request
  // Held by the timer: a composite of signals may be collected before it fires.
  const limit = new AbortController()
  const abort = (): void => limit.abort()
  const timer = clock.after(timeoutMs, abort)
  signal.addEventListener('abort', abort, { once: true })
  try {
    const look = await lookBy(request, limit.signal)
    return limit.signal.aborted ? { passed: false, detail: `${look.detail} within ${timeoutMs} ms` } : look
  } catch (error) {
    return { passed: false, detail: `it could not be looked: ${(error as Error).message}` }
  } finally {
    timer.cancel()
    signal.removeEventListener('abort', abort)
  }
}

async function lookBy({ way, timeoutMs }: LookRequest, limit: AbortSignal): Promise<Look> {
  switch (way.kind) {
    case 'http':
      return await lookByHttp(way.url, limit)
    case 'tcp':
      return await lookByTcp(way.host, Number(way.port), limit)
    case 'log':
    case 'notify':
      return way.watch.look()
    case 'command':
      return await lookByCommand(way.check, timeoutMs, limit)
  }
}
