import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Occurrence } from '../../domain/jobs/occurrence.ts'
import { OpenOccurrences } from './open-occurrences.ts'

const id = fc.constantFrom('o1', 'o2', 'o3', 'o4', 'o5', 'o6')
const change = fc.record({ kind: fc.constantFrom('set', 'delete'), id, attempts: fc.nat(3) })
/** A due time stays with its job. */
const programOf = (one: string): string => (one < 'o4' ? 'report' : 'backup')

test('finds of each job what a search through all of them would find, in the same order', () => {
  fc.assert(
    fc.property(fc.array(change), (changes) => {
      const open = new OpenOccurrences()
      for (const one of changes) {
        const occurrence = { id: one.id, program: programOf(one.id), attempts: one.attempts } as Occurrence
        if (one.kind === 'set') open.set(one.id, occurrence)
        else open.delete(one.id)
      }
      for (const program of ['report', 'backup', 'other']) {
        const searched = [...open.values()].filter((one) => one.program === program)
        expect([...open.of(program)]).toEqual(searched)
      }
      expect([...OpenOccurrences.from(open.values())]).toEqual([...open])
    }),
  )
})
