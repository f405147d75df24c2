/** The doors of jobs with a real agent: what a person does and looks at, what is refused, and that it is kept when the agent dies. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { readMetrics } from '../../src/agent/testing/read-metrics.ts'
import { openHostFetch, parseHost } from '../../src/agent-host.ts'
import { type Client, createClient } from '../../src/contract/client.ts'
import type { DueView, EventView, JobView, OccurrenceView, TriggerView } from '../../src/contract/views.ts'
import { UserError } from '../../src/domain/user-error.ts'
import { drover, droverJson, follow } from '../harness/command-line.ts'
import { type House, openHouse } from '../harness/house.ts'
import { eventsOf, outputOf, runsOf, told } from '../harness/jobs.ts'
import { waitFor } from '../harness/wait.ts'

const eachSecond = '* * * * * *'

/** A command that runs until the file `go` is there, and then ends with its content as exit code. */
function untilTold(house: House, file = 'go'): string {
  const path = join(house.folder, file)
  return `while ! test -s ${path}; do sleep 0.05; done; exit $(cat ${path})`
}

function historyOf(house: House, ...args: string[]): Promise<OccurrenceView[]> {
  return droverJson<OccurrenceView[]>(house, ['history', '-n', '1000', ...args])
}

async function jobOf(house: House, name: string): Promise<JobView> {
  const [job] = await droverJson<JobView[]>(house, ['jobs', name])
  if (!job) throw new Error(`There is no job ${name}.`)
  return job
}

test('S-T1 jobs are declared, listed, disabled, enabled and monitored, and their past is told by their names', async () => {
  const house = openHouse()
  house.configureJobs({
    good: { command: 'true', schedule: eachSecond },
    bad: { command: 'exit 3', schedule: eachSecond },
    hand: { command: 'true', schedule: 'manual' },
  })
  await house.startAgent()
  await told(house, 'good', 'job.succeeded')
  await told(house, 'bad', 'job.failed')
  expect(await droverJson<JobView[]>(house, ['jobs'])).toMatchObject([
    { name: 'bad', schedule: eachSecond, nextAt: expect.any(String), lastEnded: { outcome: 'failure' } },
    { name: 'good', noNext: null, lastEnded: { outcome: 'success', text: 'exited with code 0' } },
    { name: 'hand', nextAt: null, noNext: 'manual', last: null, lastEnded: null },
  ])

  expect((await drover(house, ['disable', 'bad'])).code).toBe(0)
  await told(house, 'bad', 'job.skipped', { least: 2 })
  const failures = (await eventsOf(house, 'bad', ['job.failed'])).length
  const bad = await jobOf(house, 'bad')
  expect(bad).toMatchObject({
    disabledBy: expect.stringMatching(/^cli:/),
    last: { state: 'skipped', reason: 'disabled' },
    lastEnded: { outcome: 'failure' },
  })
  const events = await droverJson<EventView[]>(house, ['events', 'bad', '-n', '1000'])
  expect(events.map(({ kind }) => kind)).toEqual(
    expect.arrayContaining(['job.disabled', 'job.skipped', 'job.failed']),
  )
  expect(events.every(({ program }) => program === 'bad')).toBe(true)

  expect((await drover(house, ['enable', 'bad'])).code).toBe(0)
  await told(house, 'bad', 'job.failed', { least: failures + 1 })

  const metrics = new Map(
    readMetrics(await house.api.getMetrics()).map(({ name, samples }) => [name, samples]),
  )
  const value = (name: string, labels: Record<string, string>): number | undefined =>
    metrics.get(name)?.find((sample) => JSON.stringify(sample.labels) === JSON.stringify(labels))?.value
  expect(value('drover_job_due_times_total', { program: 'good', became: 'success' })).toBeGreaterThan(0)
  expect(value('drover_job_due_times_total', { program: 'bad', became: 'failure' })).toBeGreaterThan(1)
  expect(value('drover_job_due_times_total', { program: 'bad', became: 'skipped' })).toBeGreaterThan(1)
  expect(value('drover_job_last_success_age_seconds', { program: 'good' })).toBeLessThan(30)
  expect(value('drover_job_last_success_age_seconds', { program: 'bad' })).toBeUndefined()
  expect(value('drover_job_last_duration_seconds', { program: 'bad' })).toBeGreaterThanOrEqual(0)
  expect(value('drover_job_next_due_time_seconds', { program: 'good' })).toBeGreaterThan(1.7e9)
  expect(value('drover_job_next_due_time_seconds', { program: 'hand' })).toBeUndefined()
  expect(value('drover_job_running', { program: 'hand' })).toBe(0)
  expect(value('drover_jobs_paused', {})).toBe(0)
})

