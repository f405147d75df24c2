/**
 * The keys of one job, each declared once: those of a program that say what is run and how it is bounded, and those that say when it is
 * due. What keeps a service running (`processes`, `restart`, `autostart`, …) means nothing for a job and is no key of it.
 */
import * as v from 'valibot'
import { missedKinds, overlapKinds, predecessorConditions } from '../../domain/jobs/job.ts'
import { labels } from './blocks.ts'
import { block, duration, flag, key, table, text, wholeNumber } from './leaves.ts'
import { warnAfterDuration } from './limits.ts'
import { commandEntry, sharedEntries } from './program.ts'

const day = 86_400_000
const year = 366 * day

const expressionExpected =
  'a schedule such as `30 2 * * *`, `@every 10m`, `@daily` or `@reboot`, a list of them, or a function in a TypeScript configuration'
const expression = text(expressionExpected)

const referenceTable = v.strictObject({
  function: v.strictObject({ file: v.string(), path: v.array(v.string()) }),
})

/** What the process that evaluates a configuration makes of a function. No person writes its keys, so no message names them. */
const functionReference = v.custom<v.InferOutput<typeof referenceTable>>(
  (value) => v.is(referenceTable, value),
  expressionExpected,
)

const schedule = v.pipe(
  v.union(
    [
      expression,
      v.pipe(v.array(expression, expressionExpected), v.minLength(1, expressionExpected)),
      functionReference,
    ],
    expressionExpected,
  ),
  v.metadata({ typeName: 'Schedule' }),
)

const timeExpected = 'a local time such as `2026-12-24 18:00`, or a list of them'
const time = text(timeExpected)

const windowExpected = 'a table with `from` (a schedule) and `for`, or `from` and `to` (local times)'
const window = v.pipe(
  block(
    'BlackoutConfig',
    {
      from: key(text(windowExpected), {
        description: 'When it begins: a schedule where `for` follows, else a local time.',
        examples: ['0 22 * * *', '2026-12-24 00:00'],
      }),
      for: v.optional(
        key(duration(1000, year), {
          description: 'How long it lasts each time.',
          unit: 'seconds, or a text with a unit',
          examples: ['8h'],
          relation: 'One of `for` and `to`.',
        }),
      ),
      to: v.optional(
        key(text(timeExpected), {
          description: 'The local time at which it ends.',
          examples: ['2026-12-27 00:00'],
          relation: 'One of `for` and `to`.',
        }),
      ),
    },
    windowExpected,
  ),
  v.check((written) => (written.for === undefined) !== (written.to === undefined), windowExpected),
)

const conditionWords = predecessorConditions.join(', ')
const afterExpected = `the name of a program, a list of names, or a table of names and conditions (${conditionWords})`
const programText = text('the name of a program')
const after = v.union(
  [
    programText,
    v.array(programText, afterExpected),
    table(
      v.pipe(v.string(), v.regex(/\S/, 'the name of a program')),
      v.picklist(predecessorConditions, conditionWords),
      afterExpected,
    ),
  ],
  afterExpected,
)

const missedWords = missedKinds.join(', ')
const missedKind = v.picklist(missedKinds, missedWords)
const missedExpected = `${missedWords}, or a table with policy, within and max`
const missed = v.union(
  [
    missedKind,
    block(
      'MissedConfig',
      {
        policy: v.optional(
          key(missedKind, {
            description:
              'skip: not made up for. once: the newest one is. all: each is, the oldest first, one at a time. What is not made up for is recorded as missed.',
            examples: ['all'],
          }),
          'once',
        ),
        within: v.optional(
          key(duration(1000, year), {
            description: 'A due time is made up for only until it is as old as this.',
            unit: 'seconds, or a text with a unit',
            examples: ['6h'],
            defaultText: 'the time from it to the next due time, at most 1h; with `all` no limit',
          }),
        ),
        max: v.optional(
          // Of more than these an agent keeps no row each (`mostListed` in agent/jobs/calendars.ts).
          key(wholeNumber(1, 1000), {
            description: 'With `all`: so many at most, the newest ones.',
            examples: [24],
          }),
          10,
        ),
      },
      missedExpected,
    ),
  ],
  missedExpected,
)

const overlapWords = overlapKinds.join(', ')
const overlapKind = v.picklist(overlapKinds, overlapWords)
const overlapExpected = `${overlapWords}, or a table with policy and max`
const overlap = v.union(
  [
    overlapKind,
    block(
      'OverlapConfig',
      {
        policy: key(overlapKind, {
          description:
            'skip: the due time is recorded as skipped. queue: it waits for its turn. replace: the run of before is ended. allow: both run.',
          examples: ['queue'],
        }),
        max: v.optional(
          key(wholeNumber(1, 1000), {
            description: 'With `queue` the most that wait, with `allow` the most that run at a time.',
            examples: [3],
            relation: 'What is beyond is skipped.',
          }),
          10,
        ),
      },
      overlapExpected,
    ),
  ],
  overlapExpected,
)

