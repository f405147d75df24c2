/** `drover plan`: what a reload would do. */
import { defineCommand } from '../define-command.ts'
import { exitOk } from '../exit.ts'
import { showPlan } from '../print-plan.ts'

export const planCommand = defineCommand({
  name: 'plan',
  aliases: ['diff', 'reread'],
  group: 'Configuration',
  summary: 'Show what a reload would do, and change nothing',
  inputs: {},
  examples: { plan: 'programs that are added, changed or removed, and what that does to processes' },
  async run(_, context) {
    const plan = await context.client.planReload()
    showPlan(plan, context)
    return exitOk
  },
})
