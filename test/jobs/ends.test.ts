/** How runs of jobs end, and what is known of it: true codes over dead agents, all of the output, what they leave behind, who counts as alive. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { expect, test } from 'vitest'
import type { JobConfig } from '../../src/config/config-types.generated.ts'
import { type House, openHouse } from '../harness/house.ts'
import { eventsOf, jobEnds, outputOf, runsOf, told } from '../harness/jobs.ts'
import { isAlive, kill } from '../harness/processes.ts'
import { waitFor } from '../harness/wait.ts'

/** Due once, as soon as the first agent of a house has started. */
function once(command: JobConfig['command'], more: Partial<JobConfig> = {}): JobConfig {
  return { command, schedule: '@reboot', ...more }
}

async function onlyRun(house: House, job: string) {
  const [run, ...others] = await runsOf(house, job)
  expect(others).toEqual([])
  if (!run) throw new Error(`${job} has no run.`)
  return run
}

test('S-C7 S-F2 an agent that was killed while a job ran leaves the next one its true end and all of its output, once', async () => {
  const house = openHouse()
  const said = (code: number): string =>
    `echo begin; echo trouble >&2; until test -e go; do sleep 0.02; done; echo end; echo over > over-${code}; exit ${code}`
  house.configureJobs({
    good: once(said(0)),
    bad: once(said(7)),
    warning: once(said(3), { warningExitCodes: [3] }),
    fine: once(said(9), { successExitCodes: [0, 9] }),
    killed: once('echo begin; until test -e go; do sleep 0.02; done; kill -9 $$'),
  })
  await house.startAgent()
  const names = ['good', 'bad', 'warning', 'fine', 'killed']
  for (const name of names) await told(house, name, 'run.started')
  await waitFor('all have spoken', async () => {
    const spoken = await Promise.all(
      names.map(async (name) => outputOf(house, (await onlyRun(house, name)).id)),
    )
    return spoken.every((text) => text === 'begin\n')
  })
  await house.killAgent()
  house.write('go', '')
  await waitFor('all have ended', () => house.processes().length === 0)
  expect([0, 7, 3, 9].filter((code) => !existsSync(join(house.folder, `over-${code}`)))).toEqual([])

  for (let agent = 1; agent <= 2; agent++) {
    await house.startAgent()
    const ends: Record<string, unknown> = {}
    for (const name of names) {
      await told(house, name, jobEnds)
      const events = await eventsOf(house, name, [...jobEnds, 'run.ended'])
      ends[name] = events.map(({ kind, data }) => (kind === 'run.ended' ? kind : `${kind}: ${data.detail}`))
      const run = await onlyRun(house, name)
      expect(await outputOf(house, run.id)).toBe(name === 'killed' ? 'begin\n' : 'begin\nend\n')
      if (name !== 'killed') expect(await outputOf(house, run.id, 'err')).toBe('trouble\n')
    }
    expect(ends).toEqual({
      good: ['run.ended', 'job.succeeded: exited with code 0'],
      bad: ['run.ended', 'job.failed: exited with code 7'],
      warning: ['run.ended', 'job.warned: exited with code 3'],
      fine: ['run.ended', 'job.succeeded: exited with code 9'],
      killed: ['run.ended', 'job.failed: ended by signal SIGKILL'],
    })
    await house.killAgent()
  }
})

test('S-F4 a shell command has pipes, conditions, files and globs, and argv is taken to the letter', async () => {
  const house = openHouse()
  const odd = 'a | b && c > f; $HOME * "quoted"'
  house.configureJobs({
    shell: once('printf "one\ntwo\nthree\n" | grep t && ls *.json > list 2>&1 || exit 9'),
    argv: once(['printf', '%s', odd]),
    fails: once('true | false && echo never > never'),
  })
  await house.startAgent()
  await told(house, 'shell', 'job.succeeded')
  await told(house, 'argv', 'job.succeeded')
  await told(house, 'fails', 'job.failed')
  expect(await outputOf(house, (await onlyRun(house, 'shell')).id)).toBe('two\nthree\n')
  expect(readFileSync(join(house.folder, 'list'), 'utf8')).toBe('drover.json\n')
  expect(await outputOf(house, (await onlyRun(house, 'argv')).id)).toBe(odd)
  expect(existsSync(join(house.folder, 'never'))).toBe(false)
})

