/** One attempt to deliver a notice through a channel, whatever its kind. */
import type { Clock } from '../clock.ts'
import type { Channel, Secret } from '../domain/alerting/alert-settings.ts'
import type { DeliveryOutcome, Notice } from '../domain/alerting/notice.ts'
import type { SecretSource } from '../domain/program.ts'

export interface SendTools {
  readonly clock: Clock
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly readSecrets: (
    sources: Readonly<Record<string, SecretSource>>,
  ) =>
    | { readonly ok: true; readonly values: Readonly<Record<string, string>> }
    | { readonly ok: false; readonly detail: string }
}

/** Never throws, and ends within the channel's timeout or soon after. What a channel needs is loaded when it is first used. */
export async function sendNotice(
  channel: Channel,
  notice: Notice,
  tools: SendTools,
): Promise<DeliveryOutcome> {
  try {
    return await send(channel, notice, tools)
  } catch (error) {
    return {
      kind: 'failed',
      reason:
        error instanceof MissingSecret ? error.message : `it could not be sent: ${(error as Error).message}`,
      afterMs: null,
    }
  }
}

class MissingSecret extends Error {}

async function send(channel: Channel, notice: Notice, tools: SendTools): Promise<DeliveryOutcome> {
  const secret = (name: string, written: Secret): string => {
    if (typeof written === 'string') return written
    const read = tools.readSecrets({ [name]: written })
    if (!read.ok) throw new MissingSecret(read.detail)
    return read.values[name] ?? ''
  }
  const perhaps = (name: string, written: Secret | null): string | null =>
    written === null ? null : secret(name, written)
  switch (channel.kind) {
    case 'mail': {
      const { sendMail } = await import('./mail.ts')
      return await sendMail(channel, notice, perhaps('password', channel.password), tools.clock)
    }
    case 'webhook': {
      const { sendWebhook } = await import('./webhook.ts')
      const headers = Object.fromEntries(
        Object.entries(channel.headers).map(([name, value]) => [name.toLowerCase(), secret(name, value)]),
      )
      const secrets = { url: secret('url', channel.url), secret: perhaps('secret', channel.secret), headers }
      return await sendWebhook(channel, notice, secrets, tools.clock)
    }
    case 'slack':
    case 'chat': {
      const { sendChat } = await import('./chat.ts')
      const token = channel.kind === 'chat' ? perhaps('token', channel.token) : null
      return await sendChat(channel, notice, { url: secret('url', channel.url), token }, tools.clock)
    }
    case 'command': {
      const { runCommand } = await import('./command.ts')
      return await runCommand(channel, notice, tools)
    }
    default:
      return channel satisfies never
  }
}
