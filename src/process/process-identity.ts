/**
 * Who is alive: a process is (boot, pid, start time), never a pid alone, since pids are used again. Reads /proc; where there is none
 * (macOS, for development) only the pid is asked for.
 */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import process from 'node:process'

export interface ProcessIdentity {
  readonly pid: number
  /** Clock ticks since boot; 0 where the system does not tell. */
  readonly start: number
}

const hasProc = process.platform === 'linux'

/** The same text for as long as the machine is not restarted. */
export function readBootId(): string {
  if (hasProc) return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  return (
    execFileSync('sysctl', ['-n', 'kern.boottime'], { encoding: 'utf8' }).match(/sec = (\d+)/)?.[1] ??
    'unknown'
  )
}

/** Whether some process has this pid: one cheap system call. */
export function isPidTaken(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** Whether exactly this process is alive. A zombie is not. */
export function isAlive({ pid, start }: ProcessIdentity): boolean {
  if (!hasProc) return isPidTaken(pid)
  const stat = readStat(pid)
  return stat !== null && stat.start === start && stat.state !== 'Z' && stat.state !== 'X'
}

/** Whether an error of /proc says that the process is no more. */
export function isGone(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException
  return code === 'ENOENT' || code === 'ESRCH'
}

export interface ProcessStat {
  readonly pid: number
  readonly state: string
  readonly parent: number
  readonly session: number
  /** Clock ticks. */
  readonly userTicks: number
  readonly systemTicks: number
  readonly start: number
  readonly rssPages: number
}

/** One line of /proc; null when the process is gone. Throws when it cannot be told, as without a free file descriptor: that is no death. */
export function readStat(pid: number): ProcessStat | null {
  let text: string
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'utf8')
  } catch (error) {
    if (isGone(error)) return null
    throw error
  }
  // The name stands in parentheses and may hold anything, parentheses and spaces included.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  const number = (index: number): number => Number(fields[index - 3])
  return {
    pid,
    state: fields[0] ?? '?',
    parent: number(4),
    session: number(6),
    userTicks: number(14),
    systemTicks: number(15),
    start: number(22),
    rssPages: number(24),
  }
}
