/** `drover start`, `stop` and `restart`: one form, three verbs. */
import type { OutcomeView } from '../../contract/views.ts'
import type { CommandContext } from '../context.ts'
import { argument, defineCommand, option, targetsMeaning } from '../define-command.ts'
import { exitOfOutcomes, printOutcomes } from '../outcomes.ts'
import { withProgress } from '../progress.ts'

const inputs = {
  targets: argument.some('targets', targetsMeaning),
  noWait: option.flag('--no-wait', 'return at once, without the outcome'),
}

export const startCommand = defineCommand({
  name: 'start',
  group: 'Programs',
  summary: 'Start slots, and wait until they run',
  details: 'What was given up is tried afresh. A start by a person is kept over restarts of the agent.',
  inputs,
  examples: {
    'start mailer': 'one program',
    'start all': 'everything',
    'start mailer:2': 'one of its processes',
  },
  run: ({ targets, noWait }, context) => ask('starting', 'startSlots', targets, !noWait, context),
})

export const stopCommand = defineCommand({
  name: 'stop',
  group: 'Programs',
  summary: 'Stop slots, and wait until they have ended',
  details:
    'What a person stopped stays stopped, over reloads, restarts of the agent and reboots, until a person starts it.',
  inputs,
  examples: {
    'stop mailer': 'one program',
    'stop app:*': 'all of a group',
    'stop --no-wait all': 'without waiting',
  },
  run: ({ targets, noWait }, context) => ask('stopping', 'stopSlots', targets, !noWait, context),
})

export const restartCommand = defineCommand({
  name: 'restart',
  group: 'Programs',
  summary: 'Stop what runs and start it again',
  inputs,
  examples: { 'restart mailer': 'one program', "restart 'web-*'": 'by a pattern' },
  run: ({ targets, noWait }, context) => ask('restarting', 'restartSlots', targets, !noWait, context),
})

async function ask(
  what: string,
  verb: 'startSlots' | 'stopSlots' | 'restartSlots',
  targets: string[],
  wait: boolean,
  context: CommandContext,
): Promise<number> {
  const answer: Promise<OutcomeView[]> = context.client[verb]({ targets, wait }, { signal: context.signal })
  const outcomes = await withProgress(what, targets, answer, context)
  printOutcomes(outcomes, context)
  return exitOfOutcomes(outcomes, wait)
}
