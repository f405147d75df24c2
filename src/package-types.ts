/**
 * What the package offers to other programs, as types: they are published as they stand here, and must therefore lead to no package. What is behind
 * them is `index.ts`; a test of types holds the two together.
 */
import type { Config, EventPatterns, TypedConfig } from './config/config-types.generated.ts'
import type { DroverApi, ErrorCode, ProblemView } from './contract/api-types.generated.ts'

export type * from './config/config-types.generated.ts'
export type * from './contract/api-types.generated.ts'

/**
 * Declares a configuration, with completion and hover in the editor.
 *
 * @example
 * export default defineConfig({ programs: { mailer: { command: 'node worker.js', processes: 3 } } })
 */
export declare function defineConfig<
  const L extends { readonly [name: string]: EventPatterns } = Record<never, never>,
>(config: TypedConfig<L>): Config

export interface ConnectOptions {
  /** The data directory of the agent. Default: as for the command line, `DROVER_DATA_DIR` or the usual one of this user. */
  readonly dataDir?: string
  /** The path of the agent's socket, instead of the data directory. */
  readonly socket?: string
  /** Another agent: `unix:///path`, `http://127.0.0.1:9650`, `https://host:9650`. Default: `DROVER_HOST`, unless `dataDir` or `socket` is given. */
  readonly host?: string
  /** For a host on the network. Default: as for the command line, `DROVER_TOKEN`, `DROVER_TOKEN_FILE` or `~/.config/drover/token`. */
  readonly token?: string
  /** A file with the certificates of authorities to trust besides those of the system. Default: `DROVER_CA`. */
  readonly caFile?: string
  /** What the history says who asked for something. Default: `node:` and the name of the user. */
  readonly by?: string
  /** Ends the attempt to connect. */
  readonly signal?: AbortSignal
}

/**
 * An agent that one is connected to: the methods of the API. Streams are read with `for await`; they throw a `UserError` with the code `no_agent` when the
 * agent goes away, and it is up to you to come back, with `after` set to the last event.
 */
export interface Drover extends DroverApi {
  /** Ends all streams, and all calls with an `AbortError`. Nothing of the connection keeps the process alive, so this is only needed to end them. */
  close(): void
}

/**
 * Connects to a running agent. Throws a `UserError` with the code `no_agent` where none answers.
 *
 * @example
 * const drover = await connect({ dataDir: '/var/lib/drover' })
 * for (const slot of await drover.listSlots()) console.log(slot.name, slot.state)
 */
export declare function connect(options?: ConnectOptions): Promise<Drover>

/** What went wrong, in three parts: what, where, and what to do. */
export declare class UserError extends Error {
  /** Stable. */
  readonly code: ErrorCode
  /** What to do about it. */
  readonly hint: string | null
  /** Single mistakes, where there is more than one, such as in a configuration. */
  readonly problems: readonly ProblemView[]
}
