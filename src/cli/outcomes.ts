/**
 * What became of each slot that a person asked something of, and the exit code that follows from all of them.
 */
import type { OutcomeView } from '../contract/views.ts'
import type { CommandContext } from './context.ts'
import { exitOf, exitOk } from './exit.ts'
import { pad } from './format/table.ts'
import { printJson } from './print-json.ts'

const signs = {
  done: { sign: '✔', color: 'green' },
  unchanged: { sign: '·', color: 'dim' },
  failed: { sign: '✖', color: 'red' },
  waiting: { sign: '…', color: 'yellow' },
} as const satisfies Record<OutcomeView['outcome'], { sign: string; color: string }>

/** What is known by its name and has no slot to do something with. */
export function noProcesses(targets: readonly string[]): string {
  return `${targets.join(', ')}: no processes are declared (\`processes: 0\`).`
}

export function printOutcomes(outcomes: readonly OutcomeView[], context: CommandContext): void {
  const { out, global } = context
  if (global.json) return printJson(out, outcomes)
  const width = Math.max(0, ...outcomes.map(({ name }) => name.length))
  for (const { name, outcome, message } of outcomes) {
    const { sign, color } = signs[outcome]
    const mark = out.isTty ? `${out.colors[color](sign)} ` : ''
    const said = outcome === 'failed' ? out.colors.red(message) : message
    out.line(`${mark}${out.colors.bold(pad(name, width))}  ${said}`)
  }
}

/** `isWaited`: whether slots that are still on their way are a failure. */
export function exitOfOutcomes(outcomes: readonly OutcomeView[], isWaited: boolean): number {
  if (outcomes.some(({ outcome }) => outcome === 'failed')) return exitOf('did_not_happen')
  return isWaited && outcomes.some(({ outcome }) => outcome === 'waiting') ? exitOf('timed_out') : exitOk
}
