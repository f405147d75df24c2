import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import { EventView, PlanView, ProgramView, RunView, SlotView } from '../contract/views.ts'
import {
  aPolicy,
  aProgram,
  exited,
  runningState,
  startingState,
  stoppingState,
} from '../domain/testing/samples.ts'
import { anEvent, aRun } from '../store/conformance/samples.ts'
import { FakeClock } from '../testing/fake-clock.ts'
import { toDesired, toProgramSet } from './programs.ts'
import { newSlotRecord, type SlotRecord } from './reconcile/slot-records.ts'
import { viewEvent, viewPlan, viewProgram, viewRun, viewSlot } from './views.ts'

const clock = new FakeClock()
const at = { wall: clock.now(), monotonic: clock.monotonic() }
const slot = (state: SlotRecord['state'], changes: Partial<SlotRecord> = {}): SlotRecord => ({
  ...newSlotRecord('mailer:0', 'mailer', 0, clock),
  state,
  ...changes,
})

describe('the view of a slot', () => {
  it.each<SlotRecord['state']>([
    { kind: 'stopped' },
    startingState('r1', null),
    runningState('r1'),
    { kind: 'backoff', until: clock.monotonic() + 1, delayMs: 1, after: 'r1', reason: 'why' },
    stoppingState('r1', 'stop'),
    { kind: 'exited', reason: 'why', isSuccess: true },
    { kind: 'fatal', reason: 'why' },
  ])('is of the contract in every state: $kind', (state) => {
    const view = viewSlot(slot(state), aProgram(), undefined, 'a', at)
    expect(v.parse(SlotView, view)).toEqual(view)
    expect(view.state).toBe(state.kind)
  })

  it('tells in wall time when the next try comes', () => {
    const state = {
      kind: 'backoff',
      until: clock.monotonic() + 5000,
      delayMs: 9000,
      after: 'r1',
      reason: 'why',
    } as const
    const { retryAt, reason } = viewSlot(slot(state), aProgram(), undefined, 'a', at)
    expect([retryAt, reason]).toEqual([new Date(clock.now() + 5000).toISOString(), 'why'])
  })

  it('of a program that is gone says what it can', () => {
    const view = viewSlot(slot(stoppingState('r1', 'stop')), null, undefined, 'a', at)
    expect(view).toMatchObject({ name: 'mailer:0', group: 'mailer', wanted: 'stop' })
  })
})

it('shows a run of each age as the contract has it', () => {
  const run = aRun('r1')
  const peak = { treeRssBytes: 9, processes: 4, openFiles: null }
  const live = {
    cpuMs: 1,
    rssBytes: 2,
    processes: 3,
    openFiles: 5,
    peak,
    pssBytes: 1,
    outBytes: 7,
    errBytes: 8,
  }
  const views = [
    viewRun(run, null),
    viewRun({ ...run, startedAt: 5, pid: 6 }, live),
    viewRun({ ...run, startedAt: 5, pid: 6, end: exited(3, 100), peak }, null),
    viewRun({ ...run, end: { kind: 'revoked', endedAt: 9, reason: 'why' } }, null),
  ]
  for (const view of views) expect(v.parse(RunView, view)).toEqual(view)
  expect(views.map(({ state }) => state)).toEqual(['claimed', 'running', 'ended', 'ended'])
  expect(views[1]?.usage).toMatchObject({ outBytes: 7, errBytes: 8, processes: 3, peakTreeRssBytes: 9 })
  expect(views[2]?.usage).toMatchObject({ rssBytes: 9, peakTreeRssBytes: 9, largestProcessRssBytes: 0 })
  expect(views[2]).toMatchObject({ endText: 'exited with code 3', durationMs: 100, end: { code: 3 } })
})

it('shows an event as the contract has it', () => {
  const view = viewEvent({ ...anEvent(5), id: 1 }, 'mailer', {})
  expect(v.parse(EventView, view)).toEqual(view)
  expect(view.text).toBe('mailer: running')
  expect(view.level).toBe('info')
  expect(viewEvent({ ...anEvent(5), id: 1 }, 'mailer', { 'slot.*': 'alert' }).level).toBe('alert')
})

it('never shows a value of the environment', () => {
  const launch = { ...aProgram().launch, env: { TOKEN: 'geheim', PLAIN: '1' } }
  const view = viewProgram({ program: aProgram({ launch }), source: 'file' })
  expect(v.parse(ProgramView, view)).toEqual(view)
  expect(JSON.stringify(view)).not.toContain('geheim')
  expect(JSON.stringify(view)).toContain('TOKEN')
})

describe('the view of a plan', () => {
  const desired = (...programs: ReturnType<typeof aProgram>[]) =>
    toDesired(toProgramSet(programs.map((program) => ({ program, source: 'file' }))))
  const running = new Map([
    [
      'mailer:0',
      slot(runningState('r1'), { launchHash: [...desired(aProgram()).values()][0]?.launchHash ?? '' }),
    ],
  ])
  const plan = (after: ReturnType<typeof desired>) => {
    const view = viewPlan({ generation: 1, before: desired(aProgram()), after, slots: running, warnings: [] })
    expect(v.parse(PlanView, view)).toEqual(view)
    return view
  }

  it('is empty where nothing changes', () => {
    expect(plan(desired(aProgram()))).toMatchObject({ isEmpty: true, programs: [], steps: [] })
  })

  it('of other policies has no steps', () => {
    const after = desired(aProgram({ restart: aPolicy({ giveUpAfter: 9 }) }))
    expect(plan(after)).toMatchObject({
      isEmpty: false,
      steps: [],
      programs: [{ program: 'mailer', change: 'policy', fields: ['restart.giveUpAfter'] }],
    })
  })

  it('of more processes starts just those', () => {
    expect(plan(desired(aProgram({ processes: 3 }))).steps).toMatchObject([
      { slot: 'mailer:1', action: 'start' },
      { slot: 'mailer:2', action: 'start' },
    ])
  })

  it('of another command restarts', () => {
    const launch = { ...aProgram().launch, command: { kind: 'shell', text: 'other' } as const }
    expect(plan(desired(aProgram({ launch })))).toMatchObject({
      programs: [{ change: 'restarted' }],
      steps: [{ slot: 'mailer:0', action: 'restart' }],
    })
  })
})
