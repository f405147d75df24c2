import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { DesiredProgram } from '../reconcile.ts'
import { aJob, aProgram } from '../testing/samples.ts'
import { decideChain, jobsAfter } from './chain.ts'
import { type Predecessor, predecessorConditions } from './job.ts'
import { isGoodOutcome, type Outcome, outcomes } from './occurrence.ts'

const wellAfter = (...names: string[]): Predecessor[] =>
  names.map((program) => ({ program, condition: 'success' }))

describe('a job that comes after one program', () => {
  const due: Record<Predecessor['condition'], readonly Outcome[]> = {
    success: ['success', 'warning'],
    failure: ['failure', 'timed_out', 'lost'],
    end: outcomes,
  }
  for (const condition of predecessorConditions) {
    for (const outcome of outcomes) {
      const isDue = due[condition].includes(outcome)
      test(`by ${condition}: ${isDue ? 'due' : 'not due'} after ${outcome}`, () => {
        expect(decideChain([{ program: 'a', condition }], [], 'a', outcome)).toEqual({ progress: [], isDue })
      })
    }
  }
})

describe('a job that comes after several programs', () => {
  test('is due once each has ended so, and begins to wait anew', () => {
    const first = decideChain(wellAfter('a', 'b'), [], 'a', 'success')
    expect(first).toEqual({ progress: ['a'], isDue: false })
    expect(decideChain(wellAfter('a', 'b'), first.progress, 'a', 'success')).toEqual(first)
    expect(decideChain(wellAfter('a', 'b'), first.progress, 'b', 'success')).toEqual({
      progress: [],
      isDue: true,
    })
  })

  test('the last end of each counts', () => {
    const second = decideChain(wellAfter('a', 'b'), ['a'], 'a', 'failure')
    expect(second).toEqual({ progress: [], isDue: false })
  })

  test('an end of anything else says nothing', () => {
    expect(decideChain(wellAfter('a', 'b'), ['a'], 'c', 'success')).toEqual({ progress: ['a'], isDue: false })
  })

  test('whom it no longer comes after counts no more', () => {
    expect(decideChain(wellAfter('a', 'b'), ['z', 'y'], 'a', 'success')).toEqual({
      progress: ['a'],
      isDue: false,
    })
  })
})

test('over any sequence of ends it is due exactly when the last end of each since then was as wanted', () => {
  const names = ['a', 'b', 'c'] as const
  const anyAfter = fc
    .uniqueArray(fc.constantFrom(...names), { minLength: 1 })
    .chain((programs) =>
      fc.tuple(
        ...programs.map((program) =>
          fc.record({ program: fc.constant(program), condition: fc.constantFrom(...predecessorConditions) }),
        ),
      ),
    )
  const anyEnds = fc.array(fc.tuple(fc.constantFrom(...names), fc.constantFrom(...outcomes)), {
    maxLength: 40,
  })
  fc.assert(
    fc.property(anyAfter, anyEnds, (wanted, ends) => {
      let progress: readonly string[] = []
      let last = new Map<string, Outcome>()
      for (const [program, outcome] of ends) {
        const step = decideChain(wanted, progress, program, outcome)
        progress = step.progress
        last.set(program, outcome)
        const isMet = wanted.every(({ program: name, condition }) => {
          const how = last.get(name)
          if (how === undefined) return false
          if (condition === 'end') return true
          return how !== 'stopped' && (condition === 'success') === isGoodOutcome(how)
        })
        const isConcerned = wanted.some((one) => one.program === program)
        expect(step.isDue).toBe(isMet && isConcerned)
        if (step.isDue) last = new Map()
      }
    }),
  )
})

test('the jobs that come after a program are found, services are none of them', () => {
  const programs = [
    aJob({ after: wellAfter('fetch') }, { name: 'load' }),
    aJob({ after: wellAfter('load', 'fetch') }, { name: 'mail' }),
    aProgram({ name: 'fetch' }),
  ]
  const desired = new Map<string, DesiredProgram>(
    programs.map((program) => [program.name, { program, launchHash: 'h' }]),
  )
  const names = (name: string): string[] => jobsAfter(name, desired).map((job) => job.name)
  expect(names('fetch')).toEqual(['load', 'mail'])
  expect(names('load')).toEqual(['mail'])
  expect(names('mail')).toEqual([])
})
