/**
 * How a due time of a job stands, in a sign, a word and a colour, and how its runs have fared, as a line of bars.
 */
import type { OccurrenceView } from '../../contract/views.ts'
import type { Output } from '../output.ts'

type Look = {
  readonly word: string
  readonly sign: string
  readonly color: 'green' | 'cyan' | 'yellow' | 'dim' | 'red'
}

const states = {
  queued: { word: 'waits', sign: '◔', color: 'cyan' },
  running: { word: 'running', sign: '●', color: 'green' },
  skipped: { word: 'skipped', sign: '◌', color: 'yellow' },
  missed: { word: 'missed', sign: '✖', color: 'red' },
} as const satisfies Record<Exclude<OccurrenceView['state'], 'ended'>, Look>

const outcomes = {
  success: { word: 'done', sign: '✔', color: 'green' },
  warning: { word: 'warning', sign: '▲', color: 'yellow' },
  failure: { word: 'failed', sign: '✖', color: 'red' },
  timed_out: { word: 'timed out', sign: '✖', color: 'red' },
  stopped: { word: 'stopped', sign: '○', color: 'dim' },
  lost: { word: 'lost', sign: '✖', color: 'red' },
} as const satisfies Record<NonNullable<OccurrenceView['outcome']>, Look>

/** The sign is for people only: a program that reads the column gets the bare word. */
export function formatOccurrence(
  one: Pick<OccurrenceView, 'state' | 'outcome'>,
  { colors, isTty }: Output,
): string {
  const { word, sign, color } = lookOf(one)
  return colors[color](isTty ? `${sign} ${word}` : word)
}

/** Whether somebody should look at it. */
export function isTrouble(one: Pick<OccurrenceView, 'state' | 'outcome'>): boolean {
  return lookOf(one).color === 'red'
}

function lookOf({ state, outcome }: Pick<OccurrenceView, 'state' | 'outcome'>): Look {
  return state === 'ended' ? outcomes[outcome ?? 'lost'] : states[state]
}

const bars = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const

/** One bar for each, as high as it is in relation to the longest. */
export function sparkline(values: readonly number[]): string {
  const most = Math.max(1, ...values)
  return values.map((value) => bars[Math.min(7, Math.floor((value / most) * 8))] ?? bars[0]).join('')
}
