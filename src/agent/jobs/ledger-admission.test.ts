/** What becomes of due times that find others of their job, or of other jobs, in their way; also over the deaths of agents. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Dependency } from '../../domain/program.ts'
import { aJob, aProgram, stopped } from '../../domain/testing/samples.ts'
import { afterSuccess, byHand, JobBench, minute, overlap, retry } from '../../testing/job-bench.ts'

let bench: JobBench
beforeEach(async () => {
  bench = await JobBench.begin('2026-09-21T14:00:30Z')
})
afterEach(async () => {
  await bench.dispose()
  expect(bench.complaints).toEqual([])
})

const needsDb: Dependency[] = [{ program: 'db', condition: 'ready', restart: false }]

describe('a due time that finds the run before it alive', () => {
  it('S-T18: with skip is skipped, with the run that blocks it on its row and in its event', async () => {
    await bench.declare(aJob(overlap('skip')))
    await bench.live(2 * minute)
    const run = bench.runOf('report:0')
    expect(await bench.told()).toEqual(['14:01 running', '14:02 skipped still_running'])
    expect((await bench.newest()).state).toMatchObject({ detail: `run ${run} is still running` })
    expect(bench.dataOf('job.skipped')).toMatchObject([
      { dueAt: '2026-09-21T14:02:00.000Z', reason: 'still_running', blockedBy: run },
    ])
    await bench.finish()
    await bench.live(minute)
    expect(await bench.told()).toEqual([
      '14:01 ended success',
      '14:02 skipped still_running',
      '14:03 running',
    ])
  })

  it('with queue waits for its turn, as many as may', async () => {
    await bench.declare(aJob(overlap('queue')))
    await bench.live(4 * minute)
    expect(await bench.told()).toEqual([
      '14:01 running',
      '14:02 queued',
      '14:03 queued',
      '14:04 skipped queue_full',
    ])
    await bench.finish()
    expect(await bench.told()).toEqual([
      '14:01 ended success',
      '14:02 running',
      '14:03 queued',
      '14:04 skipped queue_full',
    ])
    await bench.finish(1)
    await bench.finish()
    expect((await bench.told()).slice(1, 3)).toEqual(['14:02 ended failure', '14:03 ended success'])
  })

  it('with replace ends it, and begins once it has ended; what waited for that is replaced as well', async () => {
    await bench.declare(aJob(overlap('replace', 1)))
    await bench.live(minute)
    await bench.bear('report:0')
    await bench.live(2 * minute)
    expect(bench.takeEffects()).toEqual(['start report:0', 'stop report:0'])
    expect(await bench.told()).toEqual(['14:01 running', '14:02 skipped replaced', '14:03 queued'])
    await bench.finish(stopped())
    expect(await bench.told()).toEqual(['14:01 ended stopped', '14:02 skipped replaced', '14:03 running'])
    expect((await bench.rows())[0]?.state).toMatchObject({
      detail: 'stopped: the next due time takes its place',
    })
  })

  it('with replace is not held up by the failure of the one that it replaces, nor by its attempts', async () => {
    await bench.declare(aJob({ ...overlap('replace', 1), ...retry(3) }))
    await bench.live(2 * minute)
    await bench.finish(1)
    expect(await bench.told()).toEqual(['14:01 ended failure', '14:02 running'])
  })

  it('S-C6: with allow runs beside it, each followed by itself, as many as may', async () => {
    await bench.declare(aJob(overlap('allow')))
    await bench.live(3 * minute)
    expect(await bench.told()).toEqual(['14:01 running', '14:02 running', '14:03 skipped overlap_limit'])
    expect(bench.states()).toEqual({ 'report:0': 'starting', 'report:1': 'starting' })
    await bench.finish(7, 'report:1')
    await bench.finish(0, 'report:0')
    expect(await bench.told()).toEqual([
      '14:01 ended success',
      '14:02 ended failure',
      '14:03 skipped overlap_limit',
    ])
    const runs = await bench.store.listRuns({ slots: null, limit: 9 })
    expect(new Set(runs.map(({ occurrence }) => occurrence?.id)).size).toBe(2)
  })

  for (const isBorn of [true, false]) {
    it(`with replace is replaced also where the agent dies over it, ${isBorn ? 'born' : 'or never began'}`, async () => {
      await bench.declare(aJob(overlap('replace', 1)))
      await bench.live(minute)
      if (isBorn) await bench.bear('report:0')
      await bench.live(minute)
      await bench.restartAgent(1000, { unborn: isBorn ? [] : ['report:0'] })
      if (isBorn) await bench.end('report:0', stopped())
      await bench.restartAgent(1000)
      expect(await bench.told()).toEqual(['14:01 ended stopped', '14:02 running'])
    })
  }

  it('S-C6: with allow is followed by itself also after the death of their agent', async () => {
    await bench.declare(aJob({ ...overlap('allow'), ...retry(1) }))
    await bench.live(2 * minute)
    for (const slot of ['report:0', 'report:1']) await bench.bear(slot)
    await bench.restartAgent(1000)
    await bench.finish(0, 'report:1')
    await bench.finish(1, 'report:0')
    await bench.restartAgent(1000)
    expect(bench.states()).toEqual({ 'report:0': 'backoff', 'report:1': 'exited' })
    expect(await bench.told()).toEqual(['14:01 running', '14:02 ended success'])
  })

  it('is known to live from its slot, also after the deaths of agents', async () => {
    await bench.declare(aJob(overlap('skip')))
    await bench.live(minute)
    await bench.bear('report:0')
    await bench.restartAgent()
    await bench.restartAgent(50_000)
    await bench.live(10_000)
    expect(await bench.told()).toEqual(['14:01 running', '14:02 skipped still_running'])
  })
})

describe('a due time that finds the one before it waiting for another attempt', () => {
  for (const kind of ['skip', 'replace'] as const) {
    it(`with ${kind} takes its place`, async () => {
      await bench.declare(aJob({ ...overlap(kind, 1), ...retry(5) }))
      await bench.live(minute)
      await bench.finish(1)
      await bench.live(minute)
      expect(await bench.told()).toEqual(['14:01 ended failure', '14:02 running'])
      expect((await bench.rows())[0]?.state).toMatchObject({
        detail: 'exited with code 1; no further attempt was waited for',
      })
    })
  }

  it('with queue waits for the last of them', async () => {
    await bench.declare(aJob({ ...overlap('queue', 9), ...retry(1) }))
    await bench.live(minute)
    await bench.finish(1)
    await bench.live(90_000)
    expect(await bench.told()).toEqual(['14:01 running', '14:02 queued', '14:03 queued'])
    await bench.finish(1)
    expect(await bench.told()).toEqual(['14:01 ended failure', '14:02 running', '14:03 queued'])
  })

  it('with allow begins beside it', async () => {
    await bench.declare(aJob({ ...overlap('allow'), ...retry(1) }))
    await bench.live(minute)
    await bench.finish(1)
    await bench.live(minute)
    expect(bench.states()).toEqual({ 'report:0': 'backoff', 'report:1': 'starting' })
  })
})

describe('a due time of a job that needs another program', () => {
  const db = aProgram({ name: 'db' })
  const stoppedDb = aProgram({ name: 'db', autostart: false })

  it('waits for it, and the ones after it are told why', async () => {
    await bench.declare(aJob(overlap('skip'), { dependsOn: needsDb }), stoppedDb)
    await bench.live(2 * minute)
    expect(bench.stateOf('report:0')).toBe('waiting')
    expect(await bench.told()).toEqual(['14:01 running', '14:02 skipped waiting_for_dependency'])
    await bench.ask('start', 'db:0')
    await bench.bear('db:0')
    await bench.live(1000)
    expect(bench.stateOf('report:0')).toBe('starting')
    await bench.finish()
    expect((await bench.told())[0]).toBe('14:01 ended success')
  })

  it('waits over the death of its agent, and begins once', async () => {
    await bench.declare(aJob(overlap('skip'), { dependsOn: needsDb }), stoppedDb)
    await bench.live(minute)
    await bench.restartAgent(10_000)
    await bench.restartAgent(10_000, { programs: [aJob(overlap('skip'), { dependsOn: needsDb }), db] })
    await bench.bear('db:0')
    await bench.live(1000)
    expect(bench.takeEffects()).toEqual(['start db:0', 'start report:0'])
    expect(bench.dataOf('job.started')).toMatchObject([{ dueAt: '2026-09-21T14:01:00.000Z', attempt: 1 }])
  })

  it('with replace is replaced by the next one', async () => {
    await bench.declare(aJob(overlap('replace', 1), { dependsOn: needsDb }), stoppedDb)
    await bench.live(2 * minute)
    expect(await bench.told()).toEqual(['14:01 ended stopped', '14:02 running'])
    expect((await bench.rows())[0]?.state).toMatchObject({ detail: 'stopped before it began' })
  })

  it('can be stopped before it begins', async () => {
    await bench.declare(aJob(byHand, { dependsOn: needsDb }), stoppedDb)
    await bench.trigger('report')
    await bench.reconciler.request((draft) => draft.send('report:0', { kind: 'stop' }))
    expect((await bench.newest()).state).toEqual({
      kind: 'ended',
      outcome: 'stopped',
      detail: 'stopped before it began',
    })
  })
})

describe('jobs that name the same lock', () => {
  const locks = ['db']
  const holder = aJob({ ...byHand, locks: ['other', 'db'] }, { name: 'backup' })

  it('never run at the same time; with skip the second is skipped, with who has the lock', async () => {
    await bench.declare(holder, aJob({ ...overlap('skip'), locks }))
    await bench.trigger('backup')
    await bench.live(minute)
    const run = bench.runOf('backup:0')
    expect(await bench.told('report')).toEqual(['14:01 skipped lock_taken'])
    expect(bench.dataOf('job.skipped')).toMatchObject([
      { detail: `backup has the lock db (run ${run})`, blockedBy: run },
    ])
  })

  for (const kind of ['queue', 'allow'] as const) {
    it(`with ${kind} the second waits for the first`, async () => {
      await bench.declare(holder, aJob({ ...overlap(kind), locks }))
      await bench.trigger('backup')
      await bench.live(3 * minute)
      expect((await bench.told('report')).slice(0, 2)).toEqual(['14:01 queued', '14:02 queued'])
      expect((await bench.told('report'))[2]).toMatch(/14:03 skipped (queue_full|overlap_limit)/)
      await bench.finish(0, 'backup:0')
      expect((await bench.told('report'))[0]).toBe('14:01 running')
    })
  }

  it('with replace only the newest one waits', async () => {
    await bench.declare(holder, aJob({ ...overlap('replace', 1), locks }))
    await bench.trigger('backup')
    await bench.live(3 * minute)
    expect(await bench.told('report')).toEqual([
      '14:01 skipped replaced',
      '14:02 skipped replaced',
      '14:03 queued',
    ])
    await bench.finish(0, 'backup:0')
    expect((await bench.told('report'))[2]).toBe('14:03 running')
  })

  it('keep it over all attempts, and over the deaths of agents', async () => {
    await bench.declare(
      aJob({ ...byHand, ...retry(1), locks }, { name: 'backup' }),
      aJob({ ...overlap('queue'), locks }),
    )
    await bench.trigger('backup')
    await bench.finish(1, 'backup:0')
    await bench.live(minute)
    await bench.restartAgent()
    expect(await bench.told('report')).toEqual(['14:01 queued'])
    await bench.live(30_000)
    await bench.finish(0, 'backup:0')
    expect((await bench.told('report'))[0]).toBe('14:01 running')
  })

  it('that became free goes to whoever was due first', async () => {
    const second = aJob({ ...overlap('queue'), ...byHand, locks }, { name: 'second' })
    await bench.declare(holder, second, aJob({ ...overlap('queue'), locks }, { name: 'first' }))
    await bench.trigger('backup')
    await bench.live(minute)
    await bench.trigger('second')
    await bench.finish(0, 'backup:0')
    expect(bench.takeEffects()).toEqual(['start backup:0', 'start first:0'])
    await bench.finish(0, 'first:0')
    expect(bench.takeEffects()).toEqual(['start second:0'])
  })

  it('different locks hinder nobody', async () => {
    await bench.declare(holder, aJob({ ...overlap('skip'), locks: ['mail'] }))
    await bench.trigger('backup')
    await bench.live(minute)
    expect(await bench.told('report')).toEqual(['14:01 running'])
  })
})

describe('what waits in a queue', () => {
  it('outlives its agent, and begins once', async () => {
    await bench.declare(aJob(overlap('queue')))
    await bench.live(2 * minute + 5000)
    await bench.bear('report:0')
    await bench.restartAgent(10_000)
    expect(await bench.told()).toEqual(['14:01 running', '14:02 queued'])
    await bench.finish()
    expect(bench.takeEffects()).toEqual(['start report:0'])
    await bench.restartAgent(10_000)
    expect(await bench.told()).toEqual(['14:01 ended success', '14:02 running'])
    expect(bench.takeEffects()).toEqual([])
  })

  it('waits on while all jobs are paused, or this one is disabled, and begins after that', async () => {
    await bench.declare(aJob(overlap('queue')))
    await bench.live(2 * minute)
    await bench.pause('ann')
    await bench.finish()
    await bench.restartAgent(1000)
    expect((await bench.told())[1]).toBe('14:02 queued')
    await bench.disable('ann')
    await bench.pause(null)
    await bench.restartAgent(1000)
    expect((await bench.told())[1]).toBe('14:02 queued')
    await bench.disable(null)
    expect((await bench.told())[1]).toBe('14:02 running')
  })

  it('is skipped when its turn comes and the configuration disables the job, or means it for other nodes', async () => {
    for (const [rules, reason] of [
      [{ isEnabled: false }, 'disabled'],
      [{ target: { nodes: ['b'], labels: {} } }, 'other_node'],
    ] as const) {
      await bench.declare(aJob({ ...overlap('queue'), ...byHand }))
      await bench.trigger('report', { kind: 'after', programs: [] })
      await bench.trigger('report', { kind: 'after', programs: [] })
      await bench.declare(aJob({ ...overlap('queue'), ...byHand, ...rules }))
      await bench.finish()
      expect((await bench.newest()).state).toMatchObject({ kind: 'skipped', reason })
    }
  })

  it('begins in no blackout', async () => {
    const blackout = [{ from: '3 14 * * *', forMs: 10 * minute }]
    await bench.declare(aJob({ ...overlap('queue'), blackout, timezone: 'UTC' }))
    await bench.live(2 * minute + 40_000)
    await bench.finish()
    const [, second] = await bench.rows()
    expect(second?.state).toMatchObject({
      kind: 'skipped',
      reason: 'blackout',
      detail: 'the blackout 3 14 * * * for 10m has begun',
    })
  })

  it('is skipped once nobody declares the job any more', async () => {
    await bench.declare(aJob(overlap('queue')))
    await bench.live(2 * minute)
    await bench.declare()
    expect((await bench.told())[1]).toBe('14:02 skipped not_declared')
  })

  it('is skipped also where that happened while no agent was there', async () => {
    await bench.declare(aJob(overlap('queue')))
    await bench.live(2 * minute)
    await bench.restartAgent(1000, { programs: [] })
    expect((await bench.told())[1]).toBe('14:02 skipped not_declared')
  })
})

describe('a blackout', () => {
  const blackout = [{ from: '2 14 * * *', forMs: 2 * minute }]
  const timezone = 'UTC'

  it('skips what is due within it', async () => {
    await bench.declare(aJob({ blackout, timezone, ...overlap('allow', 9) }))
    await bench.live(4 * minute)
    expect(await bench.told()).toEqual([
      '14:01 running',
      '14:02 skipped blackout',
      '14:03 skipped blackout',
      '14:04 running',
    ])
    expect(bench.dataOf('job.skipped')).toMatchObject([
      { detail: 'it lies in the blackout 2 14 * * * for 2m' },
      {},
    ])
  })

  it('keeps back what comes after another program, but nobody who triggers it by hand', async () => {
    const fetch = aJob(byHand, { name: 'fetch' })
    await bench.declare(fetch, aJob({ ...afterSuccess('fetch'), blackout, timezone }))
    await bench.live(2 * minute)
    await bench.trigger('fetch')
    await bench.finish(0, 'fetch:0')
    expect((await bench.newest()).state).toMatchObject({ kind: 'skipped', reason: 'blackout' })
    await bench.trigger('report')
    expect((await bench.newest()).state.kind).toBe('running')
  })

  it('begins nothing that is made up for within it', async () => {
    const at = { schedule: { expressions: ['1 14 * * *'], at: [], predicate: null } }
    await bench.declare(aJob({ ...at, blackout, timezone }))
    await bench.restartAgent(2 * minute)
    await bench.live(1)
    expect(await bench.told()).toEqual(['14:01 skipped blackout'])
  })
})
