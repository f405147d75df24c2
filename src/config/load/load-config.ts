/**
 * Loads a configuration from where it lies: a file, a folder, or a text that came by another way. All ways meet in `parsePrograms`, so the
 * same text means the same everywhere. A configuration that cannot be found at all is an error; everything that is
 * wrong inside is a list of problems, and changes nothing by itself.
 */
import { join, resolve } from 'node:path'
import { UserError } from '../../domain/user-error.ts'
import { parsePrograms } from '../parse-programs.ts'
import { barrenProblem, emptyFolder, syntaxProblems } from './file-problems.ts'
import { look, searchConfig } from './find-files.ts'
import { formatOf } from './format.ts'
import { type Gathered, gatherFiles, gatherFrom } from './gather-files.ts'
import type { LoadedConfig, PathOptions, TextOptions } from './loaded-config.ts'
import { missingSecrets } from './missing-secrets.ts'
import { type ReadFile, readText, readTextFile, sourceOf } from './read-file.ts'

export type { LoadedConfig, LoadOptions } from './loaded-config.ts'
export { refuseInvalid } from './loaded-config.ts'
export { type ForeignFile, readForeign } from './read-foreign.ts'

/** A file or a folder, relative to `cwd`; with null the first of the usual names in `cwd`. */
export async function loadConfig(path: string | null, options: PathOptions): Promise<LoadedConfig> {
  const root = path === null ? searchConfig(options.cwd) : resolve(options.cwd, path)
  const found = look(root)
  switch (found.kind) {
    case 'missing':
      throw new UserError('config_unreadable', `The configuration ${root} does not exist.`, {
        hint: 'Name a file or a folder that exists.',
      })
    case 'unreadable':
      throw new UserError('config_unreadable', `The configuration ${root} cannot be read: ${found.reason}.`, {
        hint: 'Make it readable for the user that asks.',
      })
    case 'file':
      return finish(await gatherFiles([root], options), root)
    case 'folder': {
      const gathered = await gatherFiles(found.files, options)
      const problems = found.files.length > 0 ? gathered.problems : [emptyFolder(root, 'error')]
      return finish({ ...gathered, problems }, root)
    }
  }
}

/** A text that came by the API or from standard input. Paths in it are relative to `baseDir`, and `name` is what messages call it. */
export async function loadConfigText(text: string, options: TextOptions): Promise<LoadedConfig> {
  const { format, name, baseDir } = options
  // A program needs a place to be run at, for what it imports.
  const place = join(baseDir, formatOf(name) === format ? name : `${name}.${format}`)
  const read = await readText(text, format, { file: place, text, fromText: true }, options)
  const first: ReadFile = { file: name, folder: resolve(baseDir), read }
  return finish(await gatherFrom([first], new Set(), options), name)
}

function finish({ files, includedBy, problems }: Gathered, root: string): LoadedConfig {
  const sources = files.map((file) => sourceOf(file, includedBy.get(file.file) ?? null))
  const readable = sources.filter((source) => source.value !== undefined)
  const parsed = parsePrograms(readable, { readTextFile })
  const including = new Set(includedBy.values())
  const syntax = files.flatMap((file) => syntaxProblems(file))
  const barren = files.flatMap((file) => barrenProblem(file, including.has(file.file)))
  return {
    programs: parsed.programs,
    settings: parsed.settings,
    problems: [...problems, ...syntax, ...parsed.problems, ...barren, ...missingSecrets(parsed.programs)],
    api: parsed.api,
    listeners: parsed.listeners,
    files: files.map(({ file }) => file),
    root,
  }
}
