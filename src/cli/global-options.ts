/**
 * The options that every command takes, before or after its name, and what stands for them where they are not given.
 */
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'

export interface GlobalOptions {
  /** As it was typed; null means that the usual names are looked for. */
  readonly config: string | null
  /** Absolute. */
  readonly dataDir: string
  /** Whether somebody chose the data directory, or it is the usual one. */
  readonly isDataDirChosen: boolean
  /** Where the agent is, if not at the data directory. */
  readonly host: string | null
  readonly token: string | null
  readonly tokenFile: string | null
  readonly ca: string | null
  readonly node: string | null
  readonly json: boolean
}

export interface GlobalFlag {
  readonly flags: string
  readonly description: string
  readonly suggests?: 'files' | 'folders'
}

export const globalFlags = {
  config: {
    flags: '-c, --config <file>',
    description: 'configuration file or folder (DROVER_CONFIG)',
    suggests: 'files',
  },
  dataDir: {
    flags: '-D, --data-dir <dir>',
    description: 'where state, socket, runs and output live (DROVER_DATA_DIR)',
    suggests: 'folders',
  },
  host: {
    flags: '-H, --host <url>',
    description: 'another agent: unix:///path, http://127.0.0.1:9650 or https://host:9650 (DROVER_HOST)',
  },
  token: { flags: '--token <secret>', description: 'who you are on the network (DROVER_TOKEN; better)' },
  tokenFile: {
    flags: '--token-file <file>',
    description: 'a file that holds it (DROVER_TOKEN_FILE, else ~/.config/drover/token)',
    suggests: 'files',
  },
  ca: { flags: '--ca <file>', description: 'a certificate to trust, in PEM (DROVER_CA)', suggests: 'files' },
  node: { flags: '-i, --node <name>', description: 'name of the node (DROVER_NODE)' },
  json: { flags: '--json', description: 'print data as JSON' },
  noColor: { flags: '--no-color', description: 'print without colours (NO_COLOR)' },
} as const satisfies Record<string, GlobalFlag>

export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  readonly isRoot: boolean
}

export function readGlobalOptions(
  typed: Readonly<Record<string, unknown>>,
  { env, cwd, isRoot }: Surroundings,
): GlobalOptions {
  const chosen = textOf(typed.dataDir) ?? textOf(env.DROVER_DATA_DIR)
  return {
    config: textOf(typed.config) ?? textOf(env.DROVER_CONFIG),
    dataDir: chosen === null ? usualDataDir(env, isRoot) : resolve(cwd, chosen),
    isDataDirChosen: chosen !== null,
    host: textOf(typed.host) ?? (textOf(typed.dataDir) === null ? textOf(env.DROVER_HOST) : null),
    token: textOf(typed.token),
    tokenFile: textOf(typed.tokenFile),
    ca: textOf(typed.ca),
    node: textOf(typed.node) ?? textOf(env.DROVER_NODE),
    json: typed.json === true,
  }
}

export function usualDataDir(env: Surroundings['env'], isRoot: boolean): string {
  if (isRoot) return '/var/lib/drover'
  const home = textOf(env.HOME) ?? homedir()
  const state = textOf(env.XDG_STATE_HOME)
  // The specification of these variables says that a relative path is to be ignored.
  return join(state?.startsWith('/') ? state : join(home, '.local', 'state'), 'drover')
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null
}
