/**
 * Who is to blame when the process that answers calls of functions dies, falls silent or takes too much memory, and what becomes of the other
 * calls that it had. Whoever is surely at fault fails. Who only may be is asked once more, with nobody beside it: then it is sure. Whoever had
 * not begun knows nothing of it, and is asked anew as if nothing had been.
 *
 * So each death convicts a call or makes suspects, or it came before any call had begun: then it is the file that is at fault, and all fail.
 */

export interface OpenCall {
  /** `begun`: it has the process for itself. `waiting`: it promised an answer. */
  readonly stage: 'sent' | 'begun' | 'waiting'
  /** Whether nobody else is asked meanwhile. */
  readonly isAlone: boolean
}

export type DeathCause = 'ended' | 'silent' | 'memory'

export interface Blame<C> {
  readonly guilty: readonly C[]
  readonly suspects: readonly C[]
  readonly others: readonly C[]
}

export function blame<C extends OpenCall>(calls: readonly C[], cause: DeathCause): Blame<C> {
  const involved = calls.filter(({ stage }) => stage !== 'sent')
  const guilty = involved.filter((call) => isGuilty(call, involved, cause))
  const isSettled = guilty.length > 0
  return {
    guilty,
    suspects: isSettled ? [] : involved,
    others: calls.filter((call) => !guilty.includes(call) && (isSettled || call.stage === 'sent')),
  }
}

/** Memory may have been taken by all that were asked before, so it is no proof against the one that has its turn. */
function isGuilty<C extends OpenCall>(call: C, involved: readonly C[], cause: DeathCause): boolean {
  if (call.isAlone) return true
  if (cause === 'memory') return false
  return call.stage === 'begun' || involved.length === 1
}
