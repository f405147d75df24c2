import { expect, it } from 'vitest'
import { FakeClock } from './fake-clock.ts'

it('calls what falls due, in the order of the due times, at those times', () => {
  const clock = new FakeClock(5000, 0)
  const calls: string[] = []
  clock.after(30, () => calls.push(`c at ${clock.monotonic()}`))
  clock.after(10, () => {
    calls.push(`a at ${clock.monotonic()}`)
    clock.after(10, () => calls.push(`b at ${clock.monotonic()}, wall ${clock.now()}`))
  })
  clock.after(41, () => calls.push('too late'))
  clock.after(20, () => calls.push('cancelled')).cancel()
  clock.advance(40)
  expect(calls).toEqual(['a at 10', 'b at 20, wall 5020', 'c at 30'])
  expect(clock.pending).toBe(1)
})

it('steps the wall clock without letting time pass', () => {
  const clock = new FakeClock(5000, 0)
  clock.after(1, () => expect.unreachable())
  clock.step(-3000)
  expect([clock.now(), clock.monotonic()]).toEqual([2000, 0])
})
