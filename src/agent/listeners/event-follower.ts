/**
 * One listener at work: pulls the events after its place from the store, page by page, hands them to its receiver, and moves its place. It
 * pulls no more than its receiver takes, so that memory stays as it is however many events there are and however slow it is.
 *
 *   idle ──wake──▶ working ──all told──▶ idle
 *                     │ hung, died, could not be begun
 *                     ▼
 *                  pausing ──backoff──▶ working
 *
 * What it has handled is stored soon after. Killed in between, the next agent hands on again what was not stored: each event reaches the
 * listener at least once, in order.
 */
import type { Clock, Timer } from '../../clock.ts'
import type { EventView } from '../../contract/views.ts'
import { backoffDelay } from '../../domain/backoff.ts'
import type { DroverEvent, EventData } from '../../domain/events/event.ts'
import { isMeantFor, isTrouble, type Listener } from '../../domain/events/listener.ts'
import type { Backoff } from '../../domain/program.ts'
import type { Store } from '../../store/store.ts'
import type { DeliveryEnd, Receiver } from './receiver.ts'

export interface EventFollowerOptions {
  readonly clock: Clock
  readonly store: Pick<Store, 'pageEvents'>
  /** The last event that was recorded. */
  readonly head: () => number
  readonly groupOf: (program: string) => string
  readonly view: (event: DroverEvent) => EventView
  readonly receive: (listener: Listener) => Receiver
  /** It has come further. */
  readonly onMoved: () => void
  /** Records what went wrong, together with how far it has come. */
  readonly record: <K extends 'listener.failed' | 'listener.lagged'>(
    kind: K,
    data: EventData[K],
    cursor: number,
  ) => void
  readonly complain: (message: string, error: unknown) => void
}

export interface ListenerFailure {
  readonly at: number
  readonly event: number | null
  readonly reason: string
}

/** Events that are looked through in one go for those that are meant. */
const widestLook = 20_000
const pageEvents = 256
const pageBytes = 2 * 1024 ** 2
/** One event for each kind of trouble in so long; what comes between is counted. */
const tellEveryMs = 60_000
const backoff: Backoff = { kind: 'exponential', initialMs: 1000, factor: 2, maxMs: 30_000, jitter: 0 }
const retryStoreMs = 1000

type Trouble = 'threw' | 'lost' | 'absent'

export class EventFollower {
  listener: Listener
  /** The last event that it need not be told any more. */
  position: number
  failures = 0
  lastFailure: ListenerFailure | null = null
  /** When a pause is over, wall clock; null: there is none. */
  pausesUntil: number | null = null
  private readonly options: EventFollowerOptions
  private receiver: Receiver
  private next: Listener | null = null
  private isAtWork = false
  private isClosed = false
  private pause: Timer | null = null
  private inARow = 0
  private readonly told = new Set<Trouble>()
  private untold = 0
  private lastUntold: (ListenerFailure & { readonly trouble: Trouble }) | null = null
  private window: Timer | null = null

  constructor(listener: Listener, position: number, options: EventFollowerOptions) {
    this.listener = listener
    this.position = position
    this.options = options
    this.receiver = options.receive(listener)
  }

  get state(): 'idle' | 'working' | 'pausing' {
    if (this.pause) return 'pausing'
    return this.isAtWork ? 'working' : 'idle'
  }

  get isAtHead(): boolean {
    return this.position >= this.options.head()
  }

  /** Of one that waits for news and is told here that there is nothing for it, no store is asked. */
  notice(events: readonly DroverEvent[]): void {
    const [first] = events
    const isContiguous =
      first !== undefined && !this.isAtWork && !this.pause && this.position === first.id - 1
    if (isContiguous && !events.some((event) => this.isMeant(event)))
      this.position = events.at(-1)?.id ?? this.position
    else this.wake()
  }

  wake(): void {
    if (this.isAtWork || this.pause || this.isClosed || this.isAtHead) return
    this.isAtWork = true
    void this.work()
  }

  /** The same name, and another definition or other files: it goes on from where it is. */
  change(listener: Listener): void {
    this.next = listener
    if (!this.isAtWork) this.replace()
    // What was wrong may be right now.
    this.inARow = 0
    this.pause?.cancel()
    this.pause = null
    this.pausesUntil = null
    this.wake()
  }

  reload(): void {
    this.receiver.reload()
    this.change(this.listener)
  }

  close(): void {
    this.isClosed = true
    this.pause?.cancel()
    this.window?.cancel()
    this.receiver.close()
  }

