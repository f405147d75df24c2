/** `drover stop`: stops slots, and tells the outcome of each. */
import { askInputs, askSlots } from '../ask-slots.ts'
import { defineCommand } from '../define-command.ts'

export const stopCommand = defineCommand({
  name: 'stop',
  group: 'Programs',
  summary: 'Stop slots, and wait until they have ended',
  details:
    'What a person stopped stays stopped, over reloads, restarts of the agent and reboots, until a person starts it.',
  inputs: askInputs,
  examples: {
    'stop mailer': 'one program',
    "stop 'app:*'": 'all of a group',
    'stop --no-wait all': 'without waiting',
  },
  run: ({ targets, noWait }, context) =>
    askSlots({ what: 'stopping', verb: 'stopSlots', targets, wait: !noWait }, context),
})
