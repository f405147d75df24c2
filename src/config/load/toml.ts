/**
 * TOML 1.0. Its reader knows lines only of mistakes, so a light second look at the text finds where tables and keys begin.
 */
import { parse, TomlError } from 'smol-toml'
import type { FieldPath, Locate } from '../source.ts'
import { type ReadText, unreadable } from './syntax.ts'

export function readToml(text: string): ReadText {
  let value: unknown
  try {
    value = parse(text)
  } catch (error) {
    if (!(error instanceof TomlError)) throw error
    const message = error.message.split('\n')[0]?.replace(/^Invalid TOML document: /, '') ?? ''
    return unreadable(error.line, `this is not TOML: ${message}`)
  }
  return { value: withoutDates(value), locate: locateInToml(text), mistakes: [] }
}

/** A date is the text of it, as in the other formats. */
function withoutDates(value: unknown): unknown {
  if (value instanceof Date) return value.toISOString()
  if (Array.isArray(value)) return value.map(withoutDates)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withoutDates(item)]))
}

const bareOrQuoted = String.raw`(?:[A-Za-z0-9_-]+|"(?:[^"\\]|\\.)*"|'[^']*')`
const dottedKey = String.raw`${bareOrQuoted}(?:\s*\.\s*${bareOrQuoted})*`
const tableLine = new RegExp(String.raw`^\s*\[\[?\s*(${dottedKey})\s*\]`)
const keyLine = new RegExp(String.raw`^\s*(${dottedKey})\s*=(.*)$`, 's')

/** Exact for keys that begin a line; parts of inline tables and lists are placed at the key that holds them. */
export function locateInToml(text: string): Locate {
  const found = new Map<string, number>()
  const note = (path: readonly string[], line: number): void => {
    path.forEach((_, index) => {
      const id = JSON.stringify(path.slice(0, index + 1))
      if (!found.has(id)) found.set(id, line)
    })
  }
  let table: string[] = []
  let open: OpenValue = { quote: null, depth: 0 }
  text.split('\n').forEach((content, index) => {
    const inside = open.quote !== null || open.depth > 0
    const header = inside ? null : tableLine.exec(content)
    if (header) {
      table = keyParts(header[1] ?? '')
      note(table, index + 1)
      return
    }
    const assignment = inside ? null : keyLine.exec(content)
    if (assignment) note([...table, ...keyParts(assignment[1] ?? '')], index + 1)
    open = scanValue(assignment ? (assignment[2] ?? '') : content, open)
  })
  return (path) => nearestLine(found, path)
}

function nearestLine(found: ReadonlyMap<string, number>, path: FieldPath): number | null {
  for (let length = path.length; length > 0; length -= 1) {
    const line = found.get(JSON.stringify(path.slice(0, length).map(String)))
    if (line !== undefined) return line
  }
  return null
}

function keyParts(key: string): string[] {
  return [...key.matchAll(new RegExp(bareOrQuoted, 'g'))].map(([part]) => {
    if (part.startsWith("'")) return part.slice(1, -1)
    if (!part.startsWith('"')) return part
    try {
      return String(JSON.parse(part))
    } catch {
      return part.slice(1, -1)
    }
  })
}

interface OpenValue {
  /** The three quotes that are to close a text. */
  readonly quote: string | null
  /** Brackets that are open. */
  readonly depth: number
}

/** What is still open at the end of a line. */
function scanValue(line: string, before: OpenValue): OpenValue {
  let { quote, depth } = before
  let index = 0
  while (index < line.length) {
    if (quote !== null) {
      const end = line.indexOf(quote, index)
      if (end === -1) return { quote, depth }
      index = end + quote.length
      quote = null
      continue
    }
    const triple = line.slice(index, index + 3)
    if (triple === '"""' || triple === "'''") {
      quote = triple
      index += 3
      continue
    }
    const text = /^(?:"(?:[^"\\]|\\.)*"|'[^']*')/.exec(line.slice(index))
    if (text) {
      index += text[0].length
      continue
    }
    const character = line[index]
    if (character === '#') break
    if (character === '[' || character === '{') depth += 1
    if (character === ']' || character === '}') depth -= 1
    index += 1
  }
  return { quote, depth: Math.max(0, depth) }
}
