/**
 * What the API answers with: the shapes that CLI, console and other programs see. Times are ISO 8601 texts in UTC, durations are
 * milliseconds, sizes bytes. Schemas and types share one name.
 */
import * as v from 'valibot'
import { deliveryStates } from '../domain/alerting/alert.ts'
import { eventKinds, eventLevelNames } from '../domain/events/event.ts'
import { predecessorConditions } from '../domain/jobs/job.ts'
import { occurrenceStateKinds, outcomes, triggerKinds } from '../domain/jobs/occurrence.ts'
import { checkKinds } from '../domain/program.ts'
import { roles } from '../domain/role.ts'
import { slotStateKinds } from '../domain/slot-state.ts'

const Time = v.pipe(v.string(), v.description('ISO 8601, UTC'))
const Count = v.pipe(v.number(), v.integer(), v.minValue(0))
const Json = v.pipe(v.unknown(), v.description('any JSON'))

export const SlotView = v.object({
  name: v.pipe(
    v.string(),
    v.description('What a person sees: the program’s name while it has one process, else the slot.'),
  ),
  slot: v.pipe(v.string(), v.description('program:index')),
  program: v.string(),
  group: v.string(),
  index: Count,
  kind: v.pipe(v.picklist(['service', 'job']), v.description('A job is at rest between its due times.')),
  state: v.picklist(slotStateKinds),
  pid: v.nullable(v.pipe(v.number(), v.integer())),
  run: v.pipe(v.nullable(v.string()), v.description('The run that the slot holds now.')),
  lastRun: v.pipe(v.nullable(v.string()), v.description('The last run of the slot, alive or not.')),
  since: v.pipe(Time, v.description('When the slot entered its state.')),
  startedAt: v.pipe(v.nullable(Time), v.description('When the living run’s command began.')),
  reason: v.pipe(v.nullable(v.string()), v.description('Why it is in this state, where that needs saying.')),
  retryAt: v.pipe(v.nullable(Time), v.description('In backoff: when the next try comes.')),
  nextAt: v.pipe(
    v.nullable(Time),
    v.description(
      'Of a job: when it is due next; null also where nothing would begin then, as things stand.',
    ),
  ),
  ready: v.pipe(
    v.nullable(v.boolean()),
    v.description('Whether it can do its work, as its checks say; null while it has no process.'),
  ),
  checks: v.pipe(
    v.record(v.picklist(checkKinds), v.picklist(['passing', 'failing', 'unknown'])),
    v.description('The verdict of each check that the program has, while it has a process.'),
  ),
  statusText: v.pipe(
    v.nullable(v.string()),
    v.description('What the process says of itself, by `STATUS=` of sd_notify.'),
  ),
  outdated: v.pipe(
    v.boolean(),
    v.description('Runs something else than is declared, or waits for its turn to be restarted.'),
  ),
  quickExits: Count,
  restarts: v.pipe(
    Count,
    v.description('Runs begun after another’s end since the agent’s store knows the slot.'),
  ),
  wanted: v.pipe(v.picklist(['run', 'stop']), v.description('What the slot shall do.')),
  stoppedByPerson: v.boolean(),
  node: v.string(),
  usage: v.pipe(
    v.nullable(
      v.object({
        cpuPercent: v.pipe(v.number(), v.description('Of one core, over the time since the look before.')),
        cpuMs: v.pipe(v.number(), v.description('User and system time of the tree since its start.')),
        rssBytes: v.pipe(v.number(), v.description('Resident memory of the tree.')),
        processes: Count,
        openFiles: v.pipe(v.nullable(Count), v.description('Null where they may not be counted.')),
      }),
    ),
    v.description('What the living run’s whole tree uses; null before the first look.'),
  ),
})
export type SlotView = v.InferOutput<typeof SlotView>

