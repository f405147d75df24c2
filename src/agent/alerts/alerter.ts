/**
 * Decides what people are told: reads the events after those that were decided, in their order, and records what follows together with how far it has come. So an event that
 * was recorded before the agent died is decided by the next one, and none twice. What should succeed in time is watched in the same way.
 *
 * It keeps nothing that the store does not have; whoever changes routes or heartbeats only says so.
 */
import type { Clock, Timer } from '../../clock.ts'
import type { Delivery } from '../../domain/alerting/alert.ts'
import { AlertBook, type AlertState, keyOf, noAlertState } from '../../domain/alerting/alert-book.ts'
import { type AlertSettings, type Heartbeat, noAlerts } from '../../domain/alerting/alert-settings.ts'
import { clearingKinds } from '../../domain/alerting/conditions.ts'
import { beatOf, HeartbeatBook, type HeartbeatState } from '../../domain/alerting/heartbeat-book.ts'
import {
  type DroverEvent,
  type EventKind,
  type EventLevel,
  eventKinds,
  matchesKind,
} from '../../domain/events/event.ts'
import { UserError } from '../../domain/user-error.ts'
import type { Store } from '../../store/store.ts'
import type { Draft } from '../reconcile/draft.ts'

export interface AlerterOptions {
  readonly clock: Clock
  readonly store: Pick<
    Store,
    | 'loadAlerts'
    | 'listOpenDeliveries'
    | 'listDeliveries'
    | 'loadHeartbeats'
    | 'loadNote'
    | 'listEvents'
    | 'lastEventId'
  >
  readonly node: string
  /** Nothing is missed before this and its grace, since nobody looked and nobody could ping. */
  readonly watchedSince: number
  readonly newId: () => string
  /** Resolves once the change is recorded, rejects when it is not. */
  readonly record: (change: (draft: Draft) => void) => Promise<void>
  readonly groupOf: (program: string) => string | null
  /** Of this node. */
  readonly labels: () => Readonly<Record<string, string>>
  readonly titleOf: (slot: string | null) => string | null
  readonly levelOf: (event: DroverEvent) => EventLevel
  /** New ones, that are to be sent. */
  readonly deliver: (deliveries: readonly Delivery[]) => void
  readonly complain: (message: string, error: unknown) => void
}

/** Events that are decided together. */
const page = 500
const retryMs = 1000
/** How far it has come is recorded by itself after so many events that concern nobody. */
const recordEvery = 5000
/** The longest that a set clock goes unnoticed. */
const longestSleepMs = 60_000
/** So many deliveries of before count for digests. */
const mostRecent = 2000

const beats: readonly EventKind[] = ['job.succeeded', 'job.warned', 'run.ended']

export class Alerter {
  private readonly options: AlerterOptions
  private settings: AlertSettings = noAlerts
  private alerts: AlertState = noAlertState
  private heartbeats: ReadonlyMap<string, HeartbeatState> = new Map()
  /** All up to here is decided; null: nobody watches. */
  private cursor: number | null = null
  /** As the store has it; null: as nobody watched. */
  private recorded: number | null = null
  private newest = 0
  /** From here on events matter to settings that come into force where nobody watched before. */
  private begin = 0
  private timer: Timer | null = null
  private isRunning = false
  private isToRunAgain = false
  private isStarted = false
  private isClosed = false
  /** Those whose turn comes after what is being decided. */
  private waiting: (() => void)[] = []

  constructor(options: AlerterOptions) {
    this.options = options
  }

  /** Before anything of this agent is recorded. Gives the deliveries that are not over. */
  async load(settings: AlertSettings): Promise<readonly Delivery[]> {
    const { store } = this.options
    this.settings = settings
    this.newest = await store.lastEventId()
    const note = await store.loadNote('alerted')
    this.recorded = note ? Number(note) : null
    const open = await store.listOpenDeliveries()
    const alerts = new Map(
      (await store.loadAlerts()).map((alert) => [keyOf(alert.route, alert.condition), alert]),
    )
    const told = new Map<string, number[]>()
    for (const one of (
      await store.listDeliveries({ channel: null, states: [], limit: mostRecent })
    ).reverse()) {
      if (one.route === null || one.state === 'held' || one.state === 'digested') continue
      const line = `${one.route} ${one.channel}`
      told.set(line, [...(told.get(line) ?? []), one.createdAt])
    }
    this.alerts = { alerts, told, held: open.filter(({ state }) => state === 'held') }
    this.heartbeats = new Map((await store.loadHeartbeats()).map((one) => [one.name, one]))
    this.cursor = isWatching(settings) ? (this.recorded ?? this.newest) : null
    this.begin = this.newest
    return open.filter(({ state }) => state === 'pending')
  }

