/** What becomes of a due time while the run of one before still lives, as its job says, with the reason on record. */
import { appendFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { JobConfig } from '../../src/config/config-types.generated.ts'
import { type House, openHouse } from '../harness/house.ts'
import { dueOf, eventsOf, runsOf, told } from '../harness/jobs.ts'
import { kill } from '../harness/processes.ts'
import { waitFor } from '../harness/wait.ts'

const each: JobConfig = { command: 'true', schedule: '* * * * * *' }

/** Runs until the file `gate` has as many lines as its own number among the runs, and notes its begin and its end. */
function gated(house: House, more: JobConfig | Partial<JobConfig> = {}): JobConfig {
  const note = join(house.folder, 'notes')
  const command = `
    echo begin $DROVER_OCCURRENCE >> ${note}
    number=$(grep -c begin ${note})
    until test "$(wc -l < ${join(house.folder, 'gate')})" -ge $number; do sleep 0.02; done
    echo end $DROVER_OCCURRENCE >> ${note}`
  house.write('gate', '')
  return { ...each, command, ...more }
}

function open(house: House, runs = 1): void {
  appendFileSync(join(house.folder, 'gate'), 'open\n'.repeat(runs))
}

function notes(house: House): string[] {
  return readFileSync(join(house.folder, 'notes'), 'utf8').trimEnd().split('\n')
}

test('S-T18 a job that is still running is not started again, and the one that blocks is named, by one agent and the next', async () => {
  const house = openHouse()
  house.configureJobs({ long: gated(house) })
  await house.startAgent()
  await told(house, 'long', 'job.skipped', { least: 2 })
  const [run] = await runsOf(house, 'long')
  await house.killAgent()
  await house.startAgent()
  const skipped = await told(house, 'long', 'job.skipped', { least: 4 })
  for (const { data } of skipped) {
    expect(data).toMatchObject({ reason: 'still_running', blockedBy: run?.id })
    expect(data.detail).toContain(run?.id)
  }
  expect(notes(house)).toHaveLength(1)
  open(house)
  await told(house, 'long', 'job.succeeded')
  await told(house, 'long', 'job.started', { least: 2 })
  expect(
    notes(house)
      .slice(0, 2)
      .map((line) => line.split(' ')[0]),
  ).toEqual(['begin', 'end'])
  open(house)
})

test('S-C6 where overlap is allowed both run and each comes to its own end, beyond the most none begins', async () => {
  const house = openHouse()
  const command = 'test $DROVER_INDEX = 1 && exec sh -c "sleep 1000; exit 3"; exec sleep 1000'
  house.configureJobs({ many: { ...each, command, overlap: { policy: 'allow', max: 2 } } })
  await house.startAgent()
  const [skipped] = await told(house, 'many', 'job.skipped')
  expect(skipped?.data.reason).toBe('overlap_limit')
  const runs = await runsOf(house, 'many')
  expect(runs.map(({ slot, state }) => [slot, state])).toEqual([
    ['many:0', 'running'],
    ['many:1', 'running'],
  ])
  const [first, second] = runs
  await house.killAgent()
  kill(second?.pid ?? 0, 'SIGTERM')
  await house.startAgent()
  const [failed] = await told(house, 'many', 'job.failed')
  expect(failed).toMatchObject({ run: second?.id, data: { detail: 'ended by signal SIGTERM' } })
  expect((await house.api.getRun({ id: first?.id ?? '' })).run.state).toBe('running')
  await told(house, 'many', 'job.started', { least: 3 })
  const [, , third] = await runsOf(house, 'many')
  expect(third?.slot).toBe('many:1')
})

test('queue: due times wait for their turn, in order, over agents, and beyond the most they are skipped', async () => {
  const house = openHouse()
  house.configureJobs({ line: gated(house, { overlap: { policy: 'queue', max: 2 } }) })
  await house.startAgent()
  const [full] = await told(house, 'line', 'job.skipped')
  expect(full?.data.reason).toBe('queue_full')
  const queued = await eventsOf(house, 'line', ['job.queued'])
  expect(queued.map(({ data }) => data.reason)).toEqual(['still_running', 'still_running'])
  await house.killAgent()
  open(house, 3)
  await house.startAgent()
  const ended = await told(house, 'line', 'job.succeeded', { least: 3 })
  const [first] = await eventsOf(house, 'line', ['job.started'])
  expect(ended.slice(0, 3).map(({ data }) => data.occurrence)).toEqual(
    [first, ...queued].map((event) => event?.data.occurrence),
  )
  const words = notes(house).map((line) => line.split(' ')[0])
  expect(words.slice(0, 6)).toEqual(['begin', 'end', 'begin', 'end', 'begin', 'end'])
  open(house, 100)
})

test('replace: the run before is ended, also one that takes its time, and the next due time takes its place', async () => {
  const house = openHouse()
  const command = 'trap "echo asked; sleep 0.3; exit 0" TERM; echo up; while :; do sleep 0.05; done'
  house.configureJobs({ fresh: { ...each, command, overlap: 'replace', stop: { target: 'process' } } })
  await house.startAgent()
  const ended = await told(house, 'fresh', 'job.stopped', { least: 2 })
  for (const { data } of ended) expect(data.detail).toContain('the next due time takes its place')
  const runs = await runsOf(house, 'fresh')
  expect(runs[0]?.end).toMatchObject({ kind: 'stopped', reason: { kind: 'replaced', isFailure: false } })
  for (const [index, run] of runs.slice(1).entries())
    expect(Date.parse(run.claimedAt)).toBeGreaterThanOrEqual(Date.parse(runs[index]?.endedAt ?? ''))
})

test('locks: of the jobs that share one only one runs, the others do as their own rules say', async () => {
  const house = openHouse()
  const locks = ['db']
  house.configureJobs({
    holder: { ...gated(house), locks, overlap: 'skip' },
    skips: { command: 'true', after: { starter: 'end' }, locks, overlap: 'skip' },
    waits: { command: 'true', after: { starter: 'end' }, locks: ['other', 'db'], overlap: 'queue' },
    free: { command: 'true', after: { starter: 'end' }, locks: ['other'] },
    starter: { command: 'true', after: { trigger: 'success' } },
    trigger: { command: 'true', schedule: '*/2 * * * * *' },
  })
  await house.startAgent()
  await told(house, 'holder', 'job.started')
  const [skipped] = await told(house, 'skips', 'job.skipped')
  expect(skipped?.data).toMatchObject({
    reason: 'lock_taken',
    detail: expect.stringContaining('holder has the lock db'),
  })
  const [queued] = await told(house, 'waits', 'job.queued')
  expect(queued?.data.reason).toBe('lock_taken')
  await told(house, 'free', 'job.succeeded')
  await house.killAgent()
  house.configureJobs({
    holder: { ...gated(house), locks, enabled: false },
    waits: { command: 'true', schedule: 'manual', locks: ['other', 'db'], overlap: 'queue' },
  })
  await house.startAgent()
  const waited = (await eventsOf(house, 'waits', ['job.started'])).filter(
    ({ data }) => data.occurrence === queued?.data.occurrence,
  )
  expect(waited).toEqual([])
  open(house, 100)
  await waitFor('the one that waited begins', async () =>
    (await eventsOf(house, 'waits', ['job.started'])).some(
      ({ data }) => data.occurrence === queued?.data.occurrence,
    ),
  )
})

test('what waits for another attempt gives way to the next due time, and says so', async () => {
  const house = openHouse()
  house.configureJobs({
    sick: { ...each, command: 'exit 1', retries: { times: 3, initial: '1h', max: '1h' } },
  })
  await house.startAgent()
  const failed = await told(house, 'sick', 'job.failed', { least: 2 })
  expect(failed[0]?.data).toMatchObject({
    attempts: 1,
    detail: expect.stringContaining('no further attempt'),
  })
  const started = await eventsOf(house, 'sick', ['job.started'])
  expect(new Set(started.map(dueOf)).size).toBe(started.length)
  expect(await eventsOf(house, 'sick', ['job.skipped'])).toEqual([])
})
