/**
 * From the scripts of a package.json to programs: those that are named, or those that by their names run for long. They are run by the package's own
 * runner, so that `node_modules/.bin`, `prestart` and the rest are as ever.
 */
import type { ProgramConfig } from '../config-types.generated.ts'
import { isTable } from '../source.ts'
import {
  type DraftConfig,
  type DraftEntry,
  type ImportPlace,
  nothingToImport,
  ProgramKeys,
} from './draft-config.ts'

export interface PackageSource {
  readonly name: string
  readonly value: unknown
  /** Of scripts; none means those that run for long. */
  readonly scripts: readonly string[]
  readonly runner: 'npm' | 'pnpm' | 'yarn' | 'bun'
  readonly place: ImportPlace
}

/** Three names for the same server, as a rule: the first that is there is meant. */
const servers = ['start', 'serve', 'dev']

export function importPackage(source: PackageSource): DraftConfig {
  const { name, value, runner } = source
  const scripts = scriptsOf(value)
  const known = Object.keys(scripts)
  for (const wanted of source.scripts) {
    if (known.includes(wanted)) continue
    throw nothingToImport(
      `${name} has no script \`${wanted}\`.`,
      known.length === 0 ? 'It has no scripts at all.' : `It has: ${known.join(', ')}.`,
    )
  }
  const chosen = source.scripts.length > 0 ? [...new Set(source.scripts)] : longRunning(known)
  if (chosen.length === 0) {
    throw nothingToImport(
      `${name} has no script that by its name runs for long (${servers.join(', ')}, worker).`,
      known.length === 0
        ? 'Write a configuration by hand, or begin with `drover init`.'
        : `Name those that are meant: \`drover import package ${name} ${known[0]}\`. It has: ${known.join(', ')}.`,
    )
  }
  const keys = new ProgramKeys()
  const left =
    source.scripts.length > 0 ? [] : servers.filter((one) => known.includes(one) && !chosen.includes(one))
  return {
    comments: [`Made from the scripts of ${name} by \`drover import package\`.`],
    entries: chosen.map((script) => programOf(script, runner, keys, source.place)),
    remarks: left.map(
      (one) => `the script \`${one}\` is left out, as another way to start the same; name it to have it`,
    ),
  }
}

/** Those that `drover init` and an import without names take. */
export function longRunning(scripts: readonly string[]): string[] {
  const server = servers.find((one) => scripts.includes(one))
  return [
    ...(server === undefined ? [] : [server]),
    ...scripts.filter((script) => /^(workers?|queues?)([:_-]|$)|^(start|serve)[:_-]workers?$/.test(script)),
  ]
}

export function scriptsOf(value: unknown): Record<string, string> {
  const scripts = isTable(value) && isTable(value.scripts) ? value.scripts : {}
  return Object.fromEntries(
    Object.entries(scripts).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  )
}

function programOf(
  script: string,
  runner: PackageSource['runner'],
  keys: ProgramKeys,
  place: ImportPlace,
): DraftEntry {
  const { key, remark } = keys.take(script)
  const value: ProgramConfig = {
    command: [runner, 'run', script],
    ...(place.sourceFolder === place.targetFolder ? {} : { cwd: place.sourceFolder }),
    // The runner is a parent that does not always pass signals on.
    stop: { target: 'group' },
  }
  return { table: 'programs', key, value, remarks: remark === null ? [] : [remark] }
}
