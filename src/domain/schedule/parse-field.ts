/**
 * One field of a cron expression, read item by item into the values that it means. What may stand in every field is read here: `*`, `?`, values
 * and names, ranges that may wrap around, steps, and the spreads `H` and `~`. What only days have is in `parse-days.ts`.
 */
import { expectedIn, type Field } from './field.ts'
import { spreadOf } from './spread.ts'

/** A mistake with its place in the text. */
export interface Mistake {
  readonly isMistake: true
  readonly message: string
  readonly expected: string
  readonly start: number
  readonly end: number
}

/** A part of the expression, with the place where it begins. */
export interface Piece {
  readonly text: string
  readonly start: number
}

export interface FieldValues {
  readonly values: readonly number[]
  /** All there are, by `*`, `?` or a step of 1 from them; a list of all values is none. */
  readonly isEach: boolean
  /** By a wildcard or a step: then the job follows real time where clocks are changed. */
  readonly isInterval: boolean
}

export function isMistake<T extends object>(read: T | Mistake): read is Mistake {
  return 'isMistake' in read
}

export function mistakeIn({ text, start }: Piece, message: string, expected: string): Mistake {
  return { isMistake: true, message, expected, start, end: start + text.length }
}

/** `seed` is what `H` and `~` are spread by. The values come ascending, each once. */
export function parseField(piece: Piece, field: Field, seed: string): FieldValues | Mistake {
  if (isWildcard(piece.text)) return eachOf(field)
  const items: FieldValues[] = []
  for (const one of itemsOf(piece)) {
    const item = parseItem(one, field, seed)
    if (isMistake(item)) return item
    items.push(item)
  }
  return {
    values: [...new Set(items.flatMap(({ values }) => values))].sort((a, b) => a - b),
    isEach: items.some(({ isEach }) => isEach),
    isInterval: items.some(({ isInterval }) => isInterval),
  }
}

function isWildcard(text: string): boolean {
  return text === '*' || text === '?'
}

const wholeFields = new Map<Field, FieldValues>()

/** Most fields of most expressions: listed once, since 130 years for each of ten thousand jobs take their time. */
function eachOf(field: Field): FieldValues {
  let each = wholeFields.get(field)
  if (!each) {
    each = { values: rangeFrom(field, field.least, field.most), isEach: true, isInterval: true }
    wholeFields.set(field, each)
  }
  return each
}

/** What stands between commas. Whoever reads an empty one refuses it. */
export function itemsOf({ text, start }: Piece): Piece[] {
  let at = start
  return text.split(',').map((item) => {
    const piece = { text: item, start: at }
    at += item.length + 1
    return piece
  })
}

export function parseItem(piece: Piece, field: Field, seed: string): FieldValues | Mistake {
  if (piece.text === '') return mistakeIn(piece, 'there is an empty place in the list', expectedIn(field))
  const [baseText = '', stepText, ...more] = piece.text.split('/')
  const base = { text: baseText, start: piece.start }
  if (more.length > 0) return mistakeIn(piece, `${quoted(piece.text)} has two steps`, expectedIn(field))
  const step = stepText === undefined ? null : readStep(stepText, piece, field)
  if (step !== null && isMistake(step)) return step
  if (isWildcard(baseText)) {
    const range = rangeFrom(field, field.least, field.most)
    const isEach = step === null || step.every === 1
    return { values: stepped(range, step, 0), isEach, isInterval: true }
  }
  const spread = readSpread(base, field)
  if (spread !== null) return isMistake(spread) ? spread : spreadItem(spread.range, step, field, seed)
  const range = readRange(base, field, step !== null)
  return isMistake(range)
    ? range
    : { values: stepped(range.range, step, 0), isEach: false, isInterval: step !== null }
}

/** A value by its number or its name. 7 as a day of the week stays 7, so that ranges can end with it. */
export function readValue(piece: Piece, field: Field): { readonly value: number } | Mistake {
  const { name, least, most, names } = field
  const index = names.indexOf(piece.text.toUpperCase())
  if (index >= 0) return { value: least + index }
  const value = /^\d{1,4}$/.test(piece.text) ? Number(piece.text) : null
  const highest = name === 'day of week' ? 7 : most
  if (value !== null && value >= least && value <= highest) return { value }
  const what = piece.text === '' ? 'a value is missing' : `${quoted(piece.text)} is no ${name}`
  return mistakeIn(piece, what, expectedIn(field))
}

