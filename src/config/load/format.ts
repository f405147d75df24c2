/**
 * Which files are configurations, by their names, and in which format.
 */
import { basename } from 'node:path'

export type ConfigFormat = 'yaml' | 'json' | 'toml' | 'ts' | 'js'

const formatByEnding: Readonly<Record<string, ConfigFormat>> = {
  yaml: 'yaml',
  yml: 'yaml',
  json: 'json',
  toml: 'toml',
  ts: 'ts',
  mts: 'ts',
  cts: 'ts',
  js: 'js',
  mjs: 'js',
  cjs: 'js',
}

export const knownEndings = Object.keys(formatByEnding)

/** What is looked for where no file is named, in this order. */
export const searchedNames = [
  ...['ts', 'mts', 'js', 'mjs', 'cjs'].map((ending) => `drover.config.${ending}`),
  ...['yaml', 'yml', 'json', 'toml'].map((ending) => `drover.${ending}`),
]

export function formatOf(file: string): ConfigFormat | null {
  const ending = /\.([^.]+)$/.exec(basename(file))?.[1] ?? ''
  return Object.hasOwn(formatByEnding, ending) ? (formatByEnding[ending] ?? null) : null
}

/** Whether a file in a folder counts: of a known format, not hidden, no declaration of types and no test. */
export function isFragment(name: string): boolean {
  return !name.startsWith('.') && formatOf(name) !== null && !/\.(d|test|spec)\.[cm]?[jt]s$/.test(name)
}
