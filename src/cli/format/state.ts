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

/** The sign is for people only: a program that reads the column gets the bare word. */
export function formatState(state: State, { colors, isTty }: Output): string {
  const { sign, color } = looks[state]
  return colors[color](isTty ? `${sign} ${state}` : state)
}
