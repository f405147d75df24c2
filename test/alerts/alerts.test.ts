/** Alerts from the outside: a real agent, a server that takes what it tells, and what becomes of it all when the agent dies. */
import { expect, test } from 'vitest'
import type { ChatChannelConfig } from '../../src/config/config-types.generated.ts'
import { hook, openAlertSink } from '../harness/alert-sink.ts'
import { openHouse } from '../harness/house.ts'
import { waitFor } from '../harness/wait.ts'

const chat = (url: string): ChatChannelConfig => ({
  kind: 'chat',
  style: 'mattermost',
  url,
  allowPrivate: true,
})

test('X-6 W-F3: one route by custom data tells one chat of a failed job, a service that gave up and a missed heartbeat, in one form', async () => {
  const { url, told } = await openAlertSink()
  const house = openHouse()
  const customData = { critical: true }
  house.configure(
    {
      worker: { command: 'exit 3', customData, startTime: '10s' },
      other: { command: 'exit 3', startTime: '10s' },
    },
    {
      jobs: { report: { command: 'exit 4', schedule: '@reboot', customData } },
      heartbeats: { backup: { every: '1s', grace: '0s', customData } },
      alerts: {
        channels: { ops: chat(`${url}/ops`) },
        routes: [{ events: ['job.failed', 'slot.gave_up', 'heartbeat.missed'], customData, to: 'ops' }],
      },
    },
  )
  await house.startAgent()
  await waitFor('all three are told', () => told.length >= 3)
  const texts = told.map(({ body }) => body.text?.split('\n')[0] ?? '').sort()
  expect(texts).toEqual([
    expect.stringMatching(/^🔴 heartbeat backup missed: .*\)$/),
    expect.stringMatching(/^🔴 report: failed: exited with code 4, .*\)$/),
    expect.stringMatching(/^🔴 worker: gave up, .*\)$/),
  ])
  const conditions = (await house.api.listAlerts()).map(({ condition }) => condition).sort()
  expect(conditions).toEqual(['heartbeat backup', 'job report', 'service worker:0'])
  const [beat] = await house.api.listHeartbeats()
  expect(beat?.missedSince).not.toBeNull()
  await house.api.pingHeartbeat({ name: 'backup' })
  await waitFor('that it is over is told', () =>
    told.some(({ body }) => body.text?.startsWith('🟢 over: heartbeat backup recovered')),
  )
  await house.shutdown()
})

test('an agent that is killed between an event and its delivery: the next one delivers it, and not twice to who answered', async () => {
  const { url, told, answers } = await openAlertSink({ '/dead': null })
  const house = openHouse()
  house.configureJobs(
    { report: { command: 'exit 4', schedule: '@reboot' } },
    {
      alerts: {
        channels: { good: hook(`${url}/good`), dead: hook(`${url}/dead`, { timeout: '60s' }) },
        routes: [{ events: 'job.failed', to: ['good', 'dead'] }],
      },
    },
  )
  await house.startAgent()
  await waitFor('both were asked, and one has answered', async () => {
    const delivered = await house.api.listDeliveries({ states: ['delivered'] })
    return delivered.length === 1 && told.some(({ path }) => path === '/dead')
  })
  await house.killAgent()
  answers['/dead'] = 200
  await house.startAgent()
  await waitFor(
    'both are delivered',
    async () => (await house.api.listDeliveries({ states: ['delivered'] })).length === 2,
  )
  const asked = (path: string): (string | undefined)[] =>
    told.filter((one) => one.path === path).map(({ body }) => body.id)
  expect(asked('/good')).toHaveLength(1)
  const [first, second, ...more] = asked('/dead')
  expect([second, more], 'with the same id').toEqual([first, []])
  await house.shutdown()
})

