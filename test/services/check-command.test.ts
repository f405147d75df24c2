/** Checks that are commands: whatever they do, nothing is left of them. */
import process from 'node:process'
import { expect, test } from 'vitest'
import { openHouse } from '../harness/house.ts'
import { waitFor } from '../harness/wait.ts'

test('a command check sees the program’s folder and environment, and says why it fails', async () => {
  const house = openHouse()
  house.configure({
    db: {
      command: 'touch here; exec sleep 1000',
      env: { ANSWER: '42' },
      cwd: house.folder,
      checks: {
        readiness: {
          command: `test "$ANSWER" = 42 && test -e here && test "$DROVER_PROGRAM" = db`,
          period: '100ms',
        },
        liveness: { command: 'echo the sky is falling >&2; exit 7', period: '100ms', failures: 2 },
      },
      stop: { grace: 0 },
    },
  })
  await house.startAgent()
  await house.waitForSlots(
    'it was ready',
    async () => (await house.api.listEvents({ kinds: ['slot.ready'] })).length > 0,
  )
  const [event] = await waitFor('it is found out', async () => {
    const events = await house.api.listEvents({ kinds: ['slot.unhealthy'] })
    return events.length > 0 && events
  })
  expect(event?.text).toBe(
    'db: liveness check failed, 2 times in a row, last: the command ended with code 7, and said: the sky is falling',
  )
})

test('a check that hangs, forks and floods is ended at its timeout, and nothing of it is left, also when the agent dies', async () => {
  const house = openHouse()
  const awful = `trap '' TERM; (setsid sh -c 'setsid sleep 4242 & sleep 4242' &); yes | head -c 10000000; sleep 4242`
  house.configure({
    db: {
      command: 'exec sleep 1000',
      checks: { readiness: { command: awful, period: '100ms', timeout: '300ms', failures: 1 } },
      stop: { grace: 0 },
    },
  })
  await house.startAgent()
  const sleepers = () => house.processes().filter(({ command }) => command === 'sleep 4242')
  await house.waitForSlots('it failed', ([slot]) => slot?.checks.readiness === 'failing')
  await waitFor('a look is under way', () => sleepers().length > 0)
  await house.killAgent()
  await waitFor('nothing of the look is left', () => sleepers().length === 0)
  expect(house.processes().some(({ command }) => command === 'sleep 1000')).toBe(true)
  await house.startAgent()
  await waitFor('the next agent looks again', () => sleepers().length > 0)
})

test('a command check runs as the user of the program', async () => {
  if (process.getuid?.() !== 0) return console.info('SKIPPED: only root can be somebody else')
  const house = openHouse()
  house.configure({
    db: {
      command: 'exec sleep 1000',
      user: 'www-data',
      cwd: '/',
      checks: {
        readiness: { command: 'test "$(id -un)" = www-data && test "$USER" = www-data', period: '100ms' },
      },
      stop: { grace: 0 },
    },
  })
  await house.startAgent()
  await house.waitForSlots('it is ready', ([slot]) => slot?.ready)
})
