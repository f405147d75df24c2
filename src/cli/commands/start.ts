/** `drover start`: starts slots, and tells the outcome of each. */
import { askInputs, askSlots } from '../ask-slots.ts'
import { defineCommand } from '../define-command.ts'

export const startCommand = defineCommand({
  name: 'start',
  group: 'Programs',
  summary: 'Start slots, and wait until they run',
  details: 'What was given up is tried afresh. A start by a person is kept over restarts of the agent.',
  inputs: askInputs,
  examples: {
    'start mailer': 'one program',
    'start all': 'everything',
    'start mailer:2': 'one of its processes',
  },
  run: ({ targets, noWait }, context) =>
    askSlots({ what: 'starting', verb: 'startSlots', targets, wait: !noWait }, context),
})
