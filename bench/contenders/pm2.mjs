/**
 * PM2, with a home of its own. It is no dependency of the project: it is found in PATH or named in DROVER_BENCH_PM2. It knows no start
 * time (a process is online as soon as it is spawned) and rotates no output by itself.
 */
import { existsSync, readFileSync, realpathSync, statSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { findCommand, run } from '../commands.mjs'
import { waitFor } from '../wait.mjs'

export const pm2 = {
  name: 'PM2',
  find() {
    const path = locate()
    if (!path) return { missing: 'not installed (`npm install -g pm2`, or DROVER_BENCH_PM2=/path/to/pm2)' }
    // Asking it by `-v` would leave a daemon behind.
    return { version: JSON.parse(readFileSync(join(packageOf(path), 'package.json'), 'utf8')).version }
  },
  prepare: (herd) => new Pm2Fleet(herd),
}

function locate() {
  return findCommand(process.env.DROVER_BENCH_PM2 ?? 'pm2')
}

/** bin/pm2 of the package, behind whatever links to it. */
function packageOf(path) {
  return dirname(dirname(realpathSync(path)))
}

class Pm2Fleet {
  constructor({ folder, services }) {
    this.folder = folder
    this.command = locate()
    this.home = join(folder, 'pm2')
    this.options = { env: { PM2_HOME: this.home, PM2_DISABLE_VERSION_CHECK: 'true' } }
    this.config = join(folder, 'ecosystem.config.json')
    this.starting = null
    const apps = services.map(({ name, argv }) => ({
      name,
      script: argv[0],
      args: argv.slice(1),
      interpreter: 'none',
      exec_mode: 'fork',
      out_file: `${folder}/${name}.out`,
      error_file: `${folder}/${name}.err`,
      pmx: false,
    }))
    writeFileSync(this.config, JSON.stringify({ apps }))
  }

  /** The command goes on until all are started, and is not waited for here. */
  async start() {
    this.starting = run([this.command, 'start', this.config], this.options)
    this.starting.catch((error) => {
      this.trouble = error
    })
  }

  async countRunning() {
    if (this.trouble) throw this.trouble
    if (!existsSync(join(this.home, 'rpc.sock'))) return 0
    const apps = await this.call('getMonitorData')
    return apps.filter(({ pm2_env }) => pm2_env.status === 'online').length
  }

  async status() {
    await run([this.command, 'list'], this.options)
  }

  async restartAll() {
    await run([this.command, 'restart', 'all'], this.options)
  }

  managerPids() {
    return [Number(readFileSync(join(this.home, 'pm2.pid'), 'utf8'))]
  }

  helperPids() {
    return []
  }

  outputBytes(name) {
    return statSync(join(this.folder, `${name}.out`), { throwIfNoEntry: false })?.size ?? 0
  }

  async stop() {
    await this.starting?.catch(() => {})
    this.socket?.close()
    const [daemon] = this.managerPids()
    await run([this.command, 'kill'], this.options)
    await waitFor('the daemon is gone', () => !existsSync(`/proc/${daemon}`))
  }

  /** By PM2's own client of its daemon, over one connection. */
  call(method) {
    this.client ??= this.connect()
    return new Promise((resolve, reject) => {
      this.client.call(method, {}, (error, answer) => (error ? reject(error) : resolve(answer)))
    })
  }

  connect() {
    const load = createRequire(join(packageOf(this.command), 'package.json'))
    this.socket = load('./modules/pm2-axon').socket('req')
    this.socket.connect(join(this.home, 'rpc.sock'))
    return new (load('./modules/pm2-axon-rpc').Client)(this.socket)
  }
}
