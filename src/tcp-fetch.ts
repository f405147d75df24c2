/**
 * Requests over TCP, with TLS or without. What goes wrong on the way is told as what a person can mend: nobody there, a certificate that is not
 * trusted or not of this name, an address that does not answer.
 */
import { type IncomingMessage, type RequestOptions, request as requestPlain } from 'node:http'
import { request as requestTls } from 'node:https'
import { rootCertificates } from 'node:tls'
import { systemClock } from './clock.ts'
import type { FetchLike } from './contract/client.ts'
import { UserError } from './domain/user-error.ts'

export interface TcpHost {
  readonly url: string
  readonly isTls: boolean
  readonly hostname: string
  readonly port: number
}

/** How long the way to the agent may take; an answer may take as long as it does. */
const connectMs = 10_000

export function createTcpFetch(
  host: TcpHost,
  credentials: () => { readonly token: string | null; readonly ca: string | null },
  whenAbsent: () => UserError,
): FetchLike {
  const explain = (error: unknown): unknown =>
    explainTrouble(error as NodeJS.ErrnoException, host, whenAbsent)
  let known: ReturnType<typeof credentials> | null = null
  return async (url, { method, headers, body, signal }) => {
    known ??= credentials()
    const { token, ca } = known
    const options: RequestOptions & { ca?: string[] } = {
      hostname: host.hostname,
      port: host.port,
      path: url,
      method,
      headers: {
        ...headers,
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }),
      },
      agent: false,
      ...(signal ? { signal } : {}),
      ...(ca === null ? {} : { ca: [...rootCertificates, ca] }),
    }
    const response = await send(host.isTls, options, body).catch((error: unknown) => {
      throw explain(error)
    })
    return {
      status: response.statusCode ?? 0,
      body: readBody(response, explain),
      text: async () => {
        const chunks: Uint8Array[] = []
        for await (const chunk of readBody(response, explain)) chunks.push(chunk)
        return Buffer.concat(chunks).toString('utf8')
      },
    }
  }
}

function send(isTls: boolean, options: RequestOptions, body: string | undefined): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const sent = (isTls ? requestTls : requestPlain)(options)
    const timer = systemClock.after(connectMs, () =>
      sent.destroy(Object.assign(new Error('no connection in time'), { code: 'ETIMEDOUT' })),
    )
    sent.once('socket', (socket) => socket.once(isTls ? 'secureConnect' : 'connect', () => timer.cancel()))
    sent.once('response', (response) => {
      timer.cancel()
      resolve(response)
    })
    sent.on('error', (error) => {
      timer.cancel()
      reject(error)
    })
    sent.end(body)
  })
}

async function* readBody(
  response: IncomingMessage,
  explain: (error: unknown) => unknown,
): AsyncIterable<Uint8Array> {
  try {
    for await (const chunk of response) yield chunk as Uint8Array
  } catch (error) {
    throw explain(error)
  } finally {
    // A reader that leaves early shall not keep the connection open.
    response.destroy()
  }
}

const untrusted = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
])

function explainTrouble(error: NodeJS.ErrnoException, host: TcpHost, whenAbsent: () => UserError): unknown {
  const code = error.code ?? ''
  const said = (
    kind: 'tls_invalid' | 'no_agent' | 'timed_out' | 'usage',
    message: string,
    hint: string,
  ): UserError => new UserError(kind, message, { hint, cause: error })
  if (untrusted.has(code)) {
    return said(
      'tls_invalid',
      `The certificate of ${host.url} is not signed by anybody who is trusted here.`,
      'If it is your own, trust it with --ca FILE, where FILE is the certificate itself or that of its authority.',
    )
  }
  if (code === 'CERT_HAS_EXPIRED' || code === 'CERT_NOT_YET_VALID') {
    const when = code === 'CERT_HAS_EXPIRED' ? 'has expired' : 'is not valid yet'
    return said('tls_invalid', `The certificate of ${host.url} ${when}.`, 'Renew it on the agent’s machine.')
  }
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    return said(
      'tls_invalid',
      `The certificate of ${host.url} is not for the name ${host.hostname}.`,
      'Use a name that is in the certificate, or make one with this name.',
    )
  }
  if (/^(ERR_SSL|EPROTO|HPE_)/.test(code)) {
    return said(
      'no_agent',
      `What answers at ${host.url} speaks ${host.isTls ? 'no TLS' : 'no plain HTTP'}.`,
      `Try ${host.isTls ? 'http' : 'https'}:// if the address is right.`,
    )
  }
  if (code === 'ERR_INVALID_CHAR') {
    return said('usage', 'The token holds characters that no token has.', 'Look at where it comes from.')
  }
  if (code === 'ETIMEDOUT' || code === 'EHOSTUNREACH' || code === 'ENETUNREACH') {
    return said(
      'timed_out',
      `${host.url} does not answer.`,
      'Look at the address, the network and the firewall.',
    )
  }
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    return said('no_agent', `Nobody knows the name ${host.hostname}.`, 'Look at the address.')
  }
  if (code === 'ECONNRESET' || code === 'EPIPE' || error.message === 'aborted') {
    return said(
      'no_agent',
      host.isTls
        ? `The connection to ${host.url} was cut.`
        : `The connection to ${host.url} was cut; it may want https.`,
      'Its programs run on. Look with `drover status` whether the agent is back.',
    )
  }
  return code === 'ECONNREFUSED' ? whenAbsent() : error
}
