/**
 * Holds the living runs of this node: starts their shims, passes orders on to them, and notices births and ends, whether a run was
 * started by this agent or by one before it. It decides nothing; what it notices goes to whoever handed in `onBorn` and `onEnded`, once each.
 */
import { join } from 'node:path'
import type { Clock, Timer } from '../../clock.ts'
import type { RefusalReason } from '../../domain/admission.ts'
import type { Program, StopPolicy } from '../../domain/program.ts'
import type { Run, RunEnd } from '../../domain/run.ts'
import {
  buildClaim,
  buildEnvironment,
  type Claim,
  type ClaimContext,
  signalNumber,
} from '../../process/claim.ts'
import { Launcher } from '../../process/launcher.ts'
import type { MarkWatch } from '../../process/marks.ts'
import { isAlive, isPidTaken, type ProcessIdentity } from '../../process/process-identity.ts'
import { killOrphans } from '../../process/process-tree.ts'
import {
  makeOutputFolders,
  measureOutput,
  type PidFile,
  readExit,
  readPid,
  revoke,
  writeClaim,
} from '../../process/run-directory.ts'
import { readSecrets } from '../../process/secrets.ts'
import { sendControl, writeInput } from '../../process/shim.ts'
import type { SocketHolders } from '../../process/socket-holders.ts'
import type { ResolvedUser, UserResolution } from '../../process/user.ts'
import { toRunEnd } from './run-end.ts'

export interface RunKeeperOptions {
  readonly clock: Clock
  readonly shim: string
  readonly runsDir: string
  readonly marksDir: string
  readonly node: string
  readonly environment: NodeJS.ProcessEnv
  readonly marks: Pick<MarkWatch, 'remove'>
  readonly resolveUser: (name: string) => UserResolution
  readonly holders: Pick<SocketHolders, 'ensure'>
  /** Drops what ended runs of the slot left, where a quota wants it. */
  readonly makeRoom: (slot: string, program: Program) => Promise<void>
  readonly onBorn: (run: LiveRun, pid: number, startedAt: number) => void
  readonly onEnded: (run: LiveRun, end: RunEnd, keptBytes: number | null) => void
  readonly onRefused: (run: LiveRun, reason: RefusalReason, detail: string) => void
  readonly complain: (message: string, error: unknown) => void
}

export interface LiveRun {
  readonly id: string
  readonly slot: string
  readonly program: string
  readonly directory: string
  /** The command's pid, once it was born. */
  pid: number | null
  startedAt: number | null
  /** Who holds it; null before the birth. */
  shim: ProcessIdentity | null
  command: ProcessIdentity | null
  /** How it was to be stopped when it was claimed. */
  claimedStop: Claim['stop']
  /** When to tell that it lasts too long, where its claim says so and no program. */
  warnAfterMs: number | null
  /** The stop that is to be passed on as soon as there is somebody to take it. */
  stopLine: string | null
  /** Whether the shim took it. */
  isStopPassed: boolean
  /** The launcher said so; it says it once. */
  isShimGone: boolean
  isEnded: boolean
}

/** A run that an agent before this one started. `pid` null: its files do not tell. */
export interface HeldRun {
  readonly run: Run
  readonly index: number
  readonly launchHash: string | null
  readonly stop: Claim['stop']
  readonly warnAfterMs: number | null
  readonly pid: PidFile | null
}

export interface StartRequest {
  readonly run: Run
  readonly program: Program
  readonly index: number
  readonly launchHash: string
  /** The command begins when the wall clock says so; null: at once. */
  readonly notBefore: number | null
  readonly variables: Readonly<Record<string, string>>
}

/** For runs of which nothing says how they were to be stopped. */
export const usualStop: Claim['stop'] = { signal: 15, graceMs: 10_000, group: true }

/** So many shims are started before others get their turn. */
const startsPerTurn = 8
const lookEveryMs = 1000
/** Every so many looks the start time is compared as well: a pid may have been used again. */
const thoroughLook = 30