export function quoted(text: string): string {
  return `\`${text.length > 40 ? `${text.slice(0, 39)}…` : text}\``
}

interface Step {
  readonly every: number
}

function readStep(text: string, item: Piece, field: Field): Step | Mistake {
  const piece = { text, start: item.start + item.text.length - text.length }
  const size = field.most - field.least + 1
  const expected = `a step from 1 to ${size}; for spans that do not fit into it, @every`
  if (!/^\d{1,9}$/.test(text)) {
    const what = text === '' ? 'a step is missing behind `/`' : `${quoted(text)} is no step`
    return mistakeIn(text === '' ? item : piece, what, expected)
  }
  const every = Number(text)
  if (every === 0) return mistakeIn(piece, 'a step of 0 leads nowhere', expected)
  return every > size
    ? mistakeIn(piece, `a step of ${every} is longer than the field, which has ${size} values`, expected)
    : { every }
}

interface Range {
  readonly range: readonly number[]
}

/** `4`, `4-9`, and `22-2` around the end; with a step, `4/5` goes to the end. */
function readRange(piece: Piece, field: Field, hasStep: boolean): Range | Mistake {
  const parts = piece.text.split('-')
  if (parts.length > 2) return mistakeIn(piece, `${quoted(piece.text)} is no range`, expectedIn(field))
  const [lowText = '', highText] = parts
  const low = readValue({ text: lowText, start: piece.start }, field)
  if (isMistake(low)) return low
  if (highText === undefined) {
    const high = hasStep ? field.most : low.value
    return { range: hasStep ? rangeFrom(field, low.value, high) : [wrapped(field, low.value)] }
  }
  const high = readValue({ text: highText, start: piece.start + lowText.length + 1 }, field)
  return isMistake(high) ? high : ranged(piece, field, low.value, high.value)
}

/** `H`, `H(a-b)`, `~`, `a~b`, `a~`, `~b`: the values of which one is taken; null where the text is none of them. */
function readSpread(piece: Piece, field: Field): Range | Mistake | null {
  const { text, start } = piece
  const hash = /^H(?:\((.*)\))?$/i.exec(text)
  const tilde = text.indexOf('~')
  if (hash === null && tilde < 0) return null
  if (field.name === 'year') return mistakeIn(piece, 'years cannot be spread', expectedIn(field))
  if (text === '~' || (hash !== null && hash[1] === undefined)) {
    return { range: rangeFrom(field, field.least, field.mostOfSpread) }
  }
  if (hash !== null) return readRange({ text: hash[1] ?? '', start: start + 2 }, field, false)
  const [lowText, highText] = [text.slice(0, tilde), text.slice(tilde + 1)]
  const low = lowText === '' ? { value: field.least } : readValue({ text: lowText, start }, field)
  if (isMistake(low)) return low
  const highPiece = { text: highText, start: start + tilde + 1 }
  const high = highText === '' ? { value: field.most } : readValue(highPiece, field)
  return isMistake(high) ? high : ranged(piece, field, low.value, high.value)
}

/** Without a step, one value; with a step, where it begins. */
function spreadItem(range: readonly number[], step: Step | null, field: Field, seed: string): FieldValues {
  const spread = spreadOf(seed, field.name)
  if (step === null) {
    const value = range[spread % range.length]
    return { values: value === undefined ? [] : [value], isEach: false, isInterval: false }
  }
  const first = spread % Math.min(step.every, range.length)
  return { values: stepped(range, step, first), isEach: false, isInterval: true }
}

function ranged(piece: Piece, field: Field, low: number, high: number): Range | Mistake {
  return field.name === 'year' && low > high
    ? mistakeIn(piece, `the range ${quoted(piece.text)} ends before it begins`, expectedIn(field))
    : { range: rangeFrom(field, low, high) }
}

function rangeFrom(field: Field, low: number, high: number): number[] {
  const size = field.most - field.least + 1
  const end = high >= low ? high : high + size
  return Array.from({ length: end - low + 1 }, (_, index) => wrapped(field, low + index))
}

function wrapped({ least, most }: Field, value: number): number {
  return ((value - least) % (most - least + 1)) + least
}

function stepped(range: readonly number[], step: Step | null, first: number): number[] {
  return step === null
    ? [...range]
    : range.filter((_, index) => index >= first && (index - first) % step.every === 0)
}
