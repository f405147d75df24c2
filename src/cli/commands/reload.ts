/** `drover plan` and `drover reload`: what the configuration would change, and changing it. */
import { defineCommand, option } from '../define-command.ts'
import { exitOk } from '../exit.ts'
import { exitOfOutcomes, printOutcomes } from '../outcomes.ts'
import { printJson } from '../print-json.ts'
import { printPlan, printWarnings } from '../print-plan.ts'
import { withProgress } from '../progress.ts'

export const planCommand = defineCommand({
  name: 'plan',
  aliases: ['diff', 'reread'],
  group: 'Configuration',
  summary: 'Show what a reload would do, and change nothing',
  inputs: {},
  examples: { plan: 'programs that are added, changed or removed, and what that does to processes' },
  async run(_, { client, out, err, global }) {
    const plan = await client.planReload()
    if (global.json) printJson(out, plan)
    else {
      printPlan(plan, out)
      printWarnings(plan, err)
    }
    return exitOk
  },
})

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
    const { client, out, err, global, signal } = context
    const answer = client.reload({ wait: !noWait }, { signal })
    const { plan, outcomes } = await withProgress('reloading', [], answer, context)
    if (global.json) printJson(out, { plan, outcomes })
    else {
      printPlan(plan, out)
      printWarnings(plan, err)
      printOutcomes(outcomes, context)
    }
    return exitOfOutcomes(outcomes, !noWait)
  },
})
