/**
 * Whether the agent itself has to end because of what became of its slots, and with which code: an essential program that ended for good, or what
 * `--exit-when` says. Decided from the states as they are, so an agent that died before it obeyed is followed by one that decides the same.
 */
import type { Program } from './program.ts'
import { type Slot, wantedOf } from './reconcile.ts'
import type { RunEnd } from './run.ts'

export const exitRules = ['never', 'any-fatal', 'any-exited', 'all-exited'] as const
export type ExitRule = (typeof exitRules)[number]

export interface ExitDecision {
  /** The slot whose last run gives the code. */
  readonly slot: string
  readonly isSuccess: boolean
  readonly reason: string
}

/** Null: it goes on. A slot that a person stopped neither ends the agent nor keeps it up. */
export function decideExit(input: {
  readonly slots: Iterable<Slot>
  readonly programOf: (name: string) => Program | undefined
  readonly rule: ExitRule
}): ExitDecision | null {
  const wanted = [...input.slots].flatMap((slot) => {
    const program = input.programOf(slot.program)
    return program && wantedOf(slot, program) === 'run' ? [{ slot, program }] : []
  })
  const over = wanted.flatMap(({ slot, program }) => {
    const { state } = slot
    if (state.kind !== 'exited' && state.kind !== 'fatal') return []
    const isSuccess = state.kind === 'exited' && state.isSuccess
    const what = state.kind === 'fatal' ? `${slot.name} gave up` : `${slot.name} finished`
    return [
      {
        slot: slot.name,
        program,
        isFatal: state.kind === 'fatal',
        isSuccess,
        what: `${what}, ${state.reason}`,
      },
    ]
  })
  // A failure tells more than a success.
  const inOrder = [
    ...over.filter(({ isSuccess }) => !isSuccess),
    ...over.filter(({ isSuccess }) => isSuccess),
  ]
  const essential = inOrder.find(({ program }) => program.isEssential === true)
  if (essential) return decision(essential, 'essential')
  const first =
    input.rule === 'any-fatal'
      ? inOrder.find(({ isFatal }) => isFatal)
      : input.rule === 'any-exited' || (input.rule === 'all-exited' && over.length === wanted.length)
        ? inOrder[0]
        : undefined
  return first ? decision(first, `--exit-when ${input.rule}`) : null
}

/** 0 after a success; the process's own code where it says failure, else 1. */
export function exitCodeOf({ isSuccess }: ExitDecision, end: RunEnd | null): number {
  if (isSuccess) return 0
  return end?.kind === 'exited' && end.code >= 1 && end.code <= 255 ? end.code : 1
}

function decision(over: { slot: string; isSuccess: boolean; what: string }, rule: string): ExitDecision {
  return { slot: over.slot, isSuccess: over.isSuccess, reason: `${rule}: ${over.what}` }
}
