/** `drover up`: runs an agent in the foreground. */
import { exitRules } from '../../domain/agent-exit.ts'
import { defineCommand, option } from '../define-command.ts'

export const upCommand = defineCommand({
  name: 'up',
  group: 'The agent',
  summary: 'Run an agent in the foreground',
  details:
    'It takes over what a former agent left running. SIGTERM and Ctrl-C stop the workers and then the agent; SIGHUP reloads the configuration.',
  inputs: {
    logLevel: option.choice(
      '--log-level <level>',
      'what is printed',
      ['error', 'warning', 'notice', 'info'],
      'info',
    ),
    exitWhen: option.choice(
      '--exit-when <what>',
      'end the agent when programs ended for good',
      exitRules,
      'never',
    ),
    stopWithin: option.number(
      '--stop-within <seconds>',
      'when asked to end, kill what has not ended by then; 0 leaves each program its own grace',
      0,
      { most: 86_400 },
    ),
    init: option.flag(
      '--init',
      'run below a small init that reaps orphans; the first process of a container always does',
    ),
    leaveWorkers: option.flag('--leave-workers', 'leave the workers running when asked to end'),
  },
  examples: {
    'up -c drover.config.ts': 'with a configuration, in the usual data directory',
    'up -c conf.d -D ./.drover': 'with a folder of them, and a data directory of its own',
  },
  run: ({ logLevel, leaveWorkers, exitWhen, stopWithin, init }, { startAgent, global, out }) =>
    startAgent({
      config: global.config,
      dataDir: global.dataDir,
      node: global.node,
      logLevel,
      leaveWorkersOnTerm: leaveWorkers,
      isTty: out.isTty,
      init,
      exitWhen,
      stopWithinMs: stopWithin === 0 ? null : stopWithin * 1000,
    }),
})
