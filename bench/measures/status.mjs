/** How long a person waits for `status`, and how much of that is the manager's own answer. */
import { nowMs } from '../births.mjs'
import { withFleet } from '../fleets.mjs'
import { median } from '../statistics.mjs'

export const status = {
  name: 'status',
  rounds: 1,
  metrics: [
    { key: 'command', label: 'status: the command', unit: 'ms', aim: 250 },
    { key: 'api', label: 'status: the API alone', unit: 'ms' },
  ],
  remark:
    'Median of 10, after one that does not count. `drover status`, `supervisorctl status`, `pm2 list`; and over each manager’s socket GET /v1/slots, getAllProcessInfo, getMonitorData.',
  async measure(setting) {
    return await withFleet(setting, async ({ fleet }) => ({
      command: await medianOf(setting, () => fleet.status()),
      api: await medianOf(setting, () => fleet.countRunning()),
    }))
  },
}

async function medianOf({ isQuick }, act) {
  const times = []
  for (let round = 0; round < (isQuick ? 4 : 11); round++) {
    const beganMs = nowMs()
    await act()
    times.push(nowMs() - beganMs)
  }
  return median(times.slice(1))
}
