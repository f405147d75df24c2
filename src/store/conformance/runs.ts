/** Runs: claimed, started, ended, and one day without their directory. */
import { describe, expect, it } from 'vitest'
import type { Run } from '../../domain/run.ts'
import { exited, signaled } from '../../domain/testing/samples.ts'
import type { RunQuery, Store } from '../store.ts'
import type { MakeStore } from './conformance.ts'
import { aRun, aSlot } from './samples.ts'

export function describeRuns(make: MakeStore): void {
  describe('runs', () => {
    it('gives back a run as it was claimed, started and ended, in the next agent too', async () => {
      const one = await make()
      const cause = { kind: 'restart', after: 'r0', reason: 'exited with code 1' } as const
      const run = aRun('r1', { cause })
      await one.store.record({ claimedRuns: [run] })
      expect(await one.store.listOpenRuns()).toEqual([run])
      await one.store.record({ startedRuns: [{ id: 'r1', startedAt: 1_790_000_000_001, pid: 4_194_304 }] })
      const started: Run = { ...run, startedAt: 1_790_000_000_001, pid: 4_194_304 }
      expect(await one.store.listOpenRuns()).toEqual([started])
      const end = { ...exited(7, 1234.5), endedAt: 1_790_000_002_000 }
      await one.store.record({ endedRuns: [{ id: 'r1', end, keptBytes: 10 }] })
      const store = await one.reopen()
      expect(await store.listOpenRuns()).toEqual([])
      expect(await store.findRuns('r1')).toEqual([{ ...started, end }])
    })

    it('keeps what a run used at most, and when it was told to be overdue, before and after its end', async () => {
      const one = await make()
      const run = aRun('r1')
      const peak = { treeRssBytes: 9_007_199_254_740_991, processes: 3, openFiles: null }
      await one.store.record({ claimedRuns: [run, aRun('r2')] })
      await one.store.record({
        peaks: [{ id: 'r1', peak: { ...peak, processes: 2 } }],
        warnedRuns: [{ id: 'r1', warnedAt: 1_790_000_000_007 }],
      })
      const second = await one.reopen()
      const open = await second.listOpenRuns()
      expect(open.find(({ id }) => id === 'r1')).toEqual({
        ...run,
        peak: { ...peak, processes: 2 },
        warnedAt: 1_790_000_000_007,
      })
      expect(open.find(({ id }) => id === 'r2')).toEqual(aRun('r2'))
      await second.record({
        peaks: [{ id: 'r1', peak }],
        endedRuns: [{ id: 'r1', end: exited(0, 1), keptBytes: 0 }],
      })
      expect(await second.findRuns('r1')).toMatchObject([{ peak, warnedAt: 1_790_000_000_007 }])
    })

    it('S-F2 keeps how far the output of a run was told, of each stream', async () => {
      const one = await make()
      await one.store.record({ claimedRuns: [aRun('r1'), aRun('r2')] })
      await one.store.record({ toldOutput: [{ id: 'r1', out: 10, err: null }] })
      await one.store.record({
        toldOutput: [
          { id: 'r1', out: null, err: 7 },
          { id: 'r1', out: 5_000_000_000, err: null },
        ],
      })
      const store = await one.reopen()
      expect(await store.findRuns('r1')).toEqual([
        { ...aRun('r1'), toldOutput: { out: 5_000_000_000, err: 7 } },
      ])
      expect(await store.findRuns('r2')).toEqual([aRun('r2')])
    })

    it('leaves a run that is claimed again as it is', async () => {
      const { store } = await make()
      await end(store, aRun('r1'), 5)
      await store.record({ claimedRuns: [aRun('r1', { slot: 'other:0' }), aRun('r2')] })
      expect(await store.findRuns('r1')).toMatchObject([{ slot: 'mailer:0', end: { kind: 'exited' } }])
      expect(await ids(store, {})).toEqual(['r2', 'r1'])
    })

    it('claims, starts and ends a run in one record', async () => {
      const { store } = await make()
      await store.record({
        claimedRuns: [aRun('r1')],
        startedRuns: [{ id: 'r1', startedAt: 5, pid: 6 }],
        endedRuns: [{ id: 'r1', end: exited(0, 1), keptBytes: 0 }],
      })
      expect(await store.findRuns('r1')).toMatchObject([{ startedAt: 5, pid: 6, end: { kind: 'exited' } }])
    })

    it('lists runs newest first, by slot, by state, before an id, up to a limit', async () => {
      const { store } = await make()
      await end(store, aRun('r1'))
      await end(store, aRun('r2', { slot: 'mailer:1' }))
      await store.record({ claimedRuns: [aRun('r4', { slot: 'mailer:1' }), aRun('r3')] })
      expect(await ids(store, {})).toEqual(['r4', 'r3', 'r2', 'r1'])
      expect(await ids(store, { slots: ['mailer:1'] })).toEqual(['r4', 'r2'])
      expect(await ids(store, { slots: ['mailer:0', 'mailer:1'], limit: 3 })).toEqual(['r4', 'r3', 'r2'])
      expect(await ids(store, { state: 'alive' })).toEqual(['r4', 'r3'])
      expect(await ids(store, { state: 'ended' })).toEqual(['r2', 'r1'])
      expect(await ids(store, { before: 'r3' })).toEqual(['r2', 'r1'])
      expect(await ids(store, { before: 'r3', slots: ['mailer:1'], state: 'ended', limit: 1 })).toEqual([
        'r2',
      ])
    })

    it('lists nothing for no slots, which is not the same as any slot', async () => {
      const { store } = await make()
      await store.record({ claimedRuns: [aRun('r1')] })
      expect(await ids(store, { slots: [] })).toEqual([])
    })

    it('finds runs by the beginning of their id, at most two, the whole id first', async () => {
      const { store } = await make()
      await store.record({ claimedRuns: ['ab1', 'ab12', 'ab13', 'ac'].map((id) => aRun(id)) })
      const found = async (prefix: string): Promise<string[]> =>
        (await store.findRuns(prefix)).map(({ id }) => id)
      expect(await found('ac')).toEqual(['ac'])
      expect(await found('ab1')).toEqual(['ab1', 'ab12'])
      expect(await found('ab')).toHaveLength(2)
      expect(await found('b')).toEqual([])
      expect(await found('%')).toEqual([])
      expect(await found('a_1')).toEqual([])
    })

    it('keeps count of the directories that are left, newest first, until they are dropped', async () => {
      const { store } = await make()
      await end(store, aRun('r1'), 100)
      await end(store, aRun('r2'), 0)
      await end(store, aRun('r3'), null)
      await end(store, aRun('r4', { slot: 'mailer:1' }), 7)
      await store.record({ claimedRuns: [aRun('r5')] })
      expect(await store.listKeptRuns('mailer:0')).toEqual([
        { id: 'r2', bytes: 0, endedAt: expect.any(Number) },
        { id: 'r1', bytes: 100, endedAt: expect.any(Number) },
      ])
      expect((await store.listKeptRunIds()).sort()).toEqual(['r1', 'r2', 'r4'])
      await store.record({ droppedRuns: ['r1', 'r4', 'nobody'] })
      expect(await store.listKeptRunIds()).toEqual(['r2'])
      expect(await store.findRuns('r1')).toMatchObject([{ end: { kind: 'exited' } }])
    })

    it('names the kept runs of slots that are no more, once they have ended long enough ago', async () => {
      const { store } = await make()
      const endedAt = exited(0, 1).endedAt
      await store.record({ slots: [aSlot('mailer:0')] })
      await end(store, aRun('r1'))
      await end(store, aRun('r2', { slot: 'gone:0' }))
      await end(store, aRun('r3', { slot: 'gone:0' }), null)
      await store.record({ claimedRuns: [aRun('r4', { slot: 'gone:0' })] })
      await end(store, aRun('r5', { slot: 'mailer' }))
      expect(await store.listForgottenRuns(endedAt, endedAt)).toEqual([])
      expect(await store.listForgottenRuns(endedAt + 1, endedAt)).toEqual(['r2'])
      expect(await store.listForgottenRuns(endedAt, endedAt + 1)).toEqual(['r5'])
    })

    it('knows every slot that ever had a run, each once', async () => {
      const { store } = await make()
      await store.record({
        claimedRuns: [aRun('r1'), aRun('r2'), aRun('r3', { slot: 'gone:0', program: 'gone' })],
      })
      const slots = await store.listSlotsOfRuns()
      expect(slots.sort((a, b) => (a.slot < b.slot ? -1 : 1))).toEqual([
        { slot: 'gone:0', program: 'gone' },
        { slot: 'mailer:0', program: 'mailer' },
      ])
    })

    it('remembers the last end that it was told', async () => {
      const { store } = await make()
      await end(store, aRun('r1'))
      await store.record({ endedRuns: [{ id: 'r1', end: signaled('SIGKILL', 1), keptBytes: 1 }] })
      expect(await store.findRuns('r1')).toMatchObject([{ end: { kind: 'signaled' } }])
    })
  })
}

async function end(store: Store, run: Run, keptBytes: number | null = 0): Promise<void> {
  await store.record({ claimedRuns: [run], endedRuns: [{ id: run.id, end: exited(0, 1), keptBytes }] })
}

async function ids(store: Store, query: Partial<RunQuery>): Promise<string[]> {
  return (await store.listRuns({ slots: null, limit: 100, ...query })).map(({ id }) => id)
}
