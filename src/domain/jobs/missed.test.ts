import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type MissedPolicy, missedKinds } from './job.ts'
import { type DueVerdict, decideDue, longestWithinMs, onTimeMs } from './missed.ts'

const minute = 60_000
const hour = 3_600_000

function policy(kind: MissedPolicy['kind'], changes: Partial<MissedPolicy> = {}): MissedPolicy {
  return { kind, withinMs: null, max: 10, ...changes }
}

/** `!` is a start, `!late` one that makes up for something; else the reason why it is missed. */
function words(verdicts: readonly DueVerdict[]): string[] {
  return verdicts.map((one) => (one.kind === 'miss' ? one.reason : one.isCatchUp ? '!late' : '!'))
}

interface Case {
  readonly what: string
  readonly policy: MissedPolicy
  readonly due: readonly number[]
  readonly now: number
  readonly next?: number | null
  readonly becomes: readonly string[]
}

const daily = 24 * hour

const cases: Case[] = [
  { what: 'nothing', policy: policy('once'), due: [], now: 5, becomes: [] },
  ...missedKinds.map(
    (kind): Case => ({
      what: `one that comes now, by ${kind}`,
      policy: policy(kind),
      due: [1000],
      now: 1000,
      becomes: ['!'],
    }),
  ),
  ...missedKinds.map(
    (kind): Case => ({
      what: `one that is a minute late, by ${kind}`,
      policy: policy(kind),
      due: [1000],
      now: 1000 + onTimeMs,
      becomes: ['!'],
    }),
  ),
  {
    what: 'skip: one that is more than a minute late',
    policy: policy('skip'),
    due: [1000],
    now: 1001 + onTimeMs,
    becomes: ['no_agent'],
  },
  {
    what: 'skip: several, the newest on time',
    policy: policy('skip'),
    due: [0, minute, 2 * minute],
    now: 2 * minute + 5,
    becomes: ['superseded', 'superseded', '!'],
  },
  {
    what: 'skip: several, all late',
    policy: policy('skip'),
    due: [0, hour],
    now: 2 * hour - 1,
    becomes: ['no_agent', 'no_agent'],
  },
  {
    what: 'once: a daily job after an outage of 20 minutes',
    policy: policy('once'),
    due: [0],
    now: 20 * minute,
    next: daily,
    becomes: ['!late'],
  },
  {
    what: 'once: a daily job after an outage over the morning',
    policy: policy('once'),
    due: [0],
    now: 6.5 * hour,
    next: daily,
    becomes: ['too_late'],
  },
  {
    what: 'once: a job each ten minutes is not made up for after the next one',
    policy: policy('once'),
    due: [0, 10 * minute],
    now: 15 * minute,
    next: 20 * minute,
    becomes: ['superseded', '!late'],
  },
  {
    what: 'once: the last due time of all, an hour at most',
    policy: policy('once'),
    due: [0],
    now: longestWithinMs,
    next: null,
    becomes: ['!late'],
  },
  {
    what: 'once: the last due time of all, after more than an hour',
    policy: policy('once'),
    due: [0],
    now: longestWithinMs + 1,
    next: null,
    becomes: ['too_late'],
  },
  {
    what: 'once: as late as the job says, and no later',
    policy: policy('once', { withinMs: 6 * hour }),
    due: [-daily, 0],
    now: 6 * hour,
    next: daily,
    becomes: ['superseded', '!late'],
  },
  {
    what: 'once: later than the job says',
    policy: policy('once', { withinMs: 6 * hour }),
    due: [-daily, 0],
    now: 6 * hour + 1,
    next: daily,
    becomes: ['too_late', 'too_late'],
  },
  {
    what: 'all: each, the newest on time',
    policy: policy('all'),
    due: [0, minute, 2 * minute],
    now: 2 * minute,
    becomes: ['!late', '!late', '!'],
  },
  {
    what: 'all: the newest ones, where there are too many',
    policy: policy('all', { max: 2 }),
    due: [0, hour, 2 * hour, 3 * hour],
    now: 4 * hour - 1,
    becomes: ['beyond_max', 'beyond_max', '!late', '!late'],
  },
  {
    what: 'all: those that are not too late',
    policy: policy('all', { withinMs: 2 * hour }),
    due: [0, hour, 2 * hour],
    now: 3 * hour,
    becomes: ['too_late', '!late', '!late'],
  },
]

describe('S-F6: of due times that are seen late', () => {
  for (const { what, policy: rules, due, now, next = null, becomes } of cases) {
    test(`${what}: ${becomes.join(', ') || 'nothing'}`, () => {
      expect(words(decideDue({ due, now, next, policy: rules }))).toEqual(becomes)
    })
  }

  test('three days of each minute: once starts one, all the last ten in their order, skip none', () => {
    const due = Array.from({ length: 3 * 24 * 60 }, (_, index) => index * minute)
    const now = 3 * daily + 61_000
    const started = (kind: MissedPolicy['kind']): number[] =>
      decideDue({ due, now, next: 3 * daily, policy: policy(kind, { withinMs: daily }) }).flatMap((one) =>
        one.kind === 'start' ? [one.dueAt] : [],
      )
    expect(started('skip')).toEqual([])
    expect(started('once')).toEqual([due.at(-1)])
    expect(started('all')).toEqual(due.slice(-10))
  })
})

const someDue = fc
  .tuple(fc.array(fc.integer({ min: 1, max: 5 * hour }), { maxLength: 40 }), fc.nat(2 * hour), fc.nat(hour))
  .map(([gaps, late, period]) => {
    let at = 0
    const due = gaps.map((gap) => {
      at += gap
      return at
    })
    return { due, now: at + late, next: period === 0 ? null : at + period + late + 1 }
  })
const somePolicy = fc.record({
  kind: fc.constantFrom(...missedKinds),
  withinMs: fc.option(fc.integer({ min: 1000, max: 10 * hour })),
  max: fc.integer({ min: 1, max: 20 }),
})

test('each due time has one verdict, in their order; never more start than the job allows, and those are the newest', () => {
  fc.assert(
    fc.property(someDue, somePolicy, ({ due, now, next }, rules) => {
      const verdicts = decideDue({ due, now, next, policy: rules })
      expect(verdicts.map(({ dueAt }) => dueAt)).toEqual(due)
      const started = verdicts.flatMap((one) => (one.kind === 'start' ? [one.dueAt] : []))
      expect(started.length).toBeLessThanOrEqual(rules.kind === 'all' ? rules.max : 1)
      expect(started).toEqual(due.slice(due.length - started.length))
      for (const one of verdicts) {
        const isOnTime = one.dueAt === due.at(-1) && now - one.dueAt <= onTimeMs
        if (one.kind === 'start') expect(one.isCatchUp).toBe(!isOnTime)
        if (isOnTime) expect(one.kind).toBe('start')
        if (one.kind === 'start' && rules.withinMs !== null && !isOnTime && now - one.dueAt > onTimeMs)
          expect(now - one.dueAt).toBeLessThanOrEqual(rules.withinMs)
      }
    }),
  )
})
