/**
 * What can be read about the machine: limits, /proc, clocks, cgroups, time zone. Reads only. Where a system does not tell, a fact is null.
 */
import { existsSync, readFileSync, realpathSync } from 'node:fs'
import process from 'node:process'
import type { Clock } from '../clock.ts'

export interface MachineFacts {
  readonly platform: string
  readonly nodeVersion: string
  readonly hasProc: boolean
  /** The value of `hidepid` that /proc is mounted with. */
  readonly hidepid: string | null
  readonly isRoot: boolean
  /** Soft limits, of the agent where it lives; null is unlimited or not told. */
  readonly openFiles: number | null
  readonly processes: number | null
  readonly inotifyWatches: number | null
  readonly inotifyInstances: number | null
  readonly cgroup: { readonly controllers: readonly string[]; readonly pidsMax: number | null } | null
  readonly now: number
  /** By how much the wall clock went otherwise than the monotonic one, while it was looked at. */
  readonly clockStepMs: number
  readonly timeZone: string
  /** `TZ`, where it is set. */
  readonly wantedTimeZone: string | null
}

const watchedForMs = 50

export async function readMachine(clock: Clock, agentPid: number | null): Promise<MachineFacts> {
  const limits = readText(`/proc/${agentPid ?? 'self'}/limits`) ?? readText('/proc/self/limits') ?? ''
  return {
    platform: process.platform,
    nodeVersion: process.versions.node,
    hasProc: existsSync('/proc/self/stat'),
    hidepid: /^proc \/proc \S+ \S*hidepid=(\w+)/m.exec(readText('/proc/mounts') ?? '')?.[1] ?? null,
    isRoot: process.getuid?.() === 0,
    openFiles: limitOf(limits, 'Max open files'),
    processes: limitOf(limits, 'Max processes'),
    inotifyWatches: readNumber('/proc/sys/fs/inotify/max_user_watches'),
    inotifyInstances: readNumber('/proc/sys/fs/inotify/max_user_instances'),
    cgroup: readCgroup(agentPid),
    now: clock.now(),
    clockStepMs: await measureStep(clock),
    timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    wantedTimeZone: process.env.TZ || null,
  }
}

/** Both clocks are looked at twice. */
async function measureStep(clock: Clock): Promise<number> {
  const [wall, monotonic] = [clock.now(), clock.monotonic()]
  await new Promise<void>((resolve) => void clock.after(watchedForMs, resolve))
  return clock.now() - wall - (clock.monotonic() - monotonic)
}

function readCgroup(agentPid: number | null): MachineFacts['cgroup'] {
  const controllers = readText('/sys/fs/cgroup/cgroup.controllers')
  if (controllers === null) return null
  const path = /^0::(\/.*)$/m.exec(readText(`/proc/${agentPid ?? 'self'}/cgroup`) ?? '')?.[1] ?? '/'
  return { controllers: controllers.trim().split(' '), pidsMax: readNumber(`/sys/fs/cgroup${path}/pids.max`) }
}

/** One line of /proc/PID/limits: the soft limit. */
function limitOf(limits: string, name: string): number | null {
  const soft = new RegExp(`^${name} +(\\d+)`, 'm').exec(limits)?.[1]
  return soft === undefined ? null : Number(soft)
}

function readNumber(path: string): number | null {
  const number = Number(readText(path)?.trim() || Number.NaN)
  return Number.isFinite(number) ? number : null
}

function readText(path: string): string | null {
  try {
    return readFileSync(realpathSync(path), 'utf8')
  } catch {
    return null
  }
}
