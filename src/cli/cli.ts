/**
 * The command line as a whole: parses, builds what a command is handed, runs it, tells what went wrong and gives the exit code. It talks to
 * the agent through the contract's client and nothing else.
 */
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
  /** The way to the agent behind a socket; `whenAbsent` gives the error to throw where there is none. */
  openFetch(socketPath: string, whenAbsent: () => UserError): FetchLike
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

function connect(global: GlobalOptions, { userName, openFetch }: CliSurroundings): CommandContext['client'] {
  const fetch = openFetch(socketPathOf(global.dataDir), () => noAgent(global))
  return createClient(fetch, {
    'x-drover-by': `cli:${userName}`,
    ...(global.node === null ? {} : { 'x-drover-node': global.node }),
  })
}

function noAgent({ dataDir, isDataDirChosen }: GlobalOptions): UserError {
  const start = isDataDirChosen ? `drover up -c <file> -D ${dataDir}` : 'drover up -c <file>'
  const elsewhere = isDataDirChosen ? '' : ', or name the data directory of a running one with -D'
  return new UserError('no_agent', `No agent answers at ${dataDir}.`, {
    hint: `Start one with \`${start}\`${elsewhere}.`,
  })
}
