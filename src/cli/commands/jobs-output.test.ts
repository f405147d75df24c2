/** What each command of jobs prints, to the letter, with colours off: on a terminal and off it. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { only } from '../../contract/testing/fake-verbs.ts'
import {
  dueView,
  eventView,
  jobView,
  occurrenceView,
  runView,
  slotView,
} from '../../contract/testing/samples.ts'
import type { EventView, OccurrenceView } from '../../contract/views.ts'
import { UserError } from '../../domain/user-error.ts'
import { runLine } from '../testing/run-line.ts'

beforeEach(() => vi.stubEnv('TZ', 'UTC'))
afterEach(() => vi.unstubAllEnvs())

const text = (...lines: string[]): string => `${lines.join('\n')}\n`
const plain = { NO_COLOR: '1' }

const failed = occurrenceView({
  program: 'backup',
  outcome: 'failure',
  text: 'exited with code 3, after 3 attempts',
  attempts: 3,
  run: '1m8drebsm56dwf',
  endedAt: '2026-11-22T11:58:00.000Z',
  durationMs: 9300,
})
const skipped = occurrenceView({
  program: 'night',
  state: 'skipped',
  outcome: null,
  reason: 'still_running',
  text: 'run 1m8dx is still running',
  dueAt: '2026-11-22T11:55:00.000Z',
  run: null,
  startedAt: null,
  endedAt: '2026-11-22T11:55:00.001Z',
  lateMs: null,
  durationMs: null,
})

const jobs = [
  jobView({ name: 'app:sync', group: 'app', nextAt: '2026-11-22T12:00:05.000Z', schedule: '*/5 * * * * *' }),
  jobView({ name: 'backup', last: failed, lastEnded: failed, disabledBy: 'cli:alice' }),
  jobView({
    name: 'christmas',
    schedule: 'at 2026-12-24 18:00; at 2026-12-25 09:00',
    timezone: 'Europe/Berlin',
    nextAt: '2026-12-24T17:00:00.000Z',
    last: null,
    lastEnded: null,
  }),
  jobView({
    name: 'cleanup',
    schedule: 'after app:sync and backup (failure)',
    nextAt: null,
    noNext: 'after',
    last: null,
    lastEnded: null,
  }),
  jobView({ name: 'gone', schedule: 'at 2020-01-01 00:00', nextAt: null, noNext: 'passed' }),
  jobView({ name: 'hand', schedule: 'by hand', nextAt: null, noNext: 'manual' }),
  jobView({ name: 'night', running: 1, queued: 2, last: skipped }),
  jobView({
    name: 'off',
    isEnabled: false,
    nextAt: null,
    noNext: 'not_enabled',
    last: null,
    lastEnded: null,
  }),
  jobView({
    name: 'there',
    notHere: 'it is for db1, and this node is alpha',
    nextAt: null,
    noNext: 'other_node',
    last: null,
    lastEnded: null,
  }),
]

