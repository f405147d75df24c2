/**
 * The keys that people bring along from supervisord, PM2, systemd, Circus and Compose, and what they are called here. A key
 * that has no counterpart says what to do instead. Nothing here is accepted: one thing has one name.
 */
import { plainWord } from '../domain/nearest.ts'
import { type ForeignEntries, notHere } from './foreign-entry.ts'
import { foreignJobKeys } from './foreign-job-keys.ts'

export interface ForeignKey {
  readonly origin: string
  /** Whose key it is here. */
  readonly table: 'programs' | 'jobs' | 'top'
  /** The key here, from the program or job on; null where there is none. */
  readonly here: string | null
  readonly note: string | null
}

const ofPrograms: ForeignEntries = {
  supervisord: {
    numprocs: 'processes',
    numprocs_start: notHere('slots are counted from 0'),
    process_name: notHere('the key is the program’s name, and its slots are name:0, name:1, …'),
    directory: 'cwd',
    environment: 'env',
    autorestart: { here: 'restart', note: 'true is `always`, unexpected is `on-failure`, false is `never`' },
    startsecs: 'startTime',
    startretries: 'giveUpAfter',
    exitcodes: 'successExitCodes',
    stopsignal: 'stop.signal',
    stopwaitsecs: 'stop.grace',
    stopasgroup: { here: 'stop.target', note: 'with the value `group`' },
    killasgroup: {
      here: 'stop.target',
      note: 'KILL always goes to the whole tree; for the first signal write `group`',
    },
    stdout_logfile: 'stdout',
    stderr_logfile: 'stderr',
    stdout_logfile_maxbytes: 'output.maxSize',
    stderr_logfile_maxbytes: 'output.maxSize',
    stdout_logfile_backups: 'output.keep',
    stderr_logfile_backups: 'output.keep',
    redirect_stderr: { here: 'stderr', note: 'with the value `merge`' },
    stdout_syslog: notHere('let a log shipper read Drover’s files'),
    stderr_syslog: notHere('let a log shipper read Drover’s files'),
    stdout_capture_maxbytes: notHere('output is kept whole'),
    stderr_capture_maxbytes: notHere('output is kept whole'),
    stdout_events_enabled: { here: 'output.events', note: 'for both streams' },
    stderr_events_enabled: { here: 'output.events', note: 'for both streams' },
    serverurl: notHere('leave it out'),
  },
  PM2: {
    script: 'command',
    args: { here: 'command', note: 'as a list of the program and its arguments' },
    interpreter: { here: 'command', note: 'as in `node --enable-source-maps worker.js`' },
    interpreter_args: 'command',
    node_args: 'command',
    instances: 'processes',
    name: notHere('the key under `programs` is the name'),
    namespace: 'group',
    exec_mode: notHere('every slot is a process of its own; leave it out'),
    max_restarts: 'giveUpAfter',
    min_uptime: 'startTime',
    restart_delay: 'backoff.initial',
    exp_backoff_restart_delay: 'backoff.initial',
    stop_exit_codes: 'successExitCodes',
    kill_timeout: 'stop.grace',
    treekill: notHere('the whole tree always ends; `leftovers: leave` keeps what is left'),
    out_file: 'stdout',
    output_file: 'stdout',
    error_file: 'stderr',
    merge_logs: notHere('each slot has its own output'),
    combine_logs: notHere('each slot has its own output'),
    log_date_format: { here: 'output.format', note: 'with the value `stamped`' },
    log_file: 'stdout',
    uid: 'user',
    gid: notHere('the groups are those of `user`'),
    watch: 'limits.watch',
    ignore_watch: 'limits.watch.ignore',
    max_memory_restart: 'limits.memory',
    wait_ready: { here: 'checks', note: 'by TCP, HTTP, a log line, or sd_notify' },
    listen_timeout: 'startTime',
    instance_var: { here: 'env', note: 'with a value of `{index}`' },
    env_production: 'env',
    env_development: 'env',
    filter_env: 'inheritEnv',
    append_env_to_name: notHere('leave it out'),
    source_map_support: { here: 'command', note: 'as in `node --enable-source-maps worker.js`' },
  },
  systemd: {
    ExecStart: 'command',
    WorkingDirectory: 'cwd',
    EnvironmentFile: 'envFiles',
    RestartSec: 'backoff.initial',
    TimeoutStopSec: 'stop.grace',
    KillSignal: 'stop.signal',
    KillMode: 'stop.target',
    SuccessExitStatus: 'successExitCodes',
    StartLimitBurst: 'giveUpAfter',
    StandardOutput: 'stdout',
    StandardError: 'stderr',
    LimitNOFILE: 'rlimits.nofile',
    LimitNPROC: 'rlimits.nproc',
    LimitCORE: 'rlimits.core',
    LimitAS: 'rlimits.as',
    Description: { here: 'customData', note: 'for what people shall read' },
    Type: notHere('every service stays in the foreground'),
  },
  Circus: {
    cmd: 'command',
    shell: { here: 'command', note: 'text runs in a shell, a list runs without one' },
    executable: 'command',
    numprocesses: 'processes',
    working_dir: 'cwd',
    copy_env: 'inheritEnv',
    respawn: 'restart',
    max_retry: 'giveUpAfter',
    graceful_timeout: 'stop.grace',
    stop_children: { here: 'stop.target', note: 'with the value `group`' },
    warmup_delay: notHere('starts are not delayed'),
    close_child_stdout: { here: 'stdout', note: 'with the value `discard`' },
    close_child_stderr: { here: 'stderr', note: 'with the value `discard`' },
  },
  Compose: {
    entrypoint: 'command',
    env_file: 'envFiles',
    replicas: 'processes',
    scale: 'processes',
    restart_policy: 'restart',
    stop_grace_period: 'stop.grace',
    ulimits: 'rlimits',
    labels: 'customData',
    image: notHere('programs run on the machine, not in containers'),
    depends_on: { here: 'priority', note: 'a lower number starts first' },
  },
}

