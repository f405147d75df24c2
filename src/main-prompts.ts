/**
 * Questions at a terminal, drawn by clack. A bundle of its own, so that only a command that asks loads it. Everything goes to the given output, which is
 * the error output: data is asked for by nobody here.
 */
import type { Readable } from 'node:stream'
import { cancel, confirm, intro, isCancel, multiselect, outro, select, text } from '@clack/prompts'
import type { Terminal } from './cli/output.ts'
import type { Choice, Prompts } from './cli/prompts.ts'

export function createPrompts(input: Readable, output: Terminal): Prompts {
  // Serial lines say that they have no columns at all; clack would put each letter on a line of its own.
  if (!output.columns) Object.assign(output, { columns: 80, rows: output.rows || 24 })
  const streams = { input, output }
  return {
    begin: (title) => intro(title, { output }),
    end: (message) => outro(message, { output }),
    async select<T extends string>(message: string, choices: readonly Choice<T>[]) {
      const options = choices as readonly Choice<string>[] as Choice<string>[]
      return settled(await select<string>({ ...streams, message, options })) as T | null
    },
    async selectSome<T extends string>(message: string, choices: readonly Choice<T>[]) {
      const options = choices as readonly Choice<string>[] as Choice<string>[]
      const initialValues = options.map(({ value }) => value)
      const answer = await multiselect<string>({
        ...streams,
        message,
        options,
        initialValues,
        required: true,
      })
      return settled(answer) as T[] | null
    },
    text: async (message, usual) =>
      settled(await text({ ...streams, message, placeholder: usual, defaultValue: usual })),
    confirm: async (message) => settled(await confirm({ ...streams, message, initialValue: false })),
  }

  function settled<T>(answer: T): Exclude<T, symbol> | null {
    if (!isCancel(answer)) return answer as Exclude<T, symbol>
    cancel('Nothing was written.', { output })
    return null
  }
}