describe('jobs', () => {
  test('S-T1 lists jobs with what they are at, how they ended last and when they are due', async () => {
    const { code, out, err } = await runLine('jobs', { verbs: { listJobs: async () => jobs } })
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(out).toBe(
      text(
        'JOB        NOW                 LAST        AGO  LASTED  NEXT                   IN  NOTE                SCHEDULE',
        'app:sync                       done    29m 55s    4.2s  12:00:05               5s                      */5 * * * * *',
        'backup                         failed   2m 00s    9.3s  disabled                                       30 * * * *',
        'christmas                      never                    2026-12-24 17:00  32d 05h                      at 2026-12-24 18:00; at 2026-12-25 09:00 (Europe/Berlin)',
        'cleanup                        never                                                                   after app:sync and backup (failure)',
        'gone                           done    29m 55s    4.2s  never again                                    at 2020-01-01 00:00',
        'hand                           done    29m 55s    4.2s                                                 by hand',
        'night      running, 2 waiting  done    29m 55s    4.2s  12:30             30m 00s  skipped 5m 00s ago  30 * * * *',
        'off                            never                    not enabled                                    30 * * * *',
        'there                          never                    other node                                     30 * * * *',
      ),
    )
  })

  test('leaves out on a narrow terminal what is least needed, has signs there, and says what to do about trouble', async () => {
    const { out, err } = await runLine('jobs', {
      verbs: { listJobs: async () => jobs },
      columns: 80,
      env: plain,
    })
    expect(out).toBe(
      text(
        'JOB        NOW         LAST          AGO  NEXT              IN  NOTE     SCHEDU…',
        'app:sync               ✔ done    29m 55s  12:00:05          5s           */5 * …',
        'backup                 ✖ failed   2m 00s  disabled                       30 * *…',
        'christmas              never              2026-12-24   32d 05h           at 202…',
        'cleanup                never                                             after …',
        'gone                   ✔ done    29m 55s  never again                    at 202…',
        'hand                   ✔ done    29m 55s                                 by hand',
        'night      running +2  ✔ done    29m 55s  12:30        30m 00s  skipped  30 * *…',
        'off                    never              not enabled                    30 * *…',
        'there                  never              other node                     30 * *…',
      ),
    )
    expect(err).toBe('\n`drover run 1m8drebsm56dwf` shows what became of backup.\n')
  })

  test('thirty usual jobs with a long schedule stay readable on 80 columns', async () => {
    const many = Array.from({ length: 30 }, (_, index) =>
      jobView({
        name: `job-${String(index).padStart(2, '0')}`,
        schedule: '0 9-17/2 * * MON-FRI; 15 12 1,15 * *; 0 0 1 1 *',
      }),
    )
    const { out } = await runLine('jobs', { verbs: { listJobs: async () => many }, columns: 80, env: plain })
    const lines = out.trimEnd().split('\n')
    expect(lines).toHaveLength(31)
    expect(lines[1]).toBe('job-00  ✔ done  29m 55s  12:30  30m 00s  0 9-17/2 * * MON-FRI; 15 12 1,15 * *; …')
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(80)
  })

  test('says once for all that they are paused', async () => {
    const paused = jobs.slice(0, 1).map((job) => ({ ...job, pausedBy: 'cli:bob' }))
    const listJobs = async () => paused
    const { out, err } = await runLine('jobs', { verbs: { listJobs }, columns: 120, env: plain })
    expect(out).toContain('paused')
    expect(err).toBe('\nAll jobs are paused by cli:bob; `drover resume` takes it back.\n')
    expect((await runLine('jobs', { verbs: { listJobs } })).err).toBe('')
  })

  test('shows one alone with all that is to be said of it', async () => {
    const job = jobView({
      name: 'backup',
      schedule: '30 2 * * *',
      timezone: 'Europe/Berlin',
      nextAt: '2026-11-23T01:30:00.000Z',
      running: 1,
      queued: 1,
      current: occurrenceView({
        state: 'running',
        outcome: null,
        attempts: 2,
        run: '1m8dnow',
        startedAt: '2026-11-22T11:59:00.000Z',
        endedAt: null,
      }),
      lastEnded: failed,
      recentMs: [1000, 4000, 2000, 8000],
    })
    const { out } = await runLine('jobs backup', { verbs: { listJobs: async () => [job] } })
    expect(out).toBe(
      text(
        'backup',
        '',
        '  schedule  30 2 * * * (Europe/Berlin)',
        '  next      2026-11-23 01:30, in 13h 30m',
        '  now       running for 1m 00s, attempt 2, run 1m8dnow; 1 waiting',
        '  last      failed: exited with code 3, after 3 attempts',
        '  due       11:30',
        '  ended     11:58:00, 2m 00s ago after 9.3s',
        '  run       1m8drebsm56dwf',
        '  lasted    ▂▅▃█  median 2.0s, at most 8.0s, of 4 runs',
        '',
        '`drover history backup` shows what became of each due time, `drover next backup` those to come.',
      ),
    )
  })

  test.each([
    [{ noNext: 'manual', schedule: 'by hand' }, 'when somebody triggers it'],
    [{ noNext: 'after', schedule: 'after a and b (end)' }, 'after a and b (end)'],
    [{ noNext: 'reboot', schedule: '@reboot' }, 'when the machine has started'],
    [{ noNext: 'function', schedule: 'by a function' }, 'its function is asked each minute'],
    [{ noNext: 'not_enabled', isEnabled: false }, 'not enabled'],
    [
      { noNext: 'other_node', notHere: 'it is for db1, and this node is web1' },
      'it is for db1, and this node is web1',
    ],
    [{ noNext: 'passed' }, 'all times of its schedule have passed'],
  ] as const)('says of one without a next time why: %j', async (given, expected) => {
    const job = jobView({ ...given, nextAt: null, last: null, lastEnded: null })
    const { out } = await runLine('jobs report', { verbs: { listJobs: async () => [job] } })
    expect(out).toContain(`\n  next      ${expected}\n`)
    expect(out).toContain('\n  last      never\n')
  })

  test.each([
    [{ disabledBy: 'cli:alice' }, 'skipped: disabled by cli:alice'],
    [{ pausedBy: 'token:ci' }, 'skipped: all jobs were paused by token:ci'],
  ])('says of one that is kept from its next time by whom: %j', async (given, expected) => {
    const { out } = await runLine('jobs report', {
      verbs: { listJobs: async () => [jobView({ ...given, last: skipped })] },
    })
    expect(out).toContain(`\n  next      12:30, in 30m 00s; ${expected}\n`)
    expect(out).toContain('\n  skipped   11:55: run 1m8dx is still running\n')
  })

  test('is friendly where there is nothing, and tells what is unknown', async () => {
    expect(await runLine('jobs', { verbs: { listJobs: async () => [] } })).toMatchObject({
      code: 0,
      out: '',
      err: 'No jobs yet. Declare some under `jobs:` in the configuration and `drover reload`.\n',
    })
    expect(await runLine('jobs nothing')).toMatchObject({ code: 4, out: '' })
  })

  test('prints the contract as JSON', async () => {
    const { out } = await runLine('jobs --json', { verbs: { listJobs: async () => jobs }, columns: 80 })
    expect(JSON.parse(out)).toEqual(jobs)
  })
})

