/**
 * How a run stands, in a word and a colour.
 */
import type { RunView } from '../../contract/views.ts'
import type { Colors } from '../output.ts'
import { formatAge, formatDue, formatDuration } from './time.ts'

/** Ends that need nobody's attention. */
export function isGoodEnd(end: NonNullable<RunView['end']>): boolean {
  if (end.kind === 'exited') return end.code === 0
  return end.kind === 'stopped' ? end.killed !== true : end.kind === 'revoked'
}

export function formatEnd(run: RunView, colors: Colors): string {
  if (run.end === null) return run.state === 'running' ? colors.green('still running') : colors.cyan('starts')
  const text = run.endText ?? run.end.kind
  return isGoodEnd(run.end) ? text : colors.red(text)
}

/** Why it was begun; a due time as the clocks here show it. */
export function causeOf({ cause, causeText }: RunView, now: number): string {
  if (cause.kind !== 'scheduled' || typeof cause.dueAt !== 'number') return causeText
  const due = `due at ${formatDue(new Date(cause.dueAt).toISOString(), now)}`
  return cause.isCatchUp === true ? `${due}, made up for` : due
}

/** How long it ran, or has run. */
export function lastedOf(run: RunView, now: number): string {
  if (run.durationMs !== null) return formatDuration(run.durationMs)
  if (run.startedAt === null) return ''
  return run.endedAt === null
    ? formatAge(now - Date.parse(run.startedAt))
    : formatDuration(Date.parse(run.endedAt) - Date.parse(run.startedAt))
}