test('a job that leaves a process holding its output ends with its main process, and the process goes or stays as the job says', async () => {
  const house = openHouse()
  const command = (name: string): string =>
    `(echo $$ > /dev/null; exec sleep 1000) & echo $! > ${name}.pid; echo written; exit 0`
  const detached = (name: string): string =>
    `setsid sh -c 'echo $$ > ${name}.pid; exec sleep 1000' & while ! test -s ${name}.pid; do sleep 0.01; done; echo written`
  house.configureJobs({
    kills: once(command('kills')),
    'kills-detached': once(detached('kills-detached')),
    leaves: once(command('leaves'), { leftovers: 'leave' }),
    'leaves-detached': once(detached('leaves-detached'), { leftovers: 'leave' }),
  })
  await house.startAgent()
  for (const name of ['kills', 'kills-detached', 'leaves', 'leaves-detached']) {
    const [ended] = await told(house, name, 'job.succeeded')
    expect(Number(ended?.data.lastedMs)).toBeLessThan(20_000)
    const run = await onlyRun(house, name)
    expect(await outputOf(house, run.id)).toBe('written\n')
    expect(run.end).toMatchObject({ kind: 'exited', code: 0 })
    const pid = Number(readFileSync(join(house.folder, `${name}.pid`), 'utf8'))
    expect([name, isAlive(pid)]).toEqual([name, name.startsWith('leaves')])
    kill(pid)
  }
  await waitFor('what was left is gone', () => house.processes().length === 0, {
    tell: () => house.processes().map(({ command }) => command),
  })
})

test('what a job left alive blocks no later due time', async () => {
  const house = openHouse()
  house.configureJobs({
    leaves: { command: 'sleep 1000 & echo $! >> pids', schedule: '* * * * * *', leftovers: 'leave' },
  })
  await house.startAgent()
  await told(house, 'leaves', 'job.succeeded', { least: 3 })
  expect(await eventsOf(house, 'leaves', ['job.skipped'])).toEqual([])
  house.configureJobs({})
  await house.api.reload({})
  for (const pid of readFileSync(join(house.folder, 'pids'), 'utf8').trim().split('\n')) kill(Number(pid))
})

test('S-F8 a number that is used again does not count as the job that had it', async () => {
  const house = openHouse()
  house.configureJobs({ worker: { command: 'exec sleep 1000', schedule: '* * * * * *' } })
  await house.startAgent()
  await told(house, 'worker', 'job.skipped')
  const run = await onlyRun(house, 'worker')
  const file = join(house.dataDir, 'runs', run.id, 'pid')
  const identity = JSON.parse(readFileSync(file, 'utf8'))
  await house.killAgent()
  for (const { pid } of house.processes()) kill(pid)
  await house.assertNothingLeft()
  // The numbers belong to somebody who lives: to this very test.
  const stranger = process.pid
  const { shim, command, ...rest } = identity
  const taken = { shim: { ...shim, pid: stranger }, command: { ...command, pid: stranger } }
  writeFileSync(file, JSON.stringify({ ...rest, ...taken }))
  await house.startAgent()
  const [lost] = await told(house, 'worker', 'job.lost')
  expect(lost?.run).toBe(run.id)
  await told(house, 'worker', 'job.started', { least: 2 })
  expect(isAlive(stranger)).toBe(true)
})

test('a job whose shim is killed is lost, nothing of it is left, and it is tried again where it may be', async () => {
  const house = openHouse()
  const command = 'setsid sleep 1000 & test $DROVER_ATTEMPT = 2 || exec sleep 1000; exit 0'
  house.configureJobs({ worker: once(command, { retries: { times: 1, initial: '100ms' } }) })
  await house.startAgent()
  await told(house, 'worker', 'run.started')
  for (const { pid, command: name } of house.processes()) if (name.includes('drover-shim')) kill(pid)
  await told(house, 'worker', 'job.succeeded')
  const runs = await runsOf(house, 'worker')
  expect(runs.map(({ end }) => end?.kind)).toEqual(['unknown', 'exited'])
  await house.assertNothingLeft()
})

test('attempts: which exit codes are worth another one, each with its wait, over agents that died meanwhile', async () => {
  const house = openHouse()
  const retries = { times: 3, initial: '300ms', factor: 1, jitter: 0 } as const
  house.configureJobs({
    stubborn: once('exit 5', { retries }),
    only: once('test $DROVER_ATTEMPT = 2 && exit 6; exit 75', { retries: { ...retries, exitCodes: [75] } }),
    except: once('exit 64', { retries: { ...retries, exceptExitCodes: [64] } }),
    recovers: once('test $DROVER_ATTEMPT = 3', { retries }),
  })
  await house.startAgent()
  await told(house, 'stubborn', 'job.retrying')
  await house.killAgent()
  await house.startAgent()
  const attempts: Record<string, unknown> = {}
  for (const name of ['stubborn', 'only', 'except', 'recovers']) {
    const [ended] = await told(house, name, jobEnds)
    const runs = await runsOf(house, name)
    attempts[name] = [ended?.kind, ended?.data.attempts, runs.length]
    const causes = runs.map(({ cause }) => cause.kind)
    expect(causes).toEqual(['reboot', ...runs.slice(1).map(() => 'retry')])
    for (const [index, run] of runs.slice(1).entries())
      expect(Date.parse(run.claimedAt) - Date.parse(runs[index]?.endedAt ?? '')).toBeGreaterThanOrEqual(290)
  }
  expect(attempts).toEqual({
    stubborn: ['job.failed', 4, 4],
    only: ['job.failed', 2, 2],
    except: ['job.failed', 1, 1],
    recovers: ['job.succeeded', 3, 3],
  })
})
