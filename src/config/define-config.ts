/**
 * What a `drover.config.ts` imports. It changes nothing; it gives editors the types.
 */
import type { Config } from './config-types.generated.ts'

export type * from './config-types.generated.ts'

/**
 * Declares a configuration, with completion and hover in the editor.
 *
 * @example
 * export default defineConfig({ programs: { mailer: { command: 'node worker.js', processes: 3 } } })
 */
export function defineConfig(config: Config): Config {
  return config
}
