/** `drover restart`: stops slots and starts them again, and tells the outcome of each. */
import { askInputs, askSlots } from '../ask-slots.ts'
import { defineCommand } from '../define-command.ts'

export const restartCommand = defineCommand({
  name: 'restart',
  group: 'Programs',
  summary: 'Stop what runs and start it again; what is stopped is started, too',
  inputs: askInputs,
  examples: { 'restart mailer': 'one program', "restart 'web-*'": 'by a pattern' },
  run: ({ targets, noWait }, context) =>
    askSlots({ what: 'restarting', verb: 'restartSlots', targets, wait: !noWait }, context),
})
