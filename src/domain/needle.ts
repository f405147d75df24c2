/**
 * A text that every match of a regular expression has in it, where one can be told from the pattern: bytes are searched for it many times
 * faster than lines are matched. When in doubt there is none; then each line is matched, and nothing is missed.
 */

/** The longest such text; null where none is sure. For patterns without flags: with `i` there is none. */
export function findNeedle(pattern: string): string | null {
  const found: string[] = []
  let run = ''
  const flush = (): void => {
    if (run !== '') found.push(run)
    run = ''
  }
  let at = 0
  while (at < pattern.length) {
    const atom = readAtom(pattern, at)
    // One of several ways, at the top: none of their texts is sure.
    if (atom === null || atom.kind === 'choice') return null
    at = atom.end
    const quantifier = /^(?:[*+?]|\{\d+(?:,\d*)?\})\??/.exec(pattern.slice(at))?.[0] ?? ''
    at += quantifier.length
    if (atom.kind !== 'text') {
      flush()
      continue
    }
    const isSure = quantifier === '' || quantifier.startsWith('+')
    if (isSure) run += atom.text
    if (quantifier !== '') flush()
  }
  flush()
  const longest = found.reduce((best, text) => (text.length > best.length ? text : best), '')
  return longest === '' ? null : longest
}

type Atom =
  | { readonly kind: 'text'; readonly text: string; readonly end: number }
  | { readonly kind: 'other' | 'choice'; readonly end: number }

/** Null where the pattern is of a form that this does not know. */
function readAtom(pattern: string, at: number): Atom | null {
  const char = pattern.charAt(at)
  switch (char) {
    case '|':
      return { kind: 'choice', end: at + 1 }
    case '.':
    case '^':
    case '$':
      return { kind: 'other', end: at + 1 }
    case '[': {
      const end = endOfClass(pattern, at)
      return end === null ? null : { kind: 'other', end }
    }
    case '(': {
      const end = endOfGroup(pattern, at)
      return end === null ? null : { kind: 'other', end }
    }
    case ')':
    case '{':
    case '}':
    case ']':
    case '*':
    case '+':
    case '?':
      return null
    case '\\':
      return readEscape(pattern, at)
    default:
      // Half a character has no bytes, and the sign for bytes that are none has others than they.
      return /[\ud800-\udfff\ufffd]/.test(char)
        ? { kind: 'other', end: at + 1 }
        : { kind: 'text', text: char, end: at + 1 }
  }
}

/** Punctuation means itself; everything with letters or digits is left alone, to its end. */
function readEscape(pattern: string, at: number): Atom | null {
  const rest = pattern.slice(at)
  const long = /^\\(?:x[\da-fA-F]{2}|u[\da-fA-F]{4}|c[a-zA-Z]|k<[^>]*>|\d+|[a-zA-Z])/.exec(rest)?.[0]
  if (long !== undefined) return { kind: 'other', end: at + long.length }
  const char = pattern.charAt(at + 1)
  return /^[!-/:-@[-`{-~ ]$/.test(char) ? { kind: 'text', text: char, end: at + 2 } : null
}

function endOfClass(pattern: string, begin: number): number | null {
  for (let at = begin + 1; at < pattern.length; at++) {
    if (pattern[at] === '\\') at += 1
    else if (pattern[at] === ']') return at + 1
  }
  return null
}

function endOfGroup(pattern: string, begin: number): number | null {
  let depth = 0
  for (let at = begin; at < pattern.length; at++) {
    const char = pattern[at]
    if (char === '\\') at += 1
    else if (char === '[') {
      const end = endOfClass(pattern, at)
      if (end === null) return null
      at = end - 1
    } else if (char === '(') depth += 1
    else if (char === ')') {
      depth -= 1
      if (depth === 0) return at + 1
    }
  }
  return null
}
