/** A job that lasts too long: told of once, or dead with everything that belongs to it, whether an agent lives or not. */
import { copyFileSync, existsSync, readdirSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { JobConfig } from '../../src/config/config-types.generated.ts'
import { compile } from '../chaos/compile.ts'
import { type House, openHouse } from '../harness/house.ts'
import { dueOf, eventsOf, jobEnds, runsOf, timeIn, told } from '../harness/jobs.ts'
import { waitFor } from '../harness/wait.ts'

/** Trees that try to get away, as shell commands; the programs lie in the house. */
const escapes = {
  stubborn: 'trap "" TERM INT HUP; while :; do ./sleeper 1000; done',
  sessions: './escapee 2 keep; exec ./escapee 0 keep',
  'closed-streams': './escapee 3 close; exec ./escapee 0 close',
  'dead-parents': 'for i in 1 2 3; do (./escapee 1 keep &); done; exec ./escapee 0 keep',
  'cleared-environment': 'env -i ./escapee 2 close; exec env -i ./escapee 0 keep',
  forks: './runaway 2 60000 3; exec ./escapee 0 keep',
  pipes: './escapee 0 keep | ./sleeper 1000 | ./escapee 1 keep',
}

test('S-T17 S-F1 S-F10 X-2 a timeout leaves nothing of trees that try to escape, and ends as timed out, once', async () => {
  const house = houseWithEscapes()
  const { at, instant } = timeIn(4)
  house.configureJobs(escaping({ at, timeout: '1500ms' }))
  await house.startAgent()
  for (const name of Object.keys(escapes)) {
    const [ended] = await told(house, name, 'job.timed_out')
    expect(ended && dueOf(ended)).toBe(instant)
    const [run, ...others] = await runsOf(house, name)
    expect(others).toEqual([])
    // The shell of a pipe goes when it is told to; whoever does not is told to be killed.
    const killed = name !== 'pipes'
    expect({ name, ...run?.end }).toMatchObject({ name, kind: 'timed_out', killed })
    expect(run?.endText).toBe(killed ? 'timed out, killed after its grace' : 'timed out')
    expect(run?.durationMs).toBeGreaterThanOrEqual(1500)
    await isToldOnce(house, name)
  }
  expect(fugitives(house)).toEqual([])
})

test('S-T17 S-F10 S-C7 while no agent lives the shims keep to the timeout, and the next agent records it once', async () => {
  const house = houseWithEscapes()
  house.configureJobs(escaping({ schedule: '@reboot', timeout: '2s' }))
  await house.startAgent()
  for (const name of Object.keys(escapes)) await told(house, name, 'run.started')
  await waitFor('the fugitives are on their way', () => fugitives(house).length > Object.keys(escapes).length)
  await house.killAgent()
  await waitFor('all are dead', () => fugitives(house).length === 0, { tell: () => fugitives(house) })
  await house.startAgent()
  for (const name of Object.keys(escapes)) {
    await told(house, name, 'job.timed_out')
    await isToldOnce(house, name)
  }
  await house.killAgent()
  await house.startAgent()
  for (const name of Object.keys(escapes)) {
    await isToldOnce(house, name)
    expect(await runsOf(house, name)).toHaveLength(1)
  }
})

test('S-T17 a timeout is for one attempt: another one follows where the job says so', async () => {
  const house = openHouse()
  house.configureJobs({
    slow: {
      command: 'test $DROVER_ATTEMPT -ge 2 || exec sleep 1000',
      schedule: '@reboot',
      timeout: '300ms',
      retries: { times: 1, initial: '100ms' },
    },
  })
  await house.startAgent()
  const [ended] = await told(house, 'slow', 'job.succeeded')
  expect(ended?.data.attempts).toBe(2)
  const runs = await runsOf(house, 'slow')
  expect(runs.map(({ end }) => end?.kind)).toEqual(['timed_out', 'exited'])
  expect(runs.map(({ cause }) => cause.kind)).toEqual(['reboot', 'retry'])
  expect(await eventsOf(house, 'slow', ['run.timed_out'])).toHaveLength(1)
})

test('S-T19 X-2 S-F2 what lasts longer than warnAfter is told of once, also by the agent after one that died, and ends well', async () => {
  const house = openHouse()
  const schedule = '@reboot'
  const end = 'until test -e end; do sleep 0.05; done'
  house.configureJobs({
    before: { command: end, schedule, warnAfter: '1s', timeout: '60s' },
    between: { command: end, schedule, warnAfter: '2500ms' },
    quick: { command: 'true', schedule, warnAfter: '1s' },
  })
  await house.startAgent()
  await told(house, 'before', 'run.overdue')
  expect(await eventsOf(house, 'between', ['run.overdue'])).toEqual([])
  const [{ startedAt } = { startedAt: null }] = await runsOf(house, 'between')
  await house.killAgent()
  await waitFor('the other one lasts too long as well', () => Date.now() > Date.parse(startedAt ?? '') + 2500)
  await house.startAgent()
  await told(house, 'between', 'run.overdue')
  await house.killAgent()
  house.write('end', '')
  await house.startAgent()
  for (const name of ['before', 'between']) {
    await told(house, name, 'job.succeeded')
    expect(await eventsOf(house, name, ['run.overdue'])).toHaveLength(1)
    expect(await eventsOf(house, name, ['run.timed_out'])).toEqual([])
  }
  expect(await eventsOf(house, 'quick', ['run.overdue'])).toEqual([])
})

test('S-T19 what lasted too long and ended while no agent was there is told of with its end', async () => {
  const house = openHouse()
  house.configureJobs({
    late: { command: 'sleep 1; echo over > over', schedule: '@reboot', warnAfter: '500ms' },
  })
  await house.startAgent()
  await told(house, 'late', 'run.started')
  await house.killAgent()
  await waitFor('it has ended', () => existsSync(join(house.folder, 'over')))
  await house.startAgent()
  await told(house, 'late', 'job.succeeded')
  const [overdue, ...others] = await eventsOf(house, 'late', ['run.overdue'])
  expect(overdue?.data).toMatchObject({ warnAfterMs: 500 })
  expect(others).toEqual([])
})

test('S-T19 warnAfter: auto tells of a run that lasts longer than those before it, once, and by what the agents before knew', async () => {
  const house = openHouse()
  const command = 'test -e slow || exit 0; until test -e go; do sleep 0.02; done'
  house.configureJobs({ learnt: { command, schedule: '* * * * * *', warnAfter: 'auto' } })
  await house.startAgent()
  await told(house, 'learnt', 'job.succeeded', { least: 5 })
  await house.killAgent()
  house.write('slow', '')
  await house.startAgent()
  const [overdue] = await told(house, 'learnt', 'run.overdue')
  await house.killAgent()
  await house.startAgent()
  house.write('go', '')
  await told(house, 'learnt', 'job.succeeded', { least: 7 })
  const [first, ...others] = await eventsOf(house, 'learnt', ['run.overdue'])
  expect(first?.run).toBe(overdue?.run)
  expect(others).toEqual([])
})

function houseWithEscapes(): House {
  const house = openHouse()
  for (const puppet of ['escapee', 'runaway']) compile(`../puppets/${puppet}.c`, house.folder)
  copyFileSync('/bin/sleep', join(house.folder, 'sleeper'))
  return house
}

function escaping(more: Partial<JobConfig>): Record<string, JobConfig> {
  return Object.fromEntries(
    Object.entries(escapes).map(([name, command]) => [name, { command, stop: { grace: '300ms' }, ...more }]),
  )
}

async function isToldOnce(house: House, name: string): Promise<void> {
  expect(await eventsOf(house, name, ['run.timed_out'])).toHaveLength(1)
  // One end and no other: neither a failure besides, nor an unknown code.
  expect((await eventsOf(house, name, jobEnds)).map(({ kind }) => kind)).toEqual(['job.timed_out'])
}

/** Living processes whose program lies in the house, whatever their environment says. */
function fugitives(house: House): string[] {
  return readdirSync('/proc').filter((entry) => {
    if (!/^\d+$/.test(entry)) return false
    try {
      return readlinkSync(join('/proc', entry, 'exe')).startsWith(house.folder)
    } catch {
      return false
    }
  })
}
