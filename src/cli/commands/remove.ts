/** `drover remove`: takes back what `apply` declared. */
import { argument, defineCommand } from '../define-command.ts'
import { exitOk } from '../exit.ts'
import { showPlan } from '../print-plan.ts'

export const removeCommand = defineCommand({
  name: 'remove',
  aliases: ['rm', 'delete'],
  group: 'Configuration',
  summary: 'Stop and forget a program that `apply` declared',
  inputs: { name: argument.one('program', 'its name', 'programs') },
  examples: { 'remove mailer': 'stops and forgets it' },
  async run({ name }, context) {
    const plan = await context.client.deleteProgram({ name })
    showPlan(plan, context)
    return exitOk
  },
})
