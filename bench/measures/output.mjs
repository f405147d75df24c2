/**
 * How fast output gets from workers into the manager's files: of one that talks as fast as it can, of the same one beside many that are silent, and of
 * a hundred that talk at once. The time runs until the files hold every byte; rotation is on, and generous enough to lose none.
 */
import { writeFileSync } from 'node:fs'
import { nowMs } from '../births.mjs'
import { withFleet } from '../fleets.mjs'
import { cpuMsOf } from '../processes.mjs'
import { waitFor } from '../wait.mjs'

const MB = 1e6
const totalBytes = 1000 * MB
const quickBytes = 10 * MB
const many = 100

export const output = {
  name: 'output',
  rounds: 3,
  metrics: [
    { key: 'one', label: 'output of one worker, alone', unit: 'MB/s', isMoreBetter: true, aimTimes: 10 },
    { key: 'among', label: 'output of one worker among all', unit: 'MB/s', isMoreBetter: true, aimTimes: 10 },
    {
      key: 'many',
      label: `output of ${many} workers at once`,
      unit: 'MB/s',
      isMoreBetter: true,
      aimTimes: 10,
    },
    { key: 'cpu', label: 'output of one among all: CPU of manager and shims', unit: 's/GB' },
  ],
  remark:
    'Lines of 100 bytes, written 655 at a time, 1 GB in all (250 MB for the one among all), rotated at 100 MiB (PM2 does not rotate), until the last byte is in a file. Writing a pipe and copying it into a file bounds all of them.',
  async measure(setting) {
    const bytes = setting.isQuick ? quickBytes : totalBytes
    const one = await measureTalk({ ...setting, services: 1, talkers: 1, talkBytes: bytes })
    const among = await measureTalk({ ...setting, talkers: 1, talkBytes: bytes / 4 })
    const all = await measureTalk({ ...setting, services: many, talkers: many, talkBytes: bytes / many })
    return { one: one.rate, among: among.rate, many: all.rate, cpu: among.cpuSecondsPerGB }
  },
}

async function measureTalk(setting) {
  const bytes = setting.talkers * setting.talkBytes
  return await withFleet(setting, async ({ fleet, services, go }) => {
    const open = new Set(services.slice(0, setting.talkers).map(({ name }) => name))
    const pids = [...fleet.managerPids(), ...fleet.helperPids()]
    const cpuMsBefore = cpuMsOf(pids)
    const beganMs = nowMs()
    writeFileSync(go, '')
    // A look costs little beside gigabytes: it ends at the first that is not done.
    await waitFor(
      'all output is in files',
      () => {
        for (const name of open) {
          if (fleet.outputBytes(name) < setting.talkBytes) break
          open.delete(name)
        }
        return open.size === 0
      },
      5,
    )
    const seconds = (nowMs() - beganMs) / 1000
    return {
      rate: bytes / MB / seconds,
      cpuSecondsPerGB: (cpuMsOf(pids) - cpuMsBefore) / 1000 / (bytes / 1e9),
    }
  })
}
