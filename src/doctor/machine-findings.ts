/**
 * What the facts about a machine mean for an agent. Pure. The bounds are those below which a user of Drover would sooner or later meet them.
 */
import { type Finding, findingsOf } from '../domain/finding.ts'
import type { MachineFacts } from './machine-facts.ts'

const say = findingsOf('Machine')

/** An agent holds few files itself; its programs inherit the limit. */
const fewOpenFiles = 1024
/** A shim and a command for each slot, and what these start. */
const fewProcesses = 512
const fewWatches = 8192
const fewInstances = 128
const oldestYear = 2026
const tolerableStepMs = 250

export function judgeMachine(facts: MachineFacts): Finding[] {
  return [
    ...judgeProc(facts),
    judgeLimit(
      'machine.open_files',
      'Open files',
      facts.openFiles,
      fewOpenFiles,
      'LimitNOFILE=',
      'ulimit -n',
    ),
    judgeLimit(
      'machine.processes',
      'Processes of this user',
      facts.processes,
      fewProcesses,
      'LimitNPROC=',
      'ulimit -u',
    ),
    ...judgeInotify(facts),
    judgeCgroup(facts),
    judgeClock(facts),
    judgeTimeZone(facts),
  ]
}

function judgeProc({ platform, hasProc, hidepid, isRoot }: MachineFacts): Finding[] {
  if (platform !== 'linux') {
    return [
      say.note(
        'machine.platform',
        `This is ${platform}: for development. Without /proc and subreapers a program can escape its supervision.`,
      ),
    ]
  }
  if (!hasProc) {
    return [
      say.error(
        'machine.proc',
        '/proc is not mounted, so nobody can tell which processes live.',
        'Mount it: `mount -t proc proc /proc`.',
      ),
    ]
  }
  const isHidden = hidepid !== null && !['0', 'off'].includes(hidepid) && !isRoot
  return [
    isHidden
      ? say.warning(
          'machine.proc',
          `/proc is mounted with hidepid=${hidepid}: processes of other users are not seen.`,
          'Run the agent as root, or give its user the group that `gid=` of the mount names.',
        )
      : say.ok('machine.proc', '/proc is mounted and tells of all processes.'),
    say.ok('machine.subreaper', 'The kernel has subreapers, so nothing that a run starts gets away.'),
  ]
}

function judgeLimit(
  check: string,
  what: string,
  limit: number | null,
  few: number,
  unitKey: string,
  command: string,
): Finding {
  if (limit === null) return say.ok(check, `${what}: no limit.`)
  const text = `${what}: ${limit} at most.`
  if (limit >= few) return say.ok(check, text)
  return say.warning(
    check,
    text,
    `Raise it where the agent is started: \`${unitKey}\` of its unit, or \`${command}\`.`,
  )
}

function judgeInotify({ inotifyWatches, inotifyInstances }: MachineFacts): Finding[] {
  if (inotifyWatches === null || inotifyInstances === null) return []
  const text = `inotify: ${inotifyWatches} watches, ${inotifyInstances} instances for each user.`
  if (inotifyWatches >= fewWatches && inotifyInstances >= fewInstances)
    return [say.ok('machine.inotify', text)]
  return [
    say.warning(
      'machine.inotify',
      text,
      'The agent needs one watch, and looks more slowly without it; others may use them up: raise fs.inotify.max_user_watches and fs.inotify.max_user_instances with sysctl.',
    ),
  ]
}

function judgeCgroup({ platform, cgroup }: MachineFacts): Finding {
  if (cgroup === null) {
    const text = platform === 'linux' ? 'There is no cgroup v2 here.' : 'There are no cgroups here.'
    return say.note('machine.cgroup', `${text} Nothing of Drover needs it.`)
  }
  const { controllers, pidsMax } = cgroup
  if (pidsMax !== null && pidsMax < fewProcesses) {
    return say.warning(
      'machine.cgroup',
      `The cgroup that this runs in takes ${pidsMax} processes at most.`,
      'Raise `TasksMax=` of the unit, or the `pids` limit of the container.',
    )
  }
  return say.ok('machine.cgroup', `cgroup v2 with ${controllers.join(', ')}.`)
}

function judgeClock({ now, clockStepMs }: MachineFacts): Finding {
  const at = new Date(now).toISOString()
  const year = Number(at.slice(0, 4))
  if (year < oldestYear || year > oldestYear + 100) {
    return say.warning(
      'machine.clock',
      `The clock says ${at}.`,
      'Set it, for example by NTP. Waits and deadlines do not mind; times in the history will be wrong.',
    )
  }
  if (Math.abs(clockStepMs) > tolerableStepMs) {
    return say.warning(
      'machine.clock',
      `The clock was set by ${Math.round(clockStepMs)} ms while it was looked at.`,
      'Look which service sets it, and let it slew instead.',
    )
  }
  return say.ok('machine.clock', `The clock says ${at} and goes evenly.`)
}

function judgeTimeZone({ timeZone, wantedTimeZone }: MachineFacts): Finding {
  const wanted = wantedTimeZone?.replace(/^:/, '') ?? null
  const isIgnored =
    wanted !== null && timeZone === 'UTC' && !/^(utc|gmt|etc\/|zulu|universal|uct|\/)/i.test(wanted)
  if (!isIgnored) return say.ok('machine.time_zone', `Time zone: ${timeZone}.`)
  return say.warning(
    'machine.time_zone',
    `TZ=${wantedTimeZone} is no time zone that is known here, so it counts as UTC.`,
    'Install the time zones (Debian: tzdata), or correct TZ.',
  )
}
