import { beforeEach, describe, expect, test } from 'vitest'
import type { Check, CheckKind, Program } from '../../domain/program.ts'
import type { Slot } from '../../domain/reconcile.ts'
import type { SlotState } from '../../domain/slot-state.ts'
import { emptyTally } from '../../domain/slot-tally.ts'
import { aProgram, runningState, startingState } from '../../domain/testing/samples.ts'
import type { Look } from '../../process/check.ts'
import { FakeClock } from '../../testing/fake-clock.ts'
import { Checker, type CheckSubject } from './checker.ts'

const aCheck: Check = {
  method: { kind: 'tcp', host: '127.0.0.1', port: '1' },
  graceMs: 0,
  periodMs: 1000,
  timeoutMs: 500,
  failures: 2,
  successes: 1,
}

let clock: FakeClock
let looks: { subject: CheckSubject; at: number; answer: (look: Look) => void }[]
let open: number
let told: string[]
let ages: Record<string, number>
let checker: Checker

beforeEach(() => {
  clock = new FakeClock(0, 0)
  looks = []
  open = 0
  told = []
  ages = {}
  checker = new Checker({
    clock,
    observe: (subject) => {
      open += 1
      return {
        look: () =>
          new Promise((answer) => {
            looks.push({ subject, at: clock.monotonic(), answer })
          }),
        close: () => {
          open -= 1
        },
      }
    },
    ageOf: (run) => ages[run] ?? 0,
    tell: (_slot, { run, check, passed, detail }) =>
      told.push(`${run} ${check} ${passed ? 'passed' : 'failed'}: ${detail}`),
  })
})

function follow(state: SlotState | null, checks: Partial<Record<CheckKind, Partial<Check>>>): void {
  const whole: { [K in CheckKind]: Check | null } = { startup: null, readiness: null, liveness: null }
  for (const kind of Object.keys(checks) as CheckKind[]) whole[kind] = { ...aCheck, ...checks[kind] }
  const program: Program = aProgram({ name: 'web', checks: whole })
  const slot = { name: 'web:0', program: 'web', index: 0, tally: emptyTally, asked: null } as const
  const slots = new Map<string, Slot>(
    state ? [['web:0', { ...slot, state, launchHash: null, rollout: null, occurrence: null }]] : [],
  )
  checker.follow(['web:0'], slots, new Map([['web', { program, launchHash: 'h' }]]))
}

/** Answers the look that is under way, and lets what follows from it happen. */
async function answer(passed: boolean): Promise<void> {
  looks.at(-1)?.answer({ passed, detail: passed ? 'it accepts' : 'it refuses' })
  await new Promise(setImmediate)
}

describe('a check is looked at', () => {
  test('after its grace, counted from the birth of the command, and then once a period', async () => {
    ages = { r: 200 }
    follow(runningState('r'), { readiness: { graceMs: 1500 } })
    clock.advance(1299)
    expect(looks).toHaveLength(0)
    clock.advance(1)
    await answer(true)
    clock.advance(1000)
    await answer(true)
    clock.advance(1000)
    expect(looks.map(({ at }) => at)).toEqual([1300, 2300, 3300])
  })

  test('never twice at a time, however long a look takes', async () => {
    follow(runningState('r'), { liveness: {} })
    clock.advance(10_000)
    expect(looks).toHaveLength(1)
    await answer(false)
    clock.advance(0)
    expect(looks.map(({ at }) => at)).toEqual([0, 10_000])
  })

  test('only for startup while that has not passed; the grace of the others counts from then', async () => {
    ages = { r: 60_000 }
    const checks = { startup: {}, readiness: { graceMs: 3000 } }
    follow(startingState('r', null), checks)
    expect(open).toBe(0)
    follow(startingState('r', 1), checks)
    clock.advance(0)
    expect(looks.map(({ subject }) => subject.kind)).toEqual(['startup'])
    await answer(true)
    follow({ ...runningState('r'), verdicts: { startup: true } }, checks)
    expect(open).toBe(1)
    clock.advance(2999)
    expect(looks).toHaveLength(1)
    clock.advance(1)
    expect(looks.map(({ subject }) => subject.kind)).toEqual(['startup', 'readiness'])
  })

  test('by a log line until that came, and then no more', async () => {
    follow(runningState('r'), { readiness: { method: { kind: 'log', pattern: 'up' } } })
    clock.advance(0)
    await answer(false)
    clock.advance(1000)
    await answer(true)
    clock.advance(60_000)
    expect(looks).toHaveLength(2)
    expect(clock.pending).toBe(0)
  })
})

describe('a verdict is told', () => {
  test('once it is another one, after so many looks in a row', async () => {
    follow(runningState('r'), { readiness: { failures: 2, successes: 2 } })
    for (const passed of [true, true, true, false, true, false, false, false, true, true]) {
      clock.advance(1000)
      await answer(passed)
    }
    expect(told).toEqual([
      'r readiness passed: it accepts',
      'r readiness failed: 2 times in a row, last: it refuses',
      'r readiness passed: it accepts',
    ])
  })

  test('not again by a new agent, which keeps the one that was recorded', async () => {
    follow({ ...runningState('r'), verdicts: { readiness: true } }, { readiness: {} })
    clock.advance(0)
    await answer(true)
    expect(told).toEqual([])
  })

  test('never of a look at a run that was replaced meanwhile', async () => {
    follow(runningState('r'), { liveness: { failures: 1 } })
    clock.advance(0)
    follow(runningState('s'), { liveness: { failures: 1 } })
    await answer(false)
    expect(told).toEqual([])
    clock.advance(0)
    await answer(false)
    expect(told).toEqual(['s liveness failed: it refuses'])
  })

  test('never of a check that was changed while it was looked', async () => {
    follow(runningState('r'), { liveness: { failures: 1 } })
    clock.advance(0)
    follow(runningState('r'), { liveness: { failures: 1, periodMs: 5000 } })
    await answer(false)
    expect(told).toEqual([])
    expect(open).toBe(1)
  })
})

describe('nothing is left', () => {
  test('of a slot that is gone, stops, or has lost its check', () => {
    for (const gone of [null, { kind: 'stopped' } as const, 'no check'] as const) {
      follow(runningState('r'), { readiness: {}, liveness: {} })
      expect(open).toBe(2)
      if (gone === 'no check') follow(runningState('r'), {})
      else follow(gone, { readiness: {}, liveness: {} })
      expect([open, clock.pending]).toEqual([0, 0])
    }
  })

  test('after close, though a look is under way', async () => {
    follow(runningState('r'), { readiness: {}, liveness: { graceMs: 9000 } })
    clock.advance(0)
    checker.close()
    await answer(true)
    expect([open, clock.pending, told]).toEqual([0, 0, []])
  })
})
