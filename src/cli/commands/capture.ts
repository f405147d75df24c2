/** `drover capture`: keeps the output of programs that is thrown away otherwise. */
import { argument, defineCommand, option, targetsMeaning } from '../define-command.ts'
import { exitOfOutcomes, printOutcomes } from '../outcomes.ts'

export const captureCommand = defineCommand({
  name: 'capture',
  group: 'Programs',
  summary: 'Keep the output of what runs from now on, or throw it away',
  details:
    'For programs with `output.capture: on-demand`, whose output is thrown away until somebody asks for it. Holds for the living processes; each later one begins as the configuration says.',
  inputs: {
    targets: argument.some('targets', targetsMeaning),
    off: option.flag('--off', 'throw it away again'),
  },
  examples: {
    'capture mailer': 'then `drover logs -f mailer` shows it',
    'capture mailer --off': 'enough seen',
  },
  async run({ targets, off }, context) {
    const outcomes = await context.client.captureOutput({ targets, on: !off })
    printOutcomes(outcomes, context)
    return exitOfOutcomes(outcomes, false)
  },
})
