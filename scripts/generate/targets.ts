/**
 * The generated files of the repository, each with the text it must have. Paths are relative to the root.
 */
import { configPage } from './config-page.ts'
import { configSchema } from './config-schema.ts'
import { configTypes } from './config-types.ts'

export interface Target {
  readonly path: string
  readonly text: string
}

export function targets(): Target[] {
  return [
    { path: 'src/config/config-types.generated.ts', text: configTypes() },
    { path: 'docs/reference/drover.schema.json', text: configSchema() },
    { path: 'docs/reference/configuration.md', text: configPage() },
  ]
}
