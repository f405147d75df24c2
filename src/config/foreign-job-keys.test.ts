/** Keys of jobs as other tools call them, and keys that stand in the wrong table: what is said of each, and that it leads to a key that there is. */
import { describe, expect, it, test } from 'vitest'
import { foreignJobKeys, insteadInJobs, insteadInPrograms } from './foreign-job-keys.ts'
import { formatProblem } from './format-problem.ts'
import { parsePrograms } from './parse-programs.ts'
import { config } from './schema/config.ts'
import { keysAt } from './schema/tree.ts'

function saidOf(value: unknown): string[] {
  const source = { file: '/srv/drover.yaml', folder: '/srv', value, locate: () => null, includedBy: null }
  const { problems } = parsePrograms([source], { readTextFile: () => ({ kind: 'missing' }) })
  return problems.map((problem) => formatProblem(problem, { cwd: '/srv' }).replace(/^drover\.yaml: /, ''))
}

const saidOfJob = (keys: object): string[] =>
  saidOf({ jobs: { report: { command: 'x', schedule: '@daily', ...keys } } }).map((said) =>
    said.replace(/^jobs\.report\./, ''),
  )
const saidOfProgram = (keys: object): string[] =>
  saidOf({ programs: { mailer: { command: 'x', ...keys } } }).map((said) =>
    said.replace(/^programs\.mailer\./, ''),
  )

describe('a key of another tool in a job says what it is called here', () => {
  test.each<[object, string]>([
    [
      { concurrencyPolicy: 'Forbid' },
      'concurrencyPolicy: unknown key; `concurrencyPolicy` of Kubernetes is `overlap` here, Forbid is `skip`, Allow is `allow`, Replace is `replace`',
    ],
    [
      { startingDeadlineSeconds: 60 },
      'startingDeadlineSeconds: unknown key; `startingDeadlineSeconds` of Kubernetes is `missed` here, as `{ policy: once, within: 1h }`',
    ],
    [
      { suspend: true },
      'suspend: unknown key; `suspend` of Kubernetes is `enabled` here, with the opposite value',
    ],
    [
      { successfulJobsHistoryLimit: 3 },
      'successfulJobsHistoryLimit: unknown key; `successfulJobsHistoryLimit` of Kubernetes is `history.keep` here',
    ],
    [{ backoffLimit: 3 }, 'backoffLimit: unknown key; `backoffLimit` of Kubernetes is `retries` here'],
    [
      { activeDeadlineSeconds: 3 },
      'activeDeadlineSeconds: unknown key; `activeDeadlineSeconds` of Kubernetes is `timeout` here',
    ],
    [{ timeZone: 'UTC' }, 'timeZone: unknown key; did you mean `timezone`?'],
    [
      { timing: {} },
      'timing: unknown key; `timing` of Cronicle is `schedule` here, in the form of cron, as `30 2 * * *`',
    ],
    [
      { catch_up: true },
      'catch_up: unknown key; `catch_up` of Cronicle is `missed` here, true is `all`, false is `skip`',
    ],
    [
      { max_children: 1 },
      'max_children: unknown key; `max_children` of Cronicle is `overlap` here, as `{ policy: allow, max: 3 }`; 1 is `skip`',
    ],
    [
      { retry_delay: 30 },
      'retry_delay: unknown key; `retry_delay` of Cronicle is `retries` here, as `{ times: 3, initial: 1m, factor: 1 }`',
    ],
    [{ cron: '* * * * *' }, 'cron: unknown key; `cron` of Bree is `schedule` here'],
    [{ interval: '10m' }, 'interval: unknown key; `interval` of Bree is `schedule` here, as `@every 10m`'],
    [{ date: '2026-12-24' }, 'date: unknown key; `date` of Bree is `at` here, as a local time'],
    [
      { OnCalendar: 'daily' },
      'OnCalendar: unknown key; `OnCalendar` of systemd is `schedule` here, in the form of cron: `Mon *-*-* 02:30` is `30 2 * * MON`',
    ],
    [
      { Persistent: true },
      'Persistent: unknown key; `Persistent` of systemd is `missed` here, true is `once`, false is `skip`',
    ],
    [
      { RandomizedDelaySec: 60 },
      'RandomizedDelaySec: unknown key; `RandomizedDelaySec` of systemd is `schedule` here, where `H` and `~` spread due times: `H 2 * * *`',
    ],
    [{ cron_restart: '@daily' }, 'cron_restart: unknown key; `cron_restart` of PM2 is `schedule` here'],
    [
      { 'no-overlap': true },
      'no-overlap: unknown key; `no-overlap` of Ofelia is `overlap` here, true is `skip`, false is `allow`',
    ],
    [
      { crontab: {} },
      'crontab: unknown key; `crontab` of Celery is `schedule` here, in the form of cron: `crontab(hour=2, minute=30)` is `30 2 * * *`',
    ],
    [
      { MAILTO: 'root' },
      'MAILTO: unknown key; `MAILTO` of cron has no counterpart here: `after` of another job can tell people',
    ],
    // What a program of another tool says of a command is said so of a job as well.
    [{ directory: '/' }, 'directory: unknown key; `directory` of supervisord is `cwd` here'],
    [
      { instances: 3 },
      'instances: unknown key; `instances` of PM2 is `processes` of a program; several runs at a time are `overlap: { policy: allow }`',
    ],
    [{ schedul: 3 }, 'schedul: unknown key; did you mean `schedule`?'],
    [{ within: '1h' }, 'within: unknown key; did you mean `missed.within`?'],
    [
      { overlap: 'Forbid' },
      'overlap: expected skip, queue, replace, allow, or a table with policy and max, got "Forbid"; did you mean `skip`?',
    ],
    [
      { missed: true },
      'missed: expected skip, once, all, or a table with policy, within and max, got true; did you mean `once`?',
    ],
  ])('%j', (keys, expected) => expect(saidOfJob(keys)).toEqual([expected]))
})

