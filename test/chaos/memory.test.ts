/**
 * What an agent has seen must not stay in its memory: after 10,000 restarts and 10 million lines of output it may have grown by less than 20 MB. The usual
 * run does a tenth under the same bound, so it only finds gross growth, and `npm run test:chaos` all. Measured is what belongs to the agent alone and was written to (Private_Dirty), in the middle of
 * several looks while nothing happens, after a first part in which heap and caches come to their size.
 */
import { readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { type House, openHouse } from '../harness/house.ts'
import { waitFor } from '../harness/wait.ts'
import { isLong } from './chance.ts'

const restarts = isLong ? 10_000 : 1000
const linesPerRun = 1000
const warmUp = 500
const mostGrowthBytes = 20 * 2 ** 20

test(`${restarts} restarts and ${(restarts * linesPerRun) / 1e6} million lines leave no mark on the agent's memory`, {
  timeout: isLong ? 1_800_000 : 240_000,
}, async () => {
  const house = openHouse()
  house.configure({
    writer: {
      command: ['seq', '1', String(linesPerRun)],
      processes: 8,
      // Each end is a quick exit, so that nothing waits between two runs.
      startTime: '1h',
      giveUpAfter: 'never',
      backoff: { initial: 0, max: 0 },
    },
  })
  await house.startAgent()
  await restartedUntil(house, warmUp)
  const before = await memoryAtRest(house)
  const from = await restartsOf(house)
  await house.api.startSlots({ targets: ['all'], wait: false })
  await restartedUntil(house, from + restarts)
  const after = await memoryAtRest(house)
  const done = (await restartsOf(house)) - from
  const growth = after - before
  console.log(
    `memory: ${done} restarts, ${(done * linesPerRun) / 1e6} million lines: ${megabytes(before)} MB before, ${megabytes(after)} MB after, grown by ${megabytes(growth)} MB`,
  )
  expect(done).toBeGreaterThanOrEqual(restarts)
  expect(growth).toBeLessThan(mostGrowthBytes)
})

async function restartsOf(house: House): Promise<number> {
  return (await house.slots()).reduce((sum, slot) => sum + slot.restarts, 0)
}

async function restartedUntil(house: House, count: number): Promise<void> {
  await waitFor('so many restarts happened', async () => (await restartsOf(house)) >= count, {
    deadlineMs: isLong ? 1_500_000 : 200_000,
    everyMs: 200,
  })
}

async function memoryAtRest(house: House): Promise<number> {
  await house.api.stopSlots({ targets: ['all'] })
  const looks: number[] = []
  for (let look = 0; look < 9; look++) {
    looks.push(dirtyBytes(house.agentPid))
    await pause(100)
  }
  return looks.sort((a, b) => a - b)[4] ?? 0
}

function dirtyBytes(pid: number): number {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'latin1')
  return Number(/^Private_Dirty:\s+(\d+) kB$/m.exec(text)?.[1]) * 1024
}

function megabytes(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(1)
}
