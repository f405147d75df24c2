/**
 * JSON as the standard has it: no comments, no commas at the end. JavaScript's own reader gives the verdict and the value; the YAML
 * reader, for which JSON is a subset, gives the lines and finds keys that are written twice.
 */
import { LineCounter, parseDocument } from 'yaml'
import { nowhere, type ReadText, unreadable } from './syntax.ts'
import { findDuplicateKeys, locateIn } from './yaml.ts'

export function readJson(text: string): ReadText {
  if (text.trim() === '') return unreadable(null, 'the file is empty', 'a table with programs')
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    return unreadable(errorLine(text), `this is not JSON: ${plainMessage(String(error))}`, 'strict JSON')
  }
  const lines = new LineCounter()
  const document = parseDocument(text, {
    lineCounter: lines,
    uniqueKeys: false,
    strict: false,
    prettyErrors: false,
  })
  // Some JSON is beyond the YAML reader, such as keys of more than 1024 characters. Without lines it is as good.
  if (document.errors.length > 0) return { value, locate: nowhere, mistakes: [] }
  return {
    value,
    locate: locateIn(document, lines),
    mistakes: findDuplicateKeys(document.contents, lines, []),
  }
}

const space = /[ \t\r\n]*/y
const quoted = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y
const scalar = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y

/** The line of the first token that does not fit: JavaScript's reader tells the place of some mistakes only. */
function errorLine(written: string): number {
  const open: ('{' | '[')[] = []
  let next: 'value' | 'first' | 'key' | 'colon' | 'comma' = 'value'
  let index = 0
  const take = (pattern: RegExp): boolean => {
    pattern.lastIndex = index
    const match = pattern.exec(written)
    if (match) index += match[0].length
    return match !== null
  }
  const takeOne = (character: string): boolean => {
    if (written[index] !== character) return false
    index += 1
    return true
  }
  for (;;) {
    take(space)
    const inside = open.at(-1)
    const mayClose = inside !== undefined && (next === 'first' || next === 'comma')
    if (mayClose && takeOne(inside === '{' ? '}' : ']')) {
      open.pop()
      next = 'comma'
    } else if (next === 'comma') {
      if (inside === undefined || !takeOne(',')) break
      next = inside === '{' ? 'key' : 'value'
    } else if (next === 'colon') {
      if (!takeOne(':')) break
      next = 'value'
    } else if (next === 'key' || (next === 'first' && inside === '{')) {
      if (!take(quoted)) break
      next = 'colon'
    } else if (written[index] === '{' || written[index] === '[') {
      open.push(written[index] === '{' ? '{' : '[')
      index += 1
      next = 'first'
    } else {
      if (!take(quoted) && !take(scalar)) break
      next = 'comma'
    }
  }
  // Where the text simply ends, the last line with something on it is the place.
  const before = written.slice(0, index)
  return (index < written.length ? before : before.trimEnd()).split('\n').length
}

function plainMessage(message: string): string {
  return message
    .replace(/^SyntaxError: /, '')
    .replace(/ at position \d+.*$/s, '')
    .replace(/, ?\.{0,3}".*" is not valid JSON$/s, '')
}
