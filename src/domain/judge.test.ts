import { describe, expect, test } from 'vitest'
import { claimedByDeadAgent, type EndToJudge, judgeEnd } from './judge.ts'
import type { RestartPolicy } from './program.ts'
import type { RunEnd } from './run.ts'
import { type SlotContext, type SlotState, transition } from './slot-state.ts'
import { emptyTally, type SlotTally } from './slot-tally.ts'
import {
  aContext,
  aPolicy,
  exited,
  failedToStart,
  signaled,
  startingState,
  stopped,
} from './testing/samples.ts'

const linear = { kind: 'linear', initialMs: 1000, factor: 2, maxMs: 60_000, jitter: 0 } as const

function judge(end: RunEnd, changes: Partial<RestartPolicy> = {}, rest: Partial<EndToJudge> = {}) {
  return judgeEnd({
    end,
    tally: emptyTally,
    policy: aPolicy(changes),
    random: 0.5,
    wasRunning: false,
    stopReason: null,
    ...rest,
  })
}

/** Judges ends one after another, each with the tally that the one before left. */
function judgeAll(ends: readonly RunEnd[], changes: Partial<RestartPolicy> = {}) {
  let tally: SlotTally = emptyTally
  return ends.map((end) => {
    const verdict = judge(end, changes, { tally })
    tally = verdict.tally
    return verdict
  })
}

const waitsOf = (verdicts: ReturnType<typeof judgeAll>) =>
  verdicts.map((verdict) => (verdict.next === 'wait' ? verdict.delayMs : verdict.next))

describe('W-T7 an exit with code 0', () => {
  test('is followed by a new run at once, where the policy is always', () => {
    expect(judge(exited(0, 50_000))).toEqual({
      next: 'restart',
      reason: 'exited with code 0',
      tally: emptyTally,
      becameRunning: true,
    })
  })

  test('is followed by a new run within a second, however short the work is past the start time', () => {
    for (const durationMs of [0, 1, 500, 999, 1000, 5000]) {
      const verdict = judge(exited(0, durationMs), { startTimeMs: 0 })
      const delayMs = verdict.next === 'wait' ? verdict.delayMs : 0
      expect(['wait', 'restart']).toContain(verdict.next)
      expect(delayMs).toBe(Math.max(0, 1000 - durationMs))
    }
  })

  test('is never counted, however often it comes', () => {
    const often = judgeAll(Array.from({ length: 100 }, () => exited(0, 1100)))
    expect(new Set(often.map(({ next }) => next))).toEqual(new Set(['restart']))
  })
})

describe('W-T8 any other exit', () => {
  const failures: RunEnd[] = [
    exited(1, 50_000),
    exited(255, 50_000),
    signaled('SEGV', 50_000),
    signaled('KILL', 50_000),
  ]
  for (const end of failures) {
    test(`is followed by a new run at once: ${JSON.stringify(end)}`, () => {
      expect(judge(end)).toMatchObject({ next: 'restart', tally: emptyTally, becameRunning: true })
    })
  }
})

describe('W-T9 three quick exits in a row', () => {
  const quick = [exited(1, 100), signaled('SEGV', 200), exited(0, 999)]

  test('make the service fatal, whatever their codes', () => {
    expect(judgeAll(quick).map(({ next }) => next)).toEqual(['wait', 'wait', 'fatal'])
  })

  test('and no further start is made', () => {
    let state: SlotState = startingState('r0', 1000)
    let tally = emptyTally
    const starts: string[] = []
    const at = (now: number): SlotContext => aContext({ now, newRun: `r${now}`, random: 0 })
    for (let now = 0; now < 1_000_000; now += 500) {
      const run = 'run' in state ? state.run : null
      const event = run
        ? ({ kind: 'runEnded', run, end: exited(1, 100) } as const)
        : ({ kind: 'tick' } as const)
      const step = transition(state, tally, event, at(now))
      if (typeof step === 'string') continue
      starts.push(...step.actions.map(({ kind }) => kind))
      state = step.state
      tally = step.tally
    }
    expect(state.kind).toBe('fatal')
    expect(starts, 'two after the first').toEqual(['startRun', 'startRun'])
  })

  test('count as quick only before the start time', () => {
    expect(judge(exited(0, 1000)).becameRunning).toBe(true)
    expect(judge(exited(0, 999)).becameRunning).toBe(false)
  })

  test('are as many as giveUpAfter says', () => {
    expect(judge(exited(1, 1), { giveUpAfter: 1 })).toMatchObject({
      next: 'fatal',
      reason: 'ended once within its start time, last: exited with code 1',
    })
    expect(judgeAll([...quick, ...quick], { giveUpAfter: 5 }).map(({ next }) => next)[4]).toBe('fatal')
  })

  test('never give up with giveUpAfter null, and go on at the cap', () => {
    const verdicts = judgeAll(
      Array.from({ length: 2000 }, () => exited(1, 1)),
      { giveUpAfter: null },
    )
    expect(waitsOf(verdicts).at(-1)).toBe(60_000)
  })

  test('include commands that cannot be executed', () => {
    const verdicts = judgeAll([failedToStart(), failedToStart(), failedToStart()])
    expect(verdicts.map(({ next }) => next)).toEqual(['wait', 'wait', 'fatal'])
    expect(judge(failedToStart(), { startTimeMs: 0 })).toMatchObject({ next: 'wait', becameRunning: false })
  })
})

