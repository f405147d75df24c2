import { createServer as createHttp, type RequestListener } from 'node:http'
import { createServer, type Server } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { systemClock } from '../clock.ts'
import { type CheckWay, type Look, lookOnce } from './check.ts'

const open: { close: () => void }[] = []
afterEach(() => {
  for (const one of open.splice(0)) one.close()
})

function listen(server: Server, host = '127.0.0.1'): Promise<number> {
  const sockets = new Set<{ destroy: () => void }>()
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('error', () => socket.destroy())
  })
  open.push({
    close: () => {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  })
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, host, () => resolve((server.address() as { port: number }).port))
  })
}

function look(way: CheckWay, timeoutMs = 5000): Promise<Look> {
  return lookOnce({ clock: systemClock, way, timeoutMs, signal: new AbortController().signal })
}

async function lookAtHttp(answer: RequestListener, timeoutMs?: number): Promise<Look> {
  const port = await listen(createHttp(answer))
  const { passed, detail } = await look({ kind: 'http', url: `http://127.0.0.1:${port}/x` }, timeoutMs)
  return { passed, detail: detail.replace(String(port), 'PORT') }
}

async function closedPort(): Promise<number> {
  const server = createServer()
  const port = await listen(server)
  await new Promise((resolve) => server.close(resolve))
  return port
}

describe('a look by HTTP', () => {
  for (const [status, passed] of [
    [200, true],
    [204, true],
    [302, true],
    [399, true],
    [400, false],
    [503, false],
  ] as const) {
    test(`${passed ? 'passes' : 'fails'} with ${status}`, async () => {
      const seen = await lookAtHttp((_request, response) => response.writeHead(status).end())
      expect(seen).toEqual({ passed, detail: `http://127.0.0.1:PORT/x answered ${status}` })
    })
  }

  test('does not wait for the end of a body that has none', async () => {
    const seen = await lookAtHttp((_request, response) => {
      response.writeHead(200)
      response.write('x')
    })
    expect(seen.passed).toBe(true)
  })

  test('fails where no answer comes in time, and where its headers never end', async () => {
    const silent = await lookAtHttp(() => {}, 100)
    expect(silent).toEqual({ passed: false, detail: 'http://127.0.0.1:PORT/x gave no answer within 100 ms' })
    const port = await listen(createServer((socket) => socket.write('HTTP/1.1 200 OK\r\nx-slow: 1')))
    const slow = await look({ kind: 'http', url: `http://127.0.0.1:${port}/` }, 100)
    expect(slow.detail).toBe(`http://127.0.0.1:${port}/ gave no answer within 100 ms`)
  })

  test('fails where something else than HTTP answers, and where nobody does', async () => {
    const port = await listen(createServer((socket) => socket.end('220 mail ready\r\n')))
    expect((await look({ kind: 'http', url: `http://127.0.0.1:${port}/` })).passed).toBe(false)
    const nobody = await look({ kind: 'http', url: `http://127.0.0.1:${await closedPort()}/` })
    expect(nobody).toMatchObject({ passed: false, detail: expect.stringContaining('ECONNREFUSED') })
  })

  test('fails, and does not throw, for an address that is none once its placeholders are filled', async () => {
    const seen = await look({ kind: 'http', url: 'http://127.0.0.1:99999/' })
    expect(seen).toMatchObject({ passed: false, detail: expect.stringContaining('could not be looked') })
  })
})

describe('a look by TCP', () => {
  test('passes once a connection is accepted, though nothing is said', async () => {
    const port = await listen(createServer(() => {}))
    const seen = await look({ kind: 'tcp', host: '127.0.0.1', port: String(port) })
    expect(seen).toEqual({ passed: true, detail: `127.0.0.1:${port} accepts` })
  })

  test('fails where it is refused', async () => {
    const port = await closedPort()
    const seen = await look({ kind: 'tcp', host: '127.0.0.1', port: String(port) })
    expect(seen).toMatchObject({ passed: false, detail: expect.stringContaining('ECONNREFUSED') })
  })

  for (const port of ['0', '65536', 'http', '', '80.5']) {
    test(`fails with the port ${JSON.stringify(port)}`, async () => {
      const seen = await look({ kind: 'tcp', host: '::1', port })
      expect(seen).toMatchObject({ passed: false, detail: expect.stringContaining('[::1]:') })
    })
  }
})

test('a look that nobody wants any more ends at once', async () => {
  const asked = new AbortController()
  const port = await listen(createHttp(() => asked.abort()))
  const way = { kind: 'http', url: `http://127.0.0.1:${port}/` } as const
  const seen = await lookOnce({ clock: systemClock, way, timeoutMs: 600_000, signal: asked.signal })
  expect(seen.passed).toBe(false)
})
