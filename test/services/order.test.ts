/** Programs that depend on one another, with real processes that keep books about what they found when they began. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { describe, expect, test } from 'vitest'
import type { ProgramConfig } from '../../src/config/config-types.generated.ts'
import { drover } from '../harness/command-line.ts'
import { type House, openHouse } from '../harness/house.ts'
import { waitFor } from '../harness/wait.ts'

const sleeper: ProgramConfig = { command: 'exec sleep 1000', startTime: '200ms', stop: { grace: '2s' } }

/** Takes its time until it is ready, and writes down when it found one that it needs not ready. */
function link(name: string, need: string | null, seconds: string): ProgramConfig {
  const look = need === null ? '' : `[ -e ${need}.ready ] || echo "${name} without ${need}" >> violations; `
  return {
    command: `rm -f ${name}.ready; ${look}echo begun >> ${name}.log; sleep ${seconds}; touch ${name}.ready; echo it is ready; exec sleep 1000`,
    startTime: '100ms',
    checks: { readiness: { log: 'it is ready', period: '50ms' } },
    stop: { grace: 0 },
    ...(need === null ? {} : { dependsOn: [need] }),
  }
}

const linesOf = (house: House, file: string): string[] => {
  const path = join(house.folder, file)
  return existsSync(path) ? readFileSync(path, 'utf8').trim().split('\n') : []
}

test('50 boots of A → B → C: none begins before what it needs is ready, over the deaths of agents and restarts of what waits', async () => {
  const house = openHouse()
  const triples = Array.from({ length: 50 }, (_, index) => index)
  const programs = triples.flatMap((index) => {
    const seconds = (0.1 + (index % 7) * 0.15).toFixed(2)
    return [
      [`a${index}`, link(`a${index}`, null, seconds)],
      [`b${index}`, link(`b${index}`, `a${index}`, seconds)],
      [`c${index}`, link(`c${index}`, `b${index}`, '0.05')],
    ] as [string, ProgramConfig][]
  })
  house.configure(Object.fromEntries(programs))
  await house.startAgent()
  // What waits is restarted, more than once, and the agent dies twice meanwhile.
  const waiting = triples.filter((index) => index % 3 === 0).map((index) => `c${index}`)
  await house.api.restartSlots({ targets: waiting, wait: false })
  await house.killAgent()
  await house.startAgent()
  await house.api.restartSlots({ targets: waiting, wait: false })
  await waitFor('the first are ready', () => existsSync(join(house.folder, 'a0.ready')))
  await house.killAgent()
  await house.startAgent()
  await house.waitForSlots(
    'all are ready',
    (slots) => slots.length === 150 && slots.every(({ ready }) => ready),
    { deadlineMs: 90_000 },
  )
  expect(linesOf(house, 'violations')).toEqual([])
  for (const index of triples) {
    for (const name of [`a${index}`, `b${index}`, `c${index}`]) {
      expect(linesOf(house, `${name}.log`), `${name} began once`).toHaveLength(1)
    }
  }
})

