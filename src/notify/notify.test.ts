/** Channels against real servers: SMTP with and without TLS and logins, HTTP servers of all tempers, commands. */
import { createHmac } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTcpServer, type Socket, type Server as TcpServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { makeCertificate } from '../../test/harness/certificates.ts'
import { systemClock } from '../clock.ts'
import type {
  Channel,
  ChatChannel,
  CommandChannel,
  MailChannel,
  WebhookChannel,
} from '../domain/alerting/alert-settings.ts'
import type { DeliveryOutcome, Notice } from '../domain/alerting/notice.ts'
import { aNotice } from '../domain/testing/samples.ts'
import { isPrivateAddress } from './private-address.ts'
import { type SendTools, sendNotice } from './send.ts'

const failed = aNotice()
const scaling = (isOver: boolean): Notice => ({
  ...failed,
  event: {
    ...failed.event,
    kind: isOver ? 'scaling.over_used' : 'scaling.under_used',
    data: {
      command: 'mail:send',
      input: 'mail:send queue --limit=5',
      cpu: 93,
      loadAverage: 3.5,
      ...(isOver ? { processesRequired: 4, processesRunning: 9 } : {}),
    },
  },
})

const common = { timeoutMs: 2000, retryMs: 1000, giveUpAfterMs: 1000 }
const tools: SendTools = {
  clock: systemClock,
  environment: process.env,
  readSecrets: (sources) => ({
    ok: true,
    values: Object.fromEntries(Object.keys(sources).map((name) => [name, 'from elsewhere'])),
  }),
}
const send = (channel: Channel, notice = failed): Promise<DeliveryOutcome> =>
  sendNotice(channel, notice, tools)

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'drover-notify-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

async function listen(server: Server | TcpServer): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return typeof address === 'object' && address ? address.port : 0
}

