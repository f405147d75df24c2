/** Jobs and the ledger of their due times. */
import { describe, expect, it } from 'vitest'
import type { Occurrence, Outcome } from '../../domain/jobs/occurrence.ts'
import { exited } from '../../domain/testing/samples.ts'
import type { StoredJob, WhichLast } from '../store.ts'
import type { MakeStore } from './conformance.ts'
import { aRun } from './samples.ts'

const report: StoredJob = {
  program: 'report',
  coveredUntil: 1_790_000_000_000,
  anchor: 1_790_000_000_000,
  schedule: 'abc',
  disabledBy: null,
  progress: [],
  lastDueAt: 1_790_000_000_000,
  lastTriggeredAt: 0,
}

export function anOccurrence(id: string, changes: Partial<Occurrence> = {}): Occurrence {
  return {
    id,
    program: 'report',
    dueAt: 1_790_000_000_000,
    trigger: { kind: 'schedule', isCatchUp: false, previousAt: null },
    state: { kind: 'queued', reason: null },
    attempts: 0,
    run: null,
    params: {},
    recordedAt: 1_790_000_000_001,
    startedAt: null,
    endedAt: null,
    ...changes,
  }
}

const skipped: Occurrence['state'] = { kind: 'skipped', reason: 'paused', detail: 'paused by alice' }

