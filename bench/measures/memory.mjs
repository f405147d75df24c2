/** What the manager takes with nothing much to do and with all services, and what it needs besides itself for each of them. */
import { setTimeout as pause } from 'node:timers/promises'
import { withFleet } from '../fleets.mjs'
import { memoryOf } from '../processes.mjs'

const few = 5
const MB = 1024 * 1024

export const memory = {
  name: 'memory',
  rounds: 1,
  metrics: [
    { key: 'fewRss', label: `manager with ${few} services, RSS`, unit: 'MB', aim: 60 },
    { key: 'fewPss', label: `manager with ${few} services, PSS`, unit: 'MB' },
    { key: 'fewDirty', label: `manager with ${few} services, private dirty`, unit: 'MB', aim: 20 },
    { key: 'rss', label: 'manager with all, RSS', unit: 'MB', aim: 90 },
    { key: 'pss', label: 'manager with all, PSS', unit: 'MB' },
    { key: 'dirty', label: 'manager with all, private dirty', unit: 'MB' },
    { key: 'helper', label: 'shims and launcher, PSS per service', unit: 'kB' },
    { key: 'total', label: 'all of it, PSS, workers not counted', unit: 'MB' },
  ],
  remark:
    'After 10 s of rest. Only Drover has processes besides the manager: a shim for each service, which is what lets the manager die without the service noticing.',
  async measure(setting) {
    const rest = (ms) => pause(setting.isQuick ? 100 : ms)
    const atRest = await withFleet({ ...setting, services: few }, async ({ fleet }) => {
      await rest(10_000)
      return memoryOf(fleet.managerPids())
    })
    return await withFleet(setting, async ({ fleet }) => {
      await rest(10_000)
      const manager = memoryOf(fleet.managerPids())
      const helpers = memoryOf(fleet.helperPids())
      return {
        fewRss: atRest.rss / MB,
        fewPss: atRest.pss / MB,
        fewDirty: atRest.privateDirty / MB,
        rss: manager.rss / MB,
        pss: manager.pss / MB,
        dirty: manager.privateDirty / MB,
        helper: helpers.pss / 1024 / setting.services,
        total: (manager.pss + helpers.pss) / MB,
      }
    })
  },
}
