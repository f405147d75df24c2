import { describe, expect, test } from 'vitest'
import { findUnsafe, formatAddress, isLoopback, noApi, parseListenAddress } from './api-settings.ts'

describe('an address', () => {
  test.each([
    ['127.0.0.1:9650', { host: '127.0.0.1', port: 9650 }],
    ['[::1]:9650', { host: '::1', port: 9650 }],
    ['localhost:0', { host: 'localhost', port: 0 }],
    [':9650', { host: '::', port: 9650 }],
  ])('%s', (text, address) => {
    expect(parseListenAddress(text)).toEqual(address)
    expect(parseListenAddress(formatAddress(address))).toEqual(address)
  })

  test.each(['', '9650', '127.0.0.1', 'host:65536', 'http://host:1', '::1:9650', 'a b:1'])(
    'not %s',
    (text) => {
      expect(parseListenAddress(text)).toBeNull()
    },
  )
})

describe('what other machines reach needs TLS', () => {
  const tls = { cert: '/c', key: '/k' }

  test.each(['127.0.0.1', '127.8.9.10', '::1', 'localhost', 'LOCALHOST', '::ffff:127.0.0.1'])(
    '%s is this machine',
    (host) => {
      expect(isLoopback(host)).toBe(true)
      expect(findUnsafe({ ...noApi, listen: [{ host, port: 1 }] })).toBeNull()
    },
  )

  test.each([
    '0.0.0.0',
    '::',
    '10.0.0.1',
    'example.com',
    '127.0.0.1.example.com',
    'localhost.example.com',
    '128.0.0.1',
  ])('%s is not', (host) => {
    const listen = [{ host, port: 1 }]
    expect(isLoopback(host)).toBe(false)
    expect(findUnsafe({ ...noApi, listen })?.reason).toContain('no TLS')
    expect(findUnsafe({ ...noApi, listen, tls })).toBeNull()
  })
})