describe('a key in the wrong table says where it belongs', () => {
  test.each<[object, string]>([
    [
      { processes: 3 },
      'processes: unknown key; `processes` belongs to a program, under `programs.<name>`; several runs at a time are `overlap: { policy: allow }`',
    ],
    [
      { restart: 'always' },
      'restart: unknown key; `restart` belongs to a program, under `programs.<name>`; a job has `retries`',
    ],
    [
      { autostart: false },
      'autostart: unknown key; `autostart` belongs to a program, under `programs.<name>`; `schedule: "@reboot"` runs it when the machine has started',
    ],
    [
      { sockets: {} },
      'sockets: unknown key; `sockets` belongs to a program, under `programs.<name>`; did you mean `programs.<name>.sockets`?',
    ],
  ])('of a program in a job: %j', (keys, expected) => expect(saidOfJob(keys)).toEqual([expected]))

  test.each<[object, string]>([
    [
      { schedule: '@daily' },
      'schedule: unknown key; `schedule` belongs to a job, under `jobs.<name>`; did you mean `jobs.<name>.schedule`?',
    ],
    [
      { time_zone: 'UTC' },
      'time_zone: unknown key; `timezone` belongs to a job, under `jobs.<name>`; did you mean `jobs.<name>.timezone`?',
    ],
    [
      { after: 'web' },
      'after: unknown key; `after` belongs to a job, under `jobs.<name>`; a program that needs another one says `dependsOn`',
    ],
    [
      { enabled: false },
      'enabled: unknown key; `enabled` belongs to a job, under `jobs.<name>`; a program that shall not begin by itself says `autostart: false`',
    ],
    [
      { cron_restart: '@daily' },
      'cron_restart: unknown key; `cron_restart` of PM2 is `schedule` of a job, under `jobs.<name>`; did you mean `jobs.<name>.schedule`?',
    ],
    [
      { concurrencyPolicy: 'Forbid' },
      'concurrencyPolicy: unknown key; `concurrencyPolicy` of Kubernetes is `overlap` of a job, under `jobs.<name>`, Forbid is `skip`, Allow is `allow`, Replace is `replace`; did you mean `jobs.<name>.overlap`?',
    ],
    [{ RuntimeMaxSec: 3 }, 'RuntimeMaxSec: unknown key; `RuntimeMaxSec` of systemd is `timeout` here'],
    [{ target: 'group' }, 'target: unknown key; did you mean `stop.target`?'],
    [{ labels: {} }, 'labels: unknown key; `labels` of Compose is `customData` here'],
  ])('of a job in a program: %j', (keys, expected) => expect(saidOfProgram(keys)).toEqual([expected]))

  test.each<[object, string]>([
    [
      { schedule: '@daily' },
      'schedule: unknown key; `schedule` belongs to a job, under `jobs.<name>`; did you mean `jobs.<name>.schedule`?',
    ],
    [
      { defaults: { overlap: 'skip' } },
      'defaults.overlap: unknown key; `overlap` belongs to a job, under `jobs.<name>`; did you mean `jobs.<name>.overlap`?',
    ],
    [{ beat_schedule: {} }, 'beat_schedule: unknown key; `beat_schedule` of Celery is `jobs` here'],
    [{ job: {} }, 'job: unknown key; did you mean `jobs`?'],
  ])('of a job at the top or in the defaults: %j', (value, expected) =>
    expect(saidOf(value)).toEqual([expected]),
  )
})

it('leads to keys that there are, and to no key that a job has already', () => {
  const keys = keysAt(config, ['jobs', 'any'])
  for (const entries of Object.values(foreignJobKeys)) {
    for (const [written, entry] of Object.entries(entries)) {
      expect(keys).not.toContain(written)
      const here = typeof entry === 'string' ? entry : entry.here
      const path = here?.split('.') ?? []
      if (here !== null)
        expect([here, keysAt(config, ['jobs', 'any', ...path.slice(0, -1)])]).toEqual([
          here,
          expect.arrayContaining(path.slice(-1)),
        ])
    }
  }
  expect(keysAt(config, ['jobs', 'any'])).toEqual(expect.arrayContaining(Object.keys(insteadInPrograms)))
  expect(keysAt(config, ['programs', 'any'])).toEqual(expect.arrayContaining(Object.keys(insteadInJobs)))
})