const ofTop: ForeignEntries = {
  supervisord: {
    program: 'programs',
    files: 'include',
    group: { here: 'group', note: 'as a key of the program' },
    supervisord: notHere('the agent takes its settings from the command line'),
    supervisorctl: notHere('leave it out'),
    unix_http_server: notHere('the socket lies in the data directory'),
    inet_http_server: notHere('the socket lies in the data directory'),
    rpcinterface: notHere('leave it out'),
    eventlistener: notHere('`drover events` shows them'),
  },
  PM2: { apps: 'programs', deploy: notHere('deploying is not part of it') },
  Compose: { services: 'programs', version: notHere('leave it out') },
  Circus: { watcher: 'programs', watchers: 'programs' },
  Celery: { beat_schedule: 'jobs' },
  Ofelia: { 'job-local': 'jobs', 'job-exec': 'jobs', 'job-run': 'jobs' },
  systemd: { timer: 'jobs', timers: 'jobs' },
  cron: { crontab: 'jobs', cron: 'jobs', cronjobs: 'jobs' },
}

const tables = { programs: ofPrograms, jobs: foreignJobKeys, top: ofTop } as const

/** What is known of a key that stands in a program or in `defaults`, in a job, or at the top of a file. */
export function foreignKey(written: string, place: 'program' | 'job' | 'top'): ForeignKey | null {
  if (place === 'top') return keyIn('top', written)
  const [own, other] = place === 'program' ? (['programs', 'jobs'] as const) : (['jobs', 'programs'] as const)
  return keyIn(own, written) ?? keyIn(other, written)
}

function keyIn(table: keyof typeof tables, written: string): ForeignKey | null {
  const plain = plainWord(written)
  for (const [origin, keys] of Object.entries(tables[table])) {
    for (const [key, entry] of Object.entries(keys)) {
      if (plainWord(key) !== plain) continue
      return typeof entry === 'string'
        ? { origin, table, here: entry, note: null }
        : { origin, table, ...entry }
    }
  }
  return null
}

/** Values that other supervisors write, and what they are here. Keyed by the last key of the path. */
const foreignValues: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  restart: {
    true: 'always',
    yes: 'always',
    'unless-stopped': 'always',
    unlessstopped: 'always',
    unexpected: 'on-failure',
    onabnormal: 'on-failure',
    false: 'never',
    no: 'never',
    none: 'never',
  },
  stdout: { none: 'discard', null: 'discard', devnull: 'discard', auto: 'own', inherit: 'own', pipe: 'own' },
  stderr: {
    none: 'discard',
    null: 'discard',
    devnull: 'discard',
    auto: 'own',
    inherit: 'own',
    pipe: 'own',
    stdout: 'merge',
  },
  stdin: { true: 'fifo', pipe: 'fifo', false: 'none', null: 'none', ignore: 'none' },
  leftovers: { true: 'kill', false: 'leave', keep: 'leave' },
  giveUpAfter: { false: 'never', infinity: 'never', unlimited: 'never', '-1': 'never' },
  core: { infinity: 'unlimited', '-1': 'unlimited' },
  target: { mixed: 'process', 'control-group': 'group' },
  overlap: { forbid: 'skip', false: 'skip', none: 'skip', true: 'allow', parallel: 'allow', wait: 'queue' },
  missed: { false: 'skip', none: 'skip', true: 'once', latest: 'once', last: 'once' },
}

/** The word here for a value that means something elsewhere. */
export function foreignValue(key: string | number | undefined, written: unknown): string | null {
  if (typeof key !== 'string' || !Object.hasOwn(foreignValues, key)) return null
  const words = foreignValues[key] ?? {}
  const text = String(written)
  const plain = plainWord(text)
  if (Object.hasOwn(words, text)) return words[text] ?? null
  return plain !== '' && Object.hasOwn(words, plain) ? (words[plain] ?? null) : null
}
