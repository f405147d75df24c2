/**
 * One of the five time fields of a crontab, as cron reads it, which is not as Drover reads it: the first character alone decides whether the field
 * counts as starred, ranges do not go around, and Debian's cron passes over whatever stands behind what it has understood.
 *
 * What comes out is what the field means, and the text of it that Drover understands in the same way.
 */
import { dayOfMonth, dayOfWeek, type Field, hour, minute, month } from '../../domain/schedule/field.ts'
import type { CronFlavor } from './crontab-flavor.ts'

export const cronFields: readonly Field[] = [minute, hour, dayOfMonth, month, dayOfWeek]

export interface CronField {
  /** Ascending, each once; Sunday is 0. Empty where only ranges were written that end before they begin. */
  readonly values: readonly number[]
  /** Whether it begins with `*`: whatever follows, cron takes the field for one with an asterisk then. */
  readonly isStarred: boolean
  /** What was understood, in words that mean the same to Drover. */
  readonly text: string
  /** Whether there is an asterisk or a step in it. */
  readonly hasWildcard: boolean
  /** Ranges that end before they begin: to cron they hold nothing. */
  readonly emptyRanges: readonly string[]
  /** A random value of cronie: `values` are those that it may be. */
  readonly isRandom: boolean
  /** What Debian's cron passes over. */
  readonly ignored: string
}

export type ReadCronField =
  | { readonly ok: true; readonly field: CronField }
  | { readonly ok: false; readonly why: string }

interface Item {
  readonly values: readonly number[]
  readonly text: string
  readonly kind: 'plain' | 'wildcard' | 'random' | 'empty'
  /** How much of the text it took. */
  readonly length: number
}

export function readCronField(text: string, field: Field, flavor: CronFlavor): ReadCronField {
  const items: Item[] = []
  let at = 0
  do {
    if (items.length > 0) at += 1
    const item = readItem(text.slice(at), field, flavor)
    if (typeof item === 'string') return { ok: false, why: item }
    items.push(item)
    at += item.length
  } while (text.charAt(at) === ',')
  const ignored = text.slice(at)
  if (ignored !== '' && flavor === 'cronie') return { ok: false, why: `it cannot go on with \`${ignored}\`` }
  const written = items.filter(({ kind }) => kind !== 'empty')
  return {
    ok: true,
    field: {
      values: [...new Set(items.flatMap(({ values }) => values).map((value) => inRange(value, field)))].sort(
        (a, b) => a - b,
      ),
      isStarred: text.startsWith('*'),
      text: written.map((item) => item.text).join(','),
      hasWildcard: items.some(({ kind }) => kind === 'wildcard'),
      emptyRanges: items.filter(({ kind }) => kind === 'empty').map((item) => item.text),
      isRandom: items.some(({ kind }) => kind === 'random'),
      ignored,
    },
  }
}

/** A text says what is wrong. */
function readItem(text: string, field: Field, flavor: CronFlavor): Item | string {
  const [first = ''] = /^[A-Za-z0-9]+/.exec(text) ?? []
  const behind = text.slice(first.length)
  if (flavor === 'cronie' && behind.startsWith('~')) return readRandom(first, behind.slice(1), field)
  if (text.startsWith('*')) {
    return withStep({ low: field.least, high: highestOf(field), text: '*' }, text.slice(1), field)
  }
  if (first === '') return text === '' ? 'a value is missing' : `\`${text}\` is no ${field.name}`
  const low = readNumber(first, field)
  if (low === null) return `\`${first}\` is no ${field.name}`
  if (behind.startsWith('/')) return `a step goes with a range or \`*\`, not with \`${first}\` alone`
  if (!behind.startsWith('-')) {
    return isWithin(low, field)
      ? { values: [low], text: cleaned(first), kind: 'plain', length: first.length }
      : `\`${first}\` is no ${field.name}`
  }
  const [last = ''] = /^[A-Za-z0-9]+/.exec(behind.slice(1)) ?? []
  const high = readNumber(last, field)
  if (high === null) return `\`${first}-${last}\` is no range`
  for (const [value, word] of [
    [low, first],
    [high, last],
  ] as const) {
    if (!isWithin(value, field)) return `\`${word}\` is no ${field.name}`
  }
  const rest = behind.slice(1 + last.length)
  const item = withStep({ low, high, text: `${cleaned(first)}-${cleaned(last)}` }, rest, field)
  return typeof item === 'string' ? item : { ...item, length: text.length - rest.length + item.length }
}

/** A range and what follows it; `length` counts from the asterisk, or from behind the range. */
function withStep(
  range: { readonly low: number; readonly high: number; readonly text: string },
  rest: string,
  field: Field,
): Item | string {
  const star = range.text === '*' ? 1 : 0
  const [, stepText] = /^\/([A-Za-z0-9]*)/.exec(rest) ?? []
  const step = stepText === undefined ? 1 : /^\d+$/.test(stepText) ? Number(stepText) : 0
  if (step === 0) return `\`/${stepText}\` is no step`
  const values: number[] = []
  for (let value = range.low; value <= range.high; value += step) values.push(value)
  // To Drover a step that is longer than the field is a mistake; to cron only the first value is left.
  const shown = Math.min(step, field.most - field.least + 1)
  const hasStep = stepText !== undefined
  return {
    values,
    text: hasStep ? `${range.text}/${shown}` : range.text,
    kind: values.length === 0 ? 'empty' : star === 1 || hasStep ? 'wildcard' : 'plain',
    length: star + (hasStep ? stepText.length + 1 : 0),
  }
}

/** `~`, `5~`, `~5`, `5~9`. */
function readRandom(first: string, rest: string, field: Field): Item | string {
  const [last = ''] = /^[A-Za-z0-9]+/.exec(rest) ?? []
  const written = `${first}~${last}`
  const low = first === '' ? field.least : readNumber(first, field)
  const high = last === '' ? highestOf(field) : readNumber(last, field)
  if (low === null || high === null || low > high || !isWithin(low, field) || !isWithin(high, field)) {
    return `\`${written}\` is no range`
  }
  const values = Array.from({ length: high - low + 1 }, (_, index) => low + index)
  return { values, text: written, kind: 'random', length: written.length }
}

/** By its name or its digits; null for what is neither. */
function readNumber(word: string, { least, names }: Field): number | null {
  const index = names.indexOf(word.toUpperCase())
  if (index >= 0) return least + index
  return /^\d+$/.test(word) ? Number(word) : null
}

/** Seven is Sunday as well, and the end of `*` for cron. */
function highestOf(field: Field): number {
  return field === dayOfWeek ? 7 : field.most
}

function isWithin(value: number, field: Field): boolean {
  return value >= field.least && value <= highestOf(field)
}

function inRange(value: number, field: Field): number {
  return field === dayOfWeek ? value % 7 : value
}

/** `0005` is 5. */
function cleaned(word: string): string {
  return /^\d{3,}$/.test(word) ? String(Number(word)) : word
}
