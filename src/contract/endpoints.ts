/**
 * The API's table of contents: each endpoint as a value, with the schemas of what it takes and gives. The HTTP server mounts them, the
 * client calls them, the OpenAPI page is generated from them. Knows no sockets.
 */
import * as v from 'valibot'
import { deliveryStates } from '../domain/alerting/alert.ts'
import type { ErrorCode } from '../domain/error-codes.ts'
import { findUnknownKind } from '../domain/events/event-kinds.ts'
import { instantForms } from '../domain/instant.ts'
import { occurrenceStateKinds } from '../domain/jobs/occurrence.ts'
import { type LeastRole, roles, tokenNamePattern } from '../domain/role.ts'
import {
  AgentView,
  AlertView,
  DeliveryView,
  DueView,
  EventView,
  HeartbeatView,
  JobView,
  ListenerView,
  OccurrenceView,
  OutcomeView,
  OutputView,
  PlanView,
  ProgramView,
  RunDetail,
  RunView,
  SlotView,
  TokenView,
  TriggerView,
} from './views.ts'

type AnyObject = v.ObjectSchema<v.ObjectEntries, undefined> | v.StrictObjectSchema<v.ObjectEntries, undefined>

export interface Endpoint {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** With `:parameters` as hono and OpenAPI's `{}` have them. */
  readonly path: string
  /** The least role that may call it. What changes anything is never for a viewer. */
  readonly least: LeastRole
  readonly summary: string
  readonly query?: AnyObject
  readonly body?: AnyObject
  readonly response: v.GenericSchema
  /** `json` answers once; `events` is a stream of server-sent events of the response's shape; `bytes` is the raw output, `text` one text. */
  readonly form: 'json' | 'events' | 'bytes' | 'text'
  readonly errors: readonly ErrorCode[]
}

/** Lines of the past that logs can be asked for, of each program. */
export const mostLogLines = 100_000

/** Characters of a configuration that is given as a text. */
export const largestText = 1_048_576

/** Ten years. */
export const longestTokenMs = 3650 * 86_400_000

const Targets = v.pipe(
  v.array(v.pipe(v.string(), v.minLength(1), v.maxLength(256))),
  v.minLength(1),
  v.maxLength(1000),
  v.description('Programs, groups (`app:*`), slots (`mailer:0`), patterns with `*` and `?`, or `all`.'),
)
/** A whole number as a query has it: digits. */
const whole = (meaning: string) =>
  v.pipe(
    v.string(),
    v.regex(/^\d{1,15}$/, 'a whole number'),
    v.description(meaning),
    v.transform((text) => Number(text)),
  )
const limit = (most: number, usual: number) =>
  v.optional(v.pipe(whole(`How many at most, 1 to ${most}.`), v.minValue(1), v.maxValue(most)), String(usual))
const Flag = v.optional(
  v.pipe(
    v.picklist(['true', 'false']),
    v.transform((text) => text === 'true'),
  ),
  'false',
)
/** Several words in one query parameter, with commas between them. */
const splitList = (text: string): string[] => text.split(',').filter((part) => part !== '')
const listText = (meaning: string) =>
  v.pipe(v.string(), v.maxLength(65536), v.description(`${meaning} Several with commas; none means all.`))
const TargetList = v.optional(
  v.pipe(
    listText('Programs, groups (`app:*`), slots (`mailer:0`) or patterns with `*` and `?`.'),
    v.transform(splitList),
  ),
  '',
)
const Kinds = v.optional(
  v.pipe(
    listText('Kinds of events, such as `run.ended` or `slot.*`.'),
    v.check(
      (text) => findUnknownKind(splitList(text)) === null,
      ({ input }) => `kinds that events have (${findUnknownKind(splitList(input))?.hint})`,
    ),
    v.transform(splitList),
  ),
  '',
)
const stateWords = occurrenceStateKinds.join(', ')
const isDeliveryState = (text: string): boolean => deliveryStates.some((one) => one === text)
const isState = (text: string): boolean => occurrenceStateKinds.some((kind) => kind === text)
const Instant = (meaning: string) =>
  v.optional(v.pipe(v.string(), v.maxLength(64), v.description(`${meaning}: ${instantForms}.`)))
