/**
 * From events to what people are told: which troubles there are by each route, who was told of them, and what waits for quiet hours, or for a digest, to be over. It is given the events in
 * their order and the time, and collects what is to be recorded; thrown away, nothing has happened. The same events at the same times lead to the same, from wherever one begins.
 *
 *   nothing ──raised──▶ counted ──`after` times──▶ told ──cleared──▶ nothing, and a note of it
 *                                   └ quiet hours ──over──▶ told, if it still lasts
 */

import type { EventData } from '../events/event.ts'
import type { Alert, Delivery } from './alert.ts'
import type { AlertSettings, Route } from './alert-settings.ts'
import { type ConditionOfEvent, conditionsOf } from './conditions.ts'
import type { Notice } from './notice.ts'
import { digestOf, noticeOf } from './notices.ts'
import { quietUntil } from './quiet.ts'
import { matchesRoute, type RoutedEvent } from './route.ts'

/** What nothing ends is over when it did not come again for so long, unless `repeat` says another time. */
export const silenceMs = 3_600_000

export interface AlertState {
  /** By `keyOf`. */
  readonly alerts: ReadonlyMap<string, Alert>
  /** Deliveries that wait for their digest, oldest first. */
  readonly held: readonly Delivery[]
  /** When something was told by each route and channel, of late. */
  readonly told: ReadonlyMap<string, readonly number[]>
}

export const noAlertState: AlertState = { alerts: new Map(), held: [], told: new Map() }

export interface AlertTools {
  readonly node: string
  readonly newId: () => string
}

type AlertEvent = {
  [K in 'alert.raised' | 'alert.cleared']: {
    readonly kind: K
    readonly data: EventData[K]
    readonly program: string | null
  }
}['alert.raised' | 'alert.cleared']

export interface AlertChanges {
  readonly alerts: readonly Alert[]
  readonly removedAlerts: readonly string[]
  /** New ones, and those that came out of a digest. */
  readonly deliveries: readonly Delivery[]
  readonly events: readonly AlertEvent[]
}

/** One event, or one look, and the channels that are told of it already. */
interface Pass {
  readonly now: number
  readonly heard: Set<string>
}

export class AlertBook {
  private readonly settings: AlertSettings
  private readonly tools: AlertTools
  private readonly alerts: Map<string, Alert>
  private readonly told: Map<string, readonly number[]>
  private held: readonly Delivery[]
  private readonly changed = new Map<string, Alert>()
  private readonly removed = new Set<string>()
  private readonly deliveries = new Map<string, Delivery>()
  private readonly events: AlertEvent[] = []

  constructor(state: AlertState, settings: AlertSettings, tools: AlertTools) {
    this.settings = settings
    this.tools = tools
    this.alerts = new Map(state.alerts)
    this.told = new Map(state.told)
    this.held = state.held
  }

  state(): AlertState {
    return { alerts: this.alerts, held: this.held, told: this.told }
  }

  changes(): AlertChanges {
    return {
      alerts: [...this.changed.values()],
      removedAlerts: [...this.removed],
      deliveries: [...this.deliveries.values()],
      events: this.events,
    }
  }

  /** When it is to be looked at again though nothing happens; null: never. */
  nextLook(): number | null {
    let next = Number.POSITIVE_INFINITY
    for (const alert of this.alerts.values()) {
      const route = this.routeOf(alert.route)
      next = Math.min(next, route ? nextOf(alert, route) : 0)
    }
    for (const { route, createdAt } of this.held)
      next = Math.min(next, createdAt + (this.routeOf(route)?.digest?.withinMs ?? 0))
    return next === Number.POSITIVE_INFINITY ? null : next
  }

