/**
 * The API as a file, for those who look at it before an agent runs.
 */
import packageJson from '../../package.json' with { type: 'json' }
import { openApi } from '../../src/contract/openapi.ts'

export function openApiPage(): string {
  return `${JSON.stringify(openApi(packageJson.version), null, 2)}\n`
}
