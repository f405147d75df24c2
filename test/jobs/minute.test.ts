/** A job of each minute, in a file of its own: it waits for a minute, beside which others can go on. */
import { expect, test } from 'vitest'
import { openHouse } from '../harness/house.ts'
import { dueOf, eventsOf, told } from '../harness/jobs.ts'

test('S-T9 a job of each minute starts once at a full minute', { timeout: 120_000 }, async () => {
  const house = openHouse()
  house.configureJobs({ minute: { command: 'true', schedule: '* * * * *' } })
  await house.startAgent()
  const [started, ...others] = await told(house, 'minute', 'job.started', { deadlineMs: 75_000 })
  expect(others).toEqual([])
  const at = started ? dueOf(started) : 0
  expect(at % 60_000).toBe(0)
  expect(Date.parse(started?.at ?? '') - at).toBeLessThan(5000)
  await told(house, 'minute', 'job.succeeded')
  expect(await eventsOf(house, 'minute', ['job.*'])).toHaveLength(2)
})
