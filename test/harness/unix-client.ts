/** The typed client of the API over an agent's socket. Each call has a connection of its own, so that a killed agent breaks only what is under way. */
import { type IncomingMessage, request } from 'node:http'
import { type Client, createClient, type FetchLike } from '../../src/contract/client.ts'

export type { Client }

export function connectTo(socketPath: string): Client {
  return createClient(fetchFrom(socketPath))
}

function fetchFrom(socketPath: string): FetchLike {
  return (url, { method, headers, body, signal }) =>
    new Promise((resolve, reject) => {
      const sent = request(
        { socketPath, path: url, method, headers, agent: false, ...(signal ? { signal } : {}) },
        (answer) => resolve({ status: answer.statusCode ?? 0, body: answer, text: () => textOf(answer) }),
      )
      sent.on('error', reject)
      sent.end(body)
    })
}

async function textOf(answer: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of answer) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('utf8')
}
