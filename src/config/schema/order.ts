/**
 * The keys of a program that say when a run may begin, whether it can do its work, and how its runs are replaced.
 */
import * as v from 'valibot'
import { dependencyConditions } from '../../domain/program.ts'
import { unknownPlaceholders } from '../placeholders.ts'
import { command } from './blocks.ts'
import { block, duration, flag, key, table, text, wholeNumber } from './leaves.ts'

const hour = 3_600_000
const day = 24 * hour

const condition = v.picklist(dependencyConditions, dependencyConditions.join(', '))

const dependency = block(
  'DependencyConfig',
  {
    condition: v.optional(
      key(condition, {
        description:
          'What must hold of all its processes before one of this program begins. started: its command was executed; ready: its readiness check passes, or it runs where it has none; healthy: its liveness check passes as well; finished: it ended with success (`restart: on-failure` or `never`).',
        examples: ['finished'],
      }),
      'ready',
    ),
    restart: v.optional(
      key(flag(), {
        description: 'Whether this program is restarted whenever the other one begins a new run.',
        examples: [true],
      }),
      false,
    ),
  },
  'a table with condition and restart',
)

const dependsOnExpected = `a list of programs, or a table of programs and conditions (${dependencyConditions.join(', ')})`

const programText = text('the name of a program')

/** Settled as pairs, so that all forms end the same. */
export const dependsOn = v.union(
  [
    v.array(programText, dependsOnExpected),
    table(
      v.pipe(v.string(), v.regex(/\S/, 'the name of a program')),
      v.union(
        [condition, dependency],
        `${dependencyConditions.join(', ')}, or a table with condition and restart`,
      ),
      dependsOnExpected,
    ),
  ],
  dependsOnExpected,
)

function filledText(expected: string) {
  return v.pipe(
    text(expected),
    v.check(
      (written) => unknownPlaceholders(written).length === 0,
      `${expected}; the placeholders are {program}, {group}, {slot} and {index}`,
    ),
  )
}

const httpExpected = 'an address such as http://127.0.0.1:8080/health'
const tcpExpected = 'a port, or host:port'
const patternExpected = 'a regular expression that JavaScript understands'

function isPattern(written: string): boolean {
  try {
    return new RegExp(written, 'u') !== null
  } catch {
    return false
  }
}

const methods = {
  command: v.optional(
    key(command, {
      description:
        'Passes when this command ends with code 0. It runs as the program’s user, in its folder and with its environment, and never longer than `timeout`.',
      examples: [['pg_isready', '-q']],
    }),
  ),
  http: v.optional(
    key(v.pipe(filledText(httpExpected), v.regex(/^https?:\/\/[^\s/]+/, httpExpected)), {
      description:
        'Passes when a GET is answered with a status from 200 to 399. Certificates are not checked.',
      examples: ['http://127.0.0.1:8080/health'],
    }),
  ),
  tcp: v.optional(
    key(
      v.pipe(
        v.union([wholeNumber(1, 65_535, 'a port'), filledText(tcpExpected)], tcpExpected),
        v.transform(String),
        v.regex(/^(?:\S+:)?[\d{}a-z]+$/, tcpExpected),
      ),
      {
        description: 'Passes when a connection is accepted. A port alone is one of 127.0.0.1.',
        examples: [5432, 'db.internal:5432'],
      },
    ),
  ),
}

const log = v.optional(
  key(v.pipe(text(patternExpected), v.check(isPattern, patternExpected)), {
    description: 'Passes, and stays so, once a line of the run’s output fits this regular expression.',
    examples: ['listening on port \\d+'],
    relation: 'Needs `stdout: own` or `stderr: own`.',
  }),
)

const notify = v.optional(
  key(v.literal(true, 'true'), {
    description:
      'The process itself tells, by the protocol of sd_notify: `READY=1` passes; for `liveness`, `WATCHDOG=1` has to come within each `period`.',
    examples: [true],
  }),
)

