/**
 * The config host, built as the package builds it, for tests that run configurations which are programs.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from 'esbuild'

export interface BuiltHost {
  readonly hostPath: string
  remove(): void
}

/** Far from `node_modules`, so that a test shows that the bundle needs none. */
export async function buildHost(): Promise<BuiltHost> {
  const folder = mkdtempSync(join(tmpdir(), 'drover-host-'))
  const hostPath = join(folder, 'config-host.cjs')
  await build({
    entryPoints: [join(import.meta.dirname, 'evaluate-host.ts')],
    outfile: hostPath,
    bundle: true,
    minify: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    logLevel: 'error',
  })
  return { hostPath, remove: () => rmSync(folder, { recursive: true, force: true }) }
}
