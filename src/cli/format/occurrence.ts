/**
 * How a due time of a job stands, in a word and a colour, and how its runs have fared, as a line of bars.
 */
import type { OccurrenceView } from '../../contract/views.ts'
import type { Colors } from '../output.ts'

type Look = { readonly word: string; readonly color: 'green' | 'cyan' | 'yellow' | 'dim' | 'red' }

const states = {
  queued: { word: 'waits', color: 'cyan' },
  running: { word: 'running', color: 'green' },
  skipped: { word: 'skipped', color: 'yellow' },
  missed: { word: 'missed', color: 'red' },
} as const satisfies Record<Exclude<OccurrenceView['state'], 'ended'>, Look>

const outcomes = {
  success: { word: 'done', color: 'green' },
  warning: { word: 'warning', color: 'yellow' },
  failure: { word: 'failed', color: 'red' },
  timed_out: { word: 'timed out', color: 'red' },
  stopped: { word: 'stopped', color: 'dim' },
  lost: { word: 'lost', color: 'red' },
} as const satisfies Record<NonNullable<OccurrenceView['outcome']>, Look>

export function formatOccurrence(
  { state, outcome }: Pick<OccurrenceView, 'state' | 'outcome'>,
  colors: Colors,
): string {
  const { word, color } = state === 'ended' ? outcomes[outcome ?? 'lost'] : states[state]
  return colors[color](word)
}

const bars = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const

/** One bar for each, as high as it is in relation to the longest. */
export function sparkline(values: readonly number[]): string {
  const most = Math.max(1, ...values)
  return values.map((value) => bars[Math.min(7, Math.floor((value / most) * 8))] ?? bars[0]).join('')
}
