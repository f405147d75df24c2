/** Data directories that cannot be one: each is refused in plain words with a way out, and nothing in it is changed. */
import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { migrations } from '../../src/store/migrations/sqlite/index.ts'
import { type CommandEnd, drover } from '../harness/command-line.ts'
import { type House, openHouse } from '../harness/house.ts'
import { waitFor } from '../harness/wait.ts'

const require = createRequire(import.meta.url)
const isRoot = process.getuid?.() === 0
const dataDirectoryFault = 9

test('a folder with somebody else’s files', async () => {
  const house = withPrograms()
  mkdirSync(house.dataDir)
  writeFileSync(join(house.dataDir, 'thesis.tex'), 'years of work')
  const end = await up(house)
  expect(end.code).toBe(dataDirectoryFault)
  expect(end.stderr).toContain(`${house.dataDir} is not empty and not a data directory of Drover`)
  expect(end.stderr).toContain('--data-dir')
  expect(readdirSync(house.dataDir)).toEqual(['thesis.tex'])
})

test('a file in its place', async () => {
  const house = withPrograms()
  writeFileSync(house.dataDir, 'a file')
  const end = await up(house)
  expect(end.code).toBe(dataDirectoryFault)
  expect(end.stderr).toContain(house.dataDir)
  expect(end.stderr).toContain('--data-dir')
  expect(readFileSync(house.dataDir, 'utf8')).toBe('a file')
})

test.runIf(existsSync('/proc/self'))('one where no folder can be made', () => {
  const house = withPrograms()
  const program = fileURLToPath(new URL('../../bin/drover', import.meta.url))
  const args = ['up', '-c', join(house.folder, 'drover.json'), '-D', '/proc/nowhere/data']
  const { status, stderr } = spawnSync(program, args, { encoding: 'utf8', timeout: 60_000 })
  expect(stderr).toContain('The data directory /proc/nowhere/data cannot be used')
  expect(status).toBe(dataDirectoryFault)
})

test.runIf(isRoot)('one that may not be written', async () => {
  const house = withPrograms()
  chmodSync(house.folder, 0o755)
  mkdirSync(house.dataDir, { mode: 0o755 })
  const said = await house
    .startAgent({ user: { uid: 65_534, gid: 65_534 } })
    .catch((error: Error) => error.message)
  expect(said).toContain(`The data directory ${house.dataDir} cannot be used`)
  expect(said).toContain('permission denied')
  expect(readdirSync(house.dataDir)).toEqual([])
})

test.runIf(isRoot)('one on a full disk', async (context) => {
  const house = withPrograms()
  mkdirSync(house.dataDir)
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=16k,mode=700', 'none', house.dataDir]).status !== 0)
    context.skip()
  onTestFinished(() => void spawnSync('umount', ['--lazy', house.dataDir]))
  const end = await up(house)
  expect(end.code).toBe(dataDirectoryFault)
  expect(end.stderr).toContain(house.dataDir)
  expect(end.stderr).toMatch(/no space|full/i)
  expect(end.stderr).toMatch(/room on (its|the) disk/)
  expect(end.stderr).not.toContain('.cjs')
})

test('one that a living agent works on', async () => {
  const house = withPrograms()
  await house.startAgent()
  const { pid } = await house.waitForState('worker', 'running')
  const end = await up(house)
  expect(end.code).toBe(dataDirectoryFault)
  expect(end.stderr).toContain(`A living agent (pid ${house.agentPid}, version `)
  expect(end.stderr).toContain(`drover status -D ${house.dataDir}`)
  expect(await house.slot('worker')).toMatchObject({ state: 'running', pid })
})

test('a marker that is damaged, or of a layout to come', async () => {
  const house = withPrograms()
  const marker = join(house.dataDir, 'drover.json')
  const { pid } = await leaveWorker(house)
  for (const [text, said] of [
    ['{"dro', 'is damaged'],
    ['{"drover":2}', 'is of layout 2; this version of Drover knows layout 1'],
  ] as const) {
    writeFileSync(marker, text)
    const end = await up(house)
    expect({ code: end.code, stderr: end.stderr }).toEqual({
      code: dataDirectoryFault,
      stderr: expect.stringContaining(said),
    })
    expect(readFileSync(marker, 'utf8')).toBe(text)
  }
  writeFileSync(marker, '{"drover":1}')
  await house.startAgent()
  expect(await house.slot('worker')).toMatchObject({ pid })
})

test('a store of a newer version', async () => {
  const house = withPrograms()
  const { pid } = await leaveWorker(house)
  const setVersion = (version: number): void => {
    const { DatabaseSync } = require('@photostructure/sqlite')
    const database = new DatabaseSync(join(house.dataDir, 'drover.db'))
    database.exec(`pragma user_version = ${version}`)
    database.close()
  }
  setVersion(999)
  const end = await up(house)
  expect(end.code).toBe(dataDirectoryFault)
  expect(end.stderr).toMatch(/has schema 999; this version of Drover knows up to \d+/)
  setVersion(migrations.at(-1)?.number ?? 0)
  await house.startAgent()
  expect(await house.slot('worker')).toMatchObject({ pid, state: 'running' })
})

