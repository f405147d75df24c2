/**
 * Reads a configuration that is a program: it runs in a process of its own, and what comes back is its value, or what became of it.
 */
import { dirname } from 'node:path'
import { askHost } from './ask-host.ts'
import { mayBeFunction, type Refusal } from './evaluated-value.ts'
import { locateInScript } from './script-lines.ts'
import { type ReadText, type SyntaxMistake, unreadable } from './syntax.ts'

export interface EvaluateOptions {
  /** The built `config-host`. */
  readonly hostPath: string
  readonly timeoutMs?: number
}

export interface Script {
  /** Absolute. It need not exist if the text is to be run from here. */
  readonly file: string
  readonly text: string
  /** Whether the text is run as it is here, instead of the file. */
  readonly fromText: boolean
}

export async function readScript(script: Script, options: EvaluateOptions): Promise<ReadText> {
  const outcome = await askHost({
    hostPath: options.hostPath,
    args: [script.file, ...(script.fromText ? ['--text'] : [])],
    input: script.fromText ? script.text : '',
    cwd: dirname(script.file),
    timeoutMs: options.timeoutMs ?? 10_000,
  })
  if (outcome.kind === 'failed') {
    return unreadable(outcome.line, `${outcome.message}${outcome.hint === null ? '' : `; ${outcome.hint}`}`)
  }
  const locate = locateInScript(script.text)
  const mistakes = outcome.refusals.map(
    (refusal): SyntaxMistake => ({
      code: 'not_data',
      line: locate(refusal.path),
      path: refusal.path,
      message: refusalText(refusal),
      expected: 'data: text, numbers, booleans, lists and tables',
    }),
  )
  return { value: outcome.value, locate, mistakes }
}

function refusalText({ what, path }: Refusal): string {
  const fix =
    what === 'undefined'
      ? '; leave the key out, or give a value with `??`'
      : what === 'a function' && mayBeFunction(path)
        ? ' in a text; write it into a file, which can be loaded again when the function is asked'
        : ''
  return `expected data, got ${what}${fix}`
}