export const RunView = v.object({
  id: v.string(),
  program: v.string(),
  slot: v.string(),
  node: v.string(),
  cause: v.pipe(
    v.looseObject({ kind: v.string() }),
    v.description(
      'autostart, requested, restart, changed, dependency, scheduled, reboot, after, retry or exec, with its data',
    ),
  ),
  causeText: v.string(),
  occurrence: v.pipe(v.nullable(v.string()), v.description('Of a job: the due time that it was for.')),
  attempt: v.pipe(v.nullable(Count), v.description('Of a job: which attempt it was, from 1.')),
  state: v.picklist(['claimed', 'running', 'ended']),
  pid: v.nullable(v.pipe(v.number(), v.integer())),
  claimedAt: Time,
  startedAt: v.nullable(Time),
  endedAt: v.nullable(Time),
  durationMs: v.nullable(v.number()),
  end: v.pipe(
    v.nullable(v.looseObject({ kind: v.string() })),
    v.description(
      'How it ended: exited, signaled, stopped, timed_out, failed_to_start, revoked, unknown or machine_restarted, with its data',
    ),
  ),
  endText: v.nullable(v.string()),
  usage: v.nullable(
    v.object({
      cpuMs: v.pipe(v.number(), v.description('User and system time of the tree.')),
      rssBytes: v.pipe(
        v.number(),
        v.description('Of the tree now while alive; once ended the highest that is known of it.'),
      ),
      pssBytes: v.pipe(
        v.nullable(v.number()),
        v.description(
          'Of the tree now, shared pages by their share; only of one living run that is asked for.',
        ),
      ),
      processes: v.pipe(Count, v.description('Members of the tree while alive, else 0.')),
      openFiles: v.pipe(v.nullable(Count), v.description('File descriptors of the tree while alive.')),
      peakTreeRssBytes: v.pipe(
        v.nullable(v.number()),
        v.description('The highest sum over the tree that a look saw; null for runs too short for one.'),
      ),
      peakProcesses: v.pipe(v.nullable(Count), v.description('The most members that a look saw.')),
      peakOpenFiles: v.pipe(v.nullable(Count), v.description('The most file descriptors that a look saw.')),
      largestProcessRssBytes: v.pipe(
        v.nullable(v.number()),
        v.description('Once ended: the peak of the largest single process, as the kernel measured it.'),
      ),
      outBytes: v.number(),
      errBytes: v.number(),
      lostBytes: v.number(),
    }),
  ),
})
export type RunView = v.InferOutput<typeof RunView>

export const EventView = v.object({
  id: Count,
  at: Time,
  kind: v.picklist(eventKinds),
  level: v.picklist(eventLevelNames),
  program: v.nullable(v.string()),
  slot: v.nullable(v.string()),
  run: v.nullable(v.string()),
  data: v.record(v.string(), Json),
  customData: Json,
  text: v.pipe(v.string(), v.description('One sentence for people.')),
})
export type EventView = v.InferOutput<typeof EventView>

export const AgentView = v.object({
  version: v.string(),
  pid: v.number(),
  build: v.pipe(v.string(), v.description('The script that the agent was started by.')),
  node: v.string(),
  dataDir: v.string(),
  config: v.pipe(v.nullable(v.string()), v.description('The configuration file or folder, if any.')),
  generation: Count,
  startedAt: Time,
  isShuttingDown: v.boolean(),
  slots: v.record(v.picklist(slotStateKinds), Count),
  memory: v.object({ rssBytes: v.number() }),
})
export type AgentView = v.InferOutput<typeof AgentView>

export const ProgramView = v.object({
  name: v.string(),
  group: v.string(),
  source: v.pipe(v.picklist(['file', 'api']), v.description('Where the definition came from.')),
  definition: v.pipe(
    v.looseObject({}),
    v.description('The program with all defaults filled in; values of its environment are masked.'),
  ),
})
export type ProgramView = v.InferOutput<typeof ProgramView>

/** One time that a job was due. */
export const OccurrenceView = v.object({
  id: v.string(),
  program: v.string(),
  dueAt: Time,
  trigger: v.pipe(v.picklist(triggerKinds), v.description('Why it was due.')),
  state: v.picklist(occurrenceStateKinds),
  outcome: v.pipe(v.nullable(v.picklist(outcomes)), v.description('Once it has ended.')),
  reason: v.pipe(
    v.nullable(v.string()),
    v.description('Of one that waits, was skipped or was missed: a word out of a fixed list.'),
  ),
  text: v.pipe(v.string(), v.description('What became of it, in one clause for people.')),
  attempts: Count,
  run: v.pipe(v.nullable(v.string()), v.description('The run of its last attempt.')),
  params: v.record(v.string(), v.string()),
  isCatchUp: v.pipe(v.boolean(), v.description('Begun later than it should have been.')),
  recordedAt: Time,
  startedAt: v.nullable(Time),
  endedAt: v.nullable(Time),
  lateMs: v.pipe(v.nullable(v.number()), v.description('From the due time to its start.')),
  durationMs: v.pipe(
    v.nullable(v.number()),
    v.description('From its start to its end, all attempts included.'),
  ),
  since: v.pipe(
    v.nullable(Time),
    v.description('Of a missed one that stands for many: the first due time of them.'),
  ),
})
export type OccurrenceView = v.InferOutput<typeof OccurrenceView>

export const RunDetail = v.object({
  run: RunView,
  timeline: v.array(EventView),
  occurrence: v.pipe(
    v.nullable(OccurrenceView),
    v.description('Of a job: the due time that it was for, while that is remembered.'),
  ),
})
export type RunDetail = v.InferOutput<typeof RunDetail>

