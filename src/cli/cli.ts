/**
 * The command line as a whole: parses, builds what a command is handed, runs it, tells what went wrong and gives the exit code. It talks to
 * the agent through the contract's client and nothing else.
 */
import { type AgentHost, type HostCredentials, parseHost, readCredentials } from '../agent-host.ts'
import type { Clock } from '../clock.ts'
import { createClient, type FetchLike } from '../contract/client.ts'
import { UserError } from '../domain/user-error.ts'
import { socketPathOf } from '../socket-path.ts'
import { commands } from './commands/index.ts'
import type { CliServices, CommandContext } from './context.ts'
import { exitInterrupted, exitOf, exitOk } from './exit.ts'
import { type GlobalOptions, readGlobalOptions } from './global-options.ts'
import { createOutput, type Terminal, wantsColors } from './output.ts'
import { parseCommandLine } from './parse.ts'
import { printError } from './print-error.ts'
import { isInterruption } from './wait.ts'

export interface CliSurroundings {
  readonly stdin: CommandContext['stdin']
  readonly stdout: Terminal
  readonly stderr: Terminal
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  readonly isRoot: boolean
  readonly userName: string
  readonly clock: Clock
  /** The way to an agent; `whenAbsent` gives the error to throw where there is none. */
  openFetch(host: AgentHost, credentials: () => HostCredentials, whenAbsent: () => UserError): FetchLike
  /** Aborts on Ctrl-C. Until it is asked for, Ctrl-C just ends the process. */
  readonly signal: AbortSignal
}

/** Gives the exit code. Never throws. */
export async function runCli(
  argv: readonly string[],
  services: CliServices,
  surroundings: CliSurroundings,
): Promise<number> {
  const { stdout, stderr, env, cwd } = surroundings
  const isPlain = argv.includes('--no-color')
  const out = createOutput(stdout, { hasColors: wantsColors(stdout, env, isPlain) })
  const err = createOutput(stderr, { hasColors: wantsColors(stderr, env, isPlain) })
  try {
    const parsed = parseCommandLine(argv, {
      commands,
      version: services.version,
      surroundings,
      colors: out.colors,
      columns: out.columns,
    })
    if (parsed.kind === 'text') {
      const target = parsed.isMistake ? err : out
      target.write(parsed.text)
      return parsed.isMistake ? exitOf('usage') : exitOk
    }
    const context: CommandContext = {
      ...services,
      client: connect(parsed.global, surroundings),
      out,
      err,
      clock: surroundings.clock,
      get signal() {
        return surroundings.signal
      },
      global: parsed.global,
      commands,
      connectAs: (typed) => connect(readGlobalOptions(typed, surroundings), surroundings),
      cwd,
      stdin: surroundings.stdin,
    }
    return await parsed.command.run(parsed.args, context)
  } catch (error) {
    if (isInterruption(error, surroundings.signal)) return exitInterrupted
    const isDebugging = (env.DROVER_DEBUG ?? '') !== ''
    return printError(error, { err, json: argv.includes('--json'), cwd, isDebugging })
  }
}

function connect(
  global: GlobalOptions,
  { userName, openFetch, env, cwd }: CliSurroundings,
): CommandContext['client'] {
  const host: AgentHost =
    global.host === null ? { kind: 'unix', path: socketPathOf(global.dataDir) } : parseHost(global.host, cwd)
  const { token, tokenFile, ca: caFile } = global
  // Read when they are needed: most commands talk to a socket, and some to nobody.
  const credentials = (): HostCredentials => readCredentials({ token, tokenFile, caFile, env, cwd })
  const fetch = openFetch(host, credentials, () => noAgent(global, host))
  return createClient(fetch, {
    'x-drover-by': `cli:${userName}`,
    ...(global.node === null ? {} : { 'x-drover-node': global.node }),
  })
}

function noAgent({ dataDir, isDataDirChosen, host: chosen }: GlobalOptions, host: AgentHost): UserError {
  if (chosen !== null) {
    const where = host.kind === 'unix' ? host.path : host.url
    return new UserError('no_agent', `No agent answers at ${where}.`, {
      hint: 'Look whether one runs there, and what `api` in its configuration says; it listens on TCP only when asked to.',
    })
  }
  const start = isDataDirChosen ? `drover up -c <file> -D ${dataDir}` : 'drover up -c <file>'
  const elsewhere = isDataDirChosen ? '' : ', or name the data directory of a running one with -D'
  return new UserError('no_agent', `No agent answers at ${dataDir}.`, {
    hint: `Start one with \`${start}\`${elsewhere}.`,
  })
}
