/**
 * npm's Bree, as its documentation has it: each job is a file, run in a worker thread. It is no dependency of the project: the bench installs it into a
 * folder of its own.
 */
import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { launch } from '../commands.mjs'

let installed = null

export const bree = {
  name: 'Bree',
  find({ folder }) {
    installed ??= install(folder)
    return installed
  },
  begin({ folder, jobs, command }) {
    const files = join(folder, 'jobs')
    mkdirSync(files)
    const run = `require('node:child_process').spawnSync(${JSON.stringify(command[0])}, ${JSON.stringify(command.slice(1))})\n`
    const names = Array.from({ length: jobs }, (_, index) => `job-${index}`)
    for (const name of names) writeFileSync(join(files, `${name}.js`), run)
    const main = join(folder, 'main.js')
    const declared = names.map((name) => ({ name, cron: '* * * * *' }))
    writeFileSync(
      main,
      `const Bree = require(${JSON.stringify(join(installed.folder, 'node_modules', 'bree'))})
new Bree({ root: ${JSON.stringify(files)}, logger: false, jobs: ${JSON.stringify(declared)} }).start()\n`,
    )
    return launch([process.execPath, main], { logFile: join(folder, 'said.log') })
  },
}

function install(parent) {
  const folder = join(parent, 'bree')
  mkdirSync(folder)
  writeFileSync(join(folder, 'package.json'), '{ "private": true }')
  const { status } = spawnSync('npm', ['install', '--no-audit', '--no-fund', 'bree@9'], { cwd: folder })
  if (status !== 0) return { missing: 'cannot be installed from the registry' }
  const { version } = JSON.parse(readFileSync(join(folder, 'node_modules', 'bree', 'package.json'), 'utf8'))
  return { version, folder }
}
