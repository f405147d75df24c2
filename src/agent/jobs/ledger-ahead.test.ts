/** What is due in a moment begins ahead, and its command waits for its time: only where nothing can come in its way, and until then nothing has begun. */
import { afterEach, beforeEach, expect, it } from 'vitest'
import { aJob, exited, failedToStart } from '../../domain/testing/samples.ts'
import { afterSuccess, JobBench, overlap } from '../../testing/job-bench.ts'

const due = Date.parse('2026-09-21T14:01:00Z')

let bench: JobBench
beforeEach(async () => {
  bench = new JobBench(Date.parse('2026-09-21T14:00:30Z'))
  bench.leadMs = 1000
  await bench.schedule()
})
afterEach(async () => {
  await bench.dispose()
  expect(bench.complaints).toEqual([])
})

const hourly = { schedule: { expressions: ['0 * * * *'], at: [], predicate: null } }
const starts = (): (number | null)[] =>
  bench.effects.flatMap((effect) => (effect.kind === 'start' ? [effect.notBefore] : []))

it('a second before its time it is claimed, and told of once its command began', async () => {
  await bench.declare(aJob())
  await bench.live(28_999)
  expect(starts()).toEqual([])
  await bench.live(1)
  expect(starts()).toEqual([due])
  expect(await bench.newest()).toMatchObject({ dueAt: due, startedAt: null, state: { kind: 'running' } })
  expect(bench.jobKinds()).toEqual([])
  await bench.live(1020)
  expect(starts(), 'once').toEqual([due])
  await bench.bear('report:0')
  expect(bench.dataOf('job.started')).toMatchObject([{ attempt: 1, lateMs: 20, trigger: 'schedule' }])
  await bench.finish(0)
  expect(await bench.newest()).toMatchObject({ startedAt: due + 20, attempts: 1 })
  expect(await bench.told()).toEqual(['14:01 ended success'])
  expect(bench.jobKinds()).toEqual(['job.started', 'job.succeeded'])
})

it('what begins at its time has the start of its command in its row as well', async () => {
  await bench.declare(aJob({ schedule: { expressions: ['@every 1m'], at: [], predicate: null } }))
  await bench.live(60_000)
  expect(starts()).toEqual([null])
  await bench.live(40)
  await bench.bear('report:0')
  const { dueAt, startedAt } = await bench.newest()
  expect((startedAt ?? 0) - dueAt).toBe(40)
})

it('S-C10 how long it lasted is counted from the start of its command to its end, begun ahead or not', async () => {
  await bench.declare(aJob())
  await bench.live(29_000 + 1020)
  await bench.bear('report:0')
  await bench.live(1500)
  await bench.end('report:0', { ...exited(0, 1500), endedAt: bench.clock.now() })
  await bench.trigger('report')
  await bench.live(40)
  await bench.bear('report:0')
  await bench.live(1500)
  await bench.end('report:0', { ...exited(0, 1500), endedAt: bench.clock.now() })
  expect(bench.dataOf('job.succeeded')).toMatchObject([{ lastedMs: 1500 }, { lastedMs: 1500 }])
  expect((await bench.newest()).startedAt).toBe(bench.clock.now() - 1500)
})

it('what could not be executed is told as begun and failed', async () => {
  await bench.declare(aJob())
  await bench.live(29_000)
  await bench.end('report:0', failedToStart())
  expect(bench.jobKinds()).toEqual(['job.started', 'job.failed'])
})

it.each([
  ['is paused', async () => await bench.pause('ann'), '14:01 skipped paused'],
  ['is disabled', async () => await bench.disable('ann'), '14:01 skipped disabled'],
  ['still runs', async () => void (await bench.trigger('report')), '14:01 skipped still_running'],
])('while it %s nothing is claimed ahead, and it is decided at its time', async (_what, hinder, told) => {
  await bench.declare(aJob())
  await hinder()
  bench.effects.splice(0)
  await bench.live(29_999)
  expect((await bench.rows()).filter(({ trigger }) => trigger.kind === 'schedule')).toEqual([])
  await bench.live(1)
  expect((await bench.told()).at(-1)).toBe(told)
  expect(starts()).toEqual([])
})

