/** What a job is at, when another configuration comes into force: other rules, no job any more, a service, and back. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Dependency } from '../../domain/program.ts'
import { aJob, aProgram, exited, stopped } from '../../domain/testing/samples.ts'
import { byHand, JobBench, minute, overlap, retry } from '../../testing/job-bench.ts'

let bench: JobBench
beforeEach(async () => {
  bench = await JobBench.begin('2026-09-21T14:00:30Z')
})
afterEach(async () => {
  await bench.dispose()
  expect(bench.complaints).toEqual([])
})

const needsDb: Dependency[] = [{ program: 'db', condition: 'ready', restart: false }]

describe('a job that is no longer declared', () => {
  it('while it runs: the run comes to its end, which is told, and then its slot goes', async () => {
    await bench.declare(aJob({ ...byHand, ...retry(3) }))
    await bench.trigger('report')
    await bench.bear('report:0')
    await bench.declare()
    await bench.restartAgent(10_000)
    expect(bench.takeEffects()).toEqual([])
    expect(bench.stateOf('report:0')).toBe('running')
    await bench.finish(1)
    expect((await bench.newest()).state).toMatchObject({ outcome: 'failure', detail: 'exited with code 1' })
    expect(bench.states()).toEqual({})
    expect(bench.jobKinds()).toEqual(['job.failed'])
  })

  it('while it waits for another attempt: there is none', async () => {
    await bench.declare(aJob({ ...byHand, ...retry(3) }))
    await bench.trigger('report')
    await bench.finish(1)
    await bench.declare()
    expect((await bench.newest()).state).toMatchObject({
      outcome: 'failure',
      detail: 'exited with code 1; no further attempt was waited for',
    })
    expect(bench.states()).toEqual({})
  })

  it('while it waits for another program: it is stopped before it began', async () => {
    await bench.declare(aJob(byHand, { dependsOn: needsDb }), aProgram({ name: 'db', autostart: false }))
    await bench.trigger('report')
    await bench.declare()
    expect((await bench.newest()).state).toMatchObject({ outcome: 'stopped' })
    expect(bench.states()).toEqual({})
  })

  it('and comes again while its run lives: that is in the way of the next one', async () => {
    await bench.declare(aJob({}))
    await bench.live(minute)
    await bench.bear('report:0')
    await bench.declare()
    await bench.declare(aJob({}))
    await bench.live(minute)
    expect(await bench.told()).toEqual(['14:01 running', '14:02 skipped still_running'])
    await bench.finish()
    expect((await bench.told())[0]).toBe('14:01 ended success')
  })

  it('leaves no slot behind where it was idle', async () => {
    await bench.declare(aJob(byHand))
    expect(bench.states()).toEqual({ 'report:0': 'stopped' })
    await bench.declare()
    expect(bench.states()).toEqual({})
  })
})

describe('other rules for a job', () => {
  it('end no run, and begin none', async () => {
    await bench.declare(aJob({ ...overlap('allow', 3), ...retry(3) }))
    await bench.live(2 * minute)
    await bench.bear('report:0')
    await bench.bear('report:1')
    bench.effects = []
    const other = aJob({
      ...byHand,
      ...overlap('skip'),
      isEnabled: false,
      target: { nodes: ['b'], labels: {} },
    })
    await bench.declare({ ...other, launch: { ...other.launch, cwd: '/tmp' } })
    expect(bench.effects).toEqual([])
    await bench.finish(0, 'report:0')
    await bench.finish(0, 'report:1')
    expect(await bench.told()).toEqual(['14:01 ended success', '14:02 ended success'])
    expect(bench.states(), 'the slot that is too many goes with its run').toEqual({ 'report:0': 'exited' })
  })

  it('hold for what is judged after them', async () => {
    await bench.declare(aJob({ ...byHand, ...retry(3) }))
    await bench.trigger('report')
    await bench.declare(aJob({ ...byHand, ...retry(0) }))
    await bench.finish(1)
    expect((await bench.newest()).state).toMatchObject({ outcome: 'failure' })
  })
})

describe('a job that becomes a service', () => {
  const service = aProgram({ name: 'report' })

  it('ends its run as a job, and begins as a service', async () => {
    await bench.declare(aJob({ ...byHand, ...retry(3) }))
    await bench.trigger('report')
    await bench.bear('report:0')
    bench.effects = []
    await bench.declare(service)
    expect(bench.takeEffects()).toEqual(['stop report:0'])
    await bench.end('report:0', stopped())
    expect((await bench.newest()).state).toMatchObject({ outcome: 'stopped' })
    expect(bench.takeEffects()).toEqual(['start report:0'])
    expect(bench.slot('report:0').occurrence).toBeNull()
    expect(bench.kinds()).toContain('slot.starting')
    await bench.bear('report:0')
    await bench.live(1000)
    expect(bench.stateOf('report:0')).toBe('running')
  })

  it('also where the agent dies over it, or the run ends by itself', async () => {
    await bench.declare(aJob({ ...byHand, ...retry(3) }))
    await bench.trigger('report')
    await bench.bear('report:0')
    await bench.restartAgent(1000, { programs: [service] })
    await bench.restartAgent(1000)
    await bench.end('report:0', exited(1, 5000))
    expect((await bench.newest()).state).toMatchObject({ outcome: 'failure' })
    expect(bench.takeEffects()).toEqual(['start report:0'])
    expect(bench.slot('report:0').occurrence).toBeNull()
  })

  it('waits for no further attempt', async () => {
    await bench.declare(aJob({ ...byHand, ...retry(3) }))
    await bench.trigger('report')
    await bench.finish(1)
    bench.effects = []
    await bench.declare(service)
    expect((await bench.newest()).state).toMatchObject({ outcome: 'failure' })
    expect(bench.takeEffects()).toEqual(['start report:0'])
  })

  it('and a service that becomes a job ends, before a due time begins', async () => {
    await bench.declare(aProgram({ name: 'report', processes: 2 }))
    await bench.bear('report:0')
    await bench.bear('report:1')
    await bench.live(1000)
    bench.effects = []
    await bench.declare(aJob({ ...overlap('queue'), ...retry(3) }))
    expect(bench.takeEffects()).toEqual(['stop report:1', 'stop report:0'])
    await bench.live(minute)
    expect(await bench.told()).toEqual(['14:01 queued'])
    await bench.end('report:1', stopped())
    expect(await bench.told()).toEqual(['14:01 queued'])
    await bench.end('report:0', exited(1, 5000))
    expect(await bench.told()).toEqual(['14:01 running'])
    expect(bench.states()).toEqual({ 'report:0': 'starting' })
    expect(bench.takeEffects(), 'its failure as a service has no further attempt').toEqual(['start report:0'])
  })

  it('and with allow a due time need not wait for the end of the service', async () => {
    await bench.declare(service)
    await bench.bear('report:0')
    await bench.declare(aJob(overlap('allow', 3)))
    await bench.live(minute)
    expect(bench.states()).toEqual({ 'report:0': 'stopping', 'report:1': 'starting' })
    await bench.end('report:0', stopped())
    expect(bench.states()).toEqual({ 'report:0': 'stopped', 'report:1': 'starting' })
    expect(await bench.told()).toEqual(['14:01 running'])
  })

  it('and a service that waits to be restarted is a job at once', async () => {
    await bench.declare(aProgram({ name: 'report' }))
    await bench.bear('report:0')
    await bench.end('report:0', exited(1, 10))
    expect(bench.stateOf('report:0')).toBe('backoff')
    bench.effects = []
    await bench.declare(aJob({}))
    bench.clock.advance(2000)
    await bench.settle()
    expect(bench.takeEffects()).toEqual([])
    await bench.live(minute)
    expect(await bench.told()).toEqual(['14:01 running'])
  })
})
