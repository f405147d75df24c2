/**
 * Views for tests: complete ones, of which a test names only what it is about.
 */
import type {
  AlertView,
  DeliveryView,
  DueView,
  EventView,
  HeartbeatView,
  JobView,
  ListenerView,
  OccurrenceView,
  OutcomeView,
  PlanView,
  ProgramView,
  RunView,
  SlotView,
  TokenView,
} from '../views.ts'

/** The instant that samples call now. */
export const sampleNow = '2026-11-22T12:00:00.000Z'

export function slotView(given: Partial<SlotView> = {}): SlotView {
  const name = given.name ?? 'mailer'
  const program = given.program ?? name.replace(/:\d+$/, '')
  return {
    name,
    slot: `${program}:0`,
    program,
    group: program,
    index: 0,
    kind: 'service',
    state: 'running',
    pid: 4242,
    run: '01jd0000000000000000000001',
    lastRun: '01jd0000000000000000000001',
    since: '2026-11-22T11:58:00.000Z',
    startedAt: '2026-11-22T11:58:00.000Z',
    reason: null,
    retryAt: null,
    nextAt: null,
    ready: true,
    checks: {},
    statusText: null,
    outdated: false,
    quickExits: 0,
    restarts: 0,
    wanted: 'run',
    stoppedByPerson: false,
    node: 'alpha',
    usage: null,
    ...given,
  }
}

export function runView(given: Partial<RunView> = {}): RunView {
  return {
    id: '01jd0000000000000000000001',
    program: 'mailer',
    slot: 'mailer:0',
    node: 'alpha',
    cause: { kind: 'autostart' },
    causeText: 'started by itself',
    occurrence: null,
    attempt: null,
    state: 'running',
    pid: 4242,
    claimedAt: '2026-11-22T11:57:59.990Z',
    startedAt: '2026-11-22T11:58:00.000Z',
    endedAt: null,
    durationMs: null,
    end: null,
    endText: null,
    usage: {
      cpuMs: 1500,
      rssBytes: 52_428_800,
      pssBytes: null,
      processes: 2,
      openFiles: 20,
      peakTreeRssBytes: 73_400_320,
      peakProcesses: 3,
      peakOpenFiles: 24,
      largestProcessRssBytes: null,
      outBytes: 2048,
      errBytes: 0,
      lostBytes: 0,
    },
    ...given,
  }
}

export function eventView(given: Partial<EventView> = {}): EventView {
  return {
    id: 1,
    at: '2026-11-22T11:58:00.000Z',
    kind: 'run.started',
    level: 'info',
    program: 'mailer',
    slot: 'mailer:0',
    run: '01jd0000000000000000000001',
    data: { pid: 4242 },
    customData: null,
    text: 'mailer began with pid 4242',
    ...given,
  }
}

export function occurrenceView(given: Partial<OccurrenceView> = {}): OccurrenceView {
  return {
    id: '1m8drebsm56dw9',
    program: 'report',
    dueAt: '2026-11-22T11:30:00.000Z',
    trigger: 'schedule',
    state: 'ended',
    outcome: 'success',
    reason: null,
    text: 'exited with code 0',
    attempts: 1,
    run: '1m8drebsm56dwa',
    params: {},
    isCatchUp: false,
    recordedAt: '2026-11-22T11:30:00.004Z',
    startedAt: '2026-11-22T11:30:00.004Z',
    endedAt: '2026-11-22T11:30:04.204Z',
    lateMs: 4,
    durationMs: 4200,
    since: null,
    ...given,
  }
}

export function jobView(given: Partial<JobView> = {}): JobView {
  return {
    name: 'report',
    group: 'report',
    schedule: '30 * * * *',
    timezone: 'UTC',
    after: [],
    isEnabled: true,
    disabledBy: null,
    pausedBy: null,
    notHere: null,
    running: 0,
    queued: 0,
    nextAt: '2026-11-22T12:30:00.000Z',
    noNext: null,
    current: null,
    last: occurrenceView(),
    lastEnded: occurrenceView(),
    recentMs: [],
    ...given,
  }
}

export function dueView(given: Partial<DueView> = {}): DueView {
  return {
    program: 'report',
    at: '2026-11-22T12:30:00.000Z',
    timezone: 'UTC',
    note: null,
    isExpected: true,
    ...given,
  }
}

export function outcomeView(given: Partial<OutcomeView> = {}): OutcomeView {
  return {
    slot: 'mailer:0',
    name: 'mailer',
    outcome: 'done',
    state: 'running',
    pid: 4242,
    message: 'started',
    ...given,
  }
}

export function planView(given: Partial<PlanView> = {}): PlanView {
  return { generation: 1, isEmpty: true, programs: [], steps: [], listeners: [], warnings: [], ...given }
}

export function programView(given: Partial<ProgramView> = {}): ProgramView {
  return {
    name: 'mailer',
    group: 'mailer',
    source: 'file',
    definition: {
      name: 'mailer',
      processes: 1,
      launch: { command: { kind: 'shell', text: 'node worker.js' } },
    },
    ...given,
  }
}

export function alertView(given: Partial<AlertView> = {}): AlertView {
  return {
    id: '1k7q2m9x4c0ab9',
    route: 'critical',
    condition: 'job report',
    level: 'error',
    title: 'report: failed: exited with code 1 (4 s)',
    since: sampleNow,
    lastAt: sampleNow,
    count: 3,
    toldAt: sampleNow,
    channels: ['ops', 'pager'],
    quietUntil: null,
    program: 'report',
    ...given,
  }
}

export function deliveryView(given: Partial<DeliveryView> = {}): DeliveryView {
  return {
    id: '1k7q2m9x4c0ac0',
    channel: 'ops',
    route: 'critical',
    alert: '1k7q2m9x4c0ab9',
    kind: 'raised',
    title: 'report: failed: exited with code 1 (4 s)',
    state: 'delivered',
    attempts: 1,
    reason: '200 OK',
    createdAt: sampleNow,
    nextAt: null,
    endedAt: sampleNow,
    digest: null,
    ...given,
  }
}

export function heartbeatView(given: Partial<HeartbeatView> = {}): HeartbeatView {
  return {
    name: 'backup',
    everyMs: 86_400_000,
    graceMs: 3_600_000,
    lastAt: sampleNow,
    dueAt: '2026-09-22T14:13:20.000Z',
    missedSince: null,
    ...given,
  }
}

export function listenerView(given: Partial<ListenerView> = {}): ListenerView {
  return {
    name: 'pager',
    on: ['job.failed'],
    programs: [],
    groups: [],
    kind: 'command',
    target: './page.sh',
    timeoutMs: 30_000,
    state: 'idle',
    retryAt: null,
    cursor: 120,
    lag: 0,
    failures: 0,
    lastFailure: null,
    ...given,
  }
}

export function tokenView(given: Partial<TokenView> = {}): TokenView {
  return {
    name: 'ci',
    role: 'viewer',
    createdAt: sampleNow,
    createdBy: 'cli:alice',
    expiresAt: null,
    isExpired: false,
    lastUsedAt: null,
    ...given,
  }
}
