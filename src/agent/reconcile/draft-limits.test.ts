/** Limits in a draft: what is reached, told and counted belongs to the same record as the change that follows from it. */
import { beforeEach, describe, expect, it } from 'vitest'
import { filesChanged, type Limits, noLimits, type ReachedLimit } from '../../domain/limits.ts'
import type { Program } from '../../domain/program.ts'
import type { DesiredProgram } from '../../domain/reconcile.ts'
import type { RunEnd } from '../../domain/run.ts'
import type { SlotState } from '../../domain/slot-state.ts'
import { aProgram, exited, noUsage, runningState, stopped } from '../../domain/testing/samples.ts'
import { FakeClock } from '../../testing/fake-clock.ts'
import { emptyLedger } from '../jobs/ledger-book.ts'
import { Draft } from './draft.ts'
import { newSlotRecord, type SlotRecord } from './slot-records.ts'

let clock: FakeClock
let runs: number

beforeEach(() => {
  clock = new FakeClock()
  runs = 0
})

function draftOf(
  limits: Partial<Limits>,
  slots: readonly Partial<SlotRecord>[],
  more: Partial<Program> = {},
): Draft {
  const program = aProgram({ processes: slots.length, limits: { ...noLimits, ...limits }, ...more })
  const desired = new Map<string, DesiredProgram>([['mailer', { program, launchHash: 'h' }]])
  const records = slots.map((slot, index): [string, SlotRecord] => [
    `mailer:${index}`,
    { ...newSlotRecord(`mailer:${index}`, 'mailer', index, clock), launchHash: 'h', ...slot },
  ])
  return new Draft(
    {
      slots: new Map(records),
      desired,
      ledger: emptyLedger({ name: 'a', labels: {} }),
      isShuttingDown: false,
      restless: null,
    },
    { clock, newRunId: () => `n${++runs}`, random: () => 0.5, node: 'a', blackoutOf: () => null },
  )
}

const memory: ReachedLimit = {
  reason: { kind: 'memory', text: 'its memory reached 100 MB', isFailure: true },
  value: 100,
  threshold: 99,
}
const kindsOf = (draft: Draft): string[] => (draft.changes()?.events ?? []).map(({ kind }) => kind)
const stateOf = (draft: Draft, slot = 'mailer:0'): SlotState | undefined => draft.slots.get(slot)?.state
const subject = { id: 'r1', slot: 'mailer:0', program: 'mailer' }
const held = { state: runningState('r1'), lastRun: 'r1', chain: 1 }

describe('a limit that is reached', () => {
  it('W-C9 W-C11 is an event with the change of the state, and its reason is kept with the end', () => {
    const draft = draftOf({}, [held])
    draft.giveWay('mailer:0', 'r1', memory)
    draft.giveWay('mailer:0', 'r1', memory)
    expect(kindsOf(draft)).toEqual(['run.limit_reached', 'slot.stopping'])
    expect(stateOf(draft)).toMatchObject({ kind: 'stopping', next: 'judge', reason: { kind: 'memory' } })
    expect(draft.effects).toMatchObject([{ kind: 'stop', run: 'r1', program: { stop: { graceMs: 10_000 } } }])
    const peak = { treeRssBytes: 100, processes: 1, openFiles: 2 }
    draft.endRun(subject, stopped(), 0, { peak, isWarned: false })
    expect(draft.changes()).toMatchObject({
      peaks: [{ id: 'r1', peak }],
      endedRuns: [{ id: 'r1', end: { kind: 'stopped', reason: { kind: 'memory' } } }],
    })
  })

  it('of a run that its slot does not hold any more, says nothing', () => {
    const draft = draftOf({}, [held])
    draft.giveWay('mailer:0', 'r0', memory)
    draft.cutGrace('mailer:0', 'r1', { value: 2, threshold: 1 })
    draft.warnOverdue({ ...subject, id: 'r0' }, { warnAfterMs: 1, lastedMs: 2 })
    expect(draft.changes()).toBeNull()
  })

  it('W-C10 takes away the rest of the grace from a run that is being ended, and says so', () => {
    const draft = draftOf({}, [held])
    draft.giveWay('mailer:0', 'r1', memory)
    draft.cutGrace('mailer:0', 'r1', { value: 2, threshold: 1 })
    expect(kindsOf(draft).at(-1)).toBe('run.grace_cut')
    expect(draft.effects.at(-1)).toMatchObject({ kind: 'stop', run: 'r1', program: { stop: { graceMs: 0 } } })
  })
})

