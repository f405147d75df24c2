/**
 * What `drover import crontab` writes is due when Debian's cron runs it: the real one, under a simulated clock, is the judge. Also, what is refused here is
 * refused there, and for the same field.
 */
import process from 'node:process'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { importCrontab } from '../../src/config/import/crontab.ts'
import type { CronFlavor } from '../../src/config/import/crontab-flavor.ts'
import { nameOfCommand } from '../../src/config/import/crontab-name.ts'
import { readCronSchedule } from '../../src/config/import/crontab-schedule.ts'
import { writeConfig } from '../../src/config/import/write-config.ts'
import { loadConfigText } from '../../src/config/load/load-config.ts'
import { type Calendar, compileCalendar } from '../../src/domain/schedule/calendar.ts'
import { crontabs, type SampleCrontab } from './crontabs.ts'
import { randomSchedules } from './random-crontab.ts'
import { isCronThere, SimulatedCron } from './simulated-cron.ts'

const seed = Number(process.env.DROVER_CRONTAB_SEED ?? Date.now() % 2 ** 31)
const dayMs = 86_400_000
const twoYearsMs = 731 * dayMs
const enoughRuns = 100
/** Of all jobs of one crontab: more of them say nothing new. */
const mostRuns = 600
/** What the random ones come upon too seldom. */
const alwaysRefused = [
  ...[
    '@every 5m',
    '@Daily',
    '@',
    '? * * * *',
    'H * * * *',
    '~ * * * *',
    '-* * * * *',
    '5/10 * * * *',
    '* * L * *',
  ],
  ...[
    '* * 15W * *',
    '* * * * 5L',
    '* * * * mon-',
    '*/-5 * * * *',
    ', * * * *',
    '*, * * * *',
    '*  * * *',
    '+1 * * * *',
  ],
]

let cron: SimulatedCron

describe.runIf(isCronThere())('against Debian’s cron', () => {
  beforeAll(() => {
    cron = new SimulatedCron()
  })
  afterAll(() => cron.remove())

  test('there are fifty crontabs', () => expect(new Set(crontabs.map(({ name }) => name)).size).toBe(50))

  test.each(crontabs.map((crontab) => [crontab.name, crontab] as const))('%s', async (_, crontab) => {
    const from = Date.parse(crontab.from)
    const jobs = await importedJobs(crontab)
    await compare(crontab, jobs, from, enoughOf(jobs, from))
  })

  test(`whatever cron takes is due alike (seed ${seed})`, async () => {
    const from = Date.UTC(2026, 0, 1) + (seed % 700) * dayMs
    const until = from + 40 * dayMs
    const taken = randomSchedules(seed, 400).filter(
      (schedule) => readCronSchedule(`${schedule} x`, 'debian').ok,
    )
    const crontab = (schedules: readonly string[]): SampleCrontab => {
      const lines = schedules.map((schedule, index) => `${schedule} job-${index + 1}\n`)
      return { name: 'random', zone: 'UTC', from: '', isSystem: false, text: lines.join('') }
    }
    const jobs = await importedJobs(crontab(taken))
    const seldom = taken.filter((_, index) => {
      const calendar = jobs.find(({ key }) => key === `job-${index + 1}`)?.calendar
      return (calendar?.enumerate(from, until, 0, 51).length ?? 0) <= 50
    })
    expect(seldom.length).toBeGreaterThan(20)
    const some = crontab(seldom.slice(0, 40))
    await compare(some, await importedJobs(some), from, until)
    const all = crontab(taken)
    await compare(all, jobs, from, enoughOf(jobs, from))
  })

  test(`whatever cron refuses is refused, for the same field (seed ${seed})`, async () => {
    const now = { zone: 'UTC', from: 0, until: 0 }
    const refused = randomSchedules(seed + 1, 120).filter(
      (schedule) => !readCronSchedule(`${schedule} x`, 'debian').ok,
    )
    for (const schedule of [...refused.slice(0, 30), ...alwaysRefused]) {
      const read = readCronSchedule(`${schedule} x`, 'debian')
      const { log } = await cron.run({ isSystem: false, text: `${schedule} x\n` }, now)
      expect(log, schedule).toContain('this crontab file will be ignored')
      const word = /Error: bad ([\w -]+);/.exec(log)?.[1]?.replaceAll('-', ' ')
      expect(read.ok ? 'none' : read.why, schedule).toMatch(
        word === 'time specifier' ? /^cron knows no/ : new RegExp(`^${word}:`),
      )
    }
  })

  /** Drover has one due time for them; cron starts the job again for each, a few seconds apart. */
  test('several times in one gap: each is a run of cron’s, and all are one due time', async () => {
    const text = '0,20,40 2 * * * job\n'
    const crontab = { name: 'gap', zone: 'Europe/Berlin', from: '', isSystem: false, text }
    const [from, until] = [Date.parse('2026-03-28T12:00:00Z'), Date.parse('2026-03-29T12:00:00Z')]
    const { starts } = await cron.run(crontab, { zone: crontab.zone, from, until })
    const after = Date.parse('2026-03-29T01:00:00Z')
    expect(starts.map(({ at }) => at)).toEqual([after, after, after])
    const [job] = await importedJobs(crontab)
    expect(job?.calendar.enumerate(from, until, 0, 10)).toEqual([after])
  })
})

