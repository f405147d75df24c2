/** The harness itself, and with it the shortest life of an agent: started, killed, started again, shut down. */
import { expect, test } from 'vitest'
import { openHouse } from './house.ts'
import { isAlive } from './processes.ts'

test('a worker outlives its killed agent, and nothing outlives a shutdown', async () => {
  const house = openHouse()
  house.configure({ sleeper: { command: ['sleep', '1000'], startTime: 0 } })
  await house.startAgent()
  const { pid } = await house.waitForState('sleeper', 'running')
  expect(await house.killAgent()).toEqual({ code: null, signal: 'SIGKILL' })
  expect(isAlive(pid ?? 0)).toBe(true)
  expect(house.processes()).toHaveLength(2)

  await house.startAgent()
  expect((await house.slot('sleeper')).pid).toBe(pid)
  expect(await house.shutdown()).toEqual({ code: 0, signal: null })
  await house.assertNothingLeft()
})

test('an agent that cannot start says why', async () => {
  const house = openHouse()
  house.write('drover.json', '{ "programs": { "x": { "comand": "true" } } }')
  await expect(house.startAgent()).rejects.toThrow(/comand/)
})
