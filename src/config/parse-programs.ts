/**
 * From configuration texts, their syntax already read, to programs. All mistakes of all sources are told at once; a program
 * with a mistake is not among the programs. What no file says is not looked up here: env files are read by
 * the function that the caller hands in.
 */
import type { AgentSettings } from '../domain/agent-settings.ts'
import type { ApiSettings } from '../domain/api-settings.ts'
import type { Listener } from '../domain/events/listener.ts'
import type { Program } from '../domain/program.ts'
import type { Problem } from '../domain/user-error.ts'
import { readSettings } from './agent-settings.ts'
import { readApi } from './api-settings.ts'
import { buildJob } from './build-job.ts'
import { readListeners } from './build-listeners.ts'
import { type BuiltProgram, buildProgram } from './build-program.ts'
import { checkSchema } from './check-schema.ts'
import { findDuplicates, findSharedFiles, findSharedSockets, type PlacedProgram } from './cross-checks.ts'
import { parseEnvFile } from './env-file.ts'
import { mergeDefaults, type SharedInput, withAbsolutePaths } from './merge-defaults.ts'
import { resolvePath } from './paths.ts'
import { canonicalName, parseProgramKey } from './program-name.ts'
import { type ConfigInput, config } from './schema/config.ts'
import { type JobInput, sharedWithPrograms } from './schema/job.ts'
import type { ProgramInput } from './schema/program.ts'
import { settleDependencies } from './settle-dependencies.ts'
import { type FieldPath, isTable, type Mistake, type ParsedSource, problemAt } from './source.ts'
import { findUnmetSubjects } from './unmet-subjects.ts'

export type TextFile =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'missing' }
  | { readonly kind: 'unreadable'; readonly reason: string }

export interface ParseContext {
  /** Reads an env file, given by its absolute path. */
  readonly readTextFile: (path: string) => TextFile
}

export interface ParsedPrograms {
  readonly programs: readonly Program[]
  readonly settings: AgentSettings
  readonly problems: readonly Problem[]
  readonly api: ApiSettings | null
  readonly listeners: readonly Listener[]
}

export function parsePrograms(sources: readonly ParsedSource[], context: ParseContext): ParsedPrograms {
  const fragments = sources.map((source) => readFragment(source))
  const byFile = new Map(fragments.map((fragment) => [fragment.source.file, fragment]))
  const outcomes = fragments.flatMap((fragment) => {
    const defaults = effectiveDefaults(fragment, byFile)
    return fragment.programs.map((written) => ({
      ...written,
      source: fragment.source,
      ...readProgram(written, defaults, fragment.source, context),
    }))
  })
  const placed = outcomes.flatMap(({ source, path, program }): PlacedProgram[] =>
    program === null ? [] : [{ source, path, program }],
  )
  const named = outcomes.flatMap(({ source, path, name }) => (name === null ? [] : [{ source, path, name }]))
  const agent = readSettings(sources)
  const api = readApi(fragments.map(({ source, failsApi }) => ({ source, fails: failsApi })))
  const listening = readListeners(fragments)
  const problems = [
    ...agent.problems,
    ...fragments.flatMap((fragment) => fragment.problems),
    ...outcomes.flatMap((outcome) => outcome.problems),
    ...findDuplicates(named),
    ...findSharedFiles(placed),
    ...findSharedSockets(placed),
    ...api.problems,
    ...listening.problems,
    ...findUnmetSubjects(
      sources,
      outcomes.flatMap(({ name, program }) =>
        name === null ? [] : [{ name, group: program?.group ?? name.split(':')[0] ?? name }],
      ),
      Object.keys(agent.settings.alerts.heartbeats),
    ),
  ]
  const valid = outcomes.flatMap(({ source, path, program, valid }): PlacedProgram[] =>
    program !== null && valid ? [{ source, path, program }] : [],
  )
  const settled = settleDependencies(valid, new Set(named.map(({ name }) => name)))
  return {
    programs: settled.programs,
    settings: agent.settings,
    problems: inOrder([...problems, ...settled.problems], sources),
    api: api.api,
    listeners: listening.listeners,
  }
}

/** One source after the schema looked at it. */
interface Fragment {
  readonly source: ParsedSource
  readonly defaults: SharedInput
  readonly programs: readonly WrittenProgram[]
  readonly problems: readonly Problem[]
  readonly failsApi: boolean
  /** Whether the schema found a mistake there. */
  readonly fails: (path: FieldPath) => boolean
}

type Table = 'programs' | 'jobs'

interface WrittenProgram {
  readonly table: Table
  readonly key: string
  readonly path: FieldPath
  /** Paths absolute; null when the schema found a mistake. */
  readonly input: ProgramInput | JobInput | null
  /** As written, for what can be told of a wrong one. */
  readonly raw: unknown
}

function readFragment(source: ParsedSource): Fragment {
  const mistakes = checkSchema(config, source.value)
  const problems = mistakes.map((mistake) => problemAt(source, mistake))
  const fails = (path: FieldPath): boolean =>
    mistakes.some((mistake) =>
      path.every((part, index) => mistake.path[index] === part || mistake.path.length === 0),
    )
  const value = isTable(source.value) ? source.value : {}
  const defaults =
    isTable(value.defaults) && !fails(['defaults'])
      ? withAbsolutePaths((value as ConfigInput).defaults ?? {}, source.folder)
      : {}
  const programs = (['programs', 'jobs'] as const).flatMap((table) => {
    const written = isTable(value[table]) ? value[table] : {}
    return Object.entries(written).map(([key, raw]): WrittenProgram => {
      const path = [table, key]
      const input = fails(path) ? null : withAbsolutePaths(raw as ProgramInput | JobInput, source.folder)
      return { table, key, path, input, raw }
    })
  })
  return { source, defaults, programs, problems, failsApi: fails(['api']), fails }
}

