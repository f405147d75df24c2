/** `drover import pm2`: a configuration from PM2's ecosystem file. */
import { availableParallelism } from 'node:os'
import { basename } from 'node:path'
import { importPm2 } from '../../config/import/pm2.ts'
import { argument, defineCommand, option } from '../define-command.ts'
import { deliverDraft, deliveryInputs, placeOf } from '../deliver-draft.ts'

export const importPm2Command = defineCommand({
  name: 'import pm2',
  group: 'Configuration',
  summary: 'Write a configuration from an ecosystem file of PM2',
  details:
    'A file that is a program runs in a process of its own. What is not carried over is told, and stands in the comments of what is written.',
  inputs: {
    file: argument.one('file', 'ecosystem.config.js, .cjs, .json or .yaml', 'files'),
    environment: option.text('--env <name>', 'take `env_<name>` over `env`, as `pm2 start --env` does'),
    ...deliveryInputs,
  },
  examples: {
    'import pm2 ecosystem.config.js': 'look at it first',
    'import pm2 ecosystem.config.js --env production -o drover.yaml': 'with `env_production`, into a file',
  },
  async run({ file, environment, ...delivery }, context) {
    const { value, refusals } = await context.readForeign(file, { cwd: context.cwd })
    const draft = importPm2(value, {
      name: basename(file),
      environment,
      cpus: availableParallelism(),
      place: placeOf(file, delivery, context.cwd),
    })
    return await deliverDraft({ ...draft, remarks: [...draft.remarks, ...refusals] }, delivery, context)
  },
})
