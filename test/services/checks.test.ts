/** What checks do to real processes: a frozen one goes, an unready one stays, and none is ever given up for a check. */
import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { expect, test } from 'vitest'
import type { SlotView } from '../../src/contract/views.ts'
import { type House, openHouse } from '../harness/house.ts'

/** The slots as they were when the condition held. */
async function slotsWhen(
  house: House,
  what: string,
  condition: (slots: SlotView[]) => boolean,
  limits: { deadlineMs: number } = { deadlineMs: 30_000 },
): Promise<SlotView[]> {
  let seen: SlotView[] = []
  const look = (slots: SlotView[]): boolean => {
    seen = slots
    return condition(slots)
  }
  await house.waitForSlots(what, look, limits)
  return seen
}

test('a frozen process is replaced, by force, once its liveness check has failed', async () => {
  const house = openHouse()
  const script =
    "require('net').createServer((s) => s.end('x')).listen(0, '127.0.0.1', function () { require('fs').writeFileSync('port', String(this.address().port)) })"
  house.configure({
    web: {
      command: [process.execPath, '-e', script],
      startTime: '100ms',
      stop: { grace: '500ms' },
      checks: {
        // A process that is frozen still accepts: the kernel does. It is asked for an answer.
        liveness: {
          command: [
            'sh',
            '-c',
            `"${process.execPath}" -e "require('net').connect(+require('fs').readFileSync('port','utf8'),'127.0.0.1').on('data',()=>process.exit(0)).on('error',()=>process.exit(1))"`,
          ],
          grace: '1s',
          period: '200ms',
          timeout: '2s',
          failures: 2,
        },
      },
    },
  })
  await house.startAgent()
  const [before] = await slotsWhen(house, 'it runs', (slots) => slots[0]?.state === 'running')
  process.kill(before?.pid ?? 0, 'SIGSTOP')
  const [after] = await slotsWhen(
    house,
    'another one runs',
    ([slot]) => slot?.state === 'running' && slot.pid !== null && slot.pid !== before?.pid,
    { deadlineMs: 60_000 },
  )
  expect(after?.restarts).toBe(1)
})

test('a readiness check that fails and passes again ends nothing', async () => {
  const house = openHouse()
  const flag = join(house.folder, 'flag')
  writeFileSync(flag, '')
  house.configure({
    web: {
      command: 'exec sleep 1000',
      startTime: '100ms',
      checks: { readiness: { command: ['test', '-e', flag], period: '100ms', failures: 1 } },
    },
  })
  await house.startAgent()
  const [first] = await slotsWhen(house, 'it is ready', ([slot]) => slot?.ready === true)
  for (let round = 0; round < 3; round++) {
    rmSync(flag)
    await slotsWhen(house, 'it is not ready', ([slot]) => slot?.ready === false && slot.state === 'running')
    writeFileSync(flag, '')
    await slotsWhen(house, 'it is ready again', ([slot]) => slot?.ready === true)
  }
  const [last] = await slotsWhen(house, 'it runs', ([slot]) => slot?.state === 'running')
  expect([last?.pid, last?.restarts]).toEqual([first?.pid, 0])
  expect(existsSync(flag)).toBe(true)
})

test('startup and liveness checks that fail for ever are tried again and never give up', async () => {
  const house = openHouse()
  const never = { command: 'exec false', period: '50ms', failures: 1 } as const
  const rules = { startTime: '50ms', giveUpAfter: 2, stop: { grace: 0 } } as const
  const backoff = { initial: '50ms', max: '100ms' } as const
  house.configure({
    startup: { command: 'exec sleep 1000', ...rules, backoff, checks: { startup: never } },
    liveness: { command: 'exec sleep 1000', ...rules, backoff, checks: { liveness: never } },
  })
  await house.startAgent()
  const slots = await slotsWhen(
    house,
    'both were tried often',
    (all) => all.length === 2 && all.every(({ restarts }) => restarts >= 5),
    { deadlineMs: 60_000 },
  )
  expect(slots.filter(({ state }) => state === 'fatal')).toEqual([])
})
