/**
 * What lies in the folders of runs and marks, and which of it lives. Reads only.
 */
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { dataDirectory, readAgentFile } from '../process/data-directory.ts'
import { isAlive, isPidTaken, readBootId } from '../process/process-identity.ts'
import { listNames, measureOutput, readClaim, readExit, readPid } from '../process/run-directory.ts'

export interface RunFacts {
  readonly agentFile: { readonly pid: number; readonly isAlive: boolean } | null
  readonly runs: readonly OneRun[]
  /** Names in the folder that are no run. */
  readonly strangers: readonly string[]
  readonly marks: readonly { readonly run: string; readonly ageMs: number; readonly hasRun: boolean }[]
}

export interface OneRun {
  readonly id: string
  /** Null where the claim cannot be read. */
  readonly program: string | null
  readonly claimedAt: number | null
  /** orphaned: its shim is gone, without having told the end. */
  readonly state: 'claimed' | 'alive' | 'ended' | 'orphaned' | 'broken'
  /** Of an orphaned run: the command, while it lives on. */
  readonly livingPid: number | null
  readonly outputBytes: number
}

export function readRuns(dataDir: string, now: number): RunFacts {
  const data = dataDirectory(dataDir)
  const boot = readBootId()
  const names = listNames(data.runs)
  const ids = names.filter((name) => isId(name))
  const known = new Set(ids)
  const agent = readAgentFile(data)
  return {
    agentFile: agent && { pid: agent.pid, isAlive: isPidTaken(agent.pid) },
    runs: ids.map((id) => readRun(id, join(data.runs, id), boot)),
    strangers: names.filter((name) => !known.has(name)),
    marks: listNames(data.marks).map((name) => {
      const run = name.replace(/\.\w+$/, '')
      const { mtimeMs = now } = statSync(join(data.marks, name), { throwIfNoEntry: false }) ?? {}
      return { run, ageMs: now - mtimeMs, hasRun: known.has(run) }
    }),
  }
}

function isId(name: string): boolean {
  return /^[0-9a-hjkmnp-tv-z]{14}$/.test(name)
}

function readRun(id: string, directory: string, boot: string): OneRun {
  const claim = readClaim(directory)
  const pid = readPid(directory)
  const exit = readExit(directory)
  const run = {
    id,
    program: claim?.program ?? null,
    claimedAt: claim?.claimedAt ?? null,
    livingPid: null,
    outputBytes: measureOutput(directory),
  }
  if (exit === 'broken' || pid.kind === 'broken') return { ...run, state: 'broken' }
  if (exit !== null || pid.kind === 'revoked') return { ...run, state: 'ended' }
  if (pid.kind === 'none') return { ...run, state: 'claimed' }
  const isThisBoot = pid.pid.boot === boot
  if (isThisBoot && isAlive(pid.pid.shim)) return { ...run, state: 'alive' }
  const { command } = pid.pid
  const livingPid = isThisBoot && command !== null && isAlive(command) ? command.pid : null
  return { ...run, state: 'orphaned', livingPid }
}
