/**
 * The smallest pieces of the schema: texts, numbers, spans of time, sizes, paths. Each is declared with the one sentence of what
 * it expects, which is also what a person reads who wrote something else, and each turns what was written into the unit
 * that the rest of Drover speaks.
 */
import * as v from 'valibot'
import { unknownPlaceholders } from '../placeholders.ts'
import { durationPattern, durationText, parseDuration, parseSize, sizePattern, sizeText } from '../units.ts'

/** What a key means to a person: for hover, for editors, for the reference page. */
export interface KeyNotes {
  /** Full sentences. */
  readonly description: string
  readonly examples: readonly unknown[]
  readonly unit?: string
  /** In words, where the default is not one fixed value. */
  readonly defaultText?: string
  /** How it works together with other keys. */
  readonly relation?: string
  /** What it is called in the types, where that is one that no schema could make. */
  readonly typeName?: string
}

/** A schema with its notes. The notes change no type. */
export function key<const S extends v.GenericSchema>(schema: S, notes: KeyNotes): S {
  return v.pipe(schema, v.metadata({ ...notes })) as unknown as S
}

/**
 * A named group of keys that accepts no others, and is never a list. To the type system it is valibot's strict object; that one
 * tells only the first of several unknown keys, so it is made of the object that judges each further key by itself.
 */
export function block<const E extends v.ObjectEntries>(name: string, entries: E, expected: string) {
  const schema = v.objectWithRest(entries, v.never('unknown key'), expected)
  return v.pipe(refusingLists(schema) as unknown as v.StrictObjectSchema<E, string>, v.title(name))
}

/** Keys of the user's own choice. */
export function table<const V extends v.GenericSchema>(
  keys: v.GenericSchema<string, string>,
  value: V,
  expected: string,
) {
  return refusingLists(v.record(keys, value, expected))
}

/** Valibot takes a list for an object, and would name its positions as unknown keys. */
function refusingLists<S extends v.GenericSchema>(schema: S): S {
  const refusing: v.GenericSchema = {
    ...schema,
    '~run'(dataset, config) {
      if (!Array.isArray(dataset.value)) return schema['~run'](dataset, config)
      // This turns the data set into a failed one, in place.
      v._addIssue(schema, 'type', dataset, config)
      return dataset as unknown as v.FailureDataset<v.BaseIssue<unknown>>
    },
  }
  return refusing as S
}

export function text(expected: string) {
  return v.pipe(v.string(expected), v.regex(/^[^\0]*\S[^\0]*$/, expected))
}

export function wholeNumber(min: number, max: number, what = 'a whole number') {
  const expected = `${what} from ${min} to ${max}`
  return v.pipe(v.number(expected), v.integer(expected), v.minValue(min, expected), v.maxValue(max, expected))
}

export function flag() {
  return v.boolean('true or false')
}

/** Milliseconds inside; seconds or a text with a unit outside. */
export function duration(minMs: number, maxMs: number) {
  const expected = `a duration from ${durationText(minMs)} to ${durationText(maxMs)}: seconds as a number, or a text like 500ms, 1.5s, 10m, 2h`
  const inRange = (written: number | string): boolean => {
    const span = parseDuration(written)
    return span !== null && span >= minMs && span <= maxMs
  }
  return v.pipe(
    v.union(
      [
        v.pipe(v.number(), v.minValue(minMs / 1000, expected), v.maxValue(maxMs / 1000, expected)),
        v.pipe(v.string(), v.regex(durationPattern, expected)),
      ],
      expected,
    ),
    v.check(inRange, expected),
    v.transform((written) => parseDuration(written) ?? Number.NaN),
    v.metadata({ typeName: 'Duration' }),
  )
}

/** Bytes inside; bytes or a text with a unit outside. `zero` says what 0 means, where it is allowed besides the range. */
export function size(minBytes: number, maxBytes: number, zero: string | null) {
  const range = `a size from ${sizeText(minBytes)} to ${sizeText(maxBytes)}: bytes as a number, or a text like 64KB, 10MB, 1GB`
  const expected = zero === null ? range : `${range}; or 0, ${zero}`
  const inRange = (written: number | string): boolean => {
    const bytes = parseSize(written)
    return bytes !== null && ((zero !== null && bytes === 0) || (bytes >= minBytes && bytes <= maxBytes))
  }
  return v.pipe(
    v.union(
      [v.pipe(v.number(), v.minValue(0, expected)), v.pipe(v.string(), v.regex(sizePattern, expected))],
      expected,
    ),
    v.check(inRange, expected),
    v.transform((written) => parseSize(written) ?? Number.NaN),
    v.metadata({ typeName: 'Size' }),
  )
}

/** A path, absolute or relative to the folder of the file that it stands in. */
export function path(what: string) {
  const expected = `${what}, absolute or relative to this file’s folder (~ and variables are not expanded)`
  return v.pipe(text(expected), v.regex(/^(?!~|\$)/, expected))
}

/** A path of a file to write, where the words for other targets are known as well. */
export function outputPath(words: string) {
  const expected = `${words}, or the path of a file (with a slash or a dot in it)`
  const placeholdersExpected = `${expected}; the placeholders are {program}, {group}, {slot} and {index}`
  const noDevice =
    'a regular file: it is rotated by renaming, which devices and /proc don’t survive. /dev/null is `discard`'
  return v.pipe(
    text(expected),
    v.regex(/^(?!~|\$)[\s\S]*[./]/, expected),
    v.regex(/[^/]$/, expected),
    v.regex(/^(?!\/+(dev|proc|sys)\/)/, noDevice),
    v.check((written) => unknownPlaceholders(written).length === 0, placeholdersExpected),
  )
}

const deepest = 100

/** Whether a value can be written as JSON and read back as the same. What is nested more than 100 deep counts as a mistake. */
export function isJson(value: unknown, depth = 0): boolean {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return true
  if (typeof value === 'number') return Number.isFinite(value)
  if (Array.isArray(value)) return depth < deepest && value.every((item) => isJson(item, depth + 1))
  if (typeof value !== 'object' || depth >= deepest) return false
  return Object.values(value).every((item) => isJson(item, depth + 1))
}
