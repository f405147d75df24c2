/** Listeners of a configuration, with real agents: who is told of what, in which order, and what one that is at fault costs the others. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { EventView, ListenerView } from '../../src/contract/views.ts'
import { type House, openHouse } from '../harness/house.ts'
import { told } from '../harness/jobs.ts'
import { kill, markVariable, processesWith } from '../harness/processes.ts'
import { waitFor } from '../harness/wait.ts'

/** A configuration in TypeScript; `note(name, event)` in it writes the event into the file of that name. */
function writeConfig(house: House, text: string): string {
  return house.write(
    'drover.config.ts',
    `import { appendFileSync } from 'node:fs'
import { defineConfig } from 'drover'
const note = (name: string, event: unknown) => appendFileSync(name + '.jsonl', JSON.stringify(event) + '\\n')
export default defineConfig(${text})
`,
  )
}

function noted(house: House, name: string): EventView[] {
  const file = join(house.folder, `${name}.jsonl`)
  if (!existsSync(file)) return []
  const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1)
  return lines.map((line) => JSON.parse(line) as EventView)
}

async function caughtUp(house: House, names: readonly string[]): Promise<ListenerView[]> {
  return await waitFor('the listeners are at the last event', async () => {
    const listeners = await house.api.listListeners({})
    return names.every((name) => listeners.find((one) => one.name === name)?.lag === 0) && listeners
  })
}

async function recorded(house: House, kinds: string[]): Promise<EventView[]> {
  return await house.api.listEvents({ kinds, limit: 10_000 })
}

const hook = `while read -r line; do echo "$line" >> hook.jsonl; done; env | grep ^DROVER_ | sort > variables`

test('S-T10, S-T11, S-T12, S-T13, S-T14, S-T15, S-T20: by name, by wildcard and as a command, each gets its events with data and custom data, in order', async () => {
  const house = openHouse()
  const config = writeConfig(
    house,
    `{
  jobs: {
    good: { command: 'true', schedule: 'manual', customData: { critical: true, owner: ['ops'] } },
    bad: { command: 'exit 7', schedule: 'manual' },
  },
  listeners: {
    one: { on: 'job.failed', run: (event) => note('one', event) },
    family: { on: ['job.*', 'agent.started'], run: async (event) => { await null; note('family', event) } },
    all: { on: '*', run: (event) => note('all', event) },
    some: { on: 'job.*', programs: ['go*'], run: (event) => note('some', event) },
    hook: { on: 'job.succeeded', command: ${JSON.stringify(hook)} },
  },
}`,
  )
  await house.startAgent({ config })
  await house.api.triggerJob({ job: 'good', wait: true })
  await house.api.triggerJob({ job: 'bad', wait: true })
  await told(house, 'bad', 'job.failed')
  await caughtUp(house, ['one', 'family', 'all', 'some', 'hook'])

  expect(noted(house, 'one')).toMatchObject([{ kind: 'job.failed', program: 'bad', data: { exitCode: 7 } }])
  expect(noted(house, 'all')).toEqual(await recorded(house, ['*']))
  const [started, ...others] = noted(house, 'family')
  expect(started).toMatchObject({ kind: 'agent.started', program: null, customData: null })
  expect(others).toEqual(await recorded(house, ['job.*']))
  expect(others.map(({ kind }) => kind)).toEqual([
    'job.started',
    'job.succeeded',
    'job.started',
    'job.failed',
  ])
  expect(noted(house, 'some').map(({ kind }) => kind)).toEqual(['job.started', 'job.succeeded'])
  const [given] = noted(house, 'hook')
  expect(noted(house, 'hook')).toHaveLength(1)
  expect(given).toEqual((await recorded(house, ['job.succeeded']))[0])
  const variables = readFileSync(join(house.folder, 'variables'), 'utf8')
  for (const line of [
    'DROVER_EVENT_KIND=job.succeeded',
    'DROVER_EVENT_PROGRAM=good',
    `DROVER_EVENT_ID=${given?.id}`,
    'DROVER_LISTENER=hook',
    'DROVER_NODE=house',
  ])
    expect(variables).toContain(`${line}\n`)
  // S-T20
  const ofGood = noted(house, 'all').filter(({ program }) => program === 'good')
  expect(ofGood.length).toBeGreaterThan(3)
  for (const { customData } of ofGood) expect(customData).toEqual({ critical: true, owner: ['ops'] })
})

