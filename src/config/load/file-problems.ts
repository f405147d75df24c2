/**
 * What is wrong with a configuration file or folder as a whole, rather than with what it says of a program.
 */
import type { Problem } from '../../domain/user-error.ts'
import { isTable, problemAt } from '../source.ts'
import { knownEndings } from './format.ts'
import { type ReadFile, sourceOf } from './read-file.ts'

export function syntaxProblems({ file, read }: ReadFile): Problem[] {
  return read.mistakes.map(({ code, line, path, message, expected }) =>
    problemAt({ file, locate: () => line }, { code, path, message, expected }),
  )
}

/**
 * A file without `programs` may be one that was cut short while it was written: taken at its word, a reload would stop everything.
 * Whoever means it writes an empty `programs`.
 */
export function barrenProblem({ file, read }: ReadFile, includes: boolean): Problem[] {
  const { value } = read
  if (value === undefined || (value !== null && !isTable(value))) return []
  const tables = isTable(value) ? [value.programs, value.jobs] : []
  const isBarren = tables.every((one) => one === undefined || (isTable(one) && Object.keys(one).length === 0))
  if (!isBarren || includes) return []
  return [
    {
      severity: tables.every((one) => one === undefined) ? 'error' : 'warning',
      code: 'no_program',
      file,
      line: null,
      field: 'programs',
      value: null,
      message: 'the file declares no program and no job',
      expected: 'at least one program or job, or `programs: {}` where none is meant',
      suggestion: null,
    },
  ]
}

export function emptyFolder(path: string, severity: Problem['severity']): Problem {
  return {
    severity,
    code: 'empty_folder',
    file: path,
    line: null,
    field: '',
    value: null,
    message: 'there is no configuration file in this folder, at any depth',
    expected: `files that end in ${knownEndings.map((ending) => `.${ending}`).join(', ')}`,
    suggestion: null,
  }
}

export function twiceIncluded(includer: ReadFile, file: string, by: string): Problem {
  const circle = by === includer.file
  return problemAt(sourceOf(includer, null), {
    code: 'include',
    path: ['include'],
    message: circle ? `${file} includes this file, in a circle` : `${file} is already included by ${by}`,
    value: file,
    expected: 'each file included once',
  })
}