describe('next', () => {
  const due = [
    dueView({ program: 'report', at: '2026-11-22T12:30:00.000Z' }),
    dueView({
      program: 'backup',
      at: '2026-11-23T01:30:00.000Z',
      timezone: 'Europe/Berlin',
      note: 'skipped: disabled by cli:alice',
      isExpected: false,
    }),
  ]

  test('shows due times here and on the clocks of the job, with what is to know of each', async () => {
    const { code, out, err } = await runLine('next', { verbs: { listDue: async () => due } })
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(out).toBe(
      text(
        'AT                        IN  JOB     LOCAL                              NOTE',
        '12:30:00             30m 00s  report',
        '2026-11-23 01:30:00  13h 30m  backup  2026-11-23 02:30:00 Europe/Berlin  skipped: disabled by cli:alice',
      ),
    )
  })

  test('says of each job that was named why it has none, and of no other', async () => {
    const listJobs = async () => [
      jobView(),
      jobView({ name: 'hand', nextAt: null, noNext: 'manual' }),
      jobView({ name: 'later' }),
    ]
    const verbs = { listDue: async () => due.slice(0, 1), listJobs }
    const { out, err } = await runLine('next report hand later', { verbs })
    expect(out).toBe(text('AT             IN  JOB', '12:30:00  30m 00s  report'))
    expect(err).toBe('hand has no time that could be told (when somebody triggers it).\n')
    expect((await runLine('next', { verbs })).err).toBe('')
  })

  test('says why there is none at all', async () => {
    const verbs = {
      listDue: async () => [],
      listJobs: async () => [jobView({ nextAt: null, noNext: 'reboot' })],
    }
    expect(await runLine('next', { verbs })).toMatchObject({
      code: 0,
      out: '',
      err: 'report has no time that could be told (when the machine has started).\n',
    })
    expect((await runLine('next', { verbs: { ...verbs, listJobs: async () => [] } })).err).toContain(
      'No jobs yet',
    )
  })

  test('prints the contract as JSON', async () => {
    const { out } = await runLine('next --json', { verbs: { listDue: async () => due } })
    expect(JSON.parse(out)).toEqual(due)
  })
})

