/**
 * What becomes of each field of a PM2 app. First those that a program has, in groups that belong together; then the table of those that have no
 * counterpart, each with what to do instead.
 */
import type { BackoffConfig, Duration, StopConfig } from '../config-types.generated.ts'
import { durationText } from '../units.ts'
import { relocated } from './draft-config.ts'
import { type App, shown } from './pm2-app.ts'
import { carryCommand } from './pm2-command.ts'
import { carryEnvironment } from './pm2-environment.ts'
import { carryLimits } from './pm2-limits.ts'
import { carryOutput } from './pm2-output.ts'

export function carryFields(app: App): void {
  carryProcesses(app)
  carryPlace(app)
  carryEnvironment(app)
  carryCommand(app)
  carryRestart(app)
  carryStop(app)
  carryLimits(app)
  carryOutput(app)
  for (const [field, instead] of Object.entries(withoutCounterpart)) {
    const taken = app.take(field)
    if (taken && !isSwitchedOff(taken.value)) app.remark(taken.field, `is not carried over: ${instead}`)
  }
  for (const field of meaningless) app.take(field)
  for (const { field, value } of app.rest()) {
    app.remark(field, `is not carried over: it is not known what it means (${shown(value)})`)
  }
}

const byTheClock =
  'what ends by itself is a job, below `jobs` with a `schedule`; what runs on is restarted by a job with the command `drover restart NAME`'

const withoutCounterpart: Readonly<Record<string, string>> = {
  cron_restart: byTheClock,
  cron: byTheClock,
  wait_ready: "there is no `process.send('ready')`; see `checks`, by TCP, HTTP, a log line, or sd_notify",
  listen_timeout: 'a process is up after `startTime`, or once its `checks` pass',
  gid: 'the groups are those of `user`',
  shutdown_with_message: 'a process is asked by a signal, `stop.signal`',
  kill_retry_time: 'after `stop.grace` the whole tree is killed',
  filter_env: 'the environment is passed on as a whole, or with `inheritEnv: false` not at all',
  merge_logs: 'each slot has its own output',
  combine_logs: 'each slot has its own output',
  pid_file: '`drover status` tells the pid',
  pid: '`drover status` tells the pid',
  port: 'set it in `env`',
  deep_monitoring: 'metrics of pm2.io are no part of it',
  v8: 'metrics of pm2.io are no part of it',
  event_loop_inspector: 'metrics of pm2.io are no part of it',
  post_update: 'deploying is no part of it',
  install_url: 'modules are no part of it',
}

/** What says nothing that a program here would lack. */
const meaningless = [
  ...[
    'vizion',
    'pmx',
    'automation',
    'trace',
    'disable_trace',
    'source_map_support',
    'disable_source_map_support',
  ],
  ...['append_env_to_name', 'force', 'execute_command', 'name_prefix', 'windows_hide'],
]

function isSwitchedOff(value: unknown): boolean {
  return value === false || value === '' || (Array.isArray(value) && value.length === 0)
}

function carryProcesses(app: App): void {
  const { cpus } = app.options
  const mode = app.text('exec_mode')
  const taken = app.take('instances')
  const written = taken?.value
  const number = written === 'max' ? 0 : Number(written ?? 1)
  if (!Number.isInteger(number))
    app.remark('instances', `is not carried over: ${shown(written)} is no number`)
  else {
    const processes = Math.max(number <= 0 ? cpus + number : number, 1)
    if (processes !== 1) app.program.processes = processes
    if (number <= 0)
      app.remark('instances', `is \`${String(written)}\`: ${processes} on a machine with ${cpus} processors`)
  }
  if (!/^cluster/.test(mode ?? '')) return
  app.remark(
    'exec_mode',
    'was `cluster`: there the processes share the port that PM2 listens on, here each listens by itself. Give each a port by `{index}`, ' +
      'hold the socket with `sockets`, or let them listen with `reusePort`',
  )
}

function carryPlace(app: App): void {
  const { place } = app.options
  const cwd = app.text('cwd')
  if (cwd !== null) app.program.cwd = relocated(cwd, place)
  else if (place.sourceFolder !== place.targetFolder) app.program.cwd = place.sourceFolder
  const user = app.text('uid', 'user', 'username')
  if (user !== null) app.program.user = /^\d+$/.test(user) ? Number(user) : user
  if (app.take('autostart')?.value === false) app.program.autostart = false
}

const hour = 3_600_000
const day = 24 * hour

function carryRestart(app: App): void {
  const { program } = app
  const codes = app.take('stop_exit_codes')
  const successExitCodes = (Array.isArray(codes?.value) ? codes.value : [codes?.value])
    .map(Number)
    .filter((code) => Number.isInteger(code) && code >= 0 && code <= 255)
  if (app.take('autorestart')?.value === false) program.restart = 'never'
  else if (successExitCodes.length > 0) Object.assign(program, { restart: 'on-failure', successExitCodes })
  const startTime = spanOf(app, 'min_uptime', hour)
  if (startTime !== null) program.startTime = startTime
  const most = app.take('max_restarts')
  if (most) {
    const number = Number(most.value)
    if (Number.isInteger(number) && number >= 1 && number <= 1_000_000) program.giveUpAfter = number
    else app.remark(most.field, `is not carried over: ${shown(most.value)} is no number from 1 to 1000000`)
  }
  const backoff = backoffOf(app)
  if (backoff) program.backoff = backoff
}

function backoffOf(app: App): BackoffConfig | null {
  const growing = spanOf(app, 'exp_backoff_restart_delay', day)
  if (growing !== null) {
    app.take('restart_delay')
    app.program.steadyTime = '30s'
    return { initial: growing, factor: 1.5, max: longer(growing, 15_000), jitter: 0 }
  }
  const fixed = spanOf(app, 'restart_delay', day)
  if (fixed === null) return null
  app.remark(
    'restart_delay',
    'holds after quick exits and failures; what ended well is started again at once',
  )
  return { initial: fixed, factor: 1, max: fixed, jitter: 0 }
}

function longer(span: Duration, leastMs: number): Duration {
  return (millisecondsOf(span) ?? 0) > leastMs ? span : (durationText(leastMs) as Duration)
}

function carryStop(app: App): void {
  const isTree = app.take('treekill')?.value !== false
  const grace = spanOf(app, 'kill_timeout', day)
  const stop: StopConfig = {
    signal: 'INT',
    ...(grace === null ? {} : { grace }),
    ...(isTree ? { target: 'group' as const } : {}),
  }
  app.program.stop = stop
}

/** Milliseconds there, as a number or in digits, or a text such as `10s`. */
function spanOf(app: App, name: string, mostMs: number): Duration | null {
  const taken = app.take(name)
  if (!taken) return null
  const span = millisecondsOf(taken.value)
  if (span === null) {
    app.remark(taken.field, `is not carried over: ${shown(taken.value)} is no span of time`)
    return null
  }
  if (span > mostMs) app.remark(taken.field, `was ${shown(taken.value)}; ${durationText(mostMs)} is the most`)
  const text = durationText(Math.min(span, mostMs))
  return text === '0' ? 0 : (text as Duration)
}

const unitMs: Readonly<Record<string, number>> = { '': 1, ms: 1, s: 1000, m: 60_000, h: hour, d: day }

function millisecondsOf(value: unknown): number | null {
  const match = /^(\d+(?:\.\d+)?) ?(ms|s|m|h|d|)$/.exec(String(value))
  return match ? Math.round(Number(match[1]) * (unitMs[match[2] ?? ''] ?? 1)) : null
}
