/** The agent's own log: one line per event, for whoever runs `drover up` or reads its journal. Errors of ours go the same way. */
import type { Clock } from '../clock.ts'
import { type EventLevel, eventLevelNames, eventLevels } from '../domain/event.ts'
import { describeEvent } from '../domain/event-text.ts'
import type { EventFeed } from './event-feed.ts'

export interface EventLogOptions {
  readonly clock: Clock
  readonly level: EventLevel
  readonly hasColour: boolean
  readonly write: (line: string) => void
}

/** A second place that it is written to. */
export interface LogFile {
  readonly level: EventLevel
  readonly write: (line: string) => void
}

const colours = {
  emergency: '\x1b[31;1m',
  alert: '\x1b[31;1m',
  critical: '\x1b[31;1m',
  error: '\x1b[31m',
  warning: '\x1b[33m',
  notice: '\x1b[1m',
  info: '\x1b[2m',
  debug: '\x1b[2m',
} as const satisfies Record<EventLevel, string>
const noColour = '\x1b[0m'
/** One complaint of a kind is enough for so long. */
const repeatAfterMs = 10_000

export class EventLog {
  private readonly options: EventLogOptions
  private file: LogFile | null = null
  private readonly complaints = new Map<string, number>()

  constructor(options: EventLogOptions) {
    this.options = options
  }

  follow(feed: EventFeed, titleOf: (slot: string | null) => string | null): void {
    feed.listen((events) => {
      for (const event of events) {
        this.line(event.at, eventLevels[event.kind], describeEvent(event, titleOf(event.slot)))
      }
    })
  }

  /** From now on also into this file, without colours. */
  writeTo(file: LogFile): void {
    this.file = file
  }

  say(level: EventLevel, text: string): void {
    this.line(this.options.clock.now(), level, text)
  }

  complain(message: string, error: unknown): void {
    const now = this.options.clock.monotonic()
    const text = `${message}: ${error instanceof Error ? error.message : String(error)}`
    if (now - (this.complaints.get(text) ?? Number.NEGATIVE_INFINITY) < repeatAfterMs) return
    if (this.complaints.size > 1000) this.complaints.clear()
    this.complaints.set(text, now)
    this.say('error', text)
  }

  private line(at: number, level: EventLevel, text: string): void {
    const { level: least, hasColour, write } = this.options
    const isInFile = this.file !== null && isWithin(level, this.file.level)
    const isShown = isWithin(level, least)
    if (!isInFile && !isShown) return
    const time = new Date(at).toISOString().replace('T', ' ').replace('Z', '')
    const word = level.padEnd(7)
    if (isInFile) this.file?.write(`${time} ${word} ${text}\n`)
    if (!isShown) return
    write(hasColour ? `${time} ${colours[level]}${word} ${text}${noColour}\n` : `${time} ${word} ${text}\n`)
  }
}

function isWithin(level: EventLevel, least: EventLevel): boolean {
  return eventLevelNames.indexOf(level) <= eventLevelNames.indexOf(least)
}
