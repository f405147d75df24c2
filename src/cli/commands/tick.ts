/** `drover tick`: an agent for one minute, called by cron each minute, where no daemon may live. */
import { leaveTime } from '../../domain/tick.ts'
import { UserError } from '../../domain/user-error.ts'
import { defineCommand, option } from '../define-command.ts'
import { exitOk } from '../exit.ts'

export const tickCommand = defineCommand({
  name: 'tick',
  group: 'The agent',
  summary: 'Be the agent for one minute, and leave: for cron, where no daemon may live',
  details:
    'Starts what is due, records what has ended since the last one, follows what runs until 3 seconds before the next minute, and leaves it running. Ends earlier when nothing runs and nothing more is due. Where an agent is at work already it does nothing; one that is about to leave is waited for. Prints warnings and errors alone.',
  inputs: {
    verbose: option.flag('--verbose', 'say so when an agent is there already'),
  },
  examples: {
    'tick -c /srv/app/drover.yaml': 'as a line of a crontab that begins with * * * * *',
  },
  async run({ verbose }, { startAgent, global, out, err, clock }) {
    try {
      return await startAgent({
        config: global.config,
        dataDir: global.dataDir,
        node: global.node,
        logLevel: 'warning',
        logFile: null,
        leaveWorkersOnTerm: true,
        isTty: out.isTty,
        leavesAt: leaveTime(clock.now()),
      })
    } catch (error) {
      if (!(error instanceof UserError) || error.code !== 'data_dir_in_use') throw error
      if (verbose) err.line(error.message)
      return exitOk
    }
  },
})
