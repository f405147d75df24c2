/**
 * What files there are below some patterns, and whether they changed: time, size and number of each. Looked at again and again, since
 * what the kernel tells of changes is lost on network and overlay file systems, needs a watch for each folder, and on Node 20 misses
 * files in folders that are new.
 */
import { readdir, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/** Of each path, what changes with it. */
export type FileState = ReadonlyMap<string, string>

export interface ScanResult {
  readonly files: FileState
  /** There are more than may be looked at; the rest was not. */
  readonly isCut: boolean
}

const mostFiles = 10_000
/** Files and folders that are looked at for them: a pattern below `/` must not walk the whole machine. */
const mostEntries = 50_000
const deepest = 50
const wildcards = /[*?{]/

/** All files that fit one of the absolute patterns and none of `ignore`. What cannot be read is as if it were not there. */
export async function scanFiles(paths: readonly string[], ignore: readonly string[]): Promise<ScanResult> {
  const files = new Map<string, string>()
  const ignored = ignore.map(toMatcher)
  const isIgnored = (path: string): boolean => ignored.some((fits) => fits(path) || fits(`${path}/`))
  /** A link may lead back up. */
  const folders = new Set<string>()
  let entries = 0
  let isCut = false

  const visit = async (path: string, fits: (path: string) => boolean, depth: number): Promise<void> => {
    if (isIgnored(path) || files.has(path)) return
    entries += 1
    if (entries > mostEntries) isCut = true
    const found = isCut ? null : await stat(path).catch(() => null)
    if (!found) return
    if (!found.isDirectory()) {
      if (!fits(path)) return
      if (files.size >= mostFiles) isCut = true
      else files.set(path, `${found.mtimeMs} ${found.size} ${found.ino}`)
      return
    }
    const identity = `${found.dev} ${found.ino}`
    if (depth >= deepest || folders.has(identity)) return
    folders.add(identity)
    const names = await readdir(path).catch(() => [])
    for (const name of names.sort()) {
      if (isCut) return
      await visit(join(path, name), fits, depth + 1)
    }
  }

  for (const pattern of paths) {
    folders.clear()
    await visit(baseOf(pattern), toMatcher(pattern), 0)
  }
  return { files, isCut }
}

/** Paths that were added, removed or changed. */
export function changedFiles(before: FileState, after: FileState): string[] {
  const changed = [...after].filter(([path, state]) => before.get(path) !== state).map(([path]) => path)
  const removed = [...before.keys()].filter((path) => !after.has(path))
  return [...changed, ...removed].sort()
}

/** The deepest folder, or the file, that is certain. */
export function baseOf(pattern: string): string {
  const at = pattern.search(wildcards)
  return at < 0 ? pattern : dirname(`${pattern.slice(0, at)}x`)
}

/** A path without wildcards means itself and all below it. */
export function toMatcher(pattern: string): (path: string) => boolean {
  if (!wildcards.test(pattern)) {
    const folder = pattern.endsWith('/') ? pattern : `${pattern}/`
    return (path) => path === pattern || path.startsWith(folder)
  }
  const expression = new RegExp(`^${toExpression(pattern)}$`, 's')
  return (path) => expression.test(path)
}

function toExpression(pattern: string): string {
  let depth = 0
  return (
    pattern.replace(/\*\*\/|\*\*|[\s\S]/g, (token) => {
      switch (token) {
        case '**/':
          return '(?:.*/)?'
        case '**':
          return '.*'
        case '*':
          return '[^/]*'
        case '?':
          return '[^/]'
        case '{':
          depth += 1
          return '(?:'
        case '}':
          if (depth === 0) return '\\}'
          depth -= 1
          return ')'
        case ',':
          return depth > 0 ? '|' : ','
        default:
          return token.replace(/[\\^$.|+()[\]]/, '\\$&')
      }
    }) + ')'.repeat(depth)
  )
}
