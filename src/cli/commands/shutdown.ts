/** `drover shutdown`: ends the agent, and waits until it is gone. */
import { UserError } from '../../domain/user-error.ts'
import type { CommandContext } from '../context.ts'
import { defineCommand, option } from '../define-command.ts'
import { exitOk } from '../exit.ts'
import { printJson } from '../print-json.ts'
import { withProgress } from '../progress.ts'
import { pause } from '../wait.ts'

const lookMs = 100

export const shutdownCommand = defineCommand({
  name: 'shutdown',
  group: 'The agent',
  summary: 'End the agent, its workers first',
  details: 'It waits until the agent is gone.',
  inputs: {
    leaveWorkers: option.flag('--leave-workers', 'leave the workers running; the next agent takes them over'),
    noWait: option.flag('--no-wait', 'return at once'),
  },
  examples: { shutdown: 'everything ends', 'shutdown --leave-workers': 'for an upgrade' },
  async run({ leaveWorkers, noWait }, context) {
    const { client, out, global } = context
    const { pid } = await client.getAgent()
    const answer = await client.shutdown({ leaveWorkers })
    if (!noWait) await withProgress('shutting down', [], untilGone(pid, context), context)
    if (global.json) printJson(out, answer)
    else
      out.line(noWait ? `The agent shuts down${workers(answer.stopping, leaveWorkers)}.` : told(leaveWorkers))
    return exitOk
  },
})

function workers(stopping: number, leaveWorkers: boolean): string {
  if (leaveWorkers) return '; its workers are left running'
  return stopping === 0 ? '' : `; it stops ${stopping === 1 ? 'one worker' : `${stopping} workers`} first`
}

function told(leaveWorkers: boolean): string {
  return leaveWorkers
    ? 'The agent has ended; its workers run on.'
    : 'The agent has ended, and all workers with it.'
}

/** Until no agent answers, or another one does. */
async function untilGone(pid: number, { client, clock, signal }: CommandContext): Promise<void> {
  while (!signal.aborted) {
    try {
      if ((await client.getAgent(undefined, { signal })).pid !== pid) return
    } catch (error) {
      if (error instanceof UserError && error.code === 'no_agent') return
      throw error
    }
    await pause(clock, lookMs, signal)
  }
  signal.throwIfAborted()
}
