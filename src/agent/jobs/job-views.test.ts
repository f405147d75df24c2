/** What the API says of jobs: of the form of the contract whatever they are at, and why one has no next time. */
import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import { JobView, OccurrenceView } from '../../contract/views.ts'
import type { JobRules } from '../../domain/jobs/job.ts'
import type { Occurrence } from '../../domain/jobs/occurrence.ts'
import { aJob } from '../../domain/testing/samples.ts'
import { anOccurrence } from '../../store/conformance/jobs.ts'
import { countOpen, hindranceOf, scheduleText, viewJob, viewOccurrence } from './job-views.ts'
import { emptyLedger, type LedgerBase } from './ledger-book.ts'
import { OpenOccurrences } from './open-occurrences.ts'

const record = {
  program: 'report',
  coveredUntil: 0,
  anchor: 0,
  schedule: '',
  disabledBy: null,
  progress: ['fetch'],
  lastDueAt: 0,
  lastTriggeredAt: 0,
}

function ledgerOf(changes: Partial<LedgerBase> = {}): LedgerBase {
  return {
    ...emptyLedger({ name: 'alpha', labels: { role: 'web' } }),
    jobs: new Map([['report', record]]),
    ...changes,
  }
}

const running = anOccurrence('b', {
  state: { kind: 'running', slot: 'report:0' },
  attempts: 2,
  run: 'r1',
  startedAt: 1_790_000_002_500,
})

describe('the view of a due time', () => {
  it.each<[Partial<Occurrence>, object]>([
    [{}, { state: 'queued', text: 'waits', lateMs: null, durationMs: null }],
    [
      { state: { kind: 'queued', reason: 'lock_taken' } },
      { reason: 'lock_taken', text: 'another job has a lock that this one wants' },
    ],
    [
      { state: running.state, attempts: 1 },
      { state: 'running', text: 'running' },
    ],
    [running, { text: 'attempt 2', lateMs: 2500, run: 'r1' }],
    [
      {
        state: { kind: 'ended', outcome: 'failure', detail: 'exited with code 3' },
        attempts: 2,
        startedAt: 1_790_000_000_000,
        endedAt: 1_790_000_004_000,
      },
      { outcome: 'failure', text: 'exited with code 3, after 2 attempts', durationMs: 4000 },
    ],
    [
      { state: { kind: 'skipped', reason: 'paused', detail: 'all jobs were paused by alice' } },
      { state: 'skipped', reason: 'paused', text: 'all jobs were paused by alice' },
    ],
    [
      { state: { kind: 'missed', reason: 'too_late', since: 1_780_000_000_000, count: null } },
      {
        text: 'by the time that an agent was there it was later than the job allows',
        since: new Date(1_780_000_000_000).toISOString(),
      },
    ],
    [
      { trigger: { kind: 'manual', by: 'alice' }, params: { SINCE: 'today' } },
      { trigger: 'manual', isCatchUp: false, params: { SINCE: 'today' } },
    ],
    [
      { trigger: { kind: 'every', isCatchUp: true, previousAt: null } },
      { trigger: 'every', isCatchUp: true },
    ],
  ])('%#: is of the contract, and says in a clause what became of it', (given, expected) => {
    const view = viewOccurrence(anOccurrence('a', given))
    expect(v.parse(OccurrenceView, view)).toEqual(view)
    expect(view).toMatchObject(expected)
  })
})

describe('the view of a job', () => {
  const view = (rules: Partial<JobRules>, ledger = ledgerOf(), nextAt: number | null = null): JobView =>
    viewJob(aJob(rules), {
      ledger,
      open: countOpen(ledger),
      nextAt,
      last: null,
      lastEnded: null,
      recentMs: [],
    })

  it('is of the contract, and tells what it is at', () => {
    const occurrences = OpenOccurrences.from([
      { ...running, id: 'c' },
      running,
      anOccurrence('d'),
      anOccurrence('e', { program: 'other' }),
    ])
    const rules: Partial<JobRules> = { after: [{ program: 'fetch', condition: 'success' }], timezone: 'UTC' }
    const seen = view(rules, ledgerOf({ occurrences }), 1_790_000_060_000)
    expect(v.parse(JobView, seen)).toEqual(seen)
    expect(seen).toMatchObject({
      running: 2,
      queued: 1,
      current: { id: 'b', text: 'attempt 2' },
      schedule: '* * * * *; after fetch',
      nextAt: new Date(1_790_000_060_000).toISOString(),
      noNext: null,
      after: [{ program: 'fetch', isMet: true }],
    })
  })

  const never = { expressions: [], at: [], predicate: null }
  it.each<[Partial<JobRules>, JobView['noNext']]>([
    [{ schedule: never }, 'manual'],
    [{ schedule: never, after: [{ program: 'a', condition: 'end' }] }, 'after'],
    [{ schedule: { ...never, expressions: ['@reboot'] } }, 'reboot'],
    [{ schedule: { ...never, predicate: { file: 'a.ts', path: [] } } }, 'function'],
    [{ schedule: { ...never, at: ['2020-01-01 00:00'] } }, 'passed'],
    [{ schedule: { ...never, expressions: ['0 0 0 1 1 * 2020'] } }, 'passed'],
    [{ isEnabled: false }, 'not_enabled'],
    [{ target: { nodes: ['beta'], labels: {} } }, 'other_node'],
  ])('%#: says why there is no next time', (rules, expected) => expect(view(rules).noNext).toBe(expected))

  it('has no next time where its schedule is not in force', () => {
    expect(view({ isEnabled: false }, ledgerOf(), 1000).nextAt).toBeNull()
    expect(view({ target: { nodes: [], labels: { role: 'db' } } }, ledgerOf(), 1000)).toMatchObject({
      nextAt: null,
      notHere: 'it is for nodes with role=db, and this one has role=web',
    })
  })

  it.each<[Partial<JobRules>, Partial<LedgerBase>, ReturnType<typeof hindranceOf>]>([
    [{}, {}, null],
    [{ isEnabled: false }, { pausedBy: 'alice' }, { isSkipped: false, text: 'not enabled' }],
    [
      { target: { nodes: ['beta'], labels: {} } },
      {},
      { isSkipped: false, text: 'it is for beta, and this node is alpha' },
    ],
    [{}, { pausedBy: 'alice' }, { isSkipped: true, text: 'all jobs were paused by alice' }],
    [
      {},
      { jobs: new Map([['report', { ...record, disabledBy: 'bob' }]]) },
      { isSkipped: true, text: 'disabled by bob' },
    ],
  ])('%#: tells what keeps it from beginning', (rules, changes, expected) =>
    expect(hindranceOf(aJob(rules), ledgerOf(changes))).toEqual(expected),
  )

  it.each<[Partial<JobRules>, string]>([
    [{ schedule: never }, 'by hand'],
    [
      { schedule: { ...never, at: ['2026-12-24 18:00', '2026-12-25 09:00'] } },
      'at 2026-12-24 18:00; at 2026-12-25 09:00',
    ],
    [{ schedule: { ...never, predicate: { file: 'a.ts', path: [] } } }, 'by a function'],
    [
      {
        schedule: never,
        after: [
          { program: 'a', condition: 'success' },
          { program: 'b', condition: 'failure' },
        ],
      },
      'after a and b (failure)',
    ],
  ])('%#: says in words when it is due', (rules, expected) =>
    expect(scheduleText(aJob(rules))).toBe(expected),
  )
})
