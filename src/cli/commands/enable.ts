/** `drover enable` and `drover disable`: whether jobs are started when they are due. */
import type { CommandContext } from '../context.ts'
import { argument, defineCommand } from '../define-command.ts'
import { exitOk } from '../exit.ts'
import { printJson } from '../print-json.ts'
import { jobTargets, printJobs } from './jobs.ts'

const inputs = { targets: argument.some('targets', jobTargets, 'jobs') }

export const enableCommand = defineCommand({
  name: 'enable',
  group: 'Jobs',
  summary: 'Take back that jobs were disabled',
  inputs,
  examples: { 'enable report': 'it is started again when it is due' },
  run: ({ targets }, context) => change('enableJobs', targets, context),
})

export const disableCommand = defineCommand({
  name: 'disable',
  group: 'Jobs',
  summary: 'Do not start jobs when they are due, until they are enabled',
  details:
    'Their due times are recorded as skipped, and what runs goes on. It is kept over restarts and reloads. `drover trigger` works all the same.',
  inputs,
  examples: { 'disable report': 'one job', "disable 'mail:*'": 'a group of them' },
  run: ({ targets }, context) => change('disableJobs', targets, context),
})

/** What a person disabled is one thing, what the configuration says another. */
function tellOfConfig(name: string, { err }: CommandContext): void {
  err.line(`${name} is still not enabled: its configuration says \`enabled: false\`.`)
}

async function change(
  verb: 'enableJobs' | 'disableJobs',
  targets: string[],
  context: CommandContext,
): Promise<number> {
  const jobs = await context.client[verb]({ targets })
  if (context.global.json) printJson(context.out, jobs)
  else {
    printJobs(jobs, context)
    if (verb === 'enableJobs')
      for (const { name, isEnabled } of jobs) if (!isEnabled) tellOfConfig(name, context)
  }
  return exitOk
}
