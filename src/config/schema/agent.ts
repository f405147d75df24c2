/** The keys at the top of a configuration that concern the agent itself. */
import * as v from 'valibot'
import { eventLevelNames } from '../../domain/events/event.ts'
import { facilityNames, syslogPath } from './blocks.ts'
import { block, flag, key, path, size, table, text, wholeNumber } from './leaves.ts'

const levelWords = eventLevelNames.join(', ')

const agentSyslog = block(
  'AgentSyslogConfig',
  {
    path: v.optional(
      key(syslogPath, {
        description: 'The socket of the log, of datagrams.',
        examples: ['/run/systemd/journal/syslog'],
      }),
      '/dev/log',
    ),
    facility: v.optional(
      key(v.picklist(facilityNames, facilityNames.join(', ')), {
        description: 'The facility of its messages.',
        examples: ['local0'],
      }),
      'daemon',
    ),
    tag: v.optional(
      key(v.pipe(text('a word'), v.regex(/^[!-9;-~]{1,100}$/, 'a word of up to 100 signs, without `:`')), {
        description: 'The name in front of each message.',
        examples: ['drover-web1'],
      }),
      'drover',
    ),
  },
  'a table with path, facility and tag',
)

export const agentLog = block(
  'AgentLogConfig',
  {
    file: v.optional(
      key(path('the path of a file'), {
        description: 'Where the agent writes its log, beside standard error. Its folder is made.',
        examples: ['/var/log/drover/agent.log'],
        defaultText: 'none',
      }),
    ),
    format: v.optional(
      key(v.picklist(['text', 'json'], 'text or json'), {
        description:
          'How the file is written. text: a line for people. json: each line one JSON object with time, level, event, kind, program, slot, run, node, msg, data and customData.',
        examples: ['json'],
        relation: '`drover up --log-format` is for standard error.',
      }),
      'text',
    ),
    syslog: v.optional(
      key(v.union([flag(), agentSyslog], 'true, false, or a table with path, facility and tag'), {
        description:
          'Whether the log goes to the system’s log as well, one message for each line, with the severity of its level. What that does not take at once is dropped, and the next message says how much.',
        examples: [true, { facility: 'local0' }],
      }),
      false,
    ),
    levels: v.optional(
      key(
        table(v.string(), v.picklist(eventLevelNames, levelWords), 'a table of levels by kinds of events'),
        {
          description:
            'Other levels than the usual ones, by the kind of an event or all of a family: `job.failed`, `job.*`, `*`. The most exact one counts.',
          examples: [{ 'job.failed': 'alert', 'job.*': 'debug' }],
          defaultText: 'the level of each kind',
          relation:
            'They hold wherever a level is shown or asked for: in every log, in the API and for alerts.',
        },
      ),
      {},
    ),
    level: v.optional(
      key(v.picklist(eventLevelNames, levelWords), {
        description: 'The least that is written to file and syslog: of this level, or more serious.',
        examples: ['error'],
        relation: '`drover up --log-level` is for standard error alone.',
      }),
      'info',
    ),
    maxSize: v.optional(
      key(size(1024, 1024 ** 4, null), {
        description: 'The file is rotated, to `.1`, `.2` and so on, before it grows beyond this.',
        unit: 'bytes, or a text with a unit',
        examples: ['10MB'],
      }),
      '50MB',
    ),
    keep: v.optional(
      key(wholeNumber(0, 10_000), {
        description: 'Rotated files that are kept beside the current one; older ones are deleted.',
        unit: 'files',
        examples: [3],
      }),
      10,
    ),
  },
  'a table with file, format, syslog, levels, level, maxSize and keep',
)

export const agentOutput = block(
  'AgentOutputConfig',
  {
    quota: v.optional(
      key(size(1024 * 1024, 1024 ** 5, null), {
        description:
          'The most that Drover’s own files of output take together, of all programs. What ended runs left goes first, oldest first, then the oldest finished files of living ones.',
        unit: 'bytes, or a text with a unit',
        examples: ['20GB'],
        defaultText: 'none',
        relation:
          'The agent looks every 10 seconds, so between two looks it can be passed, and without an agent nobody looks. `output.quota` of a program is never passed. Named files don’t count.',
      }),
    ),
  },
  'a table with quota',
)
