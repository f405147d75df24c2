/** The keys at the top of a configuration that concern the agent itself. */
import * as v from 'valibot'
import { eventLevelNames } from '../../domain/event.ts'
import { block, key, path, size, wholeNumber } from './leaves.ts'

export const agentLog = block(
  'AgentLogConfig',
  {
    file: key(path('the path of a file'), {
      description: 'Where the agent writes its log, beside standard error. Its folder is made.',
      examples: ['/var/log/drover/agent.log'],
    }),
    level: v.optional(
      key(v.picklist(eventLevelNames, eventLevelNames.join(', ')), {
        description: 'The least that is written: of this level, or more serious.',
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
  'a table with file, level, maxSize and keep',
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
