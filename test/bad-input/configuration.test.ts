/** Configurations with mistakes: each is told with file, line, field, what was expected and the likely fix; what runs is untouched. */
import { chmodSync, chownSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { beforeAll, expect, test } from 'vitest'
import type { SlotView } from '../../src/contract/views.ts'
import { drover, shareHouse } from '../harness/command-line.ts'
import { openHouse } from '../harness/house.ts'
import { isAlive } from '../harness/processes.ts'

const house = shareHouse()
const folder = join(house.folder, 'conf.d')
const good = 'programs:\n  worker: { command: [sleep, "1000"], startTime: 0 }\n'
let before: SlotView[] = []

beforeAll(async () => {
  house.write('conf.d/main.yaml', good)
  await house.startAgent({ config: folder })
  await house.waitForState('worker', 'running')
  before = await house.slots()
})

/** A second file beside the good one, and what is said of it. */
const mistakes: readonly (readonly [what: string, file: string, text: string, said: readonly RegExp[]])[] = [
  [
    'an unknown key',
    'a.yaml',
    'programs:\n  x:\n    command: "true"\n    proceses: 2\n',
    [/a\.yaml:4: programs\.x\.proceses: .*did you mean `processes`/],
  ],
  [
    'a key of supervisord',
    'a.toml',
    '[programs.x]\ncommand = "true"\nnumprocs = 2\n',
    [/a\.toml:3: programs\.x\.numprocs: .*processes/],
  ],
  [
    'a number that is text',
    'a.json',
    '{"programs": {"x": {"command": "true",\n "processes": "two"}}}',
    [/a\.json:2: programs\.x\.processes: .*"?two"?/, /whole number/],
  ],
  [
    'a time without sense',
    'a.yaml',
    'programs:\n  x: { command: "true", stop: { grace: soon } }\n',
    [/a\.yaml:2: programs\.x\.stop\.grace/],
  ],
  ['an empty command', 'a.yaml', 'programs:\n  x: { command: [] }\n', [/a\.yaml:2: programs\.x\.command/]],
  ['a list where a table belongs', 'a.json', '{"programs": ["x"]}', [/a\.json:1: programs/]],
  [
    'a name that is taken',
    'a.yaml',
    'programs:\n\n  worker: { command: "true" }\n',
    [
      /main\.yaml:2: programs\.worker.*already declared at .*a\.yaml:3|a\.yaml:3: programs\.worker.*already declared at .*main\.yaml:2/,
    ],
  ],
  [
    'a name that is a word of ours',
    'a.yaml',
    'programs:\n  all: { command: "true" }\n',
    [/a\.yaml:2: programs\.all/],
  ],
  [
    'a user that nobody knows',
    'a.yaml',
    'programs:\n  x: { command: "true", user: nobody-knows-me }\n',
    [/programs\.x\.user.*`nobody-knows-me` does not exist/],
  ],
  [
    'an env file that is missing',
    'a.yaml',
    'programs:\n  x: { command: "true", envFiles: [none.env] }\n',
    [/a\.yaml:2: programs\.x\.envFiles.*none\.env does not exist/],
  ],
  [
    'one file for two processes',
    'a.yaml',
    'programs:\n  x: { command: "true", processes: 2, stdout: x.log }\n',
    [/a\.yaml:2: programs\.x\.stdout.*x\.log.*did you mean .*\{index\}/],
  ],
  ['YAML that is none', 'a.yaml', 'programs:\n  x: { command: "true"\n  y: [\n', [/a\.yaml:\d+/]],
  ['JSON that is none', 'a.json', '{"programs": {\n "x": {"command": "true",,}}}', [/a\.json:2/]],
  ['TOML that is none', 'a.toml', '[programs.x]\ncommand = true = false\n', [/a\.toml:2/]],
  ['TypeScript that is none', 'a.ts', 'export default {\n  programs: {{{\n', [/a\.ts:2/]],
  [
    'a program that throws',
    'a.js',
    'export default {}\nthrow new Error("no luck today")\n',
    [/a\.js:2.*no luck today/],
  ],
  [
    'a program without data',
    'a.js',
    'export default { programs: { x: { command: () => 1 } } }\n',
    [/a\.js:1: programs\.x\.command.*function/],
  ],
  ['an include that is missing', 'a.yaml', 'include: [./none]\n', [/a\.yaml:1: include.*none/]],
]

test.each(mistakes)('%s', async (_, file, text, said) => {
  const path = house.write(`conf.d/${file}`, text)
  const [check, reload] = await Promise.all([
    drover(house, ['config', 'check', folder, '--no-color']),
    drover(house, ['reload']),
  ])
  rmSync(path)
  expect({ check: check.code, reload: reload.code, stderr: reload.stderr }).toMatchObject({ reload: 5 })
  for (const pattern of said) {
    expect(reload.stderr).toMatch(pattern)
    // Users are known to the agent alone: a check may be made on another machine.
    if (!text.includes('nobody-knows-me')) expect(check.stderr).toMatch(pattern)
  }
  expect(reload.stderr).not.toMatch(/node:|at .*\.cjs/)
  expect(await house.slots()).toEqual(before)
})

test('a configuration that never ends is stopped, and the agent answers meanwhile', async () => {
  const path = house.write('conf.d/hang.ts', 'for (;;);\nexport default {}\n')
  let isOver = false
  const reloading = drover(house, ['reload']).finally(() => {
    isOver = true
  })
  const answer = await house.api.listSlots({})
  expect(answer).toEqual(before)
  expect(isOver).toBe(false)
  const { code, stderr } = await reloading
  rmSync(path)
  expect(code).toBe(5)
  expect(stderr).toMatch(/hang\.ts.*gave no configuration within 10 s/)
  expect(await house.slots()).toEqual(before)
})

test('a configuration that is gone is told, and what runs goes on', async () => {
  renameSync(folder, `${folder}.away`)
  const { code, stderr } = await drover(house, ['reload'])
  expect(code).toBe(5)
  expect(stderr).toContain(folder)
  expect(stderr).toMatch(/does not exist/)
  expect(await house.slots()).toEqual(before)
  renameSync(`${folder}.away`, folder)
  expect((await house.api.planReload({})).isEmpty).toBe(true)
})

test.runIf(process.getuid?.() === 0)('a configuration that cannot be read is told by its path', async () => {
  const other = openHouse()
  const nobody = { uid: 65_534, gid: 65_534 }
  chmodSync(other.folder, 0o755)
  mkdirSync(other.dataDir)
  chownSync(other.dataDir, nobody.uid, nobody.gid)
  other.configure({})
  chmodSync(other.configFile, 0o600)
  const said = await other.startAgent({ user: nobody }).catch((error: Error) => error.message)
  expect(said).toContain(other.configFile)
  expect(said).toMatch(/permission denied|EACCES/i)
})

test('an agent does not start on a file that is missing or has mistakes', async () => {
  const other = openHouse()
  const missing = await drover(other, ['up', '-c', join(other.folder, 'none.yaml')])
  expect(missing.code).toBe(5)
  expect(missing.stderr).toContain('none.yaml')
  const path = other.write('wrong.yaml', 'programs:\n  x: { processes: 2 }\n')
  const wrong = await drover(other, ['up', '-c', path])
  expect(wrong.code).toBe(5)
  expect(wrong.stderr).toMatch(/wrong\.yaml:2: programs\.x\.command/)
})

test('W-T5 an agent over living workers goes on with the last good configuration, and says so', async () => {
  const other = openHouse()
  other.write('drover.json', '{"programs": {"worker": {"command": ["sleep", "1000"], "startTime": 0}}}')
  await other.startAgent()
  const { pid } = await other.waitForState('worker', 'running')
  await other.killAgent()
  for (const text of ['{"programs": {"worker": {"processes": 2}}}', '{"programs"', null]) {
    if (text === null) rmSync(other.configFile)
    else other.write('drover.json', text)
    await other.startAgent()
    expect(await other.slot('worker')).toMatchObject({ state: 'running', pid })
    const [refused] = await other.api.listEvents({ kinds: ['config.refused'], newest: true, limit: 1 })
    expect(refused?.text).toContain(other.configFile)
    expect(other.log()).toContain('configuration refused')
    await other.killAgent()
  }
  expect(isAlive(pid ?? 0)).toBe(true)
  expect(other.log()).toContain('programs.worker.command')
})