export const JobView = v.object({
  name: v.string(),
  group: v.string(),
  schedule: v.pipe(v.string(), v.description('When it is due, in words for people.')),
  timezone: v.string(),
  after: v.array(
    v.object({
      program: v.string(),
      condition: v.picklist(predecessorConditions),
      isMet: v.pipe(v.boolean(), v.description('Ended so since the job was last due.')),
    }),
  ),
  isEnabled: v.pipe(v.boolean(), v.description('As the configuration says.')),
  disabledBy: v.pipe(v.nullable(v.string()), v.description('The person who disabled it.')),
  pausedBy: v.pipe(v.nullable(v.string()), v.description('The person who paused all jobs.')),
  notHere: v.pipe(v.nullable(v.string()), v.description('Why it does not run on this node.')),
  running: Count,
  queued: Count,
  nextAt: v.pipe(v.nullable(Time), v.description('When it is due next, as far as its schedule tells.')),
  noNext: v.pipe(
    v.nullable(v.picklist(['not_enabled', 'other_node', 'function', 'reboot', 'after', 'manual', 'passed'])),
    v.description(
      'Where no next time can be told: what makes it due instead, or why nothing does. passed: no time of its schedule is to come.',
    ),
  ),
  current: v.pipe(
    v.nullable(OccurrenceView),
    v.description('The due time that a slot is at work for; of several the oldest.'),
  ),
  last: v.pipe(v.nullable(OccurrenceView), v.description('The newest due time, whatever it is at.')),
  lastEnded: v.pipe(v.nullable(OccurrenceView), v.description('The newest one that ended as a run.')),
  recentMs: v.pipe(
    v.array(v.number()),
    v.description('What its last runs took, the oldest first; only where one job is asked for.'),
  ),
})
export type JobView = v.InferOutput<typeof JobView>

/** A due time that is to come. */
export const DueView = v.object({
  program: v.string(),
  at: Time,
  timezone: v.string(),
  note: v.pipe(
    v.nullable(v.string()),
    v.description('What there is to know: a change of the clocks, or why it will not begin.'),
  ),
  isExpected: v.pipe(v.boolean(), v.description('Whether a run will begin, as things stand.')),
})
export type DueView = v.InferOutput<typeof DueView>

/** What triggering a job did, or would do. */
export const TriggerView = v.object({
  occurrence: v.pipe(v.nullable(OccurrenceView), v.description('Null for a dry run.')),
  text: v.pipe(v.string(), v.description('What happened, or would, in one clause for people.')),
  isBegun: v.pipe(v.boolean(), v.description('A run was begun, or would be.')),
  plan: v.pipe(
    v.nullable(
      v.object({
        command: v.array(v.string()),
        cwd: v.string(),
        user: v.nullable(v.string()),
        variables: v.pipe(
          v.record(v.string(), v.string()),
          v.description('What the command is told beside the environment of the job.'),
        ),
      }),
    ),
    v.description('For a dry run: what would be executed.'),
  ),
})
export type TriggerView = v.InferOutput<typeof TriggerView>

/** What a reload would do, or did. */
export const PlanView = v.object({
  generation: v.pipe(Count, v.description('The generation that it starts from.')),
  isEmpty: v.boolean(),
  programs: v.array(
    v.object({
      program: v.string(),
      change: v.picklist(['added', 'removed', 'restarted', 'scaled', 'policy']),
      fields: v.pipe(v.array(v.string()), v.description('Fields that differ.')),
    }),
  ),
  steps: v.array(
    v.object({
      slot: v.string(),
      action: v.picklist(['start', 'stop', 'restart', 'remove', 'keep']),
      reason: v.string(),
    }),
  ),
  listeners: v.array(v.object({ listener: v.string(), change: v.picklist(['added', 'removed', 'changed']) })),
  warnings: v.array(v.string()),
})
export type PlanView = v.InferOutput<typeof PlanView>

/** A listener, and how it gets on. */
export const ListenerView = v.object({
  name: v.string(),
  on: v.pipe(v.array(v.string()), v.description('Kinds and families of events.')),
  programs: v.array(v.string()),
  groups: v.array(v.string()),
  kind: v.picklist(['function', 'command']),
  target: v.pipe(v.string(), v.description('The command, or the file of the function.')),
  timeoutMs: v.number(),
  state: v.pipe(
    v.picklist(['idle', 'working', 'pausing']),
    v.description('pausing: it hung or could not be begun, and is tried again later.'),
  ),
  retryAt: v.nullable(Time),
  cursor: v.pipe(Count, v.description('The last event that it need not be told any more.')),
  lag: v.pipe(Count, v.description('Events after that, whether they are meant for it or not.')),
  failures: v.pipe(Count, v.description('Since the agent started.')),
  lastFailure: v.nullable(v.object({ at: Time, event: v.nullable(v.number()), reason: v.string() })),
})
export type ListenerView = v.InferOutput<typeof ListenerView>

