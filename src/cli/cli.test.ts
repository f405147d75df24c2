/** What a person types, and what they get: parsing, help, errors, exit codes. */
import { describe, expect, test } from 'vitest'
import { UserError } from '../domain/user-error.ts'
import { commands } from './commands/index.ts'
import { globalFlags } from './global-options.ts'
import { runLine } from './testing/run-line.ts'

describe('global options', () => {
  test.each([
    '-D /tmp/a status',
    'status -D /tmp/a',
    'status --data-dir=/tmp/a',
    '--data-dir /tmp/a status mailer',
  ])('count before and after the command: %s', async (line) => {
    const { err } = await runLine(line, { isAgentAbsent: () => true })
    expect(err).toContain('No agent answers at /tmp/a.')
  })

  test('a relative data directory is meant from here', async () => {
    const { err } = await runLine('status -D here', { isAgentAbsent: () => true, cwd: '/srv' })
    expect(err).toContain('No agent answers at /srv/here.')
  })

  test('the environment stands for what is not typed', async () => {
    const env = { DROVER_DATA_DIR: '/tmp/b' }
    const { err } = await runLine('status', { isAgentAbsent: () => true, env })
    expect(err).toContain('No agent answers at /tmp/b.')
    const typed = await runLine('status -D /tmp/a', { isAgentAbsent: () => true, env })
    expect(typed.err).toContain('No agent answers at /tmp/a.')
  })

  test('a node that is named is meant, and no other', async () => {
    const { code, err, asked } = await runLine('stop all -i beta')
    expect(code).toBe(4)
    expect(err).toContain('This agent is the node alpha, and it knows no node beta.')
    expect(asked.some(({ verb }) => verb === 'stop')).toBe(false)
    expect((await runLine('stop all --node alpha')).code).toBe(0)
  })
})

describe('without an agent', () => {
  test('says so and how to start one, with exit code 3', async () => {
    const { code, out, err } = await runLine('status', { isAgentAbsent: () => true })
    expect({ code, out, err }).toEqual({
      code: 3,
      out: '',
      err: [
        'error: No agent answers at /var/lib/drover.',
        '→ Start one with `drover up -c <file>`, or name the data directory of a running one with -D.',
        '',
      ].join('\n'),
    })
  })

  test('with --json the error is an ErrorView on the error output', async () => {
    const { code, out, err } = await runLine('status --json -D /x', { isAgentAbsent: () => true })
    expect(code).toBe(3)
    expect(out).toBe('')
    expect(JSON.parse(err)).toEqual({
      error: {
        code: 'no_agent',
        message: 'No agent answers at /x.',
        hint: 'Start one with `drover up -c <file> -D /x`.',
        problems: [],
      },
    })
  })
})

describe('mistakes', () => {
  test.each([
    ['staus', 'Unknown command `staus`.', 'Did you mean `status`? `drover --help` tells what there is.'],
    ['xyzzy', 'Unknown command `xyzzy`.', '`drover --help` tells what there is.'],
    [
      'logs --folow',
      'Unknown option `--folow`.',
      'Did you mean `--follow`? `drover logs --help` tells what there is.',
    ],
    ['start', 'Missing required argument `targets`.', '`drover start --help` tells what there is.'],
    [
      'config chek',
      'Unknown command `chek`.',
      'Did you mean `check`? `drover config --help` tells what there is.',
    ],
    [
      'logs --lines ten',
      '--lines takes a whole number from 0 to 100000, not `ten`.',
      '`drover logs --help` tells what there is.',
    ],
    [
      'logs --lines 100001',
      '--lines takes a whole number from 0 to 100000, not `100001`.',
      '`drover logs --help` tells what there is.',
    ],
    [
      'signal HUP mailer --to everyone',
      '--to takes process, group, tree, not `everyone`.',
      '`drover signal --help` tells what there is.',
    ],
    [
      'logs --raw',
      '--raw needs the run whose bytes are wanted.',
      'Name one with --run; `drover runs` lists them.',
    ],
    ['exec report ls --all', 'Unknown option `--all`.', '`drover exec --help` tells what there is.'],
    [
      'exec report grep -i word',
      'What is to be run stands behind `--`, and nothing else of it before.',
      'drover exec <name> -- <command...>',
    ],
    [
      'exec report nice -- ls',
      'What is to be run stands behind `--`, and nothing else of it before.',
      'drover exec <name> -- <command...>',
    ],
    ['stop ,', 'No target was named.', 'Name a program, a slot, a pattern, or `all`.'],
    [
      'events --after x',
      '--after takes the id of an event, not `x`.',
      '`drover events --json` shows the ids.',
    ],
    ['events --kind run.endet', 'No event is of the kind `run.endet`.', 'Did you mean `run.ended`?'],
  ])('%s', async (line, what, hint) => {
    const { code, out, err, asked } = await runLine(line)
    expect({ code, out, err, asked }).toEqual({
      code: 2,
      out: '',
      err: `error: ${what}\n→ ${hint}\n`,
      asked: [],
    })
  })

  test.each(['start', 'stop', 'restart', 'status'])(
    'a target that is empty means nothing: %s',
    async (command) => {
      const { code, err, asked } = await runLine([command, ''])
      expect({ code, err, asked }).toEqual({
        code: 2,
        err: 'error: No target was named.\n→ Name a program, a slot, a pattern, or `all`.\n',
        asked: [],
      })
    },
  )

  test('all problems of a refused configuration are listed, each with the likely fix', async () => {
    const problem = {
      severity: 'error',
      code: 'unknown_key',
      file: '/home/alice/drover.yaml',
      line: 7,
      field: 'programs.mailer.proceses',
      value: '3',
      message: 'unknown key',
      expected: 'one of many',
      suggestion: 'processes',
    } as const
    const { code, err } = await runLine('plan', {
      verbs: {
        planReload: async () => {
          throw new UserError('config_invalid', 'There is a mistake.', {
            hint: 'Correct it.',
            problems: [problem],
          })
        },
      },
    })
    expect(code).toBe(5)
    expect(err).toBe(
      [
        'error: There is a mistake.',
        '  drover.yaml:7: programs.mailer.proceses: unknown key; did you mean `processes`?',
        '→ Correct it.',
        '',
      ].join('\n'),
    )
  })

  test('a bug is told as one, with exit code 70', async () => {
    const { code, err } = await runLine('up', {
      services: {
        startAgent: async () => {
          throw new TypeError('x is undefined')
        },
      },
    })
    expect(code).toBe(70)
    expect(err).toContain('error: Something went wrong inside drover: x is undefined\n')
    expect(err).not.toContain('at ')
  })
})

