/** Debian's supervisord, with its own files for both streams as it has by default, and XML-RPC on a unix socket. */
import { spawnSync } from 'node:child_process'
import { readdirSync, statSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { findCommand, launch, run } from '../commands.mjs'

export const supervisord = {
  name: 'supervisord',
  find() {
    const path = findCommand('supervisord')
    if (!path || !findCommand('supervisorctl')) return { missing: 'not installed (Debian: `supervisor`)' }
    return { version: spawnSync(path, ['--version'], { encoding: 'utf8' }).stdout.trim() }
  },
  prepare: (herd) => new SupervisordFleet(herd),
}

class SupervisordFleet {
  constructor({ folder, services, startTimeMs, output }) {
    this.folder = folder
    this.config = join(folder, 'supervisord.conf')
    this.socket = join(folder, 's.sock')
    this.daemon = null
    writeFileSync(
      this.config,
      [
        '[supervisord]',
        `logfile=${folder}/supervisord.log`,
        `pidfile=${folder}/supervisord.pid`,
        `childlogdir=${folder}`,
        // Three pipes and two files for each service.
        `minfds=${1024 + 8 * services.length}`,
        '[unix_http_server]',
        `file=${this.socket}`,
        '[rpcinterface:supervisor]',
        'supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface',
        '[supervisorctl]',
        `serverurl=unix://${this.socket}`,
        ...services.flatMap(({ name, argv }) => [
          `[program:${name}]`,
          `command=${argv.join(' ')}`,
          `startsecs=${Math.ceil(startTimeMs / 1000)}`,
          'autorestart=true',
          ...['stdout', 'stderr'].flatMap((stream) => [
            `${stream}_logfile=${folder}/${name}.${stream}`,
            `${stream}_logfile_maxbytes=${output.maxBytes}`,
            `${stream}_logfile_backups=${output.keep}`,
          ]),
        ]),
        '',
      ].join('\n'),
    )
  }

  async start() {
    this.daemon = launch(['supervisord', '-n', '-c', this.config], { logFile: join(this.folder, 'said.log') })
  }

  async countRunning() {
    this.daemon.assertAlive()
    const answer = await this.call('supervisor.getAllProcessInfo')
    return answer.split('<string>RUNNING</string>').length - 1
  }

  async status() {
    await run(['supervisorctl', '-c', this.config, 'status'])
  }

  async restartAll() {
    await run(['supervisorctl', '-c', this.config, 'restart', 'all'])
  }

  managerPids() {
    return [this.daemon.pid]
  }

  helperPids() {
    return []
  }

  outputBytes(name) {
    return readdirSync(this.folder)
      .filter((file) => file === `${name}.stdout` || file.startsWith(`${name}.stdout.`))
      .reduce(
        (sum, file) => sum + (statSync(join(this.folder, file), { throwIfNoEntry: false })?.size ?? 0),
        0,
      )
  }

  async stop() {
    this.daemon.kill('SIGTERM')
    await this.daemon.ended
  }

  /** The answer's XML; empty while there is no socket yet. */
  call(method) {
    const body = `<?xml version="1.0"?><methodCall><methodName>${method}</methodName><params/></methodCall>`
    const headers = { 'content-type': 'text/xml', 'content-length': body.length }
    return new Promise((resolve, reject) => {
      const options = { socketPath: this.socket, path: '/RPC2', method: 'POST', headers, agent: false }
      const sent = request(options, (answer) => {
        let text = ''
        answer.setEncoding('utf8').on('data', (part) => {
          text += part
        })
        answer.on('end', () => resolve(text))
      })
      sent.on('error', (error) =>
        ['ENOENT', 'ECONNREFUSED'].includes(error.code) ? resolve('') : reject(error),
      )
      sent.end(body)
    })
  }
}