function timing(defaults: { period: string; failures: number; graceText: string }) {
  return {
    grace: v.optional(
      key(duration(0, day), {
        description: 'How long after the start of the command the first look is taken.',
        unit: 'seconds, or a text with a unit',
        examples: ['10s'],
        relation: defaults.graceText,
      }),
      0,
    ),
    period: v.optional(
      key(duration(50, day), {
        description: 'How often it is looked. A look begins only once the one before it is over.',
        unit: 'seconds, or a text with a unit',
        examples: ['5s'],
      }),
      defaults.period,
    ),
    timeout: v.optional(
      key(duration(50, hour), {
        description: 'A look that takes longer has failed, and nothing is left of it.',
        unit: 'seconds, or a text with a unit',
        examples: ['2s'],
      }),
      '1s',
    ),
    failures: v.optional(
      key(wholeNumber(1, 100_000), {
        description: 'Failed looks in a row that make the check fail.',
        unit: 'looks',
        examples: [5],
      }),
      defaults.failures,
    ),
    successes: v.optional(
      key(wholeNumber(1, 1000), {
        description: 'Passed looks in a row that make the check pass.',
        unit: 'looks',
        examples: [2],
      }),
      1,
    ),
  }
}

const oneMethod = 'exactly one of command, http, tcp, log and notify'

function oneOf<S extends v.GenericSchema<unknown, Record<string, unknown>>>(schema: S): S {
  const count = (written: Record<string, unknown>): number =>
    ['command', 'http', 'tcp', 'log', 'notify'].filter((name) => written[name] !== undefined).length
  return v.pipe(
    schema,
    v.check((written) => count(written) === 1, oneMethod),
  ) as unknown as S
}

const startupBlock = block(
  'StartupCheckConfig',
  {
    ...methods,
    log,
    notify,
    ...timing({
      period: '1s',
      failures: 60,
      graceText: 'Counts from the start; the other checks wait for this one.',
    }),
  },
  `a table with ${oneMethod}, and grace, period, timeout, failures, successes`,
)
const readinessBlock = block(
  'ReadinessCheckConfig',
  {
    ...methods,
    log,
    notify,
    ...timing({
      period: '1s',
      failures: 3,
      graceText: 'With a startup check it counts from when that passed.',
    }),
  },
  `a table with ${oneMethod}, and grace, period, timeout, failures, successes`,
)
const livenessBlock = block(
  'LivenessCheckConfig',
  {
    ...methods,
    notify,
    ...timing({
      period: '10s',
      failures: 3,
      graceText: 'With a startup check it counts from when that passed.',
    }),
  },
  `a table with exactly one of command, http, tcp and notify, and grace, period, timeout, failures, successes`,
)

export const checks = block(
  'ChecksConfig',
  {
    startup: v.optional(
      key(oneOf(startupBlock), {
        description:
          'For programs that take long to come up: until it passes the process is `starting`, and the other checks wait. When it fails the process is ended and tried again, slowed by `backoff`.',
        examples: [{ tcp: 5432, failures: 300 }],
      }),
    ),
    readiness: v.optional(
      key(oneOf(readinessBlock), {
        description:
          'Whether a process can do its work: what depends on it waits for this, and replacements in turns. Failing ends nothing.',
        examples: [{ http: 'http://127.0.0.1:8080/ready' }],
      }),
    ),
    liveness: v.optional(
      key(oneOf(livenessBlock), {
        description:
          'Whether a process still works: when it fails the process is stopped, by force after `stop.grace`, and the next one begins. A process that is frozen is replaced after at most `failures` × (`period` + `timeout`) + `stop.grace`.',
        examples: [{ http: 'http://127.0.0.1:8080/health', period: '5s' }],
      }),
    ),
  },
  'a table with startup, readiness and liveness',
)

const parallelExpected = 'a number of processes from 1 to 10000, or a share such as 25%'

export const rollout = block(
  'RolloutConfig',
  {
    parallel: v.optional(
      key(
        v.pipe(
          v.union(
            [
              wholeNumber(1, 10_000, 'a number of processes'),
              v.pipe(v.string(), v.regex(/^(?:[1-9]\d?|100)%$/, parallelExpected)),
            ],
            parallelExpected,
          ),
          v.transform((written) =>
            typeof written === 'number'
              ? ({ kind: 'count', value: written } as const)
              : ({ kind: 'share', value: Number.parseInt(written, 10) / 100 } as const),
          ),
        ),
        {
          description:
            'How many processes may be without a ready run at one time while they are replaced. Of a share at least one.',
          unit: 'processes, or percent',
          examples: [2, '50%', '100%'],
          relation: '`100%` replaces all at once.',
        },
      ),
      '25%',
    ),
    within: v.optional(
      key(duration(0, day), {
        description:
          'A replacement that is not ready by then has failed: those that were to follow are left as they are.',
        unit: 'seconds, or a text with a unit',
        examples: ['5m'],
      }),
      '1m',
    ),
  },
  'a table with parallel and within',
)
