/** What people are told, and what should succeed in time. */
import { describe, expect, it } from 'vitest'
import type { Alert, Delivery } from '../../domain/alerting/alert.ts'
import { aNotice } from '../../domain/testing/samples.ts'
import type { MakeStore } from './conformance.ts'

const notice = aNotice()

const alert: Alert = {
  id: 'a1',
  route: 'ops',
  condition: 'job report',
  lasts: true,
  level: 'error',
  since: 1_790_000_000_000,
  lastAt: 1_790_000_000_500,
  count: 2,
  toldAt: null,
  channels: ['chat', 'mail'],
  waiting: { for: 'raised', until: 1_790_000_100_000 },
  notice,
}

export function aDelivery(id: string, changes: Partial<Delivery> = {}): Delivery {
  return {
    id,
    alert: 'a1',
    route: 'ops',
    channel: 'chat',
    notice: { ...notice, id },
    state: 'pending',
    attempts: 0,
    nextAt: 1_790_000_000_000,
    reason: null,
    createdAt: 1_790_000_000_000,
    endedAt: null,
    digest: null,
    ...changes,
  }
}

export function describeAlerts(make: MakeStore): void {
  describe('alerts', () => {
    it('come back as they were, are replaced and taken away by id', async () => {
      const { store } = await make()
      await store.record({ alerts: [alert, { ...alert, id: 'a2', waiting: null }] })
      await store.record({ alerts: [{ ...alert, count: 3 }], removedAlerts: ['a2'] })
      expect(await store.loadAlerts()).toEqual([{ ...alert, count: 3 }])
    })

    it('are delivered in rows, of which those that are not over are found', async () => {
      const { store } = await make()
      const held = aDelivery('d2', { state: 'held', channel: 'mail' })
      await store.record({ deliveries: [aDelivery('d1'), held, aDelivery('d3')] })
      const over = aDelivery('d1', {
        state: 'delivered',
        attempts: 2,
        reason: '200 OK',
        endedAt: 1_790_000_000_900,
      })
      await store.record({ deliveries: [over] })
      expect(await store.listOpenDeliveries()).toEqual([held, aDelivery('d3')])
      const all = { channel: null, states: [], limit: 9 } as const
      expect((await store.listDeliveries(all)).map(({ id }) => id)).toEqual(['d3', 'd2', 'd1'])
      expect(await store.listDeliveries({ ...all, channel: 'chat', states: ['delivered'] })).toEqual([over])
      expect((await store.listDeliveries({ ...all, before: 'd3', limit: 1 })).map(({ id }) => id)).toEqual([
        'd2',
      ])
    })

    it('keep a history of deliveries that are over, and what is not over', async () => {
      const { store } = await make()
      const over = ['d1', 'd2', 'd3'].map((id) => aDelivery(id, { state: 'delivered', endedAt: 1 }))
      await store.record({ deliveries: [aDelivery('d0'), ...over] })
      await store.trim({ keepRuns: 9, keepEvents: 9, keepDeliveries: 2, forgottenBefore: 0 })
      const left = await store.listDeliveries({ channel: null, states: [], limit: 9 })
      expect(left.map(({ id }) => id)).toEqual(['d3', 'd2', 'd0'])
    })

    it('know of heartbeats when they beat last', async () => {
      const { store } = await make()
      const backup = { name: 'backup', since: 1, lastAt: null, missedSince: 5 }
      await store.record({ heartbeats: [backup, { ...backup, name: 'other' }] })
      await store.record({
        heartbeats: [{ ...backup, lastAt: 7, missedSince: null }],
        removedHeartbeats: ['other'],
      })
      expect(await store.loadHeartbeats()).toEqual([{ ...backup, lastAt: 7, missedSince: null }])
    })
  })
}
