/** Debian's cron, with a table of its own: it sees empty folders in the places of the machine's, which takes root and a namespace for mounts. */
import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { findCommand, launch } from '../commands.mjs'

export const cron = {
  name: 'cron',
  find() {
    const path = findCommand('cron')
    if (!path) return { missing: 'not installed (Debian: `cron`)' }
    if (process.getuid?.() !== 0) return { missing: 'needs root for an instance of its own' }
    const { stdout } = spawnSync('dpkg-query', ['--show', 'cron'], { encoding: 'utf8' })
    return { version: stdout?.trim().split('\t')[1] ?? 'of unknown version' }
  },
  begin({ folder, jobs, command }) {
    const spool = join(folder, 'crontabs')
    const [empty, run] = [join(folder, 'cron.d'), join(folder, 'run')]
    for (const path of [spool, empty, run]) mkdirSync(path)
    const table = join(spool, 'root')
    writeFileSync(table, `MAILTO=""\n${`* * * * * ${command.join(' ')}\n`.repeat(jobs)}`)
    chmodSync(table, 0o600)
    const binds = [
      [spool, '/var/spool/cron/crontabs'],
      [empty, '/etc/cron.d'],
      ['/dev/null', '/etc/crontab'],
      [run, '/run'],
    ]
    const mounts = binds.map(([from, to]) => `mount --bind ${from} ${to}`).join(' && ')
    const argv = ['unshare', '--mount', 'sh', '-c', `${mounts} && exec cron -f -L 0`]
    return launch(argv, { logFile: join(folder, 'said.log') })
  },
}
