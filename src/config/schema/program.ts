/**
 * The keys of one program, each declared once: its form, its default, its meaning. Types, messages, the JSON Schema, the reference
 * page and the hover texts all come from here.
 */
import * as v from 'valibot'
import { isName } from '../program-name.ts'
import {
  backoff,
  command,
  customData,
  env,
  envFile,
  output,
  rlimits,
  stderr,
  stdout,
  stop,
} from './blocks.ts'
import { block, duration, flag, key, path, text, wholeNumber } from './leaves.ts'
import { limits, timeout, warnAfter } from './limits.ts'
import { checks, dependsOn, rollout } from './order.ts'
import { sockets } from './sockets.ts'

const hour = 3_600_000
const day = 24 * hour
const userExpected = 'the name of a user, or its number'
const umaskExpected = 'octal digits as text, in quotes, such as "022"'
const giveUpExpected = 'a whole number from 1 to 1000000, or never'

const giveUpAfter = v.pipe(
  v.union([wholeNumber(1, 1_000_000), v.literal('never')], giveUpExpected),
  v.transform((written) => (written === 'never' ? null : written)),
)

const umask = v.pipe(
  v.string(umaskExpected),
  v.regex(/^0?[0-7]{1,3}$/, umaskExpected),
  v.transform((written) => Number.parseInt(written, 8)),
)

const user = v.pipe(
  v.union([wholeNumber(0, 4_294_967_294, 'the number of a user'), text(userExpected)], userExpected),
  v.check((written) => !/[\s:/]/.test(String(written)), userExpected),
  v.transform(String),
)

