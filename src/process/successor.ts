/**
 * Another build in the place of this one. It is asked for its version before anything ends, and tried by an init that goes back to this build if it
 * ends before it is up (`native/init.c`). The pid that others watch stays: the init's, or where Node cannot replace itself, this process's.
 */
import { execFile } from 'node:child_process'
import process from 'node:process'
import { UserError } from '../domain/user-error.ts'
import { checkpoint } from '../effects.ts'
import { runUnderInit, tellInitNext } from './init.ts'

const answerMs = 10_000

/** Throws unless the build runs here and is what it is said to be. */
export async function checkSuccessor(command: readonly string[], version: string): Promise<void> {
  const [file = '', ...args] = command
  const said = await new Promise<string>((resolve) => {
    checkpoint('spawn')
    execFile(file, [...args, 'version', '--json'], { timeout: answerMs }, (error, stdout) => {
      resolve(error ? `failed: ${error.message.split('\n')[0]}` : stdout)
    })
  })
  if (said.includes(`"${version}"`)) return
  throw new UserError('conflict', `The build ${command.join(' ')} does not run here as version ${version}.`, {
    hint: `It answered: ${said.trim().slice(0, 200)}. Nothing was changed; the agent runs on.`,
  })
}

/** After the store is closed. Gives the exit code of what came after. */
export async function giveWayTo(command: readonly string[], shim: string): Promise<number> {
  const next = [...command, ...process.argv.slice(2)]
  checkpoint('spawn')
  return tellInitNext(next) ? 0 : await runUnderInit(shim, next)
}
