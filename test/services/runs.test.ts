/** every process that was started, for whatever reason, is in one list of runs. */
import { expect, test } from 'vitest'
import type { RunView } from '../../src/contract/views.ts'
import { drover, droverJson } from '../harness/command-line.ts'
import { openHouse } from '../harness/house.ts'
import { kill } from '../harness/processes.ts'
import { waitFor } from '../harness/wait.ts'

test('X-1 runs of every cause are in one list, with node, state, usage, output and end', async () => {
  const house = openHouse()
  const command = 'echo I am $DROVER_CAUSE; exec sleep 1000'
  house.configure({
    worker: { command, startTime: 0, steadyTime: 0, backoff: { initial: 0 } },
    other: { command: 'echo $$; exit 0', restart: 'never', startTime: 0 },
  })
  await house.startAgent()
  const first = await house.waitForState('worker', 'running')
  kill(first.pid ?? 0)
  await newRun(first.run)
  await house.api.restartSlots({ targets: ['worker'] })
  house.configure({
    worker: { command: `true; ${command}`, startTime: 0 },
    other: { command: 'echo $$; exit 0', restart: 'never', startTime: 0 },
  })
  await house.api.reload({})
  await waitFor('the changed one has spoken', async () => {
    const { run } = await house.slot('worker')
    return run !== null && (await house.api.getRun({ id: run })).run.usage?.outBytes
  })

  const runs = await house.api.listRuns({ targets: ['worker'] })
  expect(runs.map(({ cause }) => cause.kind)).toEqual(['changed', 'requested', 'restart', 'autostart'])
  expect(runs.map(({ state }) => state)).toEqual(['running', 'ended', 'ended', 'ended'])
  expect(runs.map(({ endText }) => endText)).toEqual([null, 'stopped', 'stopped', 'ended by signal SIGKILL'])
  for (const run of runs) {
    expect(run).toMatchObject({ node: 'house', program: 'worker', slot: 'worker:0', pid: expect.any(Number) })
    expect(run.usage?.rssBytes).toBeGreaterThan(0)
    const { stdout } = await drover(house, ['logs', '--run', run.id])
    expect(stdout).toBe(`I am ${run.cause.kind}\n`)
  }
  const [living] = runs
  expect(living?.usage).toMatchObject({ processes: 1, outBytes: 'I am changed\n'.length })

  // The command line gives the very same list, and one page for each.
  const all = await droverJson<RunView[]>(house, ['runs'])
  expect(all.map(({ id }) => id)).toEqual((await house.api.listRuns({})).map(({ id }) => id))
  expect(all).toHaveLength(5)
  const page = await drover(house, ['run', runs[3]?.id ?? ''])
  expect(page.code).toBe(0)
  for (const word of ['by autostart', 'SIGKILL', 'Timeline', 'CPU', 'Output', 'I am autostart']) {
    expect(page.stdout).toContain(word)
  }
  expect(await droverJson<RunView[]>(house, ['runs', 'worker', '--alive'])).toHaveLength(1)
  expect(await droverJson<RunView[]>(house, ['runs', '--ended', '-n', '2'])).toHaveLength(2)
  const next = await droverJson<RunView[]>(house, [
    'runs',
    'worker',
    '-n',
    '2',
    '--before',
    runs[1]?.id ?? '',
  ])
  expect(next.map(({ id }) => id)).toEqual([runs[2]?.id, runs[3]?.id])

  async function newRun(before: string | null): Promise<void> {
    await waitFor('a new run', async () => {
      const { run, state } = await house.slot('worker')
      return state === 'running' && run !== before
    })
  }
})
