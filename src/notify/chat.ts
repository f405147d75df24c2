/** Tells chats: each has its own form for one and the same text. */
import type { Clock } from '../clock.ts'
import type { ChatChannel, SlackChannel } from '../domain/alerting/alert-settings.ts'
import type { DeliveryOutcome, Notice } from '../domain/alerting/notice.ts'
import { chatText } from '../domain/alerting/notice-text.ts'
import type { JsonValue } from '../domain/program.ts'
import { post } from './post.ts'

export interface ChatSecrets {
  readonly url: string
  readonly token: string | null
}

/** Discord takes no longer text. */
const mostOfDiscord = 2000
const mostOfOthers = 10_000

export async function sendChat(
  channel: ChatChannel | SlackChannel,
  notice: Notice,
  { url, token }: ChatSecrets,
  clock: Clock,
): Promise<DeliveryOutcome> {
  const style = channel.kind === 'slack' ? 'slack' : channel.style
  const room = channel.kind === 'chat' ? channel.room : null
  const target =
    style === 'hipchat'
      ? `${url.replace(/\/+$/, '')}/v2/room/${encodeURIComponent(room ?? '')}/notification`
      : url
  return await post({
    url: target,
    body: JSON.stringify(bodyOf(style, notice)),
    timeoutMs: channel.timeoutMs,
    allowPrivate: channel.allowPrivate,
    clock,
    headers: {
      'content-type': 'application/json',
      'user-agent': 'drover',
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
    },
  })
}

function bodyOf(style: ChatChannel['style'] | 'slack', notice: Notice): JsonValue {
  const text = cut(chatText(notice), style === 'discord' ? mostOfDiscord : mostOfOthers)
  switch (style) {
    case 'slack':
      // Outside of a link these three are all that Slack wants to have escaped.
      return { text: text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;') }
    case 'mattermost':
      return { text }
    case 'discord':
      // Nobody is called by a name that happens to stand in an error.
      return { content: text, allowed_mentions: { parse: [] } }
    case 'teams':
      return {
        type: 'message',
        attachments: [
          {
            contentType: 'application/vnd.microsoft.card.adaptive',
            content: {
              type: 'AdaptiveCard',
              version: '1.2',
              body: [{ type: 'TextBlock', text: text.replaceAll('\n', '\n\n'), wrap: true }],
            },
          },
        ],
      }
    case 'hipchat':
      return {
        message: text,
        message_format: 'text',
        notify: notice.kind !== 'cleared',
        color: colourOf(notice),
      }
    default:
      return style satisfies never
  }
}

function colourOf({ kind, level }: Notice): string {
  if (kind === 'cleared') return 'green'
  if (kind === 'test') return 'gray'
  return level === 'warning' || level === 'notice' || level === 'info' || level === 'debug' ? 'yellow' : 'red'
}

function cut(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`
}
