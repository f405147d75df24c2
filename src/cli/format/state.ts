/**
 * How each state looks: a sign for those who see no colours, and a colour.
 */
import type { SlotView } from '../../contract/views.ts'
import type { Output } from '../output.ts'

type State = SlotView['state']

const looks = {
  running: { sign: '●', color: 'green' },
  waiting: { sign: '◔', color: 'yellow' },
  starting: { sign: '◐', color: 'cyan' },
  stopping: { sign: '◑', color: 'cyan' },
  backoff: { sign: '↻', color: 'yellow' },
  stopped: { sign: '○', color: 'dim' },
  exited: { sign: '◌', color: 'dim' },
  fatal: { sign: '✖', color: 'red' },
} as const satisfies Record<State, { sign: string; color: 'green' | 'cyan' | 'yellow' | 'dim' | 'red' }>

/** The sign is for people only: a program that reads the column gets the bare word. What runs and is not ready is not green. */
export function formatState(
  { state, ready }: Pick<SlotView, 'state'> & Partial<Pick<SlotView, 'ready'>>,
  { colors, isTty }: Output,
): string {
  const { sign } = looks[state]
  const color = state === 'running' && ready === false ? 'yellow' : looks[state].color
  return colors[color](isTty ? `${sign} ${state}` : state)
}
