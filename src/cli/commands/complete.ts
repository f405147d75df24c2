/** `drover complete`: what the scripts of `drover completion` ask. It answers soon or not at all, and never tells an error: somebody is typing. */
import { completeWords } from '../completion/complete-words.ts'
import { liveNames } from '../completion/live-names.ts'
import { answerFor, shells, wordsFrom } from '../completion/shells.ts'
import type { CommandContext } from '../context.ts'
import { argument, defineCommand, oneOf } from '../define-command.ts'
import { exitOk } from '../exit.ts'

/** For the agent's answer. */
const patienceMs = 300

export const completeCommand = defineCommand({
  name: 'complete',
  group: 'The agent',
  summary: 'Tell a shell what could come next',
  isHidden: true,
  inputs: {
    shell: argument.one('shell', shells.join(', ')),
    handed: argument.rest('words', 'the line, as the shell has it'),
  },
  examples: { 'complete fish -- status ""': 'what could stand behind `status`' },
  async run({ shell: typed, handed }, context) {
    try {
      for (const line of await answer(typed, handed, context)) context.out.line(line)
    } catch {
      // No agent, or no shell that is known: then nothing is offered.
    }
    return exitOk
  },
})

async function answer(typed: string, handed: readonly string[], context: CommandContext): Promise<string[]> {
  const shell = oneOf('<shell>', shells, typed)
  const completion = completeWords(wordsFrom(shell, handed), context.commands)
  const { suggests, prefix, lead, tail } = completion
  if (suggests === 'files' || suggests === 'folders') return [`:${suggests}`]
  const live = suggests === null ? [] : await askBriefly(completion, context)
  const names = live.map(({ word, meaning }) => ({ word: `${lead}${word}${tail}`, meaning }))
  const candidates = [...completion.candidates, ...names].filter(({ word }) => word.startsWith(prefix))
  return answerFor(shell, candidates, prefix, handed)
}

async function askBriefly(
  { suggests, typed }: ReturnType<typeof completeWords>,
  { clock, connectAs }: CommandContext,
): ReturnType<typeof liveNames> {
  const abort = new AbortController()
  const timer = clock.after(patienceMs, () => abort.abort())
  try {
    return await liveNames(suggests, connectAs(typed), abort.signal)
  } finally {
    timer.cancel()
  }
}
