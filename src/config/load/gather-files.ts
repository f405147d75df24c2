/**
 * All files of a configuration: those that it begins with, and those that they include, each read once, with the way by which
 * each came in. The order is that of the files to begin with, then of what these include.
 */
import { resolve } from 'node:path'
import type { Problem } from '../../domain/user-error.ts'
import { isTable, problemAt } from '../source.ts'
import { emptyFolder, twiceIncluded } from './file-problems.ts'
import { look } from './find-files.ts'
import type { LoadOptions } from './loaded-config.ts'
import { type ReadFile, readFile, sourceOf } from './read-file.ts'

export interface Gathered {
  readonly files: readonly ReadFile[]
  /** File → the file that includes it. */
  readonly includedBy: ReadonlyMap<string, string>
  readonly problems: readonly Problem[]
}

/** Reads the files, and then what they include, until nothing new comes up. */
export async function gatherFiles(paths: readonly string[], options: LoadOptions): Promise<Gathered> {
  return gatherFrom(await readFiles(paths, options), new Set(paths), options)
}

/** The same, from files that were read already; `known` are those that need no second reading. */
export async function gatherFrom(
  first: readonly ReadFile[],
  known: Set<string>,
  options: LoadOptions,
): Promise<Gathered> {
  const files: ReadFile[] = []
  const includedBy = new Map<string, string>()
  const problems: Problem[] = []
  let wave = first
  while (wave.length > 0) {
    const next: string[] = []
    for (const includer of wave) {
      files.push(includer)
      const includes = includesOf(includer)
      problems.push(...includes.problems)
      for (const file of includes.files) {
        const before = includedBy.get(file) ?? includer.file
        if (before !== includer.file || leadsTo(includer.file, file, includedBy)) {
          problems.push(twiceIncluded(includer, file, before))
          continue
        }
        includedBy.set(file, includer.file)
        if (!known.has(file)) next.push(file)
        known.add(file)
      }
    }
    wave = await readFiles(next, options)
  }
  return { files, includedBy, problems }
}

/** Whether a file is another one, or came to be read through it. */
function leadsTo(file: string, ancestor: string, includedBy: ReadonlyMap<string, string>): boolean {
  for (let current: string | undefined = file; current !== undefined; current = includedBy.get(current)) {
    if (current === ancestor) return true
  }
  return false
}

/** Configurations that are programs need a process each, so not all of them at once. */
const readTogether = 4

async function readFiles(paths: readonly string[], options: LoadOptions): Promise<ReadFile[]> {
  const results: ReadFile[] = []
  for (let start = 0; start < paths.length; start += readTogether) {
    const some = paths.slice(start, start + readTogether)
    results.push(...(await Promise.all(some.map((path) => readFile(path, options)))))
  }
  return results
}

/** The files that a file includes, each as it lies; what is wrong with `include` as a value, the schema tells. */
function includesOf(includer: ReadFile): { files: string[]; problems: Problem[] } {
  const value = includer.read.value
  const include = isTable(value) && Array.isArray(value.include) ? value.include : []
  const files: string[] = []
  const problems: Problem[] = []
  include.forEach((written: unknown, index) => {
    if (typeof written !== 'string' || written.trim() === '') return
    const path = resolve(includer.folder, written)
    const found = look(path)
    if (found.kind === 'file') files.push(path)
    else if (found.kind === 'folder') {
      // A file that includes its own folder does not mean itself.
      files.push(...found.files.filter((file) => file !== includer.file && !files.includes(file)))
      if (found.files.length === 0) problems.push(emptyFolder(path, 'warning'))
    } else {
      const why = found.kind === 'missing' ? 'does not exist' : `cannot be read: ${found.reason}`
      problems.push(
        problemAt(sourceOf(includer, null), {
          code: 'include',
          path: ['include', index],
          message: `${path} ${why}`,
          value: written,
          expected: 'a file or folder that exists',
        }),
      )
    }
  })
  return { files, problems }
}
