/**
 * The processes of a run as the system sees them now: to measure the tree of a living run, and to clear up what a killed
 * shim left behind. Only on request; nothing here runs by a timer.
 */
import { readdirSync, readFileSync } from 'node:fs'
import process from 'node:process'
import { type ProcessStat, readStat } from './process-identity.ts'

/** Linux counts CPU time in hundredths of a second for programs, whatever the kernel's own tick. */
const ticksPerSecond = 100
const pageBytes = 4096

export interface TreeUsage {
  readonly cpuMs: number
  readonly rssBytes: number
  readonly processes: number
}

/** Every process of the machine by its parent; one look at /proc for any number of trees. */
export function readProcessTable(): ReadonlyMap<number, readonly ProcessStat[]> {
  const children = new Map<number, ProcessStat[]>()
  for (const stat of allProcesses()) {
    const siblings = children.get(stat.parent)
    if (siblings) siblings.push(stat)
    else children.set(stat.parent, [stat])
  }
  return children
}

/** Everything below the shim, the shim itself not counted. */
export function measureTree(shimPid: number, table: ReadonlyMap<number, readonly ProcessStat[]>): TreeUsage {
  let ticks = 0
  let pages = 0
  let processes = 0
  const open = [shimPid]
  for (let pid = open.pop(); pid !== undefined; pid = open.pop()) {
    for (const child of table.get(pid) ?? []) {
      ticks += child.userTicks + child.systemTicks
      pages += child.rssPages
      processes += 1
      open.push(child.pid)
    }
  }
  return { cpuMs: (ticks * 1000) / ticksPerSecond, rssBytes: pages * pageBytes, processes }
}

/**
 * Kills what is left of a run whose shim is dead: the members of the command's session, and whoever carries the run's id in the
 * environment. Looks again until nothing is found. Returns how many were found.
 */
export async function killOrphans(
  run: string,
  session: number | null,
  pause: () => Promise<void>,
): Promise<number> {
  const killed = new Set<number>()
  for (let look = 0; look < 100; look++) {
    const orphans = allProcesses().filter((stat) => belongsTo(stat, run, session))
    if (orphans.length === 0) break
    for (const { pid } of orphans) {
      killed.add(pid)
      try {
        process.kill(pid, 'SIGKILL')
      } catch {
        // It went by itself between the look and the kill.
      }
    }
    await pause()
  }
  return killed.size
}

function belongsTo(stat: ProcessStat, run: string, session: number | null): boolean {
  if (stat.state === 'Z' || stat.state === 'X' || stat.pid === process.pid) return false
  if (stat.session !== session || session === null) return hasRunId(stat.pid, run)
  // The session's number may have been used again by somebody else's; the environment tells, unless the member cleared it.
  const owner = readRunId(stat.pid)
  return owner === run || owner === null
}

function hasRunId(pid: number, run: string): boolean {
  return readRunId(pid) === run
}

function readRunId(pid: number): string | null {
  try {
    const environment = `\0${readFileSync(`/proc/${pid}/environ`, 'latin1')}`
    const from = environment.indexOf('\0DROVER_RUN_ID=')
    if (from < 0) return null
    const start = from + '\0DROVER_RUN_ID='.length
    return environment.slice(start, environment.indexOf('\0', start))
  } catch {
    return null
  }
}

function allProcesses(): ProcessStat[] {
  let names: string[]
  try {
    names = readdirSync('/proc')
  } catch {
    return []
  }
  return names
    .filter((name) => name >= '0' && name <= '9:')
    .map((name) => readStat(Number(name)))
    .filter((stat) => stat !== null)
}
