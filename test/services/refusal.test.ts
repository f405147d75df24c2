/** whatever keeps a start from happening is an event, with one reason out of one fixed list. */
import { chmodSync, chownSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { expect, test } from 'vitest'
import { type RefusalReason, refusalReasons } from '../../src/domain/admission.ts'
import { drover } from '../harness/command-line.ts'
import { type House, openHouse } from '../harness/house.ts'
import { waitFor } from '../harness/wait.ts'

const sleeper = { command: ['sleep', '1000'], startTime: 0 } as const

test('X-10 already_running, command_not_found and directory_missing', async () => {
  const house = openHouse()
  house.configure({
    runs: sleeper,
    nowhere: { command: ['sleep', '1000'], cwd: './not-there', giveUpAfter: 1 },
    nothing: { command: ['./no-such-command', 'x'], giveUpAfter: 1 },
    forbidden: { command: ['./forbidden'], giveUpAfter: 1 },
    shell: { command: 'no-such-command-in-the-shell', giveUpAfter: 1 },
  })
  writeFileSync(join(house.folder, 'forbidden'), 'text', { mode: 0o644 })
  await house.startAgent()
  await house.waitForState('runs', 'running')
  const again = await drover(house, ['start', 'runs'])
  expect(again).toMatchObject({ code: 0, stdout: expect.stringContaining('is running') })
  expect(await refusalsOf(house, 'runs')).toEqual(['already_running'])

  await house.waitForState('nowhere', 'fatal')
  expect(await refusalsOf(house, 'nowhere')).toEqual(['directory_missing'])
  const nothing = await house.waitForState('nothing', 'fatal')
  expect(nothing.reason).toContain('No such file or directory')
  expect(await refusalsOf(house, 'nothing')).toEqual(['command_not_found'])
  await house.waitForState('forbidden', 'fatal')
  expect(await refusalsOf(house, 'forbidden')).toEqual(['command_not_found'])
  // A shell starts well and fails by itself: its code and its words say why.
  expect((await house.waitForState('shell', 'fatal')).reason).toContain('exited with code 127')
  const { stdout } = await drover(house, ['logs', 'shell'])
  expect(stdout).toContain('not found')
  // Said at the start already, as a warning.
  expect(house.log()).toMatch(/warning .*programs\.nothing\.command.*does not exist or cannot be executed/)
})

test('X-10 gave_up and stopped_by_person, told by each agent that leaves them down', async () => {
  const house = openHouse()
  house.configure({ broken: { command: 'exit 1', giveUpAfter: 1 }, quiet: sleeper })
  await house.startAgent()
  await house.waitForState('broken', 'fatal')
  await house.waitForState('quiet', 'running')
  await house.api.stopSlots({ targets: ['quiet'] })
  await house.killAgent()
  await house.startAgent()
  expect(await refusalsOf(house, 'broken')).toEqual(['gave_up'])
  expect(await refusalsOf(house, 'quiet')).toEqual(['stopped_by_person'])
})

test('X-10 shutting_down', async () => {
  const house = openHouse()
  house.configure({
    slow: {
      command: 'trap "sleep 1; exit 0" TERM; echo up; sleep 1000 & wait',
      startTime: 0,
      stop: { target: 'process' },
    },
    other: { ...sleeper, autostart: false },
  })
  await house.startAgent()
  await house.waitForState('slow', 'running')
  await house.api.shutdown({})
  const { code, stdout, stderr } = await drover(house, ['start', 'other'])
  expect(code).toBeGreaterThan(0)
  expect(stdout + stderr).toContain('shutting down')
  await house.waitForAgentEnd()
  await house.startAgent()
  expect(await refusalsOf(house, 'other')).toContain('shutting_down')
})

test('X-10 user_unknown: a user that went away after the configuration was read', async () => {
  const house = openHouse()
  const known = join(house.folder, 'is-known')
  writeFileSync(known, '')
  house.configure({ ghost: { ...sleeper, user: 'ghost', autostart: false, giveUpAfter: 1 } })
  await house.startAgent({ env: { PATH: `${pathWithGhost(house)}:${process.env.PATH}` } })
  rmSync(known)
  const { code, stdout } = await drover(house, ['start', 'ghost'])
  expect(code).toBe(1)
  expect(stdout).toContain('The user `ghost` does not exist on this machine.')
  expect(await refusalsOf(house, 'ghost')).toEqual(['user_unknown'])
  expect(house.processes()).toEqual([])
})

test.runIf(process.getuid?.() === 0)(
  'X-10 no_rights: the user of a name changed after the configuration was read',
  async () => {
    const house = openHouse()
    const nobody = { uid: 65_534, gid: 65_534 }
    chmodSync(house.folder, 0o755)
    mkdirSync(house.dataDir)
    chownSync(house.dataDir, nobody.uid, nobody.gid)
    const known = join(house.folder, 'is-known')
    writeFileSync(known, '')
    house.configure({ ghost: { ...sleeper, user: 'ghost', autostart: false, giveUpAfter: 1 } })
    await house.startAgent({ user: nobody, env: { PATH: `${pathWithGhost(house)}:${process.env.PATH}` } })
    writeFileSync(known, '1234')
    const { code, stdout } = await drover(house, ['start', 'ghost'])
    expect(code).toBe(1)
    expect(stdout).toContain('Only an agent run by root')
    expect(await refusalsOf(house, 'ghost')).toEqual(['no_rights'])
  },
)

test('X-10 store_unavailable: no claim can be written, and none of them is a process later', async () => {
  const house = openHouse()
  house.configure({ late: { ...sleeper, autostart: false } })
  await house.startAgent()
  const runs = join(house.dataDir, 'runs')
  renameSync(runs, `${runs}.away`)
  writeFileSync(runs, 'in the way')
  await house.api.startSlots({ targets: ['late'], wait: false })
  await waitFor('the refusal is told', async () =>
    (await refusalsOf(house, 'late')).includes('store_unavailable'),
  )
  rmSync(runs)
  renameSync(`${runs}.away`, runs)
  await house.waitForState('late', 'running')
  expect(house.processes().filter(({ command }) => command.startsWith('sleep'))).toHaveLength(1)
})

test('X-10 spawn_failed: there is no shim any more', async () => {
  const house = openHouse()
  const shim = join(house.folder, 'shim')
  house.configure({ late: { ...sleeper, autostart: false } })
  writeFileSync(shim, '#!/bin/sh\nexit 1\n', { mode: 0o755 })
  await house.startAgent({ env: { DROVER_SHIM: shim } })
  rmSync(shim)
  await house.api.startSlots({ targets: ['late'], wait: false })
  await waitFor('the refusal is told', async () => (await refusalsOf(house, 'late')).includes('spawn_failed'))
  await house.api.stopSlots({ targets: ['late'] })
  expect(house.processes()).toEqual([])
})

/** Every reason that was told is one of the list. */
async function refusalsOf(house: House, program: string): Promise<RefusalReason[]> {
  const events = await house.api.listEvents({ kinds: ['start.refused'], targets: [program] })
  for (const { data, text } of events) {
    expect(Object.keys(refusalReasons)).toContain(data.reason)
    expect(text).toContain(`not started, ${String(data.reason)}`)
  }
  return events.map(({ data }) => data.reason as RefusalReason)
}

/** An `id` that knows one user more, while a file is there: as ourselves, or with the number that the file holds. */
function pathWithGhost(house: House): string {
  const known = join(house.folder, 'is-known')
  house.write(
    'bin/id',
    `#!/bin/sh
PATH=/usr/bin:/bin
[ "$3" = ghost ] || exec id "$@"
[ -e ${known} ] || exit 1
number=$(cat ${known})
case $1 in
  -un) echo ghost ;;
  *) if [ -n "$number" ]; then echo $number; else exec id "$1"; fi ;;
esac
`,
  )
  chmodSync(join(house.folder, 'bin', 'id'), 0o755)
  return join(house.folder, 'bin')
}
