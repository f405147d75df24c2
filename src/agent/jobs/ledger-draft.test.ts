/** By what else than its schedule a job is due, and who may hold it up: other programs, starts of the machine, people. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { RunEnd } from '../../domain/run.ts'
import { aJob, aPolicy, aProgram, exited, stopped } from '../../domain/testing/samples.ts'
import { afterSuccess, byHand, JobBench, minute, overlap, retry, timedOut } from '../../testing/job-bench.ts'

let bench: JobBench
beforeEach(async () => {
  bench = await JobBench.begin('2026-09-21T14:00:30Z')
})
afterEach(async () => {
  await bench.dispose()
  expect(bench.complaints).toEqual([])
})

describe('a job that comes after others', () => {
  const fetch = aJob(byHand, { name: 'fetch' })
  const load = aJob({ ...byHand, ...overlap('queue', 9) }, { name: 'load' })

  for (const [condition, due] of [
    ['success', [0]],
    ['failure', [1, timedOut]],
    ['end', [0, 1, timedOut]],
  ] as const) {
    it(`by ${condition} begins in the transaction that records the end, or not at all`, async () => {
      await bench.declare(
        fetch,
        aJob({ ...byHand, ...overlap('queue', 9), after: [{ program: 'fetch', condition }] }),
      )
      for (const how of [0, 1, timedOut, stopped()] as const) {
        const before = (await bench.rows('report')).length
        await bench.trigger('fetch')
        await bench.finish(how as RunEnd | number, 'fetch:0')
        const isDue = (due as readonly unknown[]).some((one) => JSON.stringify(one) === JSON.stringify(how))
        const isAny = condition === 'end'
        expect((await bench.rows('report')).length - before).toBe(isDue || isAny ? 1 : 0)
      }
    })
  }

  it('knows that it did, as its cause and in its environment', async () => {
    await bench.declare(fetch, aJob(afterSuccess('fetch')))
    await bench.trigger('fetch')
    bench.effects = []
    await bench.finish(0, 'fetch:0')
    const [effect] = bench.effects.filter(({ kind }) => kind === 'start')
    if (effect?.kind !== 'start') throw new Error('nothing began')
    expect(effect.run.cause).toEqual({ kind: 'after', programs: ['fetch'] })
    expect(effect.variables).toMatchObject({ DROVER_TRIGGER: 'after' })
  })

  it('of several begins once the last of them has ended so, over the deaths of agents', async () => {
    await bench.declare(fetch, load, aJob(afterSuccess('fetch', 'load')))
    await bench.trigger('fetch')
    await bench.finish(0, 'fetch:0')
    await bench.restartAgent(1000)
    await bench.trigger('load')
    await bench.finish(1, 'load:0')
    await bench.restartAgent(1000)
    expect(await bench.rows('report')).toEqual([])
    await bench.trigger('load')
    await bench.finish(0, 'load:0')
    expect((await bench.newest()).state.kind).toBe('running')
    await bench.trigger('load')
    await bench.finish(0, 'load:0')
    expect(await bench.rows('report'), 'it waits for both anew').toHaveLength(1)
  })

  it('of one that is tried again waits for the last attempt', async () => {
    await bench.declare(
      aJob({ ...byHand, ...retry(1) }, { name: 'fetch' }),
      aJob({ ...byHand, after: [{ program: 'fetch', condition: 'end' }] }),
    )
    await bench.trigger('fetch')
    await bench.finish(1, 'fetch:0')
    expect(await bench.rows('report')).toEqual([])
    await bench.live(90_000)
    await bench.finish(1, 'fetch:0')
    expect(await bench.rows('report')).toHaveLength(1)
  })

  it('of one whose end only its next agent sees is due then, once', async () => {
    await bench.declare(fetch, aJob(afterSuccess('fetch')))
    await bench.trigger('fetch')
    await bench.bear('fetch:0')
    await bench.restartAgent(60_000)
    await bench.finish(0, 'fetch:0')
    await bench.restartAgent(60_000)
    expect(await bench.rows('report')).toHaveLength(1)
  })

  it('of a service is due when that has finished, or failed', async () => {
    const service = aProgram({ name: 'fetch', restart: aPolicy({ when: 'never' }) })
    const failed = aJob({ ...byHand, after: [{ program: 'fetch', condition: 'failure' }] }, { name: 'alarm' })
    await bench.declare(service, aJob(afterSuccess('fetch')), failed)
    await bench.bear('fetch:0')
    await bench.end('fetch:0', exited(0, 60_000))
    expect([await bench.rows('report'), await bench.rows('alarm')].map(({ length }) => length)).toEqual([
      1, 0,
    ])
    await bench.ask('start', 'fetch:0')
    await bench.bear('fetch:0')
    await bench.end('fetch:0', exited(1, 60_000))
    expect([await bench.rows('report'), await bench.rows('alarm')].map(({ length }) => length)).toEqual([
      1, 1,
    ])
  })

  it('of a service that was given up is due by its failure', async () => {
    const service = aProgram({ name: 'fetch', restart: aPolicy({ giveUpAfter: 1 }) })
    await bench.declare(service, aJob({ ...byHand, after: [{ program: 'fetch', condition: 'failure' }] }))
    await bench.bear('fetch:0')
    await bench.end('fetch:0', exited(1, 10))
    expect(bench.stateOf('fetch:0')).toBe('fatal')
    expect(await bench.rows('report')).toHaveLength(1)
  })

  it('goes on along a chain', async () => {
    const names = ['a', 'b', 'c', 'd']
    await bench.declare(
      ...names.map((name, index) =>
        aJob(index === 0 ? byHand : afterSuccess(names[index - 1] ?? ''), { name }),
      ),
    )
    await bench.trigger('a')
    for (const name of names) await bench.finish(0, `${name}:0`)
    expect(bench.takeEffects()).toEqual(names.map((name) => `start ${name}:0`))
  })

  it('that is disabled by the configuration, or for another node, is not due; one that somebody disabled is skipped', async () => {
    await bench.declare(
      fetch,
      aJob({ ...afterSuccess('fetch'), isEnabled: false }, { name: 'off' }),
      aJob({ ...afterSuccess('fetch'), target: { nodes: ['b'], labels: {} } }, { name: 'elsewhere' }),
      aJob(afterSuccess('fetch')),
    )
    await bench.disable('ann')
    await bench.trigger('fetch')
    await bench.finish(0, 'fetch:0')
    expect(await bench.rows('off')).toEqual([])
    expect(await bench.rows('elsewhere')).toEqual([])
    expect((await bench.newest()).state).toMatchObject({ kind: 'skipped', reason: 'disabled' })
  })
})

describe('pausing all jobs, and disabling one', () => {
  it('skips what is due meanwhile, by whatever it is due, and lets runs go on', async () => {
    const fetch = aJob(byHand, { name: 'fetch' })
    const second = aJob(afterSuccess('fetch'), { name: 'second' })
    await bench.declare(aJob({}), fetch, second)
    await bench.trigger('fetch')
    await bench.pause('ann')
    await bench.live(minute)
    await bench.restartAgent(1000)
    await bench.finish(0, 'fetch:0')
    expect(await bench.told('report')).toEqual(['14:01 skipped paused'])
    expect((await bench.newest('second')).state).toMatchObject({
      reason: 'paused',
      detail: 'all jobs were paused by ann',
    })
    await bench.pause(null)
    await bench.live(minute)
    expect((await bench.told('report')).at(-1)).toBe('14:02 running')
  })

  it('hinders nobody who triggers a job by hand, nor when it has to wait', async () => {
    await bench.declare(aJob({ ...byHand, ...overlap('queue') }))
    await bench.pause('ann')
    await bench.disable('ann')
    await bench.trigger('report')
    await bench.trigger('report')
    await bench.finish()
    await bench.finish()
    expect((await bench.rows()).map(({ state }) => state.kind)).toEqual(['ended', 'ended'])
  })

  it('S-C2: a disabled job is skipped, also after its agent died, until somebody enables it', async () => {
    await bench.declare(aJob({}))
    await bench.disable('ann')
    await bench.live(minute)
    await bench.restartAgent(1000)
    await bench.live(minute)
    await bench.disable(null)
    await bench.live(minute)
    expect(await bench.told()).toEqual(['14:01 skipped disabled', '14:02 skipped disabled', '14:03 running'])
  })
})

describe('a job for starts of the machine', () => {
  const boot = aJob({ schedule: { expressions: ['@reboot'], at: [], predicate: null } })

  it('is due once for each of them', async () => {
    await bench.declare(boot)
    await bench.restartAgent(1000)
    expect(await bench.rows()).toEqual([])
    await bench.restartAgent(1000, { isSameBoot: false })
    await bench.finish()
    await bench.restartAgent(1000)
    expect(await bench.rows()).toHaveLength(1)
    await bench.restartAgent(1000, { isSameBoot: false })
    expect((await bench.rows()).map(({ trigger }) => trigger.kind)).toEqual(['reboot', 'reboot'])
  })

  it('is due beside its times', async () => {
    await bench.declare(
      aJob({
        schedule: { expressions: ['@reboot', '* * * * *'], at: [], predicate: null },
        ...overlap('allow', 9),
      }),
    )
    await bench.restartAgent(1000, { isSameBoot: false })
    await bench.live(minute)
    expect((await bench.rows()).map(({ trigger }) => trigger.kind)).toEqual(['reboot', 'schedule'])
  })

  it('is not due when it is disabled, or for other nodes', async () => {
    const elsewhere = aJob({ ...boot.job, target: { nodes: ['b'], labels: {} } }, { name: 'elsewhere' })
    await bench.declare(aJob({ ...boot.job, isEnabled: false }), elsewhere)
    await bench.restartAgent(1000, { isSameBoot: false })
    expect(await bench.rows()).toEqual([])
  })
})

describe('parameters', () => {
  const params = {
    SINCE: { default: 'yesterday', values: null, isRequired: false, description: null },
    MODE: { default: null, values: null, isRequired: true, description: null },
  }

  it('reach the run, those that were said and the defaults of the others, also after a death', async () => {
    await bench.declare(aJob({ ...byHand, ...retry(1), params }))
    await bench.reconciler.request((draft) =>
      draft.ledger.trigger('report', { kind: 'manual', by: 'ann' }, { MODE: 'full' }),
    )
    await bench.restartAgent(1000, { unborn: ['report:0'] })
    const [effect] = bench.effects.filter(({ kind }) => kind === 'start')
    expect(effect?.kind === 'start' && effect.variables).toMatchObject({ MODE: 'full', SINCE: 'yesterday' })
    expect((await bench.newest()).params).toEqual({ MODE: 'full' })
  })

  it('that have to be said and were not keep a job from starting', async () => {
    await bench.declare(aJob({ ...byHand, params }))
    await bench.trigger('report')
    expect((await bench.newest()).state).toMatchObject({
      reason: 'params_missing',
      detail: 'nobody said MODE',
    })
  })
})

describe('a job that is triggered by hand', () => {
  it('is due now, between full seconds, and never twice at the same time', async () => {
    bench.clock.step(-30_000)
    await bench.declare(aJob({ ...byHand, ...overlap('allow', 9) }))
    const due: number[] = []
    for (let time = 0; time < 3; time++) due.push((await bench.trigger('report'))?.dueAt ?? 0)
    expect(due.map((at) => at - bench.clock.now())).toEqual([1, 2, 3])
    bench.clock.step(-7_200_000)
    expect((await bench.trigger('report'))?.dueAt).toBe(bench.clock.now() + 1)
  })

  it('is refused on a node that it is not for', async () => {
    await bench.declare(aJob({ ...byHand, target: { nodes: ['b'], labels: {} } }))
    await bench.trigger('report')
    expect((await bench.newest()).state).toMatchObject({ kind: 'skipped', reason: 'other_node' })
  })

  it('is nothing where there is no such job', async () => {
    await bench.declare(aProgram({ name: 'web', autostart: false }))
    expect(await bench.trigger('report')).toBeNull()
    expect(await bench.trigger('web')).toBeNull()
  })

  it('begins no run without a due time, whatever is asked of its slot', async () => {
    await bench.declare(aJob(byHand))
    await bench.ask('start', 'report:0')
    await bench.reconciler.request((draft) =>
      draft.send('report:0', { kind: 'restart', cause: { kind: 'requested', by: 'ann' } }),
    )
    expect(bench.effects).toEqual([])
  })
})

describe('an agent that ends with its workers', () => {
  it('stops runs and what waits for them, and leaves to the next agent what had not begun', async () => {
    await bench.declare(
      aJob({ ...byHand, ...overlap('queue') }),
      aJob({ ...byHand, ...retry(3) }, { name: 'retrying' }),
      aJob({ ...byHand, after: [{ program: 'report', condition: 'end' }] }, { name: 'last' }),
    )
    await bench.trigger('report')
    await bench.trigger('report')
    await bench.trigger('retrying')
    await bench.finish(1, 'retrying:0')
    await bench.reconciler.request((draft) => {
      draft.isShuttingDown = true
    })
    await bench.bear('report:0')
    await bench.end('report:0', stopped())
    expect((await bench.rows()).map(({ program, state }) => `${program} ${state.kind}`).sort()).toEqual([
      'last queued',
      'report ended',
      'report queued',
      'retrying ended',
    ])
    await bench.restartAgent(60_000)
    expect(bench.takeEffects().sort()).toEqual(['start last:0', 'start report:0'])
  })

  it('records no due times any more: the next one does', async () => {
    await bench.declare(aJob({}))
    await bench.reconciler.request((draft) => {
      draft.isShuttingDown = true
    })
    await bench.live(minute)
    expect(await bench.rows()).toEqual([])
    await bench.restartAgent(1000)
    await bench.live(1)
    expect(await bench.told()).toEqual(['14:01 running'])
  })
})
