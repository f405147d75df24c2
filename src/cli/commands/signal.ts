/** `drover signal`: sends a signal to what runs. */
import { argument, defineCommand, option, targetsMeaning } from '../define-command.ts'
import { exitOfOutcomes, printOutcomes } from '../outcomes.ts'

/** Those that people send. */
const signalNames = [
  'HUP',
  'INT',
  'TERM',
  'QUIT',
  'KILL',
  'USR1',
  'USR2',
  'STOP',
  'CONT',
  'WINCH',
  'ALRM',
  'ABRT',
]

export const signalCommand = defineCommand({
  name: 'signal',
  group: 'Programs',
  summary: 'Send a signal to the living processes',
  details: 'A process that ends by it counts as ended by itself: the rules of the program say what follows.',
  inputs: {
    signal: argument.one('signal', 'name, with or without SIG, or number', signalNames),
    targets: argument.some('targets', targetsMeaning),
    to: option.choice('--to <whom>', 'who gets it', ['process', 'group', 'tree'], 'process'),
  },
  examples: { 'signal HUP mailer': 'reload a program', 'signal --to tree USR1 all': 'with all descendants' },
  async run({ signal, targets, to }, context) {
    const outcomes = await context.client.signalSlots({ signal, targets, to })
    printOutcomes(outcomes, context)
    return exitOfOutcomes(outcomes, false)
  },
})
