import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { aJob, aProgram } from '../testing/samples.ts'
import { overlapKinds } from './job.ts'
import {
  type BusySlot,
  decideOverlap,
  jobsWithLock,
  type OverlapSituation,
  type OverlapVerdict,
} from './overlap.ts'

const living: BusySlot = { slot: 'report:0', run: 'r1', doing: 'running' }
const retrying: BusySlot = { slot: 'report:1', run: 'r2', doing: 'retrying' }
const waiting: BusySlot = { slot: 'report:2', run: null, doing: 'waiting' }
const lockedBy = { program: 'backup', run: 'r9', lock: 'db' }

type Kind = OverlapSituation['policy']['kind']

function decide(kind: Kind, changes: Partial<OverlapSituation> = {}, max = 2): OverlapVerdict {
  const policy = { kind, max }
  return decideOverlap({ policy, busy: [], queued: 0, lockedBy: null, isInTurn: false, ...changes })
}

/** The verdict in short words, with its reason. */
function told(verdict: OverlapVerdict): string {
  switch (verdict.kind) {
    case 'start':
      return 'start'
    case 'startInstead':
      return `start instead of ${verdict.of.join(' ')}`
    case 'replace':
      return `replace ${verdict.slots.join(' ')}`.trim()
    case 'queue':
      return `queue: ${verdict.reason}`
    case 'skip':
      return `skip: ${verdict.reason}${verdict.blockedBy === null ? '' : ` by ${verdict.blockedBy}`}`
  }
}

type Situation = [what: string, situation: Partial<OverlapSituation>]
const situations: Situation[] = [
  ['nothing', {}],
  ['a living run', { busy: [living] }],
  ['one that waits for another attempt', { busy: [retrying] }],
  ['one that waits for another program', { busy: [waiting] }],
  ['a living run beside one that waits for another attempt', { busy: [retrying, living] }],
  ['a lock', { lockedBy }],
  ['a lock, and one that waits for another attempt', { busy: [retrying], lockedBy }],
  ['a due time that waits', { queued: 1 }],
  ['a living run, and as many that wait as may', { busy: [living], queued: 2 }],
  ['as many living runs as may', { busy: [living, retrying] }],
]

const expected: Record<string, Record<Kind, string>> = {
  nothing: { skip: 'start', queue: 'start', replace: 'start', allow: 'start' },
  'a living run': {
    skip: 'skip: still_running by r1',
    queue: 'queue: still_running',
    replace: 'replace report:0',
    allow: 'start',
  },
  'one that waits for another attempt': {
    skip: 'start instead of report:1',
    queue: 'queue: still_running',
    replace: 'replace report:1',
    allow: 'start',
  },
  'one that waits for another program': {
    skip: 'skip: waiting_for_dependency',
    queue: 'queue: waiting_for_dependency',
    replace: 'replace report:2',
    allow: 'start',
  },
  'a living run beside one that waits for another attempt': {
    skip: 'skip: still_running by r1',
    queue: 'queue: still_running',
    replace: 'replace report:1 report:0',
    allow: 'skip: overlap_limit by r1',
  },
  'a lock': {
    skip: 'skip: lock_taken by r9',
    queue: 'queue: lock_taken',
    replace: 'replace',
    allow: 'queue: lock_taken',
  },
  'a lock, and one that waits for another attempt': {
    skip: 'skip: lock_taken by r9',
    queue: 'queue: still_running',
    replace: 'replace report:1',
    allow: 'queue: still_running',
  },
  'a due time that waits': {
    skip: 'skip: still_running',
    queue: 'queue: still_running',
    replace: 'replace',
    allow: 'start',
  },
  'a living run, and as many that wait as may': {
    skip: 'skip: still_running by r1',
    queue: 'skip: queue_full by r1',
    replace: 'replace report:0',
    allow: 'skip: overlap_limit by r1',
  },
  'as many living runs as may': {
    skip: 'skip: still_running by r1',
    queue: 'queue: still_running',
    replace: 'replace report:0 report:1',
    allow: 'skip: overlap_limit by r1',
  },
}

for (const kind of overlapKinds) {
  describe(`with ${kind} a due time meets`, () => {
    for (const [what, situation] of situations) {
      const becomes = expected[what]?.[kind]
      test(`${what}: ${becomes}`, () => {
        expect(told(decide(kind, situation))).toBe(becomes)
      })
    }
  })
}

describe('what is said', () => {
  const detail = (kind: Kind, situation: Partial<OverlapSituation>): string => {
    const verdict = decide(kind, situation)
    return 'detail' in verdict ? verdict.detail : ''
  }
  test('S-T18: the run that is in the way', () => {
    expect(detail('skip', { busy: [living] })).toBe('run r1 is still running')
  })
  test('the lock and who has it', () => {
    expect(detail('skip', { lockedBy })).toBe('backup has the lock db (run r9)')
    expect(detail('skip', { lockedBy: { ...lockedBy, run: null } })).toBe('backup has the lock db')
  })
  test('how many there are', () => {
    expect(detail('queue', { queued: 2 })).toBe('2 due times wait already')
    expect(detail('allow', { busy: [living, waiting] })).toBe('2 of its runs live, of 2 that may')
    expect(detail('allow', { busy: [living], queued: 1 })).toBe(
      '1 of its runs lives and 1 waits, of 2 that may',
    )
    expect(detail('skip', { queued: 1 })).toBe('1 due time waits before it')
  })
})

const someBusy = fc.array(fc.constantFrom(living, retrying, waiting), { maxLength: 4 })
const someSituation = fc.record({
  policy: fc.record({ kind: fc.constantFrom(...overlapKinds), max: fc.integer({ min: 1, max: 4 }) }),
  busy: someBusy,
  queued: fc.nat(4),
  lockedBy: fc.option(fc.constant(lockedBy)),
  isInTurn: fc.boolean(),
})

test('nothing begins at once beside a living run unless that is allowed, nor against a lock; whoever is free begins', () => {
  fc.assert(
    fc.property(someSituation, (situation) => {
      const { policy, busy, queued, isInTurn } = situation
      const verdict = decideOverlap(situation)
      const alone = busy.filter(({ doing }) => doing !== 'retrying').length === 0
      const begins = verdict.kind === 'start' || verdict.kind === 'startInstead'
      if (begins) {
        expect(situation.lockedBy).toBeNull()
        if (policy.kind !== 'allow' || isInTurn) expect(alone).toBe(true)
        if (policy.kind === 'allow') expect(busy.length).toBeLessThan(policy.max)
      }
      if (busy.length === 0 && queued === 0 && !situation.lockedBy) expect(verdict).toEqual({ kind: 'start' })
      if (verdict.kind === 'queue' && !isInTurn && policy.kind === 'queue')
        expect(queued).toBeLessThan(policy.max)
      // What is made up for is never dropped, and ends nobody.
      if (isInTurn) expect(['start', 'queue']).toContain(verdict.kind)
      if ('detail' in verdict) expect(verdict.detail).not.toBe('')
    }),
  )
})

test('the jobs with a lock are those that name it', () => {
  const programs = [
    aJob({ locks: ['db'] }, { name: 'report' }),
    aJob({ locks: ['disk', 'db'] }, { name: 'backup' }),
    aJob({}, { name: 'ping' }),
    aProgram(),
  ]
  const desired = new Map(programs.map((program) => [program.name, { program, launchHash: '' }]))
  expect(jobsWithLock('db', desired)).toEqual(['report', 'backup'])
  expect(jobsWithLock('disk', desired)).toEqual(['backup'])
  expect(jobsWithLock('tape', desired)).toEqual([])
})
