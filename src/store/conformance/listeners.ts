/** Listeners: where each is in the events, and the events in pages. */
import { describe, expect, it } from 'vitest'
import type { NewEvent } from '../../domain/events/event.ts'
import { aListener } from '../../domain/testing/samples.ts'
import type { EventPage, EventPageQuery, Store } from '../store.ts'
import type { MakeStore } from './conformance.ts'
import { anEvent } from './samples.ts'

export function describeListeners(make: MakeStore): void {
  describe('listeners', () => {
    it('begins a new one before the events of the record that declares it', async () => {
      const one = await make()
      await one.store.record({ events: [anEvent(1), anEvent(2)] })
      await one.store.record({ listeners: [aListener({ name: 'a' })], events: [anEvent(3)] })
      expect(await (await one.reopen()).loadListeners()).toEqual([
        { name: 'a', cursor: 2, listener: aListener({ name: 'a' }) },
      ])
    })

    it('keeps the place of one that is changed, and forgets that of one that is removed', async () => {
      const { store } = await make()
      await store.record({ listeners: [aListener({ name: 'a' }), aListener({ name: 'b' })] })
      await store.record({ events: [anEvent(1), anEvent(2)], cursors: [{ name: 'a', cursor: 1 }] })
      const changed = aListener({ name: 'a', on: ['job.*'] })
      await store.record({ listeners: [changed], removedListeners: ['b'] })
      expect(await store.loadListeners()).toEqual([{ name: 'a', cursor: 1, listener: changed }])
      await store.record({ listeners: [aListener({ name: 'b' })] })
      expect((await store.loadListeners()).map(({ cursor }) => cursor)).toEqual([1, 2])
    })

    it('moves a place on, never back, and not that of one that is gone', async () => {
      const { store } = await make()
      await store.record({ listeners: [aListener({ name: 'a' })] })
      await store.record({ cursors: [{ name: 'a', cursor: 7 }] })
      await store.record({
        cursors: [
          { name: 'a', cursor: 5 },
          { name: 'gone', cursor: 9 },
        ],
      })
      expect((await store.loadListeners()).map(({ name, cursor }) => [name, cursor])).toEqual([['a', 7]])
    })
  })

  describe('pages of events', () => {
    it('tells how far was looked, with and without a find', async () => {
      const { store } = await make()
      await store.record({ events: [1, 2, 3, 4, 5].map((at) => anEvent(at)) })
      expect(numbers(await page(store, { after: 1, limit: 2 }))).toEqual({ ids: [2, 3], to: 3 })
      expect(numbers(await page(store, { after: 3 }))).toEqual({ ids: [4, 5], to: 100 })
      expect(numbers(await page(store, { after: 1, upTo: 4 }))).toEqual({ ids: [2, 3, 4], to: 4 })
      expect(numbers(await page(store, { kinds: ['job.*'] }))).toEqual({ ids: [], to: 100 })
      expect(numbers(await page(store, { after: 5 }))).toEqual({ ids: [], to: 100 })
    })

    it('is bounded by what its events weigh, one at least', async () => {
      const { store } = await make()
      const heavy = (text: string): NewEvent =>
        anEvent(1, {
          kind: 'run.output',
          data: { stream: 'stdout', text, from: 0, to: 1 },
        } as Partial<NewEvent>)
      await store.record({ events: [heavy('x'.repeat(5000)), heavy('short'), heavy('y'.repeat(5000))] })
      expect(numbers(await page(store, { mostBytes: 1000 }))).toEqual({ ids: [1], to: 1 })
      expect(numbers(await page(store, { after: 1, mostBytes: 1000 }))).toEqual({ ids: [2], to: 2 })
      expect(numbers(await page(store, { mostBytes: 6000 }))).toEqual({ ids: [1, 2], to: 2 })
    })

    it('tells the first event that is still there', async () => {
      const { store } = await make()
      expect((await page(store, {})).oldest).toBeNull()
      await store.record({ events: [1, 2, 3].map((at) => anEvent(at)) })
      expect((await page(store, { after: 2 })).oldest).toBe(1)
      await store.trim({ keepRuns: 1, keepEvents: 1, keepDeliveries: 1, forgottenBefore: 0 })
      expect((await page(store, { after: 0 })).oldest).toBe(3)
    })
  })
}

async function page(store: Store, query: Partial<EventPageQuery>): Promise<EventPage> {
  return await store.pageEvents({ after: 0, upTo: 100, kinds: ['*'], limit: 10, mostBytes: 1e6, ...query })
}

function numbers({ events, to }: EventPage): { ids: number[]; to: number } {
  return { ids: events.map(({ id }) => id), to }
}
