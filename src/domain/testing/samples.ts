/**
 * Sample values for tests of any floor: a program with all its fields, policies, and ends of runs, each to be changed in
 * the fields that a test is about. No test, and never part of a build.
 */
import fc from 'fast-check'
import type { Route, RouteMatch } from '../alerting/alert-settings.ts'
import type { Notice } from '../alerting/notice.ts'
import type { Listener } from '../events/listener.ts'
import type { JobRules } from '../jobs/job.ts'
import { noLimits } from '../limits.ts'
import type { Check, Program, RestartPolicy } from '../program.ts'
import type { RunCause, RunEnd, RunUsage } from '../run.ts'
import type { SlotContext, SlotState } from '../slot-state.ts'

export const noUsage: RunUsage = {
  userCpuMs: 0,
  systemCpuMs: 0,
  maxRssBytes: 0,
  leftovers: 0,
  outBytes: 0,
  errBytes: 0,
  lostBytes: 0,
}

export function aPolicy(changes: Partial<RestartPolicy> = {}): RestartPolicy {
  return {
    when: 'always',
    successExitCodes: [0],
    startTimeMs: 1000,
    giveUpAfter: 3,
    steadyTimeMs: 10_000,
    backoff: { kind: 'exponential', initialMs: 1000, factor: 2, maxMs: 60_000, jitter: 0 },
    ...changes,
  }
}

export function aListener(changes: Partial<Listener> = {}): Listener {
  return {
    name: 'pager',
    on: ['*'],
    programs: [],
    groups: [],
    timeoutMs: 30_000,
    action: {
      kind: 'command',
      command: { kind: 'shell', text: './page.sh' },
      cwd: '/',
      env: {},
      secrets: {},
    },
    ...changes,
  }
}

