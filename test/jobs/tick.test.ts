/**
 * `drover tick`, as cron calls it: an agent that starts what is due, records what has ended, leaves what runs to the next one, and is never there twice.
 * Only the first test waits for the minute to end; the others have ticks that find nothing left to do, or that are told to leave.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { EventView } from '../../src/contract/views.ts'
import { type CommandEnd, drover, type Following, follow } from '../harness/command-line.ts'
import { type House, openHouse } from '../harness/house.ts'
import { isAlive } from '../harness/processes.ts'
import { waitFor } from '../harness/wait.ts'

const quiet = { code: 0, signal: null, stdout: '', stderr: '' }
/** Says that it is there, and ends with 7 once it is told to. */
const patient = 'echo x >> begun; until [ -e go ]; do sleep 0.02; done; exit 7'

describe('a tick', () => {
  test('follows what runs until 3 seconds before the next minute, leaves it running, and the next one begins what is due then', async () => {
    const house = openHouse()
    const web = { command: 'echo $$ >> pids; exec sleep 1000', startTime: 0 }
    const minute = { command: 'echo $DROVER_SCHEDULED_AT >> minutes', schedule: '* * * * *' }
    house.configure({ web }, { jobs: { minute } })
    const running = follow(house, tick(house))
    await waitFor('the service runs', () => existsSync(join(house.folder, 'pids')))
    const { leavesAt = '' } = await waitFor('it says who it is', () => agentFile(house))
    expect(new Date(leavesAt).getUTCSeconds()).toBe(57)
    expect(await running.ended).toMatchObject(quiet)
    const lateMs = Date.now() - Date.parse(leavesAt)
    expect(lateMs).toBeGreaterThanOrEqual(-20)
    const wasDue = linesOf(house, 'minutes')
    // It takes over what runs as it is, and is there when the minute begins.
    const next = await leave(house, () => linesOf(house, 'minutes').length > wasDue.length)
    expect(next).toMatchObject(quiet)
    const [pid, another] = linesOf(house, 'pids')
    expect(another).toBeUndefined()
    expect(isAlive(Number(pid))).toBe(true)
    await house.startAgent()
    expect(await house.slot('web')).toMatchObject({ pid: Number(pid), state: 'running', restarts: 0 })
    const due = linesOf(house, 'minutes').at(-1) ?? ''
    expect(new Date(due).getUTCSeconds()).toBe(0)
    const rows = await house.api.listOccurrences({ targets: ['minute'] })
    expect(rows.find(({ dueAt }) => dueAt === due)).toMatchObject({ outcome: 'success', isCatchUp: false })
  })

  test('that has nothing to do ends at once, and says nothing', async () => {
    const house = openHouse()
    house.configure({ off: { command: 'sleep 1000', autostart: false } })
    expect(await drover(house, tick(house))).toMatchObject(quiet)
  })

  test('ends as soon as what it started has ended', async () => {
    const house = openHouse()
    house.configure({ once: { command: 'echo done; exit 3', restart: 'never', startTime: 0 } })
    expect(await drover(house, tick(house))).toMatchObject({ code: 0, stdout: '' })
    await house.startAgent()
    expect((await house.api.listRuns({}))[0]).toMatchObject({ end: { kind: 'exited', code: 3 } })
  })

  test('prints what wants a person, and nothing else', async () => {
    const house = openHouse()
    house.configure({ broken: { command: 'exit 1', giveUpAfter: 1, startTime: 60 } })
    const { code, stdout, stderr } = await drover(house, tick(house))
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' })
    expect(stderr).toMatch(/^[^\n]* error {3}broken: gave up, [^\n]*\n$/)
    // Once, and not with each tick.
    expect(await drover(house, tick(house))).toMatchObject(quiet)
  })

  test('records runs of `drover exec`, which need no tick to stay', async () => {
    const house = openHouse()
    house.configure({})
    for (let n = 0; n < 22; n++) await drover(house, ['exec', 'often', '--', 'true'])
    const running = follow(house, ['exec', 'long', '--', 'sh', '-c', patient])
    await waitFor('it runs', () => existsSync(join(house.folder, 'begun')))
    expect(await drover(house, tick(house))).toMatchObject(quiet)
    // What an agent does by and by, a tick does before it leaves.
    expect(readdirSync(join(house.dataDir, 'runs'))).toHaveLength(21)
    house.write('go', '')
    await running.ended
    expect(await drover(house, tick(house))).toMatchObject(quiet)
    await house.startAgent()
    expect((await house.api.listRuns({ targets: ['long'] }))[0]).toMatchObject({ end: { code: 7 } })
    await expectBeforeLast(house, 'run.ended')
  })

  test('a mistake in the configuration is told, with its exit code', async () => {
    const house = openHouse()
    house.write('drover.json', '{"programs": {"web": {"comand": "x"}}}')
    expect(await drover(house, tick(house))).toMatchObject({
      code: 5,
      stderr: expect.stringContaining('comand'),
    })
  })
})

