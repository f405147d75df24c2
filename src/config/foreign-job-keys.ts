/**
 * The keys that people bring along from what runs things at fixed times, Kubernetes, Cronicle, Bree, systemd, PM2, Ofelia and Celery beat among them, and
 * what they are called in a job. Nothing here is accepted: one thing has one name.
 */
import { type ForeignEntries, notHere } from './foreign-entry.ts'

export const foreignJobKeys: ForeignEntries = {
  Kubernetes: {
    concurrencyPolicy: {
      here: 'overlap',
      note: 'Forbid is `skip`, Allow is `allow`, Replace is `replace`',
    },
    startingDeadlineSeconds: { here: 'missed', note: 'as `{ policy: once, within: 1h }`' },
    suspend: { here: 'enabled', note: 'with the opposite value' },
    successfulJobsHistoryLimit: 'history.keep',
    failedJobsHistoryLimit: 'history.keep',
    ttlSecondsAfterFinished: 'history.maxAge',
    backoffLimit: 'retries',
    activeDeadlineSeconds: 'timeout',
    terminationGracePeriodSeconds: 'stop.grace',
    nodeSelector: 'labels',
    nodeName: { here: 'nodes', note: 'as a list' },
    jobTemplate: notHere('the keys of what is run stand in the job itself'),
    restartPolicy: { here: 'retries', note: 'as a number of further attempts' },
    parallelism: notHere('each due time is one run'),
    completions: notHere('each due time is one run'),
  },
  Cronicle: {
    timing: { here: 'schedule', note: 'in the form of cron, as `30 2 * * *`' },
    catch_up: { here: 'missed', note: 'true is `all`, false is `skip`' },
    max_children: { here: 'overlap', note: 'as `{ policy: allow, max: 3 }`; 1 is `skip`' },
    retry_delay: { here: 'retries', note: 'as `{ times: 3, initial: 1m, factor: 1 }`' },
    queue: { here: 'overlap', note: 'with the value `queue`' },
    queue_max: { here: 'overlap', note: 'as `{ policy: queue, max: 10 }`' },
    chain: { here: 'after', note: 'said by the job that follows' },
    chain_error: { here: 'after', note: 'said by the job that follows, as `{ this: failure }`' },
    target: { here: 'nodes', note: 'as a list' },
    multiplex: notHere('a job without `nodes` and `labels` runs on every node'),
    memory_limit: 'limits.memory',
    log_max_size: 'output.maxSize',
    category: 'group',
    title: notHere('the key under `jobs` is the name'),
    plugin: 'command',
    notify_success: { here: 'after', note: 'of a job that tells people' },
    notify_fail: { here: 'after', note: 'of a job that tells people, as `{ this: failure }`' },
  },
  Bree: {
    cron: 'schedule',
    interval: { here: 'schedule', note: 'as `@every 10m`' },
    date: { here: 'at', note: 'as a local time' },
    path: 'command',
    closeWorkerAfterMs: 'timeout',
    hasSeconds: notHere('a schedule with six fields begins with the seconds'),
    cronValidate: notHere('a schedule with six fields begins with the seconds'),
  },
  systemd: {
    OnCalendar: {
      here: 'schedule',
      note: 'in the form of cron: `Mon *-*-* 02:30` is `30 2 * * MON`',
    },
    Persistent: { here: 'missed', note: 'true is `once`, false is `skip`' },
    RandomizedDelaySec: { here: 'schedule', note: 'where `H` and `~` spread due times: `H 2 * * *`' },
    FixedRandomDelay: { here: 'schedule', note: 'where `H` and `~` spread due times: `H 2 * * *`' },
    AccuracySec: notHere('due times are met as they are'),
    OnBootSec: { here: 'schedule', note: 'with the value `@reboot`' },
    OnStartupSec: { here: 'schedule', note: 'with the value `@reboot`' },
    OnActiveSec: { here: 'schedule', note: 'as `@every 10m`' },
    OnUnitActiveSec: { here: 'schedule', note: 'as `@every 10m`' },
    OnUnitInactiveSec: { here: 'schedule', note: 'as `@every 10m`, which counts from due time to due time' },
    Unit: notHere('the keys of what is run stand in the job itself'),
    WakeSystem: notHere('no machine is woken'),
    RuntimeMaxSec: 'timeout',
    OnSuccess: { here: 'after', note: 'said by the job that follows' },
    OnFailure: { here: 'after', note: 'said by the job that follows, as `{ this: failure }`' },
  },
  PM2: {
    cron_restart: 'schedule',
  },
  Ofelia: {
    'no-overlap': { here: 'overlap', note: 'true is `skip`, false is `allow`' },
    dir: 'cwd',
    environment: 'env',
    container: notHere('jobs run on the machine, not in containers'),
    network: notHere('jobs run on the machine, not in containers'),
    delete: notHere('leave it out'),
  },
  Celery: {
    crontab: { here: 'schedule', note: 'in the form of cron: `crontab(hour=2, minute=30)` is `30 2 * * *`' },
    task: 'command',
    kwargs: 'params',
    expires: { here: 'missed', note: 'as `{ policy: once, within: 1h }`' },
    solar: notHere('only clocks are known; a function in a TypeScript configuration can tell any time'),
  },
  cron: {
    CRON_TZ: 'timezone',
    RANDOM_DELAY: { here: 'schedule', note: 'where `H` and `~` spread due times: `H 2 * * *`' },
    MAILTO: notHere('`after` of another job can tell people'),
    tz: 'timezone',
    cronTime: 'schedule',
    expression: 'schedule',
    cron_expression: 'schedule',
    every: { here: 'schedule', note: 'as `@every 10m`' },
  },
}

/** Of the keys of one table that mean nothing in the other: what does there what they do here. */
export const insteadInPrograms: Readonly<Record<string, string>> = {
  after: 'a program that needs another one says `dependsOn`',
  enabled: 'a program that shall not begin by itself says `autostart: false`',
  retries: 'a program has `restart`, `giveUpAfter` and `backoff`',
  history: 'a program has `output.keep`',
}

export const insteadInJobs: Readonly<Record<string, string>> = {
  processes: 'several runs at a time are `overlap: { policy: allow }`',
  restart: 'a job has `retries`',
  giveUpAfter: 'a job has `retries`',
  backoff: 'a job has `retries` with `initial`, `factor` and `max`',
  startTime: 'leave it out',
  steadyTime: 'leave it out',
  autostart: '`schedule: "@reboot"` runs it when the machine has started',
  checks: 'its exit code says whether all is well',
  rollout: 'leave it out',
}