/** What `defaults` may hold as well: everything but the command. */
export const sharedEntries = {
  processes: v.optional(
    key(wholeNumber(0, 10_000), {
      description:
        'How many processes of the program are kept running. Each has a slot: `mailer:0`, `mailer:1`, …',
      unit: 'processes',
      examples: [3],
      relation:
        'With more than one, a named file in `stdout` or `stderr` needs `{index}` or `{slot}`. Less of them on a reload stops the slots with the highest numbers.',
    }),
    1,
  ),
  group: v.optional(
    key(
      v.pipe(
        text('the name of a group'),
        v.check(isName, 'a name of letters, digits, `.`, `_` and `-`, not of digits alone'),
      ),
      {
        description: 'The name space of the program, which commands can name as a whole.',
        examples: ['app'],
        defaultText: 'the name of the program',
        relation: '`group: app` in `mailer` is the same as writing the key `app:mailer`.',
      },
    ),
  ),
  cwd: v.optional(
    key(path('the path of a folder'), {
      description: 'The folder that the command runs in, relative to the folder of the configuration file.',
      examples: ['./app'],
      defaultText: 'the folder of the configuration file',
    }),
  ),
  env: v.optional(
    key(env, {
      description:
        'Environment variables. Numbers and booleans become text. A secret stands elsewhere: in a file (`fromFile`) or in the agent’s environment (`fromEnv`); it is read for each run and stored nowhere.',
      examples: [{ NODE_ENV: 'production', PORT: 8080 }, { DB_PASSWORD: { fromFile: '/run/secrets/db' } }],
      relation: 'They win over `envFiles`, and these over what is inherited.',
    }),
    {},
  ),
  envFiles: v.optional(
    key(v.array(envFile, 'a list of files'), {
      description:
        'Files of `NAME=value` lines, read when the configuration is loaded. Later ones win. A missing file is a mistake unless it is optional.',
      examples: [['.env', { path: '.env.local', optional: true }]],
      relation: '`env` wins over them.',
    }),
    [],
  ),
  inheritEnv: v.optional(
    key(flag(), {
      description: 'Whether the program gets the environment of the agent as well.',
      examples: [false],
      relation:
        'With false the program has what `env` and `envFiles` say and nothing else, so no PATH unless they set one.',
    }),
    true,
  ),
  user: v.optional(
    key(user, {
      description: 'The user to run as, with all groups of that user. Needs an agent that runs as root.',
      examples: ['www-data', 1000],
      defaultText: 'the user of the agent',
    }),
  ),
  umask: v.optional(
    key(umask, {
      description:
        'The permission bits that new files don’t get, in octal. In quotes, since YAML takes 022 for the number 22.',
      unit: 'octal',
      examples: ['022', '077'],
      defaultText: 'as the agent’s',
    }),
  ),
  nice: v.optional(
    key(wholeNumber(-20, 19), {
      description: 'The scheduling priority: 19 yields to all others. Below 0 needs root.',
      examples: [5],
      defaultText: 'as the agent’s',
    }),
  ),
  rlimits: v.optional(
    key(rlimits, {
      description: 'Limits that the kernel enforces on each process.',
      examples: [{ nofile: 4096, core: 'unlimited' }],
      defaultText: 'as the agent’s',
    }),
    {},
  ),
  priority: v.optional(
    key(wholeNumber(-1_000_000, 1_000_000), {
      description: 'Programs with a lower number start first and stop last.',
      examples: [10],
    }),
    999,
  ),
  autostart: v.optional(
    key(flag(), {
      description:
        'Whether the program is started by itself. What a person stopped or started stays so, whatever this says.',
      examples: [false],
    }),
    true,
  ),
  essential: v.optional(
    key(flag(), {
      description:
        'Whether the agent has no purpose without the program: once a process of it was given up or has ended for good, the agent stops everything and ends, with the exit code of that process, or 0 if it finished well.',
      examples: [true],
      relation:
        'What is ended for good, `restart` and `giveUpAfter` say. What a person stopped does not count.',
    }),
    false,
  ),
  restart: v.optional(
    key(v.picklist(['always', 'on-failure', 'never'], 'always, on-failure or never'), {
      description: 'Whether a process that ended by itself is started again.',
      examples: ['on-failure'],
      relation: 'What is a failure, `successExitCodes` says. Quick exits fall under `giveUpAfter`.',
    }),
    'always',
  ),
  successExitCodes: v.optional(
    key(v.array(wholeNumber(0, 255), 'a list of exit codes'), {
      description: 'Exit codes that are no failure.',
      examples: [[0, 2]],
      relation: '`restart: on-failure` restarts after all others, and after a signal.',
    }),
    [0],
  ),
  startTime: v.optional(
    key(duration(0, hour), {
      description:
        'A process that ends sooner than this is a quick exit: it never came up. 0 takes every process for up at once.',
      unit: 'seconds, or a text with a unit',
      examples: ['5s'],
      relation: '`giveUpAfter` counts quick exits; `backoff` spaces them.',
    }),
    '1s',
  ),
  giveUpAfter: v.optional(
    key(giveUpAfter, {
      description:
        'Quick exits in a row after which the service is `fatal`, until a person starts it. `never` goes on at the longest wait.',
      unit: 'quick exits',
      examples: [10, 'never'],
      relation: 'A process that lives past `startTime` sets the count back to 0.',
    }),
    3,
  ),
  steadyTime: v.optional(
    key(duration(0, day), {
      description:
        'A process that fails after its start time but before this is unsteady: its restarts are slowed by the backoff as well, but it is never given up.',
      unit: 'seconds, or a text with a unit',
      examples: ['1m'],
      relation: 'Means nothing where it is not above `startTime`.',
    }),
    '10s',
  ),
  backoff: v.optional(
    key(backoff, {
      description: 'The waits between restarts after quick exits and of unsteady processes.',
      examples: ['linear', { initial: '500ms', max: '5m' }],
    }),
    'exponential',
  ),
  stop: v.optional(
    key(stop, {
      description: 'How the program is asked to end, and how long it may take.',
      examples: [{ signal: 'INT', grace: '30s' }],
    }),
    {},
  ),
  stdin: v.optional(
    key(v.picklist(['none', 'fifo'], 'none or fifo'), {
      description:
        'Whether the program has an empty standard input, or one that can be written to through the agent.',
      examples: ['fifo'],
    }),
    'none',
  ),
  sockets: v.optional(
    key(sockets, {
      description:
        'Listening sockets that are held open for the program over all its restarts, and handed to each process at descriptor 3 and above, in the order written, with `LISTEN_FDS`, `LISTEN_FDNAMES` and `LISTEN_PID`, as systemd does it.',
      examples: [{ http: '127.0.0.1:8080' }],
      relation: 'All processes of the program share them. A change of them restarts the program.',
    }),
    {},
  ),
  stdout: v.optional(
    key(stdout, {
      description:
        'Where standard output goes: into Drover’s own files, nowhere, or into a named file, relative to the folder of the configuration file. A path may hold `{program}`, `{group}`, `{slot}` and `{index}`.',
      examples: ['discard', './logs/{slot}.log'],
      relation: 'Rotated as `output` says.',
    }),
    'own',
  ),
  stderr: v.optional(
    key(stderr, {
      description:
        'Where standard error goes: as `stdout`, or with `merge` into the same place as standard output.',
      examples: ['merge', './logs/{slot}.err'],
      relation: 'Rotated as `output` says.',
    }),
    'own',
  ),
  output: v.optional(
    key(output, {
      description: 'When files of output are rotated, and how many are kept.',
      examples: [{ maxSize: '50MB', keep: 3 }],
    }),
    {},
  ),
  leftovers: v.optional(
    key(v.picklist(['kill', 'leave'], 'kill or leave'), {
      description: 'What becomes of processes that the command started and left behind when it ended.',
      examples: ['leave'],
    }),
    'kill',
  ),
  dependsOn: v.optional(
    key(dependsOn, {
      description:
        'Programs that must be there before a process of this one begins: in a list, they must be ready; in a table, each with its condition. Stopping goes the other way round.',
      examples: [
        ['db'],
        { db: 'ready', migrate: 'finished', cache: { condition: 'started', restart: true } },
      ],
      relation:
        'A dependency that goes away ends nothing; with `restart: true` its next run restarts this program.',
    }),
    [],
  ),
  checks: v.optional(
    key(checks, {
      description: 'How the agent finds out whether a process has come up, can do its work, and still works.',
      examples: [{ readiness: { tcp: 8080 }, liveness: { http: 'http://127.0.0.1:8080/health' } }],
    }),
    {},
  ),
  rollout: v.optional(
    key(rollout, {
      description:
        'How processes are replaced after a change of the program, and by `drover restart --rolling`: in turns, each waiting until the one before is ready.',
      examples: [{ parallel: 2, within: '2m' }],
    }),
    {},
  ),
  limits: v.optional(
    key(limits, {
      description:
        'What one run may use. A run that reaches a limit is stopped as `stop` says, with the reason on record, and the next one follows. A change restarts nothing and holds at once.',
      examples: [{ memory: '512MB', lifetime: '6h' }],
    }),
    {},
  ),
  warnAfter,
  timeout,
  customData: v.optional(
    key(customData, {
      description: 'Anything. It travels with every event of the program.',
      examples: [{ team: 'billing', runbook: 'https://example.org/mailer' }],
    }),
    null,
  ),
}

export const programDefaults = block(
  'ProgramDefaults',
  sharedEntries,
  'a table of the keys of a program, without command',
)

export const commandEntry = {
  command: key(command, {
    description: 'What is run: text goes to `/bin/sh -c`, a list is run as it is, without a shell.',
    examples: ['node worker.js', ['node', 'worker.js', '--queue', 'mail']],
    relation: 'Decides the default of `stop.target`.',
  }),
}

export const program = block(
  'ProgramConfig',
  { ...commandEntry, ...sharedEntries },
  'a table of the keys of a program, at least command',
)

export type ProgramInput = v.InferInput<typeof program>
export type ProgramOutput = v.InferOutput<typeof program>
