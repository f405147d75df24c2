/**
 * Tests with a real agent run what is built, so it is built first, unless that was done for these very sources: a stamp in `dist/` holds
 * the hash of all that goes into the build. What is built by hand in between is overwritten then.
 */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..')
const stampFile = join(root, 'dist', 'tested.stamp')

export function setup(): void {
  const stamp = hashSources()
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp) return
  const { status } = spawnSync(process.execPath, ['scripts/build.mjs', '--test'], {
    cwd: root,
    stdio: 'inherit',
  })
  if (status !== 0) throw new Error('The build failed, so there is nothing to test.')
  writeFileSync(stampFile, stamp)
}

function hashSources(): string {
  const hash = createHash('sha256')
  for (const folder of ['src', 'native', 'scripts']) {
    const files = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    for (const file of files
      .filter((name) => /\.(ts|mjs|[ch])$/.test(name) && !name.endsWith('.test.ts'))
      .sort()) {
      hash
        .update(file)
        .update('\0')
        .update(readFileSync(join(root, folder, file)))
        .update('\0')
    }
  }
  return hash.update(readFileSync(join(root, 'package.json'))).digest('hex')
}
