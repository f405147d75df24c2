/**
 * The command of a crontab line: up to the first `%` it is for the shell, behind it is the standard input, with a line break for each further `%`. Written
 * for Drover it is one text for `/bin/sh -c`, or a list where the crontab names another shell, that gets the same input to the byte.
 */
import type { CronFlavor } from './crontab-flavor.ts'

export interface CronCommand {
  readonly text: string
  /** Null without a `%`: the input is empty then. */
  readonly input: string | null
  /** Whether the two crons read it differently: one of two backslashes is dropped by Debian's. */
  readonly dependsOnFlavor: boolean
}

export function readCommand(written: string, flavor: CronFlavor): CronCommand {
  const { text, inputText } = splitAtPercent(written, flavor)
  return {
    text,
    input: inputText === null ? null : readInput(inputText),
    dependsOnFlavor: splitAtPercent(written, 'debian').text !== splitAtPercent(written, 'cronie').text,
  }
}

/** What Drover runs. */
export function writeCommand({ text, input }: CronCommand, shell: string): string | readonly string[] {
  const isUsual = shell === '/bin/sh'
  if (input === null || input === '') return isUsual ? text : [shell, '-c', text]
  const run = `${quoted(shell)} -c ${quoted(text)}`
  const end = input.endsWith('\n') ? unusedWord(input) : null
  if (end === null) return `printf %s ${quoted(input)} | ${run}`
  // The shell of the command takes the place of this one, so that signals and exit codes are its own.
  return `exec ${run} <<'${end}'\n${input}${end}`
}

function splitAtPercent(
  written: string,
  flavor: CronFlavor,
): { readonly text: string; readonly inputText: string | null } {
  let text = ''
  for (let at = 0; at < written.length; at += 1) {
    const char = written.charAt(at)
    const next = written.charAt(at + 1)
    if (char === '%') return { text, inputText: written.slice(at + 1) }
    if (char !== '\\') text += char
    else {
      const isDropped = next === '%' || (next === '\\' && flavor === 'debian')
      text += isDropped ? next : char + next
      at += 1
    }
  }
  return { text, inputText: null }
}

/** A backslash in front of a `%` is dropped, any other one stays. Where something was written, a line break ends it. */
function readInput(written: string): string {
  let input = ''
  let isEscaped = false
  let needsBreak = false
  for (const char of written) {
    if (isEscaped && char !== '%') input += '\\'
    const put: string = char === '%' && !isEscaped ? '\n' : char
    isEscaped = put === '\\'
    if (isEscaped) continue
    input += put
    needsBreak = put !== '\n'
  }
  // Cron does not count a backslash at the very end as something that was written.
  return `${input}${isEscaped ? '\\' : ''}${needsBreak ? '\n' : ''}`
}

function quoted(word: string): string {
  return /^[\w./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}

/**
 * No line of the input may be the word that ends it. Nor may one begin as the word does: dash compares the two letter by letter, and loses a byte that is
 * not ASCII where they part. Null where no word is left.
 */
function unusedWord(input: string): string | null {
  const begun = new Set(input.split('\n').map((line) => line.charAt(0)))
  return ['END', 'INPUT', 'TEXT', 'LAST', 'DONE'].find((word) => !begun.has(word.charAt(0))) ?? null
}
