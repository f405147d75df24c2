/** `drover doctor` as a person sees it: what the machine, the agent, the configuration and the programs say, in one list. */

import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { LoadedConfig } from '../../config/load/loaded-config.ts'
import { jobView, occurrenceView, slotView } from '../../contract/testing/samples.ts'
import { noAlerts } from '../../domain/alerting/alert-settings.ts'
import { type Finding, findingsOf } from '../../domain/finding.ts'
import { UserError } from '../../domain/user-error.ts'
import { type LineOptions, runLine } from '../testing/run-line.ts'

beforeEach(() => vi.stubEnv('TZ', 'UTC'))
afterEach(() => vi.unstubAllEnvs())

const fine: LoadedConfig = {
  programs: [],
  problems: [],
  settings: { log: null, outputQuotaBytes: null, labels: {}, alerts: noAlerts },
  listeners: [],
  api: null,
  files: [],
  root: '/home/alice/drover.yaml',
}
const disk = findingsOf('Data directory').warning('data.space', 'Little room.', 'Make room.')

function options(more: LineOptions = {}, machine: Finding[] = []): LineOptions {
  const services = {
    examineMachine: async () => machine,
    checkPrograms: () => [],
    loadConfig: async () => fine,
    ...more.services,
  }
  return { ...more, services }
}

test('all is well', async () => {
  expect(await runLine('doctor', options())).toMatchObject({
    code: 0,
    err: '',
    out: [
      'Agent',
      '  ok       It answers: version 0.1.0, pid 4000, node alpha.',
      'Configuration',
      '  ok       /home/alice/drover.yaml is valid, with 0 programs.',
      'Programs',
      '  ok       1 of 1 slots are as they shall be.',
      'Jobs',
      '  ok       1 job; no run ended badly last.',
      'Nothing is wrong.',
      '',
    ].join('\n'),
  })
})

test('a program that was given up is an error with what to do; the rest of them are told by their kind', async () => {
  const slots = [
    slotView({ name: 'a', state: 'fatal', reason: '3 quick exits' }),
    slotView({ name: 'b', state: 'backoff', reason: 'exit code 1' }),
    slotView({ name: 'c', ready: false }),
    slotView({ name: 'd', outdated: true }),
    slotView({ name: 'e' }),
  ]
  const { code, out } = await runLine('doctor', options({ verbs: { listSlots: () => slots } }, [disk]))
  expect(code).toBe(1)
  expect(out).toContain('  ok       1 of 5 slots are as they shall be.\n')
  expect(out).toContain('  error    a was given up: 3 quick exits.\n           → Look with `drover logs a`')
  expect(out).toContain('  warning  b fails, and waits for its next try: exit code 1.\n')
  expect(out).toContain('  warning  c runs and is not ready.\n')
  expect(out).toContain('  note     d runs something else than is declared.\n')
  expect(out).toContain('  warning  Little room.\n           → Make room.\n')
  expect(out.trimEnd().split('\n').at(-1)).toBe('1 error, 3 warnings.')
  const quiet = await runLine('doctor -q', options({ verbs: { listSlots: () => slots } }))
  expect(quiet.out).not.toMatch(/^ {2}(ok|note)/m)
})

