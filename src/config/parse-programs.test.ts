import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { noLimits } from '../domain/limits.ts'
import { formatProblem } from './format-problem.ts'
import { parsePrograms, type TextFile } from './parse-programs.ts'
import type { ParsedSource } from './source.ts'

const folder = '/srv'

function source(value: unknown, more: Partial<ParsedSource> = {}): ParsedSource {
  return { file: `${folder}/drover.yaml`, folder, value, locate: () => null, includedBy: null, ...more }
}

const files: Record<string, string> = { '/srv/.env': 'A=file\nB=file', '/srv/bad.env': 'A=1\noops' }

function readTextFile(path: string): TextFile {
  const text = files[path]
  return text === undefined ? { kind: 'missing' } : { kind: 'text', text }
}

function parse(...values: unknown[]) {
  const sources = values.map((value, index) =>
    source(value, index === 0 ? {} : { file: `/srv/${index}.yaml` }),
  )
  const { programs, problems } = parsePrograms(sources, { readTextFile })
  return { programs, said: problems.map((problem) => formatProblem(problem, { cwd: folder })) }
}

/** The one program of a configuration with these keys. */
function programWith(keys: Record<string, unknown>) {
  const { programs, said } = parse({ programs: { mailer: { command: 'x', ...keys } } })
  expect(said).toEqual([])
  return programs[0]
}

/** What is said about one program with these keys. */
function saidOf(keys: Record<string, unknown>) {
  return parse({ programs: { mailer: { command: 'x', ...keys } } }).said
}

test('fills every default', () => {
  expect(programWith({})).toEqual({
    name: 'mailer',
    group: 'mailer',
    kind: 'service',
    processes: 1,
    autostart: true,
    priority: 999,
    launch: {
      command: { kind: 'shell', text: 'x' },
      cwd: '/srv',
      env: {},
      inheritEnv: true,
      user: null,
      umask: null,
      nice: null,
      rlimits: [],
      stdin: 'none',
      stdout: { kind: 'own' },
      stderr: { kind: 'own' },
      leftovers: 'kill',
      sockets: [],
      notify: null,
    },
    restart: {
      when: 'always',
      successExitCodes: [0],
      startTimeMs: 1000,
      giveUpAfter: 3,
      steadyTimeMs: 10_000,
      backoff: { kind: 'exponential', initialMs: 1000, factor: 2, maxMs: 60_000, jitter: 0.1 },
    },
    stop: { signal: 'TERM', graceMs: 10_000, target: 'group' },
    output: { maxBytes: 10_485_760, keep: 10 },
    dependsOn: [],
    checks: { startup: null, readiness: null, liveness: null },
    rollout: { parallel: { kind: 'share', value: 0.25 }, withinMs: 60_000 },
    limits: noLimits,
    customData: null,
  })
})

