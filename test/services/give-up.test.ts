/** A service that never comes up: three tries, then it is fatal, and everybody can see it. */
import { beforeAll, expect, test } from 'vitest'
import { drover, shareHouse } from '../harness/command-line.ts'

const house = shareHouse()

beforeAll(async () => {
  house.configure({
    broken: {
      command: 'echo no such thing >&2; exit 9',
      backoff: { initial: '50ms' },
      customData: { team: 'mail' },
    },
    fine: { command: ['sleep', '1000'] },
  })
  await house.startAgent({ args: ['--log-level', 'error'] })
})

test('W-T9 after three quick ends in a row no further start is made', async () => {
  const slot = await house.waitForState('broken', 'fatal')
  expect(slot).toMatchObject({ quickExits: 3, pid: null, run: null })
  expect(await house.api.listRuns({ targets: ['broken'] })).toHaveLength(3)
  // Neither time nor a reload nor another agent changes that.
  await house.waitForState('fine', 'running')
  await house.api.reload({})
  await house.killAgent()
  await house.startAgent({ args: ['--log-level', 'error'] })
  expect((await house.slot('broken')).state).toBe('fatal')
  expect(await house.api.listRuns({ targets: ['broken'] })).toHaveLength(3)
})

test('W-T10 the give-up is in the log at level error, an event, and the state of the slot', async () => {
  const { reason } = await house.slot('broken')
  expect(reason).toBe('ended 3 times in a row within its start time, last: exited with code 9')
  const lines = house.log().trim().split('\n')
  expect(lines.filter((line) => /error +broken: gave up/.test(line))).toHaveLength(1)
  expect(lines.filter((line) => / (warning|notice|info) /.test(line))).toEqual([])
  const events = await house.api.listEvents({ kinds: ['slot.gave_up'] })
  expect(events).toHaveLength(1)
  expect(events[0]).toMatchObject({
    level: 'error',
    program: 'broken',
    slot: 'broken:0',
    data: { quickExits: 3, from: 'starting' },
    customData: { team: 'mail' },
  })
  const { stdout } = await drover(house, ['status'])
  expect(stdout).toMatch(/broken +fatal .*3 times in a row/)
})

test('W-C3 a start by a person counts afresh and tries again', async () => {
  const { code, stdout } = await drover(house, ['start', 'broken'])
  // The start tells what became of it: the first of three new tries failed.
  expect(code).toBe(1)
  expect(stdout).toMatch(/broken .*exited with code 9.*drover logs broken/)
  await house.waitForState('broken', 'fatal')
  expect(await house.api.listRuns({ targets: ['broken'] })).toHaveLength(6)
})

test('the count of quick ends is the program’s to say, and `never` goes on', async () => {
  house.configure({
    once: { command: 'exit 1', giveUpAfter: 1 },
    ever: {
      command: 'exit 1',
      giveUpAfter: 'never',
      backoff: { kind: 'linear', initial: '10ms', max: '20ms' },
    },
  })
  await house.api.reload({})
  expect((await house.waitForState('once', 'fatal')).reason).toMatch(/^ended once within its start time/)
  await house.waitForSlots('it goes on', (slots) =>
    slots.find(({ program, restarts }) => program === 'ever' && restarts > 10),
  )
})

test('a changed program leaves the give-up behind', async () => {
  house.configure({ once: { command: 'sleep 1000', giveUpAfter: 1, startTime: 0 } })
  await house.api.reload({})
  await house.waitForState('once', 'running')
})
