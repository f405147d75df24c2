/** Which program runs the scripts of a package: what its `packageManager` says, else the lock file beside it, else npm. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { isTable } from '../config/source.ts'

export type PackageRunner = 'npm' | 'pnpm' | 'yarn' | 'bun'

const lockFiles: readonly (readonly [string, PackageRunner])[] = [
  ['pnpm-lock.yaml', 'pnpm'],
  ['yarn.lock', 'yarn'],
  ['bun.lock', 'bun'],
  ['bun.lockb', 'bun'],
]

export function runnerOf(folder: string, value: unknown): PackageRunner {
  const said = isTable(value) ? String(value.packageManager ?? '').split('@')[0] : ''
  if (said === 'npm' || said === 'pnpm' || said === 'yarn' || said === 'bun') return said
  return lockFiles.find(([file]) => existsSync(join(folder, file)))?.[1] ?? 'npm'
}
