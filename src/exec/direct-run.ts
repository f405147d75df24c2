/** The command without a record, where none can be made: a job must not be lost for its record. Everything else about it is the same. */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { constants } from 'node:os'
import process from 'node:process'
import type { Clock, Timer } from '../clock.ts'
import { type ExecOver, type ExecRequest, execExitCodes, exitCodeOfSignal } from '../domain/exec.ts'
import { checkpoint } from '../effects.ts'

const graceMs = 10_000

export class DirectRun {
  private readonly request: ExecRequest
  private readonly clock: Clock
  private pid: number | null = null
  private isTimedOut = false
  private readonly timers: Timer[] = []

  constructor(request: ExecRequest, clock: Clock) {
    this.request = request
    this.clock = clock
  }

  async follow(): Promise<ExecOver> {
    const { argv, cwd, timeoutMs } = this.request
    const [command = '', ...rest] = argv
    checkpoint('spawn')
    const child = spawn(command, rest, { stdio: 'inherit', detached: true, cwd })
    this.pid = child.pid ?? null
    if (timeoutMs !== null) {
      this.after(timeoutMs, () => {
        this.isTimedOut = true
        this.stop(constants.signals.SIGTERM, graceMs)
      })
    }
    const end = await new Promise<ExecOver>((resolve) => {
      child.once('error', (error: NodeJS.ErrnoException) => resolve(this.notStarted(error)))
      child.once('exit', (code, signal) => resolve(this.over(code, signal)))
    })
    for (const timer of this.timers) timer.cancel()
    this.pid = null
    return end
  }

  /** To the command's group; what is left of it after the grace is killed. */
  stop(signal: number, graceMs: number): void {
    this.send(signal)
    if (graceMs === 0) this.send(constants.signals.SIGKILL)
    else this.after(graceMs, () => this.send(constants.signals.SIGKILL))
  }

  private after(ms: number, act: () => void): void {
    this.timers.push(this.clock.after(ms, act))
  }

  private send(signal: number): void {
    if (this.pid === null) return
    try {
      process.kill(-this.pid, signal)
    } catch {
      // It has just ended.
    }
  }

  private notStarted(error: NodeJS.ErrnoException): ExecOver {
    const { argv, cwd } = this.request
    const hasFolder = existsSync(cwd)
    return {
      kind: 'over',
      code: error.code === 'ENOENT' && hasFolder ? execExitCodes.notFound : execExitCodes.notStarted,
      said: `${hasFolder ? argv[0] : cwd}: ${error.message}`,
    }
  }

  private over(code: number | null, signal: NodeJS.Signals | null): ExecOver {
    if (this.isTimedOut)
      return { kind: 'over', code: execExitCodes.timedOut, said: 'it timed out, and was ended' }
    const ended = signal === null ? (code ?? 0) : exitCodeOfSignal(constants.signals[signal])
    return { kind: 'over', code: ended, said: null }
  }
}