test('metrics know what was before the agent began, and forget jobs that are gone', async () => {
  const house = openHouse()
  const jobs = {
    once: { command: 'true', schedule: 'manual' },
    gone: { command: 'true', schedule: 'manual' },
  } as const
  house.configureJobs(jobs)
  await house.startAgent()
  for (const job of ['once', 'gone']) await drover(house, ['trigger', job, '--wait'])
  await house.killAgent()
  house.configureJobs({ once: jobs.once })
  await house.startAgent()
  const text = await house.api.getMetrics()
  expect(text).toMatch(/drover_job_last_success_age_seconds\{program="once"\} \d/)
  expect(text).toMatch(/drover_job_last_duration_seconds\{program="once"\} \d/)
  expect(text).not.toContain('"gone"')
})

describe('trigger', () => {
  test('takes parameters that the job declares to the environment of its command, and refuses others with the fix', async () => {
    const house = openHouse()
    house.configureJobs({
      report: {
        command: 'printf "%s|%s|%s|%s" "$SINCE" "$MODE" "$(printenv LIMIT || echo unset)" "$OTHER"',
        env: { OTHER: 'kept', SINCE: 'lost' },
        schedule: 'manual',
        params: {
          SINCE: 'yesterday',
          MODE: { required: true, values: ['quick', 'full'] },
          LIMIT: { description: 'how many' },
        },
      },
    })
    await house.startAgent()
    const run = async (...params: string[]): Promise<string> => {
      const { occurrence } = await droverJson<TriggerView>(house, ['trigger', 'report', ...params, '--wait'])
      return await outputOf(house, occurrence?.run ?? '')
    }
    expect(await run('MODE=quick')).toBe('yesterday|quick|unset|kept')
    expect(await run('MODE=full', 'SINCE=a b=c; "$HOME"', 'LIMIT=')).toBe('a b=c; "$HOME"|full||kept')
    expect(await historyOf(house, 'report')).toMatchObject([
      { trigger: 'manual', params: { MODE: 'full', SINCE: 'a b=c; "$HOME"', LIMIT: '' } },
      { params: { MODE: 'quick' } },
    ])
    const { stdout } = await drover(house, ['run', 'report'])
    expect(stdout).toContain('params   MODE=full SINCE=a b=c; "$HOME" LIMIT=')

    const refused: [string[], string][] = [
      [[], 'report needs the parameter `MODE`.\n→ Say it, as in `drover trigger report MODE=VALUE`.'],
      [['MODE=slow'], '`MODE` of report cannot be `slow`.\n→ It is one of quick, full.'],
      [['MODE=quick', 'SINSE=x'], 'report has no parameter `SINSE`.\n→ Did you mean `SINCE`?'],
      [['MODE=quick', 'X=1'], 'report has no parameter `X`.\n→ It has SINCE, MODE, LIMIT.'],
      [['MODE=quick', 'PATH'], '`PATH` is no parameter.\n→ Write NAME=VALUE.'],
    ]
    for (const [params, said] of refused) {
      for (const more of [[], ['--dry-run']]) {
        const { code, stderr } = await drover(house, ['trigger', 'report', ...params, ...more])
        expect([code, stderr]).toEqual([2, `error: ${said}\n`])
      }
    }
    expect(await historyOf(house)).toHaveLength(2)
  })

  test('is refused for what is no job, with the way', async () => {
    const house = openHouse()
    house.configure(
      { web: { command: 'exec sleep 1000' } },
      { jobs: { report: { command: 'true', schedule: 'manual' } } },
    )
    await house.startAgent()
    const said = async (...args: string[]): Promise<[number | null, string]> => {
      const { code, stderr } = await drover(house, ['trigger', ...args])
      return [code, stderr]
    }
    expect(await said('web')).toEqual([
      2,
      'error: web is no job: it is kept running.\n→ `drover start web` starts it.\n',
    ])
    expect(await said('reprot')).toEqual([
      4,
      'error: There is no job `reprot`.\n→ Did you mean `report`? `drover jobs` lists them.\n',
    ])
    for (const several of ['*', 'all', 're*'])
      expect(await said(several)).toEqual([
        2,
        'error: One job is triggered at a time, by its name.\n→ `drover jobs` lists them.\n',
      ])
  })

  test('on a dry run tells what would be executed and whether it would begin, and starts and records nothing', async () => {
    const house = openHouse()
    house.configureJobs({
      report: {
        command: `touch ran-$MODE; ${untilTold(house)}`,
        schedule: 'manual',
        params: { MODE: 'quick' },
      },
    })
    await house.startAgent()
    const { code, stdout } = await drover(house, ['trigger', 'report', '--dry-run', 'MODE=full'])
    expect(code).toBe(0)
    expect(stdout).toContain('report  a run would begin\n')
    expect(stdout).toContain(`folder               ${house.folder}\n`)
    expect(stdout).toMatch(/ {2}MODE +full\n/)
    expect(stdout).toMatch(/ {2}DROVER_TRIGGER +manual\n/)
    expect(await historyOf(house)).toEqual([])
    expect(existsSync(join(house.folder, 'ran-full'))).toBe(false)

    await drover(house, ['trigger', 'report'])
    const [begun] = await told(house, 'report', 'job.started')
    const again = await drover(house, ['trigger', 'report', '--dry-run'])
    expect(again.stdout).toContain(`report  it would be skipped: run ${begun?.run} is still running\n`)
    expect(again.code).toBe(0)
    expect(await historyOf(house)).toHaveLength(1)
    expect(await eventsOf(house, 'report', ['job.skipped', 'job.queued'])).toEqual([])
    house.write('go', '0')
    await told(house, 'report', 'job.succeeded')
  })

  test('keeps to the overlap rules of the job', async () => {
    const house = openHouse()
    const job = { command: untilTold(house), schedule: 'manual' } as const
    house.configureJobs({
      skips: job,
      queues: { ...job, overlap: { policy: 'queue', max: 1 } },
      replaces: { ...job, overlap: 'replace' },
      allows: { ...job, overlap: { policy: 'allow', max: 2 } },
    })
    await house.startAgent()
    const trigger = async (name: string): Promise<TriggerView> => await house.api.triggerJob({ job: name })
    for (const name of ['skips', 'queues', 'replaces', 'allows']) {
      expect(await trigger(name)).toMatchObject({ isBegun: true, text: 'running' })
      await told(house, name, 'run.started')
    }
    const [first] = await runsOf(house, 'skips')
    expect(await trigger('skips')).toMatchObject({
      isBegun: false,
      occurrence: { state: 'skipped', reason: 'still_running' },
      text: `run ${first?.id} is still running`,
    })
    expect((await drover(house, ['trigger', 'skips'])).code).toBe(1)

    expect(await trigger('queues')).toMatchObject({
      occurrence: { state: 'queued', reason: 'still_running' },
    })
    expect(await trigger('queues')).toMatchObject({ occurrence: { state: 'skipped', reason: 'queue_full' } })
    const waiting = await drover(house, ['jobs', 'queues'])
    expect(waiting.stdout).toMatch(/now +running for .*, run \w+; 1 waiting\n/)

    const replacing = await trigger('replaces')
    expect(replacing).toMatchObject({ isBegun: false, occurrence: { state: 'queued' } })
    await told(house, 'replaces', 'job.started', { least: 2 })
    expect(await historyOf(house, 'replaces')).toMatchObject([
      { id: replacing.occurrence?.id, state: 'running' },
      { state: 'ended', outcome: 'stopped' },
    ])

    expect(await trigger('allows')).toMatchObject({ isBegun: true })
    expect(await trigger('allows')).toMatchObject({
      occurrence: { state: 'skipped', reason: 'overlap_limit' },
    })
    expect((await jobOf(house, 'allows')).running).toBe(2)

    house.write('go', '0')
    await told(house, 'queues', 'job.succeeded', { least: 2 })
    await told(house, 'allows', 'job.succeeded', { least: 2 })
    for (const name of ['skips', 'replaces']) await told(house, name, 'job.succeeded')
    expect(await eventsOf(house, null, ['job.failed'])).toEqual([])
  })

  test('waits with --wait and ends as the job did, over the death of the agent; Ctrl-C leaves the run going', async () => {
    const house = openHouse()
    house.configureJobs({
      good: { command: 'true', schedule: 'manual' },
      flaky: {
        command: 'test $DROVER_ATTEMPT = 2',
        schedule: 'manual',
        retries: { times: 1, initial: '100ms' },
      },
      bad: { command: 'exit 3', schedule: 'manual' },
      long: { command: untilTold(house), schedule: 'manual' },
    })
    await house.startAgent()
    const wait = (name: string) => drover(house, ['trigger', name, '--wait'])
    expect(await wait('good')).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^good {2}done, run \w+: exited with code 0\n$/),
    })
    expect(await wait('bad')).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/^bad {2}failed, run \w+: exited with code 3\n$/),
    })
    const flaky = await wait('flaky')
    expect(flaky.code).toBe(0)
    expect(flaky.stderr).toMatch(/begun.*\n.*attempt 1 exited with code 1; tries again in .*\n.*attempt 2\n/)

    const interrupted = follow(house, ['trigger', 'long', '--wait'])
    await interrupted.waitFor('begun')
    const end = await interrupted.end('SIGINT')
    expect([end.code, end.stdout]).toEqual([130, ''])
    expect(end.stderr).toContain('Not waiting any longer; the agent goes on with it.\n')
    const [run] = await runsOf(house, 'long')
    expect(run?.state).toBe('running')
    house.write('go', '0')
    await told(house, 'long', 'job.succeeded')

    house.write('go', '')
    const waiting = follow(house, ['trigger', 'long', '--wait', '--json'])
    await told(house, 'long', 'run.started', { least: 2 })
    await house.killAgent()
    await waiting.waitFor('is away')
    house.write('go', '7')
    await house.startAgent()
    const { code, stdout } = await waiting.ended
    expect(code).toBe(1)
    expect(JSON.parse(stdout)).toMatchObject({
      occurrence: { state: 'ended', outcome: 'failure', text: 'exited with code 7' },
    })
    // The API waits as well.
    expect(await house.api.triggerJob({ job: 'bad', wait: true })).toMatchObject({
      isBegun: true,
      occurrence: { outcome: 'failure' },
    })
  })

  test('works for a job that is not enabled, disabled, paused or in a blackout, and not for another node', async () => {
    const house = openHouse()
    const job = { command: 'true', schedule: '@yearly' } as const
    house.configureJobs({
      off: { ...job, enabled: false },
      dark: { ...job, blackout: [{ from: '2020-01-01 00:00', to: '2099-01-01 00:00' }] },
      disabled: job,
      away: { ...job, nodes: ['other'] },
    })
    await house.startAgent()
    await house.api.disableJobs({ targets: ['disabled'] })
    await house.api.pauseJobs({ isPaused: true })
    for (const name of ['off', 'dark', 'disabled'])
      expect((await drover(house, ['trigger', name, '--wait'])).code).toBe(0)
    const { code, stdout } = await drover(house, ['trigger', 'away', '--wait'])
    expect([code, stdout]).toEqual([1, 'away  skipped: it is for other, and this node is house\n'])
    expect(await runsOf(house, 'away')).toEqual([])
  })
})