describe('history', () => {
  const rows = [
    occurrenceView({ state: 'running', outcome: null, text: 'attempt 2', endedAt: null, durationMs: null }),
    failed,
    occurrenceView({ trigger: 'manual', lateMs: 0 }),
    occurrenceView({ isCatchUp: true, lateMs: 1_080_000, dueAt: '2026-11-21T02:30:00.000Z' }),
    { ...skipped, program: 'report' },
    occurrenceView({
      state: 'missed',
      outcome: null,
      reason: 'beyond_max',
      text: 'more due times were missed than the job makes up for',
      dueAt: '2026-11-21T02:30:00.000Z',
      since: '2026-11-20T02:30:00.000Z',
      run: null,
      startedAt: null,
      lateMs: null,
      durationMs: null,
    }),
  ]

  test('tells what became of each due time, the newest first', async () => {
    const { code, out, err } = await runLine('history', { verbs: { listOccurrences: async () => rows } })
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(out).toBe(
      text(
        'DUE                                        JOB     STATE       LATE  LASTED  RUN             TRIGGER      WHAT BECAME OF IT',
        '11:30:00                                   report  running                   1m8drebsm56dwa               attempt 2',
        '11:30:00                                   backup  failed              9.3s  1m8drebsm56dwf               exited with code 3, after 3 attempts',
        '11:30:00                                   report  done                4.2s  1m8drebsm56dwa  manual       exited with code 0',
        '2026-11-21 02:30:00                        report  done     18m 00s    4.2s  1m8drebsm56dwa  made up for  exited with code 0',
        '11:55:00                                   report  skipped                                                run 1m8dx is still running',
        '2026-11-20 02:30:00 – 2026-11-21 02:30:00  report  missed                                                 more due times were missed than the job makes up for',
      ),
    )
  })

  test('of usual ones has room for the reason on 80 columns', async () => {
    const { out } = await runLine('history', {
      verbs: { listOccurrences: async () => rows.slice(0, 2) },
      columns: 80,
      env: plain,
    })
    expect(out).toBe(
      text(
        'DUE       JOB     STATE      LASTED  RUN             WHAT BECAME OF IT',
        '11:30:00  report  ● running          1m8drebsm56dwa  attempt 2',
        '11:30:00  backup  ✖ failed     9.3s  1m8drebsm56dwf  exited with code 3, after …',
      ),
    )
  })

  test.each([
    ['history', 'Nothing has been due yet.'],
    ['history --state missed', 'No due time is missed.'],
    ['history --before x', 'There is nothing before it.'],
  ])('says that there is nothing: %s', async (line, expected) => {
    const printed = await runLine(line, { verbs: { listOccurrences: async () => [] } })
    expect(printed).toMatchObject({ code: 0, out: '', err: `${expected}\n` })
  })

  test('prints the contract as JSON, and is called ledger as well', async () => {
    const { out } = await runLine('ledger --json', { verbs: { listOccurrences: async () => rows } })
    expect(JSON.parse(out)).toEqual(rows)
  })
})

