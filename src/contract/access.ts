/**
 * What the doors that face a network ask about who comes: whose token it is, until when it holds, and where to record what was asked and
 * what was turned away. The agent floor provides it.
 */
import type { Role } from '../domain/role.ts'

export interface Access {
  /** Null for a secret that is nobody's. Costs the same for every text. */
  identify(secret: string): Identity | null
  /** Calls back once when the token is revoked or expires; gives the way to stop waiting. */
  onTokenEnd(name: string, callback: () => void): () => void
  /** Resolves once it is recorded: only then the request may be carried out. */
  recordRequest(request: { operation: string; by: string; role: string; address: string }): Promise<void>
  recordDenial(denial: {
    reason: string
    operation: string
    by: string
    address: string
    others: number
  }): void
}

export interface Identity {
  readonly name: string
  readonly role: Role
  readonly isExpired: boolean
}