describe('disable and pause', () => {
  test('leave their due times as skipped, by whom, and are kept over the death of the agent', async () => {
    const house = openHouse()
    const job = { command: 'true', schedule: eachSecond } as const
    house.configureJobs({ 'app:a': job, 'app:b': job, other: job })
    await house.startAgent()
    for (const name of ['app:a', 'app:b', 'other']) await told(house, name, 'job.succeeded')
    const { stdout } = await drover(house, ['disable', 'app:*'])
    expect(stdout).toMatch(/^app:a .*disabled/m)
    expect(stdout).not.toContain('other')
    await house.killAgent()
    await house.startAgent()
    const [skipped] = await told(house, 'app:a', 'job.skipped', { least: 2 })
    expect(skipped?.data).toMatchObject({
      reason: 'disabled',
      detail: expect.stringMatching(/^disabled by cli:/),
    })
    const runs = await runsOf(house, 'app:a')
    await told(house, 'other', 'job.succeeded', { least: 3 })
    expect(await runsOf(house, 'app:a')).toHaveLength(runs.length)
    // What is said twice changes nothing.
    await drover(house, ['disable', 'app:a'])
    expect(await eventsOf(house, 'app:a', ['job.disabled'])).toHaveLength(1)

    expect((await drover(house, ['pause'])).stdout).toMatch(/^All jobs are paused \(by cli:\S+\)\.\n$/)
    expect((await drover(house, ['enable', 'app:a'])).stdout).toMatch(/^app:a .*paused/m)
    await house.killAgent()
    await house.startAgent()
    const before = (await runsOf(house, 'other')).length
    const paused = await waitFor('the pause is on record', async () => {
      const rows = await historyOf(house, 'other', '--state', 'skipped')
      return rows.length >= 2 && rows
    })
    expect(paused[0]).toMatchObject({
      reason: 'paused',
      text: expect.stringMatching(/^all jobs were paused by cli:/),
    })
    expect(await runsOf(house, 'other')).toHaveLength(before)

    expect((await drover(house, ['resume'])).stdout).toBe('Jobs are started when they are due.\n')
    await told(house, 'app:a', 'job.succeeded', { least: runs.length + 1 })
    await told(house, 'other', 'job.succeeded', { least: before + 1 })
    // The other one is still disabled: each wish is its own.
    expect((await jobOf(house, 'app:b')).disabledBy).toMatch(/^cli:/)
    expect((await eventsOf(house, null, ['jobs.paused', 'jobs.resumed'])).map(({ kind }) => kind)).toEqual([
      'jobs.paused',
      'jobs.resumed',
    ])
  })

  test('leave what runs alone', async () => {
    const house = openHouse()
    house.configureJobs({ long: { command: untilTold(house), schedule: 'manual' } })
    await house.startAgent()
    await drover(house, ['trigger', 'long'])
    await told(house, 'long', 'run.started')
    await drover(house, ['disable', 'long'])
    await drover(house, ['pause'])
    house.write('go', '0')
    await told(house, 'long', 'job.succeeded')
  })
})