const Wait = v.optional(v.pipe(v.boolean(), v.description('Answer once the outcome is known.')), true)

export const endpoints = {
  getHealth: {
    method: 'GET',
    path: '/healthz',
    least: 'anyone',
    summary: 'Whether the agent works.',
    response: v.object({ status: v.literal('ok') }),
    form: 'json',
    errors: [],
  },
  getOpenApi: {
    method: 'GET',
    path: '/openapi.json',
    least: 'viewer',
    summary: 'This page: the API as an OpenAPI document.',
    response: v.looseObject({ openapi: v.string() }),
    form: 'json',
    errors: [],
  },
  getAgent: {
    method: 'GET',
    path: '/v1/agent',
    least: 'viewer',
    summary: 'The agent itself: version, node, configuration, counts.',
    response: AgentView,
    form: 'json',
    errors: [],
  },
  getMetrics: {
    method: 'GET',
    path: '/metrics',
    least: 'viewer',
    summary: 'States, restarts and usage of all slots, for Prometheus (text format 0.0.4).',
    response: v.string(),
    form: 'text',
    errors: [],
  },
  listSlots: {
    method: 'GET',
    path: '/v1/slots',
    least: 'viewer',
    summary: 'The state of every slot.',
    query: v.strictObject({ targets: TargetList }),
    response: v.array(SlotView),
    form: 'json',
    errors: ['not_found'],
  },
  startSlots: {
    method: 'POST',
    path: '/v1/slots/start',
    least: 'operator',
    summary: 'Starts slots; a start by a person is kept over restarts and ends a give-up.',
    body: v.strictObject({ targets: Targets, wait: Wait }),
    response: v.array(OutcomeView),
    form: 'json',
    errors: ['not_found', 'shutting_down'],
  },
  stopSlots: {
    method: 'POST',
    path: '/v1/slots/stop',
    least: 'operator',
    summary: 'Stops slots; what a person stopped stays stopped until a person starts it.',
    body: v.strictObject({ targets: Targets, wait: Wait }),
    response: v.array(OutcomeView),
    form: 'json',
    errors: ['not_found'],
  },
  restartSlots: {
    method: 'POST',
    path: '/v1/slots/restart',
    least: 'operator',
    summary:
      'Stops what runs and starts it again; what is stopped is started, too. In turns on request: then the first replacement that fails spares the rest.',
    body: v.strictObject({
      targets: Targets,
      wait: Wait,
      rolling: v.optional(
        v.pipe(v.boolean(), v.description('One after the other, each once the one before is ready.')),
        false,
      ),
      parallel: v.optional(
        v.pipe(
          v.number(),
          v.integer(),
          v.minValue(1),
          v.maxValue(10_000),
          v.description('With `rolling`: so many at a time, instead of what `rollout.parallel` says.'),
        ),
      ),
    }),
    response: v.array(OutcomeView),
    form: 'json',
    errors: ['not_found', 'shutting_down'],
  },
  signalSlots: {
    method: 'POST',
    path: '/v1/slots/signal',
    least: 'operator',
    summary: 'Sends a signal to the living runs.',
    body: v.strictObject({
      targets: Targets,
      signal: v.pipe(v.string(), v.description('Name, with or without SIG, or number.')),
      to: v.optional(v.picklist(['process', 'group', 'tree']), 'process'),
    }),
    response: v.array(OutcomeView),
    form: 'json',
    errors: ['not_found', 'usage'],
  },
  captureOutput: {
    method: 'POST',
    path: '/v1/slots/capture',
    least: 'operator',
    summary: 'Keeps the output of the living runs from now on, or throws it away.',
    body: v.strictObject({
      targets: Targets,
      on: v.pipe(
        v.boolean(),
        v.description('Whether it is kept; each later run begins as `output.capture` says.'),
      ),
    }),
    response: v.array(OutcomeView),
    form: 'json',
    errors: ['not_found'],
  },
  rotateOutput: {
    method: 'POST',
    path: '/v1/slots/rotate',
    least: 'operator',
    summary: 'Begins new files of output for the living runs; what is empty is left alone.',
    body: v.strictObject({ targets: Targets }),
    response: v.array(OutcomeView),
    form: 'json',
    errors: ['not_found'],
  },
  writeInput: {
    method: 'POST',
    path: '/v1/slots/input',
    least: 'operator',
    summary: 'Writes text to the standard input of the living runs, where the program has `stdin: fifo`.',
    body: v.strictObject({ targets: Targets, text: v.pipe(v.string(), v.maxLength(65536)) }),
    response: v.array(OutcomeView),
    form: 'json',
    errors: ['not_found'],
  },
  listPrograms: {
    method: 'GET',
    path: '/v1/programs',
    least: 'viewer',
    summary: 'The programs as they are in force.',
    response: v.array(ProgramView),
    form: 'json',
    errors: [],
  },
  getProgram: {
    method: 'GET',
    path: '/v1/programs/:name',
    least: 'viewer',
    summary: 'One program as it is in force.',
    response: ProgramView,
    form: 'json',
    errors: ['not_found'],
  },
  putPrograms: {
    method: 'PUT',
    path: '/v1/programs',
    least: 'admin',
    summary:
      'Declares the programs of one text, in the same form that a configuration file has. Others stay as they are.',
    body: v.strictObject({
      text: v.pipe(v.string(), v.maxLength(largestText), v.description('A configuration as a text.')),
      format: v.picklist(['yaml', 'json', 'toml']),
      name: v.optional(v.pipe(v.string(), v.description('What errors call the text.')), 'request'),
      baseDir: v.optional(
        v.pipe(v.string(), v.description('What relative paths are relative to; absolute.')),
        '/',
      ),
    }),
    response: PlanView,
    form: 'json',
    errors: ['config_invalid', 'conflict'],
  },
  deleteProgram: {
    method: 'DELETE',
    path: '/v1/programs/:name',
    least: 'admin',
    summary: 'Removes a program that was declared over the API; its runs are stopped.',
    response: PlanView,
    form: 'json',
    errors: ['not_found', 'conflict'],
  },
  scalePrograms: {
    method: 'POST',
    path: '/v1/programs/scale',
    least: 'operator',
    summary:
      'Sets how many processes programs have. It is kept over restarts, until the declared number changes or null takes it back.',
    body: v.strictObject({
      programs: v.pipe(
        v.record(
          v.pipe(v.string(), v.maxLength(200)),
          v.nullable(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(10_000))),
        ),
        v.description('Numbers of processes by program; null goes back to the declared one.'),
      ),
      wait: Wait,
    }),
    response: v.array(OutcomeView),
    form: 'json',
    errors: ['not_found', 'conflict', 'shutting_down'],
  },
  planReload: {
    method: 'POST',
    path: '/v1/config/plan',
    least: 'operator',
    summary: 'Reads the configuration and tells what a reload would do; changes nothing.',
    response: PlanView,
    form: 'json',
    errors: ['config_invalid', 'config_unreadable'],
  },
  reload: {
    method: 'POST',
    path: '/v1/config/reload',
    least: 'operator',
    summary: 'Reads the configuration and makes it so.',
    body: v.strictObject({ wait: Wait }),
    response: v.object({ plan: PlanView, outcomes: v.array(OutcomeView) }),
    form: 'json',
    errors: ['config_invalid', 'config_unreadable'],
  },
  listRuns: {
    method: 'GET',
    path: '/v1/runs',
    least: 'viewer',
    summary: 'Runs, newest first.',
    query: v.strictObject({
      targets: TargetList,
      state: v.optional(v.picklist(['alive', 'ended'])),
      before: v.optional(v.pipe(v.string(), v.description('The id of the last run of the page before.'))),
      limit: limit(1000, 50),
    }),
    response: v.array(RunView),
    form: 'json',
    errors: ['not_found'],
  },
  listJobs: {
    method: 'GET',
    path: '/v1/jobs',
    least: 'viewer',
    summary: 'The jobs: when each is due, what it is at, how it ended last.',
    query: v.strictObject({ targets: TargetList }),
    response: v.array(JobView),
    form: 'json',
    errors: ['not_found'],
  },
  listDue: {
    method: 'GET',
    path: '/v1/jobs/due',
    least: 'viewer',
    summary: 'The next due times of jobs, the soonest first.',
    query: v.strictObject({ targets: TargetList, limit: limit(1000, 20) }),
    response: v.array(DueView),
    form: 'json',
    errors: ['not_found'],
  },
  triggerJob: {
    method: 'POST',
    path: '/v1/jobs/trigger',
    least: 'operator',
    summary: 'Makes a job due now; with `dryRun` only says what would happen.',
    body: v.strictObject({
      job: v.pipe(v.string(), v.minLength(1), v.maxLength(256)),
      params: v.optional(
        v.pipe(
          v.record(v.pipe(v.string(), v.maxLength(256)), v.pipe(v.string(), v.maxLength(65_536))),
          v.description('Parameters that the job declares.'),
        ),
        {},
      ),
      dryRun: v.optional(v.boolean(), false),
      wait: v.optional(v.pipe(v.boolean(), v.description('Answer once it has ended.')), false),
    }),
    response: TriggerView,
    form: 'json',
    errors: ['not_found', 'usage', 'conflict', 'shutting_down', 'store_unavailable'],
  },
  enableJobs: {
    method: 'POST',
    path: '/v1/jobs/enable',
    least: 'operator',
    summary: 'Takes back that somebody disabled jobs.',
    body: v.strictObject({ targets: Targets }),
    response: v.array(JobView),
    form: 'json',
    errors: ['not_found', 'store_unavailable'],
  },
  disableJobs: {
    method: 'POST',
    path: '/v1/jobs/disable',
    least: 'operator',
    summary: 'Disables jobs: their due times are skipped until somebody enables them. What runs goes on.',
    body: v.strictObject({ targets: Targets }),
    response: v.array(JobView),
    form: 'json',
    errors: ['not_found', 'store_unavailable'],
  },
  pauseJobs: {
    method: 'POST',
    path: '/v1/jobs/pause',
    least: 'operator',
    summary: 'Pauses all jobs of this node: their due times are skipped until somebody resumes them.',
    body: v.strictObject({ isPaused: v.boolean() }),
    response: v.object({ pausedBy: v.nullable(v.string()) }),
    form: 'json',
    errors: ['store_unavailable'],
  },
  listOccurrences: {
    method: 'GET',
    path: '/v1/occurrences',
    least: 'viewer',
    summary: 'The ledger: the times that jobs were due and what became of each, the newest first.',
    query: v.strictObject({
      targets: TargetList,
      states: v.optional(
        v.pipe(
          listText(`States: ${stateWords}.`),
          v.check((text) => splitList(text).every(isState), `states of due times: ${stateWords}`),
          v.transform(splitList),
        ),
        '',
      ),
      before: v.optional(v.pipe(v.string(), v.description('The id of the last one of the page before.'))),
      limit: limit(1000, 50),
    }),
    response: v.array(OccurrenceView),
    form: 'json',
    errors: ['not_found'],
  },
  getOccurrence: {
    method: 'GET',
    path: '/v1/occurrences/:id',
    least: 'viewer',
    summary: 'One time that a job was due, and what has become of it so far.',
    response: OccurrenceView,
    form: 'json',
    errors: ['not_found'],
  },
  getRun: {
    method: 'GET',
    path: '/v1/runs/:id',
    least: 'viewer',
    summary: 'One run: cause, timeline, usage, end. The id may be shortened as long as it is unique.',
    response: RunDetail,
    form: 'json',
    errors: ['not_found'],
  },
  getRunOutput: {
    method: 'GET',
    path: '/v1/runs/:id/output',
    least: 'viewer',
    summary: 'The output of one run, byte for byte, as far as it is kept.',
    query: v.strictObject({
      stream: v.optional(v.picklist(['out', 'err']), 'out'),
      offset: v.optional(whole('The first byte that is wanted.'), '0'),
    }),
    response: v.any(),
    form: 'bytes',
    errors: ['not_found'],
  },
  streamLogs: {
    method: 'GET',
    path: '/v1/logs',
    least: 'viewer',
    summary: 'The last lines of many programs, and what follows; or those of a time, or that a pattern fits.',
    query: v.strictObject({
      targets: TargetList,
      lines: v.optional(
        v.pipe(
          whole(
            `How many lines of the past, for each program, 0 to ${mostLogLines}. Usually 20, for which no more than 16 MiB of each stream are looked through; with since, until or grep, all that is kept.`,
          ),
          v.maxValue(mostLogLines),
        ),
      ),
      follow: Flag,
      run: v.optional(v.string()),
      stream: v.optional(v.picklist(['out', 'err', 'both']), 'both'),
      since: Instant('The first time that is wanted'),
      until: Instant('The first time that is not wanted any more'),
      grep: v.optional(
        v.pipe(
          v.string(),
          v.minLength(1),
          v.maxLength(4096),
          v.description('Only lines that this regular expression (of JavaScript) fits.'),
        ),
      ),
      ignoreCase: Flag,
      invert: Flag,
      timestamps: Flag,
    }),
    response: OutputView,
    form: 'events',
    errors: ['not_found', 'usage', 'busy', 'timed_out'],
  },
  listEvents: {
    method: 'GET',
    path: '/v1/events',
    least: 'viewer',
    summary: 'Events in their order; fewer than asked for where they weigh more than 8 MB together.',
    query: v.strictObject({
      after: v.optional(whole('The id of the last event that is known already.')),
      kinds: Kinds,
      targets: TargetList,
      run: v.optional(v.string()),
      limit: limit(10_000, 100),
      newest: Flag,
    }),
    response: v.array(EventView),
    form: 'json',
    errors: [],
  },
  streamEvents: {
    method: 'GET',
    path: '/v1/events/stream',
    least: 'viewer',
    summary: 'Events as they happen; with `after` or Last-Event-ID from there on.',
    query: v.strictObject({
      after: v.optional(whole('The id of the last event that is known already.')),
      kinds: Kinds,
      targets: TargetList,
    }),
    response: EventView,
    form: 'events',
    errors: [],
  },
  listAlerts: {
    method: 'GET',
    path: '/v1/alerts',
    least: 'viewer',
    summary: 'Troubles that last now, by the routes that they are told by.',
    response: v.array(AlertView),
    form: 'json',
    errors: [],
  },
  listDeliveries: {
    method: 'GET',
    path: '/v1/deliveries',
    least: 'viewer',
    summary: 'What was, or is to be, told through the channels, the newest first.',
    query: v.strictObject({
      channel: v.optional(v.pipe(v.string(), v.maxLength(256))),
      states: v.optional(
        v.pipe(
          listText(`States: ${deliveryStates.join(', ')}.`),
          v.check((text) => splitList(text).every(isDeliveryState), `states: ${deliveryStates.join(', ')}`),
          v.transform(splitList),
        ),
        '',
      ),
      before: v.optional(v.pipe(v.string(), v.description('The id of the last one of the page before.'))),
      limit: limit(1000, 50),
    }),
    response: v.array(DeliveryView),
    form: 'json',
    errors: [],
  },
  testChannel: {
    method: 'POST',
    path: '/v1/channels/:name/test',
    least: 'operator',
    summary: 'Sends a word to a channel, and tells what it answered.',
    response: DeliveryView,
    form: 'json',
    errors: ['not_found', 'store_unavailable'],
  },
  listHeartbeats: {
    method: 'GET',
    path: '/v1/heartbeats',
    least: 'viewer',
    summary: 'What should succeed in time, and whether it does.',
    response: v.array(HeartbeatView),
    form: 'json',
    errors: [],
  },
  pingHeartbeat: {
    method: 'POST',
    path: '/v1/heartbeats/:name/ping',
    least: 'operator',
    summary: 'Says that it succeeded just now.',
    response: HeartbeatView,
    form: 'json',
    errors: ['not_found', 'store_unavailable'],
  },
  listListeners: {
    method: 'GET',
    path: '/v1/listeners',
    least: 'viewer',
    summary:
      'The listeners of the configuration: what each is told of, how far it has come, and what went wrong.',
    response: v.array(ListenerView),
    form: 'json',
    errors: [],
  },
  listTokens: {
    method: 'GET',
    path: '/v1/tokens',
    least: 'admin',
    summary: 'The tokens of the API, without their secrets.',
    response: v.array(TokenView),
    form: 'json',
    errors: [],
  },
  createToken: {
    method: 'POST',
    path: '/v1/tokens',
    least: 'admin',
    summary: 'Makes a token; its secret is in this answer and nowhere else.',
    body: v.strictObject({
      name: v.pipe(
        v.string(),
        v.regex(tokenNamePattern, 'a name of at most 64 letters, digits, `.`, `_` and `-`'),
      ),
      role: v.picklist(roles),
      expiresInMs: v.optional(
        v.pipe(
          v.number(),
          v.integer(),
          v.minValue(1000),
          v.maxValue(longestTokenMs),
          v.description('How long it holds; without, until it is revoked.'),
        ),
      ),
    }),
    response: v.object({ token: TokenView, secret: v.string() }),
    form: 'json',
    errors: ['conflict'],
  },
  revokeToken: {
    method: 'DELETE',
    path: '/v1/tokens/:name',
    least: 'admin',
    summary: 'Revokes a token; what is under way with it ends.',
    response: TokenView,
    form: 'json',
    errors: ['not_found'],
  },
  upgrade: {
    method: 'POST',
    path: '/v1/upgrade',
    least: 'admin',
    summary:
      'Ends the agent, its workers left running, and starts another build in its place; goes back if that does not start.',
    body: v.strictObject({
      command: v.pipe(
        v.array(v.pipe(v.string(), v.minLength(1), v.maxLength(4096))),
        v.minLength(1),
        v.maxLength(64),
        v.description('What comes before `up`: node, its options and the script of the new build, absolute.'),
      ),
      version: v.pipe(v.string(), v.maxLength(256)),
      storeSchema: v.pipe(
        v.number(),
        v.integer(),
        v.description('The highest form of the store that the new build knows.'),
      ),
    }),
    response: v.object({ from: v.string(), to: v.string() }),
    form: 'json',
    errors: ['store_newer', 'conflict', 'shutting_down'],
  },
  shutdown: {
    method: 'POST',
    path: '/v1/shutdown',
    least: 'admin',
    summary: 'Ends the agent; workers are stopped first, or left running.',
    body: v.strictObject({ leaveWorkers: v.optional(v.boolean(), false) }),
    response: v.object({ stopping: v.number() }),
    form: 'json',
    errors: [],
  },
} as const satisfies Record<string, Endpoint>

export type EndpointName = keyof typeof endpoints
