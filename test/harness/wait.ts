/**
 * Waiting in tests: for a condition, never for a time. The deadline is for machines that are very slow, and a wait that reaches it says what was
 * waited for and what was there instead.
 */
import { setTimeout as pause } from 'node:timers/promises'

export const patienceMs = 30_000

/** What ends a wait at once: there is nothing left to wait for. */
export class InVain extends Error {}

export interface WaitOptions {
  readonly deadlineMs?: number
  readonly everyMs?: number
  /** What is there instead, for the message of a wait in vain. */
  readonly tell?: () => unknown
}

/**
 * Resolves with the first answer that is neither false nor null nor undefined. An answer that throws is one that is not there yet, unless it
 * throws `InVain`.
 */
export async function waitFor<T>(
  what: string,
  ask: () => T | Promise<T>,
  { deadlineMs = patienceMs, everyMs = 20, tell }: WaitOptions = {},
): Promise<Exclude<T, false | null | undefined>> {
  const deadline = performance.now() + deadlineMs
  for (;;) {
    let trouble: unknown = null
    try {
      const answer = await ask()
      if (answer !== false && answer !== null && answer !== undefined) {
        return answer as Exclude<T, false | null | undefined>
      }
    } catch (error) {
      if (error instanceof InVain) throw error
      trouble = error
    }
    if (performance.now() > deadline) {
      const instead = tell ? `\nthere is: ${JSON.stringify(await tell(), null, 1)}` : ''
      throw new Error(`Waited ${deadlineMs} ms in vain until ${what}.${instead}`, { cause: trouble })
    }
    await pause(everyMs)
  }
}
