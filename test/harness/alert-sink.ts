/** A server that takes what channels tell: keeps each notice, and answers as it is told to. */
import { createServer } from 'node:http'
import { onTestFinished } from 'vitest'
import type { WebhookChannelConfig } from '../../src/config/config-types.generated.ts'

export interface Told {
  readonly path: string
  readonly body: {
    readonly text?: string
    readonly id?: string
    readonly kind?: string
    readonly count?: number
  }
}

export interface AlertSink {
  readonly url: string
  readonly told: Told[]
  /** By path; null: none at all. Others are answered with 200. */
  readonly answers: Record<string, number | null>
}

export async function openAlertSink(answers: AlertSink['answers'] = {}): Promise<AlertSink> {
  const told: Told[] = []
  const server = createServer((request, response) => {
    let text = ''
    request.on('data', (part) => {
      text += String(part)
    })
    request.on('end', () => {
      const path = request.url ?? ''
      told.push({ path, body: JSON.parse(text) })
      const status = answers[path] === undefined ? 200 : answers[path]
      if (status !== null) response.writeHead(status).end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  return { url: `http://127.0.0.1:${port}`, told, answers }
}

/** A channel that goes there, and does not wait for long before it tries again. */
export function hook(url: string, more: Partial<WebhookChannelConfig> = {}): WebhookChannelConfig {
  return { kind: 'webhook', url, allowPrivate: true, retry: '200ms', ...more }
}
