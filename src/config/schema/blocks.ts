/**
 * The groups of keys inside a program: how it is restarted, stopped, limited, and what becomes of its output.
 */
import * as v from 'valibot'
import { type RlimitName, rlimitNames, type SyslogFacility, syslogFacilities } from '../../domain/program.ts'
import { parseSize, sizePattern } from '../units.ts'
import {
  block,
  duration,
  flag,
  isJson,
  key,
  outputPath,
  path,
  size,
  table,
  text,
  wholeNumber,
} from './leaves.ts'

const day = 86_400_000

const signalNames = [
  'TERM',
  'INT',
  'QUIT',
  'HUP',
  'KILL',
  'USR1',
  'USR2',
  'ABRT',
  'ALRM',
  'CONT',
  'WINCH',
] as const
const signalExpected = `the name of a signal: ${signalNames.join(', ')}`

const signal = v.pipe(
  v.picklist([...signalNames, ...signalNames.map((name) => `SIG${name}` as const)], signalExpected),
  v.transform((name) => name.replace(/^SIG/, '')),
)

export const stop = block(
  'StopConfig',
  {
    signal: v.optional(
      key(signal, {
        description: 'The signal that asks the program to end. `SIGTERM` and `TERM` are the same.',
        examples: ['INT'],
      }),
      'TERM',
    ),
    grace: v.optional(
      key(duration(0, day), {
        description:
          'How long the program may take to end after the signal. Whatever is left of its whole process tree then gets KILL.',
        unit: 'seconds, or a text with a unit',
        examples: ['30s', '5m'],
        relation: 'A job that takes longer than this is cut off by a stop, a restart and a reload.',
      }),
      '10s',
    ),
    target: v.optional(
      key(v.picklist(['process', 'group'], 'process or group'), {
        description:
          'Who gets the signal: the command alone, or its whole process group. A shell passes no signal on to what it started.',
        examples: ['group'],
        defaultText: '`group` for a command as text, `process` for a command as a list',
        relation: 'Depends on how `command` is written.',
      }),
    ),
  },
  'a table with signal, grace and target',
)