test('P-F5: a channel that is dead hides no other, is tried again, and is told of', async () => {
  const { url, told, answers } = await openAlertSink({ '/bad': 500 })
  const house = openHouse()
  house.configureJobs(
    { report: { command: 'exit 4', schedule: '@reboot' } },
    {
      alerts: {
        channels: {
          bad: hook(`${url}/bad`),
          good: hook(`${url}/good`),
          wrong: hook(`${url}/bad`, { allowPrivate: false }),
        },
        routes: [
          { events: 'job.failed', to: ['bad', 'good', 'wrong'] },
          { name: 'channels', events: 'delivery.*', to: 'good' },
        ],
      },
    },
  )
  await house.startAgent()
  await waitFor('it is tried again', () => told.filter(({ path }) => path === '/bad').length >= 3)
  answers['/bad'] = 200
  await waitFor(
    'it is delivered in the end',
    async () => (await house.api.listDeliveries({ channel: 'bad', states: ['delivered'] })).length === 1,
  )
  const [refused] = await house.api.listDeliveries({ channel: 'wrong' })
  expect(refused).toMatchObject({ state: 'refused', reason: expect.stringContaining('private network') })
  const events = await house.api.listEvents({ kinds: ['delivery.*'] })
  expect(events.map(({ kind }) => kind).sort(), 'once, however often it is tried').toEqual([
    'delivery.failed',
    'delivery.gave_up',
  ])
  await waitFor(
    'people are told of both channels',
    () => told.filter(({ path }) => path === '/good').length === 3,
  )
  await waitFor('that is counted', async () =>
    (await house.api.getMetrics({})).includes('drover_deliveries_total{channel="good",state="delivered"} 3'),
  )
  const metrics = (await house.api.getMetrics({})).split('\n')
  expect(metrics).toEqual(
    expect.arrayContaining([
      'drover_deliveries_total{channel="bad",state="delivered"} 1',
      'drover_deliveries_total{channel="wrong",state="refused"} 1',
      'drover_deliveries_pending{channel="bad"} 0',
      'drover_alerts_open{route="job.failed to bad, good, wrong"} 1',
    ]),
  )
  await house.shutdown()
})

test('1,000 jobs that fail at once are a few alerts and one digest, and nothing is lost from the history', async () => {
  const { url, told } = await openAlertSink()
  const house = openHouse()
  const jobs = Object.fromEntries(
    Array.from({ length: 1000 }, (_, index) => [
      `job${index}`,
      { command: ['/bin/false'], schedule: '@reboot' },
    ]),
  )
  house.configureJobs(jobs, {
    alerts: {
      channels: { ops: hook(`${url}/ops`) },
      routes: [{ events: 'job.failed', to: 'ops', digest: { count: 5, within: '20s' } }],
    },
  })
  await house.startAgent()
  await waitFor('the digest is told', () => told.some(({ body }) => body.kind === 'digest'), {
    deadlineMs: 120_000,
  })
  const digests = told.filter(({ body }) => body.kind === 'digest')
  const rows = await allDeliveries()
  const raised = rows.filter(({ kind }) => kind === 'raised')
  expect(raised).toHaveLength(1000)
  const inDigests = raised.filter(({ state }) => state === 'digested' || state === 'held').length
  expect(told.length - digests.length).toBe(5)
  expect(inDigests).toBe(995)
  expect(digests.length).toBeLessThanOrEqual(3)
  expect(await house.api.listAlerts()).toHaveLength(1000)
  await house.shutdown()

  async function allDeliveries() {
    const all = await house.api.listDeliveries({ limit: 1000 })
    for (let page = all; page.length === 1000; ) {
      page = await house.api.listDeliveries({ limit: 1000, before: all.at(-1)?.id ?? '' })
      all.push(...page)
    }
    return all
  }
}, 240_000)

test('a channel is tested by command line, and says what it answered', async () => {
  const { url, told } = await openAlertSink({ '/bad': 404 })
  const house = openHouse()
  house.configure({}, { alerts: { channels: { good: hook(`${url}/good`), bad: hook(`${url}/bad`) } } })
  await house.startAgent()
  expect(await house.api.testChannel({ name: 'good' })).toMatchObject({ state: 'delivered', reason: '200' })
  expect(await house.api.testChannel({ name: 'bad' })).toMatchObject({
    state: 'refused',
    reason: expect.stringContaining('404'),
  })
  await expect(house.api.testChannel({ name: 'goood' })).rejects.toMatchObject({
    code: 'not_found',
    hint: 'Did you mean `good`?',
  })
  expect(told.map(({ body }) => body.kind)).toEqual(['test', 'test'])
  await house.shutdown()
})
