import { expect, it } from 'vitest'
import type { SlotState } from '../domain/slot-state.ts'
import { runningState, startingState } from '../domain/testing/samples.ts'
import { FakeClock } from '../testing/fake-clock.ts'
import type { Agent } from './agent.ts'
import { watchForLeave } from './tick-watch.ts'

interface Work {
  states: SlotState[]
  isAtRest: boolean
  isAtWork: boolean
  dueAt: number | null
}

function watch(work: Partial<Work> = {}) {
  const clock = new FakeClock()
  const now: Work = { states: [], isAtRest: true, isAtWork: false, dueAt: null, ...work }
  const agent = {
    options: { clock },
    scheduler: { nextAt: () => now.dueAt },
    reconciler: {
      get slots() {
        return new Map(now.states.map((state, index) => [`slot:${index}`, { state }]))
      },
      get isAtRest() {
        return now.isAtRest
      },
    },
    get isAtWork() {
      return now.isAtWork
    },
  } as unknown as Agent
  const left: number[] = []
  const begin = clock.now()
  watchForLeave(agent, begin + 57_000, () => left.push(clock.now() - begin))
  return { clock, work: now, left }
}

const backoff = (clock: FakeClock, ms: number): SlotState =>
  ({ kind: 'backoff', until: clock.monotonic() + ms, reason: 'x' }) as SlotState

it('leaves at once when there is nothing to do, and tells it once', () => {
  const { clock, left } = watch({ states: [{ kind: 'stopped' }] })
  clock.advance(60_000)
  expect(left).toEqual([0])
})

it('stays while something runs, and leaves soon after its end', () => {
  const { clock, work, left } = watch({ states: [runningState('r1')] })
  clock.advance(10_000)
  expect(left).toEqual([])
  work.states = []
  clock.advance(200)
  expect(left).toEqual([10_200])
})

it('leaves at its time, whatever runs, and whatever was set to the clock', () => {
  const { clock, left } = watch({ states: [startingState('r1', null)] })
  clock.advance(30_000)
  clock.step(-7_200_000)
  clock.advance(26_900)
  expect(left).toEqual([])
  clock.advance(100)
  expect(left).toHaveLength(1)
})

it('stays while facts are not recorded, and while runs are being taken over', () => {
  const { clock, work, left } = watch({ isAtRest: false, isAtWork: true })
  clock.advance(1000)
  work.isAtRest = true
  clock.advance(1000)
  expect(left).toEqual([])
  work.isAtWork = false
  clock.advance(200)
  expect(left).toEqual([2200])
})

it('waits for a try that comes before it leaves, and for no other', () => {
  const soon = watch({ isAtWork: true })
  soon.work.states = [backoff(soon.clock, 20_000)]
  soon.work.isAtWork = false
  soon.clock.advance(1000)
  expect(soon.left).toEqual([])
  const late = watch({ isAtWork: true })
  late.work.states = [backoff(late.clock, 300_000)]
  late.work.isAtWork = false
  late.clock.advance(200)
  expect(late.left).toEqual([200])
})

it('waits for what is due before it leaves, and for nothing else', () => {
  const { clock, work, left } = watch({ isAtWork: true })
  work.dueAt = clock.now() + 5000
  work.isAtWork = false
  clock.advance(5000)
  expect(left).toEqual([])
  work.dueAt = clock.now() + 60_000
  clock.advance(200)
  expect(left).toEqual([5200])
})
