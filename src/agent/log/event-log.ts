/**
 * The agent's own log, made from events, for whoever runs `drover up`, reads its journal or collects its files. What the agent says beside events, such as errors of
 * ours, goes the same way. A log that cannot be written harms nobody.
 */
import type { Clock } from '../../clock.ts'
import type { EventLevel } from '../../domain/events/event.ts'
import { isWithin, type LevelOverrides, levelOf, noOverrides } from '../../domain/events/event-level.ts'
import { describeEvent } from '../../domain/events/event-text.ts'
import type { EventFeed } from '../reconcile/event-feed.ts'
import type { LogRecord } from './log-lines.ts'

/** A place that it is written to. */
export interface LogSink {
  /** The least serious that is written there. */
  readonly level: EventLevel
  readonly write: (record: LogRecord) => void
  readonly close?: () => void
}

/** What the configuration says of it. */
export interface LogRules {
  readonly levels: LevelOverrides
  readonly sinks: readonly LogSink[]
}

/** One complaint of a kind is enough for so long. */
const repeatAfterMs = 10_000

export class EventLog {
  private readonly clock: Clock
  private readonly terminal: LogSink
  private rules: LogRules = { levels: noOverrides, sinks: [] }
  private readonly complaints = new Map<string, number>()

  constructor(clock: Clock, terminal: LogSink) {
    this.clock = clock
    this.terminal = terminal
  }

  follow(feed: EventFeed, titleOf: (slot: string | null) => string | null): void {
    feed.listen((events) => {
      for (const event of events) {
        const level = levelOf(event, this.rules.levels)
        // Most of what is told at the lowest levels is written nowhere, and needs no sentence.
        if (this.isWanted(level))
          this.write({ at: event.at, level, text: describeEvent(event, titleOf(event.slot)), event })
      }
    })
  }

  /** In the place of the rules before, whose sinks are closed. */
  use(rules: LogRules): void {
    const { sinks } = this.rules
    this.rules = rules
    for (const sink of sinks) sink.close?.()
  }

  close(): void {
    this.use({ levels: this.rules.levels, sinks: [] })
  }

  say(level: EventLevel, text: string): void {
    this.write({ at: this.clock.now(), level, text, event: null })
  }

  complain(message: string, error: unknown): void {
    const now = this.clock.monotonic()
    const text = `${message}: ${error instanceof Error ? error.message : String(error)}`
    if (now - (this.complaints.get(text) ?? Number.NEGATIVE_INFINITY) < repeatAfterMs) return
    if (this.complaints.size > 1000) this.complaints.clear()
    this.complaints.set(text, now)
    this.say('error', text)
  }

  private isWanted(level: EventLevel): boolean {
    return this.all().some((sink) => isWithin(level, sink.level))
  }

  private write(record: LogRecord): void {
    for (const { level, write } of this.all()) {
      if (!isWithin(record.level, level)) continue
      try {
        write(record)
      } catch {
        // There is nobody who could be told, and the others shall have it.
      }
    }
  }

  private all(): LogSink[] {
    return [...this.rules.sinks, this.terminal]
  }
}
