/** `drover restart`: stop and start again, all at once or in turns. */
import { UserError } from '../../domain/user-error.ts'
import { askInputs, askSlots } from '../ask-slots.ts'
import { defineCommand, option } from '../define-command.ts'

export const restartCommand = defineCommand({
  name: 'restart',
  group: 'Programs',
  summary: 'Stop and start again; what is stopped is started, too',
  details:
    'With --rolling the processes of each program are replaced in turns, each once the one before is ready. The first replacement that fails ends it: those that were to follow are left as they are.',
  inputs: {
    ...askInputs,
    rolling: option.flag('--rolling', 'in turns, waiting for each to be ready'),
    parallel: option.number(
      '--parallel <number>',
      'with --rolling: so many at a time (default: as `rollout.parallel` says)',
      0,
      { most: 10_000 },
    ),
  },
  examples: {
    'restart mailer': 'one program',
    "restart 'web-*'": 'by a pattern',
    'restart web --rolling': 'one process after the other',
  },
  run({ targets, noWait, rolling, parallel }, context) {
    if (parallel > 0 && !rolling) {
      throw new UserError('usage', '--parallel means nothing without --rolling.', {
        hint: 'Add --rolling, or leave out --parallel: then all are restarted at once.',
      })
    }
    const rules = { rolling, ...(parallel > 0 ? { parallel } : {}) }
    return askSlots({ what: 'restarting', verb: 'restartSlots', targets, wait: !noWait, rules }, context)
  },
})
