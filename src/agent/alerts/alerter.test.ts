import { afterEach, beforeEach, expect, it } from 'vitest'
import type { Delivery } from '../../domain/alerting/alert.ts'
import { type AlertSettings, noAlerts } from '../../domain/alerting/alert-settings.ts'
import { eventLevels } from '../../domain/events/event.ts'
import { aRoute } from '../../domain/testing/samples.ts'
import { AgentBench } from '../../testing/agent-bench.ts'
import { Alerter } from './alerter.ts'

const settings: AlertSettings = { ...noAlerts, routes: [aRoute()] }
const watching: AlertSettings = {
  ...settings,
  heartbeats: { backup: { everyMs: 60_000, graceMs: 10_000, customData: { critical: true } } },
}

let bench: AgentBench
let alerters: Alerter[]
let delivered: Delivery[]
let ids = 0
beforeEach(() => {
  bench = new AgentBench(Date.parse('2026-09-21T12:00:00Z'))
  alerters = []
  delivered = []
})
afterEach(async () => {
  for (const one of alerters) one.close()
  await bench.dispose()
})

/** As an agent does it, with what the store knows. */
async function begin(of: AlertSettings, watchedSince = bench.clock.now()): Promise<Alerter> {
  for (const one of alerters) one.close()
  const alerter = new Alerter({
    clock: bench.clock,
    store: bench.store,
    node: 'alpha',
    watchedSince,
    newId: () => {
      ids += 1
      return String(ids).padStart(8, '0')
    },
    record: async (change) => await bench.reconciler.request(change),
    groupOf: () => null,
    labels: () => ({}),
    titleOf: () => null,
    levelOf: ({ kind }) => eventLevels[kind],
    deliver: (deliveries) => delivered.push(...deliveries),
    complain: (message, error) => expect.unreachable(`${message}: ${String(error)}`),
  })
  alerters.push(alerter)
  delivered.push(...(await alerter.load(of)))
  await alerter.start()
  return alerter
}

async function refuse(): Promise<void> {
  await bench.reconciler.request((draft) => draft.event('config.refused', { message: 'x', problems: [] }))
}

/** What was recorded is told to it, as the feed does. */
async function hear(alerter: Alerter): Promise<void> {
  alerter.notice(bench.events)
  await look(alerter)
}

/** It may be about to look by itself. */
async function look(alerter: Alerter): Promise<void> {
  for (let quiet = 0; quiet < 3; quiet = alerter.isDeciding ? 0 : quiet + 1)
    await new Promise((resolve) => setImmediate(resolve))
  await alerter.runOnce()
}

const told = (): string[] => delivered.map(({ notice }) => `${notice.kind} ${notice.condition}`)

it('tells of what was recorded before the agent died, once', async () => {
  const first = await begin(settings)
  await refuse()
  // It dies before it looks.
  first.close()
  await begin(settings)
  expect(told()).toEqual(['raised configuration'])
  // What is not delivered is found again, and not decided again.
  await begin(settings)
  expect(new Set(delivered.map(({ id }) => id)).size).toBe(1)
  expect(await bench.store.listOpenDeliveries()).toHaveLength(1)
})

it('tells nothing of what happened before somebody wanted to know', async () => {
  const alerter = await begin(noAlerts)
  await refuse()
  alerter.notice(bench.events)
  await bench.reconciler.request((draft) => alerter.declare(draft, settings))
  await alerter.follow(settings)
  expect(told()).toEqual([])
  await bench.reconciler.request((draft) =>
    draft.event('config.applied', {
      generation: 2,
      added: [],
      removed: [],
      changed: [],
      policy: [],
      by: 'ann',
    }),
  )
  await refuse()
  await hear(alerter)
  expect(told()).toEqual(['raised configuration'])
})

it('tells of what happened since a reload that its agent did not outlive', async () => {
  const first = await begin(noAlerts)
  await refuse()
  first.notice(bench.events)
  await bench.reconciler.request((draft) => first.declare(draft, settings))
  await refuse()
  await begin(settings)
  expect(told()).toEqual(['raised configuration'])
  expect(delivered[0]?.notice.count).toBe(1)
})

it('of settings that nobody has any more nothing is left', async () => {
  const first = await begin(settings)
  await bench.reconciler.request((draft) => first.declare(draft, noAlerts))
  await refuse()
  await begin(settings)
  expect(told()).toEqual([])
})

it('decides again what could not be recorded, and tells it once', async () => {
  const alerter = await begin(settings)
  await refuse()
  bench.storeTrouble = new Error('the disk is full')
  alerter.notice(bench.events)
  await alerter.runOnce()
  expect(told()).toEqual([])
  await bench.heal()
  await look(alerter)
  expect(told()).toEqual(['raised configuration'])
})

it('a heartbeat is missed once, with its custom data, and recovers by a ping', async () => {
  const alerter = await begin(watching)
  bench.clock.advance(69_999)
  await look(alerter)
  expect(bench.kinds()).not.toContain('heartbeat.missed')
  bench.clock.advance(1)
  await look(alerter)
  bench.clock.advance(600_000)
  await hear(alerter)
  const missed = bench.events.filter(({ kind }) => kind === 'heartbeat.missed')
  expect(missed).toMatchObject([
    { program: 'backup', customData: { critical: true }, data: { lastAt: null } },
  ])
  expect(told()).toEqual(['raised heartbeat backup'])
  await alerter.ping('backup')
  await hear(alerter)
  expect(told()).toEqual(['raised heartbeat backup', 'cleared heartbeat backup'])
  await expect(alerter.ping('other')).rejects.toMatchObject({ code: 'not_found' })
})

it('a success that is in the log when the agent comes back counts; an agent that was away gives its grace', async () => {
  const first = await begin(watching)
  first.close()
  bench.clock.advance(65_000)
  const data = { occurrence: 'o', dueAt: '', attempts: 1, lastedMs: 1, exitCode: 0, detail: '' }
  await bench.reconciler.request((draft) => draft.event('job.succeeded', data, { program: 'backup' }))
  bench.clock.advance(62_000)
  const second = await begin(watching)
  expect(second.heartbeatsNow()[0]?.state.lastAt).toBe(bench.clock.now() - 62_000)
  bench.clock.advance(9999)
  await look(second)
  expect(bench.kinds()).not.toContain('heartbeat.missed')
  bench.clock.advance(1)
  await look(second)
  expect(bench.kinds()).toContain('heartbeat.missed')
})

it('one of many agents that come and go gives no grace of its own', async () => {
  await begin(watching, 0)
  bench.clock.advance(70_000)
  await begin(watching, 0)
  expect(bench.kinds()).toContain('heartbeat.missed')
})
