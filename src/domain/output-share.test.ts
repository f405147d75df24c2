/** Whatever is asked for, what all streams of all processes may take together is within the quota. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { roomForEnded, shareOf, smallestQuota } from './output-share.ts'
import { aProgram } from './testing/samples.ts'

const target = fc.constantFrom(
  { kind: 'own' } as const,
  { kind: 'discard' } as const,
  { kind: 'file', path: '/log/a' } as const,
)

it('X-2 all that may be written together is within the quota', () => {
  const amounts = [fc.integer({ min: 0, max: 2 ** 31 - 1 }), fc.integer({ min: 0, max: 10_000 })] as const
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 1000 }),
      target,
      fc.oneof(target, fc.constant({ kind: 'merged' } as const)),
      ...amounts,
      fc.nat(),
      fc.boolean(),
      (processes, stdout, stderr, maxBytes, keep, more, compress) => {
        const base = aProgram({ processes })
        const launch = { ...base.launch, stdout, stderr }
        const quotaBytes = smallestQuota({ launch, processes }) + more
        const program = {
          ...base,
          launch,
          output: { maxBytes, keep, quotaBytes, ...(compress ? { compress } : {}) },
        }
        const files = compress ? 2 : 1
        let live = 0
        let named = 0
        for (const { kind } of [stdout, stderr]) {
          if (kind !== 'own' && kind !== 'file') continue
          const share = shareOf(program, kind)
          expect(share.keep).toBeLessThanOrEqual(keep)
          if (maxBytes > 0) expect(share.maxBytes).toBeLessThanOrEqual(maxBytes)
          if (kind === 'own') live += share.maxBytes * (share.keep + files)
          else named += share.maxBytes * (share.keep + files)
        }
        const ended = roomForEnded(program) ?? Number.NaN
        expect((live + named + ended) * processes).toBeLessThanOrEqual(quotaBytes)
        // What the last run left fits.
        expect(live).toBeLessThanOrEqual(ended)
      },
    ),
  )
})

it('leaves everything as it is without a quota', () => {
  const program = aProgram({ output: { maxBytes: 0, keep: 3 } })
  expect([shareOf(program, 'own'), roomForEnded(program)]).toEqual([{ maxBytes: 0, keep: 3 }, null])
})
