/** Drover as a person runs it: `bin/drover up`, `status` and `restart`, and the API on its socket. */
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { launch, run } from '../commands.mjs'
import { childrenOf } from '../processes.mjs'

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..')
const command = join(root, 'bin', 'drover')

export const drover = {
  name: 'Drover',
  find() {
    if (!existsSync(join(root, 'dist', 'agent.cjs'))) return { missing: 'not built (`npm run build`)' }
    return { version: JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version }
  },
  prepare: (herd) => new DroverFleet(herd),
}

class DroverFleet {
  constructor({ folder, services, startTimeMs, output }) {
    this.config = join(folder, 'drover.json')
    this.dataDir = join(folder, 'data')
    this.logFile = join(folder, 'agent.log')
    this.agent = null
    const programs = Object.fromEntries(services.map(({ name, argv }) => [name, { command: argv }]))
    const defaults = {
      startTime: `${startTimeMs}ms`,
      output: { maxSize: output.maxBytes, keep: output.keep },
    }
    writeFileSync(this.config, JSON.stringify({ defaults, programs }, null, 2))
  }

  async start() {
    this.agent = launch([command, 'up', '-c', this.config, '-D', this.dataDir], { logFile: this.logFile })
  }

  async countRunning() {
    this.agent.assertAlive()
    const slots = await ask(join(this.dataDir, 'agent.sock'), '/v1/slots')
    return slots.filter(({ state }) => state === 'running').length
  }

  async status() {
    await run([command, 'status', '-D', this.dataDir])
  }

  async restartAll() {
    await run([command, 'restart', 'all', '-D', this.dataDir])
  }

  managerPids() {
    return [this.agent.pid]
  }

  /** The launcher is a child of the agent, and the shims are children of the launcher. */
  helperPids() {
    const launchers = childrenOf([this.agent.pid])
    return [...launchers, ...childrenOf(launchers)]
  }

  /** Each birth told its name, and each run's claim has it too; the one directory of the service's one run is found once. */
  outputBytes(name) {
    this.directories ??= this.findDirectories()
    const directory = this.directories.get(name)
    return readdirSync(directory)
      .filter((file) => file.startsWith('out.'))
      .reduce((sum, file) => sum + statSync(join(directory, file)).size, 0)
  }

  async stop() {
    this.agent.kill('SIGTERM')
    await this.agent.ended
  }

  findDirectories() {
    const runs = join(this.dataDir, 'runs')
    return new Map(
      readdirSync(runs).map((id) => {
        const { program } = JSON.parse(readFileSync(join(runs, id, 'spec.json'), 'utf8'))
        return [program, join(runs, id)]
      }),
    )
  }
}

/** One request over the agent's socket; while there is no socket yet the answer is an empty list. */
function ask(socketPath, path) {
  return new Promise((resolve, reject) => {
    const sent = request({ socketPath, path, agent: false }, (answer) => {
      let text = ''
      answer.setEncoding('utf8').on('data', (part) => {
        text += part
      })
      answer.on('end', () => resolve(JSON.parse(text)))
    })
    sent.on('error', (error) =>
      ['ENOENT', 'ECONNREFUSED'].includes(error.code) ? resolve([]) : reject(error),
    )
    sent.end()
  })
}
