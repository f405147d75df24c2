/**
 * What the agent needs of its doors: to be told whether new settings would do before anything is changed, and then to take them. The API
 * is above the agent, so the roof hands this in.
 */
import type { ApiSettings } from '../domain/api-settings.ts'

export interface Doors {
  /** Opens what is new beside what is there. Throws a `UserError` when an address or certificate will not do; then all is as before. */
  prepare(settings: ApiSettings): Promise<PreparedDoors>
}

export interface PreparedDoors {
  /** From now on the new ones only. */
  take(): void
  /** Closes what was opened. */
  drop(): void
}
