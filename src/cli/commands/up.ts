/** `drover up`: runs an agent in the foreground. */
import { defineCommand, option } from '../define-command.ts'

export const upCommand = defineCommand({
  name: 'up',
  group: 'The agent',
  summary: 'Run an agent in the foreground',
  details:
    'It takes over what a former agent left running. SIGTERM and Ctrl-C stop the workers and then the agent; SIGHUP reloads the configuration.',
  inputs: {
    listen: option.texts(
      '--listen <address>',
      'open the API on TCP as well, such as 127.0.0.1:9650; may be repeated',
    ),
    logLevel: option.choice(
      '--log-level <level>',
      'what is printed',
      ['error', 'warning', 'notice', 'info'],
      'info',
    ),
    leaveWorkers: option.flag('--leave-workers', 'leave the workers running when asked to end'),
  },
  examples: {
    'up -c drover.config.ts': 'with a configuration, in the usual data directory',
    'up -c conf.d -D ./.drover': 'with a folder of them, and a data directory of its own',
  },
  run: ({ listen, logLevel, leaveWorkers }, { startAgent, global, out }) =>
    startAgent({
      config: global.config,
      dataDir: global.dataDir,
      node: global.node,
      logLevel,
      listen,
      leaveWorkersOnTerm: leaveWorkers,
      isTty: out.isTty,
    }),
})
