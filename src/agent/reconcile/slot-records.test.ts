import { expect, it } from 'vitest'
import { runningState, startingState, stoppingState } from '../../domain/testing/samples.ts'
import { aSlot } from '../../store/conformance/samples.ts'
import { FakeClock } from '../../testing/fake-clock.ts'
import { fromStored, newSlotRecord, type SlotRecord, toStored } from './slot-records.ts'

const waiting = (clock: FakeClock, delayMs: number): SlotRecord => ({
  ...newSlotRecord('mailer:0', 'mailer', 0, clock),
  state: { kind: 'backoff', until: clock.monotonic() + delayMs, delayMs, after: 'r1', reason: 'why' },
})

it('comes back as it was stored, whatever its state', () => {
  const clock = new FakeClock()
  const states: SlotRecord['state'][] = [
    { kind: 'stopped' },
    startingState('r1', null),
    startingState('r1', clock.monotonic() + 300),
    runningState('r1'),
    waiting(clock, 500).state,
    stoppingState('r1', 'stop'),
    stoppingState('r1', { kind: 'changed' }),
    { kind: 'exited', reason: 'why', isSuccess: true },
    { kind: 'fatal', reason: 'why' },
  ]
  for (const state of states) {
    const slot: SlotRecord = { ...newSlotRecord('mailer:0', 'mailer', 0, clock), state, asked: 'run' }
    const stored = JSON.parse(JSON.stringify(toStored(slot, clock)))
    for (const isSameBoot of [true, false]) {
      expect(fromStored(stored, clock, { startTimeMs: 1000, isSameBoot })).toEqual(slot)
    }
  }
})

it('after a restart of the machine waits by the wall clock, but never longer than was meant', () => {
  const before = new FakeClock(5_000_000, 900_000)
  const stored = toStored(waiting(before, 10_000), before)
  const until = (wall: number): number => {
    const { state } = fromStored(stored, new FakeClock(wall, 50), { startTimeMs: 0, isSameBoot: false })
    return state.kind === 'backoff' ? state.until - 50 : Number.NaN
  }
  expect(until(5_004_000)).toBe(6000)
  expect(until(9_000_000)).toBe(0)
  expect(until(1_000_000)).toBe(10_000)
})

it('bounds the rest of a start time by the start time that is in force', () => {
  const clock = new FakeClock()
  const stored = aSlot('mailer:0', {
    state: {
      kind: 'starting',
      run: 'r1',
      until: clock.now() + 60_000,
      untilMonotonic: clock.monotonic() + 60_000,
    },
  })
  expect(fromStored(stored, clock, { startTimeMs: 1000, isSameBoot: true }).state).toEqual({
    kind: 'starting',
    run: 'r1',
    until: clock.monotonic() + 1000,
    isBorn: true,
    verdicts: {},
  })
})