const lock = v.pipe(
  text('the name of a lock'),
  v.regex(/^[\w.:-]{1,100}$/, 'a name of letters, digits, `.`, `:`, `_` and `-`'),
)
const exitCodes = v.array(wholeNumber(0, 255), 'a list of exit codes')
const factorExpected = 'a number from 1 to 100'
const jitterExpected = 'a number from 0 to 1'
const retriesExpected =
  'the number of further attempts, or a table with times, initial, factor, max, jitter, exitCodes and exceptExitCodes'
const retryTimes = wholeNumber(0, 1000, 'a number of attempts')
const retries = v.union(
  [
    retryTimes,
    block(
      'RetriesConfig',
      {
        times: key(retryTimes, {
          description: 'How many attempts may follow the first one.',
          unit: 'attempts',
          examples: [3],
        }),
        initial: v.optional(
          key(duration(0, day), {
            description: 'The wait before the second attempt.',
            unit: 'seconds, or a text with a unit',
            examples: ['1m'],
          }),
          '10s',
        ),
        factor: v.optional(
          key(
            v.pipe(v.number(factorExpected), v.minValue(1, factorExpected), v.maxValue(100, factorExpected)),
            {
              description: 'What the wait is multiplied by each time.',
              examples: [1],
            },
          ),
          2,
        ),
        max: v.optional(
          key(duration(0, day), {
            description: 'No wait is longer than this, the random part aside.',
            unit: 'seconds, or a text with a unit',
            examples: ['1h'],
          }),
          '10m',
        ),
        jitter: v.optional(
          key(
            v.pipe(v.number(jitterExpected), v.minValue(0, jitterExpected), v.maxValue(1, jitterExpected)),
            {
              description: 'The share of a wait that is drawn at random around it.',
              examples: [0],
            },
          ),
          0.1,
        ),
        exitCodes: v.optional(
          key(exitCodes, {
            description: 'Only these exit codes are worth another attempt.',
            examples: [[75]],
            defaultText: 'every failure',
          }),
        ),
        exceptExitCodes: v.optional(
          key(exitCodes, { description: 'These exit codes never are.', examples: [[2, 64]] }),
          [],
        ),
      },
      retriesExpected,
    ),
  ],
  retriesExpected,
)

const paramText = v.pipe(
  v.union(
    [v.pipe(v.string(), v.regex(/^[^\0]*$/)), v.pipe(v.number(), v.finite()), v.boolean()],
    'text, a number, true or false',
  ),
  v.transform(String),
)
const paramExpected = 'a default as text, or a table with default, values, required and description'
const param = v.union(
  [
    paramText,
    block(
      'ParamConfig',
      {
        default: v.optional(
          key(paramText, {
            description: 'What it is where nobody says otherwise, as in each scheduled run.',
            examples: ['yesterday'],
            defaultText: 'none: the variable is not set',
          }),
        ),
        values: v.optional(
          key(v.pipe(v.array(paramText, 'a list of values'), v.minLength(1, 'at least one value')), {
            description: 'What it may be.',
            examples: [['full', 'quick']],
            defaultText: 'anything',
          }),
        ),
        required: v.optional(
          key(flag(), {
            description: 'Whether whoever triggers the job has to say it.',
            examples: [true],
            relation: 'Means nothing with a `default`. A job with a schedule needs a default instead.',
          }),
          false,
        ),
        description: v.optional(
          key(text('text'), {
            description: 'What it means, for people.',
            examples: ['the first day to report'],
          }),
        ),
      },
      paramExpected,
    ),
  ],
  paramExpected,
)

const historyBlock = block(
  'HistoryConfig',
  {
    keep: v.optional(
      key(wholeNumber(1, 1_000_000), {
        description: 'So many due times, with their runs and the output of those, are kept.',
        examples: [30],
      }),
      100,
    ),
    maxAge: v.optional(
      key(duration(60_000, 100 * year), {
        description: 'What is older is forgotten.',
        unit: 'seconds, or a text with a unit',
        examples: ['30d'],
        defaultText: 'for its age, never',
      }),
    ),
  },
  'a table with keep and maxAge',
)

const warnAfterExpected = 'a duration, or auto'

