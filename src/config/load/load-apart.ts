/**
 * Loads a configuration in a process of its own, and gives what `load-config.ts` would give. Parsers and schema need tens of megabytes for a
 * large configuration, which an agent that runs for months would keep; the other process takes them along when it goes.
 */

import type { ErrorCode } from '../../domain/error-codes.ts'
import { UserError } from '../../domain/user-error.ts'
import { askHost } from './ask-host.ts'
import type { LoadedConfig, PathOptions, TextOptions } from './loaded-config.ts'

/** What the host is asked on its standard input. */
export type LoadRequest =
  | { readonly kind: 'path'; readonly path: string | null; readonly options: PathOptions }
  | { readonly kind: 'text'; readonly text: string; readonly options: TextOptions }

export type LoadReply =
  | { readonly kind: 'loaded'; readonly loaded: LoadedConfig }
  | {
      readonly kind: 'refused'
      readonly code: ErrorCode
      readonly message: string
      readonly hint: string | null
    }

/** As `loadConfig`. */
export function loadConfigApart(path: string | null, options: PathOptions): Promise<LoadedConfig> {
  return loadApart({ kind: 'path', path, options })
}

/** As `loadConfigText`. */
export function loadConfigTextApart(text: string, options: TextOptions): Promise<LoadedConfig> {
  return loadApart({ kind: 'text', text, options })
}

/** For all files together; each that is a program has its own, shorter limit. */
const timeoutMs = 120_000

async function loadApart(request: LoadRequest): Promise<LoadedConfig> {
  const answer = await askHost({
    hostPath: request.options.hostPath,
    args: ['--load'],
    input: JSON.stringify(request),
    cwd: '/',
    timeoutMs,
  })
  if (answer.kind === 'failed') {
    throw new UserError('config_unreadable', `The configuration was not read: ${answer.message}.`, {
      hint: 'Try `drover config check`, which reads it in its own process.',
    })
  }
  const reply = answer.value as LoadReply
  if (reply.kind === 'loaded') return reply.loaded
  throw new UserError(reply.code, reply.message, reply.hint === null ? {} : { hint: reply.hint })
}
