/**
 * The promise is about dying between two instructions. Every write, link, rename, removal, spawn and commit of the agent
 * passes `checkpoint` first, so that a special build can be told to die just before its n-th one (`DROVER_DIE_AT=n`), and a test
 * can walk n over a whole scenario. In the normal build the check is compiled away.
 */
import process from 'node:process'

/** Set by the build; undeclared where the sources run unbundled. */
declare const DROVER_KILL_POINTS: boolean

export type Effect = 'write' | 'link' | 'rename' | 'remove' | 'mkdir' | 'spawn' | 'commit' | 'control'

const enabled = typeof DROVER_KILL_POINTS === 'boolean' && DROVER_KILL_POINTS
const dieAt = enabled ? Number(process.env.DROVER_DIE_AT ?? 0) : 0
let passed = 0

export function checkpoint(_effect: Effect): void {
  if (!enabled) return
  passed += 1
  if (passed === dieAt) process.kill(process.pid, 'SIGKILL')
}

/** How many effects this process has passed; 0 in the normal build. */
export function effectsPassed(): number {
  return passed
}
