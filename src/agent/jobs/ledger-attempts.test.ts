/** Further attempts for a due time: which ends they follow, when, and how they outlive agents and machines. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { RunEnd } from '../../domain/run.ts'
import { aJob, aPolicy, failedToStart, stopped } from '../../domain/testing/samples.ts'
import { byHand, JobBench, retry, timedOut } from '../../testing/job-bench.ts'

let bench: JobBench
beforeEach(async () => {
  bench = await JobBench.begin('2026-09-21T14:00:30Z')
})
afterEach(async () => {
  await bench.dispose()
  expect(bench.complaints).toEqual([])
})

describe('another attempt', () => {
  it('follows a failure after its wait, and is told; the due time ends with the last one', async () => {
    await bench.declare(aJob({ ...byHand, ...retry(2) }))
    await bench.trigger('report')
    await bench.finish(1)
    await bench.live(90_000)
    await bench.finish(1)
    expect((await bench.newest()).attempts).toBe(2)
    await bench.live(180_000)
    await bench.finish(0)
    expect(await bench.newest()).toMatchObject({ attempts: 3, state: { outcome: 'success' } })
    expect(bench.jobKinds()).toEqual([
      'job.started',
      'job.retrying',
      'job.started',
      'job.retrying',
      'job.started',
      'job.succeeded',
    ])
    expect(bench.dataOf('job.retrying')).toMatchObject([
      { attempt: 1, delayMs: 90_000, reason: 'exited with code 1' },
      { attempt: 2, delayMs: 180_000 },
    ])
    const runs = await bench.store.listRuns({ slots: null, limit: 9 })
    expect(runs.map(({ occurrence }) => occurrence?.attempt)).toEqual([3, 2, 1])
    expect(runs.map(({ cause }) => cause.kind)).toEqual(['retry', 'retry', 'requested'])
  })

  it('is told which one it is, in its environment', async () => {
    await bench.declare(aJob({ ...byHand, ...retry(1) }))
    await bench.trigger('report')
    await bench.finish(1)
    await bench.live(90_000)
    const attempts = bench.effects.flatMap((effect) =>
      effect.kind === 'start' ? [effect.variables.DROVER_ATTEMPT] : [],
    )
    expect(attempts).toEqual(['1', '2'])
  })

  it('is waited for over the deaths of agents, no longer and no shorter', async () => {
    await bench.declare(aJob({ ...byHand, ...retry(1) }))
    await bench.trigger('report')
    await bench.finish(1)
    await bench.restartAgent(30_000)
    bench.clock.step(7_200_000)
    await bench.restartAgent(30_000)
    expect(bench.stateOf('report:0')).toBe('backoff')
    await bench.live(29_000)
    expect(bench.stateOf('report:0')).toBe('backoff')
    await bench.live(1000)
    expect(bench.stateOf('report:0')).toBe('starting')
    expect((await bench.newest()).attempts).toBe(2)
  })

  it('that was due while no agent was there begins with the next one, once', async () => {
    await bench.declare(aJob({ ...byHand, ...retry(1) }))
    await bench.trigger('report')
    await bench.finish(1)
    await bench.restartAgent(3_600_000)
    await bench.live(1)
    expect(bench.takeEffects()).toEqual(['start report:0'])
  })

  it('follows only codes that are worth it', async () => {
    await bench.declare(aJob({ ...byHand, ...retry(3, { exitCodes: [75], exceptExitCodes: [] }) }))
    await bench.trigger('report')
    await bench.finish(75)
    expect(bench.stateOf('report:0')).toBe('backoff')
    await bench.live(90_000)
    await bench.finish(1)
    expect(await bench.newest()).toMatchObject({ attempts: 2, state: { outcome: 'failure' } })
  })

  it('follows no warning', async () => {
    const job = aJob(
      { ...byHand, ...retry(3), warningExitCodes: [3] },
      { restart: aPolicy({ when: 'never', successExitCodes: [0, 3] }) },
    )
    await bench.declare(job)
    await bench.trigger('report')
    await bench.finish(3)
    expect((await bench.newest()).state).toMatchObject({ outcome: 'warning' })
    expect(bench.jobKinds()).toEqual(['job.started', 'job.warned'])
  })

  it('follows no stop', async () => {
    await bench.declare(aJob({ ...byHand, ...retry(3) }))
    await bench.trigger('report')
    await bench.bear('report:0')
    await bench.reconciler.request((draft) => draft.send('report:0', { kind: 'stop' }))
    await bench.end('report:0', stopped())
    expect((await bench.newest()).state).toMatchObject({ outcome: 'stopped' })
  })

  it('follows a run of which nobody knows the end, and a restart of the machine', async () => {
    await bench.declare(aJob({ ...byHand, ...retry(2) }))
    await bench.trigger('report')
    await bench.finish({ kind: 'unknown', endedAt: 0, reason: 'its shim was killed' })
    await bench.live(90_000)
    await bench.bear('report:0')
    await bench.restartAgent(10_000, { isSameBoot: false })
    expect(bench.stateOf('report:0')).toBe('backoff')
    await bench.live(180_000)
    await bench.finish({ kind: 'unknown', endedAt: 0, reason: 'its shim was killed' })
    expect(await bench.newest()).toMatchObject({ attempts: 3, state: { outcome: 'lost' } })
    expect(bench.jobKinds().at(-1)).toBe('job.lost')
  })

  it('is none where an agent died over the claim: it begins again at once, and is not counted', async () => {
    await bench.declare(aJob({ ...byHand, ...retry(1) }))
    await bench.trigger('report')
    for (let death = 0; death < 3; death++) {
      await bench.restartAgent(1000, { unborn: ['report:0'] })
      expect(bench.takeEffects()).toEqual(['start report:0'])
      expect((await bench.newest()).attempts).toBe(1)
    }
    await bench.finish(1)
    await bench.live(90_000)
    expect(await bench.newest()).toMatchObject({ attempts: 2, state: { kind: 'running' } })
    await bench.finish(1)
    expect((await bench.newest()).state).toMatchObject({ outcome: 'failure' })
  })

  it('is one where the claim could not be carried out, so that there is an end of it', async () => {
    const refused: RunEnd = { kind: 'revoked', endedAt: 0, reason: 'a secret is missing' }
    await bench.declare(aJob({ ...byHand, ...retry(1) }))
    await bench.trigger('report')
    await bench.end('report:0', refused)
    await bench.live(90_000)
    await bench.end('report:0', refused)
    expect(await bench.newest()).toMatchObject({ attempts: 2, state: { outcome: 'failure' } })
  })

  it('does not follow what could not be executed, without retries', async () => {
    await bench.declare(aJob(byHand))
    await bench.trigger('report')
    await bench.end('report:0', failedToStart())
    expect(await bench.newest()).toMatchObject({ attempts: 1, state: { outcome: 'failure' } })
  })

  it('S-F10: a timeout is one end, not a failure with an unknown code as well', async () => {
    await bench.declare(aJob(byHand))
    await bench.trigger('report')
    await bench.finish(timedOut)
    expect((await bench.newest()).state).toEqual({
      kind: 'ended',
      outcome: 'timed_out',
      detail: 'timed out, killed after its grace',
    })
    expect(bench.jobKinds()).toEqual(['job.started', 'job.timed_out'])
    expect(bench.kinds().filter((kind) => kind === 'run.timed_out' || kind === 'run.ended')).toHaveLength(2)
  })

  it('an end that is told for another run changes nothing of it', async () => {
    await bench.declare(aJob({ ...byHand, ...retry(1) }))
    await bench.trigger('report')
    await bench.bear('report:0')
    bench.reconciler.tell((draft) =>
      draft.endRun(
        { id: 'another', slot: 'report:0', program: 'report' },
        { kind: 'revoked', endedAt: 0, reason: 'the agent died before the shim came' },
        null,
      ),
    )
    await bench.settle()
    expect(await bench.newest()).toMatchObject({ attempts: 1, state: { kind: 'running' } })
  })
})