describe('mail', () => {
  const aMail = (port: number, changes: Partial<MailChannel> = {}): MailChannel => ({
    ...common,
    kind: 'mail',
    host: '127.0.0.1',
    port,
    tls: 'none',
    ca: null,
    user: null,
    password: null,
    from: 'Drover <drover@example.org>',
    to: ['ops@example.org', 'b@example.org'],
    ...changes,
  })

  async function serve(options: SMTPServerOptions = {}): Promise<{ port: number; mails: string[] }> {
    const mails: string[] = []
    const server = new SMTPServer({
      authOptional: true,
      logger: false,
      onData: (stream, _session, done) => {
        let text = ''
        stream.on('data', (part) => {
          text += String(part)
        })
        stream.on('end', () => {
          mails.push(text)
          done()
        })
      },
      ...options,
    })
    server.on('error', () => {})
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => new Promise<void>((resolve) => server.close(() => resolve())))
    const address = server.server.address()
    return { port: typeof address === 'object' && address ? address.port : 0, mails }
  }

  const login: Pick<SMTPServerOptions, 'authOptional' | 'onAuth'> = {
    authOptional: false,
    onAuth: ({ username, password }, _session, done) => {
      if (username === 'drover' && password === 'right') done(null, { user: username })
      else done(new Error('Invalid login'))
    },
  }

  it('goes over STARTTLS with a login, with the same id however often it is sent', async () => {
    const { cert, key } = makeCertificate(folder, 'smtp')
    const { port, mails } = await serve({ ...login, cert: readFileSync(cert), key: readFileSync(key) })
    const channel = aMail(port, { tls: 'starttls', ca: cert, user: 'drover', password: 'right' })
    expect(await send(channel)).toMatchObject({ kind: 'delivered' })
    expect(await send(channel)).toMatchObject({ kind: 'delivered' })
    expect(mails).toHaveLength(2)
    for (const mail of mails) {
      expect(mail).toContain('Message-ID: <1k7q2m9x4c0ac0@alpha.drover>')
      expect(mail).toContain('Subject: [drover] report: failed: exited with code 1 (alpha)')
      expect(mail).toContain('To: ops@example.org, b@example.org')
      expect(mail).toContain('drover run r1')
    }
  })

  it('with a wrong password is refused, and the password is not told', async () => {
    const { port } = await serve({ ...login, allowInsecureAuth: true })
    const outcome = await send(aMail(port, { user: 'drover', password: 'wrong-secret' }))
    expect(outcome).toMatchObject({
      kind: 'refused',
      reason: expect.stringContaining('did not take user and password'),
    })
    expect(JSON.stringify(outcome)).not.toContain('wrong-secret')
  })

  it('whose server cannot look at passwords just now is tried again', async () => {
    const { port } = await serve({
      authOptional: false,
      allowInsecureAuth: true,
      onAuth: (_auth, _session, done) =>
        done(Object.assign(new Error('Temporary failure'), { responseCode: 454 })),
    })
    const outcome = await send(aMail(port, { user: 'drover', password: 'right' }))
    expect(outcome).toMatchObject({ kind: 'failed', reason: expect.stringContaining('454') })
  })

  it('is not sent in the clear where STARTTLS is wanted and not offered', async () => {
    const { port, mails } = await serve({ hideSTARTTLS: true, disabledCommands: ['STARTTLS'] })
    expect((await send(aMail(port, { tls: 'starttls' }))).kind).not.toBe('delivered')
    expect(mails).toEqual([])
  })

  it('is not sent to a server whose certificate nobody vouches for', async () => {
    const { cert, key } = makeCertificate(folder, 'smtp')
    const { port, mails } = await serve({ cert: readFileSync(cert), key: readFileSync(key) })
    expect((await send(aMail(port, { tls: 'starttls' }))).kind).toBe('failed')
    expect(mails).toEqual([])
  })

  it('that the server refuses for good is refused, and what it may take later has failed', async () => {
    const answer = (code: number): SMTPServerOptions => ({
      onRcptTo: (_address, _session, done) => done(Object.assign(new Error('no'), { responseCode: code })),
    })
    expect(await send(aMail((await serve(answer(550))).port))).toMatchObject({
      kind: 'refused',
      reason: expect.stringContaining('550'),
    })
    expect(await send(aMail((await serve(answer(450))).port))).toMatchObject({
      kind: 'failed',
      reason: expect.stringContaining('450'),
    })
  })

  it.each([
    ['never says a word', (_socket: Socket) => {}],
    [
      'says a little again and again',
      (socket: Socket) => {
        const timer = setInterval(() => socket.write('220-wait\r\n'), 50)
        socket.on('close', () => clearInterval(timer))
      },
    ],
    ['hangs in the middle', (socket: Socket) => void socket.write('220 hello\r\n')],
  ])('to a server that %s has failed when its time is over', async (_what, behave) => {
    const sockets = new Set<Socket>()
    const server = createTcpServer((socket) => {
      sockets.add(socket)
      socket.on('error', () => {})
      behave(socket)
    })
    const port = await listen(server)
    onTestFinished(() => {
      for (const socket of sockets) socket.destroy()
      server.close()
    })
    expect((await send(aMail(port, { timeoutMs: 300 }))).kind).toBe('failed')
  })

  it('P-T13 P-T14: has the words of Provisioner for under and over used', async () => {
    const { port, mails } = await serve()
    await send(aMail(port), scaling(false))
    await send(aMail(port), scaling(true))
    const [under = '', over = ''] = mails
    expect(under).toContain('Subject: [Provision alert] Server under used')
    for (const line of [
      'Command: mail:send',
      'Command input: mail:send queue --limit=3D5',
      'CPU usage: 93',
      'Load average: 3.5',
    ])
      expect(under.replaceAll('=3D', '=')).toContain(line.replaceAll('=3D', '='))
    expect(under).not.toContain('Processes')
    expect(over).toContain('Subject: [Provision alert] Server over used')
    expect(over).toContain('Processes required: 4')
    expect(over).toContain('Processes running: 9')
  })
})