describe('next', () => {
  test('says what becomes of due times that are to come, and why some jobs have none', async () => {
    const house = openHouse()
    house.configureJobs({
      plain: { command: 'true', schedule: '0 3 * * *', timezone: 'UTC' },
      dark: {
        command: 'true',
        schedule: '0 3 * * *',
        timezone: 'UTC',
        blackout: [{ from: '0 2 * * *', for: '2h' }],
      },
      disabled: { command: 'true', schedule: '0 3 * * *', timezone: 'UTC' },
      away: { command: 'true', schedule: '0 3 * * *', timezone: 'UTC', nodes: ['other'] },
      off: { command: 'true', schedule: '0 3 * * *', enabled: false },
      hand: { command: 'true', schedule: 'manual' },
      chained: { command: 'true', after: 'plain' },
      boot: { command: 'true', schedule: '@reboot' },
      past: { command: 'true', at: '2020-01-01 00:00' },
      spring: { command: 'true', schedule: '30 2 * 3 SUNL', timezone: 'Europe/Berlin' },
      autumn: { command: 'true', schedule: '30 2 * 10 SUNL', timezone: 'Europe/Berlin' },
    })
    await house.startAgent()
    await house.api.disableJobs({ targets: ['disabled'] })
    const next = async (name: string): Promise<DueView | undefined> =>
      (await droverJson<DueView[]>(house, ['next', name, '-n', '1']))[0]
    const atThree = expect.stringMatching(/T03:00:00\.000Z$/)
    expect(await next('plain')).toMatchObject({ at: atThree, note: null, isExpected: true })
    expect(await next('dark')).toMatchObject({
      at: atThree,
      note: expect.stringContaining('skipped: it lies in the blackout'),
      isExpected: false,
    })
    expect(await next('disabled')).toMatchObject({
      at: atThree,
      note: expect.stringMatching(/^skipped: disabled by /),
      isExpected: false,
    })
    expect(await next('away')).toMatchObject({
      note: 'it is for other, and this node is house',
      isExpected: false,
    })
    // The clocks in Berlin go from 02:00 to 03:00, which is 01:00 in UTC, on the last Sunday of March; and back in October.
    expect(await next('spring')).toMatchObject({
      at: expect.stringMatching(/-03-\d\dT01:00:00\.000Z$/),
      timezone: 'Europe/Berlin',
      note: expect.stringMatching(/^02:30 does not exist on \d+ Mar: 03:00$/),
      isExpected: true,
    })
    expect(await next('autumn')).toMatchObject({
      at: expect.stringMatching(/-10-\d\dT00:30:00\.000Z$/),
      note: expect.stringMatching(/^02:30 comes twice on \d+ Oct: the first$/),
      isExpected: true,
    })
    const { stdout, stderr } = await drover(
      house,
      ['next', 'spring', 'off', 'hand', 'chained', 'boot', 'past'],
      {
        env: { TZ: 'UTC' },
      },
    )
    expect(stdout).toMatch(/ {2}spring {2}\d{4}-03-\d\d 03:00:00 Europe\/Berlin {2}02:30 does not exist/)
    expect(stderr.trimEnd().split('\n').sort()).toEqual([
      'boot has no time that could be told (when the machine has started).',
      'chained has no time that could be told (after plain).',
      'hand has no time that could be told (when somebody triggers it).',
      'off has no time that could be told (not enabled).',
      'past has no time that could be told (all times of its schedule have passed).',
    ])
    const all = await droverJson<DueView[]>(house, ['next', '-n', '20'])
    expect(all).toHaveLength(20)
    expect(all.map(({ at }) => at)).toEqual(all.map(({ at }) => at).sort())
  })
})