export class RunKeeper {
  private readonly options: RunKeeperOptions
  private readonly launcher: Launcher
  private readonly live = new Map<string, LiveRun>()
  private waiting: StartRequest[] = []
  /** Runs whose sockets are being opened. */
  private readonly preparing = new Set<string>()
  private isStarting = false
  private isClosed = false
  private readonly clearing = new Set<string>()
  private looks = 0
  private timer: Timer | null = null

  constructor(options: RunKeeperOptions) {
    this.options = options
    this.launcher = new Launcher(options.shim, {
      onGone: (id) => this.shimGone(id),
      onFailed: (id, message) => {
        const run = this.live.get(id)
        if (run) this.refuse(run, 'spawn_failed', message)
      },
    })
  }

  /** Begins to look after shims that end without a word. */
  watch(): void {
    this.timer = this.options.clock.after(lookEveryMs, () => {
      this.watch()
      this.lookAfterShims()
    })
  }

  close(): void {
    this.timer?.cancel()
    this.waiting = []
    this.isClosed = true
    this.launcher.close()
  }

  get(run: string): LiveRun | undefined {
    return this.live.get(run)
  }

  all(): Iterable<LiveRun> {
    return this.live.values()
  }

  /** The claim is recorded; the process follows in its turn. */
  start(request: StartRequest): void {
    const { run } = request
    this.live.set(run.id, this.newLiveRun(run.id, run.slot, run.program))
    this.waiting.push(request)
    this.startSome()
  }

  /** Takes over a run that an agent before this one started. */
  adopt({ run: { id, slot, program, startedAt }, stop, warnAfterMs, pid }: HeldRun): LiveRun {
    const run = this.newLiveRun(id, slot, program)
    run.claimedStop = stop
    run.warnAfterMs = warnAfterMs
    run.startedAt = startedAt
    if (pid) {
      run.shim = pid.shim
      run.command = pid.command
      run.pid = pid.command?.pid ?? null
      run.startedAt = pid.startedAt
    }
    this.live.set(run.id, run)
    return run
  }

  /** `policy` null: as the run was claimed, since its program is gone. */
  stop(id: string, policy: StopPolicy | null): void {
    const run = this.live.get(id)
    if (!run || run.isEnded) return
    run.stopLine = policy
      ? `stop ${signalNumber(policy.signal) ?? 15} ${policy.graceMs} ${policy.target}`
      : `stop ${run.claimedStop.signal} ${run.claimedStop.graceMs} ${run.claimedStop.group ? 'group' : 'process'}`
    run.isStopPassed = false
    const waits = this.waiting.findIndex((request) => request.run.id === id)
    if (waits >= 0 || this.preparing.delete(id)) {
      if (waits >= 0) this.waiting.splice(waits, 1)
      const now = this.options.clock.now()
      this.end(run, { kind: 'revoked', endedAt: now, reason: 'stopped before it began' }, null)
    } else if (run.shim) {
      this.passStopOn(run)
    } else {
      this.stopUnborn(run)
    }
  }

  /** What a command beside a run has: the same environment, as the same user. Throws where the user or a secret cannot be had. */
  surroundingsOf(
    program: Program,
    { run, slot, index }: { run: string; slot: string; index: number },
  ): { env: Record<string, string>; user: ResolvedUser | null } {
    const { node, marksDir: marks, environment, resolveUser } = this.options
    const resolution = program.launch.user === null ? null : resolveUser(program.launch.user)
    if (resolution && !resolution.ok) throw new Error(resolution.detail)
    const user = resolution?.user ?? null
    const secrets = readSecrets(program.launch.secrets ?? {}, environment)
    if (!secrets.ok) throw new Error(secrets.detail)
    const cause = { kind: 'check' }
    const context = { run, slot, index, node, marks, user, cause }
    return { env: buildEnvironment(program, context, environment, secrets.values), user }
  }

  /** Begins new files of output. False when there is no process whose output it could be. */
  capture(id: string, isOn: boolean): boolean {
    const run = this.live.get(id)
    return (
      run !== undefined && run.shim !== null && sendControl(run.directory, `capture ${isOn ? 'on' : 'off'}`)
    )
  }

