/** Tokens: of each the hash, and nothing that gets anybody in. */
import { describe, expect, it } from 'vitest'
import type { StoredToken } from '../store.ts'
import type { MakeStore } from './conformance.ts'

const ci: StoredToken = {
  name: 'ci',
  role: 'operator',
  hash: 'ab'.repeat(32),
  createdAt: 1,
  createdBy: 'cli:alice',
  expiresAt: 1_900_000_000_000,
  lastUsedAt: null,
}

export function describeTokens(make: MakeStore): void {
  describe('tokens', () => {
    it('come back as they were, in the next agent too', async () => {
      const one = await make()
      const looker: StoredToken = { ...ci, name: 'a', role: 'viewer', expiresAt: null, lastUsedAt: 5 }
      await one.store.record({ tokens: [ci, looker] })
      const store = await one.reopen()
      expect(await store.loadTokens()).toEqual([looker, ci])
    })

    it('are replaced by name and taken away by name', async () => {
      const { store } = await make()
      await store.record({ tokens: [ci] })
      await store.record({ tokens: [{ ...ci, lastUsedAt: 9 }] })
      expect(await store.loadTokens()).toEqual([{ ...ci, lastUsedAt: 9 }])
      await store.record({ removedTokens: ['ci', 'never'] })
      expect(await store.loadTokens()).toEqual([])
    })
  })
}