  private async work(): Promise<void> {
    try {
      while (!this.isClosed && !this.pause && !this.isAtHead) await this.step()
    } catch (error) {
      // A step that is not done is done again; its events were not moved past.
      if (!this.isClosed) {
        this.options.complain(`Listener ${this.listener.name} could not go on`, error)
        this.pauseFor(retryStoreMs)
      }
    }
    this.isAtWork = false
    if (this.next && !this.isClosed) this.replace()
    this.wake()
  }

  private replace(): void {
    const { next } = this
    this.next = null
    if (!next || next === this.listener) return
    this.listener = next
    this.receiver.close()
    this.receiver = this.options.receive(next)
  }

  private async step(): Promise<void> {
    if (this.next) this.replace()
    const { store, head, view } = this.options
    const { events, to, oldest } = await store.pageEvents({
      after: this.position,
      upTo: Math.min(head(), this.position + widestLook),
      kinds: this.listener.on,
      limit: pageEvents,
      mostBytes: pageBytes,
    })
    if (this.isClosed) return
    const first = oldest ?? to + 1
    if (first > this.position + 1) this.lag(first - 1)
    const meant = events.filter((event) => event.id > this.position && this.isMeant(event))
    const end = await this.hand(meant)
    if (this.isClosed) return
    if (end.kind === 'done') {
      // With what was left because of a change the next step begins.
      const isAll = meant.length === 0 || this.position >= (meant.at(-1)?.id ?? 0)
      if (isAll) this.move(Math.max(to, this.position))
      return
    }
    const failed = end.kind === 'lost' ? meant.find(({ id }) => id === end.event) : undefined
    this.fail(end.kind, failed ? view(failed) : null, end.reason)
    this.inARow += 1
    this.pauseFor(backoffDelay(backoff, this.inARow, 0))
  }

  private async hand(meant: readonly DroverEvent[]): Promise<DeliveryEnd> {
    if (meant.length === 0) return { kind: 'done' }
    const views = meant.map((event) => this.options.view(event))
    const byId = new Map(views.map((event) => [event.id, event]))
    return await this.receiver.deliver(views, {
      handled: (id) => {
        this.inARow = 0
        this.move(id)
      },
      failed: (id, reason) => {
        // It throws, but it is there.
        this.inARow = 0
        this.fail('threw', byId.get(id) ?? null, reason)
      },
      mayGoOn: () => !this.isClosed && this.next === null,
    })
  }

  private isMeant(event: DroverEvent): boolean {
    return isMeantFor(event, this.listener, this.options.groupOf)
  }

  private move(to: number): void {
    if (to <= this.position) return
    this.position = to
    this.options.onMoved()
  }

  private lag(to: number): void {
    const data = { listener: this.listener.name, from: this.position + 1, to }
    this.position = to
    this.options.record('listener.lagged', data, to)
  }

  private fail(trouble: Trouble, event: EventView | null, reason: string): void {
    const { clock, complain } = this.options
    const { name } = this.listener
    this.failures += 1
    const failure = { at: clock.now(), event: event?.id ?? null, reason }
    this.lastFailure = failure
    if (event) this.position = Math.max(this.position, event.id)
    // In the log alone: as an event it could be what another listener fails at, and so on for ever.
    const isEcho = event !== null && isTrouble({ kind: event.kind } as DroverEvent)
    if (isEcho) complain(`Listener ${name} failed at an event about a listener`, reason)
    if (isEcho || this.told.has(trouble)) {
      this.untold += 1
      this.lastUntold = isEcho ? this.lastUntold : { ...failure, trouble }
      return this.options.onMoved()
    }
    this.tell(trouble, failure)
  }

  private tell(trouble: Trouble, { event, reason }: ListenerFailure): void {
    const { clock, record } = this.options
    this.told.add(trouble)
    const others = this.untold
    this.untold = 0
    this.lastUntold = null
    record('listener.failed', { listener: this.listener.name, event, reason, others }, this.position)
    this.window ??= clock.after(tellEveryMs, () => this.beginWindow())
  }

  /** What was counted meanwhile is told by the last of it. */
  private beginWindow(): void {
    this.window = null
    this.told.clear()
    const { lastUntold } = this
    if (!lastUntold || this.isClosed) return
    this.untold -= 1
    this.tell(lastUntold.trouble, lastUntold)
  }

  private pauseFor(ms: number): void {
    const { clock } = this.options
    this.pausesUntil = clock.now() + ms
    this.pause?.cancel()
    this.pause = clock.after(ms, () => {
      this.pause = null
      this.pausesUntil = null
      this.wake()
    })
  }
}
