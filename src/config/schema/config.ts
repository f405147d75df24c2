/**
 * The top of a configuration file: programs, what they share, and further files.
 */
import * as v from 'valibot'
import { nameRule, programKeyPattern } from '../program-name.ts'
import { agentLog, agentOutput } from './agent.ts'
import { alerts, heartbeats } from './alerts.ts'
import { api } from './api.ts'
import { labels } from './blocks.ts'
import { job } from './job.ts'
import { block, key, path, table } from './leaves.ts'
import { listener } from './listeners.ts'
import { program, programDefaults } from './program.ts'

export const config = block(
  'Config',
  {
    $schema: v.optional(
      key(v.string('text'), {
        description: 'Where an editor finds the JSON Schema. Drover itself does not look at it.',
        examples: ['./node_modules/drover/docs/reference/drover.schema.json'],
      }),
    ),
    include: v.optional(
      key(v.array(path('the path of a file or folder'), 'a list of files and folders'), {
        description:
          'More configuration files, or folders of them, relative to this file’s folder. In a folder every configuration file at any depth counts, in the order of their paths.',
        examples: [['conf.d', '../mail/drover.yaml']],
        relation:
          '`defaults` of this file hold for the programs of those files as well, below the `defaults` of their own.',
      }),
      [],
    ),
    defaults: v.optional(
      key(programDefaults, {
        description:
          'Any keys of a program but `command`, for all programs of this file and of those that it includes.',
        examples: [{ user: 'www-data', env: { NODE_ENV: 'production' } }],
        relation:
          'A program’s own keys win. `env`, `rlimits`, `stop`, `output` and a `backoff` that is a table are merged key by key; everything else is replaced as a whole.',
      }),
      {},
    ),
    api: v.optional(
      key(api, {
        description: 'Where the agent can be reached besides the socket in its data directory.',
        examples: [{ listen: '127.0.0.1:9650' }],
        defaultText: 'nowhere',
        relation: 'In one file only. A text that is applied over the API may not say it.',
      }),
    ),
    programs: v.optional(
      key(
        table(
          v.pipe(v.string(), v.regex(programKeyPattern, nameRule)),
          program,
          'a table of programs by name',
        ),
        {
          description:
            'The programs, each under its name or as `group:name`. Names are of letters, digits, `.`, `_` and `-`, and not of digits alone.',
          examples: [{ mailer: { command: 'node worker.js' } }],
        },
      ),
      {},
    ),
    jobs: v.optional(
      key(table(v.pipe(v.string(), v.regex(programKeyPattern, nameRule)), job, 'a table of jobs by name'), {
        description:
          'The jobs: programs that run at their times, after others, or when a person says so. Their names are of one kind with those of `programs`.',
        examples: [{ report: { command: './report.sh', schedule: '30 2 * * *' } }],
      }),
      {},
    ),
    listeners: v.optional(
      key(
        table(
          v.pipe(v.string(), v.regex(/^[A-Za-z0-9_.-]{1,100}$/, nameRule)),
          listener,
          'a table of listeners by name',
        ),
        {
          description:
            'Who is told of events, each under its name: a function of this configuration or a command. Each has its own place in the events, which it keeps over restarts and reloads.',
          examples: [{ pager: { on: ['job.failed', 'slot.gave_up'], command: './page.sh' } }],
          relation:
            'Read when the agent starts and by a reload. A text that is applied over the API may not say it.',
        },
      ),
      {},
    ),
    labels: v.optional(
      key(labels, {
        description: 'What this node is, for jobs that are meant for some nodes only.',
        examples: [{ role: 'db' }],
        relation: 'Read when the agent starts and by a reload. In one file only.',
      }),
      {},
    ),
    alerts: v.optional(
      key(alerts, {
        description: 'Who is told of which events, and where.',
        examples: [
          {
            channels: { ops: { kind: 'slack', url: { fromFile: '/run/secrets/slack' } } },
            routes: [{ events: ['job.failed', 'slot.gave_up'], to: 'ops' }],
          },
        ],
        defaultText: 'nobody is told',
        relation: 'Read when the agent starts and by a reload. In one file only.',
      }),
    ),
    heartbeats: v.optional(
      key(heartbeats, {
        description:
          'What should succeed at least so often, each under its name: a job, what `drover exec NAME` runs, or whatever pings it. When it did not, that is an event.',
        examples: [{ backup: { every: '1d', grace: '1h' } }],
        defaultText: 'none',
        relation: 'Read when the agent starts and by a reload. In one file only.',
      }),
    ),
    log: v.optional(
      key(agentLog, {
        description: 'Where the agent’s own log goes, and how serious what is.',
        examples: [
          { file: '/var/log/drover/agent.log', level: 'error' },
          { levels: { 'job.failed': 'alert' } },
        ],
        defaultText: 'standard error alone',
        relation: 'Read when the agent starts and by a reload. In one file only.',
      }),
    ),
    output: v.optional(
      key(agentOutput, {
        description: 'What holds for the output of all programs together.',
        examples: [{ quota: '20GB' }],
        defaultText: 'no quota',
        relation: 'Read when the agent starts; a reload changes nothing of it.',
      }),
    ),
  },
  'a table with programs and jobs',
)

export type ConfigInput = v.InferInput<typeof config>
