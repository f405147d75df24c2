/**
 * The processes of a run whose shim was killed, as the system sees them now, to clear up what it left behind. Only on request; nothing
 * here runs by a timer. Living trees are measured by `tree-usage.ts`.
 */
import { readdirSync, readFileSync } from 'node:fs'
import process from 'node:process'
import { isGone, type ProcessIdentity, type ProcessStat, readStat } from './process-identity.ts'

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