/** What became of one slot that a person asked something of. */
export const OutcomeView = v.object({
  slot: v.string(),
  name: v.string(),
  outcome: v.picklist(['done', 'unchanged', 'failed', 'waiting']),
  state: v.picklist(slotStateKinds),
  pid: v.nullable(v.number()),
  message: v.string(),
})
export type OutcomeView = v.InferOutput<typeof OutcomeView>

export const ProblemView = v.object({
  severity: v.picklist(['error', 'warning']),
  code: v.string(),
  file: v.nullable(v.string()),
  line: v.nullable(v.number()),
  field: v.string(),
  value: v.nullable(v.string()),
  message: v.string(),
  expected: v.nullable(v.string()),
  suggestion: v.nullable(v.string()),
})
export type ProblemView = v.InferOutput<typeof ProblemView>

export const ErrorView = v.object({
  error: v.object({
    code: v.string(),
    message: v.string(),
    hint: v.nullable(v.string()),
    problems: v.array(ProblemView),
  }),
})
export type ErrorView = v.InferOutput<typeof ErrorView>

/** One piece of output, as the stream of logs sends it. */
export const OutputView = v.object({
  slot: v.string(),
  name: v.string(),
  run: v.string(),
  stream: v.picklist(['out', 'err']),
  offset: v.pipe(
    v.number(),
    v.description('Of the first byte within the run’s stream; in a named file within the file.'),
  ),
  text: v.pipe(v.string(), v.description('Whole characters; bytes that are no UTF-8 are replaced.')),
  time: v.exactOptional(v.pipe(Time, v.description('When the first of it came, where that is known.'))),
})
export type OutputView = v.InferOutput<typeof OutputView>

/** A token of the API; its secret is shown once, when it is made. */
export const AlertView = v.object({
  id: v.string(),
  route: v.string(),
  condition: v.pipe(
    v.string(),
    v.description('What is the same trouble has the same name, such as `job report`.'),
  ),
  level: v.picklist(eventLevelNames),
  title: v.string(),
  since: Time,
  lastAt: Time,
  count: v.pipe(Count, v.description('Events that raised it, in a row.')),
  toldAt: v.pipe(
    v.nullable(Time),
    v.description('When people were told last; null: it came not often enough, or in quiet hours.'),
  ),
  channels: v.array(v.string()),
  quietUntil: v.pipe(v.nullable(Time), v.description('When it is told, in quiet hours.')),
  program: v.nullable(v.string()),
})
export type AlertView = v.InferOutput<typeof AlertView>

export const DeliveryView = v.object({
  id: v.string(),
  channel: v.string(),
  route: v.pipe(v.nullable(v.string()), v.description('Null: a test.')),
  alert: v.nullable(v.string()),
  kind: v.picklist(['raised', 'repeated', 'cleared', 'digest', 'test']),
  title: v.string(),
  state: v.pipe(
    v.picklist(deliveryStates),
    v.description(
      'pending: it is tried until the channel takes it; held: it becomes part of a digest, and then it is digested; refused: the channel will never take it; gave_up: it was tried for long enough.',
    ),
  ),
  attempts: Count,
  reason: v.pipe(v.nullable(v.string()), v.description('What came of the last attempt.')),
  createdAt: Time,
  nextAt: v.pipe(v.nullable(Time), v.description('When it is tried next; null: it is over.')),
  endedAt: v.nullable(Time),
  digest: v.pipe(v.nullable(v.string()), v.description('The delivery that it is told in.')),
})
export type DeliveryView = v.InferOutput<typeof DeliveryView>

export const HeartbeatView = v.object({
  name: v.string(),
  everyMs: Count,
  graceMs: Count,
  lastAt: v.pipe(v.nullable(Time), v.description('When it succeeded last; null: not since it was declared.')),
  dueAt: v.pipe(Time, v.description('By when it should succeed again; it is missed when its grace is over.')),
  missedSince: v.nullable(Time),
})
export type HeartbeatView = v.InferOutput<typeof HeartbeatView>

export const TokenView = v.object({
  name: v.string(),
  role: v.picklist(roles),
  createdAt: Time,
  createdBy: v.string(),
  expiresAt: v.pipe(v.nullable(Time), v.description('Null: it holds until it is revoked.')),
  isExpired: v.boolean(),
  lastUsedAt: v.pipe(v.nullable(Time), v.description('To ten minutes or so.')),
})
export type TokenView = v.InferOutput<typeof TokenView>