  async start(): Promise<void> {
    this.newest = await this.options.store.lastEventId()
    this.isStarted = true
    await this.runOnce()
  }

  /**
   * Recorded with what makes them come into force: whoever comes after this agent knows the settings, and from where on events matter. What happened before
   * is nothing to those who were not watching.
   */
  declare(draft: Draft, settings: AlertSettings): void {
    draft.setNote('alerts', JSON.stringify(settings))
    if (!isWatching(settings)) draft.setNote('alerted', '')
    else if (this.recorded === null) {
      this.begin = this.newest
      draft.setNote('alerted', String(this.begin))
    }
  }

  /** Other routes or heartbeats are in force, as declared. */
  async follow(settings: AlertSettings): Promise<void> {
    await this.turn()
    this.settings = settings
    if (!isWatching(settings)) this.cursor = null
    else if (this.cursor === null) this.cursor = this.recorded = this.begin
    this.release()
    await this.runOnce()
  }

  /** Events were recorded. */
  notice(events: readonly DroverEvent[]): void {
    const last = events.at(-1)
    if (last) this.newest = last.id
    const kinds = this.kinds()
    if (isWatching(this.settings) && events.some(({ kind }) => kinds.includes(kind))) void this.runOnce()
  }

  get isDeciding(): boolean {
    return this.isRunning
  }

  close(): void {
    this.isClosed = true
    this.timer?.cancel()
  }

  /** What lasts now, by route. */
  open(): AlertState['alerts'] {
    return this.alerts.alerts
  }

  /** Names of those in force, in their order. */
  routes(): string[] {
    return this.settings.routes.map(({ name }) => name)
  }

  /** By name. */
  heartbeatsNow(): { readonly state: HeartbeatState; readonly rules: Heartbeat }[] {
    return [...this.heartbeats.values()]
      .flatMap((state) => {
        const rules = this.settings.heartbeats[state.name]
        return rules ? [{ state, rules }] : []
      })
      .sort((a, b) => (a.state.name < b.state.name ? -1 : 1))
  }

  /** Somebody says that it succeeded. */
  async ping(name: string): Promise<{ readonly state: HeartbeatState; readonly rules: Heartbeat }> {
    const rules = Object.hasOwn(this.settings.heartbeats, name) ? this.settings.heartbeats[name] : undefined
    if (!rules)
      throw new UserError('not_found', `There is no heartbeat \`${name}\`.`, {
        hint: 'Declare it in `heartbeats` of the configuration; `drover heartbeats` lists them.',
      })
    await this.turn()
    const { clock } = this.options
    const book = this.heartbeatBook()
    book.follow(clock.now())
    book.beat(name, clock.now())
    try {
      await this.options.record((draft) => this.writeHeartbeats(draft, book))
      this.heartbeats = book.state()
    } finally {
      this.release()
    }
    const state = this.heartbeats.get(name)
    if (!state) throw new Error(`Heartbeat ${name} is not watched.`)
    return { state, rules }
  }

  /** Decides what has happened, then sleeps until something is to be looked at. */
  async runOnce(): Promise<void> {
    if (!this.isStarted || this.isClosed) return
    if (this.isRunning) {
      this.isToRunAgain = true
      return
    }
    await this.turn()
    let hasFailed = false
    try {
      do this.isToRunAgain = false
      while ((await this.decide()) || this.isToRunAgain)
    } catch {
      // Who records has told of it, and nothing has happened.
      hasFailed = true
    } finally {
      this.release()
    }
    this.sleep(hasFailed ? retryMs : null)
  }

  private async turn(): Promise<void> {
    while (this.isRunning) await new Promise<void>((resolve) => this.waiting.push(resolve))
    this.isRunning = true
  }

  private release(): void {
    this.isRunning = false
    const [first, ...others] = this.waiting
    this.waiting = others
    first?.()
    if (!first && this.isToRunAgain) setImmediate(() => void this.runOnce())
  }