describe('history', () => {
  test('is told in pages without a gap, by state, group and pattern', async () => {
    const house = openHouse()
    house.configureJobs({
      'app:a': { command: 'true', schedule: 'manual' },
      'app:b': { command: 'exit 1', schedule: 'manual' },
      other: { command: 'true', schedule: 'manual' },
    })
    await house.startAgent()
    for (const job of ['app:a', 'app:b', 'other', 'app:a', 'app:b', 'other', 'app:a'])
      await house.api.triggerJob({ job, wait: true })
    const all = await historyOf(house)
    expect(all.map(({ program }) => program)).toEqual([
      'app:a',
      'other',
      'app:b',
      'app:a',
      'other',
      'app:b',
      'app:a',
    ])
    const pages: OccurrenceView[] = []
    for (;;) {
      const last = pages.at(-1)
      const before = last ? ['--before', last.id] : []
      const page = await droverJson<OccurrenceView[]>(house, ['history', '-n', '3', ...before])
      if (page.length === 0) break
      pages.push(...page)
    }
    expect(pages).toEqual(all)

    const programsOf = async (...args: string[]): Promise<string[]> =>
      (await historyOf(house, ...args)).map(({ program }) => program)
    expect(await programsOf('app:*')).toEqual(['app:a', 'app:b', 'app:a', 'app:b', 'app:a'])
    expect(await programsOf('*b', 'other')).toEqual(['other', 'app:b', 'other', 'app:b'])
    expect(await programsOf('--state', 'skipped')).toEqual([])
    expect(await programsOf('app:b', '--state', 'ended')).toEqual(['app:b', 'app:b'])
    const unknown = await drover(house, ['history', 'apb'])
    expect(unknown).toMatchObject({ code: 4, stderr: expect.stringContaining('`drover jobs` lists them.') })
    expect(
      (await drover(house, ['jobs', 'app:'])).stdout.split('\n').map((line) => line.split(' ')[0]),
    ).toEqual(['JOB', 'app:a', 'app:b', ''])
    const { stdout } = await drover(house, ['history', 'app:b', '-n', '1'])
    expect(stdout).toMatch(/^DUE .*\n.* app:b {2}failed .* manual {3}exited with code 1\n$/)

    // What is declared no more has a past all the same.
    house.configureJobs({ other: { command: 'true', schedule: 'manual' } })
    await house.api.reload({})
    expect(await programsOf('app:a')).toEqual(['app:a', 'app:a', 'app:a'])
    expect(await programsOf('other', 'app:b', '--state', 'ended')).toEqual([
      'other',
      'app:b',
      'other',
      'app:b',
    ])
    expect((await drover(house, ['history', 'app:*'])).code).toBe(4)
  })
})

