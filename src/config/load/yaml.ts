/**
 * YAML 1.2, where `yes` is text and `022` is 22. Anchors, aliases and `<<` work; several documents in one file and tags of one's own do
 * not. A key that is written twice is a mistake that names both lines.
 */
import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseAllDocuments,
} from 'yaml'
import { type FieldPath, fieldText, type Locate } from '../source.ts'
import { type ReadText, type SyntaxMistake, unreadable } from './syntax.ts'

export function readYaml(text: string): ReadText {
  const lines = new LineCounter()
  const documents = parseAllDocuments(text, {
    lineCounter: lines,
    uniqueKeys: false,
    merge: true,
    prettyErrors: false,
  })
  const [document, second] = 'empty' in documents ? [] : documents
  if (!document) return unreadable(null, 'the file is empty', 'a table with programs and jobs')
  if (second) {
    return unreadable(
      lines.linePos(second.range[0]).line,
      'a second document begins here',
      'one document per file',
    )
  }
  const mistakes = [...document.errors, ...document.warnings].map(
    (error): SyntaxMistake => ({
      code: 'syntax',
      line: lines.linePos(error.pos[0]).line,
      path: [],
      message: error.message.split('\n')[0] ?? '',
      expected: null,
    }),
  )
  const locate = locateIn(document, lines)
  if (mistakes.length > 0) return { value: undefined, locate, mistakes }
  if (document.contents === null)
    return unreadable(null, 'the file is empty', 'a table with programs and jobs')
  const value = plainValue(document)
  if (value === tooManyAliases) return unreadable(null, 'its aliases would multiply without end')
  return { value, locate, mistakes: findDuplicateKeys(document.contents, lines, []) }
}

const tooManyAliases = Symbol('too many aliases')

function plainValue(document: Document): unknown {
  try {
    return document.toJS({ maxAliasCount: 1000 })
  } catch (error) {
    if (error instanceof ReferenceError) return tooManyAliases
    throw error
  }
}

function findDuplicateKeys(node: unknown, lines: LineCounter, path: FieldPath): SyntaxMistake[] {
  if (isSeq(node))
    return node.items.flatMap((item, index) => findDuplicateKeys(item, lines, [...path, index]))
  if (!isMap(node)) return []
  const first = new Map<string, number | null>()
  return node.items.flatMap((pair) => {
    const key = keyText(pair.key)
    const here = [...path, key]
    const line = lineOf(pair.key, lines)
    const nested = findDuplicateKeys(pair.value, lines, here)
    if (!first.has(key) || key === '<<') {
      first.set(key, line)
      return nested
    }
    const message = `\`${key}\` is written twice, at first in line ${first.get(key) ?? '?'}`
    return [
      { code: 'duplicate_key', line, path: here, message, expected: `${fieldText(here)} once` },
      ...nested,
    ]
  })
}

/** The line of the key that leads to a part, or of the nearest part around it. */
function locateIn(document: Document, lines: LineCounter): Locate {
  return (path) => {
    let node: unknown = document.contents
    let line = lineOf(node, lines)
    for (const part of path) {
      if (isAlias(node)) node = node.resolve(document)
      if (isMap(node)) {
        const pair = node.items.findLast((item) => keyText(item.key) === String(part))
        if (!pair) break
        line = lineOf(pair.key, lines) ?? line
        node = pair.value
      } else if (isSeq(node) && typeof part === 'number') {
        node = node.items[part]
        line = lineOf(node, lines) ?? line
      } else {
        break
      }
    }
    return line
  }
}

function keyText(key: unknown): string {
  return String(isScalar(key) ? key.value : key)
}

function lineOf(node: unknown, lines: LineCounter): number | null {
  const start = (node as Node | null)?.range?.[0]
  return start === undefined ? null : lines.linePos(start).line
}
