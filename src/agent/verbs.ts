/** All that an agent can be asked for, as the one object that every door calls. */
import process from 'node:process'
import type { AgentVerbs } from '../contract/verbs.ts'
import type { AgentView } from '../contract/views.ts'
import { isActive } from '../domain/reconcile.ts'
import { type SlotStateKind, slotStateKinds } from '../domain/slot-state.ts'
import { checkTakeover } from '../domain/takeover-check.ts'
import { UserError } from '../domain/user-error.ts'
import { checkSuccessor } from '../process/successor.ts'
import { knownSchema } from '../store/store-schema.ts'
import type { Agent } from './agent.ts'
import { measureAgent } from './agent-metrics.ts'
import { AlertVerbs } from './alerts/alert-verbs.ts'
import { HistoryVerbs } from './history-verbs.ts'
import { JobVerbs } from './jobs/job-verbs.ts'
import { listListeners } from './listeners/listener-views.ts'
import { writeMetrics } from './metrics-text.ts'
import { ProgramVerbs } from './program-verbs.ts'
import { SlotVerbs } from './slot-verbs.ts'

/** `onShutdown` is told once somebody asks the agent to end; ending the process is its matter. */
export function createVerbs(
  agent: Agent,
  onShutdown: (leaveWorkers: boolean, by: string, successor?: readonly string[]) => void,
): AgentVerbs {
  const slots = new SlotVerbs(agent)
  const programs = new ProgramVerbs(agent, slots)
  const jobs = new JobVerbs(agent)
  const history = new HistoryVerbs(agent, slots)
  const alerts = new AlertVerbs(agent)
  return {
    getAgent: () => viewAgent(agent),
    getMetrics: async () => writeMetrics(await measureAgent(agent, slots)),
    listSlots: (targets) => slots.listSlots(targets),
    start: (request) => slots.start(request),
    stop: (request) => slots.stop(request),
    restart: (request) => slots.restart(request),
    scale: (request) => programs.scale(request),
    signal: (request) => slots.signal(request),
    rotate: (request) => slots.rotate(request),
    capture: (request) => slots.capture(request),
    writeInput: (request) => slots.writeInput(request),
    listPrograms: () => programs.listPrograms(),
    getProgram: (name) => programs.getProgram(name),
    putPrograms: (request) => programs.putPrograms(request),
    deleteProgram: (name, by) => programs.deleteProgram(name, by),
    planReload: () => programs.planReload(),
    reload: (request) => programs.reload(request),
    listJobs: (targets) => jobs.listJobs(targets),
    listDue: (query) => jobs.listDue(query),
    triggerJob: (request) => jobs.triggerJob(request),
    enableJobs: (request) => jobs.enableJobs(request),
    pauseJobs: (request) => jobs.pauseJobs(request),
    listOccurrences: (query) => jobs.listOccurrences(query),
    getOccurrence: (id) => jobs.getOccurrence(id),
    listRuns: (query) => history.listRuns(query),
    getRun: (id) => history.getRun(id),
    readRunOutput: (id, stream, offset) => history.readRunOutput(id, stream, offset),
    streamLogs: (query) => history.streamLogs(query),
    listEvents: (query) => history.listEvents(query),
    streamEvents: (query) => history.streamEvents(query),
    listAlerts: () => alerts.listAlerts(),
    listDeliveries: (query) => alerts.listDeliveries(query),
    testChannel: (name) => alerts.testChannel(name),
    listHeartbeats: () => alerts.listHeartbeats(),
    pingHeartbeat: (name) => alerts.pingHeartbeat(name),
    listListeners: () => listListeners(agent),
    listTokens: () => agent.tokens.list(),
    createToken: (request) => agent.tokens.create(request),
    revokeToken: (name, by) => agent.tokens.revoke(name, by),
    upgrade: async ({ command, version, storeSchema, by }) => {
      if (agent.reconciler.isShuttingDown) throw new UserError('shutting_down', 'The agent is shutting down.')
      const from = agent.options.version
      checkTakeover({ version: from, storeSchema: knownSchema }, { version, storeSchema })
      await checkSuccessor(command, version)
      onShutdown(true, `upgrade to ${version} by ${by}`, command)
      return { from, to: version }
    },
    shutdown: async ({ leaveWorkers, by }) => {
      const active = [...agent.reconciler.slots.values()].filter(({ state }) => isActive(state)).length
      onShutdown(leaveWorkers, by)
      return { stopping: leaveWorkers ? 0 : active }
    },
  }
}

function viewAgent(agent: Agent): AgentView {
  const counts = Object.fromEntries(slotStateKinds.map((kind) => [kind, 0])) as Record<SlotStateKind, number>
  for (const { state } of agent.reconciler.slots.values()) counts[state.kind] += 1
  const { version, node, data, configPath } = agent.options
  return {
    version,
    pid: process.pid,
    build: process.argv[1] ?? '',
    node,
    dataDir: data.path,
    config: configPath,
    generation: agent.generation,
    startedAt: new Date(agent.startedAt).toISOString(),
    isShuttingDown: agent.reconciler.isShuttingDown,
    slots: counts,
    memory: { rssBytes: process.memoryUsage.rss() },
  }
}
