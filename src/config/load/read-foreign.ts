/**
 * Reads a file of another tool (PM2's ecosystem file, a package.json) for its value. What is a program runs in the config host, as a configuration does:
 * never in the process that asks, nor in an agent.
 */
import { resolve } from 'node:path'
import { UserError } from '../../domain/user-error.ts'
import { syntaxProblems } from './file-problems.ts'
import { look } from './find-files.ts'
import type { PathOptions } from './loaded-config.ts'
import { readFile } from './read-file.ts'

export interface ForeignFile {
  /** Absolute. */
  readonly file: string
  readonly value: unknown
  /** What had to be left out of the value, such as functions. */
  readonly refusals: readonly string[]
}

/** Throws a `UserError` where there is no value at all. */
export async function readForeign(path: string, options: PathOptions): Promise<ForeignFile> {
  const file = resolve(options.cwd, path)
  const found = look(file)
  if (found.kind !== 'file') {
    const why =
      found.kind === 'missing'
        ? 'does not exist'
        : found.kind === 'folder'
          ? 'is a folder'
          : `cannot be read: ${found.reason}`
    throw new UserError('config_unreadable', `${file} ${why}.`, { hint: 'Name a file that can be read.' })
  }
  const read = await readFile(file, options)
  if (read.read.value === undefined) {
    throw new UserError('config_unreadable', `${file} could not be read.`, {
      hint: 'Correct the file; nothing was written.',
      problems: syntaxProblems(read),
    })
  }
  const refusals = read.read.mistakes.map(({ path: place, message }) => `\`${place.join('.')}\`: ${message}`)
  return { file, value: read.read.value, refusals }
}