describe('each key', () => {
  test.each<[Record<string, unknown>, object]>([
    [{ command: ['node', 'a b'] }, { launch: { command: { kind: 'argv', argv: ['node', 'a b'] } } }],
    [{ command: ['node'] }, { stop: { target: 'process' } }],
    [{ processes: 0 }, { processes: 0 }],
    [{ group: 'app' }, { name: 'app:mailer', group: 'app' }],
    [{ group: 'mailer' }, { name: 'mailer', group: 'mailer' }],
    [{ cwd: './app/../web' }, { launch: { cwd: '/srv/web' } }],
    [{ cwd: '/opt/' }, { launch: { cwd: '/opt' } }],
    [{ env: { A: 'b', PORT: 8080, ON: true } }, { launch: { env: { A: 'b', PORT: '8080', ON: 'true' } } }],
    [{ envFiles: ['.env'], env: { A: 'own' } }, { launch: { env: { A: 'own', B: 'file' } } }],
    [{ envFiles: [{ path: 'none', optional: true }] }, { launch: { env: {} } }],
    [{ inheritEnv: false }, { launch: { inheritEnv: false } }],
    [{ user: 'www-data' }, { launch: { user: 'www-data' } }],
    [{ user: 33 }, { launch: { user: '33' } }],
    [{ umask: '022' }, { launch: { umask: 0o022 } }],
    [{ umask: '0' }, { launch: { umask: 0 } }],
    [{ nice: -5 }, { launch: { nice: -5 } }],
    [
      { rlimits: { nofile: 4096, core: 'unlimited', nproc: { soft: 100, hard: 200 }, as: '1GB' } },
      {
        launch: {
          rlimits: [
            { name: 'as', soft: 2 ** 30, hard: 2 ** 30 },
            { name: 'core', soft: -1, hard: -1 },
            { name: 'nofile', soft: 4096, hard: 4096 },
            { name: 'nproc', soft: 100, hard: 200 },
          ],
        },
      },
    ],
    [{ priority: 1 }, { priority: 1 }],
    [{ autostart: false }, { autostart: false }],
    [{ restart: 'on-failure' }, { restart: { when: 'on-failure' } }],
    [{ successExitCodes: [0, 2] }, { restart: { successExitCodes: [0, 2] } }],
    [{ startTime: '5s' }, { restart: { startTimeMs: 5000 } }],
    [{ giveUpAfter: 'never' }, { restart: { giveUpAfter: null } }],
    [{ giveUpAfter: 10 }, { restart: { giveUpAfter: 10 } }],
    [{ steadyTime: 60 }, { restart: { steadyTimeMs: 60_000 } }],
    [{ backoff: 'linear' }, { restart: { backoff: { kind: 'linear', initialMs: 1000, jitter: 0 } } }],
    [
      { backoff: { initial: '500ms', max: '5m', jitter: 0.5 } },
      {
        restart: { backoff: { kind: 'exponential', initialMs: 500, factor: 2, maxMs: 300_000, jitter: 0.5 } },
      },
    ],
    [
      { stop: { signal: 'SIGINT', grace: '1m', target: 'process' } },
      { stop: { signal: 'INT', graceMs: 60_000, target: 'process' } },
    ],
    [{ stdin: 'fifo' }, { launch: { stdin: 'fifo' } }],
    [{ stdout: 'discard' }, { launch: { stdout: { kind: 'discard' } } }],
    [{ stdout: 'logs/{slot}.log' }, { launch: { stdout: { kind: 'file', path: '/srv/logs/{slot}.log' } } }],
    [{ stderr: 'merge' }, { launch: { stderr: { kind: 'merged' } } }],
    [{ output: { maxSize: 0, keep: 3 } }, { output: { maxBytes: 0, keep: 3 } }],
    [{ output: { events: true } }, { output: { events: { everyMs: 3000, maxBytes: 262_144 } } }],
    [
      { output: { events: { every: 1, maxChunk: '10MB' } } },
      { output: { events: { everyMs: 1000, maxBytes: 10_485_760 } } },
    ],
    [{ leftovers: 'leave' }, { launch: { leftovers: 'leave' } }],
    [
      { limits: { memory: '100MB', cpuTime: '10m', lifetime: '1h', runs: 5 }, warnAfter: '11s', timeout: 14 },
      {
        limits: {
          memoryBytes: 100 * 1024 ** 2,
          cpuMs: 600_000,
          lifetime: { afterMs: 3_600_000, jitter: 0.1 },
          runs: 5,
          watch: null,
          warnAfterMs: 11_000,
          timeoutMs: 14_000,
        },
      },
    ],
    [
      { limits: { lifetime: { after: '6h', jitter: 0 }, watch: ['src/**/*.js'] } },
      {
        limits: {
          lifetime: { afterMs: 21_600_000, jitter: 0 },
          watch: {
            paths: ['/srv/src/**/*.js'],
            ignore: ['**/node_modules/**', '**/.git/**'],
            settleMs: 500,
          },
        },
      },
    ],
    [
      { limits: { watch: { paths: ['src', '/etc/x'], ignore: ['src/gen', '**/*.log'], settle: 2 } } },
      {
        limits: {
          watch: { paths: ['/srv/src', '/etc/x'], ignore: ['/srv/src/gen', '**/*.log'], settleMs: 2000 },
        },
      },
    ],
    [{ customData: { team: ['a', null] } }, { customData: { team: ['a', null] } }],
  ])('%j', (keys, expected) => {
    expect(programWith(keys)).toMatchObject(expected)
  })

  test('a key with a group in it is the same as the key `group`', () => {
    const [byKey] = parse({ programs: { 'app:mailer': { command: 'x' } } }).programs
    expect(byKey).toEqual(programWith({ group: 'app' }))
  })
})

