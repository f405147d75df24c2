/** Rows of a ledger in short words, for tests that read what became of each due time. */
import type { Occurrence } from '../domain/jobs/occurrence.ts'

/** `02:30 ended success`, `02:31 skipped still_running`, `02:32–02:40 missed beyond_max`; seconds where they are not zero. */
export function story(rows: readonly Occurrence[]): string[] {
  return rows.map(({ dueAt, state }) => {
    const from = state.kind === 'missed' && state.since !== null ? `${clockText(state.since)}–` : ''
    return `${from}${clockText(dueAt)} ${stateText(state)}`
  })
}

function stateText(state: Occurrence['state']): string {
  switch (state.kind) {
    case 'queued':
      return 'queued'
    case 'running':
      return 'running'
    case 'ended':
      return `ended ${state.outcome}`
    case 'skipped':
    case 'missed':
      return `${state.kind} ${state.reason}`
  }
}

/** In UTC. */
export function clockText(at: number): string {
  const [time = ''] = new Date(at).toISOString().slice(11).split('.')
  return time.endsWith(':00') ? time.slice(0, 5) : time
}
