/** What one agent leaves the next one of jobs: what is being ended, what is to be tried again, what waits, over deaths, upgrades and orderly ends. */
import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openHouse } from '../harness/house.ts'
import { dueOf, eventsOf, jobEnds, runsOf, told } from '../harness/jobs.ts'
import { kill } from '../harness/processes.ts'
import { waitFor } from '../harness/wait.ts'

const schedule = '* * * * * *'

test('replace: an agent that dies while the run before ends leaves the next one both, and the newest begins once it has ended', async () => {
  const house = openHouse()
  const command = 'trap "touch asked" TERM; echo up; until test -e asked && test -e go; do sleep 0.02; done'
  const job = { command, schedule, overlap: 'replace', stop: { target: 'process', grace: '5m' } } as const
  house.configureJobs({ fresh: job })
  await house.startAgent()
  const [first] = await told(house, 'fresh', 'job.started')
  await told(house, 'fresh', 'slot.stopping')
  const queued = await told(house, 'fresh', 'job.queued')
  await house.killAgent()
  await house.startAgent()
  await told(house, 'fresh', 'job.queued', { least: queued.length + 1 })
  expect(await runsOf(house, 'fresh')).toHaveLength(1)
  house.configureJobs({ fresh: { ...job, schedule: 'manual' } })
  await house.api.reload({})
  house.write('go', '')
  const [stopped] = await told(house, 'fresh', 'job.stopped')
  expect(stopped?.data.occurrence).toBe(first?.data.occurrence)
  await told(house, 'fresh', 'job.succeeded')
  const replaced = await eventsOf(house, 'fresh', ['job.skipped'])
  expect(replaced.map(({ data }) => data.reason)).toEqual(replaced.map(() => 'replaced'))
  const waited = await eventsOf(house, 'fresh', ['job.queued'])
  const [, second] = await eventsOf(house, 'fresh', ['job.started'])
  expect(second && dueOf(second)).toBe(Math.max(...waited.map(dueOf)))
  expect(replaced).toHaveLength(waited.length - 1)
})

test('an attempt that timed out while no agent lived is followed by the next one, after its wait', async () => {
  const house = openHouse()
  house.configureJobs({
    slow: {
      command: 'test $DROVER_ATTEMPT = 1 && exec sleep 1000; exit 0',
      schedule: '@reboot',
      timeout: '700ms',
      retries: { times: 1, initial: '200ms' },
    },
  })
  await house.startAgent()
  await told(house, 'slow', 'run.started')
  await house.killAgent()
  await house.assertNothingLeft()
  await house.startAgent()
  await told(house, 'slow', 'job.succeeded')
  expect(
    (await eventsOf(house, 'slow', [...jobEnds, 'job.retrying', 'run.timed_out'])).map(({ kind }) => kind),
  ).toEqual(['run.timed_out', 'job.retrying', 'job.succeeded'])
})

test('an upgrade leaves the runs of jobs as they are, and what waits for its turn', async () => {
  const house = openHouse()
  const command = 'until test -e go; do sleep 0.02; done'
  house.configureJobs({ line: { command, schedule, overlap: 'queue' } })
  await house.startAgent()
  const [queued] = await told(house, 'line', 'job.queued')
  const [run] = await runsOf(house, 'line')
  expect(await house.shutdown(true)).toEqual({ code: 0, signal: null })
  await house.startAgent()
  expect(await runsOf(house, 'line')).toMatchObject([{ id: run?.id, state: 'running', pid: run?.pid }])
  house.write('go', '')
  const [first, second] = await told(house, 'line', 'job.succeeded', { least: 2 })
  expect(first?.run).toBe(run?.id)
  expect(second?.data.occurrence).toBe(queued?.data.occurrence)
})

test('an orderly end stops the runs of jobs and their further attempts, one that is killed meanwhile too, and each due time ends once', async () => {
  const house = openHouse()
  const stubborn = 'trap "" TERM; echo up; while :; do sleep 0.02; done'
  house.configureJobs({
    stubborn: { command: stubborn, schedule: '@reboot', stop: { grace: '1s' } },
    sick: { command: 'exit 1', schedule: '@reboot', retries: { times: 5, initial: '1h', max: '1h' } },
    follower: { command: 'true', after: { stubborn: 'end' } },
  })
  await house.startAgent()
  await told(house, 'stubborn', 'run.started')
  await told(house, 'sick', 'job.retrying')
  await house.api.shutdown({})
  await told(house, 'stubborn', 'slot.stopping')
  await house.killAgent()
  await waitFor('it is killed after its grace', () => house.processes().length === 0)
  await house.startAgent()
  await told(house, 'stubborn', 'job.stopped')
  const [sick] = await told(house, 'sick', 'job.failed')
  expect(sick?.data).toMatchObject({ attempts: 1 })
  await told(house, 'follower', 'job.succeeded')
  await house.shutdown()
  await house.startAgent()
  for (const name of ['stubborn', 'sick', 'follower']) {
    expect(await runsOf(house, name)).toHaveLength(1)
    expect(await eventsOf(house, name, jobEnds)).toHaveLength(1)
  }
})

test('with fewer runs allowed by now those that live go on, and none begins before there is room', async () => {
  const house = openHouse()
  const gate = join(house.folder, 'gate')
  house.write('gate', '')
  const command = `until test "$(wc -l < ${gate})" -gt $DROVER_INDEX; do sleep 0.02; done`
  house.configureJobs({ many: { command, schedule, overlap: { policy: 'allow', max: 3 } } })
  await house.startAgent()
  await told(house, 'many', 'run.started', { least: 3 })
  house.configureJobs({ many: { command, schedule, overlap: { policy: 'allow', max: 1 } } })
  await house.api.reload({})
  const skipped = (await eventsOf(house, 'many', ['job.skipped'])).length
  await told(house, 'many', 'job.skipped', { least: skipped + 1 })
  await house.killAgent()
  await house.startAgent()
  expect((await runsOf(house, 'many')).map(({ state }) => state)).toEqual(['running', 'running', 'running'])
  const last = (await runsOf(house, 'many')).at(-1)
  kill(last?.pid ?? 0)
  await told(house, 'many', 'job.failed')
  expect(await runsOf(house, 'many')).toHaveLength(3)
  appendFileSync(gate, 'open\n'.repeat(5))
  await told(house, 'many', 'job.succeeded', { least: 3 })
  await house.waitForSlots('the slots that are too many have gone', (slots) => slots.length === 1)
})

test('what a person stops is not tried again, and what waited comes next', async () => {
  const house = openHouse()
  const command = 'until test -e go; do sleep 0.02; done'
  house.configureJobs({
    line: { command, schedule, overlap: 'queue', retries: 3 },
    sick: { command: 'exit 1', schedule: '@reboot', retries: { times: 5, initial: '1h', max: '1h' } },
  })
  await house.startAgent()
  await told(house, 'sick', 'job.retrying')
  await house.api.stopSlots({ targets: ['sick'] })
  const [failed] = await told(house, 'sick', 'job.failed')
  expect(failed?.data.attempts).toBe(1)
  const [queued] = await told(house, 'line', 'job.queued')
  await house.api.stopSlots({ targets: ['line'] })
  const [stopped] = await told(house, 'line', 'job.stopped')
  expect(stopped?.data.attempts).toBe(1)
  const [, next] = await told(house, 'line', 'job.started', { least: 2 })
  expect(next?.data.occurrence).toBe(queued?.data.occurrence)
  expect(await eventsOf(house, 'line', ['job.retrying'])).toEqual([])
})