const duration = (range: string): string =>
  `expected a duration from ${range}: seconds as a number, or a text like 500ms, 1.5s, 10m, 2h`
const nameRule =
  'expected a name of letters, digits, `.`, `_` and `-`, not of digits alone and at most 100 characters, or `group:name`'

describe('each kind of mistake in a program is told with value, what was expected and the nearest right thing', () => {
  test.each<[Record<string, unknown>, string]>([
    [
      { command: undefined },
      'command: expected text, which /bin/sh runs, or a list of the program and its arguments, got nothing',
    ],
    [{ command: '' }, 'command: expected text, got ""'],
    [{ command: [] }, 'command: expected at least the program in the list, got []'],
    [{ command: ['a', 3] }, 'command[1]: expected text, got 3'],
    [
      { command: 3 },
      'command: expected text, which /bin/sh runs, or a list of the program and its arguments, got 3',
    ],
    [{ proceses: 3 }, 'proceses: unknown key; did you mean `processes`?'],
    [{ start_time: 3 }, 'start_time: unknown key; did you mean `startTime`?'],
    [{ signal: 'INT' }, 'signal: unknown key; did you mean `stop.signal`?'],
    [{ numprocs: 3 }, 'numprocs: unknown key; `numprocs` of supervisord is `processes` here'],
    [{ stopwaitsecs: 3 }, 'stopwaitsecs: unknown key; `stopwaitsecs` of supervisord is `stop.grace` here'],
    [
      { autorestart: 'unexpected' },
      'autorestart: unknown key; `autorestart` of supervisord is `restart` here, true is `always`, unexpected is `on-failure`, false is `never`',
    ],
    [{ instances: 3 }, 'instances: unknown key; `instances` of PM2 is `processes` here'],
    [{ kill_timeout: 3 }, 'kill_timeout: unknown key; `kill_timeout` of PM2 is `stop.grace` here'],
    [{ watch: true }, 'watch: unknown key; `watch` of PM2 is `limits.watch` here'],
    [
      { warnAfter: '14s', timeout: '14s' },
      'warnAfter: warning: no run lasts so long, since `timeout` ends it after 14s',
    ],
    [
      { limits: { memory: '10' } },
      'limits.memory: expected a size from 1MB to 1024TB: bytes as a number, or a text like 64KB, 10MB, 1GB, got "10"',
    ],
    [{ limits: { runs: 0 } }, 'limits.runs: expected a whole number from 1 to 1000000000, got 0'],
    [{ RestartSec: 3 }, 'RestartSec: unknown key; `RestartSec` of systemd is `backoff.initial` here'],
    [{ working_dir: '/' }, 'working_dir: unknown key; `working_dir` of Circus is `cwd` here'],
    [{ processes: '3' }, 'processes: expected a whole number from 0 to 10000, got "3"; did you mean `3`?'],
    [{ processes: -1 }, 'processes: expected a whole number from 0 to 10000, got -1'],
    [{ processes: 1.5 }, 'processes: expected a whole number from 0 to 10000, got 1.5'],
    [{ processes: 1e9 }, 'processes: expected a whole number from 0 to 10000, got 1000000000'],
    [{ processes: null }, 'processes: expected a whole number from 0 to 10000, got null'],
    [
      { group: '7' },
      'group: expected a name of letters, digits, `.`, `_` and `-`, not of digits alone, got "7"',
    ],
    [
      { cwd: '~/app' },
      'cwd: expected the path of a folder, absolute or relative to this file’s folder (~ and variables are not expanded), got "~/app"',
    ],
    [{ env: ['A=b'] }, 'env: expected a table of names and values, got a list'],
    [
      { env: { A: null } },
      'env.A: expected text, a number, true or false, or a table with fromFile or fromEnv, got null',
    ],
    [
      { env: { A: ['s3cret'] } },
      'env.A: expected text, a number, true or false, or a table with fromFile or fromEnv, got a list',
    ],
    [{ env: { 'A B': 'c' } }, 'env["A B"]: expected the name of a variable, without = and spaces'],
    [{ envFiles: '.env' }, 'envFiles: expected a list of files, got ".env"'],
    [
      { envFiles: [{ optional: true }] },
      'envFiles[0].path: is missing; expected a table with path and optional',
    ],
    [{ envFiles: ['none'] }, 'envFiles[0]: the env file /srv/none does not exist'],
    [{ autostart: 'yes' }, 'autostart: expected true or false, got "yes"; did you mean `true`?'],
    [{ inheritEnv: 0 }, 'inheritEnv: expected true or false, got 0'],
    [{ user: 'a b' }, 'user: expected the name of a user, or its number, got "a b"'],
    [{ user: -1 }, 'user: expected the number of a user from 0 to 4294967294, got -1'],
    [
      { umask: 22 },
      'umask: expected octal digits as text, in quotes, such as "022", got 22; did you mean `"022"`?',
    ],
    [{ umask: '999' }, 'umask: expected octal digits as text, in quotes, such as "022", got "999"'],
    [{ nice: 20 }, 'nice: expected a whole number from -20 to 19, got 20'],
    [{ rlimits: { nofiles: 3 } }, 'rlimits.nofiles: unknown key; did you mean `nofile`?'],
    [
      { rlimits: { nofile: 'x' } },
      'rlimits.nofile: expected a limit, or a table with soft and hard, got "x"',
    ],
    [
      { rlimits: { nproc: { soft: 3 } } },
      'rlimits.nproc.hard: is missing; expected a table with soft and hard',
    ],
    [
      { rlimits: { nproc: { soft: 3, hard: 2 } } },
      'rlimits.nproc: the soft limit (3) is above the hard one (2)',
    ],
    [{ restart: true }, 'restart: expected always, on-failure or never, got true; did you mean `always`?'],
    [
      { restart: 'alwys' },
      'restart: expected always, on-failure or never, got "alwys"; did you mean `always`?',
    ],
    [{ successExitCodes: [256] }, 'successExitCodes[0]: expected a whole number from 0 to 255, got 256'],
    [{ startTime: '1 minute' }, `startTime: ${duration('0 to 1h')}, got "1 minute"`],
    [{ startTime: '2h' }, `startTime: ${duration('0 to 1h')}, got "2h"`],
    [{ giveUpAfter: 0 }, 'giveUpAfter: expected a whole number from 1 to 1000000, got 0'],
    [
      { giveUpAfter: 'nevr' },
      'giveUpAfter: expected a whole number from 1 to 1000000, or never, got "nevr"; did you mean `never`?',
    ],
    [{ backoff: { inital: 1 } }, 'backoff.inital: unknown key; did you mean `initial`?'],
    [
      { backoff: 'expo' },
      'backoff: expected exponential, linear, or a table with kind, initial, factor, max and jitter, got "expo"',
    ],
    [
      { backoff: { initial: '2m' } },
      'backoff.initial: the first wait (120000ms) is longer than the longest one (`max`, 60000ms)',
    ],
    [{ backoff: { jitter: 2 } }, 'backoff.jitter: expected a number from 0 to 1, got 2'],
    [
      { stop: { signal: 'term' } },
      'stop.signal: expected the name of a signal: TERM, INT, QUIT, HUP, KILL, USR1, USR2, ABRT, ALRM, CONT, WINCH, got "term"; did you mean `TERM`?',
    ],
    [{ stop: 'TERM' }, 'stop: expected a table with signal, grace and target, got "TERM"'],
    [{ stop: { grace: '25h' } }, `stop.grace: ${duration('0 to 1d')}, got "25h"`],
    [{ stdin: true }, 'stdin: expected none or fifo, got true; did you mean `fifo`?'],
    [
      { stdout: 'none' },
      'stdout: expected own, discard, or the path of a file (with a slash or a dot in it), got "none"; did you mean `discard`?',
    ],
    [
      { stdout: 'logs/{pid}.log' },
      'stdout: expected own, discard, or the path of a file (with a slash or a dot in it); the placeholders are {program}, {group}, {slot} and {index}, got "logs/{pid}.log"',
    ],
    [
      { stderr: '/dev/null' },
      'stderr: expected a regular file: it is rotated by renaming, which devices and /proc don’t survive. /dev/null is `discard`, got "/dev/null"',
    ],
    [
      { stdout: './%(program_name)s.log' },
      'stdout: warning: `%(program_name)s` of supervisord means nothing here; the placeholders are {program}, {group}, {slot} and {index}; did you mean `{program}`?',
    ],
    [
      { output: { maxSize: 10 } },
      'output.maxSize: expected a size from 1KB to 1TB: bytes as a number, or a text like 64KB, 10MB, 1GB; or 0, never rotated, got 10',
    ],
    [
      { output: { events: { every: '10ms' } } },
      'output.events.every: expected a duration from 100ms to 1h: seconds as a number, or a text like 500ms, 1.5s, 10m, 2h, got "10ms"',
    ],
    [
      { output: { events: { maxChunk: '11MB' } } },
      'output.events.maxChunk: expected a size from 1KB to 10MB: bytes as a number, or a text like 64KB, 10MB, 1GB, got "11MB"',
    ],
    [
      { output: { events: 'yes' } },
      'output.events: expected true, false, or a table with every and maxChunk, got "yes"; did you mean `true`?',
    ],
    [
      { stdout: 'discard', stderr: './a.log', output: { events: true } },
      'output.events: warning: neither standard output nor standard error is captured by Drover, so nothing of them can be told; one of them has to be `own`',
    ],
    [{ output: { keep: -1 } }, 'output.keep: expected a whole number from 0 to 10000, got -1'],
    [{ leftovers: 'kil' }, 'leftovers: expected kill or leave, got "kil"; did you mean `kill`?'],
    [
      { customData: Number.POSITIVE_INFINITY },
      'customData: expected anything that JSON can hold, not nested more than 100 deep, got Infinity',
    ],
    [
      { processes: 3, stdout: './mailer.log' },
      'stdout: all 3 processes would write into /srv/mailer.log; did you mean `/srv/mailer.{index}.log`?',
    ],
    [
      { stdout: './a.log', stderr: './a.log' },
      'stderr: /srv/a.log is already written by mailer (stdout); did you mean `merge`?',
    ],
  ])('%j', (keys, expected) => {
    expect(saidOf(keys)).toEqual([`drover.yaml: programs.mailer.${expected}`])
  })

  test('a key with no near relative is answered with all that are known', () => {
    expect(saidOf({ zzz: 1 })[0]).toMatch(
      /^drover\.yaml: programs\.mailer\.zzz: unknown key; expected one of command, processes, group, cwd, /,
    )
  })

  test('a program without a command is refused by name and field, and the slip that caused it is told', () => {
    expect(parse({ programs: { mailer: { comand: 'x' } } }).said).toEqual([
      'drover.yaml: programs.mailer.command: is missing; expected text, which /bin/sh runs, or a list of the program and its arguments (`comand` is written instead)',
      'drover.yaml: programs.mailer.comand: unknown key; did you mean `command`?',
    ])
  })

  test('a mistake in an env file is told with its own file and line', () => {
    expect(saidOf({ envFiles: ['bad.env'] })).toEqual([
      'bad.env:2: expected NAME=value, a comment or an empty line',
    ])
  })
})

