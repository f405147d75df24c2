/**
 * Holds a value against a schema and says every mistake in the form that people read: the value, what was expected, and the
 * nearest thing that would have been right. The schema judges; here only the words are found.
 */
import * as v from 'valibot'
import { nearest, plainWord } from '../domain/nearest.ts'
import { insteadInJobs, insteadInPrograms } from './foreign-job-keys.ts'
import { type ForeignKey, foreignKey, foreignValue } from './foreign-keys.ts'
import { nameRule, tamedName } from './program-name.ts'
import { deeperKeys, keysAt, wordsAt } from './schema/tree.ts'
import { type FieldPath, type Mistake, valueText } from './source.ts'

type Issue = v.BaseIssue<unknown>

export function checkSchema(schema: v.GenericSchema, value: unknown): Mistake[] {
  const result = v.safeParse(schema, value)
  const issues = result.success ? [] : result.issues.flatMap((issue) => decisiveIssues(issue, []))
  return [...forbiddenKeys(value, []), ...issues.map(({ issue, path }) => mistakeOf(schema, issue, path))]
}

interface PlacedIssue {
  readonly issue: Issue
  readonly path: FieldPath
}

/**
 * A union that fails says only that nothing fitted. Where one of its alternatives got deeper into the value than the others, that is
 * the one that was meant, and its mistakes are the useful ones.
 */
function decisiveIssues(issue: Issue, prefix: FieldPath): PlacedIssue[] {
  const path = [...prefix, ...pathOf(issue)]
  const deeper = (issue.issues ?? []).filter((inner) => (inner.path ?? []).length > 0)
  if (issue.type === 'union' && deeper.length > 0) {
    return deeper.flatMap((inner) => decisiveIssues(inner, path))
  }
  return [{ issue, path }]
}

function pathOf(issue: Issue): FieldPath {
  return (issue.path ?? []).map((item) => (typeof item.key === 'number' ? item.key : String(item.key)))
}

function mistakeOf(schema: v.GenericSchema, issue: Issue, path: FieldPath): Mistake {
  const last = issue.path?.at(-1)
  if (issue.type === 'never') return unknownKey(schema, path, issue.input)
  if (last?.origin === 'key' && issue.kind === 'schema') return missingKey(path, issue, schema)
  if (last?.origin === 'key') return badKey(path)
  const value = valueText(issue.input, path)
  return {
    code: 'wrong_value',
    path,
    message: `expected ${issue.message}, got ${value}`,
    value,
    expected: issue.message,
    suggestion: valueSuggestion(schema, path, issue.input),
  }
}

function missingKey(path: FieldPath, issue: Issue, schema: v.GenericSchema): Mistake {
  const missing = path.at(-1)
  const expected =
    missing === 'command'
      ? 'text, which /bin/sh runs, or a list of the program and its arguments'
      : issue.message
  const near = nearKeyWritten(schema, issue, path)
  return {
    code: 'missing_key',
    path,
    message: `is missing; expected ${expected}${near === null ? '' : ` (\`${near}\` is written instead)`}`,
    expected,
  }
}

/** A key beside the missing one that was probably meant to be it. */
function nearKeyWritten(schema: v.GenericSchema, issue: Issue, path: FieldPath): string | null {
  const around = issue.path?.at(-1)?.input
  const missing = String(path.at(-1))
  if (typeof around !== 'object' || around === null) return null
  const known = keysAt(schema, path.slice(0, -1))
  return Object.keys(around).find((key) => !known.includes(key) && nearest(key, known) === missing) ?? null
}

function badKey(path: FieldPath): Mistake {
  const written = String(path.at(-1))
  const isEnv = path.includes('env')
  const expected = isEnv ? 'the name of a variable, without = and spaces' : nameRule
  return {
    code: 'bad_name',
    path,
    message: `expected ${expected}`,
    value: written,
    expected,
    suggestion: isEnv ? null : tamedName(written),
  }
}

function unknownKey(schema: v.GenericSchema, path: FieldPath, input: unknown): Mistake {
  const written = String(path.at(-1))
  const around = path.slice(0, -1)
  const known = keysAt(schema, around)
  const mistake = {
    code: 'unknown_key',
    path,
    value: valueText(input, path),
    expected: `one of ${known.join(', ')}`,
  }
  const same = known.find((key) => plainWord(key) === plainWord(written))
  if (same) return { ...mistake, message: 'unknown key', suggestion: same }
  const place = placeOf(around)
  const foreign = place === null ? null : foreignKey(written, place)
  const isOwn = foreign !== null && (place === 'top' || foreign.table === `${place}s`)
  if (foreign && isOwn) return { ...mistake, ...saidOfForeign(written, foreign) }
  const misplaced = place === null || place === 'top' ? null : saidOfMisplaced(schema, written, place)
  if (misplaced) return { ...mistake, ...misplaced }
  const deeper = deeperKeys(schema, around).find(({ key }) => plainWord(key) === plainWord(written))
  if (deeper) return { ...mistake, message: 'unknown key', suggestion: deeper.way }
  if (foreign && place !== null && place !== 'top')
    return { ...mistake, ...saidOfForeign(written, foreign, { place, known }) }
  if (around[0] === 'defaults' && written === 'command') {
    return { ...mistake, message: 'unknown key; each program says its own command', suggestion: null }
  }
  const owner = place === 'top' ? ownerOf(schema, written) : null
  if (owner) {
    const message = `unknown key; \`${written}\` belongs to ${owners[owner]}`
    return { ...mistake, message, suggestion: `${owner}.<name>.${written}` }
  }
  const near = nearest(written, known)
  if (near) return { ...mistake, message: 'unknown key', suggestion: near }
  return { ...mistake, message: `unknown key; expected ${mistake.expected}`, suggestion: null }
}

