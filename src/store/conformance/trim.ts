/** Trimming: history has an end, but nothing that is still needed goes. */
import { describe, expect, it } from 'vitest'
import { exited } from '../../domain/testing/samples.ts'
import type { Store } from '../store.ts'
import type { MakeStore } from './conformance.ts'
import { anEvent, aRun } from './samples.ts'

export function describeTrim(make: MakeStore): void {
  describe('trim', () => {
    it('forgets the oldest ended runs beyond the limit', async () => {
      const { store } = await make()
      for (const id of ['r1', 'r2', 'r3', 'r4']) await end(store, id, null)
      expect(await store.trim({ keepRuns: 3, keepEvents: 10, keepDeliveries: 9, forgottenBefore: 0 })).toBe(1)
      expect(await ids(store)).toEqual(['r4', 'r3', 'r2'])
    })

    it('keeps runs that live, and runs whose directory is still there, however old', async () => {
      const { store } = await make()
      await store.record({ claimedRuns: [aRun('r1')] })
      await end(store, 'r2', 5)
      await end(store, 'r3', null)
      await end(store, 'r4', null)
      await store.trim({ keepRuns: 0, keepEvents: 0, keepDeliveries: 9, forgottenBefore: 0 })
      expect(await ids(store)).toEqual(['r2', 'r1'])
    })

    it('forgets the oldest events beyond the limit, and never uses a number again', async () => {
      const { store } = await make()
      await store.record({ events: [1, 2, 3, 4, 5].map((at) => anEvent(at)) })
      expect(await store.trim({ keepRuns: 10, keepEvents: 2, keepDeliveries: 9, forgottenBefore: 0 })).toBe(3)
      const query = { kinds: [], slots: null, limit: 10, newest: false }
      expect((await store.listEvents(query)).map(({ id }) => id)).toEqual([4, 5])
      await store.trim({ keepRuns: 10, keepEvents: 0, keepDeliveries: 9, forgottenBefore: 0 })
      expect((await store.record({ events: [anEvent(6)] })).map(({ id }) => id)).toEqual([6])
    })

    it('forgets a bounded number of the oldest events', async () => {
      const { store } = await make()
      expect(await store.trimEvents({ keep: 0, most: 5 })).toBe(0)
      await store.record({ events: [1, 2, 3, 4, 5].map((at) => anEvent(at)) })
      const left = async (): Promise<number[]> =>
        (await store.listEvents({ kinds: [], slots: null, limit: 10, newest: false })).map(({ id }) => id)
      expect(await store.trimEvents({ keep: 5, most: 2 })).toBe(0)
      expect(await store.trimEvents({ keep: 2, most: 2 })).toBe(2)
      expect(await left()).toEqual([3, 4, 5])
      expect(await store.trimEvents({ keep: 2, most: 2 })).toBe(1)
      expect(await store.trimEvents({ keep: 2, most: 2 })).toBe(0)
      expect(await left()).toEqual([4, 5])
    })

    it('does nothing to an empty store', async () => {
      expect(
        await (await make()).store.trim({
          keepRuns: 1,
          keepEvents: 1,
          keepDeliveries: 9,
          forgottenBefore: 0,
        }),
      ).toBe(0)
    })
  })
}

async function end(store: Store, id: string, keptBytes: number | null): Promise<void> {
  await store.record({ claimedRuns: [aRun(id)], endedRuns: [{ id, end: exited(0, 1), keptBytes }] })
}

async function ids(store: Store): Promise<string[]> {
  return (await store.listRuns({ slots: null, limit: 100 })).map(({ id }) => id)
}
