/**
 * A function of the configuration as a listener: it is called with one event after another, in a process of its own that loads its file once
 * and keeps it. Events go there in batches that take some tenths of a second, and it tells which one it is at; so of a process that falls
 * silent, dies or throws it is known at which event.
 *
 *   none ──deliver──▶ loading ──ready──▶ ready ──at, at, … done──▶ ready
 *     ▲                  │ failed          │ silent, died, too large, long idle, reload
 *     └──────────────────┴─────────────────┘
 */
import type { Clock, Timer } from '../../clock.ts'
import { type EventsMessage, noAnswerWithin } from '../../config/load/function-call.ts'
import type { EventView } from '../../contract/views.ts'
import type { EventLevel } from '../../domain/events/event.ts'
import type { FunctionReference } from '../../domain/jobs/job.ts'
import type { Milliseconds } from '../../domain/milliseconds.ts'
import { FunctionProcess } from '../../process/function-process.ts'
import type { DeliveryEnd, DeliveryNews, Receiver } from './receiver.ts'

export interface FunctionReceiverOptions {
  readonly listener: string
  readonly reference: FunctionReference
  /** For one event. */
  readonly timeoutMs: Milliseconds
  readonly clock: Clock
  /** The built `config-host`. */
  readonly hostPath: string
  readonly environment: Readonly<Record<string, string | undefined>>
  /** What it prints, and errors beside the calls. */
  readonly say: (level: EventLevel, text: string) => void
}

/** What the process may have in memory. */
const mostBytes = 512 * 1024 ** 2
const loadTimeoutMs = 10_000
const idleMs = 600_000
const lookMs = 10_000
/** Events of one message: as many as take so long, so that little is handed on again after a kill. */
const largestBatch = 256
const batchMs = { tooShort: 50, tooLong: 300 } as const

/** What is under way with the process: its load, or a batch. */
interface Task {
  readonly hear: (message: EventsMessage) => void
  readonly lose: (how: string) => void
}

export class FunctionReceiver implements Receiver {
  private readonly options: FunctionReceiverOptions
  private process: FunctionProcess<EventsMessage> | null = null
  private task: Task | null = null
  private batch = 1
  private lastId = 0
  private isOutdated = false
  private isClosed = false
  private idle: Timer | null = null
  private lookedAt = 0

  constructor(options: FunctionReceiverOptions) {
    this.options = options
  }

  async deliver(events: readonly EventView[], news: DeliveryNews): Promise<DeliveryEnd> {
    this.idle?.cancel()
    this.idle = null
    for (let at = 0; at < events.length && news.mayGoOn(); ) {
      if (this.isOutdated) this.endProcess()
      const trouble = this.process ? null : await this.begin()
      if (trouble !== null) return { kind: 'absent', reason: trouble }
      const part = events.slice(at, at + this.batch)
      const since = this.options.clock.monotonic()
      const end = await this.hand(part, news)
      if (end) {
        this.endProcess()
        this.batch = 1
        return end
      }
      this.adapt(this.options.clock.monotonic() - since)
      at += part.length
    }
    this.endLater()
    return { kind: 'done' }
  }

  reload(): void {
    this.isOutdated = true
    if (!this.task) this.endProcess()
  }

  close(): void {
    this.isClosed = true
    this.idle?.cancel()
    const { task } = this
    this.endProcess()
    task?.lose('the agent is ending')
  }

