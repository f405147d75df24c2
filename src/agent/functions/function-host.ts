/**
 * The functions of one configuration file, as the agent asks them: each question gets true, false, or the reason for neither, whatever the function
 * does. Many may be asked at once. Who throws, hangs, ends the process or eats its memory costs itself its answer; the others are asked
 * anew in another process (`domain/function-blame.ts` tells which is which).
 *
 *   none ──ask──▶ loading ──ready──▶ ready ──hung answer──▶ retiring ──last answer──▶ none
 *     ▲              │ failed          │ died, silent, too large, long idle, reload
 *     └──(backoff)───┴─────────────────┘
 *
 * Who was found at fault is asked after all others and alone until it gives an answer, so that it holds up nobody.
 */
import type { Clock, Timer } from '../../clock.ts'
import { type FunctionMessage, noAnswerWithin } from '../../config/load/function-call.ts'
import { backoffDelay } from '../../domain/backoff.ts'
import { blame, type DeathCause, type OpenCall } from '../../domain/function-blame.ts'
import type { Backoff } from '../../domain/program.ts'
import { FunctionProcess } from '../../process/function-process.ts'

export interface FunctionHostOptions {
  readonly clock: Clock
  /** The built `config-host`. */
  readonly hostPath: string
  readonly environment: Readonly<Record<string, string | undefined>>
  /** What the process may have in memory. */
  readonly maxBytes?: number
}

export type FunctionAnswer =
  | { readonly ok: true; readonly value: boolean }
  | { readonly ok: false; readonly reason: string }

interface Call extends OpenCall {
  readonly id: number
  readonly path: readonly string[]
  readonly at: number
  readonly timeoutMs: number
  stage: OpenCall['stage']
  isAlone: boolean
  /** When it is too late for a turn, by the monotonic clock. */
  readonly until: number
  readonly waiting: Timer
  readonly settle: (answer: FunctionAnswer) => void
}

type Phase = 'loading' | 'ready' | 'retiring'

const defaultMaxBytes = 512 * 1024 ** 2
/** As for a file that is evaluated. */
const loadTimeoutMs = 10_000
/** How long a process may be silent beyond what its functions may take. */
const silenceMs = 1000
/** How long others may hold up a call before it is given up. */
const longestWaitMs = 60_000
/** So many calls the process has at a time; what is beyond waits here. */
const mostOpen = 200
const idleMs = 600_000
/** Between two looks at the memory, with calls and without. */
const lookMs = { busy: 500, idle: 10_000 } as const
/** Below a minute, so that jobs that ask each minute find out soon that the file is whole again. */
const backoff: Backoff = { kind: 'exponential', initialMs: 1000, factor: 2, maxMs: 30_000, jitter: 0 }

export class FunctionHost {
  private readonly options: FunctionHostOptions
  private readonly file: string
  private readonly maxBytes: number
  private process: FunctionProcess | null = null
  private phase: Phase = 'loading'
  /** Those that wait for a turn, in the order in which they were asked; and those that wait for one with nobody beside them. */
  private readonly queue = new Map<number, Call>()
  private readonly aloneQueue = new Map<number, Call>()
  /** What the process was asked and has not answered. */
  private readonly open = new Map<number, Call>()
  /** Paths of functions that were at fault, or may have been. */
  private readonly suspects = new Set<string>()
  private lastId = 0
  private hasBegunAny = false
  private isProceeding = false
  private longestTimeoutMs = 0
  private failures = 0
  private failure: { readonly reason: string; readonly until: number } | null = null
  /** Of the load, of silence, or of idleness: one of them at a time. */
  private deadline: Timer | null = null
  private look: Timer | null = null

  constructor(file: string, options: FunctionHostOptions) {
    this.file = file
    this.options = options
    this.maxBytes = options.maxBytes ?? defaultMaxBytes
  }

  /** Whether somebody waits for an answer. */
  get isBusy(): boolean {
    return this.queue.size + this.aloneQueue.size + this.open.size > 0
  }

  /** The process that answers, for who looks at it from outside. */
  get pid(): number | null {
    return this.process?.pid ?? null
  }

