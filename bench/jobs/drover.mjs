/** Drover, with an agent of its own. */
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { launch } from '../commands.mjs'

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))

export const drover = {
  name: 'Drover',
  find: () => ({ version: JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version }),
  begin({ folder, jobs, command }) {
    const config = join(folder, 'drover.json')
    const schedule = '* * * * *'
    const declared = Array.from({ length: jobs }, (_, index) => [`job-${index}`, { command, schedule }])
    writeFileSync(config, JSON.stringify({ jobs: Object.fromEntries(declared) }))
    const argv = [
      join(root, 'bin', 'drover'),
      'up',
      '-c',
      config,
      '-D',
      join(folder, 'data'),
      '--log-level',
      'error',
    ]
    return launch(argv, { logFile: join(folder, 'said.log') })
  },
}
