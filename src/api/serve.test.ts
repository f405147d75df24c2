/** The API over a real unix socket, with an agent of samples behind it. */
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { request as httpRequest } from 'node:http'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as v from 'valibot'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Client, createClient } from '../contract/client.ts'
import { endpoints } from '../contract/endpoints.ts'
import { createFakeVerbs, type FakeVerbs, only } from '../contract/testing/fake-verbs.ts'
import { eventView, occurrenceView, runView, slotView } from '../contract/testing/samples.ts'
import type { AgentVerbs } from '../contract/verbs.ts'
import type { EventView, OutputView } from '../contract/views.ts'
import { UserError } from '../domain/user-error.ts'
import { createUnixFetch } from '../unix-fetch.ts'
import { type ApiServer, serveApi } from './serve.ts'

let folder: string
let socketPath: string
let servers: ApiServer[]
let logged: unknown[]

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'drover-api-'))
  socketPath = join(folder, 'agent.sock')
  servers = []
  logged = []
})
afterEach(async () => {
  for (const server of servers) await server.close()
  rmSync(folder, { recursive: true })
})

async function serve(
  replaced: Partial<AgentVerbs> = {},
  options: { heartbeatMs?: number } = {},
): Promise<FakeVerbs> {
  const verbs = createFakeVerbs(replaced)
  servers.push(
    await serveApi({
      verbs,
      socketPath,
      version: '0.1.0',
      log: (_message, cause) => logged.push(cause),
      ...options,
    }),
  )
  return verbs
}

const noAgent = () => new UserError('no_agent', 'No agent.')
const fetchUnix = () => createUnixFetch(socketPath, noAgent)
const connect = (headers: Record<string, string> = {}): Client => createClient(fetchUnix(), headers)

async function send(
  method: string,
  url: string,
  body?: string,
  headers: Record<string, string> = {},
): Promise<{ status: number; json: { error?: { code: string; message: string; hint: string | null } } }> {
  const response = await fetchUnix()(url, { method, headers, ...(body === undefined ? {} : { body }) })
  const text = await response.text()
  return { status: response.status, json: text === '' ? {} : JSON.parse(text) }
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}

/** Yields once, then waits until it is told to stop. */
async function* oneThenQuiet<T>(value: T, signal: AbortSignal, ended: () => void): AsyncIterable<T> {
  try {
    yield value
    await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
  } finally {
    ended()
  }
}

