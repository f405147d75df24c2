/**
 * How long after a crash the next process is there, among many others that run. One worker is killed at a time, each of them only
 * once and after it has lived long enough to count as healthy everywhere.
 */
import process from 'node:process'
import { setTimeout as pause } from 'node:timers/promises'
import { nowMs } from '../births.mjs'
import { withFleet } from '../fleets.mjs'
import { percentile } from '../statistics.mjs'

/** Drover slows down what dies sooner than 10 s after its start. */
const healthyMs = 11_000

export const respawn = {
  name: 'respawn',
  rounds: 1,
  metrics: [
    { key: 'p50', label: 'crash to respawn, p50', unit: 'ms' },
    { key: 'p95', label: 'crash to respawn, p95', unit: 'ms', aim: 50 },
  ],
  remark:
    'From SIGKILL to one worker until the next process of its service has begun; by the clocks of killer and worker, which are the same.',
  async measure(setting) {
    return await withFleet(setting, async ({ births, services }) => {
      await pause(setting.isQuick ? 0 : healthyMs)
      const latencies = []
      const kills = Math.min(setting.isQuick ? 3 : 50, services.length)
      for (let index = 0; index < kills; index++) {
        // Spread over the herd and over the manager's own rhythm, in the same way in each run.
        const { name } = services[Math.floor((index * services.length) / kills)]
        await pause(60 + ((index * 137) % 200))
        const count = births.look().length
        const pid = births.pids().get(name)
        const killedMs = nowMs()
        process.kill(pid, 'SIGKILL')
        const { atMs } = await births.waitForCount(count + 1)
        latencies.push(atMs - killedMs)
      }
      return { p50: percentile(latencies, 0.5), p95: percentile(latencies, 0.95) }
    })
  },
}
