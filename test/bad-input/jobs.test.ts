/** Jobs with mistakes: each is told with file, line, field, what was expected and the likely fix; what is due and what runs is untouched. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { drover, shareHouse } from '../harness/command-line.ts'
import { eventsOf, told } from '../harness/jobs.ts'

const house = shareHouse()
const folder = join(house.folder, 'conf.d')

beforeAll(async () => {
  house.write(
    'conf.d/main.yaml',
    'jobs:\n  second: { command: "true", schedule: "* * * * * *" }\n  yearly: { command: "true", schedule: "@yearly", after: second }\n',
  )
  await house.startAgent({ config: folder })
  await told(house, 'second', 'job.succeeded')
})

/** Keys of the job `x` in the second line of a file, and what is said of it. */
const inOneJob: readonly (readonly [what: string, keys: string, said: readonly RegExp[]])[] = [
  [
    '30 February',
    'schedule: "0 0 30 2 *"',
    [/a\.yaml:2: jobs\.x\.schedule: day of month: `30` never comes with month `2`/, /expected a day/],
  ],
  ['29 February of a year without it', 'schedule: "0 0 0 29 2 * 2027"', [/jobs\.x\.schedule: /]],
  [
    'a minute that there is not',
    'schedule: "61 * * * *"',
    [/jobs\.x\.schedule: minute: `61`/, /expected 0 to 59/],
  ],
  ['four fields', 'schedule: "* * * *"', [/jobs\.x\.schedule: .*4 fields/, /expected 5 fields/]],
  ['an unknown macro', 'schedule: "@dayly"', [/jobs\.x\.schedule: .*did you mean `@daily`/]],
  [
    'a period of nothing',
    'schedule: "@every 0s"',
    [/jobs\.x\.schedule: `0s`/, /expected a duration from 1s/],
  ],
  [
    'one bad expression of several',
    'schedule: ["@daily", "* * 31 4 *"]',
    [/jobs\.x\.schedule\[1\]: day of month/],
  ],
  ['no expression at all', 'schedule: []', [/jobs\.x\.schedule: expected a schedule such as/]],
  [
    'by hand, and at times',
    'schedule: [manual, "@daily"]',
    [/jobs\.x\.schedule\[0\]: `manual`/, /one of the two/],
  ],
  [
    'nothing that makes it due',
    '',
    [/jobs\.x: nothing says when this job is due/, /expected `schedule`, `at` or `after`/],
  ],
  [
    'schedule and single times',
    'schedule: "@daily", at: "2030-12-24 18:00"',
    [/jobs\.x\.at: a job has a schedule or single times, not both/],
  ],
  [
    'a date that there is not',
    'at: "2030-02-30 10:00"',
    [/jobs\.x\.at: `2030-02-30 10:00` is no date/, /such as/],
  ],
  ['a date without a time', 'at: ["2030-12-24 18:00", "2030-12-25"]', [/jobs\.x\.at\[1\]: .*no time of day/]],
  [
    'a zone that does not exist',
    'schedule: "@daily", timezone: Europe/Berlln',
    [/jobs\.x\.timezone: there is no time zone `Europe\/Berlln`; did you mean `Europe\/Berlin`/],
  ],
  [
    'a zone that is no text',
    'schedule: "@daily", timezone: 1',
    [/jobs\.x\.timezone: expected the name of a time zone/],
  ],
  [
    'a program that nobody declares',
    'after: secnd',
    [/jobs\.x\.after: there is no program `secnd` to come after; did you mean `second`/],
  ],
  [
    'itself',
    'after: x',
    [/jobs\.x\.after: these jobs would start one another for ever: x → x/, /leave out one/],
  ],
  [
    'an unknown condition',
    'after: { second: always }',
    [/jobs\.x\.after\.second: expected success, failure, end/],
  ],
  [
    'a dependency that nobody declares',
    'schedule: "@daily", dependsOn: [ghost]',
    [/jobs\.x\.dependsOn: .*`ghost`/],
  ],
  ['an unknown policy', 'schedule: "@daily", missed: never', [/jobs\.x\.missed: expected skip, once, all/]],
  [
    'an unknown overlap',
    'schedule: "@daily", overlap: parallel',
    [/jobs\.x\.overlap: expected skip, queue, replace, allow/],
  ],
  [
    'a most of what is skipped',
    'schedule: "@daily", overlap: { policy: skip, max: 3 }',
    [/jobs\.x\.overlap\.max: with `skip` it means nothing/, /expected `queue` or `allow`/],
  ],
  [
    'a deadline for what is not made up for',
    'schedule: "@daily", missed: { policy: skip, within: 1h }',
    [/jobs\.x\.missed\.within: with `skip` it means nothing/],
  ],
  [
    'a code that is worth another attempt and is not',
    'schedule: "@daily", retries: { times: 1, exitCodes: [1, 75], exceptExitCodes: [75] }',
    [/jobs\.x\.retries\.exceptExitCodes: 75 is among `exitCodes` as well/],
  ],
  [
    'attempts without a number',
    'schedule: "@daily", retries: { initial: 1s }',
    [/jobs\.x\.retries\.times: is missing/],
  ],
  [
    'a window without an end',
    'schedule: "@daily", blackout: [{ from: "0 22 * * *" }]',
    [/jobs\.x\.blackout\[0\]: expected/],
  ],
  [
    'a window that ends before it begins',
    'schedule: "@daily", blackout: [{ from: "2030-12-24 00:00", to: "2030-12-23 00:00" }]',
    [/jobs\.x\.blackout\[0\]\.to: the window ends at/, /expected an end after the beginning/],
  ],
  [
    'a parameter that nobody can say',
    'schedule: "@daily", params: { DAY: { required: true } }',
    [/jobs\.x\.params\.DAY\.required: nobody can say it/, /expected a `default`/],
  ],
  [
    'a default that is none of the values',
    'schedule: "@daily", params: { MODE: { default: fast, values: [quick, full] } }',
    [/jobs\.x\.params\.MODE\.default: the default `fast`/, /expected quick, full/],
  ],
  [
    'a parameter with a name of ours',
    'schedule: "@daily", params: { DROVER_ATTEMPT: 1 }',
    [/params\.DROVER_ATTEMPT: /],
  ],
  [
    'a key of programs',
    'schedule: "@daily", processes: 3',
    [/jobs\.x\.processes: .*belongs to a program, under `programs/],
  ],
  ['a key of cron', 'cron: "@daily"', [/jobs\.x\.cron: .*is `schedule` here/]],
  [
    'a key of Kubernetes',
    'schedule: "@daily", concurrencyPolicy: Forbid',
    [/jobs\.x\.concurrencyPolicy: .*is `overlap` here, Forbid is `skip`/],
  ],
  ['a misspelt key', 'schedule: "@daily", overlapp: skip', [/jobs\.x\.overlapp: .*did you mean `overlap`/]],
  [
    'a limit of what is kept running',
    'schedule: "@daily", limits: { runs: 3 }',
    [/jobs\.x\.limits\.runs: .*kept running/],
  ],
  [
    'a user that nobody knows',
    'schedule: "@daily", user: nobody-knows-me',
    [/jobs\.x\.user.*`nobody-knows-me`/],
  ],
]

test.each(inOneJob)('%s', async (_, keys, said) => {
  await refused('a.yaml', `jobs:\n  x: { command: "true"${keys === '' ? '' : `, ${keys}`} }\n`, said)
})

test.each<readonly [what: string, file: string, text: string, said: readonly RegExp[]]>([
  [
    'no command',
    'a.yaml',
    'jobs:\n  x: { schedule: "@daily" }\n',
    [/a\.yaml:2: jobs\.x\.command: is missing/],
  ],
  [
    'a circle of several',
    'a.yaml',
    'jobs:\n  a: { command: "true", after: c }\n  b: { command: "true", after: { a: failure } }\n  c: { command: "true", after: [b, second] }\n',
    [/a\.yaml:2: jobs\.a\.after: these jobs would start one another for ever: a → c → b → a/],
  ],
  [
    'a name that a program has',
    'a.yaml',
    'programs:\n  x: { command: "true" }\njobs:\n  x: { command: "true", schedule: "@daily" }\n',
    [/a\.yaml:4: jobs\.x: .*`x` is already declared at .*a\.yaml:2/],
  ],
  [
    'a name that another file has',
    'z.toml',
    '[jobs.second]\ncommand = "true"\nschedule = "@daily"\n',
    [/z\.toml:1: jobs\.second: .*already declared at .*main\.yaml:2/],
  ],
  [
    'a name that is a word of ours',
    'a.json',
    '{"jobs": {\n "all": {"command": "true", "schedule": "@daily"}}}',
    [/a\.json:2: jobs\.all/],
  ],
  ['a list where a table belongs', 'a.json', '{"jobs": [{"command": "true"}]}', [/a\.json:1: jobs/]],
  [
    'a key of jobs at a program',
    'a.yaml',
    'programs:\n  x: { command: "true", schedule: "@daily" }\n',
    [/a\.yaml:2: programs\.x\.schedule: .*belongs to a job, under `jobs/],
  ],
  [
    'a program that throws while it makes jobs',
    'a.mjs',
    'export default { jobs: make() }\nfunction make() {\n  throw new Error("no luck today")\n}\n',
    [/a\.mjs:3.*no luck today/],
  ],
  ['a file that yields no job', 'a.yaml', '# jobs: none yet\n', [/a\.yaml: the file is empty/]],
  [
    'a file of labels alone',
    'a.yaml',
    'labels: { role: db }\n',
    [/a\.yaml: programs: the file declares no program and no job/],
  ],
])('%s', async (_, file, text, said) => {
  await refused(file, text, said)
})