/** A service, unless the changes say otherwise. */
export function aProgram(changes: Partial<Program> = {}): Program {
  const name = changes.name ?? 'mailer'
  const program = {
    name,
    group: name,
    kind: 'service',
    processes: 1,
    autostart: true,
    priority: 100,
    launch: {
      command: { kind: 'shell', text: 'sleep 60' },
      cwd: '/',
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
    restart: aPolicy(),
    stop: { signal: 'TERM', graceMs: 10_000, target: 'group' },
    output: { maxBytes: 10_485_760, keep: 10 },
    dependsOn: [],
    checks: { startup: null, readiness: null, liveness: null },
    rollout: { parallel: { kind: 'share', value: 0.25 }, withinMs: 60_000 },
    limits: noLimits,
    customData: null,
    ...changes,
  }
  return program as Program
}

export function aCheck(changes: Partial<Check> = {}): Check {
  const method = { kind: 'tcp', host: '127.0.0.1', port: '1' } as const
  return { method, graceMs: 0, periodMs: 1000, timeoutMs: 1000, failures: 3, successes: 1, ...changes }
}

/** Not born while `until` is null. */
export function startingState(run: string, until: number | null): Extract<SlotState, { kind: 'starting' }> {
  return { kind: 'starting', run, until, isBorn: until !== null, verdicts: {} }
}

export function runningState(run: string): Extract<SlotState, { kind: 'running' }> {
  return { kind: 'running', run, verdicts: {} }
}

export function stoppingState(
  run: string,
  next: 'stop' | 'judge' | RunCause = 'stop',
  wasRunning = true,
): Extract<SlotState, { kind: 'stopping' }> {
  return { kind: 'stopping', run, next, reason: null, wasRunning }
}

export function aContext(changes: Partial<SlotContext> = {}): SlotContext {
  const policy = aPolicy()
  return {
    now: 10_000,
    newRun: 'new',
    random: 0.5,
    policy,
    obstacle: null,
    hasStartupCheck: false,
    attempt: null,
    ...changes,
  }
}

export function exited(code: number, durationMs: number): RunEnd {
  return { kind: 'exited', code, durationMs, endedAt: 0, usage: noUsage }
}

export function signaled(signal: string, durationMs: number): RunEnd {
  return { kind: 'signaled', signal, durationMs, endedAt: 0, usage: noUsage }
}

export function stopped(killed = false): RunEnd {
  return { kind: 'stopped', code: null, signal: 'TERM', killed, durationMs: 5000, endedAt: 0, usage: noUsage }
}

export function failedToStart(): RunEnd {
  const why = { stage: 'exec', message: 'No such file or directory' }
  return { kind: 'failed_to_start', ...why, durationMs: 1, endedAt: 0, usage: noUsage }
}

/** Any way in which a run can end. */
export const endings: fc.Arbitrary<RunEnd> = fc.oneof(
  fc.tuple(fc.constantFrom(0, 1, 7), fc.constantFrom(0, 500, 5000, 50_000)).map(([c, ms]) => exited(c, ms)),
  fc.constantFrom(500, 5000).map((ms) => signaled('SEGV', ms)),
  fc.boolean().map(stopped),
  fc.constantFrom<RunEnd>(
    { kind: 'timed_out', killed: true, durationMs: 3000, endedAt: 0, usage: noUsage },
    failedToStart(),
    { kind: 'revoked', endedAt: 0, reason: 'no shim could be started' },
    { kind: 'unknown', endedAt: 0, reason: 'its shim was killed' },
    { kind: 'machine_restarted', endedAt: 0 },
  ),
)

/** A job that is due each minute, unless the changes say otherwise. */
export function aJob(
  rules: Partial<JobRules> = {},
  changes: Partial<Program> = {},
): Program & { kind: 'job' } {
  const job: JobRules = {
    schedule: { expressions: ['* * * * *'], at: [], predicate: null },
    timezone: null,
    blackout: [],
    after: [],
    isEnabled: true,
    missed: { kind: 'once', withinMs: null, max: 10 },
    overlap: { kind: 'skip', max: 1 },
    locks: [],
    target: { nodes: [], labels: {} },
    retry: {
      times: 0,
      backoff: { kind: 'exponential', initialMs: 10_000, factor: 2, maxMs: 600_000, jitter: 0 },
      exitCodes: null,
      exceptExitCodes: [],
    },
    warningExitCodes: [],
    params: {},
    history: { keep: 100, maxAgeMs: null },
    warnsByHistory: false,
    ...rules,
  }
  const program = aProgram({
    name: 'report',
    autostart: false,
    processes: job.overlap.kind === 'allow' ? job.overlap.max : 1,
    restart: aPolicy({ when: 'never', startTimeMs: 0, giveUpAfter: null, steadyTimeMs: 0 }),
    ...changes,
  })
  return { ...program, kind: 'job', job }
}

/** Tells one chat of everything, unless the changes say otherwise. */
export function aRoute(
  changes: Partial<Omit<Route, 'match'>> & { readonly match?: Partial<RouteMatch> } = {},
): Route {
  return {
    name: 'ops',
    to: ['chat'],
    after: 1,
    repeatMs: null,
    tellsRecovery: true,
    quiet: null,
    digest: null,
    ...changes,
    match: {
      events: ['*'],
      programs: [],
      groups: [],
      labels: {},
      customData: null,
      level: null,
      ...changes.match,
    },
  }
}

/** Of a job that failed. */
export function aNotice(changes: Partial<Notice> = {}): Notice {
  return {
    id: '1k7q2m9x4c0ac0',
    kind: 'raised',
    level: 'error',
    title: 'report: failed: exited with code 1',
    text: 'report: failed: exited with code 1',
    node: 'alpha',
    at: 1_790_000_000_000,
    event: {
      id: 7,
      kind: 'job.failed',
      program: 'report',
      group: 'report',
      slot: 'report:0',
      run: 'r1',
      customData: { critical: true },
      data: { exitCode: 1, detail: 'exited with code 1' },
    },
    condition: 'job report',
    count: 1,
    lines: [],
    ...changes,
  }
}
