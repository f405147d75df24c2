/**
 * A name for a job out of its command: that of the program that it is about. What only leads up to it is passed over: `cd`, tests, variables, wrappers
 * such as `sudo` and `flock`, and the interpreter of a script. A good guess is enough; whoever reads the configuration can call it otherwise.
 */
import { splitWords } from './split-words.ts'

/** What stands in front of the command that is meant, in a list of several. */
const preludes = words('cd test [ [[ . source export set sleep umask ulimit : true command type hash for')
const keywords = words('{ ( ! if then do else while until exec time')

/** Programs that run another one: which of their options take a word, and how many words follow. */
const wrappers: Readonly<Record<string, { readonly takesWord: string; readonly words: number }>> = {
  chronic: { takesWord: '', words: 0 },
  chrt: { takesWord: '', words: 1 },
  env: { takesWord: 'uCS', words: 0 },
  flock: { takesWord: 'wE', words: 1 },
  ionice: { takesWord: 'cn', words: 0 },
  nice: { takesWord: 'n', words: 0 },
  'run-parts': { takesWord: '', words: 0 },
  nohup: { takesWord: '', words: 0 },
  setsid: { takesWord: '', words: 0 },
  stdbuf: { takesWord: 'ioe', words: 0 },
  sudo: { takesWord: 'ughpC', words: 0 },
  timeout: { takesWord: 'ks', words: 1 },
}
/** Up to a sign that ends a command; what is in quotes has none. */
const part = /(?:'[^']*'|"(?:\\.|[^"\\])*"|\\.|[^;|&\n])+/gs
const interpreters = /^(?:(?:ba|da|z|k)?sh|perl|python|php|ruby|node|bun|deno|java)[\d.]*$/
const endings = /\.(?:sh|bash|py|php|pl|rb|js|mjs|cjs|ts|jar)$/

function words(list: string): readonly string[] {
  return list.split(' ')
}

export function nameOfCommand(command: string): string {
  const parts = (command.match(part) ?? []).map((text) => wordsOf(text))
  const [first = []] = parts
  const meant = parts.filter(([program]) => program !== undefined && !preludes.includes(program))
  const [name] = [...meant, first].map(nameOf).filter((one) => one !== null)
  return name || (first[0] ?? 'job')
}

/** Without keywords and variables in front. */
function wordsOf(part: string): string[] {
  const { words } = splitWords(part.replace(/^[\s({]+/, ''))
  const from = words.findIndex((word) => !keywords.includes(word) && !/^\w+=/.test(word))
  return from < 0 ? [] : words.slice(from)
}

/** Null for a program in one line, as behind `perl -e`. */
function nameOf([program = '', ...words]: readonly string[]): string | null {
  const base = program.split('/').at(-1) ?? ''
  const wrapper = Object.hasOwn(wrappers, base) ? wrappers[base] : undefined
  if (wrapper) {
    const rest = wordsOf(behindOptions(words, wrapper.takesWord).slice(wrapper.words).join(' '))
    return rest.length > 0 ? nameOf(rest) : base
  }
  if (interpreters.test(base)) {
    const script = scriptOf(words)
    if (script !== undefined) return script
  }
  return base.replace(endings, '')
}

/** `php /srv/app/artisan`, `python3 -m app.report`, `bash -c '…'`; undefined where none is named. */
function scriptOf(words: readonly string[]): string | null | undefined {
  for (const [index, word] of words.entries()) {
    const next = words[index + 1]
    if (/^-\w*c$/.test(word) && next !== undefined) return nameOfCommand(next)
    if (/^-[er]$/.test(word)) return null
    if (/^-(?:m|jar)$/.test(word) && next !== undefined) return nameOf([next])
    if (!word.startsWith('-')) return nameOf([word])
  }
  return undefined
}

function behindOptions(words: readonly string[], takesWord: string): readonly string[] {
  let at = 0
  while (words[at]?.startsWith('-')) {
    const option = words[at] ?? ''
    const needsWord = /^-\w$/.test(option) && takesWord.includes(option.charAt(1))
    at += needsWord ? 2 : 1
  }
  return words.slice(at)
}
