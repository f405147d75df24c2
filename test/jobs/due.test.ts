/** When jobs are due, and that each due time is started once: the definition, the clock, the node, and who wants none of it. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openHouse } from '../harness/house.ts'
import { dueOf, eventsOf, runsOf, timeIn, told } from '../harness/jobs.ts'
import { kill } from '../harness/processes.ts'
import { waitFor } from '../harness/wait.ts'

test('S-T2 S-T5 S-T7 a definition file starts the jobs that are due, each judged by itself', async () => {
  const house = openHouse()
  const { at, instant } = timeIn(4)
  house.write(
    'drover.yaml',
    `
jobs:
  seconds: { command: "echo second >> seconds", schedule: "* * * * * *" }
  full:
    command: [sh, -c, "echo full >> full"]
    timeout: 60s
    warnAfter: 30s
    schedule: "* * * * * *"
    timezone: Europe/Berlin
    nodes: [house, other]
    customData: { team: reports }
  once: { command: "date +%s%3N > once", at: ${at} }
  yearly: { command: "echo yearly > yearly", schedule: "@yearly" }
  by-hand: { command: "echo hand > by-hand", schedule: manual }
`,
  )
  await house.startAgent({ config: join(house.folder, 'drover.yaml') })
  const [once] = await told(house, 'once', 'job.succeeded')
  await told(house, 'seconds', 'job.succeeded', { least: 2 })
  const [full] = await told(house, 'full', 'job.succeeded')
  expect(once && dueOf(once)).toBe(instant)
  expect(Number(readFileSync(join(house.folder, 'once'), 'utf8'))).toBeGreaterThanOrEqual(instant)
  expect(full?.customData).toEqual({ team: 'reports' })
  expect(await runsOf(house, 'once')).toMatchObject([
    { cause: { kind: 'scheduled', dueAt: instant, isCatchUp: false }, end: { kind: 'exited', code: 0 } },
  ])
  for (const never of ['yearly', 'by-hand']) {
    expect(existsSync(join(house.folder, never))).toBe(false)
    expect(await eventsOf(house, never, ['job.*'])).toEqual([])
  }
})

test('S-T9 a job of each second starts exactly once for each, never before it, also where it is told of in three ways', async () => {
  const house = openHouse()
  house.configureJobs({
    second: { command: 'true', schedule: '* * * * * *' },
    thrice: { command: 'true', schedule: ['* * * * * *', '*/1 * * * * *', '*/2 * * * * *'] },
    minute: { command: 'true', schedule: '* * * * *' },
  })
  await house.startAgent()
  await told(house, 'second', 'job.started', { least: 6 })
  for (const name of ['second', 'thrice']) {
    const started = await told(house, name, 'job.started', { least: 5 })
    const due = started.map(dueOf)
    const [first = 0] = due
    expect(due).toEqual(due.map((_, index) => first + index * 1000))
    for (const event of started) expect(Date.parse(event.at)).toBeGreaterThanOrEqual(dueOf(event))
  }
  const minutes = (await eventsOf(house, 'minute', ['job.started'])).map(dueOf)
  expect(minutes.length).toBeLessThanOrEqual(1)
  expect(minutes.every((at) => at % 60_000 === 0)).toBe(true)
})

test('S-T6 a job for some nodes runs on these and nowhere else, one for none in particular on every node', async () => {
  const house = openHouse()
  const schedule = '* * * * * *'
  house.configureJobs(
    {
      here: { command: 'true', schedule, nodes: ['other', 'house'] },
      elsewhere: { command: 'true', schedule, nodes: ['other'] },
      anywhere: { command: 'true', schedule },
      database: { command: 'true', schedule, labels: { role: 'db', disk: 'fast' } },
      web: { command: 'true', schedule, labels: { role: 'web' } },
      after: { command: 'true', after: 'here', nodes: ['other'] },
    },
    { labels: { role: 'db', disk: 'fast', rack: '7' } },
  )
  await house.startAgent()
  for (const name of ['here', 'anywhere', 'database']) await told(house, name, 'job.succeeded', { least: 2 })
  for (const name of ['elsewhere', 'web', 'after'])
    expect(await eventsOf(house, name, ['job.*', 'run.*'])).toEqual([])

  house.configureJobs(
    { web: { command: 'true', schedule, labels: { role: 'web' } } },
    { labels: { role: 'web' } },
  )
  await house.api.reload({})
  await told(house, 'web', 'job.succeeded')
})

test('S-C2 a job that is not enabled never runs, and does once it is', async () => {
  const house = openHouse()
  const job = { command: 'true', schedule: '* * * * * *' } as const
  house.configureJobs({
    off: { ...job, enabled: false },
    on: job,
    after: { command: 'true', after: 'on', enabled: false },
  })
  await house.startAgent()
  await told(house, 'on', 'job.succeeded', { least: 3 })
  await house.killAgent()
  await house.startAgent()
  await told(house, 'on', 'job.succeeded', { least: 5 })
  for (const name of ['off', 'after']) expect(await eventsOf(house, name, ['job.*'])).toEqual([])
  house.configureJobs({ off: job })
  const before = Date.now()
  await house.api.reload({})
  const [first] = await told(house, 'off', 'job.started')
  // What was due while it was off is not made up for.
  expect(first && dueOf(first)).toBeGreaterThan(before - 1000)
  expect(await eventsOf(house, 'off', ['job.missed', 'job.skipped'])).toEqual([])
})

test('a job whose schedule changes goes on by the new one, its run undisturbed', async () => {
  const house = openHouse()
  const command = 'echo begun >> begun; exec sleep 1000'
  house.configureJobs({ long: { command, schedule: '* * * * * *' } })
  await house.startAgent()
  await waitFor('it runs', () => existsSync(join(house.folder, 'begun')))
  const [run] = await runsOf(house, 'long')
  house.configureJobs({ long: { command: 'true', schedule: '@yearly' } })
  await house.api.reload({})
  expect(await runsOf(house, 'long')).toMatchObject([{ id: run?.id, state: 'running', pid: run?.pid }])
  kill(run?.pid ?? 0, 'SIGTERM')
  await told(house, 'long', 'job.failed')
  expect(await runsOf(house, 'long')).toHaveLength(1)
})