const jobEntries = {
  schedule: v.optional(
    key(schedule, {
      description:
        'When it is due: cron with 5, 6 (with seconds) or 7 fields (and years), `@every 10m`, `@reboot`, `@daily` and its like, or several of these. In a TypeScript configuration also a function that is asked for each minute.',
      examples: ['30 2 * * *', ['0 9 * * MON-FRI', '@reboot'], 'H H * * *'],
      defaultText: 'none: `at` or `after` says when',
      relation: 'Not together with `at`. `manual` is for a job that only people trigger.',
    }),
  ),
  at: v.optional(
    key(v.union([time, v.pipe(v.array(time, timeExpected), v.minLength(1, timeExpected))], timeExpected), {
      description: 'One or more single times, in the time zone of the job, or with an offset of their own.',
      examples: ['2026-12-24 18:00', ['2027-01-01T00:00:00Z']],
      defaultText: 'none',
      relation: 'Not together with `schedule`.',
    }),
  ),
  timezone: v.optional(
    key(text('the name of a time zone, such as Europe/Berlin'), {
      description: 'The time zone that its times are meant in.',
      examples: ['Europe/Berlin', 'UTC'],
      defaultText: 'that of the agent',
    }),
  ),
  blackout: v.optional(
    key(v.array(window, 'a list of windows'), {
      description: 'Times in which it is not started: due times within them are recorded as skipped.',
      examples: [[{ from: '0 22 * * *', for: '8h' }]],
    }),
    [],
  ),
  after: v.optional(
    key(after, {
      description:
        'Programs whose end makes it due: by success, unless another condition is said. Of several, each has to have ended so since the last time. What was stopped, by a person or a shutdown, has neither succeeded nor failed: only `end` counts it.',
      examples: ['fetch', { fetch: 'success', cleanup: 'end' }],
    }),
    [],
  ),
  enabled: v.optional(
    key(flag(), {
      description: 'Whether it has due times at all. A person may still trigger it.',
      examples: [false],
    }),
    true,
  ),
  missed: v.optional(
    key(missed, {
      description: 'What becomes of due times that passed while no agent could see to them.',
      examples: ['skip', { policy: 'all', max: 24 }],
    }),
    'once',
  ),
  overlap: v.optional(
    key(overlap, {
      description: 'What becomes of a due time while the run of one before still lives.',
      examples: ['queue', { policy: 'allow', max: 3 }],
    }),
    'skip',
  ),
  locks: v.optional(
    key(v.array(lock, 'a list of names of locks'), {
      description: 'Of the jobs that name the same lock only one runs at a time.',
      examples: [['database']],
      relation: 'Whoever comes second does as its own `overlap` says; `replace` and `allow` wait.',
    }),
    [],
  ),
  nodes: v.optional(
    key(v.array(text('the name of a node'), 'a list of names of nodes'), {
      description: 'Nodes that it runs on.',
      examples: [['web1']],
      defaultText: 'every node',
    }),
    [],
  ),
  labels: v.optional(
    key(labels, {
      description: 'Labels that a node must have for it to run there.',
      examples: [{ role: 'db' }],
      defaultText: 'every node',
      relation: 'A node’s own labels are `labels` at the top of the configuration.',
    }),
    {},
  ),
  retries: v.optional(
    key(retries, {
      description: 'How many further attempts a failure gets, and when.',
      examples: [3, { times: 5, initial: '1m', exitCodes: [75] }],
      relation: 'With `overlap: skip` or `replace` the next due time ends the attempts for the one before.',
    }),
    0,
  ),
  successExitCodes: v.optional(
    key(exitCodes, { description: 'Exit codes that are no failure.', examples: [[0, 2]] }),
    [0],
  ),
  warningExitCodes: v.optional(
    key(exitCodes, {
      description: 'Exit codes that are a success which somebody should look at.',
      examples: [[3]],
    }),
    [],
  ),
  params: v.optional(
    key(
      table(
        v.pipe(v.string(), v.regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'the name of a variable')),
        param,
        'a table of names and defaults',
      ),
      {
        description:
          'Environment variables that whoever triggers the job may set: `drover trigger report SINCE=today`.',
        examples: [{ SINCE: 'yesterday', MODE: { default: 'quick', values: ['quick', 'full'] } }],
        relation: 'They win over `env`.',
      },
    ),
    {},
  ),
  history: v.optional(
    key(historyBlock, {
      description: 'How much of its past is kept.',
      examples: [{ keep: 30, maxAge: '90d' }],
    }),
    {},
  ),
  warnAfter: v.optional(
    key(v.union([v.literal('auto'), warnAfterDuration], warnAfterExpected), {
      description:
        'A run that lasts longer is told of by an event, `run.overdue`, once; it goes on. auto: half as long again as 95 % of the last 20 runs took.',
      unit: 'seconds, or a text with a unit',
      examples: ['11s', 'auto'],
      defaultText: 'never',
      relation: 'Means nothing where it is not below `timeout`.',
    }),
  ),
}

const sharedKeys = [
  'group',
  'cwd',
  'env',
  'envFiles',
  'inheritEnv',
  'user',
  'umask',
  'nice',
  'rlimits',
  'priority',
  'stop',
  'stdin',
  'stdout',
  'stderr',
  'output',
  'leftovers',
  'dependsOn',
  'limits',
  'timeout',
  'customData',
] as const

/** Those keys of a program that a job has as well, and that `defaults` say for both. */
export const sharedWithPrograms = Object.fromEntries(
  sharedKeys.map((name) => [name, sharedEntries[name]]),
) as Pick<typeof sharedEntries, (typeof sharedKeys)[number]>

export const job = block(
  'JobConfig',
  { ...commandEntry, ...jobEntries, ...sharedWithPrograms },
  'a table of the keys of a job, at least command',
)

export type JobInput = v.InferInput<typeof job>
export type JobOutput = v.InferOutput<typeof job>