  /** False when its shim did not take it. */
  rotate(id: string): boolean {
    const run = this.live.get(id)
    return run !== undefined && run.shim !== null && sendControl(run.directory, 'rotate')
  }

  /** False when there is no process to take it. */
  signal(id: string, signal: number, to: 'process' | 'group' | 'tree'): boolean {
    const run = this.live.get(id)
    return run !== undefined && run.shim !== null && sendControl(run.directory, `signal ${signal} ${to}`)
  }

  /** Bytes that the run's standard input took. */
  input(id: string, text: string): number {
    const run = this.live.get(id)
    return run ? writeInput(run.directory, text) : 0
  }

  /** A mark was set, or a shim is gone: look what is there. False when that could not be seen, which says nothing about the run. */
  look(id: string): boolean {
    const run = this.live.get(id)
    if (!run || run.isEnded) return true
    try {
      if (!run.shim) {
        const pid = readPid(run.directory)
        if (pid.kind === 'pid') this.recordBirth(run, pid.pid)
      }
      const exit = readExit(run.directory)
      if (exit === null) return true
      const end: RunEnd =
        exit === 'broken'
          ? { kind: 'unknown', endedAt: this.options.clock.now(), reason: 'its exit file is damaged' }
          : toRunEnd(exit)
      if (end.kind === 'failed_to_start') {
        const reason = refusalOf(end.stage)
        if (reason) this.options.onRefused(run, reason, end.message)
      }
      this.end(run, end, measureOutput(run.directory))
      return true
    } catch (error) {
      this.options.complain(`The directory of run ${id} cannot be read`, error)
      return false
    }
  }

  /** The end is recorded: nothing more will be heard of it. */
  forget(id: string): void {
    this.live.delete(id)
    this.options.marks.remove(id)
  }

  private newLiveRun(id: string, slot: string, program: string): LiveRun {
    const directory = join(this.options.runsDir, id)
    return {
      id,
      slot,
      program,
      directory,
      pid: null,
      startedAt: null,
      shim: null,
      command: null,
      claimedStop: usualStop,
      warnAfterMs: null,
      stopLine: null,
      isStopPassed: false,
      isShimGone: false,
      isEnded: false,
    }
  }

  /** A few at a time, so that births and ends are noticed while hundreds are started. */
  private startSome(): void {
    if (this.isStarting) return
    this.isStarting = true
    setImmediate(() => {
      this.isStarting = false
      for (const request of this.waiting.splice(0, startsPerTurn)) {
        try {
          const { launch, output } = request.program
          if (launch.sockets.length > 0 || output.quotaBytes !== undefined) void this.startPrepared(request)
          else this.startOne(request, null)
        } catch (error) {
          // A bug in one start must not swallow those beside it, nor leave its slot waiting for ever.
          const live = this.live.get(request.run.id)
          if (live) this.refuse(live, 'spawn_failed', (error as Error).message)
        }
      }
      if (this.waiting.length > 0) this.startSome()
    })
  }

  /** Nobody else waits for the sockets of one. */
  private async startPrepared(request: StartRequest): Promise<void> {
    const { run, program } = request
    const { id } = run
    this.preparing.add(id)
    if (program.output.quotaBytes !== undefined) await this.makeRoom(request)
    const holding = program.launch.sockets.length > 0 ? await this.options.holders.ensure(program) : null
    const live = this.live.get(id)
    if (!this.preparing.delete(id) || !live || this.isClosed) return
    if (holding && !holding.ok) return this.refuse(live, holding.reason, holding.detail)
    try {
      this.startOne(request, holding?.directory ?? null)
    } catch (error) {
      this.refuse(live, 'spawn_failed', (error as Error).message)
    }
  }

  /** That nothing could be dropped is told, and no reason to keep a program from its work. */
  private async makeRoom({ run, program }: StartRequest): Promise<void> {
    try {
      await this.options.makeRoom(run.slot, program)
    } catch (error) {
      this.options.complain(`The old output of ${run.slot} could not be dropped`, error)
    }
  }

