/**
 * The generated files of the repository, each with the text it must have. Paths are relative to the root.
 */
import { apiTypes } from './api-types.ts'
import { cliPage } from './cli-page.ts'
import { configPage } from './config-page.ts'
import { configSchema } from './config-schema.ts'
import { configTypes } from './config-types.ts'
import { errorsPage, exitCodesPage } from './error-pages.ts'
import { eventsPage } from './events-page.ts'
import { openApiPage } from './openapi-page.ts'

export interface Target {
  readonly path: string
  readonly text: string
}

/** `root`: of the repository. */
export function targets(root: string): Target[] {
  return [
    { path: 'src/config/config-types.generated.ts', text: configTypes(root) },
    { path: 'src/contract/api-types.generated.ts', text: apiTypes() },
    { path: 'docs/reference/drover.schema.json', text: configSchema() },
    { path: 'docs/reference/configuration.md', text: configPage() },
    { path: 'docs/reference/cli.md', text: cliPage() },
    { path: 'docs/reference/events.md', text: eventsPage(root) },
    { path: 'docs/reference/errors.md', text: errorsPage() },
    { path: 'docs/reference/exit-codes.md', text: exitCodesPage() },
    { path: 'docs/reference/openapi.json', text: openApiPage() },
  ]
}
