/**
 * One configuration text after its syntax was read, whatever the syntax was: the value, and where its parts were written. This is
 * all that the rules know of files; reading them is `load/`'s matter.
 */
import type { Problem } from '../domain/user-error.ts'

/** The way to a part of a configuration: keys, and positions in lists. */
export type FieldPath = readonly (string | number)[]

/** The line, from 1, of the part or of the nearest one around it; null where that is not known. */
export type Locate = (path: FieldPath) => number | null

export interface ParsedSource {
  /** Absolute path, or the name that a text without a file goes by. */
  readonly file: string
  /** What relative paths in the source are relative to. Absolute. */
  readonly folder: string
  readonly value: unknown
  readonly locate: Locate
  /** The file whose `include` brought this one, and whose `defaults` hold here as well. */
  readonly includedBy: string | null
}

/** A table of keys, as opposed to a list or a single value. */
export function isTable(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** `programs.mailer.processes`, with keys that are no plain words in brackets. */
export function fieldText(path: FieldPath): string {
  return path
    .map((part, index) => {
      if (typeof part === 'number') return `[${part}]`
      if (!/^[\w:$-]+$/.test(part)) return `[${JSON.stringify(part)}]`
      return index === 0 ? part : `.${part}`
    })
    .join('')
}

/** What a mistake is made of, where it lies in a source. */
export interface Mistake {
  readonly code: string
  readonly path: FieldPath
  readonly message: string
  readonly severity?: Problem['severity']
  readonly value?: string | null
  readonly expected?: string | null
  readonly suggestion?: string | null
}

export function problemAt(source: Pick<ParsedSource, 'file' | 'locate'>, mistake: Mistake): Problem {
  return {
    severity: mistake.severity ?? 'error',
    code: mistake.code,
    file: source.file,
    line: source.locate(mistake.path),
    field: fieldText(mistake.path),
    value: mistake.value ?? null,
    message: mistake.message,
    expected: mistake.expected ?? null,
    suggestion: mistake.suggestion ?? null,
  }
}

const longestValue = 60

/**
 * A value as a message shows it. What stands below `env` is only named by its kind: it may be a secret, and messages end up in
 * logs.
 */
export function valueText(value: unknown, path: FieldPath): string {
  if (value === undefined) return 'nothing'
  if (path.includes('env')) return kindText(value)
  const text = typeof value === 'number' ? String(value) : jsonText(value)
  return text.length > longestValue ? `${text.slice(0, longestValue)}…` : text
}

function jsonText(value: unknown): string {
  try {
    return JSON.stringify(value) ?? typeof value
  } catch {
    // Nested too deep, or in a circle.
    return kindText(value)
  }
}

function kindText(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object') return 'a table of keys'
  return typeof value === 'string' ? 'text' : `a ${typeof value}`
}
