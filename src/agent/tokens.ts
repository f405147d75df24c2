/**
 * The tokens of the API: made, listed, revoked, and told apart. A secret is known to whoever was given it and to nobody else: the store and
 * this memory hold its hash. A change is true once it is recorded, together with its event.
 */
import { createHash, timingSafeEqual } from 'node:crypto'
import type { Clock, Timer } from '../clock.ts'
import type { Access, Identity } from '../contract/access.ts'
import type { TokenView } from '../contract/views.ts'
import type { Role } from '../domain/role.ts'
import { UserError } from '../domain/user-error.ts'
import type { Store, StoredToken } from '../store/store.ts'
import type { Reconciler } from './reconcile/reconciler.ts'

export interface TokensOptions {
  readonly clock: Clock
  readonly store: Pick<Store, 'loadTokens' | 'record'>
  readonly reconciler: Pick<Reconciler, 'request' | 'tell'>
  /** 256 bits of chance as text. */
  readonly newSecret: () => string
  readonly complain: (message: string, error: unknown) => void
}

/** A login is compared with all of them. */
const mostTokens = 1000
const lastUsedGrainMs = 600_000
const longestSecret = 256
/** So that a scanner of sources knows a secret when it sees one. */
const prefix = 'drover_'

interface Token {
  stored: StoredToken
  readonly hash: Buffer
  readonly waiting: Set<() => void>
  timer: Timer | null
  isRevoking: boolean
}

export class Tokens implements Access {
  private readonly options: TokensOptions
  private readonly tokens = new Map<string, Token>()
  /** Names of which the creation is on its way to the store. */
  private readonly claimed = new Set<string>()

  constructor(options: TokensOptions) {
    this.options = options
  }

  async load(): Promise<void> {
    for (const stored of await this.options.store.loadTokens()) this.put(stored)
  }

  close(): void {
    for (const { timer } of this.tokens.values()) timer?.cancel()
  }

  list(): TokenView[] {
    return [...this.tokens.values()]
      .map(({ stored }) => this.view(stored))
      .sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  async create(request: {
    name: string
    role: Role
    expiresInMs?: number
    by: string
  }): Promise<{ token: TokenView; secret: string }> {
    const { name, role, expiresInMs, by } = request
    if (this.tokens.has(name) || this.claimed.has(name)) {
      throw new UserError('conflict', `There is a token \`${name}\` already.`, {
        hint: `Choose another name, or take that one away with \`drover token revoke ${name}\`.`,
      })
    }
    if (this.tokens.size + this.claimed.size >= mostTokens) {
      throw new UserError('conflict', `There are ${mostTokens} tokens already.`, {
        hint: 'Revoke those that are not used: `drover token list` tells when each was used last.',
      })
    }
    const secret = `${prefix}${this.options.newSecret()}`
    const now = this.options.clock.now()
    const stored: StoredToken = {
      name,
      role,
      hash: hashOf(secret).toString('hex'),
      createdAt: now,
      createdBy: by,
      expiresAt: expiresInMs === undefined ? null : now + expiresInMs,
      lastUsedAt: null,
    }
    this.claimed.add(name)
    try {
      await this.options.reconciler.request((draft) => {
        draft.setToken(name, stored)
        draft.event('token.created', { name, role, expiresAt: iso(stored.expiresAt), by })
      })
    } finally {
      this.claimed.delete(name)
    }
    this.put(stored)
    return { token: this.view(stored), secret }
  }

  async revoke(name: string, by: string): Promise<TokenView> {
    const token = this.tokens.get(name)
    if (!token) {
      throw new UserError('not_found', `There is no token \`${name}\`.`, { hint: 'See `drover token list`.' })
    }
    token.isRevoking = true
    await this.options.reconciler
      .request((draft) => {
        draft.setToken(name, null)
        draft.event('token.revoked', { name, by })
      })
      .catch((error: unknown) => {
        token.isRevoking = false
        throw error
      })
    this.tokens.delete(name)
    token.timer?.cancel()
    end(token)
    return this.view(token.stored)
  }

  identify(secret: string): Identity | null {
    const hash = hashOf(secret.slice(0, longestSecret))
    let found: Token | null = null
    // All of them, whether one was found or not: how long it takes tells nothing.
    for (const token of this.tokens.values()) if (timingSafeEqual(token.hash, hash)) found = token
    if (!found) return null
    const isExpired = this.isExpired(found.stored)
    if (!isExpired) this.noteUse(found)
    return { name: found.stored.name, role: found.stored.role, isExpired }
  }

  onTokenEnd(name: string, callback: () => void): () => void {
    const token = this.tokens.get(name)
    if (!token || this.isExpired(token.stored)) {
      callback()
      return () => {}
    }
    token.waiting.add(callback)
    return () => token.waiting.delete(callback)
  }

  async recordRequest(request: Parameters<Access['recordRequest']>[0]): Promise<void> {
    await this.options.reconciler.request((draft) => draft.event('api.requested', request))
  }

  recordDenial(denial: Parameters<Access['recordDenial']>[0]): void {
    this.options.reconciler.tell((draft) => draft.event('api.denied', denial))
  }

  private put(stored: StoredToken): void {
    const token: Token = {
      stored,
      hash: Buffer.from(stored.hash, 'hex'),
      waiting: new Set(),
      timer: null,
      isRevoking: false,
    }
    this.tokens.set(stored.name, token)
    this.waitForEnd(token)
  }

  /** The wall clock may be set meanwhile, and a timer holds 24 days at most, so it is looked at again. */
  private waitForEnd(token: Token): void {
    const { expiresAt } = token.stored
    if (expiresAt === null) return
    const left = expiresAt - this.options.clock.now()
    if (left <= 0) return end(token)
    token.timer = this.options.clock.after(Math.min(left, 60_000), () => this.waitForEnd(token))
  }

  private isExpired({ expiresAt }: StoredToken): boolean {
    return expiresAt !== null && expiresAt <= this.options.clock.now()
  }

  private noteUse(token: Token): void {
    const now = this.options.clock.now()
    const { lastUsedAt } = token.stored
    if (lastUsedAt !== null && Math.abs(now - lastUsedAt) < lastUsedGrainMs) return
    token.stored = { ...token.stored, lastUsedAt: now }
    const { stored } = token
    this.options.reconciler.tell((draft) => {
      // It may have been revoked since, and must not come back.
      if (this.tokens.get(stored.name) === token && !token.isRevoking) draft.setToken(stored.name, stored)
    })
  }

  private view(stored: StoredToken): TokenView {
    const { name, role, createdBy } = stored
    return {
      name,
      role,
      createdAt: new Date(stored.createdAt).toISOString(),
      createdBy,
      expiresAt: iso(stored.expiresAt),
      isExpired: this.isExpired(stored),
      lastUsedAt: iso(stored.lastUsedAt),
    }
  }
}

function end(token: Token): void {
  for (const callback of [...token.waiting]) callback()
  token.waiting.clear()
}

function hashOf(secret: string): Buffer {
  return createHash('sha256').update(secret).digest()
}

function iso(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString()
}