test('of jobs it tells what ended badly, was missed, is kept from starting, or is never due', async () => {
  const failed = occurrenceView({ outcome: 'failure', text: 'exited with code 3', run: '1m8dx' })
  const missed = occurrenceView({
    state: 'missed',
    outcome: null,
    text: 'by the time that an agent was there it was later than the job allows',
    dueAt: '2026-11-21T02:30:00.000Z',
  })
  const jobs = [
    jobView({ name: 'a', last: failed, lastEnded: failed }),
    jobView({ name: 'b', last: missed }),
    jobView({ name: 'c', disabledBy: 'cli:bob' }),
    jobView({ name: 'd', nextAt: null, noNext: 'passed', last: null, lastEnded: null }),
    jobView({ name: 'e', nextAt: null, noNext: 'passed' }),
  ]
  const { code, out } = await runLine('doctor', options({ verbs: { listJobs: async () => jobs } }))
  expect(code).toBe(0)
  expect(out.slice(out.indexOf('Jobs'))).toBe(
    [
      'Jobs',
      '  ok       4 of 5 jobs did not end badly last.',
      '  warning  a ended badly last, due 11:30: exited with code 3.',
      '           → `drover run 1m8dx` shows that run, `drover history a` those before it.',
      '  warning  b was not started when it was due last, 2026-11-21 02:30: by the time that an agent was there it was later than the job allows.',
      '           → `drover trigger b` makes good for it; `missed` of the job says what becomes of such times.',
      '  note     c is disabled by cli:bob.',
      '           → `drover enable c` takes it back.',
      '  warning  d will never be due: all times of its schedule have passed, and no run of it is known.',
      '           → Give it other times, or take it out of the configuration.',
      '0 errors, 3 warnings.',
      '',
    ].join('\n'),
  )
  const paused = async () => [jobView({ pausedBy: 'token:ci' })]
  expect((await runLine('doctor', options({ verbs: { listJobs: paused } }))).out).toContain(
    '  warning  All jobs are paused by token:ci: their due times are skipped.\n           → `drover resume` takes it back.\n',
  )
  const none = await runLine('doctor', options({ verbs: { listJobs: async () => [] } }))
  expect(none.out).not.toContain('Jobs')
})

test('warnings alone do not make it fail', async () => {
  expect((await runLine('doctor', options({}, [disk]))).code).toBe(0)
})

test('an agent of another version', async () => {
  const { out } = await runLine('doctor', options({ services: { version: '0.2.0' } }))
  expect(out).toContain(
    'warning  It answers: version 0.1.0, pid 4000, node alpha. This command line is 0.2.0.',
  )
})

test('without an agent, and without a configuration, it says how to begin', async () => {
  const absent = new UserError('config_unreadable', 'There is no configuration in /home/alice.')
  const services = { loadConfig: () => Promise.reject(absent) }
  const { code, out } = await runLine('doctor -D /d', options({ isAgentAbsent: () => true, services }))
  expect(code).toBe(0)
  expect(out).toContain('note     No agent answers at /d.')
  expect(out).toContain('drover init')
  const named = await runLine('doctor -c x.yaml', options({ isAgentAbsent: () => true, services }))
  expect(named.code).toBe(1)
})

test('mistakes of the configuration, and what only the machine can tell', async () => {
  const problem = {
    severity: 'error' as const,
    code: 'unknown_key',
    file: '/home/alice/drover.yaml',
    line: 3,
    field: 'programs.a.comand',
    value: null,
    message: 'unknown key',
    expected: null,
    suggestion: 'command',
  }
  const user = {
    ...problem,
    code: 'user_unknown',
    file: null,
    line: null,
    field: 'programs.a.user',
    message: 'no such user',
    suggestion: null,
  }
  const services = { loadConfig: async () => ({ ...fine, problems: [problem] }), checkPrograms: () => [user] }
  const { code, out } = await runLine('doctor --json', options({ services }))
  expect(code).toBe(1)
  const { healthy, findings } = JSON.parse(out) as { healthy: boolean; findings: Finding[] }
  expect(healthy).toBe(false)
  expect(findings.filter(({ level }) => level === 'error')).toMatchObject([
    {
      check: 'config.unknown_key',
      text: 'drover.yaml:3: programs.a.comand: unknown key; did you mean `command`?',
    },
    { check: 'config.user_unknown', area: 'Configuration' },
  ])
})

test('config check asks the machine only with --machine', async () => {
  const problem = {
    severity: 'warning' as const,
    code: 'directory_missing',
    file: null,
    line: null,
    field: 'programs.a.cwd',
    value: '/x',
    message: 'The directory `/x` does not exist.',
    expected: 'a directory',
    suggestion: null,
  }
  const given = options({ services: { checkPrograms: () => [problem] } })
  expect((await runLine('config check', given)).out).not.toContain('/x')
  expect((await runLine('config check --machine', given)).out).toContain('The directory `/x` does not exist.')
})

test('of an agent behind an address, this machine is not examined', async () => {
  const services = { examineMachine: () => Promise.reject(new Error('not asked for')) }
  const { code, out } = await runLine('doctor --host http://127.0.0.1:9650', options({ services }))
  expect(code).toBe(0)
  expect(out).toMatch(/^Agent\n/)
})
