/**
 * Reads TypeScript just well enough to guard the house: blanks comments and the contents of strings, templates and regular expressions,
 * at their places, so that a pattern over the rest means code; and finds what a file imports. It does not parse: what is
 * no valid TypeScript gives nonsense. (The compiler has no API that a test could use.)
 */
export interface Import {
  readonly specifier: string
  readonly line: number
}

/** The same text with the same lines, where only code is left; quotes stay, what is between them does not. */
export function onlyCode(source: string): string {
  let code = ''
  let at = 0
  /** For each template that is open: how many braces its present `${` has open. */
  const templates: number[] = []
  const blank = (end: number): void => {
    code += source.slice(at, end).replace(/[^\n]/g, ' ')
    at = end
  }
  const keep = (length: number): void => {
    code += source.slice(at, at + length)
    at += length
  }
  const template = (): void => {
    blank(endOf(/(?:[^\\`$]|\\[\s\S]|\$(?!\{))*/y, source, at))
    if (source.startsWith('${', at)) {
      keep(2)
      templates.push(0)
    } else {
      keep(1)
    }
  }
  while (at < source.length) {
    const char = source[at]
    const depth = templates.at(-1)
    if (source.startsWith('//', at)) {
      blank(endOf(/[^\n]*/y, source, at))
    } else if (source.startsWith('/*', at)) {
      blank(endOf(/\/\*[\s\S]*?\*\//y, source, at))
    } else if (char === "'" || char === '"') {
      keep(1)
      blank(endOf(char === "'" ? /(?:[^\\'\n]|\\[\s\S])*/y : /(?:[^\\"\n]|\\[\s\S])*/y, source, at))
      keep(1)
    } else if (char === '`') {
      keep(1)
      template()
    } else if (char === '}' && depth === 0) {
      templates.pop()
      keep(1)
      template()
    } else if (char === '/' && /(?:^|[=(,:;!&|?{}[\n>]|\breturn|\bcase)\s*$/.test(code.slice(-40))) {
      keep(1)
      blank(endOf(/(?:[^\\/[\n]|\\.|\[(?:[^\\\]\n]|\\.)*\])*/y, source, at))
      keep(1)
    } else {
      if (depth !== undefined && char === '{') templates[templates.length - 1] = depth + 1
      if (depth !== undefined && char === '}') templates[templates.length - 1] = depth - 1
      keep(1)
    }
  }
  return code
}

const importPatterns = [
  // import … from '…', import '…', export … from '…', with or without `type`.
  /\b(?:import|export)\b(?:[^'"`;(]*?\bfrom)?\s*(['"])/g,
  // import('…'), as a call or in a type.
  /\bimport\s*\(\s*(['"])/g,
]

export function importsOf(source: string): Import[] {
  const code = onlyCode(source)
  const found = new Map<number, Import>()
  for (const pattern of importPatterns) {
    for (const match of code.matchAll(pattern)) {
      const start = match.index + match[0].length
      const specifier = source.slice(start, code.indexOf(match[1] ?? '', start))
      found.set(start, { specifier, line: lineAt(source, start) })
    }
  }
  return [...found.entries()].sort(([a], [b]) => a - b).map(([, each]) => each)
}

/** From 1. */
export function lineAt(source: string, offset: number): number {
  return source.slice(0, offset).split('\n').length
}

function endOf(pattern: RegExp, source: string, at: number): number {
  pattern.lastIndex = at
  return at + (pattern.exec(source)?.[0].length ?? 0)
}