describe('trigger', () => {
  const running = occurrenceView({ state: 'running', outcome: null, text: 'running', trigger: 'manual' })
  const answer = (occurrence: OccurrenceView, isBegun: boolean) => async () => ({
    occurrence,
    text: occurrence.text,
    isBegun,
    plan: null,
  })

  test('tells the run that was begun', async () => {
    expect(await runLine('trigger report')).toMatchObject({
      code: 0,
      out: 'report  running, run 1m8drebsm56dwa\n',
      err: '',
    })
    expect((await runLine('trigger report', { columns: 80, env: plain })).out).toBe(
      'report  ● running, run 1m8drebsm56dwa\n',
    )
  })

  test('one that waits for its turn is well, one that is skipped is not', async () => {
    const waits = occurrenceView({
      state: 'queued',
      outcome: null,
      run: null,
      text: 'another job has a lock that this one wants',
    })
    expect(await runLine('trigger report', { verbs: { triggerJob: answer(waits, false) } })).toMatchObject({
      code: 0,
      out: 'report  waits: another job has a lock that this one wants\n',
    })
    expect(await runLine('trigger report', { verbs: { triggerJob: answer(skipped, false) } })).toMatchObject({
      code: 1,
      out: 'report  skipped: run 1m8dx is still running\n',
    })
  })

  test('a dry run shows what would be executed, as it could be pasted into a shell', async () => {
    expect(await runLine('trigger report --dry-run')).toMatchObject({
      code: 0,
      out: text(
        'report  a run would begin',
        '  command  /bin/sh -c ./report.sh',
        '  folder   /srv',
        '  SINCE    today',
      ),
    })
    const plan = {
      command: ['echo', "it's", ''],
      cwd: '/srv',
      user: 'www',
      variables: { DROVER_TRIGGER: 'manual' },
    }
    const { out, code } = await runLine('trigger report --dry-run --wait', {
      verbs: {
        triggerJob: async () => ({
          occurrence: null,
          text: 'it would be skipped: run x is still running',
          isBegun: false,
          plan,
        }),
      },
    })
    expect({ code, out }).toEqual({
      code: 0,
      out: text(
        'report  it would be skipped: run x is still running',
        "  command         echo 'it'\\''s' ''",
        '  folder          /srv',
        '  user            www',
        '  DROVER_TRIGGER  manual',
      ),
    })
  })

  describe('--wait', () => {
    const of = (id: number, given: Partial<EventView>): EventView =>
      eventView({ id, data: { occurrence: running.id }, ...given })
    const whole = [
      of(1, { kind: 'job.started', data: { occurrence: 'another' }, text: 'other: begun' }),
      of(2, { kind: 'job.started', text: 'report: run a begun (manual)' }),
      of(3, { kind: 'job.retrying', text: 'report: attempt 1 exited with code 3; tries again in 3 s' }),
      of(4, { kind: 'job.succeeded', text: 'report: done' }),
    ]

    test('tells what goes on and then how it ended', async () => {
      const { code, out, err, asked } = await runLine('trigger report --wait', {
        verbs: { streamEvents: () => only(...whole) },
      })
      expect({ code, out, err }).toEqual({
        code: 0,
        out: 'report  done, run 1m8drebsm56dwa: exited with code 0\n',
        err: text('report: run a begun (manual)', 'report: attempt 1 exited with code 3; tries again in 3 s'),
      })
      const streamed = asked.find(({ verb }) => verb === 'streamEvents')
      expect(streamed?.with).toMatchObject({ after: 1, kinds: ['job.*'] })
    })

    test('goes on waiting over the death of the agent, and misses nothing of that time', async () => {
      const after: (number | undefined)[] = []
      let isAway = false
      const { code, out, err } = await runLine('trigger report --wait', {
        isAgentAbsent: () => isAway,
        onPrint: (printed) => {
          if (printed.includes('is away')) isAway = false
        },
        verbs: {
          streamEvents(query) {
            after.push(query.after)
            if (after.length > 1) return only(...whole.slice(3))
            return (async function* () {
              yield* whole.slice(1, 3)
              isAway = true
            })()
          },
        },
      })
      expect(code).toBe(0)
      expect(after).toEqual([1, 3])
      expect(out).toContain('done')
      expect(err).toContain('The agent is away; waiting for it.\nThe agent is back.\n')
    })

    test.each([
      [
        { outcome: 'warning', text: 'exited with code 3' },
        0,
        'warning, run 1m8drebsm56dwa: exited with code 3',
      ],
      [
        { outcome: 'failure', text: 'exited with code 1' },
        1,
        'failed, run 1m8drebsm56dwa: exited with code 1',
      ],
      [{ outcome: 'timed_out', text: 'after 5 s' }, 1, 'timed out, run 1m8drebsm56dwa: after 5 s'],
      [{ outcome: 'stopped', text: 'stopped' }, 1, 'stopped, run 1m8drebsm56dwa: stopped'],
      [
        { outcome: 'lost', text: 'the machine was restarted' },
        1,
        'lost, run 1m8drebsm56dwa: the machine was restarted',
      ],
      [
        { state: 'skipped', outcome: null, run: null, text: 'x took its place' },
        1,
        'skipped: x took its place',
      ],
    ] as const)('ends as the job did: %j', async (given, code, said) => {
      const printed = await runLine('trigger report -w', {
        verbs: {
          streamEvents: () => only(...whole),
          getOccurrence: async () => occurrenceView(given),
        },
      })
      expect(printed).toMatchObject({ code, out: `report  ${said}\n` })
    })

    test('tells the end by its event where the agent is gone with it', async () => {
      let isAway = false
      const { code, out } = await runLine('trigger report --wait', {
        isAgentAbsent: () => isAway,
        verbs: {
          streamEvents: () =>
            (async function* () {
              isAway = true
              yield of(2, { kind: 'job.stopped', data: { occurrence: running.id, detail: 'stopped' } })
            })(),
        },
      })
      expect({ code, out }).toEqual({
        code: 1,
        out: 'report  stopped, run 01jd0000000000000000000001: stopped\n',
      })
    })

    test('is over at once for what was skipped', async () => {
      const triggerJob = answer(skipped, false)
      const { code, asked } = await runLine('trigger report --wait', { verbs: { triggerJob } })
      expect(code).toBe(1)
      expect(asked.map(({ verb }) => verb)).toEqual(['listEvents', 'triggerJob'])
    })

    test('Ctrl-C ends the waiting, not the run', async () => {
      const interrupt = new AbortController()
      const { code, out, err } = await runLine('trigger report --wait', {
        signal: interrupt.signal,
        verbs: { streamEvents: () => only(...whole.slice(0, 2)) },
        onPrint: (printed) => {
          if (printed.includes('begun')) interrupt.abort()
        },
      })
      expect({ code, out }).toEqual({ code: 130, out: '' })
      expect(err).toBe(
        text('report: run a begun (manual)', 'Not waiting any longer; the agent goes on with it.'),
      )
    })

    test('as JSON prints the answer alone, with the end in it', async () => {
      const { out, err } = await runLine('trigger report --wait --json', {
        verbs: { streamEvents: () => only(...whole) },
      })
      expect(err).toBe('')
      expect(JSON.parse(out)).toEqual({
        occurrence: occurrenceView(),
        text: 'exited with code 0',
        isBegun: true,
        plan: null,
      })
    })
  })

  test.each([
    ['trigger report SINCE', 2, 'error: `SINCE` is no parameter.\n→ Write NAME=VALUE.\n'],
    ['trigger report =x', 2, 'error: `=x` is no parameter.\n→ Write NAME=VALUE.\n'],
    ['trigger nothing', 4, 'error: No program or slot is called nothing.\n→ `drover status` lists all.\n'],
  ])('tells a mistake: %s', async (line, code, err) => {
    expect(await runLine(line)).toMatchObject({ code, out: '', err })
  })
})

