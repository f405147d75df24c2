/**
 * Which agent is meant and how to get to it: the socket of a data directory, a socket at a path, or an address on the network with a token. The
 * command line and the library for programs both go through here, so that the same words mean the same to both.
 */
import { readFileSync, statSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import type { FetchLike } from './contract/client.ts'
import { UserError } from './domain/user-error.ts'
import { createTcpFetch } from './tcp-fetch.ts'
import { createUnixFetch } from './unix-fetch.ts'

export type AgentHost =
  | { readonly kind: 'unix'; readonly path: string }
  | {
      readonly kind: 'tcp'
      /** `https://host:port` */
      readonly url: string
      readonly isTls: boolean
      readonly hostname: string
      readonly port: number
    }

/** What goes with an address on the network. */
export interface HostCredentials {
  readonly token: string | null
  /** PEM of the authorities to trust besides those of the system; null for those alone. */
  readonly ca: string | null
}

export const usualPort = 9650

/** `unix:///run/drover.sock`, `http://127.0.0.1:9650`, `https://host:9650`, `https://host` for the usual port. */
export function parseHost(text: string, cwd: string): AgentHost {
  const unix = /^unix:(?:\/\/)?(.+)$/.exec(text)
  if (unix?.[1]) return { kind: 'unix', path: resolve(cwd, unix[1]) }
  const url = URL.canParse(text) ? new URL(text) : null
  if (
    !url ||
    !['http:', 'https:'].includes(url.protocol) ||
    !['', '/'].includes(url.pathname) ||
    url.search
  ) {
    throw new UserError('usage', `\`${text}\` is no address of an agent.`, {
      hint: 'Say unix:///path/to/agent.sock, http://127.0.0.1:9650 or https://host:9650.',
    })
  }
  if (url.username !== '' || url.password !== '') {
    throw new UserError('usage', 'An address with a name or password in it is not taken.', {
      hint: 'Give the token with --token-file, DROVER_TOKEN or --token.',
    })
  }
  const isTls = url.protocol === 'https:'
  const hostname = url.hostname.replace(/^\[(.*)\]$/, '$1')
  // The parser takes a port away that is the scheme's own.
  const own = /:\d+\/?$/.test(text) ? (isTls ? 443 : 80) : usualPort
  const port = url.port === '' ? own : Number(url.port)
  return { kind: 'tcp', isTls, hostname, port, url: `${isTls ? 'https' : 'http'}://${url.hostname}:${port}` }
}

export function openHostFetch(
  host: AgentHost,
  credentials: () => HostCredentials,
  whenAbsent: () => UserError,
): FetchLike {
  return host.kind === 'unix'
    ? createUnixFetch(host.path, whenAbsent)
    : createTcpFetch(host, credentials, whenAbsent)
}

export interface CredentialSources {
  readonly token: string | null
  readonly tokenFile: string | null
  readonly caFile: string | null
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
}

/** The token that is given, else DROVER_TOKEN, else the file that is named, else the usual one. */
export function readCredentials(sources: CredentialSources): HostCredentials {
  const { token, tokenFile, caFile, env, cwd } = sources
  const named = tokenFile ?? (env.DROVER_TOKEN_FILE || null)
  const ca = caFile ?? (env.DROVER_CA || null)
  return {
    token:
      token ??
      (tokenFile === null ? env.DROVER_TOKEN || null : null) ??
      (named === null ? readUsualToken(env) : readText(resolve(cwd, named), 'token').trim()),
    ca: ca === null ? null : readText(resolve(cwd, ca), 'certificate'),
  }
}

function readUsualToken(env: CredentialSources['env']): string | null {
  const config = env.XDG_CONFIG_HOME?.startsWith('/')
    ? env.XDG_CONFIG_HOME
    : join(env.HOME || homedir(), '.config')
  const path = join(config, 'drover', 'token')
  return statSync(path, { throwIfNoEntry: false }) ? readText(path, 'token').trim() : null
}

function readText(path: string, what: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new UserError('usage', `The ${what} ${path} cannot be read: ${(error as Error).message}.`, {
      cause: error,
    })
  }
}
