/**
 * One run that no agent claims: its directory is the journal, the shim holds the command, and this process stands in for it before whoever called. An
 * agent that lives notices the run by its mark, a later one finds the directory (`agent/runs/adoption.ts`).
 *
 * Killed before the shim was started: a claim that the next agent revokes. Killed after that: the command goes on, and is recorded.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import type { Clock, Timer } from '../clock.ts'
import { type ExecRequest, programOfExec } from '../domain/exec.ts'
import type { RunCause } from '../domain/run.ts'
import { checkpoint } from '../effects.ts'
import { buildClaim, type Claim, runVariables } from '../process/claim.ts'
import type { DataDirectory } from '../process/data-directory.ts'
import { readStat } from '../process/process-identity.ts'
import { type ExitFile, readExit, readPid, removeRunDirectory, writeClaim } from '../process/run-directory.ts'
import { sendControl } from '../process/shim.ts'
import { passThrough, type Trouble } from './pass-through.ts'

export interface RecordTools {
  readonly clock: Clock
  readonly newRunId: () => string
  readonly data: DataDirectory
  readonly shim: string
  readonly node: string
  readonly environment: NodeJS.ProcessEnv
  readonly cause: RunCause
}

/** What became of it, as far as its directory tells. */
export type RecordEnd =
  | { readonly kind: 'ended'; readonly exit: ExitFile }
  /** Nobody knows: the shim was killed, or what it wrote cannot be read. */
  | { readonly kind: 'lost'; readonly reason: string }
  /** Nothing was executed, and never will be. `isRevoked`: by an agent that began. */
  | { readonly kind: 'unborn'; readonly reason: string; readonly isRevoked: boolean }

/** Ids and directories that are taken, or cleared away by an agent that begins in this very moment. */
const mostTries = 20
const tryAgainMs = 20

export class RecordedRun {
  readonly id: string
  private readonly directory: string
  private readonly tools: RecordTools
  private readonly child: ChildProcess
  private isOver = false
  private timer: Timer | null = null

  /** Claims the run and starts its shim. Throws where it cannot be recorded; then nothing is left of it. */
  constructor(request: ExecRequest, tools: RecordTools) {
    this.tools = tools
    const claim = writeOwnClaim(request, tools)
    this.id = claim.run
    this.directory = join(tools.data.runs, claim.run)
    try {
      checkpoint('spawn')
      this.child = spawn(tools.shim, [this.directory], {
        stdio: ['inherit', 'pipe', 'pipe'],
        detached: true,
        env: { ...tools.environment, ...variablesOf(claim) },
      })
    } catch (error) {
      drop(this.directory)
      throw error
    }
  }

  /** Hands on what it prints, and resolves once it has ended. `fds`: where to. */
  async follow(fds: { out: number; err: number }, onTrouble: (trouble: Trouble) => void): Promise<RecordEnd> {
    const { child, tools } = this
    const gone = new Promise<string>((resolve) => {
      child.once('error', (error) => resolve(error.message))
      child.once('exit', (code, signal) => resolve(`its shim ended with ${signal ?? code}`))
    })
    if (child.pid === undefined) {
      const reason = await gone
      drop(this.directory)
      return { kind: 'unborn', reason, isRevoked: false }
    }
    const copies = [
      [child.stdout, fds.out],
      [child.stderr, fds.err],
    ] as const
    await Promise.all(copies.map(([source, fd]) => source && passThrough(source, fd, tools.clock, onTrouble)))
    // They end after `exit` was written, or with the shim, which may live on for what the command left behind.
    const end = this.look() ?? this.settle(await gone)
    this.isOver = true
    this.timer?.cancel()
    child.unref()
    return end
  }

  /** Passed on until the shim takes it: a signal may come before the shim listens. */
  control(line: string): void {
    if (this.isOver) return
    this.timer?.cancel()
    if (this.isTaken(line)) return
    this.timer = this.tools.clock.after(tryAgainMs, () => this.control(line))
  }

  private isTaken(line: string): boolean {
    try {
      return sendControl(this.directory, line)
    } catch {
      return false
    }
  }

  private look(): RecordEnd | null {
    try {
      const exit = readExit(this.directory)
      if (exit === 'broken')
        return { kind: 'lost', reason: 'how it ended cannot be read: its exit file is damaged' }
      return exit && { kind: 'ended', exit }
    } catch (error) {
      return { kind: 'lost', reason: `how it ended cannot be read: ${(error as Error).message}` }
    }
  }

  /** The shim is gone, and nobody else will come. */
  private settle(reason: string): RecordEnd {
    const end = this.look()
    if (end) return end
    try {
      const { kind } = readPid(this.directory)
      if (kind === 'none' || kind === 'revoked')
        return { kind: 'unborn', reason, isRevoked: kind === 'revoked' }
    } catch {
      // Whether it began cannot be told, so it must not begin again.
    }
    return { kind: 'lost', reason: `how it ended is not known: ${reason}` }
  }
}

/** What is left all the same, the next agent takes for a claim that nobody came for. */
function drop(directory: string): void {
  try {
    removeRunDirectory(directory)
  } catch {
    // Told by what went wrong before it.
  }
}

function writeOwnClaim(request: ExecRequest, tools: RecordTools): Claim {
  for (let tries = 1; ; tries++) {
    const claim = claimOf(request, tools)
    const directory = join(tools.data.runs, claim.run)
    try {
      writeClaim(directory, claim)
      return claim
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      // Somebody else's, who came to the same id.
      const isTaken = code === 'EEXIST'
      if (!isTaken && existsSync(directory)) drop(directory)
      if ((!isTaken && code !== 'ENOENT') || tries === mostTries) throw error
    }
  }
}

function claimOf(request: ExecRequest, { newRunId, data, node, cause, clock }: RecordTools): Claim {
  const { name, argv, cwd, warnAfterMs } = request
  const start = readStat(process.pid)?.start
  const context = {
    run: newRunId(),
    slot: name,
    index: 0,
    cause,
    node,
    marks: data.marks,
    claimedAt: clock.now(),
    notBefore: null,
    launchHash: '',
    user: null,
    holder: null,
  }
  return {
    ...buildClaim(programOfExec(request), context),
    // As they are: what looks like a placeholder in somebody's command is none.
    argv,
    cwd,
    pass: true,
    claimer: { pid: process.pid, start: start ?? 0 },
    ...(warnAfterMs === null ? {} : { warnAfterMs }),
  }
}

function variablesOf({ run, program, slot, index, node, cause }: Claim): Record<string, string> {
  const group = program.includes(':') ? program.slice(0, program.indexOf(':')) : program
  return runVariables({ name: program, group }, { run, slot, index, node, cause })
}
