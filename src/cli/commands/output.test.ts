/** What each command prints, to the letter, with colours off. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { LoadedConfig } from '../../config/load/loaded-config.ts'
import { only, sampleAgent } from '../../contract/testing/fake-verbs.ts'
import {
  eventView,
  listenerView,
  outcomeView,
  planView,
  programView,
  runView,
  slotView,
} from '../../contract/testing/samples.ts'
import type { OutputView } from '../../contract/views.ts'
import { noAlerts } from '../../domain/alerting/alert-settings.ts'
import { UserError } from '../../domain/user-error.ts'
import { runLine } from '../testing/run-line.ts'

beforeEach(() => vi.stubEnv('TZ', 'UTC'))
afterEach(() => vi.unstubAllEnvs())

const text = (...lines: string[]): string => `${lines.join('\n')}\n`
const plain = { NO_COLOR: '1' }

describe('status', () => {
  const slots = [
    slotView({ name: 'web:0', pid: 101, restarts: 2 }),
    slotView({ name: 'web:1', index: 1, pid: 1102, startedAt: '2026-11-21T08:58:00.000Z' }),
    slotView({
      name: 'flaky',
      state: 'backoff',
      pid: null,
      startedAt: null,
      retryAt: '2026-11-22T12:00:04.000Z',
      reason: 'exited with code 3',
    }),
    slotView({ name: 'old', state: 'stopped', pid: null, startedAt: null, stoppedByPerson: true }),
    slotView({ name: 'dead', state: 'fatal', pid: null, startedAt: null, reason: 'ended 3 times in a row' }),
  ]

  test('W-T4: lists slots by their names', async () => {
    const { code, out, err } = await runLine('status', { verbs: { listSlots: () => slots } })
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(out).toBe(
      text(
        'NAME   STATE     PID  UPTIME  RESTARTS  REASON',
        'web:0  running   101  2m 00s         2',
        'web:1  running  1102  1d 03h         0',
        'flaky  backoff     -       -         0  next try in 4s, exited with code 3',
        'old    stopped     -       -         0  for 2m 00s: by a person',
        'dead   fatal       -       -         0  for 2m 00s: ended 3 times in a row',
      ),
    )
  })

  test('has signs on a terminal, cuts at its edge, and says what to do about the dead', async () => {
    const { out, err } = await runLine('status', {
      verbs: { listSlots: () => slots },
      columns: 60,
      env: plain,
    })
    expect(out.split('\n')[3]).toBe('flaky  ↻ backoff     -       -         0  next try in 4s, e…')
    expect(err).toBe(
      '\ndead was given up. `drover run dead` shows its last run, `drover start dead` tries again.\n',
    )
  })

  test('is friendly where there is nothing', async () => {
    const { code, out, err } = await runLine('status', { verbs: { listSlots: () => [] } })
    expect({ code, out }).toEqual({ code: 0, out: '' })
    expect(err).toBe(
      'No programs yet. Declare some in the configuration and `drover reload`, or `drover apply <file>`.\n',
    )
  })

  test('prints the contract as JSON', async () => {
    const { out } = await runLine('status --json', { verbs: { listSlots: () => slots } })
    expect(JSON.parse(out)).toEqual(slots)
  })
})

describe('start, stop, restart', () => {
  const outcomes = [
    outcomeView({ name: 'mailer:0', message: 'running, pid 7' }),
    outcomeView({ name: 'crasher', outcome: 'failed', state: 'backoff', message: 'exited with code 3' }),
  ]

  test('tell the outcome of each slot, and fail when one did not happen', async () => {
    const { code, out, err } = await runLine('start all', { verbs: { start: async () => outcomes } })
    expect({ code, out, err }).toEqual({
      code: 1,
      out: text('mailer:0  running, pid 7', 'crasher   exited with code 3'),
      err: '',
    })
  })

  test('have signs on a terminal', async () => {
    const { out } = await runLine('start all', {
      verbs: { start: async () => outcomes },
      columns: 80,
      env: plain,
    })
    expect(out).toBe(text('✔ mailer:0  running, pid 7', '✖ crasher   exited with code 3'))
  })

  test('a slot that is still on its way is a failure only for who waits', async () => {
    const stop = async () => [
      outcomeView({ outcome: 'waiting', state: 'stopping', message: 'still stopping' }),
    ]
    expect((await runLine('stop mailer', { verbs: { stop } })).code).toBe(8)
    expect((await runLine('stop mailer --no-wait', { verbs: { stop } })).code).toBe(0)
  })

  test('show what is going on while a person waits, and take it away again', async () => {
    let answer = (): void => {}
    const answered = new Promise<void>((resolve) => {
      answer = resolve
    })
    const { out, err } = await runLine('stop mailer', {
      columns: 80,
      env: plain,
      verbs: {
        stop: async () => {
          await answered
          return [outcomeView({ state: 'stopped', message: 'stopped' })]
        },
        listSlots: () => [slotView({ state: 'stopping' })],
      },
      onPrint: (printed) => {
        if (printed.includes('stopping: 1 stopping')) answer()
      },
    })
    expect(out).toBe('✔ mailer  stopped\n')
    expect(err.endsWith('\u001b[0J\u001b[?25h')).toBe(true)
  })

  test('Ctrl-C ends the waiting, not the doing', async () => {
    const interrupt = new AbortController()
    const { code, err } = await runLine('stop mailer', {
      signal: interrupt.signal,
      verbs: {
        stop: ({ signal }) =>
          new Promise((_, reject) => {
            signal?.addEventListener('abort', () => reject(new Error('gone')))
            interrupt.abort()
          }),
      },
    })
    expect({ code, err }).toEqual({ code: 130, err: 'Not waiting any longer; the agent goes on with it.\n' })
  })
})

describe('runs and run', () => {
  const ended = runView({
    id: '01jc',
    state: 'ended',
    startedAt: '2026-11-21T11:00:00.000Z',
    endedAt: '2026-11-21T11:00:01.500Z',
    durationMs: 1500,
    end: { kind: 'exited', code: 3 },
    endText: 'exited with code 3',
    causeText: 'by autostart',
    pid: null,
    usage: {
      cpuMs: 1500,
      rssBytes: 73_400_320,
      pssBytes: null,
      processes: 0,
      openFiles: null,
      peakTreeRssBytes: 73_400_320,
      peakProcesses: 3,
      peakOpenFiles: 24,
      largestProcessRssBytes: 41_943_040,
      outBytes: 2048,
      errBytes: 0,
      lostBytes: 0,
    },
  })

  test('X-1: one list has cause, state, usage and end of everything that ran', async () => {
    const { out } = await runLine('runs', {
      verbs: {
        listRuns: async () => [
          runView({ id: '01jd', causeText: 'after run 01jc exited with code 3' }),
          ended,
        ],
      },
    })
    expect(out).toBe(
      text(
        'RUN   SLOT      STARTED              LASTED   CPU   MEMORY  END                 CAUSE',
        '01jd  mailer:0  11:58:00             2m 00s  1.5s  50.0 MB  still running       after run 01jc exited with code 3',
        '01jc  mailer:0  2026-11-21 11:00:00    1.5s  1.5s  70.0 MB  exited with code 3  by autostart',
      ),
    )
  })

  test('one run is told with cause, timeline, usage, output and end', async () => {
    const at = (seconds: number): string =>
      new Date(Date.parse(ended.claimedAt) + seconds * 1000).toISOString()
    const { out } = await runLine('run 01jc', {
      verbs: {
        getRun: async () => ({
          run: ended,
          timeline: [
            eventView({ at: at(0), text: 'mailer:0: starting' }),
            eventView({ at: at(1.5), text: 'mailer:0: exited with code 3' }),
          ],
          occurrence: null,
        }),
        streamLogs: async () =>
          only<OutputView>(
            { slot: 'mailer:0', name: 'mailer', run: '01jc', stream: 'out', offset: 0, text: 'one\ntw' },
            { slot: 'mailer:0', name: 'mailer', run: '01jc', stream: 'err', offset: 0, text: 'ouch\n' },
          ),
      },
    })
    expect(out).toBe(
      text(
        '01jc  mailer:0 on alpha',
        '',
        '  cause    by autostart',
        '  state    exited with code 3',
        '  started  2026-11-21 11:00:00',
        '  ended    2026-11-21 11:00:01',
        '  lasted   1.5s',
        '  cpu      1.5s of CPU time',
        '  memory   tree up to 70.0 MB, largest process up to 40.0 MB',
        '  tree     up to 3 processes, 24 open files',
        '  output   2.0 KB out, 0 B err',
        '',
        'Timeline',
        '   +0ms  mailer:0: starting',
        '  +1.5s  mailer:0: exited with code 3',
        '',
        'Output',
        '  | one',
        '  ! ouch',
        '  | tw',
      ),
    )
  })

  test('a slot stands for its last run', async () => {
    const { code, asked } = await runLine('run mailer')
    expect(code).toBe(0)
    expect(asked.filter(({ verb }) => verb === 'getRun').map((call) => call.with)).toEqual([
      'mailer',
      slotView().lastRun,
    ])
  })

  test.each([
    ['nothing', [], 4, 'No run has the id nothing.'],
    ['mailer', [slotView({ name: 'mailer:0' }), slotView({ name: 'mailer:1' })], 2, 'mailer has 2 slots.'],
    ['mailer', [slotView({ lastRun: null })], 4, 'mailer has never run.'],
  ])('what %s does not mean is told', async (name, slots, code, message) => {
    const printed = await runLine(`run ${name}`, { verbs: { listSlots: () => slots } })
    expect(printed.code).toBe(code)
    expect(printed.err).toContain(message)
  })
})

describe('logs', () => {
  const piece = (name: string, text: string, given: Partial<OutputView> = {}): OutputView => ({
    slot: `${name}:0`,
    name,
    run: `run-${name}`,
    stream: 'out',
    offset: 0,
    text,
    ...given,
  })
  const two = { listSlots: () => [slotView({ name: 'web' }), slotView({ name: 'mailer' })] }

  test('of several programs have names in front, and never mix within a line', async () => {
    const { out } = await runLine('logs', {
      verbs: {
        ...two,
        streamLogs: async () =>
          only(
            piece('web', 'GET /'),
            piece('mailer', 'sent 1\nsent'),
            piece('web', ' 200\n', { offset: 5 }),
            piece('mailer', ' 2\n', { offset: 11 }),
            piece('web', 'oops\n', { stream: 'err' }),
          ),
      },
    })
    expect(out).toBe(text('mailer | sent 1', 'web    | GET / 200', 'mailer | sent 2', 'web    ! oops'))
  })

  test('of one program have nothing in front', async () => {
    const { out } = await runLine('logs mailer', {
      verbs: { streamLogs: async () => only(piece('mailer', 'a\nb')) },
    })
    expect(out).toBe(text('a', 'b'))
  })

  test('with --no-prefix never have', async () => {
    const streamLogs = async () => only(piece('web', 'a\n'), piece('mailer', 'b\n'))
    expect((await runLine('logs --no-prefix', { verbs: { ...two, streamLogs } })).out).toBe(text('a', 'b'))
  })

  test('as JSON are one piece in each line', async () => {
    const { out } = await runLine('logs --json', {
      verbs: { streamLogs: async () => only(piece('mailer', 'a\nb')) },
    })
    expect(JSON.parse(out)).toEqual(piece('mailer', 'a\nb'))
  })

  test('followed over a restart of the agent lose nothing and repeat nothing', async () => {
    const interrupt = new AbortController()
    let streams = 0
    let isAway = false
    const { code, out, err } = await runLine('logs mailer -f', {
      signal: interrupt.signal,
      isAgentAbsent: () => isAway,
      onPrint: (printed) => {
        if (printed.includes('is away')) isAway = false
        if (printed.includes('three')) interrupt.abort()
      },
      verbs: {
        async streamLogs({ lines }) {
          streams += 1
          if (streams > 1) {
            expect(lines).toBe(1000)
            return only(piece('mailer', 'one\ntwo\nthree\n'))
          }
          return (async function* () {
            yield piece('mailer', 'one\ntw')
            isAway = true
          })()
        },
      },
    })
    expect(code).toBe(130)
    expect(out).toBe(text('one', 'two', 'three'))
    expect(err).toBe(text('The agent is away; waiting for it.', 'The agent is back.'))
  })
})

describe('events', () => {
  test('are told with time and level', async () => {
    const { out } = await runLine('events', {
      verbs: {
        listEvents: async () => [
          eventView({ at: '2026-11-21T23:59:59.999Z', text: 'mailer:0: running' }),
          eventView({ id: 2, level: 'error', text: 'mailer:0: gave up' }),
        ],
      },
    })
    expect(out).toBe(
      text('2026-11-21 23:59:59  info     mailer:0: running', '11:58:00  error    mailer:0: gave up'),
    )
  })

  test('followed go on after the last one that was seen, over the death of the agent', async () => {
    const interrupt = new AbortController()
    const after: (number | undefined)[] = []
    const { code, out } = await runLine('events -f --json', {
      signal: interrupt.signal,
      onPrint: (printed) => {
        if (printed.includes('"id":4')) interrupt.abort()
      },
      verbs: {
        listEvents: async () => [eventView({ id: 1 }), eventView({ id: 2 })],
        streamEvents(query) {
          after.push(query.after)
          return only(eventView({ id: (query.after ?? 0) + 1 }))
        },
      },
    })
    expect(code).toBe(130)
    expect(after).toEqual([2, 3])
    expect(
      out
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).id),
    ).toEqual([1, 2, 3, 4])
  })
})

test('events after an id are all of them, page by page', async () => {
  const asked: (number | undefined)[] = []
  const listEvents = async ({ after }: { after?: number }) => {
    asked.push(after)
    return after === 7 ? [eventView({ id: 8 }), eventView({ id: 9 })] : []
  }
  const { code, out } = await runLine('events --after 7 --json', { verbs: { listEvents } })
  expect(code).toBe(0)
  expect(JSON.parse(out).map(({ id }: { id: number }) => id)).toEqual([8, 9])
  expect(asked).toEqual([7, 9])
})

describe('listeners', () => {
  test('are a table with what went wrong last', async () => {
    const listListeners = () => [
      listenerView(),
      listenerView({
        name: 'chat',
        on: ['job.*', 'slot.gave_up'],
        kind: 'function',
        state: 'pausing',
        cursor: 90,
        lag: 30,
        failures: 2,
        lastFailure: {
          at: '2026-11-22T11:58:00.000Z',
          event: 90,
          reason: 'the function gave no answer within 30 s',
        },
      }),
    ]
    const { code, out } = await runLine('listeners', { verbs: { listListeners } })
    expect(code).toBe(0)
    expect(out).toBe(
      text(
        'LISTENER  ON                   STATE    CURSOR  BEHIND  FAILED  LAST FAILURE',
        'pager     job.failed           idle        120       0       0',
        'chat      job.*, slot.gave_up  pausing      90      30       2  11:58:00 at event 90: the function gave no answer within 30 s',
      ),
    )
  })

  test('that there are none is told, with where they are declared', async () => {
    const { code, out, err } = await runLine('listeners', { verbs: { listListeners: () => [] } })
    expect({ code, out, err }).toEqual({
      code: 0,
      out: '',
      err: text('There are no listeners; declare them under `listeners` in the configuration.'),
    })
  })

  test('are part of a plan', async () => {
    const listeners = [
      { listener: 'pager', change: 'added' as const },
      { listener: 'chat', change: 'changed' as const },
      { listener: 'old', change: 'removed' as const },
    ]
    const { out } = await runLine('plan', {
      verbs: { planReload: async () => planView({ isEmpty: false, listeners }) },
    })
    expect(out).toBe(
      text(
        '+ listener pager  added; told of what happens from then on',
        '~ listener chat  changed; goes on from its place in the events',
        '- listener old  removed, with its place in the events',
        'No process is touched.',
      ),
    )
  })
})

describe('plan, reload, apply, remove', () => {
  const plan = planView({
    isEmpty: false,
    programs: [
      { program: 'web', change: 'scaled', fields: ['processes'] },
      { program: 'new', change: 'added', fields: [] },
      { program: 'calm', change: 'policy', fields: ['restart.giveUpAfter'] },
    ],
    steps: [
      { slot: 'web:1', action: 'start', reason: 'shall run' },
      { slot: 'new:0', action: 'start', reason: 'shall run' },
      { slot: 'calm:0', action: 'keep', reason: 'nothing changed' },
      { slot: 'gone:0', action: 'stop', reason: 'is no longer declared' },
    ],
    warnings: ['`cwd` does not exist'],
  })
  const planned = text(
    '~ web  scaled (processes)',
    '    + web:1  start: shall run',
    '+ new  added',
    '    + new:0  start: shall run',
    '~ calm  changed, restarts nothing (restart.giveUpAfter)',
    '- gone:0  stop: is no longer declared',
    '2 to start, 1 to stop.',
  )

  test('plan shows what would change, and warns besides', async () => {
    const { code, out, err } = await runLine('plan', { verbs: { planReload: async () => plan } })
    expect({ code, out, err }).toEqual({ code: 0, out: planned, err: 'warning: `cwd` does not exist\n' })
  })

  test('plan says when there is nothing', async () => {
    expect((await runLine('plan')).out).toBe('Nothing to change.\n')
  })

  test('reload shows the plan, then the outcomes, and fails with them', async () => {
    const outcomes = [outcomeView({ name: 'web:1', outcome: 'failed', message: 'exited with code 1' })]
    const { code, out } = await runLine('reload', { verbs: { reload: async () => ({ plan, outcomes }) } })
    expect({ code, out }).toEqual({ code: 1, out: `${planned}web:1  exited with code 1\n` })
  })

  test('X-9: apply sends the text as it is, with its format and its folder', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'drover-cli-'))
    try {
      writeFileSync(join(folder, 'm.yml'), 'programs: {}\n')
      const { code, out, asked } = await runLine('apply m.yml', { cwd: folder })
      expect({ code, out }).toEqual({ code: 0, out: 'Nothing to change.\n' })
      expect(asked).toEqual([
        {
          verb: 'putPrograms',
          with: { text: 'programs: {}\n', format: 'yaml', name: 'm.yml', baseDir: folder, by: 'cli:alice' },
        },
      ])
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  test('apply takes the standard input, in the format that it is told', async () => {
    const { asked } = await runLine('apply - --format toml', { stdin: 'x = 1', cwd: '/srv' })
    expect(asked[0]?.with).toMatchObject({
      text: 'x = 1',
      format: 'toml',
      name: 'standard input',
      baseDir: '/srv',
    })
  })

  test.each([
    ['apply drover.config.ts', 2, 'The format of drover.config.ts is not yaml, json or toml.'],
    ['apply /nowhere/m.yaml', 5, '/nowhere/m.yaml does not exist.'],
  ])('%s is refused', async (line, code, message) => {
    const printed = await runLine(line)
    expect(printed.code).toBe(code)
    expect(printed.err).toContain(`error: ${message}`)
  })

  test('programs and program show what is in force', async () => {
    const listPrograms = () => [programView(), programView({ name: 'app:web', source: 'api' })]
    expect((await runLine('programs', { verbs: { listPrograms } })).out).toBe(
      text(
        'PROGRAM  PROCESSES  SOURCE  COMMAND',
        'mailer           1  file    node worker.js',
        'app:web          1  api     node worker.js',
      ),
    )
    expect((await runLine('program mailer')).out).toBe(
      text(
        'mailer  from the configuration',
        '  name: mailer',
        '  processes: 1',
        '  launch:',
        '    command:',
        '      kind: shell',
        '      text: node worker.js',
      ),
    )
  })
})

describe('config', () => {
  const loaded = (given: Partial<LoadedConfig> = {}): LoadedConfig => ({
    programs: [],
    settings: { log: null, outputQuotaBytes: null, labels: {}, alerts: noAlerts },
    problems: [],
    api: null,
    listeners: [],
    files: ['/home/alice/drover.yaml'],
    root: '/home/alice/drover.yaml',
    ...given,
  })
  const mistake = {
    severity: 'error',
    code: 'wrong_value',
    file: '/home/alice/drover.yaml',
    line: 3,
    field: 'programs.a.processes',
    value: '"many"',
    message: 'is no number',
    expected: 'a whole number',
    suggestion: null,
  } as const

  test('check names every mistake, on the error output, with exit code 5 and without an agent', async () => {
    const loadConfig = async () => loaded({ problems: [mistake] })
    const { code, out, err, asked } = await runLine('config check', { services: { loadConfig } })
    expect({ code, out, asked }).toEqual({ code: 5, out: '', asked: [] })
    expect(err).toBe(
      text(
        '  drover.yaml:3: programs.a.processes: is no number',
        '      expected a whole number',
        '1 mistake in 1 file.',
      ),
    )
  })

  test('check of a good one says so; a warning does not fail', async () => {
    const loadConfig = async () => loaded({ problems: [{ ...mistake, severity: 'warning', expected: null }] })
    const { code, out } = await runLine('config check', { services: { loadConfig } })
    expect({ code, out }).toEqual({
      code: 0,
      out: text('  drover.yaml:3: programs.a.processes: warning: is no number', 'ok: no programs in 1 file.'),
    })
  })

  test('check takes the file that is named, else that of -c, else the usual names', async () => {
    const asked: (string | null)[] = []
    const loadConfig = async (path: string | null) => {
      asked.push(path)
      return loaded()
    }
    for (const line of ['config check a.yaml -c b.yaml', 'config check -c b.yaml', 'config check']) {
      await runLine(line, { services: { loadConfig } })
    }
    expect(asked).toEqual(['a.yaml', 'b.yaml', null])
  })

  test('check as JSON is data, whether good or bad', async () => {
    const loadConfig = async () => loaded({ problems: [mistake] })
    const { code, out } = await runLine('config check --json', { services: { loadConfig } })
    expect(code).toBe(5)
    expect(JSON.parse(out)).toEqual({
      valid: false,
      files: ['/home/alice/drover.yaml'],
      listeners: [],
      programs: [],
      problems: [mistake],
    })
  })

  test('listeners are counted by check, and printed with their environment masked', async () => {
    const action = { kind: 'command' as const, command: { kind: 'shell' as const, text: 'x' }, cwd: '/' }
    const listener = { name: 'pager', on: ['*'], programs: [], groups: [], timeoutMs: 1 }
    const listeners = [{ ...listener, action: { ...action, env: { TOKEN: 'secret' }, secrets: {} } }]
    const loadConfig = async () => loaded({ listeners })
    expect((await runLine('config check', { services: { loadConfig } })).out).toBe(
      text('ok: no programs and 1 listener in 1 file.'),
    )
    const { out } = await runLine('config print', { services: { loadConfig } })
    expect(JSON.parse(out)).toMatchObject([
      { kind: 'listener', name: 'pager', action: { env: { TOKEN: '***' } } },
    ])
    expect((await runLine('config print --reveal', { services: { loadConfig } })).out).toContain('secret')
  })

  test('print masks the environment unless told otherwise', async () => {
    const program = { name: 'a', launch: { env: { TOKEN: 'secret' } } }
    const loadConfig = async () => loaded({ programs: [program] as never })
    expect((await runLine('config print', { services: { loadConfig } })).out).not.toContain('secret')
    expect((await runLine('config print --reveal', { services: { loadConfig } })).out).toContain('secret')
  })

  test('schema is printed as it is', async () => {
    const readConfigSchema = async () => '{"type":"object"}\n'
    expect((await runLine('config schema', { services: { readConfigSchema } })).out).toBe(
      '{"type":"object"}\n',
    )
  })
})

describe('the agent', () => {
  test('ping tells which one answers', async () => {
    expect((await runLine('ping')).out).toBe(
      text(
        'agent           0.1.0, pid 4000',
        'node            alpha',
        'up for          0s',
        'configuration   /etc/drover/drover.config.ts (generation 1)',
        'data directory  /var/lib/drover',
        'slots           1 running',
        'memory          57.2 MB',
      ),
    )
  })

  test('ping tells of another version', async () => {
    const getAgent = () => ({ ...sampleAgent, version: '0.0.9' })
    expect((await runLine('ping', { verbs: { getAgent } })).out).toContain(
      'This command line is 0.1.0: restart the agent to upgrade it.\n',
    )
  })

  test('version needs no agent', async () => {
    expect((await runLine('version')).out).toBe(text('command line  0.1.0', 'agent         0.1.0'))
    expect(await runLine('version', { isAgentAbsent: () => true })).toMatchObject({
      code: 0,
      out: text('command line  0.1.0', 'agent         none answers'),
    })
  })

  test('shutdown waits until the agent is gone', async () => {
    let looks = 0
    const { code, out } = await runLine('shutdown', {
      isAgentAbsent: () => looks >= 3,
      verbs: {
        getAgent() {
          looks += 1
          return sampleAgent
        },
      },
    })
    expect({ code, out, looks }).toEqual({
      code: 0,
      out: 'The agent has ended, and all workers with it.\n',
      looks: 3,
    })
  })

  test.each([
    ['shutdown --no-wait', 'The agent shuts down; it stops one worker first.\n'],
    ['shutdown --no-wait --leave-workers', 'The agent shuts down; its workers are left running.\n'],
    ['shutdown --no-wait --json', '{"stopping":1}\n'],
  ])('%s', async (line, out) => {
    expect(await runLine(line)).toMatchObject({ code: 0, out })
  })

  test('a refusal of the agent keeps its exit code', async () => {
    const start = async () => {
      throw new UserError('shutting_down', 'The agent is shutting down.')
    }
    expect(await runLine('start all', { verbs: { start } })).toMatchObject({ code: 7, out: '' })
  })
})

describe('top', () => {
  const usage = (cpuPercent: number, rssMB: number, openFiles: number | null = 20) => ({
    cpuPercent,
    cpuMs: cpuPercent * 1000,
    rssBytes: rssMB * 1024 ** 2,
    processes: 2,
    openFiles,
  })
  const slots = [
    slotView({ name: 'idle', state: 'stopped', pid: null, startedAt: null }),
    slotView({ name: 'big', usage: usage(0.3, 900, null) }),
    slotView({ name: 'busy', usage: usage(187.4, 50) }),
  ]

  test('shows what uses most first, by what is asked for, and what has no process last', async () => {
    const { code, out } = await runLine('top --once', { verbs: { listSlots: () => slots } })
    expect(code).toBe(0)
    expect(out).toBe(
      text(
        'NAME  STATE     PID   CPU   MEMORY  PROCS  FILES  CPU-TIME  UPTIME',
        'busy  running  4242  187%  50.0 MB      2     20    3m 07s  2m 00s',
        'big   running  4242  0.3%   900 MB      2      -     300ms  2m 00s',
        'idle  stopped     -     -        -      -      -         -       -',
      ),
    )
    const namesOf = (printed: string) => printed.split('\n').map((line) => line.split(' ')[0])
    const byMemory = await runLine('top --once --sort memory -n 1', { verbs: { listSlots: () => slots } })
    expect(namesOf(byMemory.out)).toEqual(['NAME', 'big', ''])
    const json = await runLine('top --once -s name --json', { verbs: { listSlots: () => slots } })
    expect(JSON.parse(json.out).map(({ name }: { name: string }) => name)).toEqual(['idle', 'big', 'busy'])
  })

  test('stays until Ctrl-C, and over the death of the agent', async () => {
    const interrupt = new AbortController()
    let looks = 0
    const { code, out } = await runLine('top -d 1', {
      columns: 80,
      env: plain,
      signal: interrupt.signal,
      isAgentAbsent: () => looks === 1,
      verbs: {
        listSlots: () => {
          looks += 1
          return slots
        },
      },
      onPrint(printed) {
        if (printed.includes('waiting for it')) interrupt.abort()
      },
    })
    expect(code).toBe(130)
    expect(out).toContain('2 runs, 188% CPU, 950 MB   by cpu   Ctrl-C ends')
    expect(out.split('\n').every((line) => line.replace(/\u001b\[[0-9;?]*[a-zA-Z]/g, '').length <= 80)).toBe(
      true,
    )
  })

  test('status shows what its runs use', async () => {
    const { out } = await runLine('status', { verbs: { listSlots: () => slots } })
    expect(out.split('\n').slice(0, 3)).toEqual([
      'NAME  STATE     PID  UPTIME  RESTARTS   CPU   MEMORY  REASON',
      'idle  stopped     -       -         0                 for 2m 00s',
      'big   running  4242  2m 00s         0  0.3%   900 MB',
    ])
  })
})

describe('status --watch', () => {
  test('draws in place on each change, goes on over the death of the agent, and leaves with Ctrl-C', async () => {
    const interrupt = new AbortController()
    let state: 'running' | 'stopped' = 'running'
    let isAway = false
    const { code, out } = await runLine('status --watch', {
      columns: 80,
      env: plain,
      signal: interrupt.signal,
      isAgentAbsent: () => isAway,
      verbs: {
        listSlots: () => [slotView({ state })],
        async *streamEvents() {
          if (state === 'stopped') return
          state = 'stopped'
          yield eventView()
          isAway = true
        },
      },
      onPrint(printed) {
        if (printed.includes('waiting for it')) isAway = false
        if (printed.includes('1 stopped') && !isAway) interrupt.abort()
      },
    })
    expect(code).toBe(130)
    expect(out).toContain('1 running   Ctrl-C ends')
    expect(out.endsWith('\u001b[?25h')).toBe(true)
  })

  test('a mistake at the first look is told', async () => {
    expect(await runLine('status nothing -w')).toMatchObject({ code: 4, out: '' })
  })
})
