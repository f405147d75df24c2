import { expect, it } from 'vitest'
import { FakeClock } from '../testing/fake-clock.ts'
import { createRunIds, isRunId } from './run-ids.ts'

it('grow, within a millisecond, over milliseconds, and while the clock is set back', () => {
  const clock = new FakeClock()
  const next = createRunIds(clock)
  const ids: string[] = []
  for (let round = 0; round < 300; round++) {
    for (let n = 0; n < 20; n++) ids.push(next())
    if (round % 3 === 0) clock.step(-3_600_000)
    clock.advance(1)
  }
  expect(ids).toEqual([...ids].sort())
  expect(new Set(ids).size).toBe(ids.length)
})

it('are 14 letters that nobody misreads, and are known again', () => {
  const id = createRunIds(new FakeClock())()
  expect(id).toMatch(/^[0-9a-hjkmnp-tv-z]{14}$/)
  expect(isRunId(id)).toBe(true)
  for (const other of ['', 'lost+found', `${id}0`, id.slice(1), `${id.slice(1)}u`])
    expect(isRunId(other)).toBe(false)
})