test('S-F9: one that throws, one that hangs, one that dies and a command that fails or hangs are named, and hold up nobody', async () => {
  const house = openHouse()
  const config = writeConfig(
    house,
    `{
  jobs: { tick: { command: 'true', schedule: 'manual' } },
  listeners: {
    well: { on: 'job.*', run: (event) => note('well', event) },
    throws: { on: 'job.*', run: (event) => { note('throws', event); throw new Error('no room for ' + event.kind) } },
    hangs: { on: 'job.*', timeout: '300ms', run: (event) => { note('hangs', event); if (event.kind === 'job.started') for (;;) {} } },
    waits: { on: 'job.*', timeout: '300ms', run: (event) => { note('waits', event); if (event.kind === 'job.started') return new Promise(() => {}) } },
    dies: { on: 'job.*', run: (event) => { note('dies', event); if (event.kind === 'job.started') process.exit(3) } },
    fails: { on: 'job.*', command: 'cat >> fails.jsonl; echo sorry; exit 4' },
    sleeps: { on: 'job.*', timeout: '300ms', command: 'cat >> sleeps.jsonl; [ $DROVER_EVENT_KIND = job.succeeded ] || (sleep 1000; true)' },
    echoes: { on: ['listener.*'], run: (event) => { note('echoes', event); throw new Error('again') } },
  },
}`,
  )
  await house.startAgent({ config })
  await house.api.triggerJob({ job: 'tick', wait: true })
  const names = ['well', 'throws', 'hangs', 'waits', 'dies', 'fails', 'sleeps', 'echoes']
  const listeners = await caughtUp(house, names)
  const events = await recorded(house, ['job.*'])
  // Each of them goes on with the event after the one that it failed at.
  for (const name of names.slice(0, -1)) expect(noted(house, name), name).toEqual(events)

  const [begun] = events
  const failures = await recorded(house, ['listener.failed'])
  const reasonOf = (name: string): unknown =>
    failures.find(({ data }) => data.listener === name && data.event === begun?.id)?.data.reason
  expect(reasonOf('well')).toBeUndefined()
  expect(reasonOf('throws')).toMatch(/^the function threw an error: no room for job.started \(line \d+\)$/)
  expect(reasonOf('hangs')).toBe('the function gave no answer within 0.3 s')
  expect(reasonOf('waits')).toBe('the function gave no answer within 0.3 s')
  expect(reasonOf('dies')).toBe('the function gave no answer: its process ended with exit code 3')
  expect(reasonOf('fails')).toBe('the command ended with code 4, and said: sorry')
  expect(reasonOf('sleeps')).toBe('the command did not end within 0.3 s and was killed')
  // One event for each kind of trouble; a failure at an event about a listener is none.
  expect(failures.filter(({ data }) => data.listener === 'throws')).toHaveLength(1)
  expect(failures.filter(({ data }) => data.listener === 'echoes')).toEqual([])
  const failuresOf = (name: string): number | undefined =>
    listeners.find((one) => one.name === name)?.failures
  expect(failuresOf('throws')).toBe(2)
  expect(failuresOf('well')).toBe(0)
  expect(noted(house, 'echoes').map(({ data }) => data.listener)).toEqual(
    failures.map(({ data }) => data.listener),
  )
  expect(failuresOf('echoes')).toBe(failures.length)
  expect(await house.api.getMetrics({})).toContain('drover_listener_failures_total{listener="throws"} 2')
  expect(
    processesWith(markVariable, house.mark).filter(({ command }) => command.includes('sleep 1000')),
  ).toEqual([])
})

test('S-C8: an end that nobody knows reaches a listener with no exit code', async () => {
  const house = openHouse()
  const config = writeConfig(
    house,
    `{
  jobs: { lost: { command: 'exec sleep 1000', schedule: 'manual' } },
  listeners: { ends: { on: ['job.lost', 'job.failed'], run: (event) => note('ends', event) } },
}`,
  )
  await house.startAgent({ config })
  await house.api.triggerJob({ job: 'lost' })
  await told(house, 'lost', 'run.started')
  for (const { pid, command } of house.processes()) if (command.includes('drover-shim')) kill(pid)
  await told(house, 'lost', 'job.lost')
  await caughtUp(house, ['ends'])
  expect(noted(house, 'ends')).toMatchObject([
    { kind: 'job.lost', program: 'lost', data: { exitCode: null } },
  ])
})