describe('jobs', () => {
  const jobs = { worker: { command: patient, schedule: '* * * * * *', overlap: 'skip' } } as const

  test('S-C7: given the tick is killed while a job runs and the job ends meanwhile, the next one reports its true exit code', async () => {
    const house = openHouse()
    house.configure({}, { jobs })
    const first = follow(house, tick(house))
    await waitFor('the job runs', () => existsSync(join(house.folder, 'begun')))
    expect((await first.end('SIGKILL')).signal).toBe('SIGKILL')
    house.write('go', '')
    await waitFor('the job has ended', () => runsOf(house).every((run) => existsSync(join(run, 'exit'))))
    // The job is due each second, so the tick stays.
    await leave(house, () => agentFile(house).pid !== first.pid)
    house.configure({}, { jobs: { worker: { ...jobs.worker, enabled: false } } })
    await house.startAgent()
    const runs = await house.api.listRuns({ state: 'ended' })
    expect(runs.at(-1)).toMatchObject({ cause: { kind: 'scheduled' }, end: { kind: 'exited', code: 7 } })
    const run = runs.at(-1)?.id ?? ''
    const { timeline } = await house.api.getRun({ id: run })
    expect(timeline.filter(({ kind }) => kind === 'run.ended')).toHaveLength(1)
    expect(
      (await house.api.listOccurrences({ targets: ['worker'] })).find((one) => one.run === run),
    ).toMatchObject({
      state: 'ended',
      outcome: 'failure',
    })
    await expectBeforeLast(house, 'run.ended')
  })

  test('S-T9: over ticks that come and go each due time is in the ledger once, and begins at most once', async () => {
    const house = openHouse()
    house.configure(
      {},
      {
        jobs: {
          beat: { command: 'echo $DROVER_SCHEDULED_AT >> beats', schedule: '* * * * * *', missed: 'all' },
        },
      },
    )
    const beats = (): string[] => linesOf(house, 'beats')
    for (let n = 1; n <= 3; n++) {
      const wanted = beats().length + 2
      const running = follow(house, tick(house))
      await waitFor('it beats', () => beats().length >= wanted)
      expect(await running.end(n === 2 ? 'SIGKILL' : 'SIGTERM')).toMatchObject(
        n === 2 ? { signal: 'SIGKILL' } : quiet,
      )
    }
    await house.startAgent()
    await waitFor(
      'what was missed is made up for',
      async () => (await house.api.listOccurrences({ states: ['queued', 'running'] })).length === 0,
    )
    const rows = (await house.api.listOccurrences({ limit: 1000 }))
      .map(({ dueAt }) => Date.parse(dueAt))
      .sort()
    expect(new Set(rows).size).toBe(rows.length)
    const seconds = rows.map((at) => (at - (rows[0] ?? 0)) / 1000)
    expect(seconds).toEqual(seconds.map((_, index) => index))
    const begun = beats()
    expect(new Set(begun).size).toBe(begun.length)
    for (const at of begun) expect(rows).toContain(Date.parse(at))
  })
})

