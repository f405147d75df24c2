/** What watching over services costs when nothing happens. */
import { setTimeout as pause } from 'node:timers/promises'
import { nowMs } from '../births.mjs'
import { withFleet } from '../fleets.mjs'
import { cpuMsOf } from '../processes.mjs'

export const idleCpu = {
  name: 'idle-cpu',
  rounds: 1,
  metrics: [
    { key: 'manager', label: 'idle CPU, manager', unit: '%', aim: 1 },
    { key: 'helpers', label: 'idle CPU, shims and launcher', unit: '%' },
  ],
  remark: 'Of one core, over 30 s, from 5 s after all ran.',
  async measure(setting) {
    return await withFleet(setting, async ({ fleet }) => {
      await pause(setting.isQuick ? 0 : 5000)
      const managers = fleet.managerPids()
      const helpers = fleet.helperPids()
      const beganMs = nowMs()
      const before = [cpuMsOf(managers), cpuMsOf(helpers)]
      await pause(setting.isQuick ? 1000 : 30_000)
      const percent = (cpuMs) => (100 * cpuMs) / (nowMs() - beganMs)
      return {
        manager: percent(cpuMsOf(managers) - before[0]),
        helpers: percent(cpuMsOf(helpers) - before[1]),
      }
    })
  },
}
