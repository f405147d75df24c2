/**
 * What the agent tells of itself and its slots in numbers. The only labels are names that somebody declared and words of fixed lists: ids of runs
 * would make a new series with each restart.
 */
import process from 'node:process'
import type { SlotView } from '../contract/views.ts'
import { slotStateKinds } from '../domain/slot-state.ts'
import { countOwnFiles } from '../process/tree-usage.ts'
import type { Agent } from './agent.ts'
import { countOpen, hindranceOf } from './jobs/job-views.ts'
import type { JobProgram } from './jobs/ledger-book.ts'
import type { Metric, Sample } from './metrics-text.ts'
import type { SlotVerbs } from './slot-verbs.ts'

export async function measureAgent(agent: Agent, verbs: SlotVerbs): Promise<Metric[]> {
  await agent.jobTally.remember([...agent.reconciler.ledger.jobs.keys()])
  const slots = verbs.listSlots([])
  return [
    ...agentMetrics(agent),
    ...countMetrics(agent),
    ...slotMetrics(slots, agent.options.clock.now()),
    ...jobMetrics(agent),
    ...listenerMetrics(agent),
    ...alertMetrics(agent),
  ]
}

function agentMetrics({ options, startedAt, generation }: Agent): Metric[] {
  const { user, system } = process.cpuUsage()
  const files = countOwnFiles()
  return [
    gauge('drover_agent_info', 'The agent: always 1.', [
      { labels: { version: options.version, node: options.node }, value: 1 },
    ]),
    gauge('drover_agent_start_time_seconds', 'When the agent started, in seconds since 1970.', [
      { value: startedAt / 1000 },
    ]),
    counter('drover_agent_cpu_seconds_total', 'CPU time of the agent itself.', [
      { value: (user + system) / 1e6 },
    ]),
    gauge('drover_agent_memory_bytes', 'Resident memory of the agent itself.', [
      { value: process.memoryUsage.rss() },
    ]),
    gauge('drover_agent_open_files', 'Open file descriptors of the agent itself.', [
      ...(files === null ? [] : [{ value: files }]),
    ]),
    gauge('drover_config_generation', 'The number of the set of programs in force.', [{ value: generation }]),
  ]
}

function countMetrics({ counts }: Agent): Metric[] {
  const by = (label: string, numbers: ReadonlyMap<string, number>): Sample[] =>
    [...numbers].map(([word, value]) => ({ labels: { [label]: word }, value }))
  return [
    counter(
      'drover_runs_ended_total',
      'Ends of runs since the agent started, by how they ended.',
      by('kind', counts.ends),
    ),
    counter(
      'drover_starts_refused_total',
      'Starts that did not happen, by the reason.',
      by('reason', counts.refusals),
    ),
    counter(
      'drover_limits_reached_total',
      'Runs ended for a limit, by the limit.',
      by('limit', counts.limits),
    ),
  ]
}

function slotMetrics(slots: readonly SlotView[], now: number): Metric[] {
  const of = (read: (slot: SlotView) => number | null): Sample[] =>
    slots.flatMap((slot) => {
      const value = read(slot)
      return value === null ? [] : [{ labels: { program: slot.program, slot: slot.slot }, value }]
    })
  const byState = slotStateKinds.map((state) => ({
    labels: { state },
    value: slots.filter((slot) => slot.state === state).length,
  }))
  return [
    gauge('drover_slots', 'Slots by their state.', byState),
    gauge(
      'drover_slot_state',
      'The state of each slot: 1 for the one that it is in.',
      slots.map(({ program, slot, state }) => ({ labels: { program, slot, state }, value: 1 })),
    ),
    gauge(
      'drover_slot_up',
      'Whether the slot runs.',
      of(({ state }) => Number(state === 'running')),
    ),
    gauge(
      'drover_slot_ready',
      'Whether the slot can do its work, as its checks say.',
      of(({ ready }) => (ready === null ? null : Number(ready))),
    ),
    counter(
      'drover_slot_restarts_total',
      'Runs begun after the end of another.',
      of(({ restarts }) => restarts),
    ),
    gauge(
      'drover_run_uptime_seconds',
      'How long the living run has been there.',
      of(({ startedAt }) => (startedAt === null ? null : Math.max(0, now - Date.parse(startedAt)) / 1000)),
    ),
    counter(
      'drover_run_cpu_seconds_total',
      'CPU time of the living run’s whole tree; begins anew with each run.',
      of(({ usage }) => (usage ? usage.cpuMs / 1000 : null)),
    ),
    gauge(
      'drover_run_memory_bytes',
      'Resident memory of the living run’s whole tree.',
      of(({ usage }) => usage?.rssBytes ?? null),
    ),
    gauge(
      'drover_run_processes',
      'Processes of the living run.',
      of(({ usage }) => usage?.processes ?? null),
    ),
    gauge(
      'drover_run_open_files',
      'Open file descriptors of the living run’s whole tree.',
      of(({ usage }) => usage?.openFiles ?? null),
    ),
  ]
}

