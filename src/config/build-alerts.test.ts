import { expect, test } from 'vitest'
import type { AlertSettings } from '../domain/alerting/alert-settings.ts'
import { readSettings } from './agent-settings.ts'
import type { ParsedSource } from './source.ts'

function read(value: unknown): { alerts: AlertSettings; problems: string[] } {
  const source: ParsedSource = {
    file: '/srv/drover.yaml',
    folder: '/srv',
    value,
    locate: () => 3,
    includedBy: null,
  }
  const { settings, problems } = readSettings([source])
  return {
    alerts: settings.alerts,
    problems: problems.map(
      ({ field, message, suggestion }) =>
        `${field}: ${message}${suggestion === null ? '' : ` (${suggestion})`}`,
    ),
  }
}

const ops = { kind: 'slack', url: 'https://hooks.example.org/x' }

test('what is not said has its default', () => {
  const { alerts, problems } = read({
    alerts: { channels: { ops }, routes: [{ to: 'ops' }] },
    heartbeats: { backup: { every: '1d' } },
  })
  expect(problems).toEqual([])
  expect(alerts).toEqual({
    channels: {
      ops: {
        kind: 'slack',
        url: ops.url,
        allowPrivate: false,
        timeoutMs: 10_000,
        retryMs: 30_000,
        giveUpAfterMs: 86_400_000,
      },
    },
    routes: [
      {
        name: 'error to ops',
        match: { events: ['*'], programs: [], groups: [], labels: {}, customData: null, level: 'error' },
        to: ['ops'],
        after: 1,
        repeatMs: null,
        tellsRecovery: true,
        quiet: null,
        digest: { count: 5, withinMs: 60_000 },
      },
    ],
    heartbeats: { backup: { everyMs: 86_400_000, graceMs: 300_000, customData: null } },
  })
})

test('a route without a name is called by what it says', () => {
  const routes = [
    { events: ['job.failed', 'slot.gave_up'], programs: ['app:*'], groups: ['mail'], to: ['ops', 'pager'] },
    { to: 'ops' },
    { name: 'error to ops (2)', to: 'ops' },
    { level: 'warning', labels: { stage: 'production' }, to: 'ops' },
    { to: 'ops', after: 3 },
  ]
  const { alerts } = read({ alerts: { channels: { ops, pager: ops }, routes } })
  expect(alerts.routes.map(({ name }) => name)).toEqual([
    'job.failed, slot.gave_up of app:*, mail to ops, pager',
    'error to ops',
    'error to ops (2)',
    'warning to ops',
    'error to ops (3)',
  ])
  expect(alerts.routes[3]?.match.labels).toEqual({ stage: 'production' })
})

test('secrets may stand elsewhere, relative to the file', () => {
  const hook = { kind: 'webhook', url: { fromFile: 'hook.url' }, secret: { fromEnv: 'KEY' } }
  const mail = {
    kind: 'mail',
    host: 'mx',
    from: 'a@b.c',
    to: 'd@e.f',
    tls: 'implicit',
    user: 'u',
    password: { fromFile: '/p' },
  }
  const { alerts } = read({ alerts: { channels: { hook, mail } } })
  expect(alerts.channels.hook).toMatchObject({
    url: { from: 'file', path: '/srv/hook.url' },
    secret: { from: 'env', name: 'KEY' },
  })
  expect(alerts.channels.mail).toMatchObject({
    port: 465,
    password: { from: 'file', path: '/p' },
    to: ['d@e.f'],
  })
})

const cases: [what: string, alerts: unknown, problem: string][] = [
  [
    'an unknown event',
    { channels: { ops }, routes: [{ events: 'job.faild', to: 'ops' }] },
    'alerts.routes[0].events: no event is called `job.faild` (job.failed)',
  ],
  [
    'an unknown channel',
    { channels: { ops }, routes: [{ to: ['ops', 'opps'] }] },
    'alerts.routes[0].to: there is no channel `opps` (ops)',
  ],
  [
    'an unknown zone',
    { channels: { ops }, routes: [{ to: 'ops', quiet: { from: '1:00', to: '2:00', timezone: 'Mars' } }] },
    'alerts.routes[0].quiet: there is no time zone `Mars`',
  ],
  [
    'two routes of one name',
    {
      channels: { ops },
      routes: [
        { name: 'a', to: 'ops' },
        { name: 'a', to: 'ops' },
      ],
    },
    'alerts.routes[1].name: another route is called `a`',
  ],
  [
    'a template with a slip',
    { channels: { hook: { kind: 'webhook', url: 'http://x', template: { a: '{{titel}}' } } } },
    'alerts.channels.hook.template: there is no {{titel}} ({{title}})',
  ],
  [
    'a template that does not parse',
    { channels: { hook: { kind: 'webhook', url: 'http://x', template: ['{{title'] } } },
    'alerts.channels.hook.template: braces that are not closed in "{{title"',
  ],
  [
    'HipChat without a room',
    { channels: { chat: { kind: 'chat', style: 'hipchat', url: 'http://x', token: 't' } } },
    'alerts.channels.chat.room: HipChat wants a room',
  ],
  [
    'a password without a user',
    { channels: { mail: { kind: 'mail', host: 'mx', from: 'a@b.c', to: 'd@e.f', password: 'p' } } },
    'alerts.channels.mail.password: a password without a user',
  ],
]
test.each(cases)('%s is told', (_what, alerts, problem) => {
  expect(read({ alerts }).problems).toEqual([problem])
})
