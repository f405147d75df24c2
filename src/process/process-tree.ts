/**
 * The processes of a run as the system sees them now: to measure the tree of a living run, and to clear up what a killed
 * shim left behind. Only on request; nothing here runs by a timer.
 */
import { readdirSync, readFileSync } from 'node:fs'
import process from 'node:process'
import { isGone, type ProcessIdentity, type ProcessStat, readStat } from './process-identity.ts'

/** Keys of the auxiliary vector, AT_PAGESZ and AT_CLKTCK in `<elf.h>`. */
const auxiliary = { pageBytes: 6, ticksPerSecond: 17 } as const

/** In which units this machine counts memory and CPU time: ARM kernels may have pages of 16 or 64 kB. */
const { pageBytes, ticksPerSecond } = readUnits()

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

/** Passes over /proc without a rest; each takes about a millisecond. */
const passesPerTurn = 10
/** Turns after which something that cannot be killed is left to itself. */
const mostTurns = 500
/** Turns that found nothing but processes which were gone before they could be read: on a busy machine that says nothing. */
const mostUnclearTurns = 25

/**
 * Kills what is left of a run whose shim is dead: the members of the command's session, and whoever carries the run's id in the
 * environment. Looks again until nothing is found. Returns how many were found.
 *
 * Some fork faster than a list of processes can be read, each child in a session of its own. Against those each pass looks only at
 * processes that are new to it, the youngest first, and kills at the first sight; one of them dies before its fork soon enough.
 */
export async function killOrphans(
  run: string,
  command: ProcessIdentity | null,
  pause: () => Promise<void>,
): Promise<number> {
  const killed = new Set<number>()
  let unclear = 0
  for (let turn = 0; turn < mostTurns && unclear < mostUnclearTurns; turn++) {
    const strangers = new Set<number>()
    let seen: Seen = 'nothing'
    for (let pass = 0; pass < passesPerTurn; pass++) {
      seen = killWhoBelongs(run, sessionOf(command), strangers, killed)
      if (seen === 'nothing') break
    }
    if (seen === 'nothing') break
    unclear = seen === 'unclear' ? unclear + 1 : 0
    await pause()
  }
  return killed.size
}

/** `unclear`: somebody was gone before it could be told whose it was, and may have left a child. */
type Seen = 'nothing' | 'unclear' | 'orphans'

function killWhoBelongs(
  run: string,
  session: number | null,
  strangers: Set<number>,
  killed: Set<number>,
): Seen {
  let seen: Seen = 'nothing'
  for (const pid of listPids().reverse()) {
    if (strangers.has(pid)) continue
    const stat = readStat(pid)
    if (!stat) {
      if (seen === 'nothing') seen = 'unclear'
    } else if (!isOver(stat) && belongsTo(stat, run, session)) {
      seen = 'orphans'
      killed.add(pid)
      try {
        process.kill(pid, 'SIGKILL')
      } catch {
        // It went by itself between the look and the kill.
      }
    } else {
      strangers.add(pid)
      // One that is over, or went while it was asked whose it is, may have left a child after the list was made: a later list tells.
      if (isGoing(pid) && seen === 'nothing') seen = 'unclear'
    }
  }
  return seen
}

/** The command leads its session. Null when its number belongs to somebody else by now, and with it perhaps a session. */
function sessionOf(command: ProcessIdentity | null): number | null {
  if (!command) return null
  const holder = readStat(command.pid)
  return holder && holder.start !== command.start ? null : command.pid
}

function isOver({ state }: ProcessStat): boolean {
  return state === 'Z' || state === 'X'
}

/** Whether it went between two looks at it. */
function isGoing(pid: number): boolean {
  const stat = readStat(pid)
  return stat === null || isOver(stat)
}

function belongsTo(stat: ProcessStat, run: string, session: number | null): boolean {
  if (stat.pid === process.pid) return false
  if (stat.session !== session || session === null) return hasRunId(stat.pid, run)
  // The session's number may have been used again by somebody else's; the environment tells, unless the member cleared it.
  const owner = readRunId(stat.pid)
  return owner === run || owner === null
}

/** From the vector that the kernel hands to every process: pairs of words, a key and its value. */
function readUnits(): { pageBytes: number; ticksPerSecond: number } {
  const units = { pageBytes: 4096, ticksPerSecond: 100 }
  try {
    const vector = readFileSync('/proc/self/auxv')
    const isWide = !['arm', 'ia32', 'mips', 'mipsel', 'ppc'].includes(process.arch)
    const words = isWide
      ? Array.from(
          new BigUint64Array(vector.buffer.slice(vector.byteOffset, vector.byteOffset + vector.length)),
          Number,
        )
      : Array.from(new Uint32Array(vector.buffer.slice(vector.byteOffset, vector.byteOffset + vector.length)))
    for (let index = 0; index + 1 < words.length; index += 2) {
      const value = words[index + 1] ?? 0
      if (words[index] === auxiliary.pageBytes && value > 0) units.pageBytes = value
      if (words[index] === auxiliary.ticksPerSecond && value > 0) units.ticksPerSecond = value
    }
  } catch {
    // No /proc, and so nothing to measure either.
  }
  return units
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
  } catch (error) {
    // Somebody else's process is none of ours. Anything else, such as no free file descriptor, tells nothing and must not pass for an answer.
    const { code } = error as NodeJS.ErrnoException
    if (isGone(error) || code === 'EACCES' || code === 'EPERM') return null
    throw error
  }
}

function allProcesses(): ProcessStat[] {
  return listPids()
    .map(readStat)
    .filter((stat) => stat !== null)
}

function listPids(): number[] {
  try {
    return readdirSync('/proc')
      .filter((name) => name >= '0' && name <= '9:')
      .map(Number)
  } catch (error) {
    if (isGone(error)) return []
    throw error
  }
}
