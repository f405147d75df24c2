/**
 * All functions that the configuration has as schedules of jobs, for who asks them: one process for each file and time zone, begun when it is first
 * asked and ended when it was idle for long. `function-host.ts` has what happens to a question.
 */
import { type FunctionAnswer, FunctionHost, type FunctionHostOptions } from './function-host.ts'

export interface FunctionQuestion {
  /** Absolute. */
  readonly file: string
  /** Where the function stands in what the file exports. */
  readonly path: readonly string[]
  /** What it is asked about: wall time, milliseconds. */
  readonly at: number
  /** The zone that its `Date` speaks in. */
  readonly timezone: string
  readonly timeoutMs?: number
}

const defaultTimeoutMs = 5000

export class FunctionHosts {
  private readonly options: FunctionHostOptions
  private readonly hosts = new Map<string, FunctionHost>()
  private isClosed = false

  constructor(options: FunctionHostOptions) {
    this.options = options
  }

  /** Never throws. */
  async ask(question: FunctionQuestion): Promise<FunctionAnswer> {
    if (this.isClosed) return { ok: false, reason: ending }
    const { file, path, at, timezone, timeoutMs = defaultTimeoutMs } = question
    return await this.hostOf(file, timezone).ask(path, at, timeoutMs)
  }

  /** After the configuration was read again: whatever is asked from now on, is asked of the files as they are now. */
  reload(): void {
    for (const [key, host] of this.hosts) {
      host.reload()
      if (!host.isBusy) this.hosts.delete(key)
    }
  }

  close(): void {
    this.isClosed = true
    for (const host of this.hosts.values()) host.close(ending)
    this.hosts.clear()
  }

  private hostOf(file: string, timezone: string): FunctionHost {
    const key = JSON.stringify([file, timezone])
    const known = this.hosts.get(key)
    if (known) return known
    const environment = { ...this.options.environment, TZ: timezone }
    const host = new FunctionHost(file, { ...this.options, environment })
    this.hosts.set(key, host)
    return host
  }
}

const ending = 'the agent is ending'