/** Each start of cron's lies in the minute of a due time, and each due time has one. */
async function compare(
  crontab: SampleCrontab,
  jobs: readonly ImportedJob[],
  from: number,
  until: number,
): Promise<void> {
  const { starts, log } = await cron.run(crontab, { zone: crontab.zone, from, until })
  expect(log).not.toMatch(/error/i)
  const theirs = new Map<string, Set<number>>()
  for (const { at, user, command } of starts) {
    const key = nameOfCommand(command)
    const job = jobs.find((one) => one.key === key)
    expect(job, `${command} is imported`).toBeDefined()
    if (job?.user) expect(user).toBe(job.user)
    theirs.set(key, (theirs.get(key) ?? new Set()).add(at))
  }
  for (const { key, calendar, isAtStart } of jobs) {
    // That cron itself has begun is no due time.
    const ours = isAtStart ? [from] : calendar.enumerate(from, until, 0, 100_000)
    expect([...(theirs.get(key) ?? [])].map(iso), `${key} of ${crontab.text}`).toEqual(ours.map(iso))
  }
}

interface ImportedJob {
  readonly key: string
  readonly user: string | null
  readonly calendar: Calendar
  readonly isAtStart: boolean
}

/** By way of the written text, as somebody who uses it. */
async function importedJobs({ name, text, isSystem, zone }: SampleCrontab): Promise<ImportedJob[]> {
  const draft = importCrontab({ ...plainSource, name, text, isSystem })
  const { programs, problems } = await loadConfigText(writeConfig(draft, 'yaml'), {
    format: 'yaml',
    name: 'jobs.yaml',
    baseDir: '/',
    hostPath: '',
  })
  expect(problems).toEqual([])
  return programs.map((program) => {
    if (program.kind !== 'job') throw new Error(`${program.name} is no job`)
    const { schedule, timezone } = program.job
    return {
      key: program.name,
      user: program.launch.user,
      isAtStart: schedule.expressions.includes('@reboot'),
      calendar: compileCalendar({ ...schedule, timezone: timezone ?? zone, seed: program.name }),
    }
  })
}

const plainSource = {
  owner: null,
  flavor: 'debian' as CronFlavor,
  takesDisabled: false,
  userOf: () => ({ home: '/' }),
}

/** Until each job had a hundred runs, or two years are over, or there were many of all together. */
function enoughOf(jobs: readonly ImportedJob[], from: number): number {
  const calendars = jobs.map(({ calendar }) => calendar)
  const times = calendars.map((calendar) => calendar.enumerate(from, from + twoYearsMs, 0, enoughRuns))
  const ends = times.map((own) => (own.length < enoughRuns ? from + twoYearsMs : (own.at(-1) ?? from)))
  const end = Math.max(...ends)
  const all = calendars
    .flatMap((calendar) => calendar.enumerate(from, end, 0, mostRuns))
    .sort((a, b) => a - b)
  return all[mostRuns] ?? end
}

function iso(instant: number): string {
  return new Date(instant).toISOString().replace(':00.000Z', 'Z')
}
