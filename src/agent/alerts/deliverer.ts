/**
 * Sends what is to be delivered: each channel by itself, one thing at a time, so that one that hangs holds up no other. Whatever an attempt came to is recorded at once; an agent that dies between
 * the answer of a channel and that record sends it once more, with the same id.
 */
import type { Clock, Timer } from '../../clock.ts'
import { type Delivery, type DeliveryState, retryDelay } from '../../domain/alerting/alert.ts'
import type { AlertSettings, Channel } from '../../domain/alerting/alert-settings.ts'
import type { DeliveryOutcome, Notice } from '../../domain/alerting/notice.ts'
import { testNotice } from '../../domain/alerting/notices.ts'
import { nearest } from '../../domain/nearest.ts'
import { UserError } from '../../domain/user-error.ts'
import { checkpoint } from '../../effects.ts'
import type { Draft } from '../reconcile/draft.ts'

export interface DelivererOptions {
  readonly clock: Clock
  readonly node: string
  readonly newId: () => string
  /** One attempt. Never throws, and ends within the timeout of the channel. */
  readonly send: (channel: Channel, notice: Notice) => Promise<DeliveryOutcome>
  readonly record: (change: (draft: Draft) => void) => Promise<void>
}

const recordAgainMs = 1000

export class Deliverer {
  private readonly options: DelivererOptions
  private channels: AlertSettings['channels'] = {}
  private readonly pending = new Map<string, Delivery>()
  private readonly busy = new Set<string>()
  /** Channels whose last attempt failed, which was told. */
  private readonly failing = new Set<string>()
  /** What became of those that are over, by channel, since this agent began. */
  readonly ended = new Map<string, Map<DeliveryState, number>>()
  private timer: Timer | null = null
  private isClosed = false

  constructor(options: DelivererOptions) {
    this.options = options
  }

  /** What the configuration says now. */
  follow(channels: AlertSettings['channels']): void {
    this.channels = channels
    this.proceed()
  }

  add(deliveries: readonly Delivery[]): void {
    for (const one of deliveries) this.pending.set(one.id, one)
    this.proceed()
  }

  /** How many wait for each channel of the configuration. */
  pendingByChannel(): Map<string, number> {
    const counts = new Map(Object.keys(this.channels).map((name) => [name, 0]))
    for (const { channel } of this.pending.values()) counts.set(channel, (counts.get(channel) ?? 0) + 1)
    return counts
  }

  /** What waits for its next attempt is for whoever is there by then. */
  get isSending(): boolean {
    return this.busy.size > 0
  }

  close(): void {
    this.isClosed = true
    this.timer?.cancel()
  }

  /** Sends a word to a channel, now, and tells what it answered. It is in the history as any. */
  async test(name: string): Promise<{ delivery: Delivery; outcome: DeliveryOutcome }> {
    const channel = this.channels[name]
    if (!channel) {
      const names = Object.keys(this.channels)
      const near = nearest(name, names)
      const known =
        names.length === 0
          ? 'There are none in the configuration (`alerts.channels`).'
          : `There are ${names.join(', ')}.`
      throw new UserError('not_found', `There is no channel \`${name}\`.`, {
        hint: near === null ? known : `Did you mean \`${near}\`?`,
      })
    }
    const { clock, newId, node, send } = this.options
    const now = clock.now()
    const id = newId()
    const notice = testNotice(id, name, node, now)
    const outcome = await send(channel, notice)
    const delivery: Delivery = {
      id,
      alert: null,
      route: null,
      channel: name,
      notice,
      state: outcome.kind === 'delivered' ? 'delivered' : outcome.kind === 'refused' ? 'refused' : 'gave_up',
      attempts: 1,
      nextAt: now,
      reason: reasonOf(outcome),
      createdAt: now,
      endedAt: clock.now(),
      digest: null,
    }
    await this.options.record((draft) => draft.keepAlerts({ deliveries: [delivery] }))
    return { delivery, outcome }
  }