/** The defaults of a file above those of the files that include it. */
function effectiveDefaults(fragment: Fragment, byFile: ReadonlyMap<string, Fragment>): SharedInput {
  const seen = new Set<Fragment>()
  let defaults: SharedInput = {}
  for (let current: Fragment | undefined = fragment; current && !seen.has(current); ) {
    seen.add(current)
    defaults = mergeDefaults(current.defaults, defaults)
    current = byFile.get(current.source.includedBy ?? '')
  }
  return defaults
}

interface ReadProgram {
  /** Null where too little is known to tell what it would do. */
  readonly program: Program | null
  readonly valid: boolean
  /** Known even of a program with other mistakes; null where the name itself is one. */
  readonly name: string | null
  readonly problems: readonly Problem[]
}

function readProgram(
  written: WrittenProgram,
  defaults: SharedInput,
  source: ParsedSource,
  context: ParseContext,
): ReadProgram {
  const parsedKey = parseProgramKey(written.key)
  if (parsedKey === null) {
    const reserved = { code: 'bad_name', path: written.path, value: written.key }
    const message = `\`${written.key}\` is a word with a meaning of its own; choose another name`
    // Keys of a wrong form were told by the schema already.
    const problems = isReservedForm(written.key) ? [problemAt(source, { ...reserved, message })] : []
    return { program: null, valid: false, name: null, problems }
  }
  const own = isTable(written.raw) && typeof written.raw.group === 'string' ? written.raw.group : null
  const group = parsedKey.group ?? own ?? defaults.group ?? parsedKey.name
  const name = canonicalName(group, parsedKey.name)
  if (parsedKey.group !== null && own !== null && own !== parsedKey.group) {
    const problem = problemAt(source, {
      code: 'contradiction',
      path: [...written.path, 'group'],
      message: `the key says the group is \`${parsedKey.group}\`, this says \`${own}\``,
      value: own,
      expected: 'one of the two, not both',
      suggestion: parsedKey.group,
    })
    return { program: null, valid: false, name: null, problems: [problem] }
  }
  if (written.input === null) return { program: null, valid: false, name, problems: [] }
  const env = readEnvFiles(written.input.envFiles ?? defaults.envFiles ?? [], written.path, source, context)
  const parts = { name: parsedKey.name, group, folder: source.folder, fileEnv: env.values }
  const { program, mistakes } = build(written, defaults, parts)
  const problems = [
    ...env.problems,
    ...mistakes.map((mistake: Mistake) =>
      problemAt(source, { ...mistake, path: [...written.path, ...mistake.path] }),
    ),
  ]
  return { program, valid: !problems.some(({ severity }) => severity === 'error'), name, problems }
}

/** Of the defaults a job takes those that mean something for it. */
function build(
  { table, input }: WrittenProgram,
  defaults: SharedInput,
  parts: Omit<Parameters<typeof buildProgram>[0], 'input'>,
): BuiltProgram {
  if (table === 'programs')
    return buildProgram({ ...parts, input: mergeDefaults(defaults, input as ProgramInput) })
  const shared = Object.fromEntries(Object.entries(defaults).filter(([key]) => key in sharedWithPrograms))
  return buildJob({ ...parts, input: mergeDefaults(shared as SharedInput, input as JobInput) as JobInput })
}

function isReservedForm(key: string): boolean {
  return key.split(':').includes('all')
}

function readEnvFiles(
  files: NonNullable<ProgramInput['envFiles']>,
  program: FieldPath,
  source: ParsedSource,
  context: ParseContext,
): { values: Record<string, string>; problems: Problem[] } {
  const values: Record<string, string> = {}
  const problems: Problem[] = []
  files.forEach((written, index) => {
    const file = typeof written === 'string' ? { path: written, optional: false } : written
    const path = resolvePath(source.folder, file.path)
    const found = context.readTextFile(path)
    if (found.kind === 'missing' && file.optional) return
    if (found.kind !== 'text') {
      const why = found.kind === 'missing' ? 'does not exist' : `cannot be read: ${found.reason}`
      problems.push(
        problemAt(source, {
          code: 'env_file',
          path: [...program, 'envFiles', index],
          message: `the env file ${path} ${why}`,
          value: path,
          expected: 'a file that can be read, or { path, optional: true }',
        }),
      )
      return
    }
    const parsed = parseEnvFile(found.text)
    Object.assign(values, parsed.values)
    for (const { line, message } of parsed.mistakes) {
      const fake = { file: path, locate: () => line }
      problems.push(problemAt(fake, { code: 'env_file', path: [], message, expected: 'NAME=value' }))
    }
  })
  return { values, problems }
}

/** By file as the sources come, then by line; the same mistake in one place once. */
function inOrder(problems: readonly Problem[], sources: readonly ParsedSource[]): Problem[] {
  const rank = new Map(sources.map((source, index) => [source.file, index]))
  const key = (problem: Problem): string =>
    JSON.stringify([problem.file, problem.line, problem.field, problem.message])
  const once = [...new Map(problems.map((problem) => [key(problem), problem])).values()]
  const rankOf = (problem: Problem): number => rank.get(problem.file ?? '') ?? sources.length
  return once.sort((a, b) => rankOf(a) - rankOf(b) || (a.line ?? 0) - (b.line ?? 0))
}
