/** Notes: small facts by name. */
import { describe, expect, it } from 'vitest'
import type { MakeStore } from './conformance.ts'

export function describeNotes(make: MakeStore): void {
  describe('notes', () => {
    it('tells a note that was never made from one that is empty', async () => {
      const { store } = await make()
      await store.record({ notes: { shutdown: '' } })
      expect(await store.loadNote('boot')).toBeNull()
      expect(await store.loadNote('shutdown')).toBe('')
    })

    it('keeps the last word of each, in the next agent too', async () => {
      const one = await make()
      await one.store.record({ notes: { boot: 'a', node: 'n' } })
      await one.store.record({ notes: { boot: 'b' } })
      const store = await one.reopen()
      expect([await store.loadNote('boot'), await store.loadNote('node')]).toEqual(['b', 'n'])
    })
  })
}
