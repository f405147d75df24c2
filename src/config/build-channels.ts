/** From channels as written to channels as they are used, and what is wrong in them that no single key tells. */
import type * as v from 'valibot'
import type { AlertSettings, Channel, Secret } from '../domain/alerting/alert-settings.ts'
import { templateMistake, templateNames } from '../domain/alerting/notice-template.ts'
import type { JsonValue } from '../domain/program.ts'
import { resolvePath } from './paths.ts'
import type { channel as channelSchema } from './schema/channels.ts'
import type { FieldPath, Mistake } from './source.ts'

type Written = v.InferOutput<typeof channelSchema>
type WrittenSecret = string | { fromFile?: string | undefined; fromEnv?: string | undefined }

/** `folder`: that relative paths are relative to. */
export function buildChannels(
  written: Readonly<Record<string, Written>>,
  folder: string,
): { channels: AlertSettings['channels']; mistakes: Mistake[] } {
  const entries = Object.entries(written)
  const mistakes = entries.flatMap(([name, channel]) => mistakesOf(channel, ['alerts', 'channels', name]))
  return {
    channels: Object.fromEntries(entries.map(([name, channel]) => [name, build(channel, folder)])),
    mistakes,
  }
}

function build(written: Written, folder: string): Channel {
  const { timeout, retry, giveUpAfter } = written
  const common = { timeoutMs: timeout, retryMs: retry, giveUpAfterMs: giveUpAfter }
  const secret = (value: WrittenSecret): Secret => secretOf(value, folder)
  const perhaps = (value: WrittenSecret | undefined): Secret | null =>
    value === undefined ? null : secret(value)
  switch (written.kind) {
    case 'mail': {
      const { host, port, tls, ca, user, password, from, to } = written
      return {
        ...common,
        kind: 'mail',
        host,
        port: port ?? (tls === 'implicit' ? 465 : 587),
        tls,
        ca: ca === undefined ? null : resolvePath(folder, ca),
        user: user ?? null,
        password: perhaps(password),
        from,
        to: typeof to === 'string' ? [to] : to,
      }
    }
    case 'webhook': {
      const { url, allowPrivate, headers, encoding, template, secret: key } = written
      return {
        ...common,
        kind: 'webhook',
        url: secret(url),
        allowPrivate,
        headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, secret(value)])),
        encoding,
        template: (template ?? null) as JsonValue,
        secret: perhaps(key),
      }
    }
    case 'slack':
      return { ...common, kind: 'slack', url: secret(written.url), allowPrivate: written.allowPrivate }
    case 'chat': {
      const { style, url, allowPrivate, room, token } = written
      return {
        ...common,
        kind: 'chat',
        style,
        url: secret(url),
        allowPrivate,
        room: room ?? null,
        token: perhaps(token),
      }
    }
    case 'command': {
      const { command, cwd } = written
      return {
        ...common,
        kind: 'command',
        argv: command,
        cwd: cwd === undefined ? folder : resolvePath(folder, cwd),
      }
    }
    default:
      return written satisfies never
  }
}

function secretOf(value: WrittenSecret, folder: string): Secret {
  if (typeof value === 'string') return value
  return value.fromFile === undefined
    ? { from: 'env', name: value.fromEnv ?? '' }
    : { from: 'file', path: resolvePath(folder, value.fromFile) }
}

function mistakesOf(channel: Written, path: FieldPath): Mistake[] {
  if (channel.kind === 'webhook' && channel.template !== undefined) {
    const wrong = templateMistake(channel.template as JsonValue)
    if (!wrong) return []
    const { message, suggestion } = wrong
    return [
      {
        code: 'bad_template',
        path: [...path, 'template'],
        message,
        expected: `texts with ${templateNames.map((name) => `{{${name}}}`).join(', ')}`,
        suggestion: suggestion === null ? null : `{{${suggestion}}}`,
      },
    ]
  }
  if (channel.kind === 'chat' && channel.style === 'hipchat')
    return (['room', 'token'] as const).flatMap((key) =>
      channel[key] === undefined
        ? [
            {
              code: 'missing_key',
              path: [...path, key],
              message: `HipChat wants a ${key}`,
              expected: `\`${key}\``,
            },
          ]
        : [],
    )
  if (channel.kind === 'mail' && channel.password !== undefined && channel.user === undefined)
    return [
      {
        code: 'contradiction',
        path: [...path, 'password'],
        message: 'a password without a user',
        expected: '`user`',
      },
    ]
  return []
}