  /** True when there is more. */
  private async decide(): Promise<boolean> {
    const { clock, store, record, deliver } = this.options
    const newest = this.newest
    const kinds = this.kinds()
    const after = this.cursor
    const events =
      after === null || kinds.length === 0 || after >= newest
        ? []
        : await store.listEvents({ after, kinds, slots: null, limit: page, newest: false })
    const isFull = events.length === page
    const until =
      after === null ? null : isFull ? (events.at(-1)?.id ?? after) : Math.max(newest, events.at(-1)?.id ?? 0)
    const now = clock.now()
    const heartbeats = this.heartbeatBook()
    heartbeats.follow(now)
    const book = this.alertBook()
    for (const event of events) {
      const beat = beatOf(event)
      if (beat !== null) heartbeats.beat(beat, event.at)
      const group = event.program === null ? null : this.options.groupOf(event.program)
      const title = this.options.titleOf(event.slot)
      const labels = this.options.labels()
      book.take({ event, group, title, level: this.options.levelOf(event), labels }, now)
    }
    // What comes later in the log may be the sign of life that is looked for.
    if (!isFull) heartbeats.look(now)
    book.look(now)
    const changes = book.changes()
    const beaten = heartbeats.changes()
    const isChanged =
      changes.alerts.length + changes.removedAlerts.length + changes.deliveries.length > 0 ||
      beaten.heartbeats.length + beaten.removedHeartbeats.length > 0
    if (isChanged || this.isToRecord(until)) {
      await record((draft) => {
        draft.keepAlerts(changes)
        for (const { kind, data, program } of changes.events)
          draft.event(kind, data, program === null ? {} : { program })
        this.writeHeartbeats(draft, heartbeats)
        draft.setNote('alerted', until === null ? '' : String(until))
      })
      this.recorded = until
    }
    this.alerts = book.state()
    this.heartbeats = heartbeats.state()
    this.cursor = until
    deliver(changes.deliveries.filter(({ state }) => state === 'pending'))
    return isFull
  }

  /** From the first event on that matters it has to be known that somebody watched. */
  private isToRecord(until: number | null): boolean {
    if (until === null || this.recorded === null) return until !== this.recorded
    return until - this.recorded >= recordEvery
  }

  private writeHeartbeats(draft: Draft, book: HeartbeatBook): void {
    const { heartbeats, removedHeartbeats, events } = book.changes()
    draft.keepAlerts({ heartbeats, removedHeartbeats })
    for (const { kind, data, program } of events) {
      const customData = this.settings.heartbeats[program]?.customData ?? null
      draft.event(kind, data, { program, ...(customData === null ? {} : { customData }) })
    }
  }

  private alertBook(): AlertBook {
    const { node, newId } = this.options
    return new AlertBook(this.alerts, this.settings, { node, newId })
  }

  private heartbeatBook(): HeartbeatBook {
    const { watchedSince } = this.options
    return new HeartbeatBook(this.heartbeats, this.settings.heartbeats, watchedSince)
  }

  /** Of the events that can mean anything. */
  private kinds(): EventKind[] {
    const patterns = this.settings.routes.flatMap(({ match }) => match.events)
    const isWanted = (kind: EventKind): boolean =>
      patterns.some((pattern) => matchesKind(kind, pattern)) ||
      (patterns.length > 0 && clearingKinds.includes(kind)) ||
      (Object.keys(this.settings.heartbeats).length > 0 && beats.includes(kind))
    return eventKinds.filter((kind) => isWanted(kind) && kind !== 'run.output')
  }

  private sleep(forMs: number | null): void {
    this.timer?.cancel()
    if (this.isClosed) return
    const { clock } = this.options
    const looks = [this.alertBook().nextLook(), this.heartbeatBook().nextLook()].filter((at) => at !== null)
    if (forMs === null && looks.length === 0) return
    const waitMs = forMs ?? Math.min(longestSleepMs, Math.max(1, Math.min(...looks) - clock.now()))
    this.timer = clock.after(Math.ceil(waitMs), () => void this.runOnce())
  }
}

function isWatching({ routes, heartbeats }: AlertSettings): boolean {
  return routes.length + Object.keys(heartbeats).length > 0
}