describe('what depends', () => {
  test('waits again when it has died and what it needs is away, and goes on by itself', async () => {
    const house = openHouse()
    house.configure({ db: sleeper, web: { ...sleeper, dependsOn: { db: 'started' } } })
    await house.startAgent()
    const { pid } = await house.waitForState('web', 'running')
    await house.api.stopSlots({ targets: ['db'] })
    expect(await house.slot('web'), 'it runs on').toMatchObject({ pid, state: 'running' })
    process.kill(pid ?? 0, 'SIGKILL')
    expect(await house.waitForState('web', 'waiting')).toMatchObject({
      reason: 'waits for db to be started (somebody stopped it)',
    })
    await house.api.startSlots({ targets: ['db'] })
    await house.waitForState('web', 'running')
  })

  test('is restarted with what it needs only where it asks for that', async () => {
    const house = openHouse()
    house.configure({
      db: sleeper,
      close: { ...sleeper, dependsOn: { db: { condition: 'ready', restart: true } } },
      loose: { ...sleeper, dependsOn: ['db'] },
    })
    await house.startAgent()
    await house.waitForState('close', 'running')
    const loose = await house.waitForState('loose', 'running')
    const close = await house.slot('close')
    await house.api.restartSlots({ targets: ['db'] })
    const again = await house.waitForSlots('it was restarted', (slots) =>
      slots.find(({ name, pid, state }) => name === 'close' && pid !== close.pid && state === 'running'),
    )
    const { run } = await house.api.getRun({ id: again.run ?? '' })
    expect(run.causeText).toBe('db was restarted')
    expect((await house.slot('loose')).pid).toBe(loose.pid)
  })

  test('waits for one that has to finish well, and says when that has failed', async () => {
    const house = openHouse()
    const once = (command: string): ProgramConfig => ({ command, restart: 'never', startTime: 0 })
    house.configure({
      migrate: once('sleep 0.3; echo done >> migrated'),
      broken: once('exit 3'),
      web: { ...sleeper, dependsOn: { migrate: 'finished' } },
      other: { ...sleeper, dependsOn: { broken: 'finished' } },
    })
    await house.startAgent()
    await house.waitForState('web', 'running')
    expect(linesOf(house, 'migrated')).toEqual(['done'])
    await house.waitForSlots('it is told', (slots) =>
      slots.some(({ reason }) => reason === 'waits for broken to finish well (it has failed)'),
    )
  })

  test('stops before what it needs: by hand, and when the agent ends', async () => {
    const house = openHouse()
    const slow = (need: string | null): ProgramConfig => ({
      ...sleeper,
      command: `trap 'sleep 0.2; exit 0' TERM; while :; do sleep 0.05; done`,
      ...(need === null ? {} : { dependsOn: [need] }),
    })
    house.configure({ db: slow(null), web: slow('db'), proxy: slow('web') })
    await house.startAgent()
    await house.waitForState('proxy', 'running')
    const order = async (): Promise<(string | null)[]> =>
      (await house.api.listEvents({ kinds: ['slot.stopping', 'slot.stopped'], limit: 6, newest: true })).map(
        ({ kind, program }) => `${program} ${kind.slice(5)}`,
      )
    const expected = ['proxy', 'web', 'db'].flatMap((name) => [`${name} stopping`, `${name} stopped`])
    await house.api.stopSlots({ targets: ['all'] })
    expect(await order()).toEqual(expected)
    await house.api.startSlots({ targets: ['all'] })
    await house.waitForState('proxy', 'running')
    await house.killAgent('SIGTERM')
    await house.startAgent()
    await house.waitForState('proxy', 'running')
    const events = await house.api.listEvents({ kinds: ['slot.stopped'], limit: 3, newest: true })
    expect(events.map(({ program }) => program)).toEqual(['proxy', 'web', 'db'])
  })

  test('is refused in a circle, without what it needs, and with the line where that is written; what runs goes on', async () => {
    const house = openHouse()
    house.configure({ db: sleeper })
    await house.startAgent()
    const { pid } = await house.waitForState('db', 'running')
    const refused = async (programs: Record<string, ProgramConfig>): Promise<string> => {
      house.configure(programs)
      const { stderr, code } = await drover(house, ['reload'])
      expect(code).toBe(5)
      return stderr
    }
    const circle = await refused({
      db: { ...sleeper, dependsOn: ['web'] },
      web: { ...sleeper, dependsOn: ['proxy'] },
      proxy: { ...sleeper, dependsOn: ['db'] },
    })
    expect(circle).toContain('these programs wait for one another: db → web → proxy → db')
    expect(circle).toMatch(/drover\.json:\d+/)
    const unknown = await refused({ db: sleeper, web: { ...sleeper, dependsOn: ['bd'] } })
    expect(unknown).toContain('there is no program `bd` to depend on')
    expect(unknown).toContain('db')
    expect((await house.slot('db')).pid).toBe(pid)
  })

  test('over the border between file and API: known, and not to be removed', async () => {
    const house = openHouse()
    house.configure({ db: sleeper })
    await house.startAgent()
    const web = JSON.stringify({ programs: { web: { ...sleeper, dependsOn: ['db'] } } })
    await house.api.putPrograms({ text: web, format: 'json' })
    await house.waitForState('web', 'running')
    house.configure({})
    await expect(house.api.reload({})).rejects.toMatchObject({
      code: 'conflict',
      message: 'web depends on db, which nobody declares then.',
    })
    expect((await house.slot('db')).state).toBe('running')
    const circle = JSON.stringify({ programs: { nix: { ...sleeper, dependsOn: ['nowhere'] } } })
    await expect(house.api.putPrograms({ text: circle, format: 'json' })).rejects.toMatchObject({
      code: 'config_invalid',
    })
  })
})
