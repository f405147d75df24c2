/** `drover upgrade`: called from a new build, it puts that build in the place of the running agent; workers run on. */
import { UserError } from '../../domain/user-error.ts'
import { defineCommand } from '../define-command.ts'
import { exitOk } from '../exit.ts'
import { printJson } from '../print-json.ts'
import { pause } from '../wait.ts'

const lookMs = 20
const patienceMs = 90_000

export const upgradeCommand = defineCommand({
  name: 'upgrade',
  group: 'The agent',
  summary: 'Put this build in the place of the running agent',
  details:
    'Call it by the path of the new build. Workers run on. If the new build cannot start, the one before comes back, and this ends with 1.',
  inputs: {},
  examples: { 'upgrade -D /var/lib/drover': 'called as /opt/drover-new/bin/drover' },
  async run(_, context) {
    const { client, clock, out, global, self, version, describeBuild, signal } = context
    const { storeSchema } = describeBuild()
    const before = await client.getAgent()
    await client.upgrade({ command: [...self], version, storeSchema })
    const began = clock.monotonic()
    let after = before
    while (after.startedAt === before.startedAt) {
      if (clock.monotonic() - began > patienceMs) {
        throw new UserError('timed_out', 'No agent answered in time.', {
          hint: 'Workers run on. Look at what the agent printed, and start one with `drover up`.',
        })
      }
      await pause(clock, lookMs, signal)
      try {
        after = await client.getAgent(undefined, { signal })
      } catch (error) {
        if (!(error instanceof UserError) || error.code !== 'no_agent') throw error
      }
    }
    const withoutAgentMs = Math.round(clock.monotonic() - began)
    if (after.build !== self.at(-1)) {
      throw new UserError(
        'did_not_happen',
        `The new build did not start; version ${after.version} is back.`,
        {
          hint: 'Workers run on. Why is in what the agent printed.',
        },
      )
    }
    if (global.json)
      printJson(out, { from: before.version, to: after.version, pid: after.pid, withoutAgentMs })
    else
      out.line(
        `Version ${before.version} gave way to ${after.version} within ${withoutAgentMs} ms; workers run on.`,
      )
    return exitOk
  },
})
