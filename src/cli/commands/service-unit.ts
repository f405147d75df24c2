/** `drover service-unit`: prints a unit for systemd, with the paths of this very installation. */
import { resolve } from 'node:path'
import { defineCommand, option } from '../define-command.ts'
import { exitOk } from '../exit.ts'
import { printJson } from '../print-json.ts'
import { serviceUnit } from '../service-unit.ts'

const usualPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

export const serviceUnitCommand = defineCommand({
  name: 'service-unit',
  group: 'The agent',
  summary: 'Print a unit for systemd',
  details: 'Stopping or restarting the unit leaves the workers running. It installs nothing.',
  inputs: {
    user: option.flag('--user', 'for the service manager of one user'),
    runAs: option.text('--run-as <user>', 'the user that the agent runs as; root without it'),
  },
  examples: {
    'service-unit -c /etc/drover > /etc/systemd/system/drover.service': 'for the machine',
    'service-unit --user -c ~/drover.yaml > ~/.config/systemd/user/drover.service': 'for yourself',
  },
  async run({ user, runAs }, { global, cwd, out, self }) {
    const unit = serviceUnit({
      drover: self,
      config: global.config === null ? null : resolve(cwd, global.config),
      dataDir: global.dataDir,
      path: usualPath,
      isForUser: user,
      runAs: user ? null : runAs,
    })
    if (global.json) printJson(out, { unit })
    else out.write(unit)
    return exitOk
  },
})
