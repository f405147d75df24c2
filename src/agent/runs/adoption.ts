/**
 * What a new agent does before anything else: looks at every run directory and every run that the store holds open, and brings the
 * two together. Living runs are adopted, ended ones recorded, unborn ones revoked. Afterwards no claim of an older agent can surprise anyone.
 *
 * Where files are damaged, what is certain comes first: a run of which something may still live is taken for orphaned, so that its processes
 * are ended before another one begins. Killed in the middle: nothing is lost, the next agent looks again.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Clock } from '../../clock.ts'
import { decideAdoption, type Found } from '../../domain/adoption.ts'
import { claimedByDeadAgent } from '../../domain/judge.ts'
import { holdsSlot, type Run, type RunEnd } from '../../domain/run.ts'
import type { Claim } from '../../process/claim.ts'
import { isAlive } from '../../process/process-identity.ts'
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
} from '../../process/run-directory.ts'
import type { Store } from '../../store/store.ts'
import { toRunEnd } from './run-end.ts'
import { isRunId } from './run-ids.ts'
import { type HeldRun, usualStop } from './run-keeper.ts'

/** One run of the past, and what became of it. */
export type FoundRun = {
  readonly run: Run
  /** That its command began is not recorded yet. */
  readonly isBirthNews: boolean
} & (
  | { readonly kind: 'living'; readonly held: HeldRun }
  /** The shim is dead, the tree perhaps not. */
  | { readonly kind: 'orphaned'; readonly held: HeldRun }
  | {
      readonly kind: 'ended'
      readonly end: RunEnd
      readonly keptBytes: number | null
      readonly warnAfterMs: number | null
    }
)

export interface AdoptionContext {
  readonly store: Pick<Store, 'listOpenRuns' | 'listKeptRunIds' | 'findRuns'>
  readonly runsDir: string
  readonly boot: string
  readonly clock: Clock
  readonly complain: (message: string, error: unknown) => void
}

export async function findRuns(context: AdoptionContext): Promise<FoundRun[]> {
  const { store, runsDir, clock, complain } = context
  const open = new Map((await store.listOpenRuns()).map((run) => [run.id, run]))
  const kept = new Set(await store.listKeptRunIds())
  const found: FoundRun[] = []
  for (const name of listNames(runsDir)) {
    // What is no run directory was not made by us, and is nobody's to remove.
    if (!isRunId(name)) continue
    if (kept.has(name)) {
      finishRemoval(join(runsDir, name), complain)
      continue
    }
    const run = open.get(name) ?? null
    open.delete(name)
    try {
      if (!run && (await store.findRuns(name)).some(({ id, end }) => id === name && end !== null)) {
        removeRemains(join(runsDir, name), context)
        continue
      }
      const one = examine(name, run, context)
      if (one) found.push(one)
    } catch (error) {
      complain(`The directory of run ${name} cannot be examined`, error)
      if (run) found.push({ kind: 'orphaned', run, isBirthNews: false, held: hold(run, null, null) })
    }
  }
  for (const run of open.values()) {
    // Without its directory a run that had begun may still live; one that had not never will.
    const wasBorn = run.startedAt !== null
    if (wasBorn) found.push({ kind: 'orphaned', run, isBirthNews: false, held: hold(run, null, null) })
    else found.push(neverBorn(run, clock))
  }
  // Oldest first, so that what is recorded of a slot comes in its order.
  return found.sort((a, b) => (a.run.id < b.run.id ? -1 : 1))
}

/**
 * What a run that no agent claimed has come to, noticed by its mark: whoever claimed it has started its shim, so nothing is revoked. Null where there
 * is none, or it is known already.
 */
export async function findStranger(
  id: string,
  context: Omit<AdoptionContext, 'store'> & { readonly store: Pick<Store, 'findRuns'> },
): Promise<FoundRun | null> {
  const directory = join(context.runsDir, id)
  if (!isRunId(id) || readClaim(directory)?.claimer === undefined) return null
  if ((await context.store.findRuns(id)).length > 0) return null
  return readPid(directory).kind === 'pid' ? examine(id, null, context) : null
}

