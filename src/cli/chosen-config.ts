/**
 * Which configuration a command means that needs no agent: the one it names, else that of `-c`, else the usual names.
 */
import type { LoadedConfig } from '../config/load/loaded-config.ts'
import type { CommandContext } from './context.ts'
import { argument } from './define-command.ts'

export const configFile = argument.optional(
  'file',
  'a file or folder (default: -c, else the usual names)',
  'files',
)

export function loadChosen(
  file: string | null,
  { loadConfig, global, cwd }: CommandContext,
): Promise<LoadedConfig> {
  return loadConfig(file ?? global.config, { cwd })
}
