/**
 * Reads one configuration file, or one text, by its format.
 */
import { readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { TextFile } from '../parse-programs.ts'
import type { ParsedSource } from '../source.ts'
import { readScript, type Script } from './evaluate.ts'
import { writtenFunctions } from './evaluated-value.ts'
import { type ConfigFormat, formatOf, knownEndings } from './format.ts'
import type { LoadOptions } from './loaded-config.ts'
import { type ReadText, readData, type SyntaxMistake, unreadable } from './syntax.ts'

/** A file that was read, or a text that stands for one. */
export interface ReadFile {
  /** Absolute, or the name of the text. */
  readonly file: string
  readonly folder: string
  readonly read: ReadText
}

export async function readFile(file: string, options: LoadOptions): Promise<ReadFile> {
  return { file, folder: dirname(file), read: await readPath(file, options) }
}

async function readPath(file: string, options: LoadOptions): Promise<ReadText> {
  const format = formatOf(file)
  if (format === null) {
    return unreadable(
      null,
      'the format is unknown',
      `a name that ends in ${knownEndings.map((ending) => `.${ending}`).join(', ')}`,
    )
  }
  const found = readTextFile(file)
  if (found.kind !== 'text') {
    return unreadable(
      null,
      found.kind === 'missing' ? 'the file is gone' : `the file cannot be read: ${found.reason}`,
    )
  }
  return readText(found.text, format, { file, text: found.text, fromText: false }, options)
}

export async function readText(
  text: string,
  format: ConfigFormat,
  script: Script,
  options: LoadOptions,
): Promise<ReadText> {
  if (format !== 'ts' && format !== 'js') return refuseFunctions(await readData(text, format))
  const { hostPath, evaluationTimeoutMs } = options
  return readScript(script, {
    hostPath,
    ...(evaluationTimeoutMs === undefined ? {} : { timeoutMs: evaluationTimeoutMs }),
  })
}

/** In a format that has no functions nobody can have meant one. */
function refuseFunctions(read: ReadText): ReadText {
  const mistakes = writtenFunctions(read.value).map(
    (path): SyntaxMistake => ({
      code: 'not_data',
      line: read.locate(path),
      path,
      message: 'a function can only be written in a configuration in TypeScript or JavaScript',
      expected: path[0] === 'listeners' ? 'a `command` instead' : 'a schedule, or a list of them',
    }),
  )
  return mistakes.length === 0 ? read : { ...read, mistakes: [...read.mistakes, ...mistakes] }
}

export function sourceOf(file: ReadFile, includedBy: string | null): ParsedSource {
  return {
    file: file.file,
    folder: file.folder,
    value: file.read.value,
    locate: file.read.locate,
    includedBy,
  }
}

export function readTextFile(path: string): TextFile {
  try {
    return { kind: 'text', text: readFileSync(path, 'utf8') }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    return code === 'ENOENT' ? { kind: 'missing' } : { kind: 'unreadable', reason: message }
  }
}
