import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Overlay } from './overlay.ts'

const key = fc.constantFrom('a', 'b', 'c', 'd', 'e')
const change = fc.oneof(
  fc.record({ kind: fc.constant('set' as const), key, value: fc.integer() }),
  fc.record({ kind: fc.constant('delete' as const), key, value: fc.constant(0) }),
)
const sorted = (entries: Iterable<[string, number]>) => [...entries].sort()

test('is what a copy with the same changes would be, leaves its base alone, and becomes it when it is committed', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.tuple(key, fc.integer()), { selector: ([name]) => name }),
      fc.array(change),
      (begin, changes) => {
        const base = new Map(begin)
        const copy = new Map(begin)
        const overlay = new Overlay(base)
        for (const { kind, key: name, value } of changes) {
          if (kind === 'set') overlay.set(name, value)
          else overlay.delete(name)
          if (kind === 'set') copy.set(name, value)
          else copy.delete(name)
          expect(overlay.size).toBe(copy.size)
          expect(overlay.get(name)).toBe(copy.get(name))
          expect(overlay.has(name)).toBe(copy.has(name))
        }
        expect(sorted(overlay)).toEqual(sorted(copy))
        expect([...overlay.keys()].sort()).toEqual([...copy.keys()].sort())
        expect([...overlay.values()].sort()).toEqual([...copy.values()].sort())
        expect(sorted(base)).toEqual(sorted(begin))
        overlay.commit()
        expect(sorted(base)).toEqual(sorted(copy))
      },
    ),
  )
})
