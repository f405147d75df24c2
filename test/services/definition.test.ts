/** One text declares programs at every door, and a bad one is refused at each, changing nothing. */
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { UserError } from '../../src/domain/user-error.ts'
import { drover, droverJson } from '../harness/command-line.ts'
import { openHouse } from '../harness/house.ts'

const good = `
defaults:
  stop: { grace: 2s }
programs:
  app:mailer:
    command: [sleep, "1000"]
    processes: 2
    startTime: 0
    env: { QUEUE: mail }
    customData: { team: mail }
`
const bad = `
programs:
  app:mailer:
    command: [sleep, "2000"]
    proceses: 3
  other:
    command: true
    stop: { signal: TREM }
`

test('X-9 the same text is accepted from a file, a folder, the API and the command line', {
  timeout: 180_000,
}, async () => {
  const house = openHouse()
  const file = house.write('drover.yaml', good)
  const folder = join(house.folder, 'conf.d')
  mkdirSync(folder)
  house.write('conf.d/deep/er/mail.yaml', good)
  house.write('empty.yaml', 'programs: {}\n')

  const definitions: unknown[] = []
  const look = async (): Promise<void> => {
    await house.waitForSlots(
      'both run',
      (slots) => slots.length === 2 && slots.every(({ state }) => state === 'running'),
    )
    definitions.push((await house.api.getProgram({ name: 'app:mailer' })).definition)
  }
  for (const config of [file, folder]) {
    await house.startAgent({ config })
    await look()
    await house.shutdown()
    rmSync(house.dataDir, { recursive: true })
  }
  await house.startAgent({ config: join(house.folder, 'empty.yaml') })
  const plan = await house.api.putPrograms({ text: good, format: 'yaml', baseDir: house.folder })
  expect(plan.programs).toEqual([{ program: 'app:mailer', change: 'added', fields: [] }])
  await look()
  expect((await house.api.listPrograms({}))[0]?.source).toBe('api')
  await house.api.deleteProgram({ name: 'app:mailer' })
  await house.waitForSlots('it is gone', (slots) => slots.length === 0)
  expect(await drover(house, ['apply', file])).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('+ app:mailer'),
  })
  await look()

  const [first, ...others] = definitions.map((definition) => withoutFolder(definition))
  expect(others).toHaveLength(3)
  for (const other of others) expect(other).toEqual(first)
  // What the API declared stays over agents.
  await house.killAgent()
  await house.startAgent({ config: join(house.folder, 'empty.yaml') })
  expect((await house.slots()).map(({ state }) => state)).toEqual(['running', 'running'])
})

test('X-9 a bad text is refused with field and reason at each door, and changes nothing', {
  timeout: 180_000,
}, async () => {
  const house = openHouse()
  const file = house.write('conf.d/mail.yaml', good)
  const folder = join(house.folder, 'conf.d')
  await house.startAgent({ config: folder })
  const before = await house.waitForSlots(
    'both run',
    (slots) => slots.length === 2 && slots.every(({ state }) => state === 'running') && slots,
  )
  const programs = await house.api.listPrograms({})
  const { generation } = await house.api.getAgent()
  const told = [
    /programs\.app:mailer\.proceses: .*did you mean `processes`/,
    /programs\.other\.command/,
    /programs\.other\.stop\.signal: .*did you mean `TERM`/,
  ]

  const badFile = house.write('bad.yaml', bad)
  const doors = [
    ['config', 'check', badFile],
    ['apply', badFile],
  ]
  for (const args of doors) await refusedBy(args)
  house.write('conf.d/mail.yaml', bad)
  for (const args of [['reload'], ['plan'], ['config', 'check', folder]]) await refusedBy(args)
  const error = await house.api
    .putPrograms({ text: bad, format: 'yaml', name: 'mine', baseDir: '/' })
    .catch((caught: unknown) => caught)
  expect(error).toBeInstanceOf(UserError)
  if (error instanceof UserError) {
    expect(error.code).toBe('config_invalid')
    expect(error.problems.map(({ field, line }) => [field, line])).toEqual([
      ['programs.app:mailer.proceses', 5],
      ['programs.other.command', 7],
      ['programs.other.stop.signal', 8],
    ])
  }

  expect(await house.slots()).toEqual(before)
  expect(await house.api.listPrograms({})).toEqual(programs)
  expect((await house.api.getAgent()).generation).toBe(generation)
  house.write('conf.d/mail.yaml', good)
  expect((await house.api.planReload({})).isEmpty).toBe(true)
  expect(await droverJson(house, ['config', 'check', file])).toMatchObject({
    valid: true,
    programs: ['app:mailer'],
  })

  async function refusedBy(args: string[]): Promise<void> {
    const { code, stderr } = await drover(house, args)
    expect({ args, code }).toEqual({ args, code: 5 })
    for (const pattern of told) expect(stderr).toMatch(pattern)
  }
})

test('a name cannot be declared in the file and over the API', async () => {
  const house = openHouse()
  house.configure({ mailer: { command: ['sleep', '1000'], startTime: 0 } })
  await house.startAgent()
  const { pid } = await house.waitForState('mailer', 'running')
  const text = JSON.stringify({ programs: { mailer: { command: 'exit 1' } } })
  const refused = await drover(house, ['apply', '-', '--format', 'json'], { input: text })
  expect(refused.code).toBe(6)
  expect(refused.stderr).toContain('mailer')
  expect(refused.stderr).toContain('Change it in the configuration file')
  const removal = await drover(house, ['remove', 'mailer'])
  expect(removal.code).toBe(6)
  expect(removal.stderr).toContain('Remove it from the file and reload')
  expect((await house.slot('mailer')).pid).toBe(pid)
})

/** Relative paths are relative to where a text lies; these texts have none but the usual directory. */
function withoutFolder(definition: unknown): unknown {
  const { launch, ...rest } = definition as { launch: Record<string, unknown> }
  const { cwd: _, ...others } = launch
  return { ...rest, launch: others }
}
