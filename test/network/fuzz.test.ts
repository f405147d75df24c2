/**
 * A real agent on TCP, and whatever comes: requests made from what the OpenAPI page says is taken, near it, and far from it; bytes that are no HTTP;
 * clients that say nothing. Never a 500, never no answer, no growth; and a viewer's token changes nothing, by any method. The seed is printed;
 * DROVER_FUZZ_SEED repeats a run.
 */
import { readFileSync } from 'node:fs'
import { request } from 'node:http'
import { connect } from 'node:net'
import process from 'node:process'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type House, openHouse } from '../harness/house.ts'

interface Schema {
  readonly type?: string
  readonly enum?: unknown[]
  readonly properties?: Record<string, Schema>
  readonly items?: Schema
}
interface Operation {
  readonly operationId: string
  readonly parameters?: { name: string; in: string; schema: Schema }[]
  readonly requestBody?: { content: { 'application/json': { schema: Schema } } }
}

const seed = Number(process.env.DROVER_FUZZ_SEED ?? Math.floor(Math.random() * 2 ** 31))
const page = JSON.parse(readFileSync('docs/reference/openapi.json', 'utf8')) as {
  paths: Record<string, Record<string, Operation>>
}
const operations = Object.entries(page.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
)
const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND']

function anyOf(schema: Schema): fc.Arbitrary<unknown> {
  return fc.oneof({ weight: 5, arbitrary: fitting(schema) }, { weight: 1, arbitrary: fc.jsonValue() })
}

function fitting(schema: Schema): fc.Arbitrary<unknown> {
  if (schema.enum) return fc.constantFrom(...schema.enum)
  if (schema.type === 'object') {
    const entries = Object.entries(schema.properties ?? {}).map(([key, value]) => [key, anyOf(value)])
    return fc.record(Object.fromEntries(entries), { requiredKeys: [] })
  }
  if (schema.type === 'array') return fc.array(anyOf(schema.items ?? {}), { maxLength: 3 })
  if (schema.type === 'boolean') return fc.boolean()
  if (schema.type === 'string') {
    const words = fc.constantFrom('sleeper', 'all', '*', '0', '5', 'true', 'HUP', 'programs: {}', 'viewer')
    return fc.oneof(words, fc.string({ unit: 'binary' }), fc.constant('x'.repeat(5000)))
  }
  return fc.jsonValue()
}

interface Shot {
  readonly method: string
  readonly path: string
  readonly body: string | null
  readonly type: string
  readonly header: [string, string]
}

const shots: fc.Arbitrary<Shot> = fc.constantFrom(...operations).chain(({ path, method, operation }) => {
  const parameters = operation.parameters ?? []
  const schema = operation.requestBody?.content['application/json'].schema
  const body = schema
    ? fc.oneof(
        { weight: 5, arbitrary: anyOf(schema).map((value) => JSON.stringify(value)) },
        { weight: 1, arbitrary: fc.string() },
        { weight: 1, arbitrary: fc.constant('['.repeat(50_000)) },
      )
    : fc.option(fc.string())
  return fc.record({
    method: fc.oneof(
      { weight: 3, arbitrary: fc.constant(method) },
      { weight: 1, arbitrary: fc.constantFrom(...methods) },
    ),
    path: fc
      .tuple(...parameters.map((parameter) => anyOf(parameter.schema)))
      .map((values) => fill(path, parameters, values)),
    body,
    type: fc.constantFrom(
      'application/json',
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data',
      '',
    ),
    header: fc.constantFrom<[string, string]>(
      ['x-http-method-override', 'DELETE'],
      ['x-method-override', 'POST'],
      ['x-drover-by', 'cli:root'],
      ['x-forwarded-for', '127.0.0.1'],
      ['x-original-url', '/v1/shutdown'],
      ['expect', '100-continue'],
      ['transfer-encoding', 'chunked'],
      ['last-event-id', '99999999999999999999'],
    ),
  })
})

function fill(path: string, parameters: NonNullable<Operation['parameters']>, values: unknown[]): string {
  let filled = path
  const query: string[] = []
  parameters.forEach(({ name, in: place }, index) => {
    const value = values[index]
    const text = encode(typeof value === 'string' ? value : JSON.stringify(value))
    if (place === 'path') filled = filled.replace(`{${name}}`, text || 'x')
    else if (place === 'query') query.push(`${name}=${text}`)
  })
  return query.length > 0 ? `${filled}?${query.join('&')}` : filled
}

function encode(text: string): string {
  try {
    return encodeURIComponent(text)
  } catch {
    return 'x'
  }
}

