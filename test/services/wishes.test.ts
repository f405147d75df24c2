/** What a person wants of a slot is kept over everything: reloads, agents, reboots. */
import process from 'node:process'
import { expect, test } from 'vitest'
import { type House, openHouse } from '../harness/house.ts'
import { pretendReboot } from '../harness/store.ts'

test('what a person stopped or started stays so over reloads, deaths and ends of the agent, and reboots', async () => {
  const house = openHouse()
  const sleeper = { command: ['sleep', '1000'], startTime: 0 } as const
  const declare = (priority: number): void =>
    house.configure({
      stopped: { ...sleeper, priority },
      'by-hand': { ...sleeper, autostart: false, priority },
      untouched: { ...sleeper, priority },
      unwanted: { ...sleeper, autostart: false, priority },
      pair: { ...sleeper, processes: 2, priority },
    })
  declare(1)
  await house.startAgent()
  await house.waitForState('untouched', 'running')
  await house.api.stopSlots({ targets: ['stopped', 'pair:1'] })
  await house.api.startSlots({ targets: ['by-hand'] })
  const wanted = {
    stopped: 'stopped',
    'by-hand': 'running',
    untouched: 'running',
    unwanted: 'stopped',
    'pair:0': 'running',
    'pair:1': 'stopped',
  }
  await settledAs(house, wanted)

  declare(2)
  await house.api.reload({})
  await settledAs(house, wanted)

  await house.killAgent('SIGKILL')
  await house.startAgent()
  await settledAs(house, wanted)

  await house.shutdown()
  await house.startAgent()
  await settledAs(house, wanted)

  await house.shutdown(true)
  await house.startAgent()
  await settledAs(house, wanted)

  // As after a reboot: nothing lives, and the machine says that it began anew.
  await house.killAgent('SIGKILL')
  for (const { pid } of house.processes()) process.kill(pid, 'SIGKILL')
  await house.assertNothingLeft()
  pretendReboot(house)
  await house.startAgent()
  await settledAs(house, wanted)
  const [started] = await house.api.listEvents({ kinds: ['agent.started'], newest: true, limit: 1 })
  expect(started?.data).toMatchObject({ coldStart: true, adopted: 0 })
  const [last] = await house.api.listRuns({ targets: ['untouched'], state: 'ended', limit: 1 })
  expect(last?.endText).toBe('ended with a restart of the machine')
})

async function settledAs(house: House, wanted: Record<string, string>): Promise<void> {
  await house.waitForSlots(
    'all is as wanted',
    (slots) =>
      slots.every(({ name, state }) => state === wanted[name]) && slots.length === Object.keys(wanted).length,
  )
}
