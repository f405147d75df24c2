/**
 * An agent for tests of the doors: it holds samples, remembers what it was asked for and lets a test replace any verb.
 */
import { UserError } from '../../domain/user-error.ts'
import type { AgentVerbs } from '../verbs.ts'
import type { AgentView, EventView, OutputView } from '../views.ts'
import {
  alertView,
  deliveryView,
  dueView,
  eventView,
  heartbeatView,
  jobView,
  listenerView,
  occurrenceView,
  outcomeView,
  planView,
  programView,
  runView,
  sampleNow,
  slotView,
  tokenView,
} from './samples.ts'

export interface FakeVerbs extends AgentVerbs {
  readonly asked: { readonly verb: string; readonly with: unknown }[]
}

export const sampleAgent: AgentView = {
  version: '0.1.0',
  pid: 4000,
  build: '/opt/drover/bin/drover',
  node: 'alpha',
  dataDir: '/var/lib/drover',
  config: '/etc/drover/drover.config.ts',
  generation: 1,
  startedAt: sampleNow,
  isShuttingDown: false,
  slots: { stopped: 0, waiting: 0, starting: 0, running: 1, backoff: 0, stopping: 0, exited: 0, fatal: 0 },
  memory: { rssBytes: 60_000_000 },
}

export function createFakeVerbs(replaced: Partial<AgentVerbs> = {}): FakeVerbs {
  const asked: FakeVerbs['asked'] = []
  const outcomes = async (): Promise<ReturnType<typeof outcomeView>[]> => [outcomeView()]
  const verbs: AgentVerbs = {
    getAgent: () => sampleAgent,
    getMetrics: async () => '# TYPE up gauge\nup 1\n',
    listSlots: (targets) => known(targets, [slotView()]),
    start: outcomes,
    stop: outcomes,
    restart: outcomes,
    scale: async ({ programs }) => {
      known(Object.keys(programs), [programView()])
      return [outcomeView()]
    },
    signal: outcomes,
    rotate: outcomes,
    capture: outcomes,
    writeInput: outcomes,
    listPrograms: () => [programView()],
    getProgram: (name) => known([name], [programView()])[0] ?? programView(),
    putPrograms: async () => planView(),
    deleteProgram: async (name) => {
      known([name], [programView()])
      return planView()
    },
    planReload: async () => planView(),
    reload: async () => ({ plan: planView(), outcomes: [] }),
    listJobs: async (targets) => known(targets, [jobView()]),
    listDue: async ({ targets }) => known(targets, [dueView()]),
    triggerJob: async ({ job, dryRun }) => {
      known([job], [])
      return {
        occurrence: dryRun
          ? null
          : occurrenceView({ state: 'running', outcome: null, text: 'running', trigger: 'manual' }),
        text: dryRun ? 'a run would begin' : 'running',
        isBegun: true,
        plan: dryRun
          ? {
              command: ['/bin/sh', '-c', './report.sh'],
              cwd: '/srv',
              user: null,
              variables: { SINCE: 'today' },
            }
          : null,
      }
    },
    enableJobs: async ({ targets }) => known(targets, [jobView()]),
    pauseJobs: async ({ isPaused, by }) => ({ pausedBy: isPaused ? by : null }),
    listOccurrences: async ({ targets }) => known(targets, [occurrenceView()]),
    getOccurrence: async (id) => {
      if (id !== occurrenceView().id) throw new UserError('not_found', `No due time has the id ${id}.`)
      return occurrenceView()
    },
    listRuns: async ({ targets }) => known(targets, [runView()]),
    getRun: async (id) => {
      if (!runView().id.startsWith(id)) throw new UserError('not_found', `No run has the id ${id}.`)
      return { run: runView(), timeline: [eventView()], occurrence: null }
    },
    readRunOutput: async (id) => {
      if (!runView().id.startsWith(id)) throw new UserError('not_found', `No run has the id ${id}.`)
      return only(new TextEncoder().encode('one\ntwo\n'))
    },
    streamLogs: async ({ targets }) => {
      known(targets, [slotView()])
      const { id } = runView()
      return only<OutputView>({
        slot: 'mailer:0',
        name: 'mailer',
        run: id,
        stream: 'out',
        offset: 0,
        text: 'one\n',
      })
    },
    listEvents: async () => [eventView()],
    streamEvents: () => only<EventView>(eventView()),
    listAlerts: () => [alertView()],
    listDeliveries: async () => [deliveryView()],
    testChannel: async (name) => {
      if (name !== 'ops') throw new UserError('not_found', `There is no channel ${name}.`)
      return deliveryView({ kind: 'test', route: null, alert: null })
    },
    listHeartbeats: () => [heartbeatView()],
    pingHeartbeat: async (name) => {
      if (name !== 'backup') throw new UserError('not_found', `There is no heartbeat ${name}.`)
      return heartbeatView()
    },
    listListeners: () => [listenerView()],
    listTokens: () => [tokenView()],
    createToken: async () => ({ token: tokenView(), secret: 'drover_sample' }),
    revokeToken: async (name) => {
      if (name !== 'ci') throw new UserError('not_found', `There is no token ${name}.`)
      return tokenView()
    },
    upgrade: async ({ version }) => ({ from: '0.1.0', to: version }),
    shutdown: async () => ({ stopping: 1 }),
    ...replaced,
  }
  return Object.assign(recording(verbs, asked), { asked })
}

function recording(verbs: AgentVerbs, asked: FakeVerbs['asked']): AgentVerbs {
  return new Proxy(verbs, {
    get(target, verb, receiver) {
      const value: unknown = Reflect.get(target, verb, receiver)
      if (typeof value !== 'function') return value
      return (...args: unknown[]) => {
        asked.push({ verb: String(verb), with: args.length > 1 ? args : args[0] })
        return value.apply(target, args)
      }
    },
  })
}

function known<T>(targets: readonly string[], views: T[]): T[] {
  const unknown = targets.find((target) => !['report', 'mailer', 'mailer:0', 'all', '*'].includes(target))
  if (unknown !== undefined) {
    throw new UserError('not_found', `No program or slot is called ${unknown}.`, {
      hint: '`drover status` lists all.',
    })
  }
  return views
}

export async function* only<T>(...values: T[]): AsyncIterable<T> {
  yield* values
}
