/**
 * All listeners of the configuration: each follows the events by itself, from its own place, at its own pace, and in processes of its own, so that
 * none of them holds up another one, or the agent. Their places are written together, soon after they moved.
 */
import type { Clock, Timer } from '../../clock.ts'
import type { EventView } from '../../contract/views.ts'
import type { DroverEvent, EventLevel } from '../../domain/events/event.ts'
import { isSameListener, type Listener } from '../../domain/events/listener.ts'
import type { Store } from '../../store/store.ts'
import type { Draft } from '../reconcile/draft.ts'
import { CommandReceiver } from './command-receiver.ts'
import { EventFollower } from './event-follower.ts'
import { FunctionReceiver } from './function-receiver.ts'
import type { Receiver } from './receiver.ts'

export interface ListenersOptions {
  readonly clock: Clock
  readonly store: Pick<Store, 'pageEvents' | 'loadListeners' | 'lastEventId' | 'record'>
  readonly shim: string
  /** The built `config-host`. */
  readonly hostPath: string
  readonly node: string
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly groupOf: (program: string) => string
  readonly view: (event: DroverEvent) => EventView
  readonly tell: (change: (draft: Draft) => void) => void
  readonly say: (level: EventLevel, text: string) => void
  readonly complain: (message: string, error: unknown) => void
}

/** Of all listeners together; killed within it, they are told again what they were told meanwhile. */
const saveEveryMs = 100
const retryMs = 1000

export class Listeners {
  private readonly options: ListenersOptions
  private readonly followers = new Map<string, EventFollower>()
  private readonly saved = new Map<string, number>()
  private head = 0
  private isHeld = false
  private saving: Promise<void> | null = null
  private saveTimer: Timer | null = null
  private retry: Timer | null = null
  private isClosed = false
  private onRest: () => void = () => {}

  constructor(options: ListenersOptions) {
    this.options = options
  }

  /** What is declared now, in the order of the names; empty until `start`. */
  all(): EventFollower[] {
    return [...this.followers.values()].sort((a, b) => (a.listener.name < b.listener.name ? -1 : 1))
  }

  get lastEvent(): number {
    return this.head
  }

  /** As the last configuration that could be read said. */
  async loadDeclared(): Promise<Listener[]> {
    return (await this.options.store.loadListeners()).map(({ listener }) => listener)
  }

  /** Makes these the ones that are known to the store, with the changes of a draft. */
  async declare(listeners: readonly Listener[]): Promise<(draft: Draft) => void> {
    const known = await this.options.store.loadListeners()
    const names = new Set(listeners.map(({ name }) => name))
    return (draft) => {
      for (const { name } of known) if (!names.has(name)) draft.setListener(name, null)
      for (const listener of listeners) {
        const same = known.find(({ name }) => name === listener.name)
        if (!same || !isSameListener(same.listener, listener)) draft.setListener(listener.name, listener)
      }
    }
  }

  /** Until `follow`, no listener comes further than it could now: what is about to be recorded is for those that are declared by it. */
  hold(): void {
    this.isHeld = true
  }

  /** What is declared in the store is followed from now on. After a reload the files are loaded anew, whether or not a definition changed. */
  async follow(): Promise<void> {
    try {
      await this.followStored()
    } catch (error) {
      if (this.isClosed) return
      this.options.complain('The listeners could not be read', error)
      this.retry = this.options.clock.after(retryMs, () => void this.follow())
    }
  }

  /** What was just recorded. */
  notice(events: readonly DroverEvent[]): void {
    const last = events.at(-1)
    if (last === undefined || this.isHeld) return
    this.head = Math.max(this.head, last.id)
    for (const follower of this.followers.values()) follower.notice(events)
  }

  /** Waits until all that are well were told of everything, but not longer than this. */
  async finish(mostMs: number): Promise<void> {
    const isDone = (): boolean => this.all().every(({ state, isAtHead }) => isAtHead || state === 'pausing')
    if (isDone()) return
    await new Promise<void>((resolve) => {
      const timer = this.options.clock.after(mostMs, resolve)
      this.onRest = () => {
        if (!isDone()) return
        timer.cancel()
        resolve()
      }
    })
    this.onRest = () => {}
  }

  /** What is under way ends at once. How far they have come is written as long as the store is open. */
  async close(): Promise<void> {
    this.isClosed = true
    this.saveTimer?.cancel()
    this.retry?.cancel()
    for (const follower of this.followers.values()) follower.close()
    await this.saving
    await this.save()
  }

  private async followStored(): Promise<void> {
    if (this.isClosed) return
    const stored = await this.options.store.loadListeners()
    this.head = Math.max(this.head, await this.options.store.lastEventId())
    this.isHeld = false
    if (this.isClosed) return
    const names = new Set(stored.map(({ name }) => name))
    for (const [name, follower] of this.followers) {
      if (names.has(name)) continue
      follower.close()
      this.followers.delete(name)
      this.saved.delete(name)
    }
    for (const { name, listener, cursor } of stored) {
      const known = this.followers.get(name)
      if (!known) this.begin(listener, cursor)
      else if (isSameListener(known.listener, listener)) known.reload()
      else known.change(listener)
    }
    for (const follower of this.followers.values()) follower.wake()
  }

  private begin(listener: Listener, cursor: number): void {
    const { clock, store, groupOf, view, tell, complain } = this.options
    this.saved.set(listener.name, cursor)
    const follower = new EventFollower(listener, cursor, {
      clock,
      store,
      head: () => this.head,
      groupOf,
      view,
      receive: (declared) => this.receiverOf(declared),
      onMoved: () => {
        this.saveSoon()
        this.onRest()
      },
      record: (kind, data, position) => {
        tell((draft) => {
          draft.event(kind, data)
          draft.moveListener(data.listener, position)
        })
        this.onRest()
      },
      complain,
    })
    this.followers.set(listener.name, follower)
  }

  private receiverOf(listener: Listener): Receiver {
    const { clock, shim, hostPath, node, environment, say } = this.options
    const { name, action, timeoutMs } = listener
    return action.kind === 'function'
      ? new FunctionReceiver({
          listener: name,
          reference: action.reference,
          timeoutMs,
          clock,
          hostPath,
          environment,
          say,
        })
      : new CommandReceiver({ listener: name, action, timeoutMs, shim, node, environment, say })
  }

  /** At once, and then no more often than now and then. */
  private saveSoon(): void {
    if (this.saving || this.saveTimer || this.isClosed) return
    this.saving = this.save().finally(() => {
      this.saving = null
      if (this.isClosed) return
      this.saveTimer = this.options.clock.after(saveEveryMs, () => {
        this.saveTimer = null
        if (this.moved().length > 0) this.saveSoon()
      })
    })
  }

  private async save(): Promise<void> {
    const cursors = this.moved()
    if (cursors.length === 0) return
    try {
      await this.options.store.record({ cursors })
      for (const { name, cursor } of cursors) if (this.followers.has(name)) this.saved.set(name, cursor)
    } catch (error) {
      // It is written with the next move.
      this.options.complain('How far listeners have come could not be written', error)
    }
  }

  private moved(): { name: string; cursor: number }[] {
    return [...this.followers].flatMap(([name, { position }]) =>
      position > (this.saved.get(name) ?? 0) ? [{ name, cursor: position }] : [],
    )
  }
}
