/** The rows as they lie in the database, for kysely's types. JSON columns are texts. */
import type { Generated } from 'kysely'

export interface Tables {
  programs: { name: string; source: string; definition: string }
  slots: {
    name: string
    program: string
    position: number
    state: string
    tally: string
    asked: string | null
    launch_hash: string | null
    since: number
    last_run: string | null
    restarts: number
    chain: number
    rollout: string | null
    occurrence: string | null
  }
  scales: { program: string; processes: number; declared: number }
  runs: {
    id: string
    program: string
    slot: string
    node: string
    cause: string
    claimed_at: number
    started_at: number | null
    pid: number | null
    ended_at: number | null
    end: string | null
    kept_bytes: number | null
    peak: string | null
    warned_at: number | null
    occurrence: string | null
    attempt: number | null
    told_out: number | null
    told_err: number | null
  }
  jobs: {
    program: string
    covered_until: number
    anchor: number
    schedule: string
    disabled_by: string | null
    progress: string
    last_due_at: number
    last_triggered_at: number
  }
  occurrences: {
    id: string
    program: string
    due_at: number
    trigger_kind: string
    trigger_data: string
    state: string
    state_data: string
    attempts: number
    run: string | null
    params: string
    recorded_at: number
    started_at: number | null
    ended_at: number | null
  }
  events: {
    id: Generated<number>
    at: number
    kind: string
    program: string | null
    slot: string | null
    run: string | null
    data: string
    custom_data: string
    told_until: number | null
  }
  alerts: {
    id: string
    definition: string
  }
  deliveries: {
    id: string
    channel: string
    alert: string | null
    route: string | null
    notice: string
    state: string
    attempts: number
    next_at: number
    reason: string | null
    created_at: number
    ended_at: number | null
    digest: string | null
  }
  heartbeats: {
    name: string
    since: number
    last_at: number | null
    missed_since: number | null
  }
  tokens: {
    name: string
    role: string
    hash: string
    created_at: number
    created_by: string
    expires_at: number | null
    last_used_at: number | null
  }
  listeners: { name: string; definition: string; cursor: number }
  notes: { name: string; value: string }
}