test('W-T10 the give-up is the state, with its reason', () => {
  const step = transition(
    startingState('r2', 1000),
    { quickExits: 2, unsteadyExits: 0 },
    { kind: 'runEnded', run: 'r2', end: exited(7, 10) },
    aContext({ now: 10, newRun: 'r3', random: 0 }),
  )
  expect(step).toEqual({
    state: {
      kind: 'fatal',
      reason: 'ended 3 times in a row within its start time, last: exited with code 7',
    },
    tally: { quickExits: 3, unsteadyExits: 0 },
    actions: [],
  })
})

describe('W-C1 one run longer than the start time between quick exits', () => {
  test('sets the count back to 0, whatever its code', () => {
    for (const longer of [exited(0, 1000), exited(1, 1000), exited(1, 50_000), signaled('SEGV', 1500)]) {
      const verdicts = judgeAll([
        exited(1, 1),
        exited(1, 1),
        longer,
        exited(1, 1),
        exited(1, 1),
        exited(1, 1),
      ])
      expect(verdicts.map(({ next }) => next).indexOf('fatal')).toBe(5)
      expect(verdicts[2]?.tally.quickExits).toBe(0)
    }
  })

  test('sets it back as soon as the slot is running', () => {
    const step = transition(
      startingState('r', 1000),
      { quickExits: 2, unsteadyExits: 1 },
      { kind: 'tick' },
      aContext({ now: 1000, newRun: 'r2', random: 0 }),
    )
    expect(step).toMatchObject({ tally: { quickExits: 0, unsteadyExits: 1 } })
  })
})

describe('W-C2 waits between quick restarts', () => {
  const quick = Array.from({ length: 6 }, () => exited(1, 1))

  test('linear: 1, 2, 3 seconds', () => {
    const verdicts = judgeAll(quick, { giveUpAfter: 4, backoff: linear })
    expect(waitsOf(verdicts).slice(0, 4)).toEqual([1000, 2000, 3000, 'fatal'])
  })

  test('exponential: doubled each time', () => {
    expect(waitsOf(judgeAll(quick, { giveUpAfter: null }))).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000])
  })
})

test('W-C3 a start by a person ends a give-up and counts from 0 again', () => {
  const step = transition(
    { kind: 'fatal', reason: 'gave up' },
    { quickExits: 3, unsteadyExits: 0 },
    { kind: 'start', cause: { kind: 'requested', by: 'ann' } },
    aContext({ now: 0, newRun: 'r', random: 0 }),
  )
  expect(step).toEqual({
    state: startingState('r', null),
    tally: emptyTally,
    actions: [{ kind: 'startRun', run: 'r', cause: { kind: 'requested', by: 'ann' } }],
  })
})

describe('W-C4 restart', () => {
  test('never: no end is followed by a new run, however short the run', () => {
    for (const end of [exited(0, 1), exited(1, 1), exited(0, 50_000), signaled('TERM', 5000), stopped()]) {
      expect(judge(end, { when: 'never' })).toMatchObject({ next: 'exited', tally: emptyTally })
    }
  })

  test('on failure: only for codes that are no success', () => {
    const policy = { when: 'on-failure', successExitCodes: [0, 2] } as const
    expect(judge(exited(0, 1), policy).next).toBe('exited')
    expect(judge(exited(2, 50_000), policy).next).toBe('exited')
    expect(judge(exited(1, 50_000), policy).next).toBe('restart')
    expect(judge(signaled('SEGV', 50_000), policy).next).toBe('restart')
    expect(judge(exited(1, 1), policy).next).toBe('wait')
  })

  test('never: what could not be executed is tried again until it is given up', () => {
    expect(judgeAll([failedToStart(), failedToStart(), failedToStart()], { when: 'never' })).toMatchObject([
      { next: 'wait' },
      { next: 'wait' },
      { next: 'fatal' },
    ])
  })
})

