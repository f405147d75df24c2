/**
 * What each reader of a format gives: the value and the places of its parts, or where the text stopped making sense. And the choice
 * of the reader, which is loaded when it is first needed: an agent that never reads TOML carries no TOML parser.
 */
import type { FieldPath, Locate } from '../source.ts'
import type { ConfigFormat } from './format.ts'

export interface SyntaxMistake {
  readonly code: string
  /** From 1. */
  readonly line: number | null
  readonly path: FieldPath
  readonly message: string
  readonly expected: string | null
}

export interface ReadText {
  /** Undefined where the text has no value at all. */
  readonly value: unknown
  readonly locate: Locate
  readonly mistakes: readonly SyntaxMistake[]
}

export const nowhere: Locate = () => null

export function unreadable(line: number | null, message: string, expected: string | null = null): ReadText {
  return {
    value: undefined,
    locate: nowhere,
    mistakes: [{ code: 'syntax', line, path: [], message, expected }],
  }
}

/** Reads a text that is data. What is a program has to be run: `evaluate.ts`. */
export async function readData(text: string, format: Exclude<ConfigFormat, 'ts' | 'js'>): Promise<ReadText> {
  const plain = text.replace(/^\uFEFF/, '')
  switch (format) {
    case 'yaml':
      return (await import('./yaml.ts')).readYaml(plain)
    case 'json':
      return (await import('./json.ts')).readJson(plain)
    case 'toml':
      return (await import('./toml.ts')).readToml(plain)
  }
}
