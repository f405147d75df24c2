/** `drover pause` and `drover resume`: no job of the node is started when it is due. */
import type { CommandContext } from '../context.ts'
import { defineCommand } from '../define-command.ts'
import { exitOk } from '../exit.ts'
import { printJson } from '../print-json.ts'

export const pauseCommand = defineCommand({
  name: 'pause',
  group: 'Jobs',
  summary: 'Pause all jobs of the node',
  details:
    'Their due times are recorded as skipped, and what runs goes on. It is kept over restarts and reloads, until `drover resume`. Services are not concerned.',
  inputs: {},
  examples: { pause: 'before maintenance' },
  run: (_args, context) => change(true, context),
})

export const resumeCommand = defineCommand({
  name: 'resume',
  group: 'Jobs',
  summary: 'Take back that all jobs were paused',
  inputs: {},
  examples: { resume: 'after maintenance' },
  run: (_args, context) => change(false, context),
})

async function change(isPaused: boolean, { client, out, global }: CommandContext): Promise<number> {
  const answer = await client.pauseJobs({ isPaused })
  if (global.json) printJson(out, answer)
  else
    out.line(
      answer.pausedBy === null
        ? 'Jobs are started when they are due.'
        : `All jobs are paused (by ${answer.pausedBy}).`,
    )
  return exitOk
}
