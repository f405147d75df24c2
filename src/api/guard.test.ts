import { describe, expect, test } from 'vitest'
import type { Access, Identity } from '../contract/access.ts'
import { type Endpoint, endpoints } from '../contract/endpoints.ts'
import { mayDo, type Role, roles } from '../domain/role.ts'
import { FakeClock } from '../testing/fake-clock.ts'
import { TokenGuard } from './guard.ts'
import { LoginThrottle, networkOf } from './login-throttle.ts'

const tokens: Record<string, Identity> = Object.fromEntries(
  roles.map((role) => [`secret-${role}`, { name: role, role, isExpired: false }]),
)
tokens.old = { name: 'old', role: 'admin', isExpired: true }

function openGuard(anonymous: Role | null = null) {
  const requests: { operation: string; by: string }[] = []
  const denials: { reason: string; others: number }[] = []
  const access: Access = {
    identify: (secret) => tokens[secret] ?? null,
    onTokenEnd: () => () => {},
    recordRequest: async (request) => void requests.push(request),
    recordDenial: (denial) => void denials.push(denial),
  }
  const clock = new FakeClock()
  const guard = new TokenGuard({ clock, access, anonymousLoopback: () => anonymous })
  const admit = (
    operation: keyof typeof endpoints,
    headers: Record<string, string> = {},
    address = '127.0.0.1',
  ): Promise<unknown> =>
    guard.admit(operation, endpoints[operation], {
      header: (name) => ({ host: '127.0.0.1:9650', ...headers })[name],
      address,
    })
  return { admit, requests, denials, clock }
}

const as = (role: string): Record<string, string> => ({ authorization: `Bearer secret-${role}` })

describe('each role may what its endpoints say, and nothing else', () => {
  for (const [name, endpoint] of Object.entries(endpoints) as [keyof typeof endpoints, Endpoint][]) {
    test.each(roles)(`${name} as %s`, async (role) => {
      const { admit, requests, denials } = openGuard()
      const isAllowed = mayDo(role, endpoint.least)
      const admitted = admit(name, as(role))
      if (isAllowed) await expect(admitted).resolves.toMatchObject({})
      else await expect(admitted).rejects.toMatchObject({ code: 'forbidden' })
      expect(denials).toHaveLength(isAllowed ? 0 : 1)
      // What may change something is recorded before it is done.
      const changes = isAllowed && !['anyone', 'viewer'].includes(endpoint.least)
      expect(requests).toHaveLength(changes ? 1 : 0)
    })

    test(`${name} without a token`, async () => {
      const admitted = openGuard().admit(name)
      if (endpoint.least === 'anyone') await expect(admitted).resolves.toMatchObject({ by: 'anonymous' })
      else await expect(admitted).rejects.toMatchObject({ code: 'unauthorized' })
    })
  }

  test('what changes something is never for a viewer', () => {
    const others = Object.entries(endpoints).filter(
      ([, { method, least }]) => method !== 'GET' && ['viewer', 'anyone'].includes(least),
    )
    expect(others).toEqual([])
  })
})

describe('who comes', () => {
  test('is called after the token; what the client says of itself is only added', async () => {
    const { admit, requests } = openGuard()
    await admit('stopSlots', { ...as('operator'), 'x-drover-by': 'cli:root' }, '10.1.2.3')
    expect(requests).toEqual([
      { operation: 'stopSlots', by: 'token:operator (cli:root)', role: 'operator', address: '10.1.2.3' },
    ])
  })

  test.each([
    ['an unknown token', { authorization: 'Bearer nope' }],
    ['an expired one', { authorization: 'Bearer old' }],
    ['another scheme', { authorization: 'Basic c2VjcmV0LWFkbWlu' }],
    ['nothing', { authorization: '' }],
  ])('%s gets nowhere', async (_, headers) => {
    await expect(openGuard().admit('listSlots', headers)).rejects.toMatchObject({ code: 'unauthorized' })
  })

  test('without a token from this machine: as much as is set, and nothing from elsewhere', async () => {
    const { admit } = openGuard('viewer')
    await expect(admit('listSlots')).resolves.toMatchObject({ by: 'anonymous' })
    await expect(admit('stopSlots')).rejects.toMatchObject({ code: 'forbidden' })
    await expect(admit('listSlots', {}, '10.0.0.1')).rejects.toMatchObject({ code: 'unauthorized' })
    // A wrong token is no missing one.
    await expect(admit('listSlots', { authorization: 'Bearer nope' })).rejects.toMatchObject({
      code: 'unauthorized',
    })
  })
})

describe('a page of another site', () => {
  test.each([
    ['by its origin', { origin: 'https://evil.example' }],
    ['by its origin, from a file', { origin: 'null' }],
    ['by a name that leads here', { host: 'evil.example:9650' }],
    ['by a name like ours', { host: 'localhost.evil.example:9650' }],
    ['by no name', { host: '' }],
  ])('is known %s', async (_, headers) => {
    const { admit } = openGuard('admin')
    await expect(admit('stopSlots', headers)).rejects.toMatchObject({ code: 'forbidden' })
    await expect(admit('getHealth', headers)).rejects.toMatchObject({ code: 'forbidden' })
  })

  test.each(['localhost:9650', '127.0.0.1:9650', '[::1]:9650'])('%s is ours', async (host) => {
    const { admit } = openGuard('admin')
    await expect(admit('stopSlots', { host, origin: `http://${host}` })).resolves.toMatchObject({})
  })
})

describe('failed logins', () => {
  test('are too many after ten in a row, and after a while some are fine again', async () => {
    const { admit, clock, denials } = openGuard()
    const fail = async (address: string): Promise<string> =>
      await admit('listSlots', { authorization: 'Bearer nope' }, address).then(
        () => 'in',
        ({ code }) => code,
      )
    for (let n = 0; n < 10; n += 1) expect(await fail('10.0.0.1')).toBe('unauthorized')
    expect(await fail('10.0.0.1')).toBe('too_many_requests')
    expect(await fail('10.0.0.2')).toBe('unauthorized')
    // A right token is not held up.
    await expect(admit('listSlots', as('viewer'), '10.0.0.1')).resolves.toMatchObject({})
    clock.advance(6000)
    expect(await fail('10.0.0.1')).toBe('unauthorized')
    expect(denials.length).toBeLessThanOrEqual(4)
  })

  test('make no more than ten events a minute, whoever comes from wherever', async () => {
    const { admit, clock, denials } = openGuard()
    const many = async (): Promise<void> => {
      for (let n = 0; n < 2000; n += 1) {
        await admit('listSlots', { authorization: 'Bearer nope' }, `10.0.${n >> 8}.${n & 255}`).catch(
          () => {},
        )
      }
    }
    await many()
    expect(denials).toHaveLength(10)
    clock.advance(60_000)
    await many()
    expect(denials).toHaveLength(20)
    expect(denials[10]?.others).toBe(1990)
  })

  test('remember a bounded number of addresses', () => {
    const throttle = new LoginThrottle(new FakeClock())
    for (let n = 0; n < 10_000; n += 1) throttle.mayFail(`10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`)
    expect((throttle as unknown as { freeAt: Map<string, number> }).freeAt.size).toBe(4096)
  })

  test.each([
    ['10.0.0.1', '10.0.0.1'],
    ['::ffff:10.0.0.1', '10.0.0.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
  ])('%s counts as %s', (address, network) => {
    expect(networkOf(address)).toBe(network)
  })
})
