import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isOutdated, judgeReplacement, parallelOf, planTurns, type RollingSlot } from './rollout.ts'
import type { SlotState } from './slot-state.ts'
import { aProgram, runningState, startingState, stoppingState } from './testing/samples.ts'

const by = { kind: 'requested', by: 'ann' } as const
const backoff: SlotState = { kind: 'backoff', until: 1, delayMs: 1, after: 'r', reason: 'exited with code 1' }
const program = (processes: number, parallel = 1) =>
  aProgram({ processes, rollout: { parallel: { kind: 'count', value: parallel }, withinMs: 60_000 } })

function slots(
  ...states: [state: SlotState, hash: string, rollout?: RollingSlot['rollout']][]
): RollingSlot[] {
  return states.map(([state, launchHash, rollout = null], index) => ({
    name: `web:${index}`,
    index,
    state,
    launchHash,
    rollout,
  }))
}

const turns = (there: RollingSlot[], parallel = 1): number[] =>
  planTurns(program(there.length, parallel), 'new', there).map(({ index }) => index)

describe('whose turn it is', () => {
  const old = [runningState('o'), 'old'] as [SlotState, string]
  const fresh = [runningState('n'), 'new'] as [SlotState, string]

  test('so many at a time, the first ones first', () => {
    expect(turns(slots(old, old, old))).toEqual([0])
    expect(turns(slots(old, old, old), 2)).toEqual([0, 1])
    expect(turns(slots(fresh, old, old))).toEqual([1])
  })

  test('nobody, while a replacement is not ready', () => {
    for (const state of [startingState('n', 1), backoff, { kind: 'fatal', reason: '' } as SlotState]) {
      expect(turns(slots([state, 'new'], old, old))).toEqual([])
      expect(turns(slots([state, 'new'], old, old), 2)).toEqual([1])
    }
    expect(turns(slots([stoppingState('o', { kind: 'changed' }), 'old'], old))).toEqual([])
  })

  test('nobody, once a replacement has failed, however many may go at a time', () => {
    const failed = [runningState('n'), 'new', { kind: 'failed', reason: 'x' }] as const
    expect(turns(slots([...failed], old, old), 3)).toEqual([])
  })

  test('first those that are not ready, as their going costs nothing', () => {
    expect(turns(slots(old, [startingState('o', 1), 'old'], old))).toEqual([1])
  })

  test('those that were asked to be replaced, with the number that the request said', () => {
    const due = { kind: 'due', cause: by, parallel: 2 } as const
    const asked = slots(
      [runningState('n'), 'new', due],
      [runningState('n'), 'new', due],
      [runningState('n'), 'new', due],
    )
    expect(turns(asked)).toEqual([0, 1])
    expect(asked.every((slot) => isOutdated(slot, 'new'))).toBe(true)
  })

  test('what has done its work is missed by nobody', () => {
    expect(turns(slots([{ kind: 'exited', reason: '', isSuccess: true }, 'new'], old))).toEqual([1])
    expect(turns(slots([{ kind: 'exited', reason: '', isSuccess: false }, 'new'], old))).toEqual([])
  })

  test('a share is of the processes, and at least one', () => {
    expect(parallelOf({ kind: 'share', value: 0.25 }, 4)).toBe(1)
    expect(parallelOf({ kind: 'share', value: 0.25 }, 10)).toBe(2)
    expect(parallelOf({ kind: 'share', value: 0.25 }, 1)).toBe(1)
    expect(parallelOf({ kind: 'share', value: 1 }, 7)).toBe(7)
  })
})

test('never more than the given number is without a ready run because of us', () => {
  const anyState = fc.constantFrom<SlotState>(
    runningState('r'),
    startingState('r', 1),
    backoff,
    stoppingState('r', { kind: 'changed' }),
    { kind: 'fatal', reason: '' },
  )
  const anySlots = fc.array(fc.tuple(anyState, fc.constantFrom('old', 'new')), { minLength: 1, maxLength: 8 })
  fc.assert(
    fc.property(anySlots, fc.integer({ min: 1, max: 4 }), (states, parallel) => {
      const there = slots(...states)
      const isMissing = ({ state }: RollingSlot) => state.kind !== 'running'
      const current = there.filter((slot) => slot.launchHash === 'new' || slot.state.kind === 'stopping')
      const picked = planTurns(program(there.length, parallel), 'new', there)
      expect(picked.every(({ launchHash }) => launchHash === 'old')).toBe(true)
      expect(picked.length + current.filter(isMissing).length).toBeLessThanOrEqual(
        Math.max(parallel, current.filter(isMissing).length),
      )
    }),
  )
})

describe('what became of a replacement', () => {
  const cases: [state: SlotState, now: number, verdict: ReturnType<typeof judgeReplacement>][] = [
    [startingState('n', 1), 0, 'pending'],
    [startingState('n', 1), 1000, { failed: 'it was not ready within 60 s' }],
    [runningState('n'), 0, 'done'],
    [backoff, 0, { failed: 'exited with code 1' }],
    [{ kind: 'fatal', reason: 'given up' }, 0, { failed: 'given up' }],
    [{ kind: 'exited', reason: 'exited with code 0', isSuccess: true }, 0, 'done'],
    [{ kind: 'exited', reason: 'exited with code 1', isSuccess: false }, 0, { failed: 'exited with code 1' }],
    [{ kind: 'stopped' }, 0, 'done'],
    [stoppingState('n', 'stop'), 0, 'pending'],
    [
      {
        ...stoppingState('n', 'judge'),
        reason: { kind: 'startup', text: 'its startup check failed', isFailure: true },
      },
      0,
      { failed: 'its startup check failed' },
    ],
    [{ kind: 'waiting', cause: by, reason: 'db to be ready' }, 0, 'pending'],
  ]
  for (const [state, now, verdict] of cases) {
    test(`${state.kind} after ${now} ms: ${JSON.stringify(verdict)}`, () => {
      expect(judgeReplacement(state, 1000, program(4), now)).toEqual(verdict)
    })
  }
})
