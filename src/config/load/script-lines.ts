/**
 * Where the keys of an object literal stand in the text of a TypeScript or JavaScript file. A program can make its configuration in
 * any way, so this is a guess that knows when it guesses: the path through the braces must fit, or the key must occur exactly
 * once; else the line is unknown.
 */
import type { Locate } from '../source.ts'

interface Key {
  readonly path: string
  readonly last: string
  readonly line: number
}

export function locateInScript(text: string): Locate {
  const keys = findKeys(text)
  const byPath = new Map<string, number>()
  const byName = new Map<string, number[]>()
  for (const { path, last, line } of keys) {
    if (!byPath.has(path)) byPath.set(path, line)
    byName.set(last, [...(byName.get(last) ?? []), line])
  }
  return (path) => {
    const names = path.filter((part) => typeof part === 'string')
    for (let length = names.length; length > 0; length -= 1) {
      const exact = byPath.get(JSON.stringify(names.slice(0, length)))
      if (exact !== undefined) return exact
      const alike = byName.get(names[length - 1] ?? '') ?? []
      if (alike.length === 1) return alike[0] ?? null
    }
    return null
  }
}

const skipped = /^(?:\/\/[^\n]*|\/\*[\s\S]*?\*\/|`(?:[^`\\]|\\[\s\S])*`)/
const keyStart =
  /^(?:"((?:[^"\\\n]|\\.)*)"|'((?:[^'\\\n]|\\.)*)'|([\p{ID_Start}$_][\p{ID_Continue}$]*))(\s*:)?/u

/** Every `name:` inside braces, with the names of the braces around it. */
function findKeys(text: string): Key[] {
  const keys: Key[] = []
  const braces: (string | null)[] = []
  let pending: string | null = null
  let line = 1
  let index = 0
  while (index < text.length) {
    const rest = text.slice(index, index + 2000)
    const word = skipped.exec(rest) ?? null
    const name = word ? null : keyStart.exec(rest)
    const taken = word?.[0] ?? name?.[0] ?? text[index] ?? ''
    if (name) {
      const written = name[1] ?? name[2] ?? name[3] ?? ''
      if (name[4] !== undefined && braces.length > 0) {
        const path = [...braces.filter((part) => part !== null), written]
        keys.push({ path: JSON.stringify(path), last: written, line })
        pending = written
      }
    } else if (taken === '{') {
      braces.push(pending)
      pending = null
    } else if (taken === '}') {
      braces.pop()
      pending = null
    } else if (taken === ',' || taken === ';') {
      pending = null
    }
    line += taken.split('\n').length - 1
    index += taken.length
  }
  return keys
}