  private startOne(
    { run, program, index, launchHash, notBefore, variables }: StartRequest,
    holder: string | null,
  ): void {
    const live = this.live.get(run.id)
    if (!live) return
    const refuse = (reason: RefusalReason, detail: string): void => this.refuse(live, reason, detail)
    const { user: userName } = program.launch
    const resolution = userName === null ? null : this.options.resolveUser(userName)
    if (resolution && !resolution.ok) return refuse(resolution.reason, resolution.detail)
    const secrets = readSecrets(program.launch.secrets ?? {}, this.options.environment)
    if (!secrets.ok) return refuse('secret_missing', secrets.detail)
    const context: ClaimContext = {
      run: run.id,
      slot: run.slot,
      index,
      cause: run.cause,
      node: this.options.node,
      marks: this.options.marksDir,
      claimedAt: run.claimedAt,
      notBefore,
      launchHash,
      user: resolution?.user ?? null,
      holder,
    }
    try {
      const claim = buildClaim(program, context)
      live.claimedStop = claim.stop
      makeOutputFolders(claim)
      writeClaim(live.directory, claim)
    } catch (error) {
      return refuse('store_unavailable', (error as Error).message)
    }
    try {
      const environment = buildEnvironment(
        program,
        { ...context, variables },
        this.options.environment,
        secrets.values,
      )
      this.launcher.start(live.directory, environment)
    } catch (error) {
      refuse('spawn_failed', (error as Error).message)
    }
  }

  /** No shim will come, and to be sure of it the claim is revoked. */
  private refuse(run: LiveRun, reason: RefusalReason, detail: string): void {
    if (run.isEnded) return
    this.options.onRefused(run, reason, detail)
    const endedAt = this.options.clock.now()
    try {
      revoke(run.directory)
    } catch {
      // Nobody was asked to run it, so nobody will come.
    }
    // A secret may still come, as with a mount: that is tried again and again, and never given up.
    const isProgramsFault = reason === 'user_unknown' || reason === 'no_rights'
    const usage = {
      userCpuMs: 0,
      systemCpuMs: 0,
      maxRssBytes: 0,
      leftovers: 0,
      outBytes: 0,
      errBytes: 0,
      lostBytes: 0,
    }
    const end: RunEnd = isProgramsFault
      ? {
          kind: 'failed_to_start',
          stage: 'user',
          message: detail,
          endedAt,
          durationMs: 0,
          usage,
        }
      : { kind: 'revoked', endedAt, reason: detail }
    this.end(run, end, 0)
  }

  private recordBirth(run: LiveRun, pid: PidFile): void {
    run.shim = pid.shim
    run.pid = pid.command?.pid ?? null
    run.startedAt = pid.startedAt
    run.command = pid.command
    if (run.pid !== null) this.options.onBorn(run, run.pid, pid.startedAt)
    if (run.stopLine !== null) this.passStopOn(run)
  }

  /** Until the shim has taken it, it is sent again with each look. */
  private passStopOn(run: LiveRun): void {
    if (run.stopLine === null || run.isStopPassed) return
    try {
      run.isStopPassed = sendControl(run.directory, run.stopLine)
    } catch (error) {
      this.options.complain(`The shim of run ${run.id} cannot be told to stop`, error)
    }
  }

  /** A shim was asked for and has not come: whoever creates `pid` decides, here as always. */
  private stopUnborn(run: LiveRun): void {
    try {
      if (!revoke(run.directory)) this.look(run.id)
      else
        this.end(
          run,
          { kind: 'revoked', endedAt: this.options.clock.now(), reason: 'stopped before it began' },
          0,
        )
    } catch (error) {
      this.options.complain(`The claim of run ${run.id} cannot be revoked`, error)
    }
  }

  private end(run: LiveRun, end: RunEnd, keptBytes: number | null): void {
    if (run.isEnded) return
    run.isEnded = true
    this.options.onEnded(run, end, keptBytes)
  }

