/**
 * Answers that go on: server-sent events and bytes. Nothing is read from the source before the client has taken what came before, so a
 * slow client costs one piece of memory and no more. When the client goes, the source is told to end, also in the middle of a wait.
 */
import { systemClock, type Timer } from '../clock.ts'
import { heartbeatFrame, writeFrame } from '../contract/event-stream.ts'
import type { ErrorView } from '../contract/views.ts'

export interface EventStreamOptions<T> {
  readonly source: AsyncIterable<T>
  /** Tells the source that nobody listens any more. */
  readonly stop: () => void
  /** Why the source was told to end, where that is an error. */
  readonly stopReason?: () => unknown
  readonly frameId: ((value: T) => string) | undefined
  readonly toErrorView: (error: unknown) => ErrorView
  readonly heartbeatMs: number
}

type Arrival<T> = IteratorResult<T> | { readonly error: unknown }

/** The frames of the source, a comment whenever it is quiet for a while, and at its end `end` or `error`. */
export function eventStream<T>(options: EventStreamOptions<T>): ReadableStream<Uint8Array> {
  const { source, stop, frameId, toErrorView, heartbeatMs } = options
  const iterator = source[Symbol.asyncIterator]()
  const arrivals = new Arrivals(iterator, heartbeatMs)
  const encoder = new TextEncoder()
  return new ReadableStream<Uint8Array>({
    start(controller) {
      // The source begins to listen before the client sees the headers, so that from then on it misses nothing.
      arrivals.ask()
      controller.enqueue(encoder.encode(heartbeatFrame))
    },
    async pull(controller) {
      const arrival = await arrivals.next()
      if (arrival === 'quiet') return controller.enqueue(encoder.encode(heartbeatFrame))
      controller.enqueue(encoder.encode(toFrame(arrival)))
      if ('error' in arrival || arrival.done) {
        controller.close()
        stop()
      }
    },
    async cancel() {
      arrivals.cancel()
      stop()
      await iterator.return?.()
    },
  })

  function toFrame(arrival: Arrival<T>): string {
    if ('error' in arrival) {
      return writeFrame({ event: 'error', data: JSON.stringify(toErrorView(arrival.error)) })
    }
    const reason = arrival.done ? (options.stopReason?.() ?? null) : null
    if (reason !== null) return writeFrame({ event: 'error', data: JSON.stringify(toErrorView(reason)) })
    if (arrival.done) return writeFrame({ event: 'end', data: '' })
    const data = JSON.stringify(arrival.value)
    return writeFrame(frameId ? { id: frameId(arrival.value), data } : { data })
  }
}

/**
 * The next value, or `quiet` after a while. Each value is asked for once and given one callback, however many heartbeats pass before it
 * comes: with `Promise.race`, a quiet day would pile up callbacks on the one pending promise.
 */
class Arrivals<T> {
  readonly #iterator: AsyncIterator<T>
  readonly #quietMs: number
  #isAsked = false
  #arrived: Arrival<T> | null = null
  #wake: () => void = () => {}
  #timer: Timer | null = null

  constructor(iterator: AsyncIterator<T>, quietMs: number) {
    this.#iterator = iterator
    this.#quietMs = quietMs
  }

  async next(): Promise<Arrival<T> | 'quiet'> {
    this.ask()
    if (!this.#arrived) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
        this.#timer = systemClock.after(this.#quietMs, resolve)
      })
      this.#timer?.cancel()
    }
    const arrived = this.#arrived
    if (!arrived) return 'quiet'
    this.#arrived = null
    this.#isAsked = false
    return arrived
  }

  cancel(): void {
    this.#timer?.cancel()
  }

  ask(): void {
    if (this.#isAsked) return
    this.#isAsked = true
    const arrive = (arrival: Arrival<T>): void => {
      this.#arrived = arrival
      this.#wake()
    }
    this.#iterator.next().then(arrive, (error: unknown) => arrive({ error }))
  }
}

/** The pieces of the source, each read once the one before is taken. An error cuts the connection: the status is long sent. */
export function byteStream(
  source: AsyncIterable<Uint8Array>,
  stop: () => void,
  stopReason: () => unknown = () => null,
): ReadableStream<Uint8Array> {
  const iterator = source[Symbol.asyncIterator]()
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const { done, value } = await iterator.next()
        const reason = stopReason()
        if (reason !== null) throw reason
        if (!done) return controller.enqueue(value)
        controller.close()
      } catch (error) {
        controller.error(error)
      }
      stop()
    },
    async cancel() {
      stop()
      await iterator.return?.()
    },
  })
}
