/**
 * The promise is about dying between two instructions. Every write, link, rename, removal, spawn, commit and notice of the agent
 * passes `checkpoint` first, so that a special build can be told to die just before its n-th one (`DROVER_DIE_AT=n`), and a test
 * can walk n over a whole scenario. With `DROVER_EFFECTS_FILE` that build notes each effect in a line of that file. In the normal build the
 * check is compiled away.
 */
import { appendFileSync } from 'node:fs'
import process from 'node:process'

/** Set by the build; undeclared where the sources run unbundled. */
declare const DROVER_KILL_POINTS: boolean

export type Effect =
  | 'write'
  | 'link'
  | 'rename'
  | 'remove'
  | 'mkdir'
  | 'spawn'
  | 'commit'
  | 'control'
  | 'send'

const enabled = typeof DROVER_KILL_POINTS === 'boolean' && DROVER_KILL_POINTS
const dieAt = enabled ? Number(process.env.DROVER_DIE_AT ?? 0) : 0
const notes = enabled ? process.env.DROVER_EFFECTS_FILE : undefined
let passed = 0

export function checkpoint(effect: Effect): void {
  if (!enabled) return
  passed += 1
  if (notes !== undefined) appendFileSync(notes, `${effect}\n`)
  if (passed === dieAt) process.kill(process.pid, 'SIGKILL')
}
