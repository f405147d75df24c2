/**
 * Which files make up a configuration: the one that is named, all that lie in a named folder, or the first of the usual names.
 */
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { UserError } from '../../domain/user-error.ts'
import { isFragment, searchedNames } from './format.ts'

export type Found =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'folder'; readonly path: string; readonly files: readonly string[] }
  | { readonly kind: 'missing' }
  | { readonly kind: 'unreadable'; readonly reason: string }

export function look(path: string): Found {
  try {
    const stats = statSync(path)
    if (stats.isDirectory()) return { kind: 'folder', path, files: filesBelow(path) }
    return stats.isFile() ? { kind: 'file', path } : { kind: 'unreadable', reason: 'it is no regular file' }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    return code === 'ENOENT' || code === 'ENOTDIR'
      ? { kind: 'missing' }
      : { kind: 'unreadable', reason: message }
  }
}

/** The first of the usual names in a folder. */
export function searchConfig(folder: string): string {
  for (const name of searchedNames) {
    const path = join(folder, name)
    if (look(path).kind === 'file') return path
  }
  throw new UserError('config_unreadable', `There is no configuration in ${folder}.`, {
    hint: `Name one with --config, or write a drover.yaml. Looked for: ${searchedNames.join(', ')}.`,
  })
}

/** At any depth, in the order of their paths; hidden entries and node_modules aside. Links to folders are not followed: they may lead in circles. */
function filesBelow(folder: string): string[] {
  const entries = readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))
  return entries.flatMap((entry) => {
    const path = join(folder, entry.name)
    if (entry.name.startsWith('.') || entry.name === 'node_modules') return []
    if (entry.isDirectory()) return filesBelow(path)
    return isFragment(entry.name) && look(path).kind === 'file' ? [path] : []
  })
}
