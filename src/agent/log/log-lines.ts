/** How a record of the agent's log looks: a line for people, or a JSON object for programs, which pino makes. */
import type { DroverEvent, EventLevel } from '../../domain/events/event.ts'

export interface LogRecord {
  readonly at: number
  readonly level: EventLevel
  readonly text: string
  /** Null: what the agent says beside events. */
  readonly event: DroverEvent | null
}

export const logFormats = ['text', 'json'] as const
export type LogFormat = (typeof logFormats)[number]

/** One line, with its end. */
export type WriteLine = (record: LogRecord) => string

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

export function textLine({ at, level, text }: LogRecord, hasColour: boolean): string {
  const time = new Date(at).toISOString().replace('T', ' ').replace('Z', '')
  const word = level.padEnd(7)
  return hasColour ? `${time} ${colours[level]}${word} ${text}${noColour}\n` : `${time} ${word} ${text}\n`
}

/** As pino orders them: higher is more serious. */
const numbers = {
  debug: 10,
  info: 20,
  notice: 30,
  warning: 40,
  error: 50,
  critical: 60,
  alert: 70,
  emergency: 80,
} as const satisfies Record<EventLevel, number>

/** Pino is loaded where JSON is asked for: it costs memory that an agent without it keeps. */
export async function jsonLines(node: string): Promise<WriteLine> {
  const { pino } = await import('pino')
  let line = ''
  const logger = pino(
    {
      base: null,
      customLevels: numbers,
      useOnlyCustomLevels: true,
      level: 'debug',
      // The time of the event, which is not that of its line.
      timestamp: false,
      formatters: { level: (level) => ({ level }) },
    },
    {
      write(made: string) {
        line = made
      },
    },
  )
  return ({ at, level, text, event }) => {
    const time = new Date(at).toISOString()
    const fields = event && {
      event: event.id,
      kind: event.kind,
      program: event.program,
      slot: event.slot,
      run: event.run,
      data: event.data,
      customData: event.customData,
    }
    logger[level]({ time, node, ...fields }, text)
    return line
  }
}
