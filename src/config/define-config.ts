/**
 * What a `drover.config.ts` imports. It changes nothing; it gives editors the types.
 */
import type { Config, EventPatterns, TypedConfig } from './config-types.generated.ts'

export type * from './config-types.generated.ts'

/**
 * Declares a configuration, with completion and hover in the editor.
 *
 * @example
 * export default defineConfig({ programs: { mailer: { command: 'node worker.js', processes: 3 } } })
 */
export function defineConfig<
  const L extends { readonly [name: string]: EventPatterns } = Record<never, never>,
>(config: TypedConfig<L>): Config {
  // With functions that know their events, where a listener of any kind is declared.
  return config as unknown as Config
}
