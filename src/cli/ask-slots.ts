/**
 * Asking something of slots and waiting for the outcome: what `start`, `stop` and `restart` have in common.
 */
import type { OutcomeView } from '../contract/views.ts'
import type { CommandContext } from './context.ts'
import { argument, option, targetsMeaning } from './define-command.ts'
import { exitInterrupted } from './exit.ts'
import { exitOfOutcomes, noProcesses, printOutcomes } from './outcomes.ts'
import { withProgress } from './progress.ts'

export const askInputs = {
  targets: argument.some('targets', targetsMeaning),
  noWait: option.flag('--no-wait', 'return at once, without the outcome'),
}

export interface Asking {
  /** `starting`: what a person who waits reads. */
  readonly what: string
  readonly verb: 'startSlots' | 'stopSlots' | 'restartSlots'
  readonly targets: string[]
  readonly wait: boolean
  /** What the verb takes besides. */
  readonly rules?: Readonly<Record<string, unknown>>
}

export async function askSlots(
  { what, verb, targets, wait, rules = {} }: Asking,
  context: CommandContext,
): Promise<number> {
  const { client, signal, err } = context
  const answer: Promise<OutcomeView[]> = client[verb]({ targets, wait, ...rules }, { signal })
  try {
    const outcomes = await withProgress(what, targets, answer, context)
    if (outcomes.length === 0) err.line(noProcesses(targets))
    printOutcomes(outcomes, context)
    return exitOfOutcomes(outcomes, wait)
  } catch (error) {
    if (!signal.aborted) throw error
    err.line('Not waiting any longer; the agent goes on with it.')
    return exitInterrupted
  }
}