describe('runs of jobs', () => {
  test('stop of one whose next due time waits says that this has begun', async () => {
    const house = openHouse()
    house.configureJobs({ long: { command: untilTold(house), schedule: 'manual', overlap: 'queue' } })
    await house.startAgent()
    await house.api.triggerJob({ job: 'long' })
    await told(house, 'long', 'run.started')
    await house.api.triggerJob({ job: 'long' })
    const { code, stdout } = await drover(house, ['stop', 'long'])
    expect(code).toBe(0)
    const [, second] = await runsOf(house, 'long')
    expect(stdout).toBe(`long  stopped; a due time that waited has begun with run ${second?.id}\n`)
    expect(await historyOf(house, 'long')).toMatchObject([{ state: 'running' }, { outcome: 'stopped' }])
    house.write('go', '0')
    await told(house, 'long', 'job.succeeded')
  })

  test('stop of one that waits for a lock says so, and leaves it waiting', async () => {
    const house = openHouse()
    const job = { command: untilTold(house), schedule: 'manual', locks: ['db'], overlap: 'queue' } as const
    house.configureJobs({ one: job, two: job })
    await house.startAgent()
    await house.api.triggerJob({ job: 'one' })
    await told(house, 'one', 'run.started')
    expect(await house.api.triggerJob({ job: 'two' })).toMatchObject({
      occurrence: { state: 'queued', reason: 'lock_taken' },
      text: 'another job has a lock that this one wants',
    })
    expect((await drover(house, ['stop', 'two'])).stdout).toBe(
      'two  it was not running; 1 due time waits for its turn\n',
    )
    house.write('go', '0')
    await told(house, 'two', 'job.succeeded')
  })

  test('tell their due time and attempt; status says when the job is due and how it ended', async () => {
    const house = openHouse()
    house.configureJobs({
      tries: {
        command: 'echo $DROVER_ATTEMPT; test $DROVER_ATTEMPT = 3',
        schedule: 'manual',
        retries: { times: 2, initial: '50ms' },
      },
      nightly: { command: 'true', schedule: '0 3 * * *' },
    })
    await house.startAgent()
    await house.api.triggerJob({ job: 'tries', wait: true })
    const { stdout } = await drover(house, ['run', 'tries'])
    expect(stdout).toMatch(/ {2}due +\d\d:\d\d/)
    expect(stdout).toContain('  attempt  3 of 3\n')
    expect(stdout).toContain('  overall  done: exited with code 0, after 3 attempts\n')
    const status = (await drover(house, ['status'])).stdout
    expect(status).toMatch(/^tries +exited .* exited with code 0 \d+s ago$/m)
    expect(status).toMatch(/^nightly +stopped .* due in \S+ \S+$/m)
    expect((await house.slot('tries:0')).kind).toBe('job')
  })
})

