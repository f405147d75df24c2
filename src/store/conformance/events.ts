/** Events: numbered in the order of recording, without a gap. */
import { describe, expect, it } from 'vitest'
import type { NewEvent } from '../../domain/events/event.ts'
import type { EventQuery, Store } from '../store.ts'
import type { MakeStore } from './conformance.ts'
import { aBrokenEvent, anEvent, anOutput } from './samples.ts'

export function describeEvents(make: MakeStore): void {
  describe('events', () => {
    it('gives them back with their ids, in the given order, as they are found later', async () => {
      const one = await make()
      const customData = { team: 'ops', deep: [1, { two: 'ü😀' }] }
      const given = [
        anEvent(1, { kind: 'run.started', data: { pid: 3 }, run: 'r1', customData } as Partial<NewEvent>),
        anEvent(2, { program: null, slot: null }),
      ]
      const recorded = await one.store.record({ events: given })
      expect(recorded.map(({ id }) => id)).toEqual([1, 2])
      expect(recorded).toMatchObject(given)
      expect(await list(await one.reopen(), {})).toEqual(recorded)
    })

    it('numbers them without a gap over statements, records and agents', async () => {
      const one = await make()
      const many = (from: number, count: number): NewEvent[] =>
        Array.from({ length: count }, (_, index) => anEvent(from + index))
      const first = await one.store.record({ events: many(0, 1203) })
      const second = await one.store.record({ events: many(1203, 501) })
      const store = await one.reopen()
      const third = await store.record({ events: many(1704, 1) })
      const all = [...first, ...second, ...third]
      expect(all.map(({ id }) => id)).toEqual(Array.from({ length: 1705 }, (_, index) => index + 1))
      expect(all.map(({ at }) => at)).toEqual(all.map(({ id }) => id - 1))
      expect(await list(store, { limit: 5000 })).toEqual(all)
      expect(await store.lastEventId()).toBe(1705)
    })

    it('leaves no gap where a record failed', async () => {
      const { store } = await make()
      await store.record({ events: [anEvent(1)] })
      await expect(store.record({ events: [anEvent(2), aBrokenEvent()] })).rejects.toThrow()
      expect((await store.record({ events: [anEvent(3)] })).map(({ id }) => id)).toEqual([2])
    })

    it('has 0 as its last id when it is new', async () => {
      expect(await (await make()).store.lastEventId()).toBe(0)
    })

    it('lists them ascending after an id, up to a limit; or the newest ones, ascending as well', async () => {
      const { store } = await make()
      await store.record({ events: [1, 2, 3, 4, 5].map((at) => anEvent(at)) })
      expect(await numbers(store, { after: 2 })).toEqual([3, 4, 5])
      expect(await numbers(store, { after: 2, limit: 2 })).toEqual([3, 4])
      expect(await numbers(store, { newest: true, limit: 2 })).toEqual([4, 5])
      expect(await numbers(store, { newest: true, after: 4, limit: 2 })).toEqual([5])
      expect(await numbers(store, { after: 5 })).toEqual([])
    })

    it('lists no more than a bound of bytes lets, and one at least', async () => {
      const { store } = await make()
      const texts = ['a'.repeat(600), 'b'.repeat(600), 'c'.repeat(600)]
      await store.record({ events: texts.map((text, index) => anOutput(index * 600, text)) })
      expect(await numbers(store, { mostBytes: 1 })).toEqual([1])
      expect(await numbers(store, { mostBytes: 1500 })).toEqual([1, 2])
      expect(await numbers(store, { mostBytes: 1500, newest: true })).toEqual([2, 3])
      expect(await numbers(store, { mostBytes: 1500, after: 1, slots: ['mailer:0'] })).toEqual([2, 3])
      expect(await numbers(store, { mostBytes: 1500, slots: [] })).toEqual([])
      expect(await numbers(store, { mostBytes: 10_000 })).toEqual([1, 2, 3])
    })

    it('lists them by slots and by run', async () => {
      const { store } = await make()
      await store.record({
        events: [
          anEvent(1, { run: 'r1' }),
          anEvent(2, { slot: 'mailer:1', run: 'r2' }),
          anEvent(3, { slot: null }),
        ],
      })
      expect(await numbers(store, { slots: ['mailer:0', 'mailer:1'] })).toEqual([1, 2])
      expect(await numbers(store, { run: 'r2' })).toEqual([2])
      expect(await numbers(store, { slots: [] })).toEqual([])
    })

    it('lists those of slots together with those of their programs that concern no slot', async () => {
      const { store } = await make()
      await store.record({
        events: [
          anEvent(1),
          anEvent(2, { slot: null }),
          anEvent(3, { slot: null, program: 'other' }),
          anEvent(4, { slot: 'mailer:1' }),
          anEvent(5, { slot: null }),
        ],
      })
      const query = { slots: ['mailer:0'], programs: ['mailer'] }
      expect(await numbers(store, query)).toEqual([1, 2, 5])
      expect(await numbers(store, { ...query, limit: 2 })).toEqual([1, 2])
      expect(await numbers(store, { ...query, limit: 2, newest: true })).toEqual([2, 5])
      expect(await numbers(store, { ...query, after: 2 })).toEqual([5])
      expect(await numbers(store, { slots: [], programs: ['other'] })).toEqual([3])
    })

    it('lists them by kinds, by `family.*` and by `*`, and takes no other sign for a pattern', async () => {
      const { store } = await make()
      const kinds = ['run.started', 'run.ended', 'slot.running', 'slot.gave_up'] as const
      await store.record({ events: kinds.map((kind, at) => anEvent(at, { kind } as Partial<NewEvent>)) })
      const found = async (...kinds: string[]): Promise<number[]> => await numbers(store, { kinds })
      expect(await found('run.*')).toEqual([1, 2])
      expect(await found('run.ended', 'slot.*')).toEqual([2, 3, 4])
      expect(await found('*')).toEqual([1, 2, 3, 4])
      expect(await found('slot.gave_up')).toEqual([4])
      expect(await found('RUN.*')).toEqual([])
      expect(await found('%.*')).toEqual([])
      expect(await found('slot.gave?up')).toEqual([])
      expect(await numbers(store, { without: ['run.ended'] })).toEqual([1, 3, 4])
    })
  })
}

async function list(store: Store, query: Partial<EventQuery>): ReturnType<Store['listEvents']> {
  return await store.listEvents({ kinds: [], slots: null, limit: 100, newest: false, ...query })
}

async function numbers(store: Store, query: Partial<EventQuery>): Promise<number[]> {
  return (await list(store, query)).map(({ id }) => id)
}
