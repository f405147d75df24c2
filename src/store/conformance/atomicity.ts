/** One record is one decision: all of it, or nothing; and nobody sees, or gets into, half of another's. */
import { describe, expect, it } from 'vitest'
import { aProgram, exited } from '../../domain/testing/samples.ts'
import type { Changes, Store } from '../store.ts'
import type { MakeStore } from './conformance.ts'
import { aBrokenEvent, anEvent, aRun, aSlot } from './samples.ts'

export function describeAtomicity(make: MakeStore): void {
  describe('a record', () => {
    it('that fails leaves nothing of any part', async () => {
      const one = await make()
      await one.store.record({ slots: [aSlot('kept:0')], claimedRuns: [aRun('r0')], notes: { boot: 'a' } })
      await expect(one.store.record(everything([anEvent(1), aBrokenEvent()]))).rejects.toThrow()
      for (const find of [async () => one.store, one.reopen]) {
        const store = await find()
        expect(await store.loadPrograms()).toEqual([])
        expect(await store.loadGeneration()).toBe(0)
        expect((await store.loadSlots()).map(({ name }) => name)).toEqual(['kept:0'])
        expect((await store.listOpenRuns()).map(({ id }) => id)).toEqual(['r0'])
        expect(await store.loadNote('boot')).toBe('a')
        expect(await store.lastEventId()).toBe(0)
      }
    })

    it('that failed does not harm the next one', async () => {
      const { store } = await make()
      for (let round = 0; round < 3; round++) {
        await expect(store.record(everything([aBrokenEvent()]))).rejects.toThrow()
      }
      await store.record(everything([anEvent(1)]))
      expect(await store.lastEventId()).toBe(1)
      expect((await store.loadSlots()).map(({ name }) => name)).toEqual(['mailer:0'])
    })

    it('of nothing is allowed', async () => {
      expect(await (await make()).store.record({})).toEqual([])
    })

    it('among many at once stays whole: the failing ones take none of the others along', async () => {
      const { store } = await make()
      const results = await Promise.allSettled(
        Array.from({ length: 60 }, (_, n) =>
          store.record({
            slots: [aSlot(`mailer:${n}`)],
            events: n % 3 === 1 ? [anEvent(n), aBrokenEvent()] : [anEvent(n), anEvent(n)],
          }),
        ),
      )
      const good = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
      expect(good).toHaveLength(40)
      expect(await store.loadSlots()).toHaveLength(40)
      // The two of one record lie side by side.
      for (const [first, second] of good) expect(second?.id).toBe((first?.id ?? 0) + 1)
      expect(await store.lastEventId()).toBe(80)
    })

    it('is seen whole or not at all by whoever reads meanwhile', async () => {
      const { store } = await make()
      const seen: boolean[] = []
      const look = async (): Promise<void> => {
        const [slots, last] = [await store.loadSlots(), await store.lastEventId()]
        // Slots come first in a record and events last: more slots than events would be half of one.
        seen.push(slots.length <= last)
      }
      await Promise.all(
        Array.from({ length: 30 }, (_, n) => [
          store.record({ slots: [aSlot(`mailer:${n}`)], events: [anEvent(n)] }),
          look(),
        ]).flat(),
      )
      expect(seen).toEqual(Array.from({ length: 30 }, () => true))
    })

    it('that is under way when the store is closed is there, or refused', async () => {
      const one = await make()
      const recording = one.store.record(everything([anEvent(1)])).then(
        () => true,
        () => false,
      )
      await one.store.close()
      const isThere = await recording
      expect(await (await one.reopen()).lastEventId()).toBe(isThere ? 1 : 0)
    })
  })
}

function everything(events: NonNullable<Changes['events']>): Changes {
  return {
    events,
    slots: [aSlot('mailer:0')],
    removedSlots: ['kept:0'],
    claimedRuns: [aRun('r1')],
    startedRuns: [{ id: 'r0', startedAt: 1, pid: 2 }],
    endedRuns: [{ id: 'r0', end: exited(0, 1), keptBytes: 1 }],
    droppedRuns: ['r0'],
    programs: { source: 'file', programs: [aProgram()], generation: 9 },
    notes: { boot: 'b' },
  } satisfies Parameters<Store['record']>[0]
}
