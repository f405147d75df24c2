/** `drover input`: writes to the standard input of what runs. */
import type { OutcomeView } from '../../contract/views.ts'
import { argument, defineCommand, option } from '../define-command.ts'
import { exitOfOutcomes, printOutcomes } from '../outcomes.ts'

/** What one request may hold. */
const largestPiece = 65_536

export const inputCommand = defineCommand({
  name: 'input',
  aliases: ['send'],
  group: 'Programs',
  summary: 'Write to the standard input of a program',
  details:
    'The program needs `stdin: fifo`. Without a text, what comes on the standard input is sent as it is.',
  inputs: {
    target: argument.one('target', 'a program, slot or group', 'targets'),
    text: argument.optional('text', 'what to write, with a line break at its end (default: standard input)'),
    noNewline: option.flag('-N, --no-newline', 'no line break at the end'),
  },
  examples: { "input shell 'reload now'": 'one line', 'input importer < orders.csv': 'a whole file' },
  async run({ target, text, noNewline }, context) {
    let outcomes: OutcomeView[] = []
    const pieces = text === null ? readPieces(context.stdin) : [noNewline ? text : `${text}\n`]
    for await (const piece of pieces) {
      outcomes = await context.client.writeInput({ targets: [target], text: piece })
      if (outcomes.some(({ outcome }) => outcome === 'failed')) break
    }
    printOutcomes(outcomes, context)
    return exitOfOutcomes(outcomes, false)
  },
})

async function* readPieces(stdin: AsyncIterable<Uint8Array>): AsyncIterable<string> {
  const decoder = new TextDecoder()
  for await (const chunk of stdin) {
    const text = decoder.decode(chunk, { stream: true })
    for (let at = 0; at < text.length; at += largestPiece) yield text.slice(at, at + largestPiece)
  }
}