type Place = 'program' | 'job'
type Said = Pick<Mistake, 'message' | 'suggestion' | 'expected'>

const owners = {
  programs: 'a program, under `programs.<name>`',
  jobs: 'a job, under `jobs.<name>`',
} as const

function placeOf(around: FieldPath): Place | 'top' | null {
  if (around.length === 0) return 'top'
  if (around[0] === 'jobs' && around.length === 2) return 'job'
  const inProgram =
    (around[0] === 'programs' && around.length === 2) || (around[0] === 'defaults' && around.length === 1)
  return inProgram ? 'program' : null
}

function ownerOf(schema: v.GenericSchema, key: string): keyof typeof owners | null {
  return (['programs', 'jobs'] as const).find((table) => keysAt(schema, [table, 'any']).includes(key)) ?? null
}

/** `where`: it is a key of the other table there, and perhaps of both here. */
function saidOfForeign(
  written: string,
  { origin, table, here, note }: ForeignKey,
  where: { place: Place; known: readonly string[] } | null = null,
): Said {
  const begin = `unknown key; \`${written}\` of ${origin}`
  if (here === null)
    return { message: `${begin} has no counterpart here: ${note}`, suggestion: null, expected: null }
  const more = note === null ? '' : `, ${note}`
  const [key = here] = here.split('.')
  if (where === null || where.known.includes(key))
    return { message: `${begin} is \`${here}\` here${more}`, suggestion: here }
  if (table === 'jobs')
    return { message: `${begin} is \`${here}\` of ${owners.jobs}${more}`, suggestion: `jobs.<name>.${here}` }
  const instead = insteadInJobs[key]
  return {
    message: `${begin} is \`${here}\` of a program${instead === undefined ? '' : `; ${instead}`}`,
    suggestion: null,
    expected: null,
  }
}

/** A key of a job in a program, or the other way round. */
function saidOfMisplaced(schema: v.GenericSchema, written: string, place: Place): Said | null {
  const [own, table, instead] =
    place === 'program'
      ? (['programs', 'jobs', insteadInPrograms] as const)
      : (['jobs', 'programs', insteadInJobs] as const)
  const key = keysAt(schema, [table, 'any']).find((one) => plainWord(one) === plainWord(written))
  if (key === undefined || keysAt(schema, [own, 'any']).includes(key)) return null
  const message = `unknown key; \`${key}\` belongs to ${owners[table]}`
  const better = instead[key]
  return better === undefined
    ? { message, suggestion: `${table}.<name>.${key}` }
    : { message: `${message}; ${better}`, suggestion: null, expected: null }
}

function valueSuggestion(schema: v.GenericSchema, path: FieldPath, input: unknown): string | null {
  if (typeof input === 'object' && input !== null) return null
  const words = wordsAt(schema, path)
  const foreign = foreignValue(path.at(-1), input)
  if (foreign !== null && words.includes(foreign)) return foreign
  // YAML reads 022 as the number 22.
  if (path.at(-1) === 'umask' && /^[0-7]{1,3}$/.test(String(input))) return `"0${String(input)}"`
  if (typeof input !== 'string') return null
  const text = input.trim()
  if (/^(true|yes|on)$/i.test(text) && acceptsAt(schema, path, true)) return 'true'
  if (/^(false|no|off)$/i.test(text) && acceptsAt(schema, path, false)) return 'false'
  if (/^-?\d+$/.test(text) && acceptsAt(schema, path, Number(text))) return text
  if (words.includes(text)) return text
  return nearest(text, words)
}

/** Whether the schema would take this value at the path instead. */
function acceptsAt(schema: v.GenericSchema, path: FieldPath, value: unknown): boolean {
  const wrapped = [...path]
    .reverse()
    .reduce<unknown>(
      (inner, part) =>
        typeof part === 'number' ? Array.from({ length: part + 1 }, () => inner) : { [part]: inner },
      value,
    )
  const result = v.safeParse(schema, wrapped)
  if (result.success) return true
  return !result.issues.some((issue) => pathOf(issue).length >= path.length && issue.input === value)
}

/** No key of the schema lies deeper. */
const deepestKey = 6

/** Valibot leaves these out without a word, so that they can't harm; a person should know. */
function forbiddenKeys(value: unknown, path: FieldPath): Mistake[] {
  const free = path.at(-1) === 'customData' || path.length > deepestKey
  if (typeof value !== 'object' || value === null || free) return []
  const nested = Array.isArray(value)
    ? value.flatMap((item, index) => forbiddenKeys(item, [...path, index]))
    : Object.entries(value).flatMap(([key, item]) => forbiddenKeys(item, [...path, key]))
  const own = Object.keys(value).filter((key) => ['__proto__', 'prototype', 'constructor'].includes(key))
  return [
    ...own.map((key) => ({
      code: 'bad_name',
      path: [...path, key],
      message: 'this name is taken by the language itself; choose another',
      value: key,
    })),
    ...nested,
  ]
}
