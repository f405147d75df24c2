/**
 * Whatever a service's processes do to get away, stopping the service leaves none of them, and neither does the death of its shim or of the agent
 * meanwhile. They are found by the file that they execute, since they may clear their environment.
 */
import { readdirSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type House, openHouse } from '../harness/house.ts'
import { kill } from '../harness/processes.ts'
import { waitFor } from '../harness/wait.ts'
import { compile } from './compile.ts'

/** Shell commands; the programs lie in $HOUSE. */
const escapes = {
  'new-sessions': '"$HOUSE/escapee" 2 keep; exec "$HOUSE/escapee" 0 keep',
  'closed-streams': '"$HOUSE/escapee" 3 close; exec "$HOUSE/escapee" 0 close',
  'dead-parents': 'for i in 1 2 3 4 5; do ("$HOUSE/escapee" 1 keep &); done; exec "$HOUSE/escapee" 0 keep',
  'forks-without-end': '"$HOUSE/runaway" 2 60000 3; exec "$HOUSE/escapee" 0 keep',
  'cleared-environment': 'exec env -i "$HOUSE/escapee" 0 keep',
}

/**
 * Without a mark, a session and a parent that is known nobody can tell whose it is once its shim was killed, so this one is for the tests in which
 * the shim lives.
 */
const untraceable = { untraceable: 'env -i "$HOUSE/escapee" 2 close; exec "$HOUSE/escapee" 0 keep' }

test('a stop leaves nothing of services that try to escape', async () => {
  const house = await houseOf({ ...escapes, ...untraceable })
  await house.api.stopSlots({ targets: ['all'] })
  expect((await house.slots()).filter(({ state }) => state !== 'stopped')).toEqual([])
  expect(fugitives(house)).toEqual([])
})

test('a shutdown after a death of the agent leaves nothing of services that try to escape', async () => {
  const house = await houseOf({ ...escapes, ...untraceable })
  await house.killAgent()
  await house.startAgent()
  await house.shutdown()
  expect(fugitives(house)).toEqual([])
})

test('killed shims leave nothing of services that try to escape', async () => {
  const house = await houseOf(escapes)
  const before = await house.slots()
  for (const { pid, command } of house.processes()) if (command.includes('drover-shim')) kill(pid)
  await house.waitForSlots('all of them were started again', (slots) =>
    slots.every(
      ({ run, state, slot }) =>
        state === 'running' && before.every((old) => old.slot !== slot || old.run !== run),
    ),
  )
  for (const { run } of before)
    expect((await house.api.getRun({ id: run ?? '' })).run.end?.kind).toBe('unknown')
  const old = new Set(before.map(({ run }) => run))
  expect(
    house.processes().filter(({ environment }) => old.has(environment.get('DROVER_RUN_ID') ?? '')),
  ).toEqual([])
  await house.shutdown()
  expect(fugitives(house)).toEqual([])
})

async function houseOf(commands: Readonly<Record<string, string>>): Promise<House> {
  const house = openHouse()
  compile('../puppets/escapee.c', house.folder)
  compile('../puppets/runaway.c', house.folder)
  const rules = {
    env: { HOUSE: house.folder },
    startTime: 0,
    steadyTime: 0,
    stop: { grace: '300ms' },
  } as const
  house.configure(
    Object.fromEntries(Object.entries(commands).map(([name, command]) => [name, { ...rules, command }])),
  )
  await house.startAgent()
  await waitFor(
    'the fugitives are on their way',
    () => fugitives(house).length > 2 * Object.keys(commands).length,
  )
  return house
}

/** Living processes whose program lies in the house. */
function fugitives(house: House): string[] {
  return readdirSync('/proc').filter((entry) => {
    if (!/^\d+$/.test(entry)) return false
    try {
      return readlinkSync(join('/proc', entry, 'exe')).startsWith(house.folder)
    } catch {
      return false
    }
  })
}
