/**
 * Requests over a unix socket. That nobody listens there is told apart from everything else: it is the one failure that a person can mend
 * by starting an agent.
 */
import { type IncomingMessage, request } from 'node:http'
import type { FetchLike } from './contract/client.ts'
import { UserError } from './domain/user-error.ts'
import { type SocketAddress, socketAddress } from './socket-path.ts'

/** What a connection says when there is no agent: no socket, nobody behind it, no folder. */
const absent = new Set(['ENOENT', 'ECONNREFUSED', 'ENOTDIR'])
/** What it says when the agent ended in the middle. */
const cut = new Set(['ECONNRESET', 'EPIPE'])

export function createUnixFetch(socketPath: string, whenAbsent: () => UserError): FetchLike {
  const explain = (error: NodeJS.ErrnoException): unknown => {
    if (error.code === 'EACCES' || error.code === 'EPERM') {
      return new UserError('no_agent', `${socketPath} may not be opened by this user.`, {
        hint: 'The socket belongs to the user who started the agent; become that user.',
        cause: error,
      })
    }
    if (cut.has(error.code ?? '')) {
      return new UserError('no_agent', 'The agent went away in the middle of its answer.', {
        hint: 'Its programs run on. Look with `drover status` whether it is back.',
        cause: error,
      })
    }
    return absent.has(error.code ?? '') ? whenAbsent() : error
  }
  return async (url, { method, headers, body, signal }) => {
    const address = openAddress(socketPath, explain)
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const sent = request(
        {
          socketPath: address.path,
          path: url,
          method,
          headers: { host: 'localhost', ...headers },
          agent: false,
          ...(signal ? { signal } : {}),
        },
        resolve,
      )
      sent.on('error', (error) => reject(explain(error)))
      sent.end(body)
    }).finally(() => address.release())
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

function openAddress(socketPath: string, explain: (error: NodeJS.ErrnoException) => unknown): SocketAddress {
  try {
    return socketAddress(socketPath)
  } catch (error) {
    throw explain(error as NodeJS.ErrnoException)
  }
}

async function* readBody(
  response: IncomingMessage,
  explain: (error: NodeJS.ErrnoException) => unknown,
): AsyncIterable<Uint8Array> {
  try {
    for await (const chunk of response) yield chunk as Uint8Array
  } catch (error) {
    throw explain(error as NodeJS.ErrnoException)
  } finally {
    // A reader that leaves early shall not keep the connection open.
    response.destroy()
  }
}