  take(routed: RoutedEvent, now: number): void {
    const conditions = conditionsOf(routed.event)
    // Who is told of it by one route is not told of it by the next one as well.
    const heard = new Map(conditions.map(({ condition }) => [condition, new Set<string>()]))
    for (const route of this.settings.routes) {
      // What is told about a channel is not told through it.
      const channels = route.to.filter((channel) => channel !== channelOf(routed))
      const isMeant = channels.length > 0 && matchesRoute(route, routed)
      for (const condition of conditions) {
        const pass = { now, heard: heard.get(condition.condition) ?? new Set() }
        if (condition.effect === 'clears') this.clear(route, condition, routed, pass)
        else if (isMeant) this.raise({ ...route, to: channels }, condition, routed, pass)
      }
    }
  }

  /** What the time brings: quiet hours and silences that end, repeats, digests. */
  look(now: number): void {
    for (const [key, alert] of [...this.alerts]) {
      const route = this.routeOf(alert.route)
      if (!route) this.remove(key, alert)
      else if (nextOf(alert, route) <= now) this.lookAt(key, alert, route, now)
    }
    this.sendDigests(now)
  }

  private lookAt(key: string, alert: Alert, route: Route, now: number): void {
    if (alert.waiting) {
      const until = quietUntil(route.quiet, alert.level, now)
      if (until !== null) return this.put(key, { ...alert, waiting: { ...alert.waiting, until } })
      if (alert.waiting.for === 'cleared') {
        this.tell(alert, route, 'cleared', { now, heard: new Set() })
        return this.remove(key, alert)
      }
      return this.tellOrWait(key, { ...alert, waiting: null }, route, { now, heard: new Set() })
    }
    if (!alert.lasts) return this.remove(key, alert)
    this.tellOrWait(key, alert, route, { now, heard: new Set() })
  }

  private raise(route: Route, condition: ConditionOfEvent, routed: RoutedEvent, pass: Pass): void {
    const key = keyOf(route.name, condition.condition)
    const known = this.alerts.get(key)
    const { event, level } = routed
    const alert: Alert = {
      id: known?.id ?? this.tools.newId(),
      route: route.name,
      condition: condition.condition,
      lasts: condition.lasts,
      since: known?.since ?? event.at,
      level,
      count: (known?.count ?? 0) + 1,
      lastAt: event.at,
      toldAt: known?.toldAt ?? null,
      channels: route.to,
      // It came again before it was told that it is over.
      waiting: known?.waiting?.for === 'cleared' ? null : (known?.waiting ?? null),
      notice: noticeOf(routed, { condition: condition.condition, node: this.tools.node }),
    }
    if (alert.count < route.after || alert.waiting) return this.put(key, alert)
    if (alert.toldAt === null) return this.tellOrWait(key, alert, route, pass)
    if (route.repeatMs !== null && pass.now - alert.toldAt >= route.repeatMs)
      return this.tellOrWait(key, alert, route, pass)
    this.put(key, alert)
  }

  private clear(route: Route, { condition }: ConditionOfEvent, routed: RoutedEvent, pass: Pass): void {
    const key = keyOf(route.name, condition)
    const alert = this.alerts.get(key)
    if (!alert) return
    if (alert.toldAt === null || !route.tellsRecovery) return this.remove(key, alert)
    const notice = noticeOf(routed, { condition, node: this.tools.node })
    const cleared = { ...alert, notice, level: routed.level }
    const until = quietUntil(route.quiet, alert.level, pass.now)
    if (until !== null) return this.put(key, { ...cleared, waiting: { for: 'cleared', until } })
    this.tell(cleared, route, 'cleared', pass)
    this.remove(key, alert)
  }

  private tellOrWait(key: string, alert: Alert, route: Route, pass: Pass): void {
    const until = quietUntil(route.quiet, alert.level, pass.now)
    if (until !== null) return this.put(key, { ...alert, waiting: { for: 'raised', until } })
    this.tell(alert, route, alert.toldAt === null ? 'raised' : 'repeated', pass)
    this.put(key, { ...alert, toldAt: pass.now })
  }

