/** The unit that is printed is one that systemd takes. */
import { spawnSync } from 'node:child_process'
import process from 'node:process'
import { expect, test } from 'vitest'
import { drover } from '../harness/command-line.ts'
import { openHouse } from '../harness/house.ts'

const isThere = spawnSync('systemd-analyze', ['--version']).status === 0
// Where it must not be missing, the test runs and fails.
const isMeant = isThere || process.env.CI === 'true'
if (!isMeant)
  console.log('service-unit: skipped, there is no systemd-analyze (Debian: apt-get install systemd)')

test.runIf(isMeant).each([[[]], [['--user']], [['--run-as', 'root']]])(
  'systemd verifies it: %j',
  async (more) => {
    const house = openHouse()
    const { code, stdout } = await drover(house, ['service-unit', '-c', house.configFile, ...more])
    expect(code).toBe(0)
    const unit = house.write('drover.service', stdout)
    const scope = more.includes('--user') ? ['--user'] : []
    const {
      status,
      stderr,
      stdout: said,
    } = spawnSync('systemd-analyze', [...scope, 'verify', unit], {
      encoding: 'utf8',
      env: { ...process.env, XDG_RUNTIME_DIR: process.env.XDG_RUNTIME_DIR ?? house.folder },
    })
    expect({
      status,
      text: `${stderr}${said}`.split('\n').filter((line) => line.includes('drover.service')),
    }).toEqual({
      status: 0,
      text: [],
    })
  },
)
