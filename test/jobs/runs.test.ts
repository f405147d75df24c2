/** the runs of jobs are in the one list of runs, whatever made them due, and their due times in the history. */
import { expect, test } from 'vitest'
import type { OccurrenceView, RunView } from '../../src/contract/views.ts'
import { drover, droverJson } from '../harness/command-line.ts'
import { openHouse } from '../harness/house.ts'
import { eventsOf, told } from '../harness/jobs.ts'

test('X-1 S-T1 runs of jobs of every cause are in the list of all runs, with node, state, usage, output and end', async () => {
  const house = openHouse()
  const command = 'echo I am $DROVER_CAUSE of $DROVER_TRIGGER'
  house.configureJobs(
    {
      timed: { command, schedule: '* * * * * *' },
      booted: { command, schedule: '@reboot' },
      again: {
        command: `${command}; test $DROVER_ATTEMPT = 2`,
        after: 'booted',
        retries: { times: 1, initial: 0 },
      },
      hand: { command: `${command}; echo for $WHOM; exit 3`, schedule: 'manual', params: { WHOM: 'nobody' } },
    },
    { programs: { worker: { command: 'echo I am $DROVER_CAUSE; exec sleep 1000', startTime: 0 } } },
  )
  await house.startAgent()
  await told(house, 'again', 'job.succeeded')
  await told(house, 'timed', 'job.succeeded')
  await house.waitForState('worker', 'running')
  const triggered = await drover(house, ['trigger', 'hand', 'WHOM=all of us', '--wait'])
  expect(triggered.code).toBe(1)
  expect(triggered.stdout).toMatch(/hand.*failed.*exited with code 3/)
  house.configureJobs(
    {},
    { programs: { worker: { command: 'echo I am $DROVER_CAUSE; exec sleep 1000', startTime: 0 } } },
  )
  await house.api.reload({})

  const all = await droverJson<RunView[]>(house, ['runs', '-n', '1000'])
  expect(all.map(({ id }) => id)).toEqual((await house.api.listRuns({ limit: 1000 })).map(({ id }) => id))
  const causes = (program: string): string[] =>
    all
      .filter((run) => run.program === program)
      .map(({ cause }) => cause.kind)
      .reverse()
  expect(causes('booted')).toEqual(['reboot'])
  expect(causes('again')).toEqual(['after', 'retry'])
  expect(causes('hand')).toEqual(['requested'])
  expect(causes('worker')).toEqual(['autostart'])
  expect(new Set(causes('timed'))).toEqual(new Set(['scheduled']))
  for (const run of all) {
    expect(run).toMatchObject({ node: 'house', pid: expect.any(Number) })
    if (run.program === 'worker') continue
    expect(run).toMatchObject({
      state: 'ended',
      occurrence: expect.any(String),
      attempt: run.cause.kind === 'retry' ? 2 : 1,
    })
    expect(run.usage).toMatchObject({ cpuMs: expect.any(Number) })
    expect(run.usage?.outBytes).toBeGreaterThan(0)
    const { stdout } = await drover(house, ['logs', '--run', run.id])
    expect(stdout).toMatch(new RegExp(`^I am ${run.cause.kind} of (schedule|reboot|after|manual)\n`))
  }
  const hand = all.find(({ program }) => program === 'hand')
  const page = await drover(house, ['run', hand?.id ?? ''])
  for (const word of ['exited with code 3', 'Timeline', 'Output', 'for all of us'])
    expect(page.stdout).toContain(word)

  const history = await droverJson<OccurrenceView[]>(house, ['history', '-n', '1000'])
  const timed = history.filter(({ program }) => program === 'timed')
  expect(timed.length).toBe((await eventsOf(house, 'timed', ['job.succeeded'])).length)
  expect(history.find(({ program }) => program === 'again')).toMatchObject({
    state: 'ended',
    outcome: 'success',
    attempts: 2,
    trigger: 'after',
  })
  expect(history.find(({ program }) => program === 'hand')).toMatchObject({
    outcome: 'failure',
    run: hand?.id,
    params: { WHOM: 'all of us' },
    trigger: 'manual',
  })
})