describe('W-F2 a process that dies shortly after its start time again and again', () => {
  const unsteady = Array.from({ length: 9 }, () => exited(1, 1100))

  test('is restarted at once the first time, then slowed by the backoff, and never given up', () => {
    expect(waitsOf(judgeAll(unsteady))).toEqual([
      'restart',
      1000,
      2000,
      4000,
      8000,
      16_000,
      32_000,
      60_000,
      60_000,
    ])
  })

  test('is forgiven by one steady run or one success', () => {
    for (const good of [exited(1, 10_000), exited(0, 1100)]) {
      expect(waitsOf(judgeAll([...unsteady, good, exited(1, 1100)])).slice(-2)).toEqual([
        'restart',
        'restart',
      ])
    }
  })

  test('does not slow those that work and quit', () => {
    expect(judgeAll(Array.from({ length: 5 }, () => exited(0, 1100))).at(-1)).toMatchObject({
      next: 'restart',
    })
  })

  test('includes ends that nobody knows', () => {
    const unknown: RunEnd = { kind: 'unknown', endedAt: 0, reason: 'its shim was killed' }
    expect(waitsOf(judgeAll([unknown, unknown, unknown]))).toEqual(['restart', 1000, 2000])
  })
})

describe('an end that is not the program’s', () => {
  const counted = { quickExits: 2, unsteadyExits: 4 }

  test('the machine was restarted: begins again, all forgiven', () => {
    const end: RunEnd = { kind: 'machine_restarted', endedAt: 0 }
    for (const when of ['always', 'on-failure', 'never'] as const) {
      expect(judge(end, { when }, { tally: counted })).toMatchObject({ next: 'restart', tally: emptyTally })
    }
  })

  test('a claim of a dead agent: begins again at once, counts nothing', () => {
    const end: RunEnd = { kind: 'revoked', endedAt: 0, reason: claimedByDeadAgent }
    expect(judge(end, {}, { tally: counted })).toMatchObject({
      next: 'restart',
      tally: counted,
      becameRunning: false,
    })
  })

  test('the machine made no process: waits a second or more, by the backoff, and never gives up', () => {
    const end: RunEnd = { kind: 'revoked', endedAt: 0, reason: 'no shim could be started' }
    let tally: SlotTally = { quickExits: 2, unsteadyExits: 0 }
    const delays: number[] = []
    for (let n = 0; n < 10; n++) {
      const verdict = judge(end, { giveUpAfter: 3 }, { tally })
      if (verdict.next !== 'wait') throw new Error(`it is ${verdict.next}`)
      delays.push(verdict.delayMs)
      tally = verdict.tally
    }
    expect(delays).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000, 60_000])
    expect(tally.quickExits).toBe(2)
  })
})

test('a slot that was running already never has a quick exit', () => {
  const verdict = judge(exited(1, 900), {}, { wasRunning: true, tally: { quickExits: 2, unsteadyExits: 0 } })
  expect(verdict).toMatchObject({ next: 'restart', tally: { quickExits: 0, unsteadyExits: 1 } })
})

describe('W-C9 a run that we ended for a reason of ours', () => {
  const failure = { kind: 'memory', text: '120 MB of memory', isFailure: true } as const
  const meant = { kind: 'lifetime', text: 'its lifetime was over', isFailure: false } as const

  test('is followed by the next one, at once where the end was meant', () => {
    const verdict = judge(stopped(), {}, { stopReason: meant, wasRunning: true })
    expect(verdict).toMatchObject({ next: 'restart', reason: 'its lifetime was over' })
    expect(judge(stopped(), { when: 'on-failure' }, { stopReason: meant }).next).toBe('restart')
  })

  test('is slowed by the backoff where it failed again and again, and never makes the service fatal', () => {
    let tally: SlotTally = emptyTally
    const next: string[] = []
    for (let n = 0; n < 10; n++) {
      const verdict = judge({ ...stopped(), durationMs: 200 } as RunEnd, {}, { stopReason: failure, tally })
      next.push(verdict.next)
      tally = verdict.tally
    }
    expect(next).toEqual(['restart', ...Array(9).fill('wait')])
  })

  test('is the last one where the program is never restarted, or has used up its runs', () => {
    expect(judge(stopped(), { when: 'never' }, { stopReason: failure }).next).toBe('exited')
    const used = { kind: 'runs', text: 'its 3 runs are used up', isFailure: false } as const
    expect(judge(stopped(), {}, { stopReason: used }).next).toBe('exited')
  })
})
