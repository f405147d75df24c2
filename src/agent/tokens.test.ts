import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { AgentBench } from '../testing/agent-bench.ts'
import { Tokens } from './tokens.ts'

let bench: AgentBench
let tokens: Tokens
let made = 0
beforeEach(async () => {
  bench = new AgentBench()
  tokens = openTokens()
  await tokens.load()
})
afterEach(async () => {
  tokens.close()
  await bench.dispose()
})

function openTokens(): Tokens {
  const { clock, store, reconciler } = bench
  const newSecret = (): string => {
    made += 1
    return `s${made}`.padEnd(43, 'x')
  }
  return new Tokens({ clock, store, reconciler, newSecret, complain: () => {} })
}

describe('a token', () => {
  test('gets in with its secret, and the store holds no more than the hash', async () => {
    const { secret, token } = await tokens.create({ name: 'ci', role: 'viewer', by: 'ann' })
    expect(token).toMatchObject({
      name: 'ci',
      role: 'viewer',
      createdBy: 'ann',
      expiresAt: null,
      lastUsedAt: null,
    })
    expect(tokens.identify(secret)).toEqual({ name: 'ci', role: 'viewer', isExpired: false })
    for (const wrong of ['', secret.slice(1), `${secret}x`, 'drover_', 'x'.repeat(100_000)])
      expect(tokens.identify(wrong)).toBeNull()
    const stored = await bench.store.loadTokens()
    expect(JSON.stringify(stored)).not.toContain(secret.slice(7))
    expect(JSON.stringify(bench.events)).not.toContain(secret.slice(7))
  })

  test('is known to the next agent, revoked or not', async () => {
    const { secret } = await tokens.create({ name: 'a', role: 'admin', by: 'ann' })
    const { secret: other } = await tokens.create({ name: 'b', role: 'admin', by: 'ann' })
    await tokens.revoke('b', 'ann')
    const next = openTokens()
    await next.load()
    expect(next.identify(secret)?.name).toBe('a')
    expect(next.identify(other)).toBeNull()
  })

  test('that is used while it is revoked does not come back', async () => {
    const { secret } = await tokens.create({ name: 'a', role: 'admin', by: 'ann' })
    const revoking = tokens.revoke('a', 'ann')
    tokens.identify(secret)
    await revoking
    await bench.settle()
    expect(await bench.store.loadTokens()).toEqual([])
    expect(tokens.identify(secret)).toBeNull()
  })

  test('ends what waits for it when it is revoked, and when it expires', async () => {
    let ends = 0
    const { secret } = await tokens.create({ name: 'a', role: 'viewer', by: 'ann' })
    tokens.onTokenEnd('a', () => (ends += 1))
    tokens.onTokenEnd('a', () => (ends += 1))()
    await tokens.revoke('a', 'ann')
    expect(ends).toBe(1)
    expect(tokens.identify(secret)).toBeNull()
    const { secret: short } = await tokens.create({
      name: 'b',
      role: 'viewer',
      expiresInMs: 100_000,
      by: 'ann',
    })
    tokens.onTokenEnd('b', () => (ends += 1))
    bench.clock.advance(99_999)
    expect([ends, tokens.identify(short)?.isExpired]).toEqual([1, false])
    bench.clock.advance(1)
    expect([ends, tokens.identify(short)?.isExpired]).toEqual([2, true])
    tokens.onTokenEnd('b', () => (ends += 1))
    expect(ends).toBe(3)
  })

  test('has one name at a time, and is not made where it cannot be recorded', async () => {
    const both = await Promise.allSettled(
      ['viewer', 'admin'].map((role) => tokens.create({ name: 'a', role: role as 'admin', by: 'ann' })),
    )
    expect(both.map(({ status }) => status)).toEqual(['fulfilled', 'rejected'])
    await expect(tokens.revoke('nope', 'ann')).rejects.toMatchObject({ code: 'not_found' })
  })

  test('tells when it was used, without a write for each request', async () => {
    const { secret } = await tokens.create({ name: 'a', role: 'viewer', by: 'ann' })
    for (let n = 0; n < 100; n += 1) tokens.identify(secret)
    const first = tokens.list()[0]?.lastUsedAt
    bench.clock.advance(60_000)
    tokens.identify(secret)
    expect(tokens.list()[0]?.lastUsedAt).toBe(first)
    bench.clock.advance(600_000)
    tokens.identify(secret)
    expect(tokens.list()[0]?.lastUsedAt).not.toBe(first)
  })
})