describe('every endpoint', () => {
  const requests: { [N in keyof typeof endpoints]: Parameters<Client[N]>[0] } = {
    getHealth: {},
    getOpenApi: {},
    getAgent: {},
    getMetrics: {},
    listSlots: { targets: ['mailer'] },
    startSlots: { targets: ['mailer'] },
    stopSlots: { targets: ['all'], wait: false },
    restartSlots: { targets: ['mailer:0'] },
    signalSlots: { targets: ['mailer'], signal: 'HUP', to: 'group' },
    rotateOutput: { targets: ['mailer'] },
    captureOutput: { targets: ['mailer'], on: true },
    writeInput: { targets: ['mailer'], text: 'hello\n' },
    listPrograms: {},
    getProgram: { name: 'mailer' },
    putPrograms: { text: 'programs: {}', format: 'yaml' },
    scalePrograms: { programs: { mailer: 3 } },
    deleteProgram: { name: 'mailer' },
    planReload: {},
    reload: {},
    listJobs: { targets: ['report'] },
    listDue: { targets: ['report'], limit: 3 },
    triggerJob: { job: 'report', params: { SINCE: 'today' }, wait: true },
    enableJobs: { targets: ['report'] },
    disableJobs: { targets: ['report'] },
    pauseJobs: { isPaused: true },
    listOccurrences: { targets: ['report'], states: ['missed', 'skipped'], limit: 5 },
    getOccurrence: { id: occurrenceView().id },
    listRuns: { targets: ['mailer'], limit: 5, state: 'alive' },
    getRun: { id: runView().id.slice(0, 8) },
    getRunOutput: { id: runView().id, stream: 'err', offset: 3 },
    streamLogs: { targets: ['mailer'], lines: 5, follow: true },
    listEvents: { after: 0, kinds: ['run.*'], newest: true },
    streamEvents: { after: 0 },
    listAlerts: {},
    listDeliveries: { channel: 'ops', states: ['pending'], limit: 3 },
    testChannel: { name: 'ops' },
    listHeartbeats: {},
    pingHeartbeat: { name: 'backup' },
    listListeners: {},
    listTokens: {},
    createToken: { name: 'ci', role: 'viewer', expiresInMs: 5000 },
    revokeToken: { name: 'ci' },
    upgrade: { command: ['/opt/new/bin/drover'], version: '0.2.0', storeSchema: 1 },
    shutdown: { leaveWorkers: true },
  }

  test.each(Object.entries(endpoints))('%s answers with what the contract says', async (name, endpoint) => {
    await serve()
    const call = connect()[name as 'getHealth'] as (request: unknown) => Promise<unknown>
    const answer = await call(requests[name as 'getHealth'])
    if (endpoint.form === 'json' || endpoint.form === 'text') v.parse(endpoint.response, answer)
    else if (endpoint.form === 'events') {
      for (const item of await collect(answer as AsyncIterable<unknown>)) v.parse(endpoint.response, item)
    } else {
      expect(Buffer.concat(await collect(answer as AsyncIterable<Uint8Array>)).toString()).toBe('one\ntwo\n')
    }
    expect(logged).toEqual([])
  })

  test('lists, numbers and booleans of a query arrive as such, with the usual values for the rest', async () => {
    const verbs = await serve()
    await connect().listEvents({ kinds: ['run.*', 'slot.gave_up'], after: 7, newest: true })
    expect(verbs.asked).toEqual([
      {
        verb: 'listEvents',
        with: { after: 7, kinds: ['run.*', 'slot.gave_up'], targets: [], limit: 100, newest: true },
      },
    ])
  })

  test('a name with a colon, a slash and a space arrives as it is', async () => {
    const names: string[] = []
    await serve({
      getProgram: (name) => {
        names.push(name)
        throw new UserError('not_found', 'no')
      },
    })
    for (const name of ['app:mailer', 'a/b c', 'ü%41'])
      await connect()
        .getProgram({ name })
        .catch(() => {})
    expect(names).toEqual(['app:mailer', 'a/b c', 'ü%41'])
  })

  test('who asks is handed on; a strange text for it is not', async () => {
    const verbs = await serve()
    await connect({ 'x-drover-by': 'cli:alice' }).shutdown()
    await connect({ 'x-drover-by': 'alice and <bob>' }).shutdown()
    await connect().shutdown()
    expect(verbs.asked.map((call) => call.with)).toEqual([
      { leaveWorkers: false, by: 'cli:alice' },
      { leaveWorkers: false, by: 'api' },
      { leaveWorkers: false, by: 'api' },
    ])
  })

  test('a request for another node is refused before anything happens', async () => {
    const verbs = await serve()
    await expect(connect({ 'x-drover-node': 'beta' }).shutdown()).rejects.toMatchObject({ code: 'not_found' })
    await connect({ 'x-drover-node': 'alpha' }).shutdown()
    expect(verbs.asked.filter((call) => call.verb === 'shutdown')).toHaveLength(1)
  })
})

describe('errors', () => {
  test('a mistake of the user keeps its code, hint and problems over the wire', async () => {
    const problem = {
      severity: 'error',
      code: 'unknown_key',
      file: 'drover.yaml',
      line: 7,
      field: 'programs.mailer.proceses',
      value: '3',
      message: 'unknown key',
      expected: null,
      suggestion: 'processes',
    } as const
    await serve({
      planReload: async () => {
        throw new UserError('config_invalid', 'Wrong.', { hint: 'Mend it.', problems: [problem] })
      },
    })
    await expect(connect().planReload()).rejects.toMatchObject({
      code: 'config_invalid',
      message: 'Wrong.',
      hint: 'Mend it.',
      problems: [problem],
    })
    expect((await send('POST', '/v1/config/plan')).status).toBe(422)
  })

  test('a bug answers with 500 and keeps its cause to the log', async () => {
    const bug = new TypeError('secret thing is undefined')
    await serve({
      listPrograms: () => {
        throw bug
      },
    })
    const { status, json } = await send('GET', '/v1/programs')
    expect(status).toBe(500)
    expect(json.error?.code).toBe('internal')
    expect(JSON.stringify(json)).not.toContain('secret')
    expect(logged).toEqual([bug])
  })

  test.each([
    ['GET', '/v1/nothing', undefined, 404, 'not_found'],
    ['GET', '/', undefined, 404, 'not_found'],
    ['GET', '/v1/slots/start', undefined, 405, 'usage'],
    ['POST', '/v1/slots', '{}', 405, 'usage'],
    ['PATCH', '/v1/programs/mailer', '{}', 405, 'usage'],
    ['HEAD', '/v1/events/stream', undefined, 405, undefined],
    ['POST', '/v1/slots/start', '{', 400, 'usage'],
    ['POST', '/v1/slots/start', '[]', 400, 'usage'],
    ['POST', '/v1/slots/start', '', 400, 'usage'],
    ['POST', '/v1/slots/start', '{"targets":[]}', 400, 'usage'],
    ['POST', '/v1/slots/start', '{"targets":["a"],"wiat":true}', 400, 'usage'],
    ['GET', '/v1/runs?limit=0', undefined, 400, 'usage'],
    ['GET', '/v1/runs?limit=ten', undefined, 400, 'usage'],
    ['GET', '/v1/events?kinds=run.endet', undefined, 400, 'usage'],
    ['GET', '/v1/events/stream?kinds=x.*', undefined, 400, 'usage'],
    ['GET', '/v1/slots?target=mailer', undefined, 400, 'usage'],
    [
      'PUT',
      '/v1/programs',
      JSON.stringify({ text: 'x'.repeat(2_200_000), format: 'yaml' }),
      413,
      'too_large',
    ],
  ])('%s %s with %s answers %s %s', async (method, url, body, status, code) => {
    await serve()
    const answer = await send(method, url, body)
    expect(answer.status).toBe(status)
    expect(answer.json.error?.code).toBe(code)
    expect(logged).toEqual([])
  })

  test('a wrong request is told by field, with what was expected', async () => {
    await serve()
    const { json } = await send('POST', '/v1/slots/signal', '{"targets":"mailer","signal":"HUP"}')
    expect(json.error?.message).toBe(
      'The body of the request is wrong: `targets`: expected Array, got "mailer".',
    )
  })
})

