/** `drover rotate`: begins new files of output now. */
import { argument, defineCommand, targetsMeaning } from '../define-command.ts'
import { exitOfOutcomes, printOutcomes } from '../outcomes.ts'

export const rotateCommand = defineCommand({
  name: 'rotate',
  group: 'Programs',
  summary: 'Begin new files of output now',
  details:
    'Own files and named ones, as if they were full: `output.keep` says how many old ones stay. What is empty is left alone.',
  inputs: { targets: argument.some('targets', targetsMeaning) },
  examples: { 'rotate all': 'of all that runs', 'rotate mailer': 'of one program' },
  async run({ targets }, context) {
    const outcomes = await context.client.rotateOutput({ targets })
    printOutcomes(outcomes, context)
    return exitOfOutcomes(outcomes, false)
  },
})
