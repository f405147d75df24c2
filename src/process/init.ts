/**
 * The agent's side of the init (`native/init.c`): becoming its child, and telling it that the agent is up. As the first process of a container the
 * agent needs one, since Node waits only for children that it made itself, and whatever is re-parented to it would stay a zombie.
 *
 * Where Node can replace itself (from 22.15 on) the init takes over this very pid; else this process stays beside it, passes signals on and ends
 * with its code. Orphans of what the agent starts go to the init in both cases.
 */
import { spawn } from 'node:child_process'
import { writeSync } from 'node:fs'
import { constants } from 'node:os'
import process from 'node:process'

const variable = 'DROVER_INIT'
const passedOn = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGUSR2'] as const

export const hasInit = process.env[variable] !== undefined

/** Runs this very command line below an init; gives its exit code, or never returns. */
export async function runUnderInit(shim: string, candidate: readonly string[] = []): Promise<number> {
  const again = process.pid === 1 ? ['--again'] : []
  const tried = candidate.length === 0 ? [] : ['--try', String(candidate.length)]
  const args = [
    '--init',
    ...again,
    ...tried,
    '--',
    ...candidate,
    process.execPath,
    ...process.execArgv,
    ...process.argv.slice(1),
  ]
  const { execve } = process as { execve?: (file: string, args: string[], env: NodeJS.ProcessEnv) => never }
  if (execve) execve.call(process, shim, [shim, ...args], process.env)
  const child = spawn(shim, args, { stdio: 'inherit' })
  for (const signal of passedOn) process.on(signal, () => child.kill(signal))
  return await new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code, signal) => resolve(code ?? 128 + (signal ? constants.signals[signal] : 1)))
  })
}

/** Without an init nothing is told. */
export function tellInitUp(): void {
  tell('up\0')
}

/** The last word: what shall come after this process, if it ends with 0. False without an init. */
export function tellInitNext(command: readonly string[]): boolean {
  return tell(`next${command.length}\0${command.map((word) => `${word}\0`).join('')}`)
}

function tell(text: string): boolean {
  const fd = Number(process.env[variable])
  if (!hasInit || !Number.isInteger(fd)) return false
  try {
    return writeSync(fd, text) === Buffer.byteLength(text)
  } catch {
    // Nobody listens: the variable was inherited from somewhere else.
    return false
  }
}