describe('streams', () => {
  test('carry the ids of events, with which a client goes on after the last one it had', async () => {
    const verbs = await serve({ streamEvents: () => only(eventView({ id: 8 }), eventView({ id: 9 })) })
    const response = await fetchUnix()('/v1/events/stream?after=3', {
      method: 'GET',
      headers: { 'last-event-id': '7' },
    })
    const text = await response.text()
    expect(text.match(/^id: .*$/gm)).toEqual(['id: 8', 'id: 9'])
    expect(verbs.asked[0]).toMatchObject({ verb: 'streamEvents', with: { after: 7 } })
  })

  test('a quiet stream sends heartbeats, which the client does not see', async () => {
    let release = (): void => {}
    const quiet = new Promise<void>((resolve) => {
      release = resolve
    })
    await serve(
      {
        async *streamEvents() {
          await quiet
          yield eventView()
        },
      },
      { heartbeatMs: 5 },
    )
    const response = await fetchUnix()('/v1/events/stream', { method: 'GET', headers: {} })
    let text = ''
    for await (const chunk of response.body ?? []) {
      text += Buffer.from(chunk).toString()
      if (text.split(':\n\n').length > 3) release()
    }
    expect(text).toContain('event: end')
  })

  test('an error in the middle reaches the client as such', async () => {
    await serve({
      async *streamEvents() {
        yield eventView()
        throw new UserError('store_unavailable', 'The disk is full.')
      },
    })
    await expect(collect(await connect().streamEvents())).rejects.toMatchObject({
      code: 'store_unavailable',
      message: 'The disk is full.',
    })
  })

  test('an error before the first piece answers with its status', async () => {
    await serve()
    await expect(connect().streamLogs({ targets: ['nothing'] })).rejects.toMatchObject({ code: 'not_found' })
    await expect(connect().getRunOutput({ id: 'zz' })).rejects.toMatchObject({ code: 'not_found' })
  })

  test('end for the agent when the client goes away', async () => {
    let listening = 0
    let reports = (): void => {}
    const allEnded = new Promise<void>((resolve) => {
      reports = resolve
    })
    await serve({
      streamEvents({ signal }) {
        listening += 1
        return oneThenQuiet<EventView>(eventView(), signal, () => {
          listening -= 1
          if (listening === 0) reports()
        })
      },
    })
    const streams = Array.from({ length: 20 }, async () => {
      for await (const _ of await connect().streamEvents()) break
    })
    await Promise.all(streams)
    await allEnded
    expect(listening).toBe(0)
  })

  test('a wait ends for the agent when the client goes away', async () => {
    let aborted = (): void => {}
    const hasAborted = new Promise<void>((resolve) => {
      aborted = resolve
    })
    const gone = new AbortController()
    await serve({
      start: ({ signal }) =>
        new Promise(() => {
          signal?.addEventListener('abort', aborted)
          gone.abort()
        }),
    })
    await expect(
      connect().startSlots({ targets: ['mailer'] }, { signal: gone.signal }),
    ).rejects.toMatchObject({ name: 'AbortError' })
    await hasAborted
  })

  test('a slow client is waited for, so that its backlog stays small', async () => {
    let produced = 0
    const piece = 'x'.repeat(64 * 1024)
    await serve({
      streamLogs: async ({ signal }) =>
        (async function* endless(): AsyncIterable<OutputView> {
          while (!signal.aborted) {
            produced += 1
            yield { slot: 'mailer:0', name: 'mailer', run: 'r', stream: 'out', offset: 0, text: piece }
          }
        })(),
    })
    const paused = await new Promise<import('node:http').IncomingMessage>((resolve) => {
      httpRequest({ socketPath, path: '/v1/logs?follow=true', agent: false }, resolve).end()
    })
    paused.pause()
    // The agent has written all it may once further turns of its event loop produce nothing more.
    let before = -1
    while (produced !== before) {
      before = produced
      for (let turn = 0; turn < 100; turn += 1) await new Promise((resolve) => setImmediate(resolve))
    }
    expect(produced).toBeLessThan(50)
    paused.destroy()
  })

  test('closing the server ends them', async () => {
    await serve({ streamEvents: ({ signal }) => oneThenQuiet(eventView(), signal, () => {}) })
    const seen: EventView[] = []
    for await (const event of await connect().streamEvents()) {
      seen.push(event)
      void servers.pop()?.close()
    }
    expect(seen).toHaveLength(1)
  })

  test('may be many at once, which warns of no leak', async () => {
    const warnings: string[] = []
    const note = ({ name }: Error): void => void warnings.push(name)
    process.on('warning', note)
    try {
      await serve({ streamEvents: ({ signal }) => oneThenQuiet(eventView(), signal, () => {}) })
      const streams = await Promise.all(Array.from({ length: 30 }, () => connect().streamEvents()))
      const seen = streams.map((stream) => collect(stream))
      await servers.pop()?.close()
      expect((await Promise.all(seen)).map(({ length }) => length)).toEqual(Array(30).fill(1))
    } finally {
      process.off('warning', note)
    }
    expect(warnings).toEqual([])
  })
})

