/**
 * The keys of a program that bound what one run may use, and how long it may last.
 */
import * as v from 'valibot'
import { block, duration, key, path, size, wholeNumber } from './leaves.ts'

const hour = 3_600_000
const day = 24 * hour
const year = 366 * day

const jitterExpected = 'a share from 0 to 0.5'
const lifetimeExpected = 'a duration such as 1h, or a table with after and jitter'

const lifetime = v.union(
  [
    duration(1000, year),
    block(
      'LifetimeConfig',
      {
        after: key(duration(1000, year), {
          description: 'How long a run lives.',
          unit: 'seconds, or a text with a unit',
          examples: ['1h'],
        }),
        jitter: v.optional(
          key(
            v.pipe(v.number(jitterExpected), v.minValue(0, jitterExpected), v.maxValue(0.5, jitterExpected)),
            {
              description:
                'The share of the time that is drawn around it for each run, so that not all end at once: 0.1 is ±10 %.',
              examples: [0.2],
            },
          ),
          0.1,
        ),
      },
      lifetimeExpected,
    ),
  ],
  lifetimeExpected,
)

const pattern = path('a path or a pattern')
const watchExpected = 'a list of paths and patterns, or a table with paths, ignore and settle'
const patterns = (what: string) =>
  v.pipe(v.array(pattern, what), v.minLength(1, what), v.maxLength(100, what))

const watch = v.union(
  [
    patterns(watchExpected),
    block(
      'WatchConfig',
      {
        paths: key(patterns('a list of 1 to 100 paths and patterns'), {
          description:
            'Files, folders and patterns with `*`, `?`, `**` and `{a,b}`, relative to the folder of the configuration file. A folder means all below it.',
          examples: [['src/**/*.js', 'package.json']],
        }),
        ignore: v.optional(
          key(v.array(pattern, 'a list of paths and patterns'), {
            description: 'What does not count.',
            examples: [['src/generated/**']],
          }),
          ['**/node_modules/**', '**/.git/**'],
        ),
        settle: v.optional(
          key(duration(0, hour), {
            description: 'For so long nothing may change any more before a change counts.',
            unit: 'seconds, or a text with a unit',
            examples: ['2s'],
          }),
          '500ms',
        ),
      },
      watchExpected,
    ),
  ],
  watchExpected,
)

const mebibyte = 1024 ** 2

export const limits = block(
  'LimitsConfig',
  {
    memory: v.optional(
      key(size(mebibyte, 1024 ** 5, null), {
        description:
          'Resident memory of the whole tree of a process. It is looked at more often the nearer it comes; one that grows to twice the limit within its grace is killed at once.',
        unit: 'bytes, or a text with a unit',
        examples: ['512MB'],
        relation:
          'Ending for this counts as a failure: `backoff` slows it when it comes before `steadyTime`.',
      }),
    ),
    cpuTime: v.optional(
      key(duration(1000, year), {
        description: 'CPU time of the whole tree of a process, since the start of its command.',
        unit: 'seconds, or a text with a unit',
        examples: ['10m'],
        relation: 'Ending for this counts as a failure.',
      }),
    ),
    lifetime: v.optional(
      key(lifetime, {
        description: 'How long a run lives until it is replaced; it may finish its work within `stop.grace`.',
        unit: 'seconds, or a text with a unit',
        examples: ['1h', { after: '6h', jitter: 0.2 }],
        relation: 'Is no failure, whatever code the command ends with.',
      }),
    ),
    runs: v.optional(
      key(wholeNumber(1, 1_000_000_000), {
        description:
          'How many runs may follow one another in a slot; after the last one it is `exited`. A start or restart by a person begins to count anew.',
        unit: 'runs',
        examples: [1000],
      }),
    ),
    watch: v.optional(
      key(watch, {
        description:
          'Files whose change replaces the processes, in turns as `rollout` says. They are looked at about once a second, by time, size and number, at most 10,000 of them.',
        examples: [['src/**/*.js'], { paths: ['src'], settle: '2s' }],
        relation: 'What changes while no agent runs is not noticed.',
      }),
    ),
  },
  'a table with memory, cpuTime, lifetime, runs and watch',
)

export const warnAfterDuration = duration(1, year)

export const warnAfter = v.optional(
  key(warnAfterDuration, {
    description: 'A run that lasts longer is told of by an event, `run.overdue`, once; it goes on.',
    unit: 'seconds, or a text with a unit',
    examples: ['11s'],
    defaultText: 'never',
    relation: 'Means nothing where it is not below `timeout`.',
  }),
)

export const timeout = v.optional(
  key(duration(1, year), {
    description:
      'A run that lasts longer is ended with all its children: by the stop signal, and by force after `stop.grace`. Its shim sees to it, also while no agent lives.',
    unit: 'seconds, or a text with a unit',
    examples: ['14s'],
    defaultText: 'none',
    relation: 'Counts as a failure. A change holds from the next run on.',
  }),
)
