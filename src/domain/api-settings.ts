/**
 * Where the API listens besides the socket in the data directory, and what has to be there before it may. The decision is made once, for
 * the start and for every reload: beyond this machine only with TLS, and never without tokens.
 */
import type { Role } from './role.ts'

export interface ApiSettings {
  /** A further unix socket; absolute. */
  readonly socket: string | null
  readonly listen: readonly ListenAddress[]
  /** Absolute paths of PEM files. */
  readonly tls: { readonly cert: string; readonly key: string } | null
  /** What somebody without a token may do who comes from this machine; null asks for a token here as well. */
  readonly anonymousLoopback: Role | null
}

export interface ListenAddress {
  /** A name or number, IPv6 without brackets. */
  readonly host: string
  /** 0 takes any that is free. */
  readonly port: number
}

export const noApi: ApiSettings = { socket: null, listen: [], tls: null, anonymousLoopback: null }

/** `127.0.0.1:9650`, `[::1]:9650`, `localhost:9650`, `:9650` for all addresses; null for anything else. */
export function parseListenAddress(text: string): ListenAddress | null {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9.-]*)):(\d{1,5})$/.exec(text)
  const port = Number(match?.[3])
  if (!match || port > 65_535) return null
  return { host: match[1] ?? (match[2] === '' ? '::' : (match[2] ?? '')), port }
}

export function formatAddress({ host, port }: ListenAddress): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

/** Whether nobody but this machine can reach the address. A name other than `localhost` may mean anything. */
export function isLoopback(host: string): boolean {
  const plain = host.toLowerCase().replace(/^::ffff:/, '')
  return plain === 'localhost' || plain === '::1' || /^127(\.\d{1,3}){3}$/.test(plain)
}

/** The first address that must not be opened so, and why; null where all may. */
export function findUnsafe({ listen, tls }: ApiSettings): { address: string; reason: string } | null {
  const open = listen.find(({ host }) => !isLoopback(host))
  if (!open || tls) return null
  return {
    address: formatAddress(open),
    reason:
      'it can be reached from other machines, and there is no TLS: tokens and output could be read on the way',
  }
}