describe('names', () => {
  test.each(['a b', 'a/b', '123', '', 'a:b:c', '.a', '-a', 'a:1', 'ä', 'x'.repeat(101)])(
    'refuses %j',
    (name) => {
      const { said, programs } = parse({ programs: { [name]: { command: 'x' } } })
      expect(programs).toEqual([])
      expect(said).toHaveLength(1)
      expect(said[0]).toContain(nameRule)
    },
  )

  test.each(['all', 'all:x', 'constructor'])('refuses the reserved word %j', (name) => {
    const { said, programs } = parse({ programs: { [name]: { command: 'x' } } })
    expect(programs).toEqual([])
    expect(said).toHaveLength(1)
  })

  test('suggests a name that would do', () => {
    expect(parse({ programs: { 'my mailer': { command: 'x' } } }).said[0]).toMatch(
      /did you mean `my-mailer`\?$/,
    )
  })

  test('a group in the key and another one below it contradict each other', () => {
    expect(parse({ programs: { 'app:mailer': { command: 'x', group: 'web' } } }).said).toEqual([
      'drover.yaml: programs.app:mailer.group: the key says the group is `app`, this says `web`',
    ])
  })

  test('two programs with one name are refused with both places, over files too', () => {
    const { said } = parse(
      { programs: { 'app:a': { command: 'x' }, a: { command: 'y', group: 'app' } } },
      { programs: { a: { command: 'z', group: 'app', nonsense: 1 } } },
    )
    expect(said).toEqual([
      'drover.yaml: programs.a: a program named `app:a` is already declared at /srv/drover.yaml',
      expect.stringContaining('1.yaml: programs.a.nonsense: unknown key'),
      '1.yaml: programs.a: a program named `app:a` is already declared at /srv/drover.yaml',
    ])
  })
})

