/** What the command of a job's run is told in its environment: why it runs, for which due time, and the parameters of the job. */
import type { JobRules } from './job.ts'
import type { Occurrence } from './occurrence.ts'

export function variablesOf(
  { id, dueAt, trigger, params }: Pick<Occurrence, 'id' | 'dueAt' | 'trigger' | 'params'>,
  attempt: number,
  rules: Pick<JobRules, 'params'>,
): Record<string, string> {
  const defaults = Object.entries(rules.params).flatMap(([name, param]) =>
    param.default === null ? [] : [[name, param.default] as const],
  )
  const isTimed = trigger.kind === 'schedule' || trigger.kind === 'every'
  return {
    ...Object.fromEntries(defaults),
    ...params,
    DROVER_OCCURRENCE: id,
    DROVER_TRIGGER: trigger.kind,
    DROVER_SCHEDULED_AT: iso(dueAt),
    DROVER_ATTEMPT: String(attempt),
    ...(isTimed && trigger.isCatchUp ? { DROVER_CATCH_UP: '1' } : {}),
    ...(isTimed && trigger.previousAt !== null
      ? { DROVER_PREVIOUS_SCHEDULED_AT: iso(trigger.previousAt) }
      : {}),
  }
}

function iso(ms: number): string {
  return new Date(ms).toISOString()
}
