/**
 * The roof of the command line: hands it this process's streams, signals and surroundings, and loads what is heavy only when a command
 * asks for it. The agent and the reading of configurations lie in bundles of their own, so that `drover status` never reads them.
 */
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { openHostFetch } from './agent-host.ts'
import { runCli } from './cli/cli.ts'
import type { CliServices, StartOptions } from './cli/context.ts'
import { systemClock } from './clock.ts'
import type * as LoadConfig from './config/load/load-config.ts'
import type * as MainDoctor from './main-doctor.ts'
import type * as MainExec from './main-exec.ts'
import type * as MainPrompts from './main-prompts.ts'

/** Set by the build. */
declare const DROVER_VERSION: string
/** The folder of the bundle, with all that is built beside it. */
declare const __dirname: string

const built = createRequire(join(__dirname, 'cli.cjs'))

const services: CliServices = {
  version: DROVER_VERSION,
  self: [process.execPath, ...process.execArgv, join(__dirname, '..', 'bin', 'drover')],
  startAgent(options) {
    outlivesReaders = true
    const agent = built('./agent.cjs') as { startAgent(options: StartOptions): Promise<number> }
    return agent.startAgent(options)
  },
  describeBuild: () => (built('./agent.cjs') as { describeBuild(): { storeSchema: number } }).describeBuild(),
  loadConfig(path, options) {
    const { loadConfig } = built('./config.cjs') as typeof LoadConfig
    return loadConfig(path, { ...options, hostPath: join(__dirname, 'config-host.cjs') })
  },
  readForeign(path, options) {
    const { readForeign } = built('./config.cjs') as typeof LoadConfig
    return readForeign(path, { ...options, hostPath: join(__dirname, 'config-host.cjs') })
  },
  examineMachine: (dataDir, agentPid) => doctor().examineMachine(dataDir, agentPid),
  checkPrograms: (programs) => doctor().checkPrograms(programs),
  lookUpUser: (name) => doctor().lookUpUser(name),
  openPrompts: () =>
    (built('./prompts.cjs') as typeof MainPrompts).createPrompts(process.stdin, process.stderr),
  runExec(request) {
    outlivesReaders = true
    const { runExec } = built('./exec.cjs') as typeof MainExec
    return runExec(request, nameOfUser())
  },
  readConfigSchema: () => readFile(join(__dirname, '../docs/reference/drover.schema.json'), 'utf8'),
}

/** Whether what is run here goes on when nobody reads its outputs any more. */
let outlivesReaders = false
function doctor(): typeof MainDoctor {
  return built('./doctor.cjs') as typeof MainDoctor
}

let interruption: AbortSignal | null = null

/** Runs one command line in this process. */
export async function main(argv: readonly string[]): Promise<void> {
  // The reader of a pipe has had enough, as in `drover logs | head`: nothing is left to do.
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      // An agent goes on, and so does a run: whoever reads what they print is free to go.
      if (!outlivesReaders) process.exit(error.code === 'EPIPE' ? 0 : 1)
    })
  }
  process.exitCode = await runCli(argv, services, {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    cwd: process.cwd(),
    isRoot: process.getuid?.() === 0,
    userName: nameOfUser(),
    clock: systemClock,
    openFetch: openHostFetch,
    // Only from when a command first asks for it: an agent in the foreground has its own ways with signals.
    get signal() {
      interruption ??= abortOnInterrupt()
      return interruption
    },
  })
}

function abortOnInterrupt(): AbortSignal {
  const abort = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => abort.abort())
  return abort.signal
}

function nameOfUser(): string {
  try {
    return userInfo().username
  } catch {
    // A number without an entry, as in many containers.
    return String(process.getuid?.() ?? 'unknown')
  }
}
