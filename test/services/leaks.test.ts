/** An agent that worked hard holds no more files afterwards than before. */
import { readdirSync, readlinkSync } from 'node:fs'
import { expect, test } from 'vitest'
import { openHouse } from '../harness/house.ts'
import { waitFor } from '../harness/wait.ts'

test('200 restarts and 50 followers of logs and events leave no open file behind', {
  timeout: 180_000,
}, async () => {
  const house = openHouse()
  house.configure({
    worker: { command: 'echo hello; exec sleep 1000', processes: 10, startTime: 0, stop: { grace: '1s' } },
  })
  await house.startAgent()
  await house.waitForSlots('all run', (slots) => slots.every(({ state }) => state === 'running'))
  await house.api.restartSlots({ targets: ['all'] })
  const before = openFiles(house.agentPid)

  for (let round = 0; round < 20; round++) {
    const outcomes = await house.api.restartSlots({ targets: ['all'] })
    expect(outcomes.every(({ outcome }) => outcome === 'done')).toBe(true)
    if (round % 4 !== 0) continue
    const abort = new AbortController()
    await Promise.all(
      Array.from({ length: 10 }, async (_, follower) => {
        const stream =
          follower % 2 === 0
            ? await house.api.streamLogs({ follow: true, lines: 5 }, { signal: abort.signal })
            : await house.api.streamEvents({ after: 0 }, { signal: abort.signal })
        for await (const piece of stream) {
          expect(piece).toBeTruthy()
          break
        }
      }),
    )
    abort.abort()
  }
  await waitFor('all files are closed again', () => openFiles(house.agentPid).length <= before.length + 2, {
    tell: () => ({ before, after: openFiles(house.agentPid) }),
  })
})

function openFiles(pid: number): string[] {
  return readdirSync(`/proc/${pid}/fd`)
    .map((fd) => {
      try {
        return readlinkSync(`/proc/${pid}/fd/${fd}`)
      } catch {
        return 'gone'
      }
    })
    .sort()
}