describe('enable and disable', () => {
  const disabled = jobView({ disabledBy: 'cli:alice' })

  test.each([
    ['disable report', disabled, 'report  done  29m 55s    4.2s  disabled  30 * * * *'],
    ['enable report', jobView(), 'report  done  29m 55s    4.2s  12:30  30m 00s  30 * * * *'],
  ])('%s shows the jobs as they are now', async (line, job, row) => {
    const { code, out, err } = await runLine(line, { verbs: { enableJobs: async () => [job] } })
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(out.split('\n')[1]).toBe(row)
    const { out: json } = await runLine(`${line} --json`, { verbs: { enableJobs: async () => [job] } })
    expect(JSON.parse(json)).toEqual([job])
  })

  test('enable says where the configuration is against it', async () => {
    const enableJobs = async () => [jobView({ isEnabled: false, nextAt: null, noNext: 'not_enabled' })]
    const said = 'report is still not enabled: its configuration says `enabled: false`.\n'
    expect(await runLine('enable report', { verbs: { enableJobs } })).toMatchObject({ code: 0, err: said })
    expect((await runLine('disable report', { verbs: { enableJobs } })).err).toBe('')
  })

  test('want to know which', async () => {
    expect((await runLine('disable')).code).toBe(2)
    expect((await runLine('enable nothing')).code).toBe(4)
  })
})

describe('pause and resume', () => {
  test.each([
    ['pause', 'All jobs are paused (by cli:alice).', { pausedBy: 'cli:alice' }],
    ['resume', 'Jobs are started when they are due.', { pausedBy: null }],
  ])('%s says how it is now', async (line, said, json) => {
    expect(await runLine(line)).toMatchObject({ code: 0, out: `${said}\n`, err: '' })
    expect(JSON.parse((await runLine(`${line} --json`)).out)).toEqual(json)
  })

  test('tell what the agent says against it', async () => {
    const pauseJobs = async () => {
      throw new UserError('store_unavailable', 'The store takes no writes.')
    }
    expect(await runLine('pause', { verbs: { pauseJobs } })).toMatchObject({
      code: 9,
      out: '',
      err: 'error: The store takes no writes.\n',
    })
  })
})

