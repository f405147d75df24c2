/** Requests that no client of ours would send: each gets an answer in the API's form, and the agent goes on. */
import { request } from 'node:http'
import { connect } from 'node:net'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { drover, shareHouse } from '../harness/command-line.ts'

const house = shareHouse()
const socketPath = join(house.dataDir, 'agent.sock')

beforeAll(async () => {
  house.configure({ worker: { command: ['sleep', '1000'], startTime: 0 } })
  await house.startAgent()
  await house.waitForState('worker', 'running')
})

const wrong: readonly (readonly [
  what: string,
  line: string,
  body: string | null,
  status: number,
  code: string,
  said: RegExp,
])[] = [
  ['a body that is no JSON', 'POST /v1/slots/stop', '{"targets": [', 400, 'usage', /not JSON/],
  ['a body that is no table', 'POST /v1/slots/stop', '["all"]', 400, 'usage', /body/],
  ['a field that is missing', 'POST /v1/slots/stop', '{}', 400, 'usage', /targets/],
  [
    'a field that nobody knows',
    'POST /v1/slots/stop',
    '{"targets": ["worker"], "froce": true}',
    400,
    'usage',
    /froce/,
  ],
  ['a field of another type', 'POST /v1/slots/stop', '{"targets": "worker"}', 400, 'usage', /targets/],
  ['no target at all', 'POST /v1/slots/stop', '{"targets": []}', 400, 'usage', /targets/],
  [
    'a target that is not there',
    'POST /v1/slots/stop',
    '{"targets": ["nobody", "worker"]}',
    404,
    'not_found',
    /nobody/,
  ],
  [
    'a target with a thousand stars',
    'POST /v1/slots/stop',
    JSON.stringify({ targets: ['*a'.repeat(100)] }),
    404,
    'not_found',
    /\*a/,
  ],
  [
    'a signal that is none',
    'POST /v1/slots/signal',
    '{"targets": ["worker"], "signal": "TREM"}',
    400,
    'usage',
    /TREM/,
  ],
  [
    'a signal beyond all',
    'POST /v1/slots/signal',
    '{"targets": ["worker"], "signal": "999"}',
    400,
    'usage',
    /999/,
  ],
  ['a run that is not there', 'GET /v1/runs/1a2b3c', null, 404, 'not_found', /1a2b3c/],
  ['a run that climbs', 'GET /v1/runs/..%2F..%2Fetc%2Fpasswd/output', null, 404, 'not_found', /no run/],
  ['a program that is not there', 'GET /v1/programs/nobody', null, 404, 'not_found', /nobody/],
  ['a query that nobody knows', 'GET /v1/runs?limt=5', null, 400, 'usage', /limt/],
  ['a number that is none', 'GET /v1/runs?limit=five', null, 400, 'usage', /limit/],
  ['a number beyond the limit', 'GET /v1/runs?limit=100000', null, 400, 'usage', /limit/],
  ['a path that is not there', 'GET /v1/nothing', null, 404, 'not_found', /v1\/nothing/],
  ['a method that is not known there', 'DELETE /v1/slots', null, 405, 'usage', /GET/],
  ['a change by GET', 'GET /v1/slots/stop', null, 405, 'usage', /POST/],
  ['a program to remove that is not there', 'DELETE /v1/programs/nobody', null, 404, 'not_found', /nobody/],
  ['a program of the file to remove', 'DELETE /v1/programs/worker', null, 409, 'conflict', /file/],
  [
    'a configuration that is none',
    'PUT /v1/programs',
    '{"text": "programs: [", "format": "yaml"}',
    422,
    'config_invalid',
    /./,
  ],
  [
    'a configuration of no known form',
    'PUT /v1/programs',
    '{"text": "x", "format": "ini"}',
    400,
    'usage',
    /format/,
  ],
  [
    'a relative folder',
    'PUT /v1/programs',
    '{"text": "{}", "format": "json", "baseDir": "here"}',
    400,
    'usage',
    /baseDir/,
  ],
]

test.each(wrong)('%s', async (_, line, body, status, code, said) => {
  const answer = await send(line, body)
  expect({ status: answer.status, body: answer.text }).toMatchObject({ status })
  const { error } = JSON.parse(answer.text) as {
    error: { code: string; message: string; hint: string | null; problems: unknown[] }
  }
  expect(error.code).toBe(code)
  expect(`${error.message} ${error.hint} ${JSON.stringify(error.problems)}`).toMatch(said)
  expect(answer.text).not.toMatch(/\.cjs|node:internal| {4}at /)
  expect(await house.slot('worker')).toMatchObject({ state: 'running' })
})

test('a body beyond the limit is refused without being read', async () => {
  const huge = JSON.stringify({ text: 'x'.repeat(3 * 1024 * 1024), format: 'yaml' })
  // The connection is cut once the answer is given; a client that still writes then may not come to read it.
  const status = await send('PUT /v1/programs', huge).then(
    (answer) => answer.status,
    (error: NodeJS.ErrnoException) => error.code,
  )
  expect([413, 'EPIPE', 'ECONNRESET']).toContain(status)
  const large = JSON.stringify({ text: 'x'.repeat(1_500_000), format: 'yaml' })
  expect((await send('PUT /v1/programs', large)).status).toBe(400)
  house.write('large.yaml', 'x'.repeat(5_000_000))
  const { code, stderr } = await drover(house, ['apply', 'large.yaml'])
  expect(code).toBe(2)
  expect(stderr).toContain('large.yaml has 5000000 characters; 1048576 can be declared at once')
  expect(await house.slot('worker')).toMatchObject({ state: 'running' })
})

test('what is not HTTP at all, and clients that leave in the middle, harm nobody', async () => {
  for (const bytes of [
    '\u0000\u0001\u0002 garbage\r\n\r\n',
    'POST /v1/slots/stop HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{"targ',
    'GET /v1/events/stream?after=0 HTTP/1.1\r\nHost: x\r\n\r\n',
  ]) {
    await new Promise<void>((resolve) => {
      const socket = connect(socketPath, () =>
        socket.write(bytes, () => setImmediate(() => socket.destroy())),
      )
      socket.on('error', () => {})
      socket.on('close', () => resolve())
    })
  }
  expect(await house.slot('worker')).toMatchObject({ state: 'running' })
  expect(house.log()).not.toContain('A bug in Drover')
})

async function send(line: string, body: string | null): Promise<{ status: number; text: string }> {
  const [method, path] = line.split(' ')
  return await new Promise((resolve, reject) => {
    const sent = request(
      { socketPath, method, path, agent: false, headers: { 'content-type': 'application/json' } },
      (answer) => {
        let text = ''
        answer.setEncoding('utf8')
        answer.on('data', (chunk: string) => {
          text += chunk
        })
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text }))
      },
    )
    sent.on('error', reject)
    sent.end(body ?? undefined)
  })
}
