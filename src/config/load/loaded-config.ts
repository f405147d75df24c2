/**
 * What loading a configuration is asked and what it gives, whether it is done in this process or in another.
 */
import type { AgentSettings } from '../../domain/agent-settings.ts'
import type { ApiSettings } from '../../domain/api-settings.ts'
import type { Listener } from '../../domain/events/listener.ts'
import type { Program } from '../../domain/program.ts'
import { type Problem, UserError } from '../../domain/user-error.ts'
import type { ConfigFormat } from './format.ts'

export interface LoadOptions {
  /** The built `config-host`, which runs configurations that are programs. */
  readonly hostPath: string
  /** How long such a one may take; 10 s. */
  readonly evaluationTimeoutMs?: number
}

export interface PathOptions extends LoadOptions {
  /** What a relative path is relative to, and where a configuration is searched. */
  readonly cwd: string
}

export interface TextOptions extends LoadOptions {
  readonly format: ConfigFormat
  /** What messages call the text. */
  readonly name: string
  /** What relative paths in it are relative to. */
  readonly baseDir: string
}

export interface LoadedConfig {
  readonly programs: readonly Program[]
  /** What it says of the agent itself. */
  readonly settings: AgentSettings
  readonly problems: readonly Problem[]
  /** Where the API is to be found besides its usual socket; null where nothing is said. */
  readonly api: ApiSettings | null
  readonly listeners: readonly Listener[]
  /** All files that were read, absolute, env files aside. */
  readonly files: readonly string[]
  /** The file or folder that it began with, absolute; or the name of the text. */
  readonly root: string
}

/** Throws all mistakes at once if there is one. */
export function refuseInvalid(loaded: Pick<LoadedConfig, 'problems' | 'root'>): void {
  const errors = loaded.problems.filter(({ severity }) => severity === 'error')
  if (errors.length === 0) return
  const count = errors.length === 1 ? 'a mistake' : `${errors.length} mistakes`
  const what = loaded.root === 'standard input' ? 'Standard input' : `The configuration ${loaded.root}`
  // What came as a text, by a name and not by a path, is no file that the check could read.
  const isFile = loaded.root.startsWith('/')
  throw new UserError('config_invalid', `${what} has ${count}; nothing was changed.`, {
    hint: isFile
      ? 'Correct it, and look at it with `drover config check`.'
      : 'Correct the text, and apply it again.',
    problems: loaded.problems,
  })
}
