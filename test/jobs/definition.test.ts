/** One text declares jobs at every door, a folder has one per file, and a bad one is refused, changing nothing. */
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { UserError } from '../../src/domain/user-error.ts'
import { drover } from '../harness/command-line.ts'
import { openHouse } from '../harness/house.ts'
import { eventsOf, runsOf, told } from '../harness/jobs.ts'

const good = `
jobs:
  app:report:
    command: [sh, -c, 'echo report of $SINCE']
    schedule: ['* * * * * *', '@reboot']
    timezone: Europe/Berlin
    blackout: [{ from: '0 3 * * *', for: 1m }]
    missed: { policy: all, within: 1h }
    overlap: queue
    retries: { times: 2, initial: 1s, exitCodes: [75] }
    params: { SINCE: yesterday, MODE: { default: quick, values: [quick, full] } }
    history: { keep: 30 }
    locks: [db]
    warnAfter: 10s
    timeout: 1m
    customData: { team: reports }
  app:after: { command: 'true', after: { report: success } }
`
const bad = `
jobs:
  app:report:
    command: [sh, -c, 'echo other']
    schedule: '* * 30 2 *'
  other: { command: 'true', schedule: '@daily', overlaps: skip }
  third: { command: 'true', schedule: '@daily', timezone: Europe/Berlln }
`

test('X-9 S-T2 the same text of jobs is accepted from a file, a folder, the API and the command line', {
  timeout: 180_000,
}, async () => {
  const house = openHouse()
  const file = house.write('drover.yaml', good)
  const folder = join(house.folder, 'conf.d')
  house.write('conf.d/deep/er/jobs.yaml', good)
  const empty = house.write('empty.yaml', 'programs: {}\n')

  const definitions: unknown[] = []
  const look = async (): Promise<void> => {
    const before = (await eventsOf(house, 'app:report', ['job.succeeded'])).length
    await told(house, 'app:report', 'job.succeeded', { least: before + 1 })
    const chained = (await eventsOf(house, 'app:after', ['job.succeeded'])).length
    await told(house, 'app:after', 'job.succeeded', { least: chained + 1 })
    definitions.push((await house.api.getProgram({ name: 'app:report' })).definition)
  }
  for (const config of [file, folder]) {
    await house.startAgent({ config })
    await look()
    await house.shutdown()
    rmSync(house.dataDir, { recursive: true })
  }
  await house.startAgent({ config: empty })
  const plan = await house.api.putPrograms({ text: good, format: 'yaml', baseDir: house.folder })
  expect(plan.programs).toEqual([
    { program: 'app:report', change: 'added', fields: [] },
    { program: 'app:after', change: 'added', fields: [] },
  ])
  await look()
  await house.api.deleteProgram({ name: 'app:after' })
  await house.api.deleteProgram({ name: 'app:report' })
  expect(await house.api.listJobs({})).toEqual([])
  const applied = await drover(house, ['apply', file])
  expect(applied).toMatchObject({ code: 0, stdout: expect.stringContaining('+ app:report') })
  await look()

  const [first, ...others] = definitions.map(withoutFolder)
  expect(others).toHaveLength(3)
  for (const other of others) expect(other).toEqual(first)
  // What the API declared stays over agents, with its due times.
  await house.killAgent()
  await house.startAgent({ config: empty })
  await look()
})

test('X-9 a bad text of jobs is refused with field and reason at each door, and changes nothing', {
  timeout: 180_000,
}, async () => {
  const house = openHouse()
  house.write('conf.d/jobs.yaml', good)
  const folder = join(house.folder, 'conf.d')
  await house.startAgent({ config: folder })
  await told(house, 'app:report', 'job.succeeded')
  const jobs = async () =>
    (await house.api.listPrograms({})).map(({ name, definition }) => [name, definition])
  const before = await jobs()
  const { generation } = await house.api.getAgent()
  const told5 = [
    /bad\.yaml:5: jobs\.app:report\.schedule: .*never/,
    /:6: jobs\.other\.overlaps: .*did you mean `overlap`/,
    /:7: jobs\.third\.timezone: there is no time zone `Europe\/Berlln`.*did you mean `Europe\/Berlin`/,
  ]
  const badFile = house.write('bad.yaml', bad)
  const refused = async (args: string[], patterns: readonly RegExp[]): Promise<void> => {
    const { code, stderr } = await drover(house, args)
    expect({ args, code }).toEqual({ args, code: 5 })
    for (const pattern of patterns) expect(stderr).toMatch(pattern)
  }
  await refused(['config', 'check', badFile], told5)
  await refused(['apply', badFile], told5)
  house.write('conf.d/jobs.yaml', bad)
  const told6 = told5.map(({ source }) => new RegExp(source.replace('bad', 'jobs')))
  for (const args of [['reload'], ['plan'], ['config', 'check', folder]]) await refused(args, told6)
  const error = await house.api
    .putPrograms({ text: bad, format: 'yaml', name: 'mine', baseDir: '/' })
    .catch((caught: unknown) => caught)
  if (!(error instanceof UserError)) throw error
  expect(error.problems.map(({ field, line }) => [field, line])).toEqual([
    ['jobs.app:report.schedule', 5],
    ['jobs.other.overlaps', 6],
    ['jobs.third.timezone', 7],
  ])
  expect(await jobs()).toEqual(before)
  expect((await house.api.getAgent()).generation).toBe(generation)
  const ended = (await eventsOf(house, 'app:report', ['job.succeeded'])).length
  await told(house, 'app:report', 'job.succeeded', { least: ended + 2 })
})

