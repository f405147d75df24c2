/** What a configuration says of the agent itself, beside its programs. */
import type { EventLevel } from './event.ts'

export interface AgentSettings {
  /** Null: its log goes to standard error alone. */
  readonly log: AgentLogSettings | null
  /** What the own output of all runs may take together; null without a quota. */
  readonly outputQuotaBytes: number | null
  /** What this node is, for jobs that are meant for some nodes only. */
  readonly labels: { readonly [name: string]: string }
}

export interface AgentLogSettings {
  /** Absolute. */
  readonly file: string
  readonly level: EventLevel
  readonly maxBytes: number
  readonly keep: number
}

export const noSettings: AgentSettings = { log: null, outputQuotaBytes: null, labels: {} }