describe('S-C11: one at a time', () => {
  test('a second tick ends at once with 0, and says why when it is asked to', async () => {
    const house = openHouse()
    house.configure({ web: { command: 'sleep 1000' } })
    const first = follow(house, tick(house))
    const { pid } = await waitFor('it is at work', () => existsSync(agentPath(house)) && agentFile(house))
    writeAgentFile(house, { pid, leavesAt: new Date(Date.now() + 50_000).toISOString() })
    expect(await drover(house, tick(house))).toMatchObject(quiet)
    const { code, stderr } = await drover(house, [...tick(house), '--verbose'])
    expect(code).toBe(0)
    expect(stderr).toContain(`A living agent (pid ${pid}, version`)
    expect(agentFile(house).pid).toBe(pid)
    expect(await first.end('SIGTERM')).toMatchObject(quiet)
  })

  test('where an agent is for good a tick ends with 0, and changes nothing', async () => {
    const house = openHouse()
    house.configure({ web: { command: 'sleep 1000', startTime: 0 } })
    await house.startAgent()
    const { pid } = await house.waitForState('web', 'running')
    expect(await drover(house, tick(house))).toMatchObject(quiet)
    const { stderr } = await drover(house, [...tick(house), '--verbose'])
    expect(stderr).toContain(`A living agent (pid ${house.agentPid}`)
    expect(await house.slot('web')).toMatchObject({ pid, state: 'running' })
  })

  test('one that is about to leave is waited for', async () => {
    const house = openHouse()
    house.configure({ web: { command: 'sleep 1000', startTime: 0 } })
    await house.startAgent()
    const { pid } = await house.waitForState('web', 'running')
    writeAgentFile(house, { pid: house.agentPid, leavesAt: new Date(Date.now() + 4000).toISOString() })
    const waiting = follow(house, tick(house))
    await waitFor('it waits', () => isAlive(waiting.pid))
    await house.shutdown(true)
    await waitFor('it has its turn', () => agentFile(house).pid === waiting.pid)
    expect(await waiting.end('SIGTERM')).toMatchObject(quiet)
    expect(isAlive(pid ?? 0)).toBe(true)
  })

  test('one that does not leave is told of', async () => {
    const house = openHouse()
    house.configure({})
    await house.startAgent()
    writeAgentFile(house, { pid: house.agentPid, leavesAt: new Date(Date.now() - 60_000).toISOString() })
    const { code, stderr } = await drover(house, tick(house))
    expect(code).toBe(8)
    expect(stderr).toContain(`the tick before this one (pid ${house.agentPid}) was to leave at`)
  })
})

describe('S-T4: the node is', () => {
  test.each<[string, string[], Record<string, string>, string]>([
    ['what is named on the command line', ['-i', 'named'], { DROVER_NODE: 'from-env' }, 'named'],
    ['else what the environment says', [], { DROVER_NODE: 'from-env' }, 'from-env'],
    ['else the name of the machine', [], {}, hostname()],
  ])('%s', async (_, args, env, node) => {
    const house = openHouse()
    house.configure({ once: { command: 'echo $DROVER_NODE > node', restart: 'never', startTime: 0 } })
    expect(
      await drover(house, [...tick(house), ...args], { env: { DROVER_NODE: '', ...env } }),
    ).toMatchObject({ code: 0 })
    expect(readFileSync(join(house.folder, 'node'), 'utf8').trim()).toBe(node)
    const up = follow(house, ['up', '-c', house.configFile, ...args], { env: { DROVER_NODE: '', ...env } })
    await up.waitFor('ready')
    expect((await house.api.getAgent()).node).toBe(node)
    expect((await house.api.listRuns({}))[0]?.node).toBe(node)
    await up.end('SIGTERM')
  })
})

function tick(house: House): string[] {
  return ['tick', '-c', house.configFile]
}

/** A tick that is told to leave once this holds. */
async function leave(house: House, holds: (running: Following) => boolean): Promise<CommandEnd> {
  const running = follow(house, tick(house))
  await waitFor('the tick is at work', () => holds(running))
  return await running.end('SIGTERM')
}

/** None where there is no such file. */
function linesOf(house: House, name: string): string[] {
  const path = join(house.folder, name)
  return existsSync(path) ? readFileSync(path, 'utf8').trim().split('\n') : []
}

function agentPath(house: House): string {
  return join(house.dataDir, 'agent.json')
}

function agentFile(house: House): { pid: number; leavesAt?: string } {
  return JSON.parse(readFileSync(agentPath(house), 'utf8'))
}

function writeAgentFile(house: House, agent: { pid: number; leavesAt: string }): void {
  writeFileSync(agentPath(house), JSON.stringify({ ...agent, version: '0', startedAt: '' }))
}

function runsOf(house: House): string[] {
  const runs = join(house.dataDir, 'runs')
  return readdirSync(runs).map((id) => join(runs, id))
}

/** It was recorded by an agent before the present one. */
async function expectBeforeLast(house: House, kind: EventView['kind']): Promise<void> {
  const [started] = await house.api.listEvents({ kinds: ['agent.started'], newest: true, limit: 1 })
  const [found] = await house.api.listEvents({ kinds: [kind], newest: true, limit: 1 })
  expect(found?.id).toBeLessThan(started?.id ?? 0)
}
