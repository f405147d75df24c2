/**
 * Jobs that come after other programs. Pure. For each of those the last end counts; once all of them have ended as the job wants it, the job is due, and
 * begins to wait anew.
 */

import type { Program } from '../program.ts'
import type { DesiredProgram } from '../reconcile.ts'
import type { Predecessor } from './job.ts'
import { isGoodOutcome, type Outcome } from './occurrence.ts'

/** Of a job: the programs that have ended since it was last due, as it wants it. */
export type ChainProgress = readonly string[]

export interface ChainStep {
  readonly progress: ChainProgress
  readonly isDue: boolean
}

export function decideChain(
  after: readonly Predecessor[],
  progress: ChainProgress,
  ended: string,
  outcome: Outcome,
): ChainStep {
  const wanted = after.find(({ program }) => program === ended)
  if (!wanted) return { progress, isDue: false }
  const others = progress.filter(
    (program) => program !== ended && after.some((one) => one.program === program),
  )
  if (!meets(wanted, outcome)) return { progress: others, isDue: false }
  const met = [...others, ended]
  return met.length === after.length ? { progress: [], isDue: true } : { progress: met, isDue: false }
}

function meets({ condition }: Predecessor, outcome: Outcome): boolean {
  if (condition === 'end') return true
  // Whoever stopped it did not want what comes after its failure.
  if (outcome === 'stopped') return false
  return (condition === 'success') === isGoodOutcome(outcome)
}

const followers = new WeakMap<ReadonlyMap<string, DesiredProgram>, Map<string, Program[]>>()

/** The jobs that come after a program. Found once for each set of programs. */
export function jobsAfter(name: string, desired: ReadonlyMap<string, DesiredProgram>): readonly Program[] {
  let byName = followers.get(desired)
  if (!byName) {
    byName = new Map()
    for (const { program } of desired.values()) {
      if (program.kind !== 'job') continue
      for (const { program: before } of program.job.after)
        byName.set(before, [...(byName.get(before) ?? []), program])
    }
    followers.set(desired, byName)
  }
  return byName.get(name) ?? []
}
