/** How workers are asked to end, and what becomes of those that don't want to. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import type { RunView } from '../../src/contract/views.ts'
import { shareHouse } from '../harness/command-line.ts'
import { isAlive, kill } from '../harness/processes.ts'
import { waitFor } from '../harness/wait.ts'

const house = shareHouse()

beforeAll(async () => {
  house.configure({
    polite: {
      command: 'trap "echo finishing; sleep 0.3; echo finished; exit 0" TERM; echo up; sleep 1000 & wait',
      stop: { target: 'process' },
    },
    deaf: {
      command: ['sh', '-c', 'trap "" TERM; echo up; while :; do sleep 0.1; done'],
      stop: { grace: '300ms' },
    },
    frozen: { command: ['sleep', '1000'], stop: { grace: '300ms' }, startTime: 0 },
    interrupted: {
      command: 'trap "echo got INT; exit 4" INT; echo up; sleep 1000 & wait',
      stop: { signal: 'SIGINT', target: 'process' },
    },
    // Its children leave the session and the group, and close nothing.
    tree: {
      command: `setsid sh -c 'setsid sleep 1001 & sleep 1002' & sleep 1003 & echo up; wait`,
      stop: { grace: '300ms' },
    },
  })
  await house.startAgent()
})

test('W-C5 W-C10 a stop lets the current work finish, and the worker stays stopped', async () => {
  const { run } = await upAndRunning('polite')
  const [outcome] = await house.api.stopSlots({ targets: ['polite'] })
  expect(outcome).toMatchObject({ outcome: 'done', state: 'stopped', pid: null, message: 'stopped' })
  expect(await endOf(run)).toMatchObject({ kind: 'stopped', code: 0, killed: false })
  expect(await outputOf(run)).toBe('up\nfinishing\nfinished\n')
  expect(await house.slot('polite')).toMatchObject({
    state: 'stopped',
    stoppedByPerson: true,
    wanted: 'stop',
  })
})

test('W-C5 a worker that ignores the signal gets KILL after its grace', async () => {
  const { run } = await upAndRunning('deaf')
  const begin = performance.now()
  await house.api.stopSlots({ targets: ['deaf'] })
  expect(performance.now() - begin).toBeGreaterThan(290)
  expect(await endOf(run)).toMatchObject({ kind: 'stopped', signal: 'SIGKILL', killed: true })
})

test('W-C5 a frozen worker is stopped too', async () => {
  const { run, pid } = await house.waitForState('frozen', 'running')
  kill(pid ?? 0, 'SIGSTOP')
  const [outcome] = await house.api.stopSlots({ targets: ['frozen'] })
  expect(outcome).toMatchObject({ outcome: 'done', state: 'stopped' })
  expect(await endOf(run ?? '')).toMatchObject({ kind: 'stopped', killed: true })
  expect(isAlive(pid ?? 0)).toBe(false)
})

test('the program says which signal asks it to end', async () => {
  const { run } = await upAndRunning('interrupted')
  await house.api.stopSlots({ targets: ['interrupted'] })
  expect(await outputOf(run)).toBe('up\ngot INT\n')
  expect(await endOf(run)).toMatchObject({ kind: 'stopped', code: 4 })
})

test('a stop ends the whole tree, wherever its members have gone', async () => {
  await upAndRunning('tree')
  const members = (): string[] =>
    house
      .processes()
      .filter(
        ({ command, environment }) =>
          environment.get('DROVER_PROGRAM') === 'tree' && command.startsWith('sleep'),
      )
      .map(({ command }) => command)
      .sort()
  await waitFor('the tree is whole', () => members().length === 3)
  await house.api.stopSlots({ targets: ['tree'] })
  expect(members()).toEqual([])
})

test('W-C6 lower priorities start first and stop last', async () => {
  const journal = join(house.folder, 'stops')
  const worker = (name: string): string =>
    `trap "sleep 0.1; echo ${name} >> ${journal}; exit 0" TERM; sleep 1000 & wait`
  house.configure({
    last: { command: worker('last'), priority: 30, startTime: 0, stop: { target: 'process' } },
    first: { command: worker('first'), priority: 10, startTime: 0, stop: { target: 'process' } },
    second: {
      command: worker('second'),
      priority: 20,
      processes: 2,
      startTime: 0,
      stop: { target: 'process' },
    },
  })
  await house.api.reload({})
  await house.waitForSlots(
    'all of them run',
    (slots) => slots.length === 4 && slots.every(({ state }) => state === 'running'),
  )
  const starts = await house.api.listEvents({
    kinds: ['slot.starting'],
    targets: ['first', 'second', 'last'],
  })
  expect(starts.map(({ program }) => program)).toEqual(['first', 'second', 'second', 'last'])
  await Promise.all(
    ['first', 'second', 'last'].map((name) =>
      waitFor('the trap is set', () =>
        house
          .processes()
          .some(
            ({ command, environment }) =>
              environment.get('DROVER_PROGRAM') === name && command.startsWith('sleep'),
          ),
      ),
    ),
  )
  expect(await house.killAgent('SIGTERM')).toEqual({ code: 0, signal: null })
  expect(readFileSync(journal, 'utf8').trim().split('\n')).toEqual(['last', 'second', 'second', 'first'])
})

async function upAndRunning(name: string): Promise<{ run: string; pid: number }> {
  const { run, pid } = await house.waitForState(name, 'running')
  await waitFor(`${name} is up`, async () => (await outputOf(run ?? '')).includes('up'))
  return { run: run ?? '', pid: pid ?? 0 }
}

async function endOf(run: string): Promise<RunView['end']> {
  return (await house.api.getRun({ id: run })).run.end
}

async function outputOf(run: string): Promise<string> {
  let text = ''
  for await (const bytes of await house.api.getRunOutput({ id: run })) text += Buffer.from(bytes).toString()
  return text
}