  /** Begins whatever may begin, and sleeps until something may. */
  private proceed(): void {
    if (this.isClosed) return
    const now = this.options.clock.now()
    let next = Number.POSITIVE_INFINITY
    const due = new Map<string, Delivery>()
    for (const one of this.pending.values()) {
      if (this.busy.has(one.channel)) continue
      const first = due.get(one.channel)
      if (one.nextAt > now) next = Math.min(next, one.nextAt)
      else if (!first || one.nextAt < first.nextAt || (one.nextAt === first.nextAt && one.id < first.id))
        due.set(one.channel, one)
    }
    for (const one of due.values()) void this.attempt(one)
    this.timer?.cancel()
    if (next === Number.POSITIVE_INFINITY) return
    // A clock that is set back must not make it wait for longer than meant.
    this.timer = this.options.clock.after(Math.min(60_000, Math.max(1, next - now)), () => this.proceed())
  }

  private async attempt(one: Delivery): Promise<void> {
    this.busy.add(one.channel)
    const channel = this.channels[one.channel]
    checkpoint('send')
    const outcome: DeliveryOutcome = channel
      ? await this.options.send(channel, one.notice)
      : { kind: 'refused', reason: 'the configuration has no such channel any more' }
    if (!this.isClosed) await this.settle(one, channel ?? null, outcome)
    this.busy.delete(one.channel)
    this.proceed()
  }

  private async settle(before: Delivery, channel: Channel | null, outcome: DeliveryOutcome): Promise<void> {
    const { clock } = this.options
    const now = clock.now()
    const one: Delivery = { ...before, attempts: before.attempts + 1, reason: reasonOf(outcome) }
    const wasFailing = this.failing.has(one.channel)
    let after: Delivery
    if (outcome.kind === 'failed' && channel) {
      const nextAt = now + Math.max(outcome.afterMs ?? 0, retryDelay(channel.retryMs, one.attempts))
      const isOver = nextAt > one.createdAt + channel.giveUpAfterMs
      after = isOver ? { ...one, state: 'gave_up', endedAt: now } : { ...one, nextAt }
      this.failing.add(one.channel)
    } else {
      const state = outcome.kind === 'delivered' ? 'delivered' : 'refused'
      after = { ...one, state, endedAt: now }
      if (outcome.kind === 'delivered') this.failing.delete(one.channel)
    }
    if (after.endedAt === null) this.pending.set(one.id, after)
    else {
      this.pending.delete(one.id)
      const ended = this.ended.get(one.channel) ?? new Map<DeliveryState, number>()
      this.ended.set(one.channel, ended.set(after.state, (ended.get(after.state) ?? 0) + 1))
    }
    await this.keep(after, wasFailing)
  }

  /** The answer is there: it is recorded as soon as that can be, and not asked for again. */
  private async keep(after: Delivery, wasFailing: boolean): Promise<void> {
    const { clock, record } = this.options
    for (;;) {
      try {
        await record((draft) => {
          draft.keepAlerts({ deliveries: [after] })
          tell(draft, after, wasFailing)
        })
        return
      } catch {
        // Who records has told of it.
        if (this.isClosed) return
        await new Promise<void>((resolve) => void clock.after(recordAgainMs, resolve))
      }
    }
  }
}

/** A channel that fails is told once, until it takes something again; what is given up is told each time. */
function tell(
  draft: Draft,
  { id, channel, state, attempts, reason, nextAt }: Delivery,
  wasFailing: boolean,
): void {
  if (state === 'refused' || state === 'gave_up')
    draft.event('delivery.gave_up', { delivery: id, channel, attempts, reason: reason ?? '' })
  else if (state === 'pending' && !wasFailing)
    draft.event('delivery.failed', {
      delivery: id,
      channel,
      attempt: attempts,
      reason: reason ?? '',
      nextAttemptAt: new Date(nextAt).toISOString(),
    })
}

function reasonOf(outcome: DeliveryOutcome): string {
  return outcome.kind === 'delivered' ? outcome.detail : outcome.reason
}
