/** Posts notices to programs of others: as JSON or as a form, by a template or as they are, signed where a secret is given. */
import { createHmac } from 'node:crypto'
import type { Clock } from '../clock.ts'
import type { WebhookChannel } from '../domain/alerting/alert-settings.ts'
import type { DeliveryOutcome, Notice } from '../domain/alerting/notice.ts'
import { fillTemplate } from '../domain/alerting/notice-template.ts'
import { noticeJson, webhookBody } from '../domain/alerting/notice-text.ts'
import type { JsonValue } from '../domain/program.ts'
import { post } from './post.ts'

export interface WebhookSecrets {
  readonly url: string
  readonly secret: string | null
  readonly headers: Readonly<Record<string, string>>
}

export async function sendWebhook(
  channel: WebhookChannel,
  notice: Notice,
  { url, secret, headers }: WebhookSecrets,
  clock: Clock,
): Promise<DeliveryOutcome> {
  const value =
    channel.template === null ? webhookBody(notice) : fillTemplate(channel.template, noticeJson(notice))
  const isForm = channel.encoding === 'form'
  const body = isForm ? formOf(value) : JSON.stringify(value)
  const timestamp = Math.floor(clock.now() / 1000)
  return await post({
    url,
    body,
    timeoutMs: channel.timeoutMs,
    allowPrivate: channel.allowPrivate,
    clock,
    headers: {
      'content-type': isForm ? 'application/x-www-form-urlencoded' : 'application/json',
      'user-agent': 'drover',
      'idempotency-key': notice.id,
      ...headers,
      ...(secret === null
        ? {}
        : { 'drover-timestamp': String(timestamp), 'drover-signature': signature(secret, timestamp, body) }),
    },
  })
}

/** HMAC-SHA256, in hex, over the time in seconds, a point and the body. The time keeps an old message from being sent again by somebody else. */
export function signature(secret: string, timestamp: number, body: string): string {
  return `sha256=${createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex')}`
}

/** Keys of tables with brackets, as PHP and others read them. */
function formOf(value: JsonValue): string {
  const fields = new URLSearchParams()
  const add = (name: string, part: JsonValue): void => {
    if (typeof part === 'object' && part !== null)
      for (const [key, inner] of Object.entries(part)) add(name === '' ? key : `${name}[${key}]`, inner)
    else fields.append(name, part === null ? '' : String(part))
  }
  add('', value)
  return fields.toString()
}
