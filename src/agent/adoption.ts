/**
 * What a new agent does before anything else: looks at every run directory and every run that the store holds open, and brings the
 * two together. Living runs are adopted, ended ones recorded, unborn ones revoked. Afterwards no claim of an older agent can surprise anyone.
 *
 * Killed in the middle: nothing is lost, the next agent looks again.
 */
import { join } from 'node:path'
import type { Clock } from '../clock.ts'
import { decideAdoption, type Found } from '../domain/adoption.ts'
import { claimedByDeadAgent } from '../domain/judge.ts'
import type { Run, RunEnd } from '../domain/run.ts'
import type { Claim } from '../process/claim.ts'
import { isAlive } from '../process/process-identity.ts'
import {
  listNames,
  measureOutput,
  type Pid,
  type PidFile,
  readClaim,
  readExit,
  readPid,
  removeRunDirectory,
  revoke,
} from '../process/run-directory.ts'
import type { Store } from '../store/store.ts'
import { toRunEnd } from './run-end.ts'

/** One run of the past, and what became of it. */
export type FoundRun = { readonly run: Run; readonly claim: Claim | null } & (
  | { readonly kind: 'living'; readonly claim: Claim; readonly pid: PidFile }
  /** The shim is dead, the tree perhaps not. */
  | { readonly kind: 'orphaned'; readonly claim: Claim; readonly pid: PidFile }
  | { readonly kind: 'ended'; readonly end: RunEnd; readonly keptBytes: number | null }
)

export interface AdoptionContext {
  readonly store: Pick<Store, 'listOpenRuns' | 'listKeptRunIds' | 'findRuns'>
  readonly runsDir: string
  readonly boot: string
  readonly clock: Clock
  readonly complain: (message: string, error: unknown) => void
}

export async function findRuns(context: AdoptionContext): Promise<FoundRun[]> {
  const { store, runsDir, clock } = context
  const open = new Map((await store.listOpenRuns()).map((run) => [run.id, run]))
  const kept = new Set(await store.listKeptRunIds())
  const found: FoundRun[] = []
  for (const name of listNames(runsDir)) {
    if (kept.has(name)) continue
    try {
      const run = open.get(name) ?? null
      if (!run && (await store.findRuns(name)).some(({ id, end }) => id === name && end !== null)) {
        // Its removal was interrupted.
        removeRunDirectory(join(runsDir, name))
        continue
      }
      const one = examine(name, run, context)
      if (one) found.push(one)
      open.delete(name)
    } catch (error) {
      context.complain(`The run directory ${name} cannot be examined; it is left alone`, error)
    }
  }
  for (const run of open.values()) {
    found.push({ kind: 'ended', run, claim: null, end: revokedAt(clock), keptBytes: null })
  }
  // Oldest first, so that what is recorded of a slot comes in its order.
  return found.sort((a, b) => (a.run.id < b.run.id ? -1 : 1))
}

function examine(name: string, recorded: Run | null, context: AdoptionContext): FoundRun | null {
  const { runsDir, boot, clock } = context
  const directory = join(runsDir, name)
  const claim = readClaim(directory)
  const run = recorded ?? (claim && runOfClaim(claim))
  if (!run) {
    // Never became a claim, and nobody has ever heard of it.
    removeRunDirectory(directory)
    return null
  }
  const pid = readPid(directory)
  const exit = readExit(directory)
  const end = (reason: RunEnd): FoundRun => ({
    kind: 'ended',
    run: withBirth(run, pid),
    claim,
    end: reason,
    keptBytes: measureOutput(directory),
  })
  switch (decideAdoption(foundOf(pid), exit !== null, boot)) {
    case 'recordEnd':
      return end(
        exit === null || exit === 'broken'
          ? { kind: 'unknown', endedAt: clock.now(), reason: 'its exit file is damaged' }
          : toRunEnd(exit),
      )
    case 'revoke':
      // A shim that comes in this very moment wins the race; then the run lives.
      return revoke(directory) ? end(revokedAt(clock)) : examine(name, recorded, context)
    case 'machineRestarted':
      return end({ kind: 'machine_restarted', endedAt: clock.now() })
    case 'adopt':
    case 'clearUp': {
      if (pid.kind !== 'pid' || !claim) {
        return end({ kind: 'unknown', endedAt: clock.now(), reason: 'its run directory is damaged' })
      }
      const kind = isAlive(pid.pid.shim) ? 'living' : 'orphaned'
      return { kind, run: withBirth(run, pid), claim, pid: pid.pid }
    }
  }
}

function foundOf(pid: Pid): Found {
  if (pid.kind === 'none') return { kind: 'noPid' }
  if (pid.kind === 'revoked') return { kind: 'revoked' }
  if (pid.kind === 'broken') return { kind: 'pid', boot: 'unreadable', isShimAlive: false }
  return { kind: 'pid', boot: pid.pid.boot, isShimAlive: isAlive(pid.pid.shim) }
}

function withBirth(run: Run, pid: Pid): Run {
  return pid.kind === 'pid'
    ? { ...run, startedAt: pid.pid.startedAt, pid: pid.pid.command?.pid ?? null }
    : run
}

function revokedAt(clock: Clock): RunEnd {
  return { kind: 'revoked', endedAt: clock.now(), reason: claimedByDeadAgent }
}

function runOfClaim(claim: Claim): Run {
  const { run: id, program, slot, node, cause, claimedAt } = claim
  return { id, program, slot, node, cause, claimedAt, startedAt: null, pid: null, end: null }
}
