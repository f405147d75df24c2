/** A whole agent on real shims, and what it finds when it begins: after others, with other programs, with a store that knows less. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { systemClock } from '../clock.ts'
import type { AgentVerbs } from '../contract/verbs.ts'
import { noSettings } from '../domain/agent-settings.ts'
import type { Program } from '../domain/program.ts'
import {
  aJob,
  aPolicy,
  aProgram,
  runningState,
  startingState,
  stoppingState,
} from '../domain/testing/samples.ts'
import { dataDirectory, prepareDataDirectory } from '../process/data-directory.ts'
import { readBootId } from '../process/process-identity.ts'
import { findShim } from '../process/shim.ts'
import { anOccurrence } from '../store/conformance/jobs.ts'
import { aRun, aSlot } from '../store/conformance/samples.ts'
import { openSqliteStore } from '../store/sqlite/open.ts'
import type { Changes } from '../store/store.ts'
import { FakeClock } from '../testing/fake-clock.ts'
import { byHand } from '../testing/job-bench.ts'
import { aClaim, aPid, makeRunDirectory, someoneDead } from '../testing/run-directories.ts'
import { Agent } from './agent.ts'
import type { ProgramsOfConfig } from './program-verbs.ts'
import { RunIds } from './runs/run-ids.ts'
import { createVerbs } from './verbs.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const patience = { timeout: 20_000, interval: 10 }

let folder: string
let agent: Agent
let verbs: AgentVerbs
let complaints: string[]
let isOpen: boolean

beforeAll(() => {
  execFileSync(process.execPath, [join(root, 'scripts', 'build-shim.mjs')], { stdio: 'ignore' })
}, 120_000)

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'drover-agent-'))
  prepareDataDirectory(folder)
  complaints = []
  isOpen = false
})

afterEach(async () => {
  if (isOpen) {
    await agent.shutdown(false, 'the test')
    await agent.close()
  }
  rmSync(folder, { recursive: true })
})

async function begin(config: ProgramsOfConfig | null = null): Promise<void> {
  agent = new Agent({
    clock: systemClock,
    random: Math.random,
    store: openSqliteStore(dataDirectory(folder).database),
    data: dataDirectory(folder),
    shim: findShim(root),
    send: async () => ({ kind: 'delivered', detail: '' }),
    node: 'a',
    version: '0',
    environment: process.env,
    configPath: null,
    hostPath: '/nowhere',
    say: () => {},
    newSecret: () => 'a'.repeat(43),
    complain: (message, error) => complaints.push(`${message}: ${String(error)}`),
  })
  isOpen = true
  verbs = createVerbs(agent, () => {})
  await agent.start(config, null)
}

/** Gone as by a kill: nothing is recorded any more. */
async function die(): Promise<void> {
  await agent.close()
  isOpen = false
}

/** What agents before this one left in the store. */
async function leave(changes: Changes): Promise<void> {
  const store = openSqliteStore(dataDirectory(folder).database)
  await store.record({ notes: { boot: readBootId() }, ...changes })
  await store.close()
}

const programs = (...of: Program[]): ProgramsOfConfig => ({
  programs: of,
  settings: noSettings,
  warnings: [],
  api: null,
  listeners: [],
})
const ofText = (name: string, text: string, changes: Partial<Program> = {}): Program => {
  const launch: Program['launch'] = { ...aProgram().launch, command: { kind: 'shell', text } }
  return aProgram({ name, launch, restart: aPolicy({ startTimeMs: 0 }), ...changes })
}
const sleeper = (name: string): Program => ofText(name, 'exec sleep 60')
const states = (): Record<string, string> =>
  Object.fromEntries(verbs.listSlots([]).map(({ slot, state }) => [slot, state]))
const becomes = (expected: Record<string, string>): Promise<void> =>
  vi.waitFor(() => expect(states()).toEqual(expected), patience)
const eventsOf = async (kind: string): Promise<Record<string, unknown>[]> =>
  (await verbs.listEvents({ kinds: [kind], targets: [], limit: 100, newest: false })).map(({ data }) => data)

