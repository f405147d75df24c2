/** Limits end a run gracefully, with the reason on record, whether its agent lived all the time or not; what lasts too long is told or ended. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { ProgramConfig } from '../../src/config/config-types.generated.ts'
import type { EventView, RunView } from '../../src/contract/views.ts'
import { drover } from '../harness/command-line.ts'
import { type House, openHouse, root } from '../harness/house.ts'
import { isAlive } from '../harness/processes.ts'
import { waitFor } from '../harness/wait.ts'

const MB = 1024 ** 2
const glutton = join(root, 'test', 'puppets', 'glutton.mjs')

function eater(house: House, rate: number, more: Partial<ProgramConfig> = {}): ProgramConfig {
  return {
    command: [process.execPath, glutton, String(rate), join(house.folder, 'note')],
    limits: { memory: '100MB' },
    stop: { grace: '20s' },
    ...more,
  }
}

async function endedRuns(house: House, program: string, least = 1): Promise<RunView[]> {
  return await waitFor(
    `${program} has ended ${least} times`,
    async () => {
      const runs = await house.api.listRuns({ targets: [program], state: 'ended' })
      return runs.length >= least && runs.reverse()
    },
    { tell: () => house.slots() },
  )
}

async function eventsOf(house: House, kinds: string[], run?: string): Promise<EventView[]> {
  return await house.api.listEvents({ kinds, ...(run === undefined ? {} : { run }), limit: 1000 })
}

function notedBytes(house: House): number {
  return Number(readFileSync(join(house.folder, 'note'), 'utf8').split('\n')[0])
}

test('W-C9 a run that grows by 40 MB/s is told to stop long before twice its limit, and the reason is kept', async () => {
  const house = openHouse()
  house.configure({ eater: eater(house, 40) })
  await house.startAgent()
  const [run] = await endedRuns(house, 'eater')
  expect(notedBytes(house)).toBeLessThan(200 * MB)
  expect(run?.end).toMatchObject({
    kind: 'stopped',
    killed: false,
    reason: { kind: 'memory', isFailure: true },
  })
  const reached = await eventsOf(house, ['run.limit_reached'], run?.id ?? '')
  expect(reached).toMatchObject([{ data: { limit: 'memory', threshold: 100 * MB } }])
  expect(run?.usage?.peakTreeRssBytes).toBeGreaterThanOrEqual(100 * MB)
  const { stdout } = await drover(house, ['run', run?.id ?? ''])
  expect(stdout).toMatch(/its memory reached \d+ MB of 100 MB/)
})

test('W-C9 memory is that of the whole tree: a grandchild that grows counts', async () => {
  const house = openHouse()
  const note = join(house.folder, 'note')
  const child = `'${process.execPath}' '${glutton}' 40 '${note}' & trap : TERM; wait; wait`
  house.configure({
    eater: eater(house, 40, {
      command: ['/bin/sh', '-c', `/bin/sh -c "${child}" & trap : TERM; wait; wait`],
      stop: { target: 'group' },
    }),
  })
  await house.startAgent()
  const [run] = await endedRuns(house, 'eater')
  expect(notedBytes(house)).toBeLessThan(200 * MB)
  expect(run?.end).toMatchObject({ kind: 'stopped', reason: { kind: 'memory' } })
})

test('W-C9 an agent that comes after one that was killed goes on with the limits', async () => {
  const house = openHouse()
  house.configure({ eater: eater(house, 20) })
  await house.startAgent()
  const { run: id } = await house.waitForState('eater', 'starting')
  await waitFor('the command was born', async () => (await house.slot('eater')).pid)
  await house.killAgent()
  await house.startAgent()
  const [run] = await endedRuns(house, 'eater')
  expect(run?.id).toBe(id)
  expect(run?.end).toMatchObject({ kind: 'stopped', reason: { kind: 'memory' } })
})

test('W-C10 within its grace a run may finish, unless its memory grows on to twice the limit', async () => {
  const house = openHouse()
  const stubborn = [process.execPath, glutton, '60', join(house.folder, 'note'), '--stubborn']
  house.configure({ eater: eater(house, 60, { command: stubborn, stop: { grace: '10m' } }) })
  await house.startAgent()
  const [run] = await endedRuns(house, 'eater')
  expect(run?.end).toMatchObject({ kind: 'stopped', killed: true, reason: { kind: 'memory' } })
  expect(await eventsOf(house, ['run.grace_cut'], run?.id ?? '')).toHaveLength(1)
})

test('W-C9 an agent that is killed while a run ends for a limit leaves the next one the reason', async () => {
  const house = openHouse()
  const stubborn = [process.execPath, glutton, '20', join(house.folder, 'note'), '--stubborn']
  house.configure({ eater: eater(house, 20, { command: stubborn, stop: { grace: '3s' } }) })
  await house.startAgent()
  const { run: id } = await house.waitForState('eater', 'stopping')
  await house.killAgent()
  await house.startAgent()
  const [run] = await endedRuns(house, 'eater')
  expect(run).toMatchObject({ id, end: { kind: 'stopped', killed: true, reason: { kind: 'memory' } } })
  expect(await eventsOf(house, ['run.limit_reached'], id ?? '')).toHaveLength(1)
})

test('W-C10 a run that reached its lifetime finishes what it does, and W-T7 the next one follows', async () => {
  const house = openHouse()
  const command = 'trap "sleep 0.5; echo finished > done; exit 0" TERM; while :; do sleep 0.05; done'
  house.configure({
    mortal: { command, limits: { lifetime: { after: '1500ms', jitter: 0 } }, stop: { target: 'process' } },
  })
  await house.startAgent()
  const [run] = await endedRuns(house, 'mortal')
  expect(run?.end).toMatchObject({
    kind: 'stopped',
    code: 0,
    killed: false,
    reason: { kind: 'lifetime', isFailure: false },
  })
  expect(readFileSync(join(house.folder, 'done'), 'utf8')).toBe('finished\n')
  const next = await house.waitForSlots('the next run lives', (slots) =>
    slots.find((slot) => slot.run !== null && slot.run !== run?.id),
  )
  const view = await house.api.getRun({ id: next.run ?? '' })
  expect(view.run.cause).toMatchObject({
    kind: 'restart',
    after: run?.id,
    reason: 'its lifetime of 1.5 s is over',
  })
})

test('W-C9 a lifetime counts from the start of the run, also where no agent lived meanwhile', async () => {
  const house = openHouse()
  house.configure({ mortal: { command: ['sleep', '1000'], limits: { lifetime: { after: 3, jitter: 0 } } } })
  await house.startAgent()
  const { startedAt } = await house.waitForState('mortal', 'running')
  await house.killAgent()
  await waitFor('the lifetime is over', () => Date.now() > Date.parse(startedAt ?? '') + 3000)
  await house.startAgent()
  const [run] = await endedRuns(house, 'mortal')
  expect(run?.end).toMatchObject({ kind: 'stopped', reason: { kind: 'lifetime' } })
  expect(run?.durationMs).toBeGreaterThanOrEqual(3000)
})

test('W-C9 CPU time is that of the whole tree, dead children included', async () => {
  const house = openHouse()
  const burn = "while :; do /bin/sh -c 'i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done'; done"
  house.configure({ burner: { command: burn, limits: { cpuTime: '1s' } } })
  await house.startAgent()
  const [run] = await endedRuns(house, 'burner')
  expect(run?.end).toMatchObject({ kind: 'stopped', reason: { kind: 'cpu' } })
  expect(run?.usage?.cpuMs).toBeGreaterThanOrEqual(1000)
})

test('W-C9 a limit that is lowered holds for the run that lives, and restarts nothing else', async () => {
  const house = openHouse()
  const command = ['sleep', '1000']
  house.configure({ mortal: { command }, other: { command } })
  await house.startAgent()
  const before = await house.waitForState('mortal', 'running')
  const other = await house.waitForState('other', 'running')
  house.configure({
    mortal: { command, limits: { lifetime: { after: 1, jitter: 0 } } },
    other: { command, limits: { memory: '1GB' } },
  })
  const { plan } = await house.api.reload({ wait: false })
  expect(plan.programs.map(({ change }) => change)).toEqual(['policy', 'policy'])
  const [run] = await endedRuns(house, 'mortal')
  expect(run?.id).toBe(before.run)
  expect((await house.slot('other')).run).toBe(other.run)
})

test('W-C9 a slot that has had its runs is exited, until a person starts it', async () => {
  const house = openHouse()
  house.configure({ few: { command: 'sleep 0.4', startTime: '100ms', limits: { runs: 2 } } })
  await house.startAgent()
  const slot = await house.waitForState('few', 'exited')
  expect(slot.reason).toBe('it has had the 2 runs that it may have, the last one exited with code 0')
  expect(await house.api.listRuns({ targets: ['few'] })).toHaveLength(2)
  await house.killAgent()
  await house.startAgent()
  expect((await house.slot('few')).state).toBe('exited')
  await house.api.startSlots({ targets: ['few'] })
  await endedRuns(house, 'few', 4)
  await house.waitForState('few', 'exited')
  expect(await house.api.listRuns({ targets: ['few'] })).toHaveLength(4)
})

test('W-C9 a change of a watched file replaces the runs in turns, and of an ignored one nothing', async () => {
  const house = openHouse()
  house.write('src/deep/a.js', 'one')
  house.write('src/gen/b.js', 'one')
  house.configure({
    web: {
      command: ['sleep', '1000'],
      processes: 3,
      startTime: '300ms',
      rollout: { parallel: 1 },
      limits: { watch: { paths: ['src/**/*.js'], ignore: ['src/gen/**'], settle: '100ms' } },
    },
  })
  await house.startAgent()
  const isUp = (runs: (string | null)[]) => runs.every((run) => run !== null)
  const before = await house.waitForSlots(
    'all run',
    (slots) => slots.every(({ state }) => state === 'running') && slots.map(({ run }) => run),
  )
  // The first look may come after a change that is made at once: only what differs from it is one.
  let version = 1
  await waitFor(
    'a change is seen',
    async () => {
      version += 1
      house.write('src/gen/b.js', `${version}`)
      house.write('src/deep/a.js', 'x'.repeat(version))
      await waitFor('time passes', () => true)
      return (await eventsOf(house, ['run.limit_reached'])).length > 0
    },
    { everyMs: 1500 },
  )
  const ended = await endedRuns(house, 'web', 3)
  for (const run of ended) {
    expect(run.end).toMatchObject({
      kind: 'stopped',
      reason: { kind: 'files', text: 'src/deep/a.js changed' },
    })
  }
  expect(new Set(ended.map(({ id }) => id))).toEqual(new Set(before))
  const next = await house.waitForSlots(
    'all run again',
    (slots) => slots.every(({ state }) => state === 'running') && slots.map(({ run }) => run),
  )
  expect(isUp(next)).toBe(true)
  // In turns: never did a second one end before the replacement of the first ran.
  const told = await eventsOf(house, ['slot.stopping', 'slot.running'])
  const turns = told.slice(told.findIndex(({ kind }) => kind === 'slot.stopping'))
  expect(turns.map(({ kind }) => kind).join(' ')).toMatch(/^(slot\.stopping slot\.running ?){3}$/)
})

test('S-T19 X-2 a run that lasts longer than warnAfter is told of once, also over agents, and goes on to its good end', async () => {
  const house = openHouse()
  house.configure({ job: { command: 'sleep 3', restart: 'never', warnAfter: '1s', timeout: '60s' } })
  await house.startAgent()
  await waitFor('it is told', async () => (await eventsOf(house, ['run.overdue'])).length > 0)
  await house.killAgent()
  await house.startAgent()
  const [run] = await endedRuns(house, 'job')
  expect(run?.end).toMatchObject({ kind: 'exited', code: 0 })
  expect(await eventsOf(house, ['run.overdue'])).toMatchObject([
    { run: run?.id, data: { warnAfterMs: 1000 } },
  ])
  expect(await eventsOf(house, ['run.timed_out'])).toEqual([])
})

test('S-T17 X-2 a run that lasts longer than timeout is dead with all its children, while no agent lives too, and is told once', async () => {
  const house = openHouse()
  const command = 'sleep 1001 & setsid sleep 1002 & echo $! > grandchild; sleep 1000'
  house.configure({ job: { command, restart: 'never', warnAfter: '1s', timeout: '1400ms' } })
  await house.startAgent()
  const { pid } = await house.waitForState('job', 'running')
  await waitFor('the grandchild is there', () => existsSync(join(house.folder, 'grandchild')))
  const grandchild = Number(readFileSync(join(house.folder, 'grandchild'), 'utf8'))
  await house.killAgent()
  await waitFor('all are dead', () => !isAlive(pid ?? 0) && !isAlive(grandchild))
  await house.startAgent()
  const [run] = await endedRuns(house, 'job')
  expect(run?.end).toMatchObject({ kind: 'timed_out' })
  expect(run?.durationMs).toBeGreaterThanOrEqual(1400)
  expect(run?.durationMs).toBeLessThan(15_000)
  expect(await eventsOf(house, ['run.timed_out'])).toMatchObject([{ run: run?.id }])
  // Nobody was there to warn, and after the timeout a warning says nothing.
  expect((await eventsOf(house, ['run.overdue'])).length).toBeLessThanOrEqual(1)
  await house.killAgent()
  await house.startAgent()
  expect(await eventsOf(house, ['run.timed_out'])).toHaveLength(1)
})
