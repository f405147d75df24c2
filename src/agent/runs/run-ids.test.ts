import { expect, it } from 'vitest'
import { FakeClock } from '../../testing/fake-clock.ts'
import { isRunId, RunIds } from './run-ids.ts'

it('grow, within a millisecond, over milliseconds, and while the clock is set back', () => {
  const clock = new FakeClock()
  const runIds = new RunIds(clock)
  const ids: string[] = []
  for (let round = 0; round < 300; round++) {
    for (let n = 0; n < 20; n++) ids.push(runIds.next())
    if (round % 3 === 0) clock.step(-3_600_000)
    clock.advance(1)
  }
  expect(ids).toEqual([...ids].sort())
  expect(new Set(ids).size).toBe(ids.length)
})

it('grow on from those of the agent before, though the clock was set back meanwhile', () => {
  const clock = new FakeClock()
  const before = new RunIds(clock).next()
  clock.step(-86_400_000)
  const after = new RunIds(clock)
  after.startAfter(before)
  const ids = [before, after.next(), after.next()]
  clock.advance(2 * 86_400_000)
  ids.push(after.next())
  expect(ids).toEqual([...ids].sort())
  expect(new Set(ids).size).toBe(4)
})

it('grow on into the next millisecond when one is used up', () => {
  const clock = new FakeClock()
  const first = new RunIds(clock).next()
  const runIds = new RunIds(clock)
  const lastOfIts = `${first.slice(0, 9)}zzzzz`
  runIds.startAfter(lastOfIts)
  const ids = [lastOfIts, runIds.next(), runIds.next()]
  expect(ids[1]).toMatch(/^[0-9a-hjkmnp-tv-z]{9}00000$/)
  clock.advance(1)
  ids.push(runIds.next())
  expect(ids).toEqual([...ids].sort())
  expect(new Set(ids).size).toBe(4)
})

it('of agents and of `drover exec` are never the same, whatever the clock does', () => {
  const clock = new FakeClock()
  const [agent, exec] = [new RunIds(clock), new RunIds(clock, 'exec')]
  const halfOf = (id: string): string => (id.charAt(9) < 'g' ? 'lower' : 'upper')
  for (let round = 0; round < 200; round++) {
    expect(halfOf(agent.next())).toBe('lower')
    const id = exec.next()
    expect(halfOf(id)).toBe('upper')
    if (round % 3 === 0) clock.step(-1000)
    // An agent may go on from one of the other half.
    if (round % 5 === 0) agent.startAfter(id)
    clock.advance(round % 2)
  }
})

it('do not mind what is no id', () => {
  const runIds = new RunIds(new FakeClock())
  runIds.startAfter('zzz')
  expect(runIds.next() < 'zzz').toBe(true)
})

it('are 14 letters that nobody misreads, and are known again', () => {
  const id = new RunIds(new FakeClock()).next()
  expect(id).toMatch(/^[0-9a-hjkmnp-tv-z]{14}$/)
  expect(isRunId(id)).toBe(true)
  for (const other of ['', 'lost+found', `${id}0`, id.slice(1), `${id.slice(1)}u`])
    expect(isRunId(other)).toBe(false)
})
