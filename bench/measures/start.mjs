/** How long until all services run: from the start's command until the last process exists, and until the manager says that all are up. */
import { bringUp, withFleet } from '../fleets.mjs'

export const start = {
  name: 'start',
  rounds: 3,
  metrics: [
    { key: 'exist', label: 'start: all processes exist', unit: 'ms', aim: 2000 },
    { key: 'running', label: 'start: manager says all run (start time 1 s)', unit: 'ms' },
  ],
  remark:
    'From the command that starts the manager with its whole configuration. PM2 knows no start time: its processes are online once they are spawned.',
  async measure(setting) {
    return await withFleet({ ...setting, isUp: false }, async ({ fleet, births }) => {
      const { beganMs, existMs, runningMs } = await bringUp(fleet, births, setting.services)
      return { exist: existMs - beganMs, running: runningMs - beganMs }
    })
  },
}
