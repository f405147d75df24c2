/** Programs: each source has a set of its own, and replaces it whole. */
import { describe, expect, it } from 'vitest'
import { aProgram } from '../../domain/testing/samples.ts'
import type { Store } from '../store.ts'
import type { MakeStore } from './conformance.ts'

export function describePrograms(make: MakeStore): void {
  describe('programs', () => {
    it('has none, and generation 0, when it is new', async () => {
      const { store } = await make()
      expect(await store.loadPrograms()).toEqual([])
      expect(await store.loadGeneration()).toBe(0)
    })

    it('gives back each field of a program as it was, in the next agent too', async () => {
      const one = await make()
      const program = aProgram({
        name: 'app:mailer',
        group: 'app',
        customData: { owner: ['ann', 7, null, 'ü😀'] },
      })
      await one.store.record({ programs: { source: 'api', programs: [program], generation: 3 } })
      const store = await one.reopen()
      expect(await store.loadPrograms()).toEqual([{ program, source: 'api' }])
      expect(await store.loadGeneration()).toBe(3)
    })

    it('replaces the set of one source and leaves that of the other', async () => {
      const { store } = await make()
      const programs = (source: 'file' | 'api', generation: number, ...names: string[]) => ({
        programs: { source, programs: names.map((name) => aProgram({ name })), generation },
      })
      await store.record(programs('file', 1, 'a', 'b'))
      await store.record(programs('api', 2, 'c'))
      await store.record(programs('file', 3, 'b', 'd'))
      expect(await names(store)).toEqual(['api c', 'file b', 'file d'])
      await store.record(programs('api', 4))
      expect(await names(store)).toEqual(['file b', 'file d'])
    })

    it('takes more programs at once than fit into one statement', async () => {
      const { store } = await make()
      const programs = Array.from({ length: 1201 }, (_, index) => aProgram({ name: `p${index}` }))
      await store.record({ programs: { source: 'file', programs, generation: 1 } })
      expect(await store.loadPrograms()).toHaveLength(1201)
    })
  })
}

async function names(store: Store): Promise<string[]> {
  return (await store.loadPrograms()).map(({ program, source }) => `${source} ${program.name}`).sort()
}