describe('colours', () => {
  // biome-ignore lint/complexity/useRegexLiterals: an escape character in a literal is easily lost.
  const colour = new RegExp('\\u001b\\[\\d+m')

  test.each([
    ['a pipe', {}, 'status', false],
    ['a terminal', { columns: 80 }, 'status', true],
    ['a terminal with NO_COLOR', { columns: 80, env: { NO_COLOR: '1' } }, 'status', false],
    ['a terminal with --no-color', { columns: 80 }, 'status --no-color', false],
    ['a dumb terminal', { columns: 80, env: { TERM: 'dumb' } }, 'status', false],
    ['a pipe with FORCE_COLOR', { env: { FORCE_COLOR: '1' } }, 'status', true],
  ] as const)('%s', async (_, options, line, hasColors) => {
    const { out } = await runLine(line, options)
    expect(colour.test(out)).toBe(hasColors)
  })
})

describe('help', () => {
  test('lists every command in a group', async () => {
    const { code, out, err } = await runLine('--help')
    expect({ code, err }).toEqual({ code: 0, err: '' })
    for (const { name } of commands.filter(({ isHidden }) => !isHidden))
      expect(out).toContain(`  ${name.split(' ')[0]}`)
    expect(out).toContain('Programs:\n')
    expect(out).not.toContain('  complete ')
    for (const { flags } of Object.values(globalFlags)) expect(out).toContain(`  ${flags}`)
  })

  test('nothing typed at all is told how to begin, by commands that there are', async () => {
    const { code, out, err } = await runLine('')
    expect({ code, out }).toEqual({ code: 2, out: '' })
    const named = [...err.matchAll(/drover ([a-z]+)/g)].map(([, name]) => name)
    expect(named).toEqual(['init', 'up', 'status', 'logs', 'doctor'])
    for (const name of named) expect(commands.map((command) => command.name)).toContain(name)
  })

  test.each(commands.map(({ name }) => name))('of %s has examples that parse', async (name) => {
    const { code, out } = await runLine(`${name} --help`)
    expect(code).toBe(0)
    expect(out).toMatch(/Examples:\n( {2}drover .* # .*\n?)+$/)
  })

  test('the version is printed as it is', async () => {
    expect(await runLine('--version')).toMatchObject({ code: 0, out: '0.1.0\n' })
  })

  test('names and aliases are unique', () => {
    const names = commands.flatMap(({ name, aliases }) => [name, ...aliases])
    expect(names).toEqual([...new Set(names)])
  })
})

describe('every command hands on what was typed', () => {
  test.each([
    ['start mailer app:*', 'start', { targets: ['mailer', 'app:*'], wait: true, by: 'cli:alice' }],
    ['start a,b', 'start', { targets: ['a', 'b'], wait: true }],
    ['stop --no-wait all', 'stop', { targets: ['all'], wait: false }],
    ['restart mailer:0', 'restart', { targets: ['mailer:0'], wait: true }],
    ['signal HUP mailer', 'signal', { targets: ['mailer'], signal: 'HUP', to: 'process' }],
    ['signal --to tree 10 a b', 'signal', { targets: ['a', 'b'], signal: '10', to: 'tree' }],
    ['input mailer hello', 'writeInput', { targets: ['mailer'], text: 'hello\n' }],
    ['send mailer hello -N', 'writeInput', { targets: ['mailer'], text: 'hello' }],
    ['ls mailer', 'listSlots', ['mailer']],
    ['top mailer --once', 'listSlots', ['mailer']],
    ['runs mailer --alive -n 5', 'listRuns', { targets: ['mailer'], state: 'alive', limit: 5 }],
    ['runs --ended --before x', 'listRuns', { targets: [], state: 'ended', before: 'x', limit: 20 }],
    [
      'events -k run.* --kind slot.gave_up -n 3',
      'listEvents',
      { kinds: ['run.*', 'slot.gave_up'], limit: 3, newest: true },
    ],
    ['events mailer --after 40', 'listEvents', { targets: ['mailer'], after: 40, newest: false }],
    [
      'logs mailer -n 5 --stream err',
      'streamLogs',
      { targets: ['mailer'], lines: 5, stream: 'err', follow: false },
    ],
    ['logs --run 01jd', 'streamLogs', { targets: [], run: '01jd', lines: 20, stream: 'both' }],
    ['logs --run 01jd --raw --stream err', 'readRunOutput', ['01jd', 'err', 0]],
    ['describe 01jd', 'getRun', '01jd'],
    ['jobs report', 'listJobs', ['report']],
    ['next report -n 3', 'listDue', { targets: ['report'], limit: 3 }],
    ['next', 'listDue', { targets: [], limit: 10 }],
    [
      'history report --state missed --before x -n 5',
      'listOccurrences',
      { targets: ['report'], states: ['missed'], before: 'x', limit: 5 },
    ],
    ['history', 'listOccurrences', { targets: [], states: [], limit: 20 }],
    [
      'trigger report SINCE=to=day EMPTY=',
      'triggerJob',
      { job: 'report', params: { SINCE: 'to=day', EMPTY: '' }, dryRun: false, wait: false, by: 'cli:alice' },
    ],
    ['trigger report --dry-run', 'triggerJob', { job: 'report', params: {}, dryRun: true }],
    ['enable report', 'enableJobs', { targets: ['report'], isEnabled: true, by: 'cli:alice' }],
    ['disable *', 'enableJobs', { targets: ['*'], isEnabled: false, by: 'cli:alice' }],
    ['pause', 'pauseJobs', { isPaused: true, by: 'cli:alice' }],
    ['resume', 'pauseJobs', { isPaused: false, by: 'cli:alice' }],
    ['reload', 'reload', { wait: true, by: 'cli:alice' }],
    ['reload --no-wait', 'reload', { wait: false }],
    ['program mailer', 'getProgram', 'mailer'],
    ['remove mailer', 'deleteProgram', ['mailer', 'cli:alice']],
    ['shutdown --leave-workers --no-wait', 'shutdown', { leaveWorkers: true, by: 'cli:alice' }],
  ])('%s', async (line, verb, expected) => {
    const { asked } = await runLine(line)
    const call = asked.find((call) => call.verb === verb)
    if (typeof expected === 'object' && !Array.isArray(expected)) expect(call?.with).toMatchObject(expected)
    else expect(call?.with).toEqual(expected)
  })

  test('up', async () => {
    const given: unknown[] = []
    const services = {
      startAgent: async (options: unknown) => {
        given.push(options)
        return 9
      },
    }
    const { code } = await runLine(
      'up -c conf.d -D /d -i alpha --log-level warning --log-format json --leave-workers',
      {
        services,
      },
    )
    expect(code).toBe(9)
    await runLine('up', { services, columns: 80 })
    expect(given).toEqual([
      {
        config: 'conf.d',
        dataDir: '/d',
        node: 'alpha',
        logLevel: 'warning',
        logFormat: 'json',
        logFile: null,
        listen: [],
        leaveWorkersOnTerm: true,
        init: false,
        exitWhen: 'never',
        stopWithinMs: null,
        isTty: false,
      },
      {
        config: null,
        dataDir: '/var/lib/drover',
        node: null,
        logLevel: 'info',
        logFormat: 'text',
        logFile: null,
        listen: [],
        leaveWorkersOnTerm: false,
        init: false,
        exitWhen: 'never',
        stopWithinMs: null,
        isTty: true,
      },
    ])
  })

  test('input without a text sends what comes on the standard input, in pieces that a request can hold', async () => {
    const stdin = 'ü'.repeat(70_000)
    const { asked } = await runLine('input mailer', { stdin })
    const texts = asked.map((call) => (call.with as { text: string }).text)
    expect(texts.map((text) => text.length)).toEqual([65_536, 4464])
    expect(texts.join('')).toBe(stdin)
  })
})
