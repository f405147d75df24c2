/** What processes tell of themselves by the protocol of sd_notify. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openHouse, root } from '../harness/house.ts'
import { waitFor } from '../harness/wait.ts'

const folder = mkdtempSync(join(tmpdir(), 'drover-notifier-'))
const notifier = join(folder, 'notifier')
beforeAll(() => {
  execFileSync('cc', ['-O1', '-o', notifier, join(root, 'test/puppets/notifier.c')])
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('READY=1 makes it ready, over the death of the agent, and STATUS is shown', async () => {
  const house = openHouse()
  house.configure({
    db: {
      command: [notifier, 'STATUS=loading "a\\b" ü', '+200', 'READY=1\nSTATUS=42 clients', 'freeze'],
      checks: { readiness: { notify: true, period: '1m' } },
      stop: { grace: 0 },
    },
    web: { command: 'exec sleep 1000', dependsOn: ['db'], stop: { grace: 0 } },
  })
  await house.startAgent()
  await house.waitForSlots('it says what it loads', (slots) =>
    slots.some(({ statusText }) => statusText === 'loading "a\\b" ü'),
  )
  await house.waitForSlots('it is ready', (slots) => slots.find(({ program }) => program === 'db')?.ready)
  await house.waitForState('web', 'running')
  expect(await house.slot('db')).toMatchObject({ statusText: '42 clients', checks: { readiness: 'passing' } })
  const { pid } = await house.slot('web')
  await house.killAgent()
  await house.startAgent()
  expect(await house.slot('db')).toMatchObject({ ready: true, statusText: '42 clients' })
  expect((await house.slot('web')).pid).toBe(pid)
})

test('what is told while no agent lives is known to the next one', async () => {
  const house = openHouse()
  const go = join(house.folder, 'go')
  house.configure({
    db: {
      command: `while [ ! -e ${go} ]; do sleep 0.05; done; exec ${notifier} READY=1 freeze`,
      checks: { readiness: { notify: true, period: '100ms' } },
      stop: { grace: 0 },
    },
  })
  await house.startAgent()
  await house.waitForState('db', 'running')
  expect(await house.slot('db')).toMatchObject({ ready: false, reason: 'not ready' })
  await house.killAgent()
  house.write('go', '')
  await waitFor('it has told', () => house.processes().some(({ command }) => command.includes('freeze')))
  await house.startAgent()
  await house.waitForSlots('it is ready', ([slot]) => slot?.ready)
})

test('a watchdog that falls silent has its process replaced, and one that speaks has not', async () => {
  const house = openHouse()
  const liveness = { notify: true, period: '500ms', failures: 2 } as const
  house.configure({
    lively: { command: [notifier, 'watch'], checks: { liveness }, stop: { grace: 0 } },
    silent: { command: [notifier, 'WATCHDOG=1', 'freeze'], checks: { liveness }, stop: { grace: 0 } },
    hurt: { command: [notifier, 'WATCHDOG=trigger', 'freeze'], checks: { liveness }, stop: { grace: 0 } },
  })
  await house.startAgent()
  const { pid } = await house.waitForState('lively', 'running')
  for (const program of ['silent', 'hurt']) {
    const event = await waitFor(`${program} is found out`, async () =>
      (await house.api.listEvents({ kinds: ['slot.unhealthy'] })).find((one) => one.program === program),
    )
    expect(event.data.check).toBe('liveness')
  }
  await house.waitForSlots('both were replaced', (slots) =>
    slots.every(({ program, restarts }) => program === 'lively' || restarts > 0),
  )
  expect(await house.slot('lively')).toMatchObject({ pid, restarts: 0, checks: { liveness: 'passing' } })
})

test('nobody but the user of the run is heard, and strange datagrams harm nobody', async () => {
  if (process.getuid?.() !== 0) return console.info('SKIPPED: only root can be somebody else')
  const house = openHouse()
  house.configure({
    db: {
      command: [notifier, 'freeze'],
      checks: { readiness: { notify: true, period: '100ms' } },
      stop: { grace: 0 },
    },
  })
  await house.startAgent()
  await house.waitForState('db', 'running')
  const address = await waitFor('its socket is known', () =>
    house
      .processes()
      .map(({ environment }) => environment.get('NOTIFY_SOCKET'))
      .find((name) => name),
  )
  const say = (text: string, user?: number): void => {
    execFileSync(notifier, [text], {
      env: { NOTIFY_SOCKET: address },
      ...(user === undefined ? {} : { uid: user, gid: user }),
      stdio: 'ignore',
    })
  }
  execFileSync('chmod', ['755', folder])
  say('READY=1', 65_534)
  say('\u0001\u0002\n\n=\nSTATUS\nREADY=', 0)
  say(`STATUS=${'x'.repeat(3000)}`)
  const { statusText, ready } = await house.waitForSlots('it is heard', ([slot]) =>
    slot?.statusText ? slot : null,
  )
  expect({ length: statusText?.length, ready }).toEqual({ length: 511, ready: false })
  say('READY=1')
  await house.waitForSlots('it is ready', ([slot]) => slot?.ready)
})