function examine(
  name: string,
  recorded: Run | null,
  context: Omit<AdoptionContext, 'store'>,
): FoundRun | null {
  const { runsDir, boot, clock } = context
  const directory = join(runsDir, name)
  const claim = readClaim(directory)
  const pid = readPid(directory)
  const run = recorded ?? (claim && runOfClaim(name, claim))
  if (!run) return dropUnknown(directory, pid, context)
  const isBirthNews = run.startedAt === null
  const exit = readExit(directory)
  const end = (reason: RunEnd): FoundRun => ({
    kind: 'ended',
    run: withBirth(run, pid),
    isBirthNews,
    end: reason,
    keptBytes: measureOutput(directory),
    warnAfterMs: claim?.warnAfterMs ?? null,
  })
  const decision = decideAdoption(foundOf(pid, boot), exit !== null, boot)
  switch (decision) {
    case 'recordEnd':
      return end(
        exit === null || exit === 'broken'
          ? { kind: 'unknown', endedAt: clock.now(), reason: 'its exit file is damaged' }
          : toRunEnd(exit),
      )
    case 'revoke':
      // Its shim is about to come, and its mark will tell.
      if (!recorded && claim?.claimer && isAlive(claim.claimer)) return null
      // A shim that comes in this very moment wins the race; then the run lives.
      return revoke(directory) ? end(revokedAt(clock, run)) : examine(name, recorded, context)
    case 'machineRestarted':
      return end({ kind: 'machine_restarted', endedAt: clock.now() })
    case 'adopt':
    case 'clearUp':
      return {
        kind: decision === 'adopt' ? 'living' : 'orphaned',
        run: withBirth(run, pid),
        isBirthNews,
        held: hold(run, claim, pid.kind === 'pid' ? pid.pid : null),
      }
  }
}

/** The claim goes first, so a kept run without one was being dropped when the agent died. Its row is mended by the next look at its slot. */
function finishRemoval(directory: string, complain: AdoptionContext['complain']): void {
  try {
    if (!existsSync(join(directory, 'spec.json'))) removeRunDirectory(directory)
  } catch (error) {
    complain('What is left of an old run cannot be removed', error)
  }
}

/** A removal that was interrupted is finished, unless something lives there against all expectation. */
function removeRemains(directory: string, { complain }: AdoptionContext): void {
  const pid = readPid(directory)
  const isRunning = pid.kind === 'pid' && readExit(directory) === null && isAlive(pid.pid.shim)
  if (isRunning) complain('A run that is recorded as ended lives; it is left alone', directory)
  else removeRunDirectory(directory)
}

/** Neither a row nor a claim: mostly a directory whose agent died before it had written anything. */
function dropUnknown(directory: string, pid: Pid, { complain }: Pick<AdoptionContext, 'complain'>): null {
  const mayLive = pid.kind === 'pid' && isAlive(pid.pid.shim)
  if (mayLive) complain('A run lives of which nobody knows whose it is; it is left alone', directory)
  else removeRunDirectory(directory)
  return null
}

/** Of a broken file nothing is certain: the run is taken for one whose shim is gone. */
function foundOf(pid: Pid, boot: string): Found {
  if (pid.kind === 'none') return { kind: 'noPid' }
  if (pid.kind === 'revoked') return { kind: 'revoked' }
  if (pid.kind === 'broken') return { kind: 'pid', boot, isShimAlive: false }
  return { kind: 'pid', boot: pid.pid.boot, isShimAlive: isAlive(pid.pid.shim) }
}

/** Where the claim cannot be read, the row says what is needed to go on. */
function hold(run: Run, claim: Claim | null, pid: PidFile | null): HeldRun {
  return {
    run,
    index: claim?.index ?? indexOf(run),
    launchHash: claim?.launchHash ?? null,
    stop: claim?.stop ?? usualStop,
    warnAfterMs: claim?.warnAfterMs ?? null,
    pid,
  }
}

function indexOf(run: Run): number {
  return holdsSlot(run) ? Number(run.slot.slice(run.slot.lastIndexOf(':') + 1)) : 0
}

function withBirth(run: Run, pid: Pid): Run {
  return pid.kind === 'pid'
    ? { ...run, startedAt: pid.pid.startedAt, pid: pid.pid.command?.pid ?? null }
    : run
}

function neverBorn(run: Run, clock: Clock): FoundRun {
  return {
    kind: 'ended',
    run,
    isBirthNews: false,
    end: revokedAt(clock, run),
    keptBytes: null,
    warnAfterMs: null,
  }
}

function revokedAt(clock: Clock, { cause }: Run): RunEnd {
  const reason = cause.kind === 'exec' ? 'drover exec died before the shim came' : claimedByDeadAgent
  return { kind: 'revoked', endedAt: clock.now(), reason }
}

/** The directory's name counts: a claim that was copied from another run is not that run. */
function runOfClaim(name: string, claim: Claim): Run | null {
  const { run: id, program, slot, node, cause, claimedAt } = claim
  return id === name
    ? { id, program, slot, node, cause, claimedAt, startedAt: null, pid: null, end: null }
    : null
}
