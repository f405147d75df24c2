import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Program } from '../../domain/program.ts'
import { aCheck, aProgram, stopped } from '../../domain/testing/samples.ts'
import { AgentBench } from '../../testing/agent-bench.ts'

const readiness = aCheck()

let bench: AgentBench
beforeEach(() => {
  bench = new AgentBench()
})
afterEach(() => bench.dispose())

const web = (version: string): Program => {
  const { launch } = aProgram()
  return aProgram({
    name: 'web',
    processes: 3,
    launch: { ...launch, command: { kind: 'shell', text: version } },
    checks: { startup: null, readiness, liveness: null },
    rollout: { parallel: { kind: 'count', value: 1 }, withinMs: 5000 },
  })
}

const slot = (index: number) => bench.slot(`web:${index}`)
const kinds = () => [0, 1, 2].map((index) => slot(index).state.kind).join(' ')

async function comeUp(index: number): Promise<void> {
  const name = `web:${index}`
  await bench.bear(name)
  await bench.pass(1000)
  const run = slot(index).lastRun ?? ''
  bench.reconciler.tell((draft) =>
    draft.send(name, { kind: 'checked', run, check: 'readiness', passed: true, detail: 'it accepts' }),
  )
  await bench.settle()
}

/** Three that are ready, and a version of which the first replacement never becomes ready. */
async function fail(): Promise<void> {
  await bench.declare(web('good'))
  for (const index of [0, 1, 2]) await comeUp(index)
  await bench.declare(web('bad'))
  expect(kinds()).toBe('stopping running running')
  await bench.end('web:0', stopped())
  await bench.bear('web:0')
  await bench.pass(60_000)
  expect(slot(0).rollout?.kind).toBe('failed')
  expect(kinds()).toBe('running running running')
}

test('a version that never becomes ready spares the others, over the death of the agent too', async () => {
  await fail()
  await bench.restartAgent(1000)
  await bench.pass(600_000)
  expect(kinds()).toBe('running running running')
})

test('the next version goes on where the one before it stopped, though its process still runs', async () => {
  await fail()
  await bench.declare(web('better'))
  expect(kinds()).toBe('stopping running running')
  for (const index of [0, 1, 2]) {
    expect(slot(index).state.kind).toBe('stopping')
    await bench.end(`web:${index}`, stopped())
    await comeUp(index)
  }
  expect(kinds()).toBe('running running running')
  expect([0, 1, 2].map((index) => slot(index).rollout)).toEqual([null, null, null])
})

test('back to the version before, only what was replaced is replaced again', async () => {
  await fail()
  await bench.declare(web('good'))
  await bench.end('web:0', stopped())
  await comeUp(0)
  await bench.pass(60_000)
  expect(kinds()).toBe('running running running')
})

test('whoever stops the failed one does not give the next one away', async () => {
  await fail()
  await bench.ask('stop', 'web:0')
  await bench.end('web:0', stopped())
  await bench.pass(60_000)
  expect(kinds()).toBe('stopped running running')
  // With another version the others go on without it.
  await bench.declare(web('better'))
  expect(kinds()).toBe('stopped stopping running')
})

test('a version that works after all is rolled on', async () => {
  await fail()
  const run = slot(0).lastRun ?? ''
  bench.reconciler.tell((draft) =>
    draft.send('web:0', { kind: 'checked', run, check: 'readiness', passed: true, detail: 'it accepts' }),
  )
  await bench.settle()
  expect(kinds()).toBe('running stopping running')
})
