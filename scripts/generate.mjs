/**
 * Writes everything in the repository that is made from something else. With `--check` it writes nothing, names each file that is
 * stale and exits with 1. What is made, `generate/targets.ts` lists; it is TypeScript, so it is bundled first, since Node 20 must do.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'esbuild'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
// Inside the repository, so that packages are found from there.
const folder = mkdtempSync(join(root, 'node_modules', '.generate-'))
try {
  const outfile = join(folder, 'targets.mjs')
  await build({
    entryPoints: [join(root, 'scripts/generate/targets.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    packages: 'external',
    logLevel: 'warning',
  })
  const { targets } = await import(pathToFileURL(outfile).href)
  const stale = targets(root).filter(({ path, text }) => textOf(join(root, path)) !== text)
  if (process.argv.includes('--check')) check(stale)
  else write(stale)
} finally {
  rmSync(folder, { recursive: true, force: true })
}

function textOf(path) {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return null
  }
}

function check(stale) {
  for (const { path } of stale) console.error(`${path} is stale: run \`node scripts/generate.mjs\``)
  if (stale.length > 0) process.exitCode = 1
}

function write(stale) {
  for (const { path, text } of stale) {
    writeFileSync(join(root, path), text)
    console.log(`wrote ${path}`)
  }
}