describe('named files', () => {
  test('of several processes differ by slot or by index', () => {
    for (const name of ['{slot}', '{index}']) {
      expect(programWith({ processes: 3, stdout: `./${name}.log`, stderr: `./${name}.err` })).toBeDefined()
    }
  })

  test('of two programs are not the same', () => {
    const { said } = parse({
      programs: {
        a: { command: 'x', processes: 3, stdout: '/var/log/x.{index}.log' },
        b: { command: 'x', stderr: '/var/log/x.2.log' },
      },
    })
    expect(said).toEqual([
      'drover.yaml: programs.b.stderr: /var/log/x.2.log is already written by a:2 (stdout)',
    ])
  })

  test('that {program} keeps apart are fine as a default', () => {
    const { said } = parse({
      defaults: { stdout: '/var/log/{program}.log' },
      programs: { a: { command: 'x' }, b: { command: 'x' } },
    })
    expect(said).toEqual([])
  })
})

describe('defaults', () => {
  test('lie below the keys of a program; tables are merged, all else is replaced', () => {
    const { programs, said } = parse({
      defaults: {
        group: 'app',
        env: { A: 'default', B: 'default' },
        stop: { grace: '1m' },
        backoff: { initial: '5s' },
        successExitCodes: [0, 1],
        customData: { a: 1 },
      },
      programs: {
        mailer: {
          command: 'x',
          env: { A: 'own' },
          stop: { signal: 'INT' },
          backoff: { factor: 3 },
          successExitCodes: [2],
          customData: { b: 1 },
        },
        'web:front': { command: 'x', backoff: 'linear' },
      },
    })
    expect(said).toEqual([])
    expect(programs[0]).toMatchObject({
      name: 'app:mailer',
      launch: { env: { A: 'own', B: 'default' } },
      stop: { signal: 'INT', graceMs: 60_000 },
      restart: { successExitCodes: [2], backoff: { initialMs: 5000, factor: 3 } },
    })
    expect(programs[0]?.customData).toEqual({ b: 1 })
    expect(programs[1]).toMatchObject({ name: 'web:front', restart: { backoff: { initialMs: 1000 } } })
  })

  test('hold for included files, below the defaults of their own, and keep the folder that they were written in', () => {
    const outer = source({ defaults: { cwd: 'app', nice: 1, priority: 1 }, include: ['conf.d'] })
    const inner = source(
      { defaults: { nice: 2 }, programs: { mailer: { command: 'x', stdout: './{slot}.log' } } },
      { file: '/srv/conf.d/a.yaml', folder: '/srv/conf.d', includedBy: outer.file },
    )
    const { programs, problems } = parsePrograms([outer, inner], { readTextFile })
    expect(problems).toEqual([])
    expect(programs[0]).toMatchObject({
      priority: 1,
      launch: { cwd: '/srv/app', nice: 2, stdout: { path: '/srv/conf.d/{slot}.log' } },
    })
  })

  test('are checked by themselves, once, and know no command', () => {
    const { said } = parse({
      defaults: { command: 'x', nice: 99 },
      programs: { a: { command: 'x' }, b: { command: 'x' } },
    })
    expect(said).toEqual([
      'drover.yaml: defaults.nice: expected a whole number from -20 to 19, got 99',
      'drover.yaml: defaults.command: unknown key; each program says its own command',
    ])
  })
})