test('S-T8 S-T7 a tree with one job per file, at any depth, comes in addition to what is declared directly; a file that yields none is told by its path', async () => {
  const house = openHouse()
  const job = (name: string): string =>
    `jobs:\n  ${name}: { command: "echo ${name}", schedule: "* * * * * *" }\n`
  const main = house.write('drover.yaml', `include: [jobs.d]\n${job('direct')}`)
  house.write('jobs.d/top.yaml', job('top'))
  house.write('jobs.d/a/b/c/d/deep.yaml', job('deep'))
  house.write(
    'jobs.d/a/middle.json',
    '{"jobs": {"middle": {"command": "echo middle", "schedule": "* * * * * *"}}}',
  )
  house.write('jobs.d/other.toml', '[jobs.other]\ncommand = "echo other"\nschedule = "* * * * * *"\n')
  house.write(
    'jobs.d/a/typed.ts',
    'export default { jobs: { typed: { command: "echo typed", schedule: "* * * * * *" } } }\n',
  )
  house.write('jobs.d/README.md', 'No configuration, and none of ours.\n')
  await house.startAgent({ config: main })
  const names = ['deep', 'direct', 'middle', 'other', 'top', 'typed']
  expect((await house.api.listJobs({})).map(({ name }) => name)).toEqual(names)
  for (const name of names) await told(house, name, 'job.succeeded')

  for (const [path, text] of [
    ['jobs.d/a/b/nothing.yaml', '# to be written\n'],
    ['jobs.d/empty.json', '{}'],
    ['jobs.d/blank.yaml', ''],
    ['jobs.d/broken.ts', 'export const job = 1\n'],
  ] as const) {
    const file = house.write(path, text)
    const { code, stderr } = await drover(house, ['reload'])
    expect({ path, code }).toEqual({ path, code: 5 })
    expect(stderr).toContain(path)
    rmSync(file)
  }
  house.write('jobs.d/none.yaml', 'jobs: {}\n')
  const { code, stderr } = await drover(house, ['reload'])
  expect(code).toBe(0)
  expect(stderr).toMatch(/jobs\.d\/none\.yaml.*declares no program and no job/)
  mkdirSync(join(house.folder, 'jobs.d', 'hollow'))
  rmSync(join(house.folder, 'jobs.d/a/b/c/d/deep.yaml'))
  expect((await drover(house, ['reload'])).code).toBe(0)
  expect((await house.api.listJobs({})).map(({ name }) => name)).toEqual(
    names.filter((name) => name !== 'deep'),
  )
  expect((await runsOf(house, 'deep')).length).toBeGreaterThan(0)
})

test('S-C5 a name is there once, over jobs and programs, files and the API', async () => {
  const house = openHouse()
  const main = house.write(
    'drover.yaml',
    'include: [a.yaml]\nprograms:\n  worker: { command: [sleep, "1000"] }\n',
  )
  house.write('a.yaml', 'jobs:\n  report: { command: "true", schedule: "@daily" }\n')
  await house.startAgent({ config: main })
  const again = 'jobs:\n  report: { command: "true", schedule: "@daily" }\n'
  house.write('a.yaml', 'jobs:\n  worker: { command: "true", schedule: "@daily" }\n')
  const inFiles = await drover(house, ['reload'])
  expect(inFiles.code).toBe(5)
  expect(inFiles.stderr).toMatch(
    /a\.yaml:2: jobs\.worker: .*`worker` is already declared at .*drover\.yaml:3/,
  )
  const overApi = await drover(house, ['apply', '-', '--format', 'yaml'], { input: again })
  expect(overApi.code).toBe(6)
  expect(overApi.stderr).toContain('report')
})

/** Relative paths are relative to where a text lies; these texts have none but the usual directory. */
function withoutFolder(definition: unknown): unknown {
  const { launch, ...rest } = definition as { launch: Record<string, unknown> }
  const { cwd: _, ...others } = launch
  return { ...rest, launch: others }
}