  private lookAfterShims(): void {
    this.looks += 1
    const isThorough = this.looks % thoroughLook === 0
    for (const run of this.live.values()) {
      try {
        this.lookAfter(run, isThorough)
      } catch (error) {
        this.options.complain(`Whether the shim of run ${run.id} lives cannot be told`, error)
      }
    }
  }

  private lookAfter(run: LiveRun, isThorough: boolean): void {
    // Marks are only hints: they cannot be set on a full disk, and the files are the truth.
    if (!run.shim || isThorough) this.look(run.id)
    if (run.isEnded) return
    if (run.isShimGone) return this.settle(run)
    if (!run.shim) {
      if (run.stopLine !== null) this.stopUnborn(run)
      return
    }
    this.passStopOn(run)
    const isThere = isThorough ? isAlive(run.shim) : isPidTaken(run.shim.pid)
    if (!isThere) this.settle(run)
  }

  /** A hint to look: the launcher says so, or is itself gone and says so of all. */
  private shimGone(id: string): void {
    const run = this.live.get(id)
    if (!run || run.isEnded) return
    try {
      if (run.shim && isAlive(run.shim)) return
      run.isShimGone = true
      this.settle(run)
    } catch (error) {
      this.options.complain(`What became of run ${id} cannot be told yet`, error)
    }
  }

  /**
   * The shim is gone, as far as is known. After a proper end the exit file is there; without one it was killed. Where nothing can be seen, nothing is
   * concluded: the next look tries again.
   */
  settle(run: LiveRun): void {
    if (!this.look(run.id) || run.isEnded) return
    // Of one whose birth was seen only now nobody knew whom to look for.
    if (run.shim && isAlive(run.shim)) {
      run.isShimGone = false
      return
    }
    if (run.shim === null && run.startedAt === null) this.endUnborn(run)
    else void this.clearUp(run)
  }

  private endUnborn(run: LiveRun): void {
    try {
      if (!revoke(run.directory)) {
        this.look(run.id)
        // Somebody began, and the file does not tell who.
        if (!run.shim && !run.isEnded) void this.clearUp(run)
        return
      }
    } catch (error) {
      // Without its directory a claim is gone as well. Otherwise a shim might still come: it has to be tried again.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
        run.isShimGone = true
        this.options.complain(`The claim of run ${run.id} cannot be revoked`, error)
        return
      }
    }
    this.end(
      run,
      { kind: 'revoked', endedAt: this.options.clock.now(), reason: 'its shim ended before it began' },
      0,
    )
  }

  /** The end is told only once nothing of the old run is left, so that the next one is alone. */
  async clearUp(run: LiveRun): Promise<void> {
    if (run.isEnded || this.clearing.has(run.id)) return
    this.clearing.add(run.id)
    try {
      await this.killWhatIsLeft(run)
    } catch (error) {
      run.isShimGone = true
      this.options.complain(`What is left of run ${run.id} cannot be found`, error)
    } finally {
      this.clearing.delete(run.id)
    }
  }

  private async killWhatIsLeft(run: LiveRun): Promise<void> {
    const pause = (): Promise<void> => new Promise((done) => this.options.clock.after(20, done))
    const orphans = await killOrphans(run.id, run.command, pause)
    const rest = orphans === 0 ? 'nothing was left of it' : `${orphans} processes left of it were killed`
    if (!this.look(run.id)) {
      run.isShimGone = true
      return
    }
    this.end(
      run,
      { kind: 'unknown', endedAt: this.options.clock.now(), reason: `its shim was killed; ${rest}` },
      measureOutputOf(run.directory),
    )
  }
}

/** Null would mean that the directory is gone and may be removed. */
function measureOutputOf(directory: string): number {
  try {
    return measureOutput(directory)
  } catch {
    return 0
  }
}

function refusalOf(stage: string): RefusalReason | null {
  if (stage === 'cwd') return 'directory_missing'
  if (stage === 'exec') return 'command_not_found'
  if (stage === 'sockets') return 'socket_unavailable'
  if (stage === 'uid' || stage === 'gid' || stage === 'groups') return 'no_rights'
  return null
}