/** The status; the connection is cut once the headers are there, since some answers go on. 0 where it was hung up on. */
function shoot(
  port: number,
  token: string | null,
  { method, path, body, type, header }: Shot,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = {
      [header[0]]: header[1],
      ...(type === '' ? {} : { 'content-type': type }),
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
    }
    const sent = request({ host: '127.0.0.1', port, method, path, headers, agent: false, timeout: 30_000 })
    sent.on('timeout', () => reject(new Error(`No answer to ${method} ${path}`)))
    sent.on('error', () => resolve(0))
    sent.on('response', (response) => {
      resolve(response.statusCode ?? 0)
      response.on('error', () => {})
      if (!String(response.headers['content-type']).startsWith('application/json')) response.destroy()
      else response.resume()
    })
    sent.end(body ?? undefined)
  })
}

/** What comes back for raw bytes until the other side hangs up, or says something. */
function shootRaw(port: number, bytes: Uint8Array): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1')
    socket.setTimeout(30_000, () => reject(new Error('Neither an answer nor an end.')))
    let text = ''
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1')
      socket.end()
    })
    socket.on('error', () => {})
    socket.on('close', () => resolve(text))
    // Half of a request may wait for its other half; the end says that there is none.
    socket.end(bytes)
  })
}

async function openTcp(): Promise<{ house: House; port: number }> {
  const house = openHouse()
  house.configure(
    { sleeper: { command: 'exec sleep 1000', processes: 2 } },
    { api: { listen: '127.0.0.1:0' } },
  )
  await house.startAgent()
  await house.waitForState('sleeper:0', 'running')
  await house.waitForState('sleeper:1', 'running')
  return { house, port: Number(/listens at http:\/\/127.0.0.1:(\d+)/.exec(house.log())?.[1]) }
}

async function stateOf(house: House): Promise<unknown> {
  const { generation } = await house.api.getAgent()
  const slots = (await house.slots()).map(({ slot, state, pid, run, wanted, restarts }) => ({
    slot,
    state,
    pid,
    run,
    wanted,
    restarts,
  }))
  const tokens = (await house.api.listTokens()).map(({ name, role, expiresAt }) => ({
    name,
    role,
    expiresAt,
  }))
  return { generation, slots, tokens, programs: await house.api.listPrograms() }
}

