/**
 * What became of each slot that a person asked something of, and the exit code that follows from all of them.
 */
import type { OutcomeView } from '../contract/views.ts'
import type { CommandContext } from './context.ts'
import { exitOf, exitOk } from './exit.ts'
import { formatState } from './format/state.ts'
import { formatTable } from './format/table.ts'
import { printJson } from './print-json.ts'

const signs = {
  done: { sign: '✔', color: 'green' },
  unchanged: { sign: '·', color: 'dim' },
  failed: { sign: '✖', color: 'red' },
  waiting: { sign: '…', color: 'yellow' },
} as const satisfies Record<OutcomeView['outcome'], { sign: string; color: string }>

export function printOutcomes(outcomes: readonly OutcomeView[], context: CommandContext): void {
  const { out, global } = context
  if (global.json) return printJson(out, outcomes)
  const rows = outcomes.map(({ name, outcome, state, pid, message }) => {
    const { sign, color } = signs[outcome]
    return [
      out.isTty ? `${out.colors[color](sign)} ${out.colors.bold(name)}` : name,
      formatState(state, out),
      pid === null ? '' : `pid ${pid}`,
      message,
    ]
  })
  const columns = [{ title: '' }, { title: '' }, { title: '' }, { title: '' }]
  for (const line of formatTable(columns, rows, { width: out.isTty ? out.columns : null }).slice(1))
    out.line(line)
}

/** `isWaited`: whether slots that are still on their way are a failure. */
export function exitOfOutcomes(outcomes: readonly OutcomeView[], isWaited: boolean): number {
  if (outcomes.some(({ outcome }) => outcome === 'failed')) return exitOf('did_not_happen')
  return isWaited && outcomes.some(({ outcome }) => outcome === 'waiting') ? exitOf('timed_out') : exitOk
}