  private tell(
    alert: Alert,
    route: Route,
    kind: 'raised' | 'repeated' | 'cleared',
    { now, heard }: Pass,
  ): void {
    const channels = (route.to.length > alert.channels.length ? alert.channels : route.to).filter(
      (channel) => !heard.has(channel),
    )
    for (const channel of channels)
      if (this.deliver(alert, route, channel, kind, now) === 'pending') heard.add(channel)
    if (kind === 'repeated' || channels.length === 0) return
    const { id, condition, notice } = alert
    const data = {
      alert: id,
      condition,
      route: route.name,
      event: notice.event.id,
      channels: [...channels],
    }
    this.events.push({
      kind: kind === 'raised' ? 'alert.raised' : 'alert.cleared',
      data,
      program: notice.event.program,
    })
  }

  private deliver(
    alert: Alert,
    route: Route,
    channel: string,
    kind: Notice['kind'],
    now: number,
  ): 'pending' | 'held' {
    const id = this.tools.newId()
    const line = `${route.name} ${channel}`
    const isTooMuch = this.isTooMuch(route, line, channel, now)
    const delivery: Delivery = {
      id,
      alert: alert.id,
      route: route.name,
      channel,
      notice: { ...alert.notice, id, kind, count: alert.count },
      state: isTooMuch ? 'held' : 'pending',
      attempts: 0,
      nextAt: now,
      reason: null,
      createdAt: now,
      endedAt: null,
      digest: null,
    }
    this.deliveries.set(id, delivery)
    if (isTooMuch) this.held = [...this.held, delivery]
    else this.told.set(line, [...this.recent(route, line, now), now])
    return isTooMuch ? 'held' : 'pending'
  }

  /** Once one waits for a digest, those after it do so too. */
  private isTooMuch(route: Route, line: string, channel: string, now: number): boolean {
    const { digest, name } = route
    if (!digest) return false
    if (this.held.some((one) => one.route === name && one.channel === channel)) return true
    return this.recent(route, line, now).length >= digest.count
  }

  private recent({ digest }: Route, line: string, now: number): number[] {
    const since = now - (digest?.withinMs ?? 0)
    return (this.told.get(line) ?? []).filter((at) => at > since && at <= now)
  }

  private sendDigests(now: number): void {
    const lines = new Map<string, Delivery[]>()
    for (const one of this.held) {
      const line = `${one.route} ${one.channel}`
      lines.set(line, [...(lines.get(line) ?? []), one])
    }
    for (const [line, held] of lines) {
      const [first] = held
      const withinMs = this.routeOf(first?.route ?? null)?.digest?.withinMs ?? 0
      if (!first || first.createdAt + withinMs > now) continue
      const id = held.length === 1 ? first.id : this.tools.newId()
      const notice = held.length === 1 ? first.notice : digestOf(id, held, this.tools.node)
      const digest: Delivery = { ...first, id, notice, state: 'pending', nextAt: now, createdAt: now }
      this.deliveries.set(id, digest)
      if (held.length > 1)
        for (const one of held)
          this.deliveries.set(one.id, { ...one, state: 'digested', endedAt: now, digest: id })
      this.held = this.held.filter((one) => `${one.route} ${one.channel}` !== line)
      this.told.set(line, [now])
    }
  }

  private routeOf(name: string | null): Route | undefined {
    return this.settings.routes.find((route) => route.name === name)
  }

  private put(key: string, alert: Alert): void {
    this.alerts.set(key, alert)
    this.changed.set(alert.id, alert)
    this.removed.delete(alert.id)
  }

  private remove(key: string, { id }: Alert): void {
    this.alerts.delete(key)
    this.changed.delete(id)
    this.removed.add(id)
  }
}

export function keyOf(route: string, condition: string): string {
  return `${route}\n${condition}`
}

/** Infinity: never. */
function nextOf(alert: Alert, { repeatMs }: Route): number {
  if (alert.waiting) return alert.waiting.until
  if (!alert.lasts) return alert.lastAt + (repeatMs ?? silenceMs)
  return alert.toldAt === null || repeatMs === null ? Number.POSITIVE_INFINITY : alert.toldAt + repeatMs
}

function channelOf({ event }: RoutedEvent): string | null {
  return event.kind === 'delivery.failed' || event.kind === 'delivery.gave_up' ? event.data.channel : null
}
