/** What a configuration says of the agent itself, beside its programs. */
import { type AlertSettings, noAlerts } from './alerting/alert-settings.ts'
import type { EventLevel } from './events/event.ts'
import type { LevelOverrides } from './events/event-level.ts'
import type { SyslogFacility } from './program.ts'

export interface AgentSettings {
  /** Null: its log goes to standard error alone, with the usual levels. */
  readonly log: AgentLogSettings | null
  /** What the own output of all runs may take together; null without a quota. */
  readonly outputQuotaBytes: number | null
  /** What this node is, for jobs that are meant for some nodes only. */
  readonly labels: { readonly [name: string]: string }
  readonly alerts: AlertSettings
}

export interface AgentLogSettings {
  /** The least that is written to the places below. */
  readonly level: EventLevel
  /** Of events, wherever their level is shown. */
  readonly levels: LevelOverrides
  /** Of the file. */
  readonly format: 'text' | 'json'
  /** Its path is absolute. */
  readonly file: { readonly path: string; readonly maxBytes: number; readonly keep: number } | null
  readonly syslog: { readonly path: string; readonly facility: SyslogFacility; readonly tag: string } | null
}

export const noSettings: AgentSettings = { log: null, outputQuotaBytes: null, labels: {}, alerts: noAlerts }
