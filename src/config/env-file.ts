/**
 * The text of an env file: one `NAME=value` per line, as shells, Compose and Node's own reader have it. `export` in front, comments
 * and empty lines are fine; a value in single quotes is taken as it is, in double quotes `\n`, `\t`, `\"`, `\\` and `\$` are
 * understood, and both may span lines. Nothing is expanded: a `$` is a `$`.
 */

export interface EnvFileText {
  readonly values: Readonly<Record<string, string>>
  readonly mistakes: readonly EnvFileMistake[]
}

export interface EnvFileMistake {
  /** From 1. */
  readonly line: number
  readonly message: string
}

const assignment = /^[ \t]*(?:export[ \t]+)?([^\s=#'"]+)[ \t]*=[ \t]*/
const quoted = { "'": /^'([^']*)'/, '"': /^"((?:[^"\\]|\\[\s\S])*)"/ } as const

export function parseEnvFile(text: string): EnvFileText {
  const values = new Map<string, string>()
  const mistakes: EnvFileMistake[] = []
  let rest = text.replace(/^\uFEFF/, '').replaceAll('\r\n', '\n')
  let line = 1
  const take = (length: number): string => {
    const taken = rest.slice(0, length)
    rest = rest.slice(length)
    line += taken.split('\n').length - 1
    return taken
  }
  const takeLine = (): string => {
    const end = rest.indexOf('\n')
    return take(end === -1 ? rest.length : end + 1)
  }
  while (rest !== '') {
    if (/^[ \t]*(#|\n|$)/.test(rest)) {
      takeLine()
      continue
    }
    const start = line
    const match = assignment.exec(rest)
    if (!match || match[0].includes('\n')) {
      takeLine()
      // The line's text is not repeated: it may be a secret that lost its name.
      mistakes.push({ line: start, message: 'expected NAME=value, a comment or an empty line' })
      continue
    }
    const name = match[1] ?? ''
    take(match[0].length)
    const quote = rest[0]
    if (quote !== "'" && quote !== '"') {
      values.set(name, plainValue(takeLine()))
      continue
    }
    const value = quoted[quote].exec(rest)
    if (!value) {
      takeLine()
      mistakes.push({ line: start, message: `the quote that opens the value of ${name} is never closed` })
      continue
    }
    take(value[0].length)
    values.set(name, quote === '"' ? unescaped(value[1] ?? '') : (value[1] ?? ''))
    if (!/^[ \t]*(#.*)?\n?$/.test(takeLine())) {
      mistakes.push({ line: start, message: `something follows the closing quote of ${name}` })
    }
  }
  return { values: Object.fromEntries(values), mistakes }
}

function plainValue(line: string): string {
  return line.replace(/(^|[ \t])#.*/, '').trim()
}

function unescaped(text: string): string {
  const letters: Readonly<Record<string, string>> = {
    n: '\n',
    r: '\r',
    t: '\t',
    '"': '"',
    '\\': '\\',
    $: '$',
  }
  return text.replace(/\\([\s\S])/g, (whole, letter: string) => letters[letter] ?? whole)
}
