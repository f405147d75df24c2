/** What can be asked about alerts, deliveries and heartbeats, and what a person may do about them. */
import type { AlertView, DeliveryView, HeartbeatView } from '../../contract/views.ts'
import { type Alert, type Delivery, deliveryStates } from '../../domain/alerting/alert.ts'
import type { Heartbeat } from '../../domain/alerting/alert-settings.ts'
import { dueAtOf, type HeartbeatState } from '../../domain/alerting/heartbeat-book.ts'
import type { Agent } from '../agent.ts'

export class AlertVerbs {
  private readonly agent: Agent

  constructor(agent: Agent) {
    this.agent = agent
  }

  /** The newest last. */
  listAlerts(): AlertView[] {
    return [...this.agent.alerter.open().values()].sort((a, b) => a.since - b.since).map(viewAlert)
  }

  async listDeliveries(query: {
    channel?: string
    states: readonly string[]
    before?: string
    limit: number
  }): Promise<DeliveryView[]> {
    const { channel = null, ...rest } = query
    const states = deliveryStates.filter((state) => query.states.includes(state))
    return (await this.agent.options.store.listDeliveries({ ...rest, channel, states })).map(viewDelivery)
  }

  async testChannel(name: string): Promise<DeliveryView> {
    return viewDelivery((await this.agent.deliverer.test(name)).delivery)
  }

  listHeartbeats(): HeartbeatView[] {
    return this.agent.alerter.heartbeatsNow().map(({ state, rules }) => viewHeartbeat(state, rules))
  }

  async pingHeartbeat(name: string): Promise<HeartbeatView> {
    const { state, rules } = await this.agent.alerter.ping(name)
    return viewHeartbeat(state, rules)
  }
}

function viewAlert(alert: Alert): AlertView {
  const { id, route, condition, level, count, channels, notice, waiting } = alert
  return {
    id,
    route,
    condition,
    level,
    title: notice.title,
    since: iso(alert.since),
    lastAt: iso(alert.lastAt),
    count,
    toldAt: isoOrNull(alert.toldAt),
    channels: [...channels],
    quietUntil: isoOrNull(waiting?.until ?? null),
    program: notice.event.program,
  }
}

function viewDelivery(one: Delivery): DeliveryView {
  const { id, channel, route, alert, notice, state, attempts, reason, digest } = one
  return {
    id,
    channel,
    route,
    alert,
    kind: notice.kind,
    title: notice.title,
    state,
    attempts,
    reason,
    createdAt: iso(one.createdAt),
    nextAt: one.endedAt === null ? iso(one.nextAt) : null,
    endedAt: isoOrNull(one.endedAt),
    digest,
  }
}

function viewHeartbeat(state: HeartbeatState, rules: Heartbeat): HeartbeatView {
  return {
    name: state.name,
    everyMs: rules.everyMs,
    graceMs: rules.graceMs,
    lastAt: isoOrNull(state.lastAt),
    dueAt: iso(dueAtOf(state, rules)),
    missedSince: isoOrNull(state.missedSince),
  }
}

function iso(ms: number): string {
  return new Date(ms).toISOString()
}

function isoOrNull(ms: number | null): string | null {
  return ms === null ? null : iso(ms)
}
