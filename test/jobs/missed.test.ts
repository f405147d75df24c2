/** What was due while no agent was there: made up for or missed, as each job says, and never silent. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Occurrence } from '../../src/domain/jobs/occurrence.ts'
import { openHouse } from '../harness/house.ts'
import { dueOf, eventsOf, runsOf, told } from '../harness/jobs.ts'
import { kill } from '../harness/processes.ts'
import { pretendAbsence, pretendReboot, readLedger } from '../harness/store.ts'

const minute = 60_000
const day = 1440 * minute

test('S-F6 after three days without an agent each job makes up for what it says, in order, and the rest is on record', async () => {
  const house = openHouse()
  const note = (name: string): string => `echo $DROVER_SCHEDULED_AT $DROVER_CATCH_UP >> ${name}`
  const overdue = new Date(Math.floor(Date.now() / 1000) * 1000 - 30 * minute).toISOString()
  const schedule = '* * * * *'
  house.configureJobs({
    each: { command: note('each'), schedule, missed: { policy: 'all', max: 3 } },
    newest: { command: note('newest'), schedule: '0 * * * *', missed: { policy: 'once', within: '1h' } },
    tooLate: { command: note('tooLate'), at: overdue, missed: { policy: 'once', within: '10m' } },
    single: { command: note('single'), at: overdue },
    skip: { command: note('skip'), schedule, missed: 'skip' },
    idle: { command: note('idle'), schedule, enabled: false },
  })
  await house.startAgent()
  await house.killAgent()
  pretendAbsence(house, 3 * day)
  const began = Date.now()
  await house.startAgent()
  await told(house, 'each', 'job.succeeded', { least: 3 })
  await told(house, 'single', 'job.succeeded')
  await told(house, 'newest', 'job.succeeded')
  await told(house, 'tooLate', 'job.missed')
  await told(house, 'skip', 'job.missed', { least: 1000 })
  // Once more, over a death: nothing of it comes again.
  await house.killAgent()
  await house.startAgent()
  const starts = (name: string) => readFileSync(join(house.folder, name), 'utf8').trimEnd().split('\n')
  const made = starts('each').slice(0, 3)
  const newest = Math.floor(began / minute) * minute
  expect(made.map((line) => Date.parse(line.split(' ')[0] ?? ''))).toEqual([
    newest - 2 * minute,
    newest - minute,
    newest,
  ])
  expect(made.slice(0, 2).every((line) => line.endsWith(' 1'))).toBe(true)
  expect(starts('single')).toEqual([`${overdue} 1`])
  await house.shutdown()

  const ledger = await readLedger(house)
  const of = (name: string): Occurrence[] =>
    ledger.filter(({ program, dueAt }) => program === name && dueAt <= newest)
  for (const name of ['each', 'skip']) {
    const rows = of(name)
    const listed = rows.filter(({ state }) => state.kind !== 'missed' || state.since === null)
    const times = listed.map(({ dueAt }) => dueAt).sort((a, b) => a - b)
    expect(times).toEqual(Array.from({ length: 1000 }, (_, index) => newest - (999 - index) * minute))
    const [many, ...others] = rows.filter(({ state }) => state.kind === 'missed' && state.since !== null)
    expect(others).toEqual([])
    expect(many?.state).toMatchObject({ kind: 'missed', reason: 'beyond_max' })
    expect(many?.dueAt).toBeLessThan(times[0] ?? 0)
  }
  expect(of('each').filter(({ state }) => state.kind === 'ended')).toHaveLength(3)
  expect(of('newest').filter(({ state }) => state.kind === 'ended')).toHaveLength(1)
  expect(of('newest').filter(({ state }) => state.kind === 'missed')).toHaveLength(71)
  expect(of('tooLate')).toMatchObject([{ state: { kind: 'missed', reason: 'too_late' } }])
  expect(of('idle')).toEqual([])
})

test('S-F6 S-C3 a function of the configuration is asked for the minutes that were missed, over agents that die meanwhile', async () => {
  const house = openHouse()
  const config = house.write(
    'drover.ts',
    `export default {
      jobs: {
        even: { command: 'true', schedule: (at: Date) => at.getUTCMinutes() % 2 === 0, missed: { policy: 'all', max: 100 } },
        slow: { command: 'true', schedule: async (at: Date) => {
          await new Promise((done) => setTimeout(done, 20))
          return at.getUTCMinutes() % 5 === 0
        } },
      },
    }\n`,
  )
  await house.startAgent({ config })
  await house.killAgent()
  pretendAbsence(house, 40 * minute)
  const began = Date.now()
  // They die while the functions are being asked.
  for (let death = 1; death <= 4; death++) {
    await house.startAgent({ config })
    await house.killAgent()
  }
  await house.startAgent({ config })
  await told(house, 'even', 'job.succeeded', { least: 20 })
  await told(house, 'slow', ['job.succeeded', 'job.missed'], { least: 8 })
  await house.shutdown()
  const ledger = await readLedger(house)
  const latest = Math.floor(began / minute)
  for (const [name, step] of [
    ['even', 2],
    ['slow', 5],
  ] as const) {
    const minutes = Array.from({ length: 40 }, (_, index) => latest - 39 + index)
    const times = ledger.flatMap(({ program, dueAt }) => (program === name ? [dueAt / minute] : []))
    expect(times.filter((at) => at <= latest)).toEqual(minutes.filter((at) => (at % 60) % step === 0))
  }
})

test('@reboot: once per boot, whatever happens to agents, and not for a job that came later', async () => {
  const house = openHouse()
  const job = { command: 'true', schedule: '@reboot' } as const
  const long = { command: 'exec sleep 1000', schedule: '* * * * * *' } as const
  house.configureJobs({
    boot: job,
    off: { ...job, enabled: false },
    elsewhere: { ...job, nodes: ['other'] },
    long,
  })
  await house.startAgent()
  await told(house, 'boot', 'job.succeeded')
  await told(house, 'long', 'run.started')
  await house.killAgent()
  await house.startAgent()
  house.configureJobs({ boot: job, late: job, long })
  await house.api.reload({})
  await house.killAgent()
  await house.startAgent()
  expect(await runsOf(house, 'boot')).toHaveLength(1)
  expect(await runsOf(house, 'late')).toEqual([])

  const [alive] = await runsOf(house, 'long')
  await house.killAgent()
  for (const { pid } of house.processes()) kill(pid)
  await house.assertNothingLeft()
  pretendReboot(house)
  await house.startAgent()
  await told(house, 'boot', 'job.succeeded', { least: 2 })
  await told(house, 'late', 'job.succeeded')
  const [lost] = await told(house, 'long', 'job.lost')
  expect(lost).toMatchObject({ run: alive?.id, data: { detail: 'ended with a restart of the machine' } })
  await told(house, 'long', 'job.started', { least: 2 })
  await house.killAgent()
  await house.startAgent()
  expect((await runsOf(house, 'boot')).map(({ cause }) => cause.kind)).toEqual(['reboot', 'reboot'])
  for (const name of ['off', 'elsewhere']) expect(await runsOf(house, name)).toEqual([])
})

test('what waits for its turn, or for another attempt, outlives a restart of the machine', async () => {
  const house = openHouse()
  const retries = { times: 1, initial: '1s', jitter: 0 } as const
  house.configureJobs({
    line: {
      command: 'test -e go || exec sleep 1000',
      schedule: '* * * * * *',
      overlap: { policy: 'queue', max: 2 },
    },
    again: {
      command: 'test $DROVER_ATTEMPT = 2',
      schedule: '@reboot',
      retries: { ...retries, initial: '1h', max: '1h' },
    },
  })
  await house.startAgent()
  const queued = await told(house, 'line', 'job.queued', { least: 2 })
  await told(house, 'again', 'job.retrying')
  await house.killAgent()
  for (const { pid } of house.processes()) kill(pid)
  await house.assertNothingLeft()
  pretendReboot(house)
  house.write('go', '')
  await house.startAgent()
  await told(house, 'line', 'job.lost')
  const done = await told(house, 'line', 'job.succeeded', { least: 2 })
  expect(done.slice(0, 2).map(dueOf)).toEqual(queued.slice(0, 2).map(dueOf))
  // The new boot is a due time of its own, and takes the place of the attempt that waited for the old one.
  const [failed] = await told(house, 'again', 'job.failed')
  expect(failed?.data.detail).toContain('no further attempt')
  expect(await eventsOf(house, 'again', ['job.started'])).toHaveLength(2)
})