test('a viewer may look at jobs, and neither trigger nor change them', async () => {
  const house = openHouse()
  house.configureJobs(
    { report: { command: 'touch ran', schedule: 'manual' } },
    { api: { listen: '127.0.0.1:0' } },
  )
  await house.startAgent()
  const url = [...house.log().matchAll(/listens at (http:\/\/\S+)/g)].at(-1)?.[1] ?? 'nowhere'
  const clientOf = async (role: 'viewer' | 'operator'): Promise<Client> => {
    const { secret } = await house.api.createToken({ name: role, role })
    return createClient(
      openHostFetch(
        parseHost(url, '/'),
        () => ({ token: secret, ca: null }),
        () => new UserError('no_agent', 'nobody'),
      ),
    )
  }
  const viewer = await clientOf('viewer')
  expect(await viewer.listJobs({})).toMatchObject([{ name: 'report' }])
  expect(await viewer.listDue({})).toEqual([])
  expect(await viewer.listOccurrences({})).toEqual([])
  const refusals: (() => Promise<unknown>)[] = [
    () => viewer.triggerJob({ job: 'report' }),
    () => viewer.triggerJob({ job: 'report', dryRun: true }),
    () => viewer.disableJobs({ targets: ['report'] }),
    () => viewer.enableJobs({ targets: ['report'] }),
    () => viewer.pauseJobs({ isPaused: true }),
  ]
  for (const refused of refusals) await expect(refused()).rejects.toMatchObject({ code: 'forbidden' })
  expect(await viewer.listOccurrences({})).toEqual([])
  expect(existsSync(join(house.folder, 'ran'))).toBe(false)

  const operator = await clientOf('operator')
  const { occurrence } = await operator.triggerJob({ job: 'report', wait: true })
  expect(occurrence).toMatchObject({ outcome: 'success' })
  expect(await viewer.getOccurrence({ id: occurrence?.id ?? '' })).toEqual(occurrence)
  expect((await runsOf(house, 'report')).map(({ causeText }) => causeText)).toEqual([
    'asked by token:operator',
  ])
  expect(readFileSync(join(house.folder, 'ran'), 'utf8')).toBe('')
})