  ask(path: readonly string[], at: number, timeoutMs: number): Promise<FunctionAnswer> {
    return new Promise((settle) => {
      const { clock } = this.options
      this.lastId += 1
      const call: Call = {
        id: this.lastId,
        path,
        at,
        timeoutMs,
        stage: 'sent',
        isAlone: this.suspects.has(keyOf(path)),
        until: clock.monotonic() + longestWaitMs,
        // Once it has begun, the silence of the process is what counts.
        waiting: clock.after(longestWaitMs, () => call.stage === 'sent' && this.giveUp(call)),
        settle,
      }
      this.enqueue(call)
      this.longestTimeoutMs = Math.max(this.longestTimeoutMs, timeoutMs)
      // All that are asked in one go are sorted together: a suspect among them comes last.
      if (!this.isProceeding) setImmediate(this.proceedWithAll)
      this.isProceeding = true
    })
  }

  /** The file may say something else now: it is loaded anew, and what was at fault is forgotten. */
  reload(): void {
    this.suspects.clear()
    this.failures = 0
    this.failure = null
    this.endProcess()
    this.askAnew([...this.open.values(), ...this.aloneQueue.values()], false)
    this.proceed()
  }

  /** Nobody is left without an answer. */
  close(reason: string): void {
    this.endProcess()
    this.failAll(reason)
  }

  private readonly proceedWithAll = (): void => {
    this.isProceeding = false
    this.proceed()
  }

  private proceed(): void {
    // What hangs in it may hang for ever.
    if (this.phase === 'retiring' && this.open.size === 0) this.endProcess()
    if (!this.process && this.isBusy) this.begin()
    if (this.process && this.phase === 'ready') this.send()
  }

  private begin(): void {
    const { clock, hostPath, environment } = this.options
    if (this.failure && clock.monotonic() < this.failure.until) return this.failAll(this.failure.reason)
    this.phase = 'loading'
    this.hasBegunAny = false
    try {
      const begun = new FunctionProcess(
        { hostPath, file: this.file, environment, maxHeapBytes: this.maxBytes },
        {
          onMessage: (message) => {
            if (this.process === begun) this.hear(message)
          },
          onGone: (how) => {
            if (this.process === begun) this.lose('ended', how)
          },
        },
      )
      this.process = begun
    } catch (error) {
      return this.failFile(`its process did not start: ${(error as Error).message}`)
    }
    this.setDeadline(loadTimeoutMs, () => this.failFile(`it was not loaded within ${loadTimeoutMs / 1000} s`))
    this.lookLater()
  }

  /** Whoever is suspected waits until nobody else does. */
  private send(): void {
    if (this.queue.size + this.aloneQueue.size === 0) return
    const isQuiet = this.open.size === 0
    if ([...this.open.values()].some(({ isAlone }) => isAlone)) return
    for (const call of this.queue.values()) {
      if (this.open.size >= mostOpen) break
      this.sendOne(call)
    }
    const [suspect] = this.aloneQueue.values()
    if (suspect && this.open.size === 0) this.sendOne(suspect)
    if (!isQuiet || this.open.size === 0) return
    this.watchSilence()
    this.lookLater()
  }

  private sendOne(call: Call): void {
    this.queueOf(call).delete(call.id)
    this.open.set(call.id, call)
    this.process?.call(call)
  }

  /** Silence is a fault where something was asked; where nothing was, it is a reason to end. Begins anew with each message. */
  private watchSilence(): void {
    if (this.open.size === 0) return this.setDeadline(idleMs, () => this.endProcess())
    this.setDeadline(this.longestTimeoutMs + silenceMs, () => {
      const silent = this.process
      // An agent that was held up itself has the answers on their way.
      setImmediate(() => {
        if (this.process === silent && this.deadline === null)
          this.lose('silent', noAnswerWithin(this.longestTimeoutMs))
      })
    })
  }

  private hear(message: FunctionMessage): void {
    if (message.kind === 'failed') return this.failFile(message.message)
    if (message.kind === 'ready') this.phase = 'ready'
    else this.hearOf(message)
    this.watchSilence()
    this.proceed()
  }

