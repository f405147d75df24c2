/** How serious an event is: by its kind, by what happened, and by what people say of it (`log.levels`). The same in the log, the API and alerts. */
import { type DroverEvent, type EventLevel, eventLevelNames, eventLevels, type NewEvent } from './event.ts'

/** By `job.failed`, `job.*` or `*`; the most exact one counts. */
export type LevelOverrides = { readonly [pattern: string]: EventLevel }

export const noOverrides: LevelOverrides = {}

export type LeveledEvent = Pick<NewEvent | DroverEvent, 'kind' | 'data'>

export function levelOf(event: LeveledEvent, overrides: LevelOverrides): EventLevel {
  const { kind } = event
  const family = `${kind.slice(0, kind.indexOf('.'))}.*`
  return overrides[kind] ?? overrides[family] ?? overrides['*'] ?? usualLevel(event)
}

/** Whether it is of this level or more serious. */
export function isWithin(level: EventLevel, least: EventLevel): boolean {
  return severityOf(level) <= severityOf(least)
}

/** As syslog counts: 0 is the most serious. */
export function severityOf(level: EventLevel): number {
  return eventLevelNames.indexOf(level)
}

/** A job whose last run still lives takes longer than it may, or hangs; the other reasons for a skip are somebody's wish. */
function usualLevel({ kind, data }: LeveledEvent): EventLevel {
  const isStuck = kind === 'job.skipped' && 'reason' in data && data.reason === 'still_running'
  return isStuck ? 'error' : eventLevels[kind]
}