/** Of the jobs that are declared; what nobody knows of one is left out. */
function jobMetrics({ options, reconciler, scheduler, jobTally }: Agent): Metric[] {
  const now = options.clock.now()
  const { ledger, desired } = reconciler
  const jobs = [...desired.values()].flatMap(({ program }) => (program.kind === 'job' ? [program] : []))
  if (jobs.length === 0) return []
  const open = countOpen(ledger)
  const of = (read: (job: JobProgram) => number | null): Sample[] =>
    jobs.flatMap((job) => {
      const value = read(job)
      return value === null ? [] : [{ labels: { program: job.name }, value }]
    })
  const secondsOf = (ms: number | null): number | null => (ms === null ? null : ms / 1000)
  const became = jobs.flatMap(({ name }) =>
    [...jobTally.of(name).became].map(([word, value]) => ({
      labels: { program: name, became: word },
      value,
    })),
  )
  return [
    gauge('drover_jobs_paused', 'Whether all jobs of the node are paused.', [
      { value: Number(ledger.pausedBy !== null) },
    ]),
    counter(
      'drover_job_due_times_total',
      'Due times of jobs since the agent started, by what became of them.',
      became,
    ),
    gauge(
      'drover_job_running',
      'Due times of the job that a slot is at work for, be it between two attempts.',
      of(({ name }) => open.get(name)?.running ?? 0),
    ),
    gauge(
      'drover_job_queued',
      'Due times of the job that wait for their turn.',
      of(({ name }) => open.get(name)?.queued ?? 0),
    ),
    gauge(
      'drover_job_last_success_age_seconds',
      'How long ago a run of the job last ended well, be it with a warning.',
      of(({ name }) => {
        const { wentWellAt } = jobTally.of(name)
        return wentWellAt === null ? null : Math.max(0, now - wentWellAt) / 1000
      }),
    ),
    gauge(
      'drover_job_last_duration_seconds',
      'What the last run of the job took, all attempts included.',
      of(({ name }) => secondsOf(jobTally.of(name).lastedMs)),
    ),
    gauge(
      'drover_job_next_due_time_seconds',
      'When the job is due next, in seconds since 1970; absent where nothing would begin then.',
      of((job) => (hindranceOf(job, ledger) === null ? secondsOf(scheduler.nextOf(job.name)) : null)),
    ),
  ]
}

function listenerMetrics({ listeners }: Agent): Metric[] {
  const all = listeners.all()
  const of = (read: (follower: (typeof all)[number]) => number): Sample[] =>
    all.map((follower) => ({ labels: { listener: follower.listener.name }, value: read(follower) }))
  return [
    gauge(
      'drover_listener_lag_events',
      'Events that the listener has not come to yet.',
      of(({ position }) => Math.max(0, listeners.lastEvent - position)),
    ),
    counter(
      'drover_listener_failures_total',
      'Events that the listener failed at since the agent started.',
      of(({ failures }) => failures),
    ),
  ]
}

function alertMetrics({ options, alerter, deliverer }: Agent): Metric[] {
  const now = options.clock.now()
  const open = new Map<string, number>()
  for (const { route } of alerter.open().values()) open.set(route, (open.get(route) ?? 0) + 1)
  const heartbeats = alerter.heartbeatsNow().map(({ state }) => state)
  const ended = [...deliverer.ended].flatMap(([channel, counts]) =>
    [...counts].map(([state, value]) => ({ labels: { channel, state }, value })),
  )
  return [
    gauge(
      'drover_alerts_open',
      'Troubles that last now, by the route that they are told by.',
      alerter.routes().map((route) => ({ labels: { route }, value: open.get(route) ?? 0 })),
    ),
    gauge(
      'drover_deliveries_pending',
      'Notices that wait for their next attempt, by channel.',
      [...deliverer.pendingByChannel()].map(([channel, value]) => ({ labels: { channel }, value })),
    ),
    counter(
      'drover_deliveries_total',
      'Notices that are over since the agent started, by channel and by what became of them.',
      ended,
    ),
    gauge(
      'drover_heartbeat_missed',
      'Whether the heartbeat is missed.',
      heartbeats.map(({ name, missedSince }) => ({
        labels: { heartbeat: name },
        value: Number(missedSince !== null),
      })),
    ),
    gauge(
      'drover_heartbeat_last_age_seconds',
      'How long ago it last succeeded; absent where it never did.',
      heartbeats.flatMap(({ name, lastAt }) =>
        lastAt === null ? [] : [{ labels: { heartbeat: name }, value: Math.max(0, now - lastAt) / 1000 }],
      ),
    ),
  ]
}

function gauge(name: string, help: string, samples: readonly Sample[]): Metric {
  return { name, type: 'gauge', help, samples }
}

function counter(name: string, help: string, samples: readonly Sample[]): Metric {
  return { name, type: 'counter', help, samples }
}
