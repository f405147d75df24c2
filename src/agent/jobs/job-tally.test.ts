/** What metrics tell of jobs: counted from the events, and read from the ledger what was before. */
import { expect, it } from 'vitest'
import type { DroverEvent } from '../../domain/events/event.ts'
import type { Occurrence } from '../../domain/jobs/occurrence.ts'
import { aProgram } from '../../domain/testing/samples.ts'
import { JobTally } from './job-tally.ts'

const ended = (program: string, endedAt: number): Occurrence => ({
  id: `o${endedAt}`,
  program,
  dueAt: endedAt - 500,
  trigger: { kind: 'every', isCatchUp: false, previousAt: null },
  state: { kind: 'ended', outcome: 'success', detail: '' },
  attempts: 1,
  run: null,
  params: {},
  recordedAt: endedAt - 500,
  startedAt: endedAt - 400,
  endedAt,
})

const event = (kind: DroverEvent['kind'], at: number, lastedMs: number | null = null): DroverEvent =>
  ({
    id: at,
    at,
    kind,
    program: 'report',
    slot: null,
    run: null,
    customData: null,
    data: kind === 'job.skipped' || kind === 'job.missed' ? {} : { lastedMs },
  }) as unknown as DroverEvent

function storeOf(rows: Record<'ended' | 'good', Occurrence[]>) {
  const asked: (readonly string[] | null)[] = []
  return {
    asked,
    async listLastOccurrences(programs: readonly string[] | null, which: 'any' | 'ended' | 'good') {
      asked.push(programs)
      return which === 'any' ? [] : rows[which].filter(({ program }) => programs?.includes(program))
    },
  }
}

it('counts what becomes of due times, and keeps the last length and the last good end', () => {
  const tally = new JobTally(storeOf({ ended: [], good: [] }))
  tally.add([event('job.succeeded', 10, 100), event('job.warned', 20, 200), event('job.succeeded', 25, 50)])
  tally.add([
    event('job.failed', 30, 300),
    event('job.skipped', 40),
    event('job.missed', 50),
    event('run.ended', 60),
  ])
  const { became, lastedMs, wentWellAt } = tally.of('report')
  expect(Object.fromEntries(became)).toEqual({ success: 2, warning: 1, failure: 1, skipped: 1, missed: 1 })
  expect({ lastedMs, wentWellAt }).toEqual({ lastedMs: 300, wentWellAt: 25 })
})

it('remembers what was before it began, once, and prefers what it saw itself', async () => {
  const store = storeOf({
    ended: [ended('report', 1000), ended('other', 2000)],
    good: [ended('report', 900)],
  })
  const tally = new JobTally(store)
  tally.add([event('job.failed', 3000, 7)])
  await Promise.all([tally.remember(['report', 'other']), tally.remember(['report', 'other'])])
  await tally.remember(['report'])
  expect(store.asked).toHaveLength(2)
  expect(tally.of('report')).toMatchObject({ lastedMs: 7, wentWellAt: 900 })
  expect(tally.of('other')).toMatchObject({ lastedMs: 400, wentWellAt: null })
})

it('reads many jobs in parts, and reads again where that failed', async () => {
  const store = storeOf({ ended: [], good: [] })
  const names = Array.from({ length: 600 }, (_, index) => `job-${index}`)
  let isBroken = true
  const tally = new JobTally({
    listLastOccurrences: async (programs, which) => {
      if (isBroken) throw new Error('no disk')
      return await store.listLastOccurrences(programs, which)
    },
  })
  await expect(tally.remember(names)).rejects.toThrow('no disk')
  isBroken = false
  await tally.remember(names)
  expect(store.asked.map((programs) => programs?.length)).toEqual([250, 250, 250, 250, 100, 100])
})

it('forgets jobs that nobody declares any more', () => {
  const tally = new JobTally(storeOf({ ended: [], good: [] }))
  tally.add([event('job.succeeded', 10, 100)])
  const service = { program: aProgram({ name: 'report' }), launchHash: '' }
  tally.keepOnly(new Map([['report', service]]))
  expect(tally.of('report').became.size).toBe(0)
})