export function describeJobs(make: MakeStore): void {
  describe('jobs', () => {
    it('come back as they were, are replaced and taken away by program', async () => {
      const one = await make()
      const other = { ...report, program: 'other', disabledBy: 'alice', progress: ['a', 'b'] }
      await one.store.record({ jobs: [report, other] })
      const store = await one.reopen()
      expect(await store.loadJobs()).toEqual([other, report])
      await store.record({ jobs: [{ ...report, coveredUntil: 5 }], removedJobs: ['other', 'never'] })
      expect(await store.loadJobs()).toEqual([{ ...report, coveredUntil: 5 }])
    })
  })

  describe('occurrences', () => {
    it('come back as they were, and change in state, attempts, run and times', async () => {
      const one = await make()
      const queued = anOccurrence('a', { params: { SINCE: 'today' } })
      await one.store.record({ occurrences: [queued] })
      const running: Occurrence = {
        ...queued,
        state: { kind: 'running', slot: 'report:0' },
        attempts: 1,
        run: 'r1',
        startedAt: 7,
      }
      await one.store.record({ changedOccurrences: [running] })
      const store = await one.reopen()
      expect(await store.listOpenOccurrences()).toEqual([running])
      const ended: Occurrence = {
        ...running,
        state: { kind: 'ended', outcome: 'success', detail: 'exited with code 0' },
        endedAt: 9,
      }
      await store.record({ changedOccurrences: [ended] })
      expect(await store.listOpenOccurrences()).toEqual([])
      expect(await store.findOccurrences('a')).toEqual([ended])
    })

    it('a due time of a schedule is there once, whoever records it; other triggers may share a time', async () => {
      const { store } = await make()
      const manual = { kind: 'manual', by: 'alice' } as const
      await store.record({ occurrences: [anOccurrence('a')] })
      await store.record({
        occurrences: [
          anOccurrence('b', { state: skipped }),
          anOccurrence('c', { trigger: manual }),
          anOccurrence('d', { program: 'other' }),
        ],
      })
      const found = await store.listOccurrences({ programs: null, states: [], limit: 10 })
      expect(found.map(({ id }) => id)).toEqual(['d', 'c', 'a'])
      expect(found.at(-1)?.state).toEqual({ kind: 'queued', reason: null })
    })

    it('are listed newest first, by program and state, in pages', async () => {
      const { store } = await make()
      const names = Array.from({ length: 9 }, (_, index) => `o${index}`)
      await store.record({
        occurrences: names.map((id, index) =>
          anOccurrence(id, {
            dueAt: index * 1000,
            program: index % 2 ? 'other' : 'report',
            state: index < 3 ? { kind: 'missed', reason: 'no_agent', since: null, count: null } : skipped,
          }),
        ),
      })
      const ids = async (query: object) =>
        (await store.listOccurrences({ programs: null, states: [], limit: 100, ...query })).map(
          ({ id }) => id,
        )
      expect(await ids({ limit: 2 })).toEqual(['o8', 'o7'])
      expect(await ids({ before: 'o7', limit: 2 })).toEqual(['o6', 'o5'])
      expect(await ids({ programs: ['other'] })).toEqual(['o7', 'o5', 'o3', 'o1'])
      expect(await ids({ states: ['missed'] })).toEqual(['o2', 'o1', 'o0'])
      expect(await ids({ programs: [] })).toEqual([])
    })

    it('the last one of each declared job is found, the last that ended as a run, and the last that was good', async () => {
      const { store } = await make()
      const ended = (outcome: Outcome, detail = ''): Occurrence['state'] => ({
        kind: 'ended',
        outcome,
        detail,
      })
      const states: [program: string, state: Occurrence['state']][] = [
        ['report', ended('success')],
        ['report', ended('warning')],
        ['report', ended('failure', '"outcome":"success"')],
        ['report', skipped],
        ['other', ended('timed_out')],
        ['gone', ended('success')],
      ]
      await store.record({
        jobs: [report, { ...report, program: 'other' }, { ...report, program: 'idle' }],
        occurrences: states.map(([program, state], index) =>
          anOccurrence(`o${index}`, { program, state, dueAt: index * 1000 }),
        ),
      })
      const last = async (programs: string[] | null, which: WhichLast) =>
        (await store.listLastOccurrences(programs, which)).map(({ id }) => id).sort()
      expect(await last(null, 'any')).toEqual(['o3', 'o4'])
      expect(await last(null, 'ended')).toEqual(['o2', 'o4'])
      expect(await last(null, 'good')).toEqual(['o1'])
      expect(await last(['other', 'never', 'gone'], 'any')).toEqual(['o4'])
      expect(await last([], 'any')).toEqual([])
    })

    it('are forgotten beyond a number and an age, with their runs, the open ones never', async () => {
      const { store } = await make()
      const names = Array.from({ length: 6 }, (_, index) => `o${index}`)
      await store.record({
        occurrences: names.map((id, index) =>
          anOccurrence(id, {
            dueAt: index * 1000,
            recordedAt: index,
            ...(index === 1 ? {} : { state: skipped }),
          }),
        ),
        claimedRuns: names.map((id) =>
          aRun(`r-${id}`, { program: 'report', occurrence: { id, attempt: 1 } }),
        ),
        endedRuns: names.slice(2).map((id) => ({ id: `r-${id}`, end: exited(0, 1), keptBytes: null })),
      })
      const left = async () =>
        (await store.listOccurrences({ programs: null, states: [], limit: 100 })).map(({ id }) => id)
      expect(await store.trimJob({ program: 'report', keep: 3, recordedBefore: null })).toBe(3)
      expect(await left()).toEqual(['o5', 'o4', 'o3', 'o1'])
      expect(await store.trimJob({ program: 'report', keep: 3, recordedBefore: 5 })).toBe(4)
      expect(await left()).toEqual(['o5', 'o1'])
      expect(await store.trimJob({ program: 'other', keep: 1, recordedBefore: 5 })).toBe(0)
      const runs = await store.listRuns({ slots: null, limit: 10 })
      expect(runs.map(({ id }) => id)).toEqual(['r-o5', 'r-o1', 'r-o0'])
    })

    it('of programs that are no jobs any more are forgotten once they are old', async () => {
      const { store } = await make()
      await store.record({
        jobs: [report],
        occurrences: [
          anOccurrence('o1', { recordedAt: 1, state: skipped }),
          anOccurrence('o2', { program: 'gone', recordedAt: 1, state: skipped }),
          anOccurrence('o3', { program: 'gone', dueAt: 1000, recordedAt: 9, state: skipped }),
        ],
      })
      expect(await store.trim({ keepRuns: 10, keepEvents: 10, keepDeliveries: 9, forgottenBefore: 5 })).toBe(
        1,
      )
      const left = await store.listOccurrences({ programs: null, states: [], limit: 10 })
      expect(left.map(({ id }) => id)).toEqual(['o3', 'o1'])
    })
  })
}