/** At the command line and by a reload, with nothing of it in force and nothing else out of it. */
async function refused(file: string, text: string, said: readonly RegExp[]): Promise<void> {
  const jobs = async (): Promise<unknown> =>
    (await house.api.listJobs({})).map(({ name, schedule, isEnabled }) => ({ name, schedule, isEnabled }))
  const before = await jobs()
  const path = house.write(`conf.d/${file}`, text)
  const [check, reload] = await Promise.all([
    drover(house, ['config', 'check', folder, '--no-color']),
    drover(house, ['reload']),
  ])
  rmSync(path)
  for (const pattern of said) {
    expect(reload.stderr).toMatch(pattern)
    // Users are known to the agent alone: a check may be made on another machine.
    if (!text.includes('nobody-knows-me')) expect(check.stderr).toMatch(pattern)
  }
  expect(reload.code).toBe(5)
  expect(reload.stderr).not.toMatch(/node:|at .*\.cjs/)
  expect(await jobs()).toEqual(before)
}

test('a command that does not exist is told when it is read, and is a failure with that reason when it is due', async () => {
  const path = house.write(
    'conf.d/a.yaml',
    'jobs:\n  nothing: { command: ["./no-such-command"], schedule: "* * * * * *" }\n  nowhere: { command: "true", cwd: ./none, schedule: "* * * * * *" }\n',
  )
  const { code, stderr } = await drover(house, ['reload'])
  expect(code).toBe(0)
  expect(stderr).toMatch(/jobs\.nothing\.command: .*`\.\/no-such-command` does not exist/)
  expect(stderr).toMatch(/jobs\.nowhere\.cwd: .*does not exist/)
  const [failed] = await told(house, 'nothing', 'job.failed')
  expect(failed?.data.detail).toMatch(/could not start .*No such file/)
  await told(house, 'nowhere', 'job.failed')
  expect((await eventsOf(house, 'nothing', ['start.refused']))[0]?.data.reason).toBe('command_not_found')
  expect((await eventsOf(house, 'nowhere', ['start.refused']))[0]?.data.reason).toBe('directory_missing')
  rmSync(path)
  expect((await drover(house, ['reload'])).code).toBe(0)
})

test('a job of a configuration that is broken by now is started all the same, also by the next agent', async () => {
  const path = house.write('conf.d/a.yaml', 'jobs:\n  x: { command: "true", schedule: "0 0 30 2 *" }\n')
  await house.killAgent()
  await house.startAgent({ config: folder })
  expect(await eventsOf(house, null, ['config.refused'])).not.toEqual([])
  const before = (await eventsOf(house, 'second', ['job.succeeded'])).length
  await told(house, 'second', 'job.succeeded', { least: before + 1 })
  rmSync(path)
})