test('a store that is garbage; moved away as the hint says, the living are found again', async () => {
  const house = withPrograms()
  const { pid } = await leaveWorker(house)
  const store = join(house.dataDir, 'drover.db')
  copyFileSync(store, `${store}.good`)
  writeFileSync(store, 'garbage '.repeat(1000))
  for (const end of ['-wal', '-shm']) rmSync(`${store}${end}`, { force: true })
  const end = await up(house)
  expect(end.code).toBe(dataDirectoryFault)
  expect(end.stderr).toContain(`The store ${store} cannot be read`)
  expect(end.stderr).toContain('Move the file')
  expect(readFileSync(store, 'utf8')).toContain('garbage')
  renameSync(store, `${store}.broken`)
  await house.startAgent()
  expect(await house.slot('worker')).toMatchObject({ pid, state: 'running' })
  expect(house.processes().filter(({ command }) => command.startsWith('sleep'))).toHaveLength(1)
})

test('a file where the socket belongs', async () => {
  const house = withPrograms()
  const { pid } = await leaveWorker(house)
  const socket = join(house.dataDir, 'agent.sock')
  rmSync(socket, { force: true })
  writeFileSync(socket, 'not a socket')
  const end = await up(house)
  expect(end.code).toBe(dataDirectoryFault)
  expect(end.stderr).toContain(`${socket} is not a socket`)
  expect(end.stderr).toContain('Move it away')
  expect(readFileSync(socket, 'utf8')).toBe('not a socket')
  rmSync(socket)
  await house.startAgent()
  expect(await house.slot('worker')).toMatchObject({ pid })
})

test('W-T3 the socket of a dead agent is replaced, and only its owner may use the new one', async () => {
  const house = withPrograms()
  await house.startAgent()
  await house.waitForState('worker', 'running')
  await house.killAgent()
  const socket = join(house.dataDir, 'agent.sock')
  expect(existsSync(socket)).toBe(true)
  const dead = await drover(house, ['status'])
  expect(dead).toMatchObject({ code: 3, stderr: expect.stringContaining('No agent answers') })
  await house.startAgent()
  expect(statSync(socket).mode & 0o777).toBe(0o600)
  expect(statSync(house.dataDir).mode & 0o777).toBe(0o700)
})

test('damaged run directories: the living go on, the rest is told, and no slot is stuck', async () => {
  const house = openHouse()
  const sleeper = { command: ['sleep', '1000'], startTime: 0, steadyTime: 0 } as const
  const names = ['exit-broken', 'exit-missing', 'pid-broken', 'spec-broken', 'spec-gone', 'whole']
  house.configure(Object.fromEntries(names.map((name) => [name, sleeper])))
  await house.startAgent()
  await house.waitForSlots('all run', (slots) =>
    slots.every(({ state, pid }) => state === 'running' && pid !== null),
  )
  const before = new Map((await house.slots()).map((slot) => [slot.program, slot]))
  const directory = (name: string): string => join(house.dataDir, 'runs', before.get(name)?.run ?? '')
  await house.killAgent()

  for (const name of ['exit-broken', 'exit-missing']) process.kill(before.get(name)?.pid ?? 0, 'SIGKILL')

  await waitFor('both ends are written', () =>
    ['exit-broken', 'exit-missing'].every((name) => existsSync(join(directory(name), 'exit'))),
  )
  writeFileSync(join(directory('exit-broken'), 'exit'), '{"code": ')
  rmSync(join(directory('exit-missing'), 'exit'))
  writeFileSync(join(directory('pid-broken'), 'pid'), '{"boot"')
  writeFileSync(join(directory('spec-broken'), 'spec.json'), '{"version": 1, "run"')
  rmSync(join(directory('spec-gone'), 'spec.json'))
  mkdirSync(join(house.dataDir, 'runs', 'rubbish'))
  writeFileSync(join(house.dataDir, 'runs', 'a-file'), 'rubbish')
  writeFileSync(join(house.dataDir, 'marks', 'rubbish'), '')

  await house.startAgent()
  await house.waitForSlots(
    'all run again',
    (slots) => slots.length === names.length && slots.every(({ state }) => state === 'running'),
  )
  expect((await house.slot('whole')).pid).toBe(before.get('whole')?.pid)
  const endOf = async (name: string): Promise<string | null> =>
    (await house.api.getRun({ id: before.get(name)?.run ?? '' })).run.endText
  expect(await endOf('exit-broken')).toContain('its exit file is damaged')
  expect(await endOf('exit-missing')).toMatch(/nobody knows how/)
  // Whatever could not be read, for each slot there is one process, and not two.
  const living = house.processes().filter(({ command }) => command.startsWith('sleep'))
  expect(living.map(({ environment }) => environment.get('DROVER_PROGRAM')).sort()).toEqual(names)
})

function withPrograms(): House {
  const house = openHouse()
  house.configure({ worker: { command: ['sleep', '1000'], startTime: 0 } })
  return house
}

/** A worker that lives on without an agent. */
async function leaveWorker(house: House): Promise<{ pid: number }> {
  await house.startAgent()
  const { pid } = await house.waitForState('worker', 'running')
  await house.shutdown(true)
  return { pid: pid ?? 0 }
}

async function up(house: House): Promise<CommandEnd> {
  return await drover(house, ['up', '-c', house.configFile])
}