  private hearOf(message: Exclude<FunctionMessage, { kind: 'ready' | 'failed' }>): void {
    // It may have been given up meanwhile.
    const call = this.open.get(message.id)
    switch (message.kind) {
      case 'begun':
      case 'waiting':
        this.hasBegunAny = true
        if (!call) return
        call.stage = message.kind
        return
      case 'value':
        this.failures = 0
        this.failure = null
        if (!call) return
        this.suspects.delete(keyOf(call.path))
        return this.settle(call, { ok: true, value: message.value })
      case 'error':
        if (message.isHung) this.phase = 'retiring'
        if (!call) return
        if (message.isHung) this.suspects.add(keyOf(call.path))
        return this.settle(call, { ok: false, reason: message.message })
      default:
        return message satisfies never
    }
  }

  private lose(cause: DeathCause, how: string): void {
    const isWorking = this.hasBegunAny
    const isLoading = this.phase === 'loading'
    this.endProcess()
    if (isLoading) return this.failFile(how)
    const { guilty, suspects, others } = blame([...this.open.values()], cause)
    if (!isWorking && this.isBusy && guilty.length + suspects.length === 0) return this.failFile(how)
    for (const call of guilty) {
      this.suspects.add(keyOf(call.path))
      this.settle(call, { ok: false, reason: reasonOf(cause, how) })
    }
    for (const { path } of suspects) this.suspects.add(keyOf(path))
    this.askAnew(others, false)
    this.askAnew(suspects, true)
    this.proceed()
  }

  /** Nothing in it can be asked, so all fail, and so do those who ask before it is tried again. */
  private failFile(why: string): void {
    this.endProcess()
    this.failures += 1
    const reason = `the functions of ${this.file} could not be asked: ${why}`
    const waitMs = backoffDelay(backoff, this.failures, 0)
    this.failure = { reason, until: this.options.clock.monotonic() + waitMs }
    this.failAll(reason)
  }

  private giveUp(call: Call): void {
    this.settle(call, { ok: false, reason: noTurn })
    this.proceed()
  }

  /** Ahead of those that were asked later. */
  private askAnew(calls: readonly Call[], isAlone: boolean): void {
    const now = this.options.clock.monotonic()
    const behind = [...(isAlone ? this.aloneQueue : this.queue).values()]
    for (const call of calls) {
      this.forget(call)
      call.stage = 'sent'
      call.isAlone = isAlone
      if (now >= call.until) this.settle(call, { ok: false, reason: noTurn })
      else this.enqueue(call)
    }
    for (const call of behind) {
      this.forget(call)
      this.enqueue(call)
    }
  }

  private enqueue(call: Call): void {
    this.queueOf(call).set(call.id, call)
  }

  private queueOf({ isAlone }: Call): Map<number, Call> {
    return isAlone ? this.aloneQueue : this.queue
  }

  private forget({ id }: Call): void {
    this.open.delete(id)
    this.queue.delete(id)
    this.aloneQueue.delete(id)
  }

  private failAll(reason: string): void {
    const all = [...this.open.values(), ...this.queue.values(), ...this.aloneQueue.values()]
    for (const call of all) this.settle(call, { ok: false, reason })
  }

  private settle(call: Call, answer: FunctionAnswer): void {
    this.forget(call)
    call.waiting.cancel()
    call.settle(answer)
  }

  private endProcess(): void {
    this.deadline?.cancel()
    this.look?.cancel()
    this.deadline = null
    this.look = null
    this.process?.kill()
    this.process = null
  }

  private setDeadline(ms: number, onPassed: () => void): void {
    this.deadline?.cancel()
    this.deadline = this.options.clock.after(ms, () => {
      this.deadline = null
      onPassed()
    })
  }

  private lookLater(): void {
    this.look?.cancel()
    this.look = this.options.clock.after(this.isBusy ? lookMs.busy : lookMs.idle, () => {
      const bytes = this.process?.rssBytes() ?? 0
      this.lookLater()
      if (bytes > this.maxBytes)
        this.lose('memory', `its process took more than ${this.maxBytes / 1024 ** 2} MB`)
    })
  }
}

const noTurn = `the function had no turn within ${longestWaitMs / 1000} s, since others of its file took that long`

function reasonOf(cause: DeathCause, how: string): string {
  switch (cause) {
    case 'ended':
    case 'memory':
      return `the function gave no answer: ${how}`
    case 'silent':
      return how
    default:
      return cause satisfies never
  }
}

function keyOf(path: readonly string[]): string {
  return path.join('\0')
}
