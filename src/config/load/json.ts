/**
 * JSON as the standard has it: no comments, no commas at the end. JavaScript's own reader gives the verdict and the value. It takes the last
 * of two equal keys without a word and knows few places, so a second look at the text finds keys that are written twice, lines, and
 * where a text stops being JSON.
 */
import { type FieldPath, fieldText, type Locate } from '../source.ts'
import { type ReadText, type SyntaxMistake, unreadable } from './syntax.ts'

export function readJson(text: string): ReadText {
  if (text.trim() === '') return unreadable(null, 'the file is empty', 'a table with programs and jobs')
  try {
    const value: unknown = JSON.parse(text)
    return { value, locate: locateInJson(text), mistakes: findDuplicates(text) }
  } catch (error) {
    const message = `this is not JSON: ${plainMessage(String(error))}`
    return unreadable(errorLine(text), message)
  }
}

function errorLine(text: string): number {
  const index = walk(text, () => {})
  // Where the text simply ends, the last line with something on it is the place.
  return lineAt(index < text.length ? text : text.trimEnd(), index)
}

function findDuplicates(text: string): SyntaxMistake[] {
  const mistakes: SyntaxMistake[] = []
  walk(text, ({ path, index, earlier }) => {
    if (earlier === null) return
    const message = `\`${String(path().at(-1))}\` is written twice, at first in line ${lineAt(text, earlier)}`
    const expected = `${fieldText(path())} once`
    mistakes.push({ code: 'duplicate_key', line: lineAt(text, index), path: path(), message, expected })
  })
  return mistakes
}

/** The places are only looked for when one is asked for: most configurations have no mistake. */
function locateInJson(text: string): Locate {
  let lines: Map<string, number> | null = null
  return (path) => {
    lines ??= linesOf(text)
    for (let length = path.length; length >= 0; length -= 1) {
      const line = lines.get(JSON.stringify(path.slice(0, length)))
      if (line !== undefined) return line
    }
    return null
  }
}

function linesOf(text: string): Map<string, number> {
  const lines = new Map<string, number>()
  let line = 1
  let counted = 0
  walk(text, ({ path, index }) => {
    line += lineAt(text.slice(counted, index), index) - 1
    counted = index
    lines.set(JSON.stringify(path()), line)
  })
  return lines
}

function lineAt(text: string, index: number): number {
  return text.slice(0, index).split('\n').length
}

const space = /[ \t\r\n]*/y
const quoted = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y
const scalar = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y

interface Part {
  readonly path: () => FieldPath
  /** Where the key begins, or the item of a list, or the whole value. */
  readonly index: number
  /** Where the same key was first in the same table. */
  readonly earlier: number | null
}

/** A table or list that is open: in a table the keys so far and the last of them, in a list the position. */
type Open =
  | { readonly kind: 'table'; readonly seen: Map<string, number>; at: string }
  | { readonly kind: 'list'; at: number }

/** Goes over the text, tells each part, and gives the index of the first token that does not fit; the length where all do. */
function walk(text: string, onPart: (part: Part) => void): number {
  const open: Open[] = []
  let next: 'value' | 'first' | 'key' | 'colon' | 'comma' = 'value'
  let index = 0
  const take = (pattern: RegExp): string | null => {
    pattern.lastIndex = index
    const match = pattern.exec(text)
    if (match) index += match[0].length
    return match?.[0] ?? null
  }
  const takeOne = (character: string): boolean => {
    if (text[index] !== character) return false
    index += 1
    return true
  }
  const path = (): FieldPath => open.map(({ at }) => at)
  for (;;) {
    take(space)
    const inside = open.at(-1)
    if ((next === 'first' || next === 'comma') && inside && takeOne(inside.kind === 'table' ? '}' : ']')) {
      open.pop()
      next = 'comma'
    } else if (next === 'comma') {
      if (!inside || !takeOne(',')) return index
      next = inside.kind === 'table' ? 'key' : 'value'
      if (inside.kind === 'list') inside.at += 1
    } else if (next === 'colon') {
      if (!takeOne(':')) return index
      next = 'value'
    } else if (inside?.kind === 'table' && next !== 'value') {
      const start = index
      const key = take(quoted)
      if (key === null) return index
      inside.at = JSON.parse(key) as string
      onPart({ path, index: start, earlier: inside.seen.get(inside.at) ?? null })
      if (!inside.seen.has(inside.at)) inside.seen.set(inside.at, start)
      next = 'colon'
    } else {
      if (inside?.kind !== 'table') onPart({ path, index, earlier: null })
      next = 'first'
      if (takeOne('{')) open.push({ kind: 'table', seen: new Map(), at: '' })
      else if (takeOne('[')) open.push({ kind: 'list', at: 0 })
      else if (take(quoted) === null && take(scalar) === null) return index
      else next = 'comma'
    }
  }
}

function plainMessage(message: string): string {
  return message
    .replace(/^SyntaxError: /, '')
    .replace(/ at position \d+.*$/s, '')
    .replace(/, ?\.{0,3}".*" is not valid JSON$/s, '')
}
