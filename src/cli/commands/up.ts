/** `drover up`: runs an agent in the foreground. */
import { exitRules } from '../../domain/agent-exit.ts'
import { eventLevelNames } from '../../domain/events/event.ts'
import { defineCommand, option } from '../define-command.ts'
import { OutputOfAll } from '../output-of-all.ts'

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
    logLevel: option.choice('--log-level <level>', 'what is printed', eventLevelNames, 'info'),
    logFormat: option.choice(
      '--log-format <format>',
      'how it is printed: text or json',
      ['text', 'json'] as const,
      'text',
    ),
    logFile: option.text(
      '--log-file <file>',
      'a file for the log as well, rotated at 50 MB (default: as the configuration says)',
    ),
    output: option.flag('--output', 'print what programs print, on standard output, with names in front'),
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
    'up -c drover.config.ts --output': 'everything in one terminal',
    'up -c conf.d -D ./.drover': 'with a folder of them, and a data directory of its own',
  },
  run({ listen, logLevel, logFormat, logFile, leaveWorkers, output, exitWhen, stopWithin, init }, context) {
    const { startAgent, global, out } = context
    const printing = output ? new OutputOfAll(context) : null
    return startAgent({
      config: global.config,
      dataDir: global.dataDir,
      node: global.node,
      logLevel,
      logFormat,
      logFile,
      listen,
      leaveWorkersOnTerm: leaveWorkers,
      isTty: out.isTty,
      init,
      exitWhen,
      stopWithinMs: stopWithin === 0 ? null : stopWithin * 1000,
      ...(printing === null ? {} : { whenReady: () => printing.begin(), beforeClose: () => printing.end() }),
    })
  },
})
