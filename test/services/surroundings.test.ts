/** What a worker finds around itself, as the kernel and the worker itself tell. */
import { mkdirSync, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { drover, shareHouse } from '../harness/command-line.ts'
import { waitFor } from '../harness/wait.ts'

const house = shareHouse()
const stays = 'exec sleep 1000'

beforeAll(async () => {
  mkdirSync(join(house.folder, 'here'))
  house.write('first.env', 'ONE=first\nTWO=first\nTHREE=first\n')
  house.write('second.env', 'TWO=second\nTHREE="second {slot}"\n')
  house.configure({
    place: { command: stays, cwd: './here', startTime: 0 },
    variables: {
      command: ['env'],
      restart: 'never',
      startTime: 0,
      processes: 2,
      env: { THREE: 'own {index}', NUMBER: 8080, YES: true },
      envFiles: ['first.env', 'second.env', { path: 'none.env', optional: true }],
    },
    bare: {
      command: ['/usr/bin/env'],
      restart: 'never',
      startTime: 0,
      inheritEnv: false,
      env: { ONLY: 'this' },
    },
    limited: {
      command: `umask; touch made; ${stays}`,
      startTime: 0,
      umask: '027',
      nice: 7,
      cwd: './here',
      rlimits: { nofile: { soft: 100, hard: 200 }, core: 0, fsize: '10MB' },
    },
    reader: { command: 'while read line; do echo "got $line"; done; echo over', stdin: 'fifo', startTime: 0 },
    closed: { command: 'cat; echo over; sleep 1000', startTime: 0 },
    grouped: { command: stays, group: 'app', startTime: 0 },
    'crew:one': { command: stays, startTime: 0 },
  })
  await house.startAgent({ env: { FROM_THE_AGENT: 'inherited', DROVER_DATA_DIR: '/nowhere' } })
  await house.waitForSlots('all have come up', (slots) =>
    slots.every(({ state }) => state === 'running' || state === 'exited'),
  )
})

test('a worker runs in its directory', async () => {
  expect(readlinkSync(`/proc/${await pidOf('place')}/cwd`)).toBe(join(house.folder, 'here'))
})

test('its environment is what it inherits, then env files, then its own, with placeholders filled in', async () => {
  const variables = await variablesOf('variables:1')
  expect(variables).toMatchObject({
    ONE: 'first',
    TWO: 'second',
    THREE: 'own 1',
    NUMBER: '8080',
    YES: 'true',
    FROM_THE_AGENT: 'inherited',
    DROVER_PROGRAM: 'variables',
    DROVER_SLOT: 'variables:1',
    DROVER_INDEX: '1',
    DROVER_NODE: 'house',
    DROVER_CAUSE: 'autostart',
  })
  expect(variables.DROVER_RUN_ID).toBe((await house.slot('variables:1')).lastRun)
  expect(variables).not.toHaveProperty('DROVER_DATA_DIR')
})

test('without inheritance it has its own and what Drover says, and nothing of the agent', async () => {
  const variables = await variablesOf('bare')
  expect(variables.ONLY).toBe('this')
  const others = Object.keys(variables).filter((name) => !name.startsWith('DROVER_') && name !== 'PATH')
  expect(others).toEqual(['ONLY'])
})

test('umask, nice and limits are those of the program', async () => {
  const { pid, run } = await house.slot('limited')
  await waitFor('it is on its way', () => readFileSync(`/proc/${pid}/comm`, 'utf8') === 'sleep\n')
  expect(await outputOf(run ?? '')).toBe('0027\n')
  expect(statSync(join(house.folder, 'here', 'made')).mode & 0o777).toBe(0o640)
  const limits = readFileSync(`/proc/${pid}/limits`, 'utf8')
  expect(limits).toMatch(/Max open files +100 +200/)
  expect(limits).toMatch(/Max core file size +0 +0/)
  expect(limits).toMatch(/Max file size +10485760 +10485760/)
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  expect(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[16]).toBe('7')
})

test('a worker with an input gets what is sent to it, also over the death of the agent', async () => {
  const { run } = await house.slot('reader')
  const first = await drover(house, ['send', 'reader', 'one'])
  expect(first).toMatchObject({ code: 0, stdout: expect.stringMatching(/reader +4 bytes written/) })
  await drover(house, ['input', 'reader'], { input: 'two\nthree\n' })
  await waitFor(
    'it has read them',
    async () => (await outputOf(run ?? '')) === 'got one\ngot two\ngot three\n',
  )
  await house.killAgent()
  await house.startAgent()
  await house.api.writeInput({ targets: ['reader'], text: 'four\n' })
  await waitFor('it reads on', async () => (await outputOf(run ?? '')).endsWith('got four\n'))
  const refused = await drover(house, ['send', 'closed', 'anything'])
  expect(refused.code).toBe(1)
  expect(refused.stdout).toContain('its program has no `stdin: fifo`')
})

test('a worker without an input finds an empty one', async () => {
  const { run } = await house.slot('closed')
  await waitFor('its input was over', async () => (await outputOf(run ?? '')) === 'over\n')
})

test('groups name programs', async () => {
  const slots = await house.slots()
  expect(slots.find(({ program }) => program === 'app:grouped')).toMatchObject({ group: 'app' })
  expect(slots.find(({ program }) => program === 'crew:one')).toMatchObject({ group: 'crew' })
  const [stopped] = await house.api.stopSlots({ targets: ['crew:*'] })
  expect(stopped).toMatchObject({ slot: 'crew:one:0', outcome: 'done' })
})

test('no file of the agent is open in a worker', async () => {
  const open = readdirSync(`/proc/${await pidOf('place')}/fd`)
  expect(open.sort()).toEqual(['0', '1', '2'])
})

async function pidOf(name: string): Promise<number> {
  return (await house.slot(name)).pid ?? 0
}

async function variablesOf(name: string): Promise<Record<string, string>> {
  const { lastRun } = await house.slot(name)
  const lines = (await outputOf(lastRun ?? '')).trim().split('\n')
  return Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  )
}

async function outputOf(run: string): Promise<string> {
  let text = ''
  for await (const bytes of await house.api.getRunOutput({ id: run })) text += Buffer.from(bytes).toString()
  return text
}