export const facilityNames = Object.keys(syslogFacilities) as SyslogFacility[]
export const syslogPath = v.pipe(
  text('the path of a socket'),
  v.regex(/^\//, 'an absolute path'),
  v.maxLength(100),
)

const syslog = block(
  'SyslogConfig',
  {
    facility: v.optional(
      key(v.picklist(facilityNames, facilityNames.join(', ')), {
        description: 'The facility of its messages.',
        examples: ['local0'],
      }),
      'daemon',
    ),
    tag: v.optional(
      key(v.pipe(text('a word'), v.regex(/^[!-9;-~]{1,100}$/, 'a word of up to 100 signs, without `:`')), {
        description: 'The name in front of each message. It may hold `{program}`, `{group}` and `{index}`.',
        examples: ['{program}'],
        defaultText: 'the program, and for one of several processes its slot with `-` for `:`',
      }),
    ),
    path: v.optional(
      key(syslogPath, {
        description: 'The socket of the log, of datagrams.',
        examples: ['/run/systemd/journal/syslog'],
      }),
      '/dev/log',
    ),
  },
  'a table with facility, tag and path',
)

const outputEventsBlock = block(
  'OutputEventsConfig',
  {
    every: v.optional(
      key(duration(100, 3_600_000), {
        description: 'How often what was written since is told, while a run lives.',
        unit: 'seconds, or a text with a unit',
        examples: ['1s'],
        relation:
          'What is written while nothing is told is told by the next look; nothing is left out for it.',
      }),
      '3s',
    ),
    maxChunk: v.optional(
      key(size(1024, 10 * 1024 ** 2, null), {
        description: 'The most output that one event tells; the rest follows at once in further events.',
        unit: 'bytes, or a text with a unit',
        examples: ['64KB'],
      }),
      '256KB',
    ),
  },
  'a table with every and maxChunk',
)

const outputEvents = v.union([flag(), outputEventsBlock], 'true, false, or a table with every and maxChunk')

export const output = block(
  'OutputConfig',
  {
    maxSize: v.optional(
      key(size(1024, 1024 ** 4, 'never rotated'), {
        description:
          'A file of output is rotated before it grows beyond this. Units are powers of 1024: 10MB is 10485760 bytes. 0 never rotates.',
        unit: 'bytes, or a text with a unit',
        examples: ['50MB', 0],
        relation:
          'Times `keep`, plus one, this is the most that one stream of one process takes on the disk.',
      }),
      '10MB',
    ),
    keep: v.optional(
      key(wholeNumber(0, 10_000), {
        description: 'Rotated files that are kept beside the current one; older ones are deleted.',
        unit: 'files',
        examples: [3],
      }),
      10,
    ),
    maxAge: v.optional(
      key(duration(1000, 3650 * day), {
        description:
          'A file of output is rotated as well once the first byte in it is older than this, also while nothing comes. An empty file is left alone.',
        unit: 'seconds, or a text with a unit',
        examples: ['1d'],
        defaultText: 'not for its age',
        relation: 'With `keep: 6` and `maxAge: 1d` a week is kept, if `maxSize` is large enough.',
      }),
    ),
    format: v.optional(
      key(v.picklist(['raw', 'stamped', 'json'], 'raw, stamped or json'), {
        description:
          'How lines are stored. raw: byte for byte. stamped: with the time in front of each line, as `2026-01-31T12:00:00.000Z`. json: each line as one JSON object with time, stream, program, slot, run and line.',
        examples: ['stamped', 'json'],
        relation:
          'What is in the files is what `drover logs` shows. A line of more than 16 KiB (an eighth of `maxSize`, if that is less) becomes several JSON objects, all but the last with `"partial": true`.',
      }),
      'raw',
    ),
    compress: v.optional(
      key(flag(), {
        description:
          'Whether the agent compresses finished files of Drover’s own with gzip, within some seconds. `drover logs` reads them as ever. Named files are left alone.',
        examples: [true],
      }),
      false,
    ),
    capture: v.optional(
      key(v.picklist(['always', 'on-demand'], 'always or on-demand'), {
        description:
          'Whether output is kept from the start, or thrown away until `drover capture NAME` asks for it. Each run begins as this says.',
        examples: ['on-demand'],
        relation: '`syslog` gets the lines in any case. A check by `log` needs `always`.',
      }),
      'always',
    ),
    syslog: v.optional(
      key(syslog, {
        description:
          'Sends each line to the system’s log as well: standard output with the severity `info`, standard error with `err`. `{}` does it with all defaults. What the log does not take at once is dropped, and the next message says how much.',
        examples: [{ facility: 'local0', tag: '{program}' }],
        defaultText: 'not sent',
        relation:
          'Works for streams that are stored, so not with `discard`. `format` has no influence on it.',
      }),
    ),
    events: v.optional(
      key(outputEvents, {
        description:
          'Whether what is written is told in events as well, as `run.output`: in order, in whole characters, all of it before the event that the run ended.',
        examples: [true, { every: '1s', maxChunk: '64KB' }],
        relation:
          'For streams that go into Drover’s own files, as they are stored (`format`, `capture`). What is rotated away before it could be told is told to be lost, as `run.output_lost`. The texts of all such events together keep to 256 MB, the oldest are forgotten.',
      }),
      false,
    ),
    quota: v.optional(
      key(size(128 * 1024, 1024 ** 5, null), {
        description:
          'The most that the output of all processes and all kept runs of the program takes together, its named files included. Each stream of each process has an equal part.',
        unit: 'bytes, or a text with a unit',
        examples: ['2GB'],
        defaultText: 'none; `maxSize` and `keep` bound each stream',
        relation:
          '`maxSize` and `keep` are made smaller where they would allow more. Holds for each process from its next start.',
      }),
    ),
  },
  'a table with maxSize, keep, maxAge, format, compress, capture, syslog, events and quota',
)

const backoffKinds = ['exponential', 'linear'] as const
const backoffExpected = 'exponential, linear, or a table with kind, initial, factor, max and jitter'

const backoffKind = v.picklist(backoffKinds, 'exponential or linear')

const backoffBlock = block(
  'BackoffConfig',
  {
    kind: v.optional(
      key(backoffKind, {
        description:
          'How the waits grow. exponential: initial, initial × factor, initial × factor², … linear: initial, 2 × initial, 3 × initial, …',
        examples: ['linear'],
      }),
      'exponential',
    ),
    initial: v.optional(
      key(duration(0, day), {
        description: 'The wait before the first restart after a quick exit.',
        unit: 'seconds, or a text with a unit',
        examples: ['500ms'],
        relation: 'Not above `max`.',
      }),
      '1s',
    ),
    factor: v.optional(
      key(
        v.pipe(
          v.number('a number from 1 to 100'),
          v.minValue(1, 'a number from 1 to 100'),
          v.maxValue(100, 'a number from 1 to 100'),
        ),
        {
          description: 'What an exponential wait is multiplied by each time.',
          examples: [1.5],
          relation: 'Means nothing with `kind: linear`.',
        },
      ),
      2,
    ),
    max: v.optional(
      key(duration(0, day), {
        description: 'No wait is longer than this, the random part aside.',
        unit: 'seconds, or a text with a unit',
        examples: ['5m'],
        relation: 'Not below `initial`.',
      }),
      '1m',
    ),
    jitter: v.optional(
      key(
        v.pipe(
          v.number('a number from 0 to 1'),
          v.minValue(0, 'a number from 0 to 1'),
          v.maxValue(1, 'a number from 0 to 1'),
        ),
        {
          description:
            'The share of a wait that is drawn at random around it, so that many programs that died together don’t return together: 0.1 is ±10 %.',
          examples: [0, 0.5],
          defaultText: '`0.1`, and `0` with `kind: linear`',
        },
      ),
    ),
  },
  backoffExpected,
)

export const backoff = v.union([backoffKind, backoffBlock], backoffExpected)

const sizeLimits: readonly RlimitName[] = ['as', 'core', 'data', 'fsize', 'memlock', 'rss', 'stack']

function limitValue(name: RlimitName) {
  const bytes = sizeLimits.includes(name)
  const expected = bytes
    ? 'bytes as a whole number, a size like 512MB, or unlimited'
    : 'a whole number of 0 or more, or unlimited'
  const number = v.pipe(
    v.number(expected),
    v.integer(expected),
    v.minValue(0, expected),
    v.maxValue(2 ** 53 - 1, expected),
  )
  const word = v.literal('unlimited', expected)
  const options = bytes
    ? v.union([number, word, v.pipe(v.string(), v.regex(sizePattern, expected))], expected)
    : v.union([number, word], expected)
  return v.pipe(
    options,
    v.transform((written) => (written === 'unlimited' ? -1 : (parseSize(written) ?? Number.NaN))),
  )
}

function limit(name: RlimitName, description: string, example: unknown) {
  const value = limitValue(name)
  const pair = block(
    'RlimitConfig',
    {
      soft: key(value, {
        description: 'What holds at first; the program may raise it to `hard`.',
        examples: [100],
      }),
      hard: key(value, { description: 'What the program cannot go above.', examples: [200] }),
    },
    'a table with soft and hard',
  )
  return v.optional(
    key(v.union([value, pair], `a limit, or a table with soft and hard`), {
      description,
      examples: [example],
    }),
  )
}

export const rlimits = block(
  'RlimitsConfig',
  {
    as: limit('as', 'Address space, in bytes.', '4GB'),
    core: limit('core', 'Size of a core dump, in bytes.', 'unlimited'),
    cpu: limit('cpu', 'CPU time, in seconds.', 3600),
    data: limit('data', 'Data segment, in bytes.', '1GB'),
    fsize: limit('fsize', 'Size of a file that is written, in bytes.', '2GB'),
    memlock: limit('memlock', 'Locked memory, in bytes.', '64MB'),
    nofile: limit('nofile', 'Open files.', 4096),
    nproc: limit('nproc', 'Processes of the user.', { soft: 100, hard: 200 }),
    rss: limit('rss', 'Resident memory, in bytes; most kernels ignore it.', '1GB'),
    stack: limit('stack', 'Stack, in bytes.', '8MB'),
  } satisfies Record<RlimitName, v.GenericSchema>,
  `a table with any of ${rlimitNames.join(', ')}`,
)

export const envFile = v.union(
  [
    path('the path of a file'),
    block(
      'EnvFileConfig',
      {
        path: key(path('the path of a file'), {
          description: 'The file, relative to the folder of the configuration file.',
          examples: ['.env.local'],
        }),
        optional: v.optional(
          key(v.boolean('true or false'), {
            description: 'Whether the file may be missing.',
            examples: [true],
          }),
          false,
        ),
      },
      'a table with path and optional',
    ),
  ],
  'the path of a file, or a table with path and optional',
)

const envValueExpected = 'text, a number, true or false, or a table with fromFile or fromEnv'
const secretExpected = 'a table with one of fromFile and fromEnv'

/** A value that stands elsewhere and is read for each run. */
export const secret = v.pipe(
  block(
    'SecretConfig',
    {
      fromFile: v.optional(
        key(path('the path of a file'), {
          description:
            'A file that holds the value, relative to the folder of the configuration file. The agent reads it for each run; one line break at its end does not count.',
          examples: ['/run/secrets/db'],
          defaultText: 'none',
          relation: 'One of `fromFile` and `fromEnv`.',
        }),
      ),
      fromEnv: v.optional(
        key(v.pipe(v.string(), v.regex(/^[^=\0\s]+$/, 'the name of a variable, without = and spaces')), {
          description: 'A variable of the agent’s own environment that holds the value.',
          examples: ['DB_PASSWORD'],
          defaultText: 'none',
          relation: 'One of `fromFile` and `fromEnv`.',
        }),
      ),
    },
    secretExpected,
  ),
  v.check(({ fromFile, fromEnv }) => (fromFile === undefined) !== (fromEnv === undefined), secretExpected),
)
const envText = v.pipe(v.string(), v.regex(/^[^\0]*$/, 'text without a NUL character'))

export const env = table(
  v.pipe(v.string(), v.regex(/^[^=\0\s]+$/, 'the name of a variable, without = and spaces')),
  v.union(
    [
      v.pipe(
        v.union([envText, v.pipe(v.number(), v.finite(envValueExpected)), v.boolean()], envValueExpected),
        v.transform(String),
      ),
      secret,
    ],
    envValueExpected,
  ),
  'a table of names and values',
)

export const command = v.union(
  [
    text('text'),
    v.pipe(
      v.array(v.pipe(v.string('text'), v.regex(/^[^\0]*$/, 'text without a NUL character')), 'a list'),
      v.minLength(1, 'at least the program in the list'),
      v.check((argv) => argv[0]?.trim() !== '', 'a program as the first of the list'),
    ),
  ],
  'text, which /bin/sh runs, or a list of the program and its arguments',
)

export const stdout = v.union(
  [v.picklist(['own', 'discard']), outputPath('own, discard')],
  'own, discard, or the path of a file',
)

export const stderr = v.union(
  [v.picklist(['own', 'merge', 'discard']), outputPath('own, merge, discard')],
  'own, merge, discard, or the path of a file',
)

export const customData = v.pipe(
  v.unknown(),
  v.check((written) => isJson(written), 'anything that JSON can hold, not nested more than 100 deep'),
  v.metadata({ typeName: 'JsonValue' }),
)

const label = v.pipe(
  v.string(),
  v.regex(/^[\w./-]{1,100}$/, 'a name of letters, digits, `.`, `/`, `_` and `-`'),
)

/** Of a node, for whoever chooses by them. */
export const labels = table(label, text('text'), 'a table of labels and values')
