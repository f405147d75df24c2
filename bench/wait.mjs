/** Waiting for a condition, with a deadline that only says that something is broken. */
import { setTimeout as pause } from 'node:timers/promises'

const patienceMs = 180_000

export async function waitFor(what, ask, everyMs = 10) {
  const deadline = Date.now() + patienceMs
  for (;;) {
    const answer = await ask()
    if (answer) return answer
    if (Date.now() > deadline) throw new Error(`Waited ${patienceMs / 1000} s in vain until ${what}.`)
    await pause(everyMs)
  }
}