describe('an agent', () => {
  it('adopts what another one left running, with its pid, and starts nothing twice', async () => {
    await begin(programs(sleeper('a'), sleeper('b')))
    await becomes({ 'a:0': 'running', 'b:0': 'running' })
    const pids = verbs.listSlots([]).map(({ pid }) => pid)
    await die()
    await begin(programs(sleeper('a'), sleeper('b')))
    expect(states()).toEqual({ 'a:0': 'running', 'b:0': 'running' })
    expect(verbs.listSlots([]).map(({ pid }) => pid)).toEqual(pids)
    expect(await eventsOf('run.adopted')).toHaveLength(2)
    expect(await eventsOf('run.started')).toHaveLength(2)
  })

  it('leaves stopped what a person stopped', async () => {
    await begin(programs(sleeper('a')))
    await becomes({ 'a:0': 'running' })
    expect(await verbs.stop({ targets: ['a'], wait: true, by: 'ann' })).toMatchObject([{ outcome: 'done' }])
    await die()
    await begin(programs(sleeper('a')))
    expect(states()).toEqual({ 'a:0': 'stopped' })
    expect(await eventsOf('start.refused')).toMatchObject([{ reason: 'stopped_by_person' }])
  })

  it.each([
    ['was claimed', startingState('00000000000r01', null)],
    ['was being restarted', stoppingState('00000000000r01', { kind: 'changed' })],
    ['waited', { kind: 'backoff', until: 1, delayMs: 1, after: 'r0', reason: 'why' }],
  ])('begins when a program is no longer declared whose run %s', async (_, state) => {
    await leave({
      programs: { source: 'file', programs: [sleeper('a')], generation: 1 },
      slots: [aSlot('a:0', { state })],
      claimedRuns: state.kind === 'backoff' ? [] : [aRun('00000000000r01', { program: 'a', slot: 'a:0' })],
    })
    await begin(programs(sleeper('b')))
    await becomes({ 'b:0': 'running' })
    expect(complaints).toEqual([])
  })

  it('begins after a restart of the machine when a program is no longer declared that ran before', async () => {
    const id = '00000000000r01'
    await leave({
      programs: { source: 'file', programs: [sleeper('a')], generation: 1 },
      slots: [aSlot('a:0', { state: runningState(id) })],
      claimedRuns: [aRun(id, { program: 'a', slot: 'a:0' })],
      notes: { boot: 'another' },
    })
    const claim = aClaim(id, { program: 'a', slot: 'a:0' })
    makeRunDirectory(dataDirectory(folder).runs, id, { 'spec.json': claim, pid: aPid({ boot: 'another' }) })
    await begin(programs(sleeper('b')))
    await becomes({ 'b:0': 'running' })
    expect((await verbs.getRun(id)).run.end).toMatchObject({ kind: 'machine_restarted' })
  })

  it('ends a run whose shim was killed while no agent lived, and then starts it anew', async () => {
    const id = '00000000000r01'
    const run = aRun(id, { program: 'a', slot: 'a:0' })
    await leave({
      programs: { source: 'file', programs: [sleeper('a')], generation: 1 },
      slots: [aSlot('a:0', { state: runningState(id), lastRun: id })],
      claimedRuns: [run],
    })
    const claim = aClaim(id, { program: 'a', slot: 'a:0' })
    makeRunDirectory(dataDirectory(folder).runs, id, {
      'spec.json': claim,
      pid: aPid({ shim: someoneDead(), command: someoneDead() }),
    })
    await begin(programs(sleeper('a')))
    await vi.waitFor(async () => {
      expect((await verbs.getRun(id)).run.end).toMatchObject({ kind: 'unknown' })
    }, patience)
    await becomes({ 'a:0': 'running' })
    expect(verbs.listSlots([])[0]?.run).not.toBe(id)
  })

  it('does not wait for ever for a run of which nothing is left anywhere', async () => {
    await leave({
      programs: { source: 'file', programs: [sleeper('a')], generation: 1 },
      slots: [aSlot('a:0', { state: stoppingState('lost', 'stop'), asked: 'stop' })],
    })
    await begin(programs(sleeper('a')))
    expect(states()).toEqual({ 'a:0': 'stopped' })
  })

  it('goes on with what was in force when the configuration declares a name of the API as well', async () => {
    await leave({ programs: { source: 'api', programs: [sleeper('a')], generation: 1 } })
    await begin(programs(sleeper('a'), sleeper('b')))
    await becomes({ 'a:0': 'running' })
    expect(await eventsOf('config.refused')).toMatchObject([
      { message: expect.stringContaining('over the API') },
    ])
  })

  it('tells each start that does not happen, with a reason from the list', async () => {
    const launch = { ...aProgram().launch, user: 'nobody-of-this-name' }
    const restart = aPolicy({ giveUpAfter: 1 })
    await begin(programs(aProgram({ name: 'a', launch, restart }), ofText('b', 'exec sleep 60')))
    await becomes({ 'a:0': 'fatal', 'b:0': 'running' })
    expect(await verbs.start({ targets: ['b'], wait: true, by: 'ann' })).toMatchObject([
      { outcome: 'unchanged' },
    ])
    expect(await eventsOf('start.refused')).toMatchObject([
      { reason: 'user_unknown' },
      { reason: 'already_running' },
    ])
  })

  it('applies changes of programs that come at once one after the other', async () => {
    const names = ['a', 'b', 'c', 'd']
    await leave({ programs: { source: 'api', programs: names.map(sleeper), generation: 4 } })
    await begin()
    const plans = await Promise.all(['a', 'b', 'c'].map((name) => verbs.deleteProgram(name, 'ann')))
    expect(plans.map(({ generation }) => generation)).toEqual([4, 5, 6])
    expect(verbs.listPrograms().map(({ name }) => name)).toEqual(['d'])
    await becomes({ 'd:0': 'running' })
    await die()
    await begin()
    expect(verbs.listPrograms().map(({ name }) => name)).toEqual(['d'])
    expect(agent.generation).toBe(7)
  })

  it('answers a restart of many slots that is waited for, with one listener at the signal', async () => {
    const warnings: string[] = []
    const onWarning = (warning: Error): void => void warnings.push(String(warning))
    process.on('warning', onWarning)
    await begin(programs(ofText('a', 'exec sleep 60', { processes: 30 })))
    const { signal } = new AbortController()
    const outcomes = await verbs.restart({ targets: ['a'], wait: true, rolling: false, by: 'ann', signal })
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(Array.from({ length: 30 }, () => 'done'))
    process.off('warning', onWarning)
    expect(warnings).toEqual([])
    const asked = await eventsOf('slot.requested')
    expect(asked).toHaveLength(30)
  })

  it('lets go of a waiter whose asker has gone', async () => {
    await begin(
      programs(
        ofText('a', 'trap "" TERM; while :; do sleep 0.1; done', {
          stop: { signal: 'TERM', graceMs: 500, target: 'group' },
        }),
      ),
    )
    await becomes({ 'a:0': 'running' })
    const asker = new AbortController()
    const outcomes = verbs.stop({ targets: ['a'], wait: true, by: 'ann', signal: asker.signal })
    await becomes({ 'a:0': 'stopping' })
    asker.abort()
    expect(await outcomes).toMatchObject([{ outcome: 'failed', state: 'stopping' }])
    await becomes({ 'a:0': 'stopped' })
  })

  it('tells that it is fresh after an orderly end, and starts what had finished', async () => {
    const finishing = ofText('a', 'exit 0', { restart: aPolicy({ when: 'never', startTimeMs: 0 }) })
    await begin(programs(finishing))
    await becomes({ 'a:0': 'exited' })
    await die()
    await begin(programs(finishing))
    expect(states()).toEqual({ 'a:0': 'exited' })
    await agent.shutdown(false, 'ann')
    await die()
    await begin(programs(finishing))
    await vi.waitFor(async () => expect(await eventsOf('run.started')).toHaveLength(2), patience)
  })

  it('with a configuration that cannot be read goes on to have the labels that its jobs are meant for', async () => {
    const job = aJob({ target: { nodes: [], labels: { role: 'db' } } })
    const config = { ...programs(job), settings: { ...noSettings, labels: { role: 'db' } } }
    await begin(config)
    await die()
    await begin()
    expect(await verbs.listJobs([])).toMatchObject([{ name: 'report', notHere: null }])
    expect(agent.scheduler.nextOf('report')).not.toBeNull()
    await die()
    await begin(programs(job))
    expect(await verbs.listJobs([])).toMatchObject([
      { notHere: 'it is for nodes with role=db, and this one has no role' },
    ])
  })

  it('that begins with a clock that was set back gives due times ids after those that are known', async () => {
    const late = new RunIds(new FakeClock(Date.now() + 3_600_000)).next()
    await leave({
      occurrences: [anOccurrence(late, { state: { kind: 'skipped', reason: 'paused', detail: '' } })],
    })
    await begin(programs(aJob(byHand)))
    await verbs.triggerJob({ job: 'report', params: {}, dryRun: false, wait: false, by: 'ann' })
    const [newest] = await verbs.listOccurrences({ targets: [], states: [], limit: 1 })
    expect(newest?.trigger).toBe('manual')
    expect((newest?.id ?? '') > late).toBe(true)
  })

  it('refuses parameters that every object has by itself as any that its job does not declare', async () => {
    await begin(programs(aJob(byHand)))
    const asked = { job: 'report', params: { toString: 'x' }, dryRun: false, wait: false, by: 'ann' }
    await expect(verbs.triggerJob(asked)).rejects.toThrow('report has no parameter `toString`.')
  })

  it('that is shutting down starts no job, now or when the next one begins', async () => {
    await begin(
      programs(
        aJob(byHand),
        ofText('a', 'trap "" TERM; echo up; while :; do sleep 0.1; done', {
          stop: { signal: 'TERM', graceMs: 500, target: 'group' },
        }),
      ),
    )
    await becomes({ 'a:0': 'running', 'report:0': 'stopped' })
    const ending = agent.shutdown(false, 'ann')
    const [outcome] = await verbs.start({ targets: ['report'], wait: false, by: 'ann' })
    expect(outcome).toMatchObject({ outcome: 'failed', message: 'the agent is shutting down' })
    await ending
    expect(await verbs.listOccurrences({ targets: [], states: [], limit: 1 })).toEqual([])
    await die()
  })
})