describe('HTTP', () => {
  interface Asked {
    readonly url: string
    readonly headers: IncomingMessage['headers']
    readonly body: string
  }

  async function serve(
    answer: (response: ServerResponse) => void = (response) => response.end('fine'),
  ): Promise<{ url: string; asked: Asked[] }> {
    const asked: Asked[] = []
    const server = createServer((request, response) => {
      let body = ''
      request.on('data', (part) => {
        body += String(part)
      })
      request.on('end', () => {
        asked.push({ url: request.url ?? '', headers: request.headers, body })
        answer(response)
      })
    })
    const port = await listen(server)
    onTestFinished(() => {
      server.closeAllConnections()
      server.close()
    })
    return { url: `http://127.0.0.1:${port}/hook`, asked }
  }

  const aHook = (url: string, changes: Partial<WebhookChannel> = {}): WebhookChannel => ({
    ...common,
    kind: 'webhook',
    url,
    allowPrivate: true,
    headers: {},
    encoding: 'json',
    template: null,
    secret: null,
    ...changes,
  })

  it('posts the notice, signed, with its id', async () => {
    const { url, asked } = await serve()
    expect(
      await send(
        aHook(url, {
          secret: { from: 'file', path: '/x' },
          headers: { Authorization: { from: 'env', name: 'X' } },
        }),
      ),
    ).toEqual({
      kind: 'delivered',
      detail: '200 fine',
    })
    const [one] = asked
    const timestamp = one?.headers['drover-timestamp']
    const expected = createHmac('sha256', 'from elsewhere').update(`${timestamp}.${one?.body}`).digest('hex')
    expect(one?.headers).toMatchObject({
      'idempotency-key': failed.id,
      'drover-signature': `sha256=${expected}`,
      'content-type': 'application/json',
      authorization: 'from elsewhere',
    })
    expect(JSON.parse(one?.body ?? '')).toMatchObject({
      title: failed.title,
      event: { kind: 'job.failed', customData: { critical: true } },
    })
  })

  it('fills a template, and keeps the types of values', async () => {
    const { url, asked } = await serve()
    const template = {
      text: 'on {{node}}: {{title}}',
      code: '{{event.data.exitCode}}',
      tags: ['{{level}}', '{{event.data.none}}'],
    }
    await send(aHook(url, { template }))
    expect(JSON.parse(asked[0]?.body ?? '')).toEqual({
      text: `on alpha: ${failed.title}`,
      code: 1,
      tags: ['error', null],
    })
  })

  it('P-T15: posts exactly what Provisioner posts, as JSON or as a form', async () => {
    const { url, asked } = await serve()
    await send(aHook(url), scaling(true))
    await send(aHook(url), scaling(false))
    await send(aHook(url, { encoding: 'form' }), scaling(true))
    const over = {
      type: 'over_used',
      command: 'mail:send queue --limit=5',
      cpu: 93,
      load_average: 3.5,
      required_processes: 4,
      running_processes: 9,
    }
    expect(JSON.parse(asked[0]?.body ?? '')).toEqual(over)
    expect(JSON.parse(asked[1]?.body ?? '')).toEqual({
      ...over,
      type: 'under_used',
      required_processes: 0,
      running_processes: 0,
    })
    expect(Object.fromEntries(new URLSearchParams(asked[2]?.body))).toEqual(
      Object.fromEntries(Object.entries(over).map(([key, value]) => [key, String(value)])),
    )
  })

  const answers: [
    what: string,
    answer: (response: ServerResponse) => void,
    outcome: Partial<Record<'kind' | 'reason' | 'afterMs', unknown>>,
  ][] = [
    [
      '500',
      (response) => response.writeHead(500).end('oops'),
      { kind: 'failed', reason: expect.stringContaining('500 oops'), afterMs: null },
    ],
    ['404', (response) => response.writeHead(404).end(), { kind: 'refused' }],
    [
      '429 and when',
      (response) => response.writeHead(429, { 'retry-after': '7' }).end(),
      { kind: 'failed', afterMs: 7000 },
    ],
    [
      'a redirect',
      (response) => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(),
      { kind: 'refused', reason: expect.stringContaining('redirect') },
    ],
    ['nothing', () => {}, { kind: 'failed', reason: expect.stringContaining('no answer within 0.3 s') }],
    ['with a hang-up', (response) => void response.destroy(), { kind: 'failed' }],
    [
      'without an end',
      (response) => {
        response.writeHead(200)
        const timer = setInterval(() => response.write('x'.repeat(1000)), 1)
        response.on('close', () => clearInterval(timer))
      },
      { kind: 'delivered' },
    ],
  ]
  it.each(answers)('a server that answers %s', async (_what, answer, outcome) => {
    const { url } = await serve(answer)
    expect(await send(aHook(url, { timeoutMs: 300 }))).toMatchObject(outcome)
  })

  it('goes to no private address unless that is allowed, by number or by name', async () => {
    const { url, asked } = await serve()
    for (const target of [
      url,
      url.replace('127.0.0.1', 'localhost'),
      url.replace('127.0.0.1', '[::ffff:127.0.0.1]'),
    ])
      expect(await send(aHook(target, { allowPrivate: false })), target).toMatchObject({
        kind: 'refused',
        reason: expect.stringContaining('private network'),
      })
    expect(asked).toEqual([])
  })

  const chats: [
    style: ChatChannel['style'] | 'slack',
    text: (body: Record<string, unknown>) => unknown,
    path: string,
  ][] = [
    ['slack', ({ text }) => text, '/hook'],
    ['mattermost', ({ text }) => text, '/hook'],
    ['discord', ({ content }) => content, '/hook'],
    [
      'teams',
      ({ attachments }) =>
        (attachments as [{ content: { body: [{ text: string }] } }])[0].content.body[0].text.replaceAll(
          '\n\n',
          '\n',
        ),
      '/hook',
    ],
    ['hipchat', ({ message }) => message, '/hook/v2/room/ops%20room/notification'],
  ]
  it.each(chats)('P-T16 P-T17: tells %s the same text, in its form', async (style, textOf, path) => {
    const { url, asked } = await serve((response) =>
      response.writeHead(style === 'hipchat' ? 204 : 200).end(),
    )
    const channel: Channel =
      style === 'slack'
        ? { ...common, kind: 'slack', url, allowPrivate: true }
        : {
            ...common,
            kind: 'chat',
            style,
            url,
            allowPrivate: true,
            room: 'ops room',
            token: style === 'hipchat' ? 'secret' : null,
          }
    for (const notice of [failed, scaling(true), scaling(false)])
      expect(await send(channel, notice)).toMatchObject({ kind: 'delivered' })
    expect(asked.map(({ body }) => textOf(JSON.parse(body)))).toEqual([
      `🔴 ${failed.title} (alpha)\ndrover run r1`,
      'Server at full capacity! Command: mail:send queue --limit=5 | CPU: 93 | Load: 3.5 | Required: 4 | Running: 9',
      'Server under used. You may take it down! Command: mail:send queue --limit=5 | CPU: 93 | Load: 3.5',
    ])
    expect(asked[0]?.url).toBe(path)
    if (style === 'hipchat') {
      expect(asked[0]?.headers.authorization).toBe('Bearer secret')
      expect(JSON.parse(asked[0]?.body ?? '')).toMatchObject({
        message_format: 'text',
        notify: true,
        color: 'red',
      })
    }
  })
})

