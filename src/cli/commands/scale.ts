/** `drover scale`: how many processes programs have, until somebody says otherwise. */
import { UserError } from '../../domain/user-error.ts'
import { argument, defineCommand, option } from '../define-command.ts'
import { exitInterrupted } from '../exit.ts'
import { exitOfOutcomes, printOutcomes } from '../outcomes.ts'
import { withProgress } from '../progress.ts'

const form = 'Write NAME=NUMBER, such as `drover scale mailer=8`, or NAME=declared.'

export const scaleCommand = defineCommand({
  name: 'scale',
  group: 'Programs',
  summary: 'Set how many processes programs have',
  details:
    'The number is kept over restarts and reloads, until the configuration says another number than it does now, or `NAME=declared` takes it back. Fewer stops the highest-numbered processes.',
  inputs: {
    scales: argument.some(
      'scales',
      'NAME=NUMBER, or NAME=declared to go back to the configuration',
      'programs',
    ),
    noWait: option.flag('--no-wait', 'return at once, without the outcome'),
  },
  examples: {
    'scale mailer=8': 'eight processes of one program',
    'scale mailer=0 web=4': 'several at once',
    'scale mailer=declared': 'as many as the configuration says',
  },
  async run({ scales, noWait }, context) {
    const { client, signal, err } = context
    const programs = Object.fromEntries(scales.map(readScale))
    const answer = client.scalePrograms({ programs, wait: !noWait }, { signal })
    try {
      const outcomes = await withProgress('scaling', Object.keys(programs), answer, context)
      if (outcomes.length === 0) err.line('Nothing to change.')
      printOutcomes(outcomes, context)
      return exitOfOutcomes(outcomes, !noWait)
    } catch (error) {
      if (!signal.aborted) throw error
      err.line('Not waiting any longer; the agent goes on with it.')
      return exitInterrupted
    }
  },
})

function readScale(written: string): [name: string, processes: number | null] {
  const at = written.lastIndexOf('=')
  const name = written.slice(0, Math.max(0, at))
  const number = written.slice(at + 1)
  if (name !== '' && number === 'declared') return [name, null]
  if (name !== '' && /^\d{1,5}$/.test(number) && Number(number) <= 10_000) return [name, Number(number)]
  throw new UserError('usage', `\`${written}\` says no number of processes from 0 to 10000.`, { hint: form })
}
