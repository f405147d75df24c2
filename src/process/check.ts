/**
 * One look of a check at one living run: passed or not, with what was seen. It never throws and never takes longer than its timeout, and
 * leaves nothing behind. When to look, and what follows, is the agent's.
 */
import type { Clock } from '../clock.ts'
import type { CheckMethod } from '../domain/program.ts'
import { lookByHttp } from './checks/http.ts'
import type { LogWatch } from './checks/log.ts'
import { lookByTcp } from './checks/tcp.ts'

export interface Look {
  readonly passed: boolean
  /** A clause for people: `answered 503`. */
  readonly detail: string
}

export interface LookRequest {
  readonly clock: Clock
  /** Placeholders are filled in. */
  readonly method: CheckMethod
  /** Where the check looks at output: what it has not seen yet. */
  readonly log: LogWatch | null
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
    return limit.signal.aborted
      ? { passed: false, detail: `${look.detail} within ${timeoutMs} ms` }
      : look
  } catch (error) {
    return { passed: false, detail: `it could not be looked: ${(error as Error).message}` }
  } finally {
    timer.cancel()
    signal.removeEventListener('abort', abort)
  }
}

async function lookBy({ method, log }: LookRequest, limit: AbortSignal): Promise<Look> {
  switch (method.kind) {
    case 'http':
      return await lookByHttp(method.url, limit)
    case 'tcp':
      return await lookByTcp(method.host, Number(method.port), limit)
    case 'log':
      return log?.look() ?? { passed: false, detail: 'it has no output to look at' }
    case 'command':
    case 'notify':
      return { passed: false, detail: `${method.kind} is unknown` }
  }
}