describe('jobs among programs and runs', () => {
  test('status says of a job at rest when it is due and how it ended', async () => {
    const job = { kind: 'job', pid: null, startedAt: null, ready: null } as const
    const slots = [
      slotView(),
      slotView({
        ...job,
        name: 'report',
        state: 'exited',
        reason: 'exited with code 3',
        nextAt: '2026-11-22T12:30:00.000Z',
      }),
      slotView({ ...job, name: 'fresh', state: 'stopped', nextAt: '2026-11-22T12:00:05.000Z' }),
      slotView({ ...job, name: 'hand', state: 'stopped' }),
      slotView({
        ...job,
        name: 'tries',
        state: 'backoff',
        reason: 'exited with code 3',
        retryAt: '2026-11-22T12:00:04.000Z',
      }),
    ]
    const { out } = await runLine('status', { verbs: { listSlots: () => slots } })
    expect(out).toBe(
      text(
        'NAME    STATE     PID  UPTIME  RESTARTS  REASON',
        'mailer  running  4242  2m 00s         0',
        'report  exited      -       -         0  due in 30m 00s; exited with code 3 2m 00s ago',
        'fresh   stopped     -       -         0  due in 5s',
        'hand    stopped     -       -         0',
        'tries   backoff     -       -         0  next try in 4s, exited with code 3',
      ),
    )
  })

  const ended = runView({
    program: 'report',
    slot: 'report:0',
    cause: { kind: 'retry', after: '01jb', reason: 'exited with code 3' },
    causeText: 'another attempt after run 01jb exited with code 3',
    occurrence: occurrenceView().id,
    attempt: 2,
    state: 'ended',
    endedAt: '2026-11-22T11:58:01.500Z',
    durationMs: 1500,
    end: { kind: 'exited', code: 0 },
    endText: 'exited with code 0',
    pid: null,
    usage: null,
  })
  const scheduled = {
    cause: { kind: 'scheduled', dueAt: Date.parse('2026-11-22T11:30:00Z'), isCatchUp: true },
    causeText: 'due at 2026-11-22T11:30:00Z, made up for',
  }

  test('run tells the due time, the attempt and what was said', async () => {
    const occurrence = occurrenceView({
      attempts: 2,
      lateMs: 90_000,
      params: { SINCE: 'today', MODE: 'full' },
      text: 'exited with code 0, after 2 attempts',
    })
    const { out } = await runLine('run 01jd -n 0', {
      verbs: { getRun: async () => ({ run: ended, timeline: [], occurrence }) },
    })
    expect(out.split('\n').slice(2, 9)).toEqual([
      '  cause    another attempt after run 01jb exited with code 3',
      '  due      11:30, begun 1m 30s late',
      '  attempt  2 of 2',
      '  overall  done: exited with code 0, after 2 attempts',
      '  params   SINCE=today MODE=full',
      '  state    exited with code 0',
      '  started  11:58:00',
    ])
  })

  test('run and runs tell due times on the clocks of who looks', async () => {
    const run = { ...ended, ...scheduled, attempt: 1 }
    const one = await runLine('run 01jd -n 0', {
      verbs: { getRun: async () => ({ run, timeline: [], occurrence: occurrenceView({ lateMs: 3 }) }) },
    })
    expect(one.out.split('\n').slice(2, 4)).toEqual([
      '  cause    due at 11:30, made up for',
      '  state    exited with code 0',
    ])
    vi.stubEnv('TZ', 'Asia/Tokyo')
    const list = await runLine('runs', { verbs: { listRuns: async () => [run] } })
    expect(list.out).toContain('due at 20:30, made up for\n')
  })

  test('the name of a job with several slots means its last run', async () => {
    const slots = [0, 1].map((index) =>
      slotView({ kind: 'job', program: 'report', index, name: `report:${index}` }),
    )
    const { code, asked } = await runLine('run report', {
      verbs: { listSlots: () => slots, listRuns: async () => [runView()] },
    })
    expect(code).toBe(0)
    expect(asked.filter(({ verb }) => verb === 'listRuns').map((call) => call.with)).toMatchObject([
      { targets: ['report'], limit: 1 },
    ])
  })
})
