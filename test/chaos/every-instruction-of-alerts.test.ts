/**
 * The agent dies before its n-th effect, for every n of: a job fails and then goes well, a heartbeat is missed, people are told of it through two channels, and a command listens.
 * The next agent, or the one after that, makes it whole: each trouble is told once for each time that it began and once that it is over, each notice reaches its channel, at
 * most once for each agent that was there, and whoever listens hears of every event, in order.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { EventView } from '../../src/contract/views.ts'
import { type AlertSink, hook, openAlertSink } from '../harness/alert-sink.ts'
import { InVain, waitFor } from '../harness/wait.ts'
import type { Chance } from './chance.ts'
import { DyingHouse, type Story, walkDeaths, walkTimeoutMs } from './dying-house.ts'

test('wherever the agent dies over an alert, people are told of each trouble once, and listeners of each event', {
  timeout: walkTimeoutMs,
}, async () => {
  await walkDeaths('every instruction of alerts', 24, (chance) => new AlertStory(chance))
})

class AlertStory implements Story {
  readonly house = new DyingHouse()
  readonly confirmed = { failed: false, succeeded: false, missed: false, shutdown: false }
  private readonly chance: Chance
  private sink: AlertSink | null = null
  private agents = 0
  private readonly heard = join(this.house.folder, 'heard')

  constructor(chance: Chance) {
    this.chance = chance
  }

  async play(dieAt: number): Promise<void> {
    const { house, confirmed } = this
    this.sink = await openAlertSink()
    this.configure()
    this.agents += 1
    await house.startDyingAgent(dieAt)
    await this.end(4)
    confirmed.failed = true
    await this.end(0)
    confirmed.succeeded = true
    await this.happened('heartbeat.missed')
    confirmed.missed = true
    await this.expectTold()
    expect(await house.shutdown()).toEqual({ code: 0, signal: null })
    confirmed.shutdown = true
  }

  async recover(): Promise<void> {
    const { house, chance } = this
    this.configure()
    if (chance.onceIn(2)) {
      this.agents += 1
      await house.dieAgain(1 + chance.below(20))
    }
    this.agents += 1
    await house.startAgent()
    await this.end(4)
    await this.end(0)
    await this.happened('heartbeat.missed')
    await this.expectTold()
    expect(await house.shutdown()).toEqual({ code: 0, signal: null })
    await house.assertNothingLeft()
  }

  private configure(): void {
    const url = this.sink?.url ?? ''
    this.house.configureJobs(
      { report: { command: 'exit $CODE', schedule: 'manual', params: { CODE: '0' } } },
      {
        heartbeats: { backup: { every: '1s', grace: 0 } },
        alerts: {
          channels: { ops: hook(`${url}/ops`), pager: hook(`${url}/pager`) },
          routes: [
            { name: 'jobs', events: ['job.failed', 'heartbeat.missed'], to: ['ops', 'pager'], digest: false },
          ],
        },
        listeners: {
          // Of a shell that dies while it writes nothing is left but the line, or none.
          book: { on: ['job.*', 'heartbeat.*'], command: `echo "$DROVER_EVENT_ID" >> ${this.heard}` },
        },
      },
    )
  }

  private async end(code: number): Promise<void> {
    const { house } = this
    const before = (await this.events(['job.succeeded', 'job.failed'])).length
    await house.api.triggerJob({ job: 'report', params: { CODE: String(code) } })
    await this.until('it has ended', async () => {
      const ended = await this.events(['job.succeeded', 'job.failed'])
      return ended.length > before
    })
  }

  private async happened(kind: string): Promise<void> {
    await this.until(`${kind} is told`, async () => (await this.events([kind])).length > 0)
  }

  /** Of an agent that is dead nothing is to be expected. */
  private async until(what: string, ask: () => Promise<boolean>): Promise<void> {
    await waitFor(what, async () => {
      if (!this.house.hasAgent) throw new InVain(`The agent is gone before ${what}.`)
      return await ask()
    })
  }

  private async events(kinds: string[]): Promise<EventView[]> {
    return await this.house.api.listEvents({ kinds, limit: 10_000 })
  }

  private async expectTold(): Promise<void> {
    const { house } = this
    const told = this.sink?.told ?? []
    await this.until('all is delivered', async () => {
      const happened = await this.events(['job.succeeded', 'job.failed', 'heartbeat.missed'])
      const raised = await this.events(['alert.raised', 'alert.cleared'])
      const pending = await house.api.listDeliveries({ states: ['pending'] })
      return pending.length === 0 && raised.length >= expectedAlerts(happened).length
    })
    const happened = await this.events(['job.succeeded', 'job.failed', 'heartbeat.missed'])
    const alerts = await this.events(['alert.raised', 'alert.cleared'])
    expect(alerts.map(({ kind, data }) => `${kind} ${data.condition} ${data.event}`)).toEqual(
      expectedAlerts(happened),
    )
    expect(happened.filter(({ kind }) => kind === 'heartbeat.missed')).toHaveLength(1)
    const deliveries = await house.api.listDeliveries({ limit: 1000 })
    expect(deliveries.map(({ state }) => state)).toEqual(deliveries.map(() => 'delivered'))
    expect(deliveries).toHaveLength(2 * alerts.length)
    for (const { id, channel } of deliveries) {
      const times = told.filter(({ path, body }) => path === `/${channel}` && body.id === id).length
      expect(times, `${id} through ${channel}`).toBeGreaterThan(0)
      expect(times, `${id} through ${channel}`).toBeLessThanOrEqual(this.agents)
    }
    expect(new Set(told.map(({ path, body }) => `${path} ${body.id}`)).size).toBe(deliveries.length)
    // Each agent sends one thing at a time through a channel, and so leaves one at most that is sent again.
    expect(told.length - deliveries.length).toBeLessThanOrEqual(2 * (this.agents - 1))
    await this.expectHeard()
  }

  private async expectHeard(): Promise<void> {
    const meant = (await this.events(['job.*', 'heartbeat.*'])).map(({ id }) => id)
    await this.until('all of it was heard', async () => meant.every((id) => this.hearing().includes(id)))
    const heard = [...new Set(this.hearing())]
    expect(heard, 'in order').toEqual([...heard].sort((a, b) => a - b))
    expect(heard).toEqual(expect.arrayContaining(meant))
  }

  private hearing(): number[] {
    try {
      return readFileSync(this.heard, 'utf8').split('\n').filter(Boolean).map(Number)
    } catch {
      return []
    }
  }
}

/** What follows from the events: a trouble is told when it begins and when it is over. */
function expectedAlerts(happened: readonly EventView[]): string[] {
  let isOpen = false
  return happened.flatMap(({ id, kind }) => {
    if (kind === 'heartbeat.missed') return [`alert.raised heartbeat backup ${id}`]
    if (isOpen === (kind === 'job.failed')) return []
    isOpen = !isOpen
    return [`${isOpen ? 'alert.raised' : 'alert.cleared'} job report ${id}`]
  })
}
