import fc from 'fast-check'
import { expect, test } from 'vitest'
import { inStartOrder } from './dependencies.ts'
import { aProgram } from './testing/samples.ts'

const names = Array.from({ length: 8 }, (_, index) => `p${index}`)
const sets = fc.array(
  fc.record({
    priority: fc.integer({ min: 0, max: 3 }),
    needs: fc.uniqueArray(fc.constantFrom(...names, 'elsewhere'), { maxLength: 3 }),
  }),
  { minLength: 8, maxLength: 8 },
)

/** As it is said: again and again the first one, by priority and name, of those that may go; in a circle the first one. */
function slowly<P extends ReturnType<typeof aProgram>>(programs: P[]): P[] {
  const open = [...programs].sort((a, b) => a.priority - b.priority || (a.name < b.name ? -1 : 1))
  const ordered: P[] = []
  while (open.length > 0) {
    const free = open.findIndex(({ dependsOn }) =>
      dependsOn.every(({ program }) => !open.some(({ name }) => name === program)),
    )
    ordered.push(...open.splice(Math.max(0, free), 1))
  }
  return ordered
}

test('the order of starts is the one that it is said to be, with circles and names that nobody declares', () => {
  fc.assert(
    fc.property(sets, (set) => {
      const programs = set.map(({ priority, needs }, index) =>
        aProgram({
          name: names[index] ?? '',
          priority,
          dependsOn: needs.map((program) => ({ program, condition: 'ready', restart: false })),
        }),
      )
      expect(inStartOrder(programs).map(({ name }) => name)).toEqual(slowly(programs).map(({ name }) => name))
    }),
    { numRuns: 500 },
  )
})