describe('the top of a file', () => {
  test.each<[unknown, string]>([
    [[], 'drover.yaml: expected a table with programs and jobs, got []'],
    [null, 'drover.yaml: expected a table with programs and jobs, got null'],
    ['x', 'drover.yaml: expected a table with programs and jobs, got "x"'],
    [{ programs: [] }, 'drover.yaml: programs: expected a table of programs by name, got []'],
    [
      { programs: { a: null } },
      'drover.yaml: programs.a: expected a table of the keys of a program, at least command, got null',
    ],
    [{ program: {} }, 'drover.yaml: program: unknown key; `program` of supervisord is `programs` here'],
    [{ programms: {} }, 'drover.yaml: programms: unknown key; did you mean `programs`?'],
    [{ apps: [] }, 'drover.yaml: apps: unknown key; `apps` of PM2 is `programs` here'],
    [
      { command: 'x' },
      'drover.yaml: command: unknown key; `command` belongs to a program, under `programs.<name>`; did you mean `programs.<name>.command`?',
    ],
    [{ include: 'conf.d' }, 'drover.yaml: include: expected a list of files and folders, got "conf.d"'],
  ])('%j', (value, expected) => {
    expect(parse(value).said).toEqual([expected])
  })

  test('a wrong program leaves the others as they are, and every mistake is told at once', () => {
    const { programs, said } = parse({
      programs: { a: { command: 3, nice: 'x' }, b: { command: 'x' }, c: { proceses: 1, command: 'x' } },
    })
    expect(programs.map(({ name }) => name)).toEqual(['b'])
    expect(said).toHaveLength(3)
  })
})