describe('a command', () => {
  const aCommand = (script: string, timeoutMs = 10_000): CommandChannel => ({
    ...common,
    kind: 'command',
    argv: ['/bin/sh', '-c', script],
    cwd: folder,
    timeoutMs,
  })

  it('gets the notice on its standard input', async () => {
    expect(await send(aCommand('cat > got; echo "$DROVER_NOTICE_LEVEL" >> got'))).toMatchObject({
      kind: 'delivered',
    })
    const [line = '', level] = readFileSync(join(folder, 'got'), 'utf8').split('\n')
    expect(JSON.parse(line)).toMatchObject({ id: failed.id, event: { kind: 'job.failed' } })
    expect(level).toBe('error')
  })

  it('that fails says so with its last line', async () => {
    expect(await send(aCommand('echo one >&2; echo two >&2; exit 3'))).toMatchObject({
      kind: 'failed',
      reason: '/bin/sh ended with exit code 3: two',
    })
  })

  it('that is not there has failed', async () => {
    expect((await send({ ...aCommand(''), argv: ['/nowhere/at-all'] })).kind).toBe('failed')
  })

  it('that floods, reads nothing and leaves others behind ends all the same', async () => {
    expect(await send(aCommand('sleep 1000 & yes | head -c 5000000 >&2; exit 0'))).toMatchObject({
      kind: 'delivered',
    })
  })

  it('that hangs is killed with all that it began', async () => {
    expect(await send(aCommand('sleep 1000 & sleep 1000', 300))).toMatchObject({
      kind: 'failed',
      reason: expect.stringContaining('was killed'),
    })
  })
})

it.each([
  ['8.8.8.8', false],
  ['93.184.216.34', false],
  ['2606:4700::1111', false],
  ['10.1.2.3', true],
  ['172.31.0.1', true],
  ['172.32.0.1', false],
  ['192.168.1.1', true],
  ['169.254.169.254', true],
  ['100.64.0.1', true],
  ['::1', true],
  ['fd00::1', true],
  ['fe80::1', true],
  ['::ffff:10.0.0.1', true],
])('%s is private: %s', (address, isPrivate) => {
  expect(isPrivateAddress(address)).toBe(isPrivate)
})
