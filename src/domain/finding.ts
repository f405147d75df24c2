/**
 * What an examination finds: one thing that was looked at, how it is, and what to do where it is not as it should be. `drover doctor` prints these.
 */
export const findingLevels = ['ok', 'note', 'warning', 'error'] as const
/** note: worth knowing, nothing to do. warning: works, and may not for long, or not as one thinks. error: does not work. */
export type FindingLevel = (typeof findingLevels)[number]

export const findingAreas = [
  'Drover',
  'Machine',
  'Data directory',
  'Agent',
  'Configuration',
  'Programs',
  'Jobs',
] as const
export type FindingArea = (typeof findingAreas)[number]

export interface Finding {
  readonly area: FindingArea
  /** Stable: `machine.clock`. */
  readonly check: string
  readonly level: FindingLevel
  /** One sentence. */
  readonly text: string
  /** What to do; null where nothing is. */
  readonly hint: string | null
}

/** Findings of one area, by what they are: `say.warning('machine.clock', 'It jumps.', 'Mend it.')`. */
export function findingsOf(area: FindingArea) {
  const of =
    (level: FindingLevel) =>
    (check: string, text: string, hint: string | null = null): Finding => ({ area, check, level, text, hint })
  return { ok: of('ok'), note: of('note'), warning: of('warning'), error: of('error') }
}

export function countLevel(findings: readonly Finding[], level: FindingLevel): number {
  return findings.filter((finding) => finding.level === level).length
}