it('neither is a job with a lock, which another one may take first', async () => {
  await bench.declare(aJob({ locks: ['db'] }), aJob({ ...afterSuccess(), locks: ['db'] }, { name: 'other' }))
  await bench.live(29_500)
  await bench.trigger('other')
  await bench.live(500)
  expect((await bench.newest()).state).toMatchObject({ kind: 'skipped', reason: 'lock_taken' })
})

it.each([
  ['all jobs are paused', async () => await bench.pause('ann'), '14:01 skipped paused'],
  ['it is disabled', async () => await bench.disable('ann'), '14:01 skipped disabled'],
  ['its schedule is another', async () => await bench.declare(aJob(hourly)), '14:01 missed changed'],
  ['it is taken away', async () => await bench.declare(), '14:01 skipped not_declared'],
  ['somebody stops it', async () => await bench.ask('stop', 'report:0'), '14:01 ended stopped'],
])('is called off when %s before its time', async (_what, act, told) => {
  await bench.declare(aJob())
  await bench.live(29_500)
  await act()
  expect(bench.effects.map(({ kind }) => kind)).toEqual(['start', 'stop'])
  await bench.end('report:0', { kind: 'revoked', endedAt: due - 400, reason: 'stopped before it began' })
  await bench.live(500)
  expect(await bench.told()).toEqual([told])
  expect(bench.jobKinds()).not.toContain('job.started')
  expect(await bench.newest()).toMatchObject({ attempts: told.includes('stopped') ? 1 : 0 })
})

it('what begins for its time is left alone by a pause', async () => {
  await bench.declare(aJob())
  await bench.live(30_000)
  await bench.pause('ann')
  expect(bench.effects.map(({ kind }) => kind)).toEqual(['start'])
})

it('an agent that dies before its time leaves it to the next, and its time stays', async () => {
  await bench.declare(aJob())
  await bench.live(29_200)
  await bench.restartAgent(100, { unborn: ['report:0'] })
  expect(starts()).toEqual([due])
  await bench.live(700)
  await bench.bear('report:0')
  await bench.finish(0)
  expect(await bench.told()).toEqual(['14:01 ended success'])
  expect((await bench.newest()).attempts).toBe(1)
})

it('an agent that is shut down before its time leaves it to the next', async () => {
  await bench.declare(aJob())
  await bench.live(29_200)
  await bench.reconciler.request((draft) => {
    draft.isShuttingDown = true
    draft.send('report:0', { kind: 'stop' })
  })
  await bench.end('report:0', { kind: 'revoked', endedAt: due - 700, reason: 'stopped before it began' })
  expect(await bench.told()).toEqual(['14:01 queued'])
  await bench.restartAgent(5000)
  expect(starts()).toEqual([null])
  await bench.finish(0)
  expect(await bench.told()).toEqual(['14:01 ended success'])
})

it('a clock that is set back before its time moves its time, and nothing is due twice', async () => {
  await bench.declare(aJob())
  await bench.live(29_500)
  bench.clock.step(-600_000)
  await bench.live(590_000)
  expect(starts()).toEqual([due])
  await bench.live(10_500)
  await bench.bear('report:0')
  await bench.finish(0)
  await bench.live(60_000)
  expect((await bench.told()).slice(0, 1)).toEqual(['14:01 ended success'])
  expect(starts()).toEqual([due, due + 60_000])
})

it('where the store takes no writes it is decided at its time', async () => {
  await bench.declare(aJob(overlap('skip')))
  bench.storeTrouble = new Error('the disk is full')
  await bench.live(29_500)
  expect(starts()).toEqual([])
  bench.storeTrouble = null
  await bench.live(1500)
  expect(starts()).toEqual([null])
  bench.complaints.splice(0)
})
