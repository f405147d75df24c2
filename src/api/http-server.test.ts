import type { Server } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { FakeClock } from '../testing/fake-clock.ts'
import { createHttpServer } from './http-server.ts'

let server: Server
const clients: Socket[] = []
afterEach(() => {
  for (const client of clients.splice(0)) client.destroy()
  server.closeAllConnections()
  server.close()
})

async function open(clock: FakeClock, fetch: () => Response | Promise<Response>): Promise<() => Socket> {
  server = createHttpServer({ fetch, clock, log: () => {}, tls: null, isPublic: true })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return () => {
    const client = connect((server.address() as AddressInfo).port, '127.0.0.1')
    client.on('error', () => {})
    clients.push(client)
    return client
  }
}

const get = 'GET / HTTP/1.1\r\nhost: localhost\r\n\r\n'

test('a reader that stands still is hung up on, and costs little until then', async () => {
  const clock = new FakeClock()
  let pulled = 0
  let isCancelled = false
  const endless = (): Response =>
    new Response(
      new ReadableStream<Uint8Array>({
        pull(controller) {
          pulled += 65_536
          controller.enqueue(new Uint8Array(65_536))
        },
        cancel() {
          isCancelled = true
        },
      }),
    )
  const client = (await open(clock, endless))()
  client.pause()
  client.write(get)
  let before = -1
  await expect
    .poll(
      () => {
        const isStill = pulled > 0 && pulled === before
        before = pulled
        return isStill
      },
      { timeout: 20_000, interval: 200 },
    )
    .toBe(true)
  // What the kernel holds for both ends, and one piece.
  expect(pulled).toBeLessThan(32 * 1024 * 1024)
  clock.advance(5000)
  clock.advance(25_000)
  expect(isCancelled).toBe(false)
  clock.advance(10_000)
  await expect.poll(() => isCancelled, { timeout: 20_000 }).toBe(true)
}, 60_000)

test('a request that is waited for long is not hung up on', async () => {
  const clock = new FakeClock()
  let answer = (_: Response): void => {}
  let isAsked = false
  const open_ = await open(clock, () => {
    isAsked = true
    return new Promise<Response>((resolve) => {
      answer = resolve
    })
  })
  const client = open_()
  let text = ''
  client.on('data', (chunk) => {
    text += chunk.toString()
  })
  client.write(get)
  await expect.poll(() => isAsked).toBe(true)
  clock.advance(600_000)
  answer(new Response('late'))
  await expect.poll(() => text).toContain('late')
})

test('so many requests at once on one connection, and no more', async () => {
  let asked = 0
  const open_ = await open(new FakeClock(), () => {
    asked += 1
    return new Promise<Response>(() => {})
  })
  const client = open_()
  const closed = new Promise<void>((resolve) => client.once('close', () => resolve()))
  client.resume()
  client.write(get.repeat(1000))
  await closed
  expect(asked).toBeLessThanOrEqual(16)
})