test('any JSON as a configuration gives programs or problems, and never throws', () => {
  const key = fc.oneof(
    fc.constantFrom(
      'programs',
      'defaults',
      'include',
      'a',
      'app:a',
      'command',
      'env',
      'stop',
      'backoff',
      'rlimits',
    ),
    fc.constantFrom(
      'envFiles',
      'stdout',
      'processes',
      'group',
      'customData',
      '__proto__',
      'constructor',
      'nofile',
    ),
    fc.string(),
  )
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 6, withCrossShrink: true },
      fc.oneof(fc.string(), fc.double(), fc.boolean(), fc.constant(null)),
      fc.array(tie('value'), { maxLength: 4 }),
      fc.dictionary(key, tie('value'), { maxKeys: 6 }),
    ),
  }))
  const config = fc.record({ programs: fc.dictionary(key, value), defaults: value }, { requiredKeys: [] })
  fc.assert(
    fc.property(fc.oneof(fc.jsonValue(), value, config), (written) => {
      const { programs, problems } = parsePrograms([source(written)], { readTextFile })
      for (const problem of problems) expect(formatProblem(problem)).toMatch(/^\/srv\/drover\.yaml: ./)
      const declared = ((written ?? {}) as { programs?: object }).programs ?? {}
      if (problems.length === 0) expect(programs.length).toBe(Object.keys(declared).length)
    }),
    { numRuns: 500 },
  )
})

test('a nesting without end is refused and not followed', () => {
  const deep = JSON.parse(`${'['.repeat(5000)}${']'.repeat(5000)}`) as unknown
  expect(saidOf({ customData: deep })[0]).toContain('not nested more than 100 deep')
  expect(saidOf({ unknown: deep })[0]).toContain('unknown key')
})
