/** A command that has to end with code 0. */

import type { Look } from '../check.ts'
import { type CheckCommand, runCheckCommand } from '../check-command.ts'
import { signalName } from '../claim.ts'

export interface CommandCheck extends CheckCommand {
  readonly shim: string
}

const shownLength = 200

export async function lookByCommand(
  check: CommandCheck,
  timeoutMs: number,
  limit: AbortSignal,
): Promise<Look> {
  const { code, signal, timedOut, error, output } = await runCheckCommand(check.shim, check, timeoutMs, limit)
  const line = output.split('\n').at(-1)?.slice(0, shownLength) ?? ''
  const said = line === '' ? '' : `, and said: ${line}`
  if (error !== null) return { passed: false, detail: `the command could not be executed (${error})` }
  if (timedOut) return { passed: false, detail: `the command did not end${said}` }
  if (signal !== null) return { passed: false, detail: `the command ended by ${signalName(signal)}${said}` }
  return { passed: code === 0, detail: `the command ended with code ${code}${said}` }
}
