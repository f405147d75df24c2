/** `drover reload`: makes the configuration so, and tells what that did. */
import { defineCommand, option } from '../define-command.ts'
import { exitOfOutcomes, printOutcomes } from '../outcomes.ts'
import { printJson } from '../print-json.ts'
import { printPlan } from '../print-plan.ts'
import { withProgress } from '../progress.ts'

export const reloadCommand = defineCommand({
  name: 'reload',
  aliases: ['update'],
  group: 'Configuration',
  summary: 'Read the configuration anew and make it so',
  details:
    'Only what changed is touched: a rule restarts nothing, a new command restarts its own program. A wrong configuration changes nothing.',
  inputs: { noWait: option.flag('--no-wait', 'return at once, without the outcome') },
  examples: { plan: 'first look', reload: 'then do it' },
  async run({ noWait }, context) {
    const { client, out, global, signal } = context
    const answer = client.reload({ wait: !noWait }, { signal })
    const { plan, outcomes } = await withProgress('reloading', [], answer, context)
    if (global.json) printJson(out, { plan, outcomes })
    else {
      printPlan(plan, context)
      printOutcomes(outcomes, context)
    }
    return exitOfOutcomes(outcomes, !noWait)
  },
})
