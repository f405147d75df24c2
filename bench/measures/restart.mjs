/** How long a restart of all services takes: until every new process exists, and until the command returns to the one who typed it. */
import { nowMs } from '../births.mjs'
import { withFleet } from '../fleets.mjs'
import { median } from '../statistics.mjs'

const most = 3
/** Who takes this long need not do it again. */
const longEnoughMs = 20_000

export const restart = {
  name: 'restart',
  rounds: 1,
  metrics: [
    { key: 'exist', label: 'restart all: new processes exist', unit: 'ms', aim: 2000 },
    { key: 'returns', label: 'restart all: command returns', unit: 'ms' },
  ],
  remark:
    'Median of 3 in a row, of fewer for who takes more than 20 s. The commands of Drover and supervisord wait until the services have lived through their start time of 1 s; that of PM2 does not.',
  async measure(setting) {
    return await withFleet(setting, async ({ fleet, births }) => {
      const exist = []
      const returns = []
      const enoughMs = nowMs() + (setting.isQuick ? 0 : longEnoughMs)
      while (exist.length === 0 || (exist.length < most && nowMs() < enoughMs)) {
        const count = births.look().length + setting.services
        const beganMs = nowMs()
        const isBack = fleet.restartAll().then(() => returns.push(nowMs() - beganMs))
        const { atMs } = await births.waitForCount(count)
        exist.push(atMs - beganMs)
        await isBack
      }
      return { exist: median(exist), returns: median(returns) }
    })
  },
}
