/** whatever keeps a job from being started when it is due is an event and a row, with one reason out of one fixed list. */
import { renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { refusalReasons } from '../../src/domain/admission.ts'
import { drover } from '../harness/command-line.ts'
import { type House, openHouse } from '../harness/house.ts'
import { eventsOf, runsOf, told } from '../harness/jobs.ts'

const schedule = '* * * * * *'

/** The reasons that were told of a job, each once. */
async function reasonsOf(house: House, job: string): Promise<string[]> {
  const events = await eventsOf(house, job, ['job.skipped', 'job.queued', 'start.refused'])
  const reasons = new Set(events.map(({ data }) => String(data.reason)))
  for (const reason of reasons) expect(Object.keys(refusalReasons)).toContain(reason)
  return [...reasons].sort()
}

test('X-10 S-T18 paused, disabled, blackout: told for each due time, kept over agents, and over once it is taken back', async () => {
  const house = openHouse()
  house.configureJobs({
    one: { command: 'true', schedule },
    two: { command: 'true', schedule },
    dark: { command: 'true', schedule, blackout: [{ from: '* * * * *', for: '10m' }] },
  })
  await house.startAgent()
  await told(house, 'dark', 'job.skipped')
  await drover(house, ['disable', 'two'])
  await told(house, 'two', 'job.skipped')
  await house.killAgent()
  await house.startAgent()
  const before = (await eventsOf(house, 'two', ['job.skipped'])).length
  await told(house, 'two', 'job.skipped', { least: before + 1 })
  await drover(house, ['pause'])
  await told(house, 'one', 'job.skipped')
  await house.killAgent()
  await house.startAgent()
  const paused = (await eventsOf(house, 'one', ['job.skipped'])).length
  await told(house, 'one', 'job.skipped', { least: paused + 1 })
  expect(await reasonsOf(house, 'one')).toEqual(['paused'])
  expect(await reasonsOf(house, 'two')).toEqual(['disabled', 'paused'])
  expect(await reasonsOf(house, 'dark')).toEqual(['blackout', 'paused'])
  expect(await runsOf(house, 'dark')).toEqual([])

  // A hand starts it all the same, and afterwards everything is as before.
  expect((await drover(house, ['trigger', 'two', '--wait'])).code).toBe(0)
  await drover(house, ['enable', 'two'])
  await drover(house, ['resume'])
  const runs = (await runsOf(house, 'two')).length
  await told(house, 'two', 'job.succeeded', { least: runs + 1 })
})

test('X-10 other_node, params_missing and what the command line refuses', async () => {
  const house = openHouse()
  house.configureJobs({
    elsewhere: { command: 'true', schedule, nodes: ['other'] },
    needs: {
      command: 'true',
      after: 'first',
      params: { DAY: { required: true, values: ['today', 'tomorrow'] } },
    },
    first: { command: 'true', schedule: 'manual' },
  })
  await house.startAgent()
  const away = await drover(house, ['trigger', 'elsewhere'])
  expect(away.code).not.toBe(0)
  expect(away.stdout).toMatch(/it is for other, and this node is house/)
  expect(await reasonsOf(house, 'elsewhere')).toEqual(['other_node'])
  expect((await drover(house, ['trigger', 'first', '--wait'])).code).toBe(0)
  const [missing] = await told(house, 'needs', 'job.skipped')
  expect(missing?.data).toMatchObject({ reason: 'params_missing', detail: 'nobody said DAY' })
  for (const [args, said] of [
    [['needs'], /needs the parameter `DAY`/],
    [['needs', 'DAY=yesterday'], /cannot be `yesterday`.*today, tomorrow/s],
    [['needs', 'DAYS=today'], /no parameter `DAYS`.*Did you mean `DAY`/s],
    [['neds'], /no job `neds`.*Did you mean `needs`/s],
  ] as const) {
    const { code, stderr } = await drover(house, ['trigger', ...args])
    expect(code).toBeGreaterThan(1)
    expect(stderr).toMatch(said)
  }
  expect(await runsOf(house, 'needs')).toEqual([])
  expect((await drover(house, ['trigger', 'needs', 'DAY=today', '--wait'])).code).toBe(0)
})

test('X-10 waiting_for_dependency: the one before still waits for a program that it depends on', async () => {
  const house = openHouse()
  const job = { command: 'true', schedule, dependsOn: ['db'] }
  const db = { command: 'exec sleep 1000', startTime: 0, autostart: false } as const
  house.configureJobs({ needs: job }, { programs: { db } })
  await house.startAgent()
  await told(house, 'needs', 'job.skipped')
  expect(await reasonsOf(house, 'needs')).toEqual(['waiting_for_dependency'])
  expect(await runsOf(house, 'needs')).toEqual([])
  await house.killAgent()
  await house.startAgent()
  await house.api.startSlots({ targets: ['db'] })
  await told(house, 'needs', 'job.succeeded', { least: 2 })
})

test('X-10 shutting_down: what comes after a job that ended meanwhile waits for the next agent', async () => {
  const house = openHouse()
  const slow = 'trap "sleep 0.5; exit 0" TERM; echo up; while :; do sleep 0.02; done'
  house.configureJobs({
    first: { command: slow, schedule: '@reboot', stop: { target: 'process' } },
    next: { command: 'true', after: { first: 'end' } },
  })
  await house.startAgent()
  await told(house, 'first', 'run.started')
  await house.shutdown()
  await house.startAgent()
  await told(house, 'next', 'job.succeeded')
  expect(await runsOf(house, 'next')).toHaveLength(1)
})

test('X-10 not_declared: what waits of a job that is gone is skipped, and its run comes to its end', async () => {
  const house = openHouse()
  const command = 'echo up; until test -e go; do sleep 0.02; done'
  house.configureJobs({ line: { command, schedule, overlap: 'queue' } })
  await house.startAgent()
  await told(house, 'line', 'job.queued')
  house.configureJobs({})
  await house.api.reload({})
  await told(house, 'line', 'job.skipped')
  expect(await reasonsOf(house, 'line')).toEqual(['not_declared', 'still_running'])
  house.write('go', '')
  await told(house, 'line', 'job.succeeded')
  expect(await runsOf(house, 'line')).toHaveLength(1)
})

test('X-10 store_unavailable: where no claim can be written the due time is a failure with that reason, and the next one runs', async () => {
  const house = openHouse()
  // By hand: what a schedule begins ahead of its time might have its directory already.
  house.configureJobs({ each: { command: 'true', schedule: 'manual' } })
  await house.startAgent()
  await house.api.triggerJob({ job: 'each' })
  await told(house, 'each', 'job.succeeded')
  const runs = join(house.dataDir, 'runs')
  renameSync(runs, `${runs}.away`)
  writeFileSync(runs, 'in the way')
  await house.api.triggerJob({ job: 'each' })
  const [failed] = await told(house, 'each', 'job.failed')
  expect(failed?.data.detail).toMatch(/never started/)
  rmSync(runs)
  renameSync(`${runs}.away`, runs)
  expect(await reasonsOf(house, 'each')).toEqual(['store_unavailable'])
  await house.api.triggerJob({ job: 'each' })
  await told(house, 'each', 'job.succeeded', { least: 2 })
})

test('X-10 secret_missing: tried again where the job says so, and there by then', async () => {
  const house = openHouse()
  house.configureJobs({
    secret: {
      command: 'test "$KEY" = hidden',
      schedule: '@reboot',
      env: { KEY: { fromFile: './key' } },
      retries: { times: 1000, initial: '200ms', factor: 1 },
    },
  })
  await house.startAgent()
  await told(house, 'secret', 'job.retrying')
  expect(await reasonsOf(house, 'secret')).toEqual(['secret_missing'])
  house.write('key', 'hidden\n')
  const [done] = await told(house, 'secret', 'job.succeeded')
  expect(Number(done?.data.attempts)).toBeGreaterThan(1)
})