describe('the socket', () => {
  test('W-T3: is open to its owner alone, whatever the umask', async () => {
    const before = process.umask(0)
    try {
      await serve()
    } finally {
      expect(process.umask(before)).toBe(0)
    }
    expect(statSync(socketPath).mode & 0o777).toBe(0o600)
  })

  test('goes when the server closes', async () => {
    await serve()
    await servers.pop()?.close()
    expect(existsSync(socketPath)).toBe(false)
    await expect(connect().getHealth()).rejects.toMatchObject({ code: 'no_agent' })
  })

  test('works where its path is longer than the kernel takes', async () => {
    const deep = join(folder, 'd'.repeat(100), 'e'.repeat(100))
    mkdirSync(deep, { recursive: true })
    socketPath = join(deep, 'agent.sock')
    await serve()
    expect(statSync(socketPath).mode & 0o777).toBe(0o600)
    expect(await connect().getHealth()).toEqual({ status: 'ok' })
    await servers.pop()?.close()
    expect(existsSync(socketPath)).toBe(false)
  })

  test('takes the place of one that a dead agent left', async () => {
    const dead = createServer()
    await new Promise<void>((resolve) => dead.listen(join(folder, 'left.sock'), resolve))
    renameSync(join(folder, 'left.sock'), socketPath)
    await new Promise<void>((resolve) => dead.close(() => resolve()))
    await expect(connect().getHealth()).rejects.toMatchObject({ code: 'no_agent' })
    await serve()
    expect(await connect().getHealth()).toEqual({ status: 'ok' })
  })

  test('does not take the place of anything else', async () => {
    writeFileSync(socketPath, 'mine')
    await expect(serve()).rejects.toMatchObject({ code: 'socket_in_the_way' })
    expect(statSync(socketPath).size).toBe(4)
  })

  test('answers 500 slots in a few milliseconds', async () => {
    const slots = Array.from({ length: 500 }, (_, index) => slotView({ name: `mailer:${index}`, index }))
    await serve({ listSlots: () => slots })
    const client = connect()
    const times: number[] = []
    for (let round = 0; round < 10; round += 1) {
      const began = performance.now()
      expect(await client.listSlots()).toHaveLength(500)
      times.push(performance.now() - began)
    }
    expect(Math.min(...times)).toBeLessThan(100)
  })
})
