/** What the command of a job is told of the time that it was due at, in its environment. */
import { expect, test } from 'vitest'
import { type House, openHouse } from '../harness/house.ts'
import { outputOf, runsOf, timeIn, told } from '../harness/jobs.ts'

/** Ours, and the parameters, of each run of a job. */
async function environments(house: House, job: string): Promise<Record<string, string>[]> {
  const runs = (await runsOf(house, job)).filter(({ state }) => state === 'ended')
  return await Promise.all(
    runs.map(async ({ id }) => {
      const lines = (await outputOf(house, id)).trimEnd().split('\n')
      return Object.fromEntries(
        lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
      )
    }),
  )
}

test('each run knows its due time, the one before, its attempt, why it was due, and its parameters', async () => {
  const house = openHouse()
  const { at, instant } = timeIn(4)
  house.configureJobs({
    timed: { command: ['env'], schedule: '* * * * * *' },
    once: {
      command: 'env; test $DROVER_ATTEMPT = 2',
      at,
      retries: { times: 1, initial: '100ms' },
      env: { SINCE: 'by env', MODE: 'by env' },
      params: {
        SINCE: 'yesterday {index}',
        MODE: { default: 'quick', values: ['quick', 'full'] },
        LIMIT: 100,
        UNSET: { description: 'nobody says' },
      },
    },
    chained: { command: ['env'], after: { once: 'success' } },
    periodic: { command: ['env'], schedule: '@every 1s' },
    booted: { command: ['env'], schedule: '@reboot' },
  })
  const given = {
    DROVER_OCCURRENCE: 'of the agent',
    DROVER_PREVIOUS_SCHEDULED_AT: 'of the agent',
    UNSET_TOO: 'inherited',
  }
  await house.startAgent({ env: given })
  await told(house, 'timed', 'job.succeeded', { least: 3 })
  await told(house, 'periodic', 'job.succeeded', { least: 2 })
  await told(house, 'chained', 'job.succeeded')
  await told(house, 'booted', 'job.succeeded')

  const timed = await environments(house, 'timed')
  const started = await told(house, 'timed', 'job.started')
  for (const [index, environment] of timed.entries()) {
    const { dueAt, occurrence } = started[index]?.data ?? {}
    expect(environment).toMatchObject({
      DROVER_SCHEDULED_AT: dueAt,
      DROVER_PREVIOUS_SCHEDULED_AT: new Date(Date.parse(String(dueAt)) - 1000).toISOString(),
      DROVER_OCCURRENCE: occurrence,
      DROVER_ATTEMPT: '1',
      DROVER_TRIGGER: 'schedule',
      DROVER_CAUSE: 'scheduled',
      DROVER_PROGRAM: 'timed',
      UNSET_TOO: 'inherited',
    })
    expect(environment).not.toHaveProperty('DROVER_CATCH_UP')
  }

  const [first, second] = await environments(house, 'once')
  const common = {
    DROVER_SCHEDULED_AT: new Date(instant).toISOString(),
    DROVER_TRIGGER: 'schedule',
    SINCE: 'yesterday {index}',
    MODE: 'quick',
    LIMIT: '100',
  }
  expect(first).toMatchObject({ ...common, DROVER_ATTEMPT: '1', DROVER_CAUSE: 'scheduled' })
  expect(second).toMatchObject({ ...common, DROVER_ATTEMPT: '2', DROVER_CAUSE: 'retry' })
  expect(second?.DROVER_OCCURRENCE).toBe(first?.DROVER_OCCURRENCE)
  for (const name of ['UNSET', 'DROVER_PREVIOUS_SCHEDULED_AT', 'DROVER_CATCH_UP'])
    expect(first).not.toHaveProperty(name)

  const [chained] = await environments(house, 'chained')
  expect(chained).toMatchObject({ DROVER_TRIGGER: 'after', DROVER_CAUSE: 'after', DROVER_ATTEMPT: '1' })
  const [, later] = await environments(house, 'periodic')
  expect(later).toMatchObject({ DROVER_TRIGGER: 'every' })
  expect(
    Date.parse(later?.DROVER_SCHEDULED_AT ?? '') - Date.parse(later?.DROVER_PREVIOUS_SCHEDULED_AT ?? ''),
  ).toBe(1000)
  const [booted] = await environments(house, 'booted')
  expect(booted).toMatchObject({ DROVER_TRIGGER: 'reboot', DROVER_CAUSE: 'reboot' })
})
