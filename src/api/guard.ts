/**
 * Who comes, and whether they may. On the unix socket its mode has decided that already: whoever can open it is the agent's user. On the network a
 * token decides, and before it the address bar: a page of another site that a browser on this machine shows must not get a word in.
 * What may change something is recorded before it is done; what is turned away is recorded as far as that cannot fill the store.
 */
import type { Clock } from '../clock.ts'
import type { Access } from '../contract/access.ts'
import type { Endpoint } from '../contract/endpoints.ts'
import { isLoopback } from '../domain/api-settings.ts'
import type { ErrorCode } from '../domain/error-codes.ts'
import { mayDo, type Role } from '../domain/role.ts'
import { UserError } from '../domain/user-error.ts'
import { DenialLog } from './denial-log.ts'
import { LoginThrottle } from './login-throttle.ts'

export interface Caller {
  /** As records have it. */
  readonly by: string
  /** Calls back when the caller's right ends in the middle of an answer; gives the way to stop waiting. */
  onEnd(callback: () => void): () => void
}

export interface Visit {
  header(name: string): string | undefined
  /** Null where there is none, as on a unix socket. */
  readonly address: string | null
}

export interface Guard {
  /** Throws a `UserError` for whoever may not. */
  admit(operation: string, endpoint: Endpoint, visit: Visit): Promise<Caller>
}

/** For the socket that only its owner opens. */
export const ownerGuard: Guard = {
  async admit(_operation, _endpoint, visit) {
    return { by: readClaim(visit) ?? 'api', onEnd: () => () => {} }
  },
}

export interface TokenGuardOptions {
  readonly clock: Clock
  readonly access: Access
  /** What may be done without a token from this machine; asked for each request, since a reload may change it. */
  readonly anonymousLoopback: () => Role | null
}

export class TokenGuard implements Guard {
  private readonly options: TokenGuardOptions
  private readonly throttle: LoginThrottle
  private readonly denials: DenialLog

  constructor(options: TokenGuardOptions) {
    this.options = options
    this.throttle = new LoginThrottle(options.clock)
    this.denials = new DenialLog(options.clock, (denial) => options.access.recordDenial(denial))
  }

  async admit(operation: string, endpoint: Endpoint, visit: Visit): Promise<Caller> {
    const address = visit.address ?? 'unknown'
    const claim = readClaim(visit)
    const deny = (by: string, code: ErrorCode, message: string, hint: string): never => {
      this.denials.note({ reason: code, operation, by, address })
      throw new UserError(code, message, { hint })
    }
    const foreign = findForeignPage(visit)
    if (foreign) deny('a page', 'forbidden', foreign, 'Ask from a program, not from a page of another site.')
    if (endpoint.least === 'anyone') return { by: said('anonymous', claim), onEnd: () => () => {} }

    const secret = readSecret(visit)
    const anonymous = isLoopback(address) ? this.options.anonymousLoopback() : null
    if (secret === null && anonymous !== null) {
      const by = said('anonymous', claim)
      if (!mayDo(anonymous, endpoint.least)) {
        deny(by, 'forbidden', `Without a token only what a ${anonymous} may do is done here.`, howToGetOne)
      }
      await this.record(operation, endpoint, { by, role: anonymous, address })
      return { by, onEnd: () => () => {} }
    }
    const identity = secret === null ? null : this.options.access.identify(secret)
    if (secret === null || identity === null || identity.isExpired) {
      const who = identity ? `token:${identity.name}` : 'unknown'
      if (!this.throttle.mayFail(address)) {
        deny(who, 'too_many_requests', 'Too many failed logins from this address.', 'Wait a minute.')
      }
      if (secret === null) return deny(who, 'unauthorized', 'A token is needed here.', howToGetOne)
      const what = identity
        ? `The token ${identity.name} has expired.`
        : 'The token is unknown, or was revoked.'
      return deny(who, 'unauthorized', what, howToGetOne)
    }
    const { name, role } = identity
    const by = said(`token:${name}`, claim)
    if (!mayDo(role, endpoint.least)) {
      deny(
        by,
        'forbidden',
        `The token ${name} is a ${role}’s; this takes ${endpoint.least === 'admin' ? 'an admin' : 'an operator'}.`,
        'Ask whoever runs the agent for a token with that role.',
      )
    }
    await this.record(operation, endpoint, { by, role, address })
    return { by, onEnd: (callback) => this.options.access.onTokenEnd(name, callback) }
  }

  private async record(
    operation: string,
    endpoint: Endpoint,
    who: { by: string; role: string; address: string },
  ): Promise<void> {
    // What a viewer may call changes nothing.
    if (endpoint.least === 'viewer') return
    await this.options.access.recordRequest({ operation, ...who })
  }
}

const howToGetOne =
  'Make one on the agent’s machine with `drover token create NAME --role viewer`, and give it with --token-file, DROVER_TOKEN or --token.'

/** `Authorization: Bearer …`. Never from the address, which ends up in logs. */
function readSecret(visit: Visit): string | null {
  return /^Bearer ([\x21-\x7e]{1,256})$/i.exec(visit.header('authorization') ?? '')?.[1] ?? null
}

/** Who asks goes into records and logs, so it is kept short and plain. On the network it is a claim and nothing more. */
function readClaim(visit: Visit): string | null {
  const header = visit.header('x-drover-by')
  return header !== undefined && /^[\w.:@+-]{1,64}$/.test(header) ? header : null
}

function said(who: string, claim: string | null): string {
  return claim === null ? who : `${who} (${claim})`
}

/**
 * A page can make a browser send requests to this machine, under a name that the page's owner points here; what gives it away is the
 * name, or the origin that the browser adds.
 */
function findForeignPage(visit: Visit): string | null {
  const host = visit.header('host') ?? ''
  const origin = visit.header('origin')
  if (origin !== undefined && !['http', 'https'].some((scheme) => origin === `${scheme}://${host}`)) {
    return `A page of ${origin.slice(0, 80)} may not ask here.`
  }
  const name = host.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1')
  const isLocal = visit.address !== null && isLoopback(visit.address)
  const isNumber = name.includes(':') || /^\d+(\.\d+){3}$/.test(name)
  // From elsewhere a name is needed for the certificate, and without a token it gets nobody in.
  if (!isLocal || isNumber || isLoopback(name) || readSecret(visit) !== null) return null
  return `The name ${name.slice(0, 80) || '(none)'} is not one of this machine; say 127.0.0.1 or localhost.`
}
