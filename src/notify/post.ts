/**
 * One POST with a bound for everything: for the time from the connection to the answer, for what is read of the answer. No redirect is followed, since it may lead anywhere, and where private addresses are
 * forbidden the address that is connected to is the one that was looked at.
 */

import { lookup as lookUp } from 'node:dns'
import { type IncomingMessage, request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { isIP, type LookupFunction } from 'node:net'
import type { Clock } from '../clock.ts'
import type { DeliveryOutcome } from '../domain/alerting/notice.ts'
import { isPrivateAddress } from './private-address.ts'

export interface Post {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  readonly timeoutMs: number
  readonly allowPrivate: boolean
  readonly clock: Clock
}

/** So much of an answer is read; it is no matter of ours what else it says. */
const mostRead = 4096
const longestTold = 200

class Forbidden extends Error {}

/** Never throws. The reasons name the host and never the rest of the URL, which may be a secret. */
export function post({ url, headers, body, timeoutMs, allowPrivate, clock }: Post): Promise<DeliveryOutcome> {
  const target = readUrl(url)
  if (!target) return Promise.resolve({ kind: 'refused', reason: 'its URL is none of http or https' })
  const host = target.hostname.replace(/^\[|\]$/g, '')
  if (!allowPrivate && isIP(host) !== 0 && isPrivateAddress(host))
    return Promise.resolve({ kind: 'refused', reason: forbidden(host, host) })
  return new Promise((resolve) => {
    let isOver = false
    const settle = (outcome: DeliveryOutcome): void => {
      if (isOver) return
      isOver = true
      timer.cancel()
      resolve(outcome)
      request.destroy()
    }
    const fail = (reason: string): void =>
      settle({ kind: 'failed', reason: `${host}: ${reason}`, afterMs: null })
    const send = target.protocol === 'https:' ? requestHttps : requestHttp
    const request = send(target, {
      method: 'POST',
      agent: false,
      headers: { ...headers, 'content-length': Buffer.byteLength(body), connection: 'close' },
      ...(allowPrivate ? {} : { lookup: publicLookup }),
    })
    const timer = clock.after(timeoutMs, () => fail(`gave no answer within ${timeoutMs / 1000} s`))
    request.on('error', (error) => {
      if (error instanceof Forbidden) settle({ kind: 'refused', reason: error.message })
      else fail((error as NodeJS.ErrnoException).code ?? error.message)
    })
    request.on('response', (response) => {
      let text = ''
      const judge = (): void => settle(judgeAnswer(host, response, text, clock.now()))
      response.setEncoding('utf8')
      response.on('data', (part: string) => {
        text += part
        // An answer without an end is one all the same.
        if (text.length >= mostRead) judge()
      })
      response.on('end', judge)
      response.on('error', judge)
    })
    request.end(body)
  })
}

function judgeAnswer(
  host: string,
  { statusCode: status = 0, headers }: IncomingMessage,
  text: string,
  now: number,
): DeliveryOutcome {
  const said = text.trim().split('\n', 1)[0]?.slice(0, longestTold) ?? ''
  const answer = said === '' ? String(status) : `${status} ${said}`
  if (status >= 200 && status < 300) return { kind: 'delivered', detail: answer }
  const reason = `${host} answered ${answer}`
  if (status >= 300 && status < 400)
    return { kind: 'refused', reason: `${host} answered ${status}, a redirect, which is not followed` }
  const isLater = status === 408 || status === 425 || status === 429 || status >= 500
  return isLater
    ? { kind: 'failed', reason, afterMs: retryAfter(headers['retry-after'], now) }
    : { kind: 'refused', reason }
}

/** In seconds, or a date. Null where it does not say. */
function retryAfter(value: string | string[] | undefined, now: number): number | null {
  if (typeof value !== 'string') return null
  if (/^\d{1,6}$/.test(value.trim())) return Number(value) * 1000
  const at = Date.parse(value)
  return Number.isNaN(at) ? null : Math.max(0, at - now)
}

/** Of several addresses none may be private: which one is taken is not ours to say. */
const publicLookup: LookupFunction = (host, options, callback) => {
  lookUp(host, { ...options, all: true }, (error, addresses) => {
    if (error) return callback(error, '', 0)
    const own = addresses.find(({ address }) => isPrivateAddress(address))
    if (own) return callback(new Forbidden(forbidden(host, own.address)), '', 0)
    if (options.all) return (callback as unknown as (e: null, all: typeof addresses) => void)(null, addresses)
    const [first] = addresses
    callback(null, first?.address ?? '', first?.family ?? 4)
  })
}

function forbidden(host: string, address: string): string {
  const where = host === address ? host : `${host} (${address})`
  return `${where} is an address of this machine or of a private network, which \`allowPrivate: true\` would allow`
}

function readUrl(url: string): URL | null {
  try {
    const read = new URL(url)
    return read.protocol === 'http:' || read.protocol === 'https:' ? read : null
  } catch {
    return null
  }
}