function rssOf(house: House): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${house.agentPid}/status`, 'utf8'))?.[1]) / 1024
}

test('a viewer changes nothing, by any method, and every answer is a known one', async () => {
  console.log(`seed of the fuzz: ${seed}`)
  const { house, port } = await openTcp()
  const { secret } = await house.api.createToken({ name: 'eye', role: 'viewer' })
  const before = await stateOf(house)
  const statuses = new Map<number, number>()
  const round = async (runs: number, salt: number): Promise<void> => {
    const property = fc.asyncProperty(shots, fc.boolean(), async (shot, isKnown) => {
      const status = await shoot(port, isKnown ? secret : null, shot)
      statuses.set(status, (statuses.get(status) ?? 0) + 1)
      expect(status, `${shot.method} ${shot.path}`).not.toBe(500)
    })
    await fc.assert(property, { seed: seed + salt, numRuns: runs, endOnFailure: true })
  }
  await round(500, 0)
  const rssBefore = rssOf(house)
  await round(1500, 1)
  const grown = rssOf(house) - rssBefore
  console.log(
    `statuses ${JSON.stringify([...statuses].sort(([a], [b]) => a - b))}, RSS grown by ${grown.toFixed(1)} MB`,
  )
  expect(await stateOf(house)).toEqual(before)
  // Both that are turned away and that are answered were among them.
  for (const status of [200, 401, 403, 404, 405])
    expect(statuses.get(status) ?? 0, String(status)).toBeGreaterThan(0)
  expect(grown).toBeLessThan(40)
  expect((await house.api.listEvents({ kinds: ['api.*'], limit: 1000 })).length).toBeLessThan(50)
  expect(house.log()).not.toContain('A request failed inside the agent')
})

test('what an admin sends is carried out or refused with a reason, and never a 500', async () => {
  const { house, port } = await openTcp()
  const { secret } = await house.api.createToken({ name: 'all', role: 'admin' })
  const property = fc.asyncProperty(shots, async (shot) => {
    // The end of the agent is not what is looked for.
    if (shot.path.startsWith('/v1/shutdown')) return
    expect(await shoot(port, secret, shot), `${shot.method} ${shot.path} ${shot.header}`).not.toBe(500)
  })
  await fc.assert(property, { seed, numRuns: 600, endOnFailure: true })
  expect(await house.api.getHealth()).toEqual({ status: 'ok' })
  expect(house.log()).not.toContain('A request failed inside the agent')
})

test('what is no HTTP gets an answer with a code or an end, and the agent goes on', async () => {
  const { house, port } = await openTcp()
  const head = 'GET /v1/slots HTTP/1.1\r\nhost: 127.0.0.1\r\n'
  const cases: [string, string, RegExp][] = [
    ['no HTTP', 'hello\r\n\r\n', /^HTTP\/1\.1 400 [\s\S]*"code":"usage"/],
    ['TLS where there is none', '\x16\x03\x01\x02\x00\x01\x00', /^HTTP\/1\.1 400 [\s\S]*"code":"usage"/],
    [
      'headers without end',
      `${head}a: ${'x'.repeat(20_000)}\r\n\r\n`,
      /^HTTP\/1\.1 431 [\s\S]*"code":"too_large"/,
    ],
    ['an address without end', `GET /${'x'.repeat(20_000)} HTTP/1.1\r\n\r\n`, /^HTTP\/1\.1 431 /],
    ['two lengths', `${head}content-length: 1\r\ncontent-length: 2\r\n\r\nab`, /^HTTP\/1\.1 400 /],
    [
      'length and chunks',
      `${head}content-length: 1\r\ntransfer-encoding: chunked\r\n\r\nab`,
      /^HTTP\/1\.1 400 /,
    ],
    ['no host', 'GET /v1/slots HTTP/1.1\r\n\r\n', /^HTTP\/1\.1 400 /],
    ['a bare line feed', 'GET / HTTP/1.1\nhost: a\n\n', /^HTTP\/1\.1 40\d /],
    [
      'an absolute address',
      'GET http://evil.example/v1/slots HTTP/1.1\r\nhost: a\r\n\r\n',
      /^HTTP\/1\.1 40\d /,
    ],
    ['a tunnel', 'CONNECT example.com:443 HTTP/1.1\r\nhost: example.com\r\n\r\n', /^$/],
    ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', /^(HTTP\/1\.1 400 [\s\S]*)?$/],
    ['an upgrade', `${head}connection: upgrade\r\nupgrade: websocket\r\n\r\n`, /^HTTP\/1\.1 40\d /],
    ['nothing', '', /^$/],
    ['half a request', 'GET /v1/sl', /^(HTTP\/1\.1 400 [\s\S]*)?$/],
  ]
  for (const [what, bytes, answer] of cases) {
    expect(await shootRaw(port, Buffer.from(bytes, 'latin1')), what).toMatch(answer)
  }
  const garbage = fc.asyncProperty(fc.uint8Array({ maxLength: 2000 }), async (bytes) => {
    expect(await shootRaw(port, bytes)).toMatch(/^(HTTP\/1\.1 4\d\d |$)/)
  })
  await fc.assert(garbage, { seed, numRuns: 200, endOnFailure: true })
  const large = {
    method: 'PUT',
    path: '/v1/programs',
    body: 'x'.repeat(3_000_000),
    type: 'application/json',
  } as const
  const { secret } = await house.api.createToken({ name: 'all', role: 'admin' })
  expect(await shoot(port, secret, { ...large, header: ['x-a', 'b'] })).toBe(413)
  // In chunks, of which the size is known only at their end.
  const chunked = ['transfer-encoding', 'chunked'] as [string, string]
  expect(await shoot(port, secret, { ...large, header: chunked })).toBe(413)
  const small = {
    method: 'POST',
    path: '/v1/slots/signal',
    type: '',
    body: '{"targets":["all"],"signal":"CONT"}',
  }
  expect(await shoot(port, secret, { ...small, header: chunked })).toBe(200)
  expect(await shoot(port, secret, { ...small, header: ['expect', '100-continue'] })).toBe(200)
  expect(await house.slots()).toHaveLength(2)
})

test('one address has no more than its share of connections, and others still get in', async () => {
  const { house, port } = await openTcp()
  let ended = 0
  const sockets = Array.from({ length: 200 }, () => {
    const socket = connect(port, '127.0.0.1')
    socket.on('error', () => {})
    socket.on('close', () => (ended += 1))
    return socket
  })
  try {
    await expect.poll(() => ended, { timeout: 30_000 }).toBe(200 - 64)
    // The socket has its own, and TCP is free again once they are gone.
    expect(await house.slots()).toHaveLength(2)
  } finally {
    for (const socket of sockets) socket.destroy()
  }
  await expect.poll(() => shootRaw(port, Buffer.from('x\r\n\r\n')), { timeout: 30_000 }).toMatch(/^HTTP/)
})

test('who sends half of a request is told so and hung up on', async () => {
  const { port } = await openTcp()
  const socket = connect(port, '127.0.0.1')
  const text = await new Promise<string>((resolve) => {
    let all = ''
    socket.on('data', (chunk) => (all += chunk.toString()))
    socket.on('close', () => resolve(all))
    socket.write('GET /v1/slots HTTP/1.1\r\nhost: 127.0')
  })
  expect(text).toMatch(/^HTTP\/1\.1 408 [\s\S]*"code":"too_slow"/)
})