describe('a change of watched files', () => {
  const change = filesChanged('src/a.js', 2)

  it('ends the runs in turns, each with the reason, and each followed by the next', () => {
    const slots = [0, 1, 2].map((index) => ({
      ...held,
      state: runningState(`r${index}`),
      lastRun: `r${index}`,
    }))
    const draft = draftOf({}, slots)
    draft.rollouts.replaceForFiles('mailer', change)
    draft.reconcile()
    expect(kindsOf(draft).filter((kind) => kind === 'run.limit_reached')).toHaveLength(3)
    expect([0, 1, 2].map((index) => stateOf(draft, `mailer:${index}`)?.kind)).toEqual([
      'stopping',
      'running',
      'running',
    ])
    draft.endRun({ id: 'r0', slot: 'mailer:0', program: 'mailer' }, stopped(), 0)
    expect(stateOf(draft)).toMatchObject({ kind: 'starting' })
    const [claim] = draft.changes()?.claimedRuns ?? []
    expect(claim?.cause).toEqual({ kind: 'restart', after: 'r0', reason: 'src/a.js and 1 more changed' })
    draft.reconcile()
    expect(stateOf(draft, 'mailer:1')?.kind).toBe('running')
  })

  it('gives another try to what failed to be replaced, and leaves alone what was stopped', () => {
    const fatal: SlotState = { kind: 'fatal', reason: 'why' }
    const draft = draftOf({}, [
      { state: fatal, rollout: { kind: 'failed', reason: 'why' }, lastRun: 'r1' },
      { state: { kind: 'stopped' }, asked: 'stop' },
      { state: fatal },
    ])
    draft.rollouts.replaceForFiles('mailer', change)
    draft.reconcile()
    expect([0, 1, 2].map((index) => stateOf(draft, `mailer:${index}`)?.kind)).toEqual([
      'starting',
      'stopped',
      'fatal',
    ])
  })
})

describe('a number of runs', () => {
  const end = exited(0, 60_000)
  const endOnce = (limits: Partial<Limits>, slot: Partial<SlotRecord>, told: RunEnd = end): Draft => {
    const draft = draftOf(limits, [slot])
    draft.endRun(subject, told, 0)
    return draft
  }

  it('W-C9 that is used up makes the slot exited, as a success where the last run was one', () => {
    const draft = endOnce({ runs: 3 }, { ...held, chain: 3 })
    expect(stateOf(draft)).toMatchObject({ kind: 'exited', isSuccess: true })
    expect(kindsOf(draft)).toEqual(['run.ended', 'run.limit_reached', 'slot.exited'])
    expect(stateOf(endOnce({ runs: 3 }, { ...held, chain: 3 }, exited(1, 60_000)))).toMatchObject({
      kind: 'exited',
      isSuccess: false,
    })
    expect(stateOf(endOnce({ runs: 4 }, { ...held, chain: 3 }))?.kind).toBe('starting')
    expect(stateOf(endOnce({}, { ...held, chain: 1e9 }))?.kind).toBe('starting')
  })

  it('counts runs that follow one another, and anew after a person’s start', () => {
    const draft = endOnce({}, { ...held, chain: 3 })
    expect(draft.slots.get('mailer:0')?.chain).toBe(4)
    draft.send('mailer:0', { kind: 'restart', cause: { kind: 'requested', by: 'me' } })
    draft.endRun({ ...subject, id: draft.slots.get('mailer:0')?.lastRun ?? '' }, stopped(), 0)
    expect(draft.slots.get('mailer:0')?.chain).toBe(1)
  })

  it('does not count what never became a process', () => {
    const draft = endOnce({ runs: 3 }, { ...held, chain: 3 }, { kind: 'machine_restarted', endedAt: 0 })
    expect(draft.slots.get('mailer:0')).toMatchObject({ state: { kind: 'starting' }, chain: 3 })
  })
})

describe('how long a run lasts', () => {
  const timedOut: RunEnd = {
    kind: 'timed_out',
    killed: false,
    durationMs: 14_000,
    endedAt: 0,
    usage: noUsage,
  }
  const limits = { warnAfterMs: 11_000, timeoutMs: 14_000 }

  it.each<[string, RunEnd, boolean, string[]]>([
    ['S-T19 in good time', exited(0, 10_999), false, []],
    ['S-T19 too long, with nobody there to tell', exited(0, 13_000), false, ['run.overdue']],
    ['S-T19 too long, as told', exited(0, 13_000), true, []],
    ['S-T17 timed out', timedOut, true, ['run.timed_out']],
    ['S-T17 timed out, with nobody there to tell before', timedOut, false, ['run.timed_out']],
  ])('%s', (_name, end, isWarned, expected) => {
    const draft = draftOf(limits, [held])
    draft.endRun(subject, end, 0, { peak: null, isWarned })
    const told = kindsOf(draft)
    expect(told.filter((kind) => kind === 'run.overdue' || kind === 'run.timed_out')).toEqual(expected)
    expect(told.indexOf(expected[0] ?? 'run.ended')).toBeLessThanOrEqual(told.indexOf('run.ended'))
    expect(draft.changes()?.warnedRuns ?? []).toHaveLength(expected[0] === 'run.overdue' ? 1 : 0)
  })
})