test('killed again and again, an agent hands on each event at least once, and in order', async () => {
  const house = openHouse()
  const config = writeConfig(
    house,
    `{
  jobs: { tick: { command: 'true', schedule: 'manual' } },
  listeners: {
    quick: { on: '*', run: (event) => note('quick', event) },
    slow: { on: 'job.*', run: async (event) => { await new Promise((done) => setTimeout(done, 20)); note('slow', event) } },
    hook: { on: 'job.*', command: 'cat >> hook.jsonl' },
  },
}`,
  )
  for (let life = 0; life < 4; life++) {
    await house.startAgent({ config })
    for (let run = 0; run < 5; run++) await house.api.triggerJob({ job: 'tick', wait: true })
    if (life < 3) await house.killAgent('SIGKILL')
  }
  await caughtUp(house, ['quick', 'slow', 'hook'])
  const ids = async (kinds: string[]): Promise<number[]> => (await recorded(house, kinds)).map(({ id }) => id)
  for (const [name, kinds] of [
    ['quick', ['*']],
    ['slow', ['job.*']],
    ['hook', ['job.*']],
  ] as const) {
    const seen = noted(house, name).map(({ id }) => id)
    // What was told twice was told by another agent, which began where the one before had stored its place.
    const first = seen.filter((id, index) => seen.indexOf(id) === index)
    expect(first, name).toEqual(await ids([...kinds]))
  }
})

test('a reload keeps the place of a listener by its name, and a new one hears of what happens from then on', async () => {
  const house = openHouse()
  const write = (listeners: string): string =>
    writeConfig(
      house,
      `{ jobs: { tick: { command: 'true', schedule: 'manual' } }, listeners: {${listeners}} }`,
    )
  const config = write(`old: { on: 'job.*', run: (event) => note('first', event) }`)
  await house.startAgent({ config })
  await house.api.triggerJob({ job: 'tick', wait: true })
  await caughtUp(house, ['old'])

  write(`old: { on: ['job.started', 'config.applied'], run: (event) => note('second', event) },
    young: { on: '*', run: (event) => note('young', event) }`)
  expect((await house.api.planReload({})).listeners).toEqual([
    { listener: 'old', change: 'changed' },
    { listener: 'young', change: 'added' },
  ])
  await house.api.reload({})
  await house.api.triggerJob({ job: 'tick', wait: true })
  await caughtUp(house, ['old', 'young'])
  expect(noted(house, 'first').map(({ kind }) => kind)).toEqual(['job.started', 'job.succeeded'])
  expect(noted(house, 'second').map(({ kind }) => kind)).toEqual(['config.applied', 'job.started'])
  expect(noted(house, 'young')[0]).toMatchObject({ kind: 'config.applied' })

  // The same definition, and another function in the file.
  write(`old: { on: ['job.started', 'config.applied'], run: (event) => note('third', event) }`)
  await house.api.reload({})
  await house.api.triggerJob({ job: 'tick', wait: true })
  await caughtUp(house, ['old'])
  expect(noted(house, 'third').map(({ kind }) => kind)).toEqual(['config.applied', 'job.started'])
  expect((await house.api.listListeners({})).map(({ name }) => name)).toEqual(['old'])
})

test('what could not be loaded is told, and gets its events once it can be', async () => {
  const house = openHouse()
  const config = writeConfig(
    house,
    `(() => {
  if (process.argv.includes('--functions') && !require('node:fs').existsSync('ready')) throw new Error('not yet')
  return { jobs: { tick: { command: 'true', schedule: 'manual' } }, listeners: { late: { on: 'job.*', run: (event) => note('late', event) } } }
})()`.replace("require('node:fs').existsSync", 'existsSync'),
  )
  house.write(
    'drover.config.ts',
    readFileSync(config, 'utf8').replace('appendFileSync }', 'appendFileSync, existsSync }'),
  )
  await house.startAgent({ config })
  await house.api.triggerJob({ job: 'tick', wait: true })
  const failed = await waitFor('it was told', async () => (await recorded(house, ['listener.failed']))[0])
  expect(failed.data).toMatchObject({ listener: 'late', event: null })
  house.write('ready', '')
  await caughtUp(house, ['late'])
  expect(noted(house, 'late').map(({ kind }) => kind)).toEqual(['job.started', 'job.succeeded'])
})
