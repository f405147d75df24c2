/**
 * One look of a check at one living run: passed or not, with what was seen. It never throws and never takes longer than its timeout, and
 * leaves nothing behind. When to look, and what follows, is the agent's.
 */
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
  /** Placeholders are filled in. */
  readonly method: CheckMethod
  /** Where the check looks at output: what it has not seen yet. */
  readonly log: LogWatch | null
  readonly timeoutMs: number
  readonly signal: AbortSignal
}

export async function lookOnce(request: LookRequest): Promise<Look> {
  try {
    return await lookBy(request)
  } catch (error) {
    return { passed: false, detail: `it could not be looked: ${(error as Error).message}` }
  }
}

async function lookBy({ method, log, timeoutMs, signal }: LookRequest): Promise<Look> {
  switch (method.kind) {
    case 'http':
      return await lookByHttp(method.url, timeoutMs, signal)
    case 'tcp':
      return await lookByTcp(method.host, Number(method.port), timeoutMs, signal)
    case 'log':
      return log?.look() ?? { passed: false, detail: 'it has no output to look at' }
    case 'command':
    case 'notify':
      return { passed: false, detail: `${method.kind} is unknown` }
  }
}
