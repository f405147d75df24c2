/** Slots: rows by name, the last word counts. */
import { describe, expect, it } from 'vitest'
import type { MakeStore } from './conformance.ts'
import { aSlot } from './samples.ts'

export function describeSlots(make: MakeStore): void {
  describe('slots', () => {
    it('gives back each field of a slot as it was, in the next agent too', async () => {
      const one = await make()
      const slot = aSlot('app:mailer:7', {
        state: {
          kind: 'backoff',
          until: 1_790_000_001_000.5,
          delayMs: 1000,
          after: 'r1',
          reason: 'exited with code 1',
        },
        tally: { quickExits: 2, unsteadyExits: 1 },
        asked: 'stop',
        launchHash: 'abc',
        lastRun: 'r1',
        restarts: 41,
        rollout: { kind: 'due', cause: { kind: 'requested', by: 'ann' }, parallel: 2 },
      })
      await one.store.record({ slots: [slot] })
      expect(await (await one.reopen()).loadSlots()).toEqual([slot])
    })

    it('replaces a slot of the same name', async () => {
      const { store } = await make()
      await store.record({ slots: [aSlot('mailer:0', { asked: 'run' }), aSlot('mailer:1')] })
      await store.record({ slots: [aSlot('mailer:0', { asked: 'stop' })] })
      const slots = await store.loadSlots()
      expect(slots.map(({ name, asked }) => `${name} ${asked}`).sort()).toEqual([
        'mailer:0 stop',
        'mailer:1 null',
      ])
    })

    it('forgets removed slots, and does not mind one that was never there', async () => {
      const { store } = await make()
      await store.record({ slots: [aSlot('mailer:0'), aSlot('mailer:1')] })
      await store.record({ removedSlots: ['mailer:1', 'mailer:2'] })
      expect((await store.loadSlots()).map(({ name }) => name)).toEqual(['mailer:0'])
    })

    it('takes and removes more slots at once than fit into one statement', async () => {
      const { store } = await make()
      const slots = Array.from({ length: 1100 }, (_, index) => aSlot(`mailer:${index}`))
      await store.record({ slots })
      expect(await store.loadSlots()).toHaveLength(1100)
      await store.record({ removedSlots: slots.slice(1).map(({ name }) => name) })
      expect(await store.loadSlots()).toHaveLength(1)
    })

    it('keeps numbers of processes by program, and forgets them', async () => {
      const one = await make()
      await one.store.record({ scales: [{ program: 'a', processes: 8, declared: 3 }] })
      await one.store.record({
        scales: [
          { program: 'a', processes: 9, declared: 3 },
          { program: 'b', processes: 0, declared: 1 },
        ],
      })
      const store = await one.reopen()
      expect(await store.loadScales()).toEqual([
        { program: 'a', processes: 9, declared: 3 },
        { program: 'b', processes: 0, declared: 1 },
      ])
      await store.record({ removedScales: ['a', 'c'] })
      expect((await store.loadScales()).map(({ program }) => program)).toEqual(['b'])
    })
  })
}