  /** Null once the file is loaded; else why it is not. */
  private begin(): Promise<string | null> {
    const { clock, hostPath, reference, environment, say, listener } = this.options
    const cannot = (why: string): string => `the functions of ${reference.file} could not be loaded: ${why}`
    if (this.isClosed) return Promise.resolve(cannot('the agent is ending'))
    this.isOutdated = false
    return new Promise((resolve) => {
      const settle = (trouble: string | null): void => {
        timer.cancel()
        this.task = null
        if (trouble !== null) this.endProcess()
        resolve(trouble)
      }
      const timer = clock.after(loadTimeoutMs, () =>
        settle(cannot(`it took longer than ${loadTimeoutMs / 1000} s`)),
      )
      this.task = {
        hear: (message) => {
          if (message.kind === 'ready') settle(null)
          else if (message.kind === 'failed') settle(cannot(message.message))
        },
        lose: (how) => settle(cannot(how)),
      }
      try {
        const begun: FunctionProcess<EventsMessage> = new FunctionProcess<EventsMessage>(
          { hostPath, file: reference.file, environment, maxHeapBytes: mostBytes },
          {
            onMessage: (message) => {
              if (this.process === begun) this.hear(message)
            },
            onGone: (how) => {
              if (this.process === begun) this.lose(how)
            },
            onPrinted: (line, stream) =>
              say(stream === 'stderr' ? 'notice' : 'debug', `listener ${listener}: ${line}`),
          },
        )
        this.process = begun
      } catch (error) {
        settle(cannot((error as Error).message))
      }
    })
  }

  private hear(message: EventsMessage): void {
    if (message.kind !== 'trouble') return this.task?.hear(message)
    const { listener, say } = this.options
    say('error', `listener ${listener}: beside its calls the file threw an error: ${message.message}`)
  }

  /** Between two batches nobody minds; the next one begins another. */
  private lose(how: string): void {
    const { task } = this
    this.process = null
    task?.lose(how)
  }

  /** Null once all of them are handled. */
  private hand(events: readonly EventView[], news: DeliveryNews): Promise<DeliveryEnd | null> {
    const { clock, reference, timeoutMs } = this.options
    this.lastId += 1
    const id = this.lastId
    return new Promise((resolve) => {
      let current: number | null = null
      let heardAt = clock.monotonic()
      let deadline: Timer
      const settle = (end: DeliveryEnd | null): void => {
        deadline.cancel()
        this.task = null
        resolve(end)
      }
      const lost = (reason: string): DeliveryEnd =>
        current === null ? { kind: 'absent', reason } : { kind: 'lost', event: current, reason }
      const finish = (): void => {
        if (current !== null) news.handled(current)
        current = null
      }
      // One timer for many events: it looks how long the last word is ago.
      const watch = (ms: number): void => {
        deadline = clock.after(ms, () => {
          // An agent that was held up itself has the words on their way.
          setImmediate(() => {
            if (this.task !== task) return
            const leftMs = heardAt + timeoutMs - clock.monotonic()
            if (leftMs > 0) watch(leftMs)
            else settle(lost(noAnswerWithin(timeoutMs)))
          })
        })
      }
      const task: Task = {
        hear: (message) => {
          if (!('id' in message) || message.id !== id) return
          heardAt = clock.monotonic()
          if (message.kind === 'missing') return settle({ kind: 'absent', reason: message.message })
          if (message.kind === 'threw') {
            current = null
            return news.failed(message.event, message.message)
          }
          finish()
          if (message.kind === 'at') current = message.event
          else settle(null)
        },
        lose: (how) => settle(lost(`the function gave no answer: ${how}`)),
      }
      this.task = task
      watch(timeoutMs)
      this.process?.call({ id, path: reference.path, events })
    })
  }

  private adapt(tookMs: number): void {
    if (tookMs < batchMs.tooShort) this.batch = Math.min(largestBatch, this.batch * 2)
    if (tookMs > batchMs.tooLong) this.batch = Math.max(1, Math.floor(this.batch / 2))
    const now = this.options.clock.monotonic()
    if (now - this.lookedAt < lookMs) return
    this.lookedAt = now
    if ((this.process?.rssBytes() ?? 0) <= mostBytes) return
    const { listener, say } = this.options
    say(
      'warning',
      `listener ${listener}: its process took more than ${mostBytes / 1024 ** 2} MB and is replaced`,
    )
    this.endProcess()
  }

  private endLater(): void {
    if (this.isClosed) return
    this.idle?.cancel()
    this.idle = this.options.clock.after(idleMs, () => this.endProcess())
  }

  private endProcess(): void {
    this.process?.kill()
    this.process = null
  }
}
