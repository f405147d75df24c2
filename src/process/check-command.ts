/**
 * Runs a command to its end, as a check or for a listener, through the shim, which leaves nothing of it whatever it does: neither when its time is over nor when the
 * agent dies meanwhile (`native/check.c`).
 */
import { spawn } from 'node:child_process'
import { checkpoint } from '../effects.ts'
import type { ResolvedUser } from './user.ts'

export interface CheckCommand {
  readonly argv: readonly string[]
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
  readonly user: ResolvedUser | null
  /** For its standard input; without one it is empty. */
  readonly input?: string
}

export interface CheckResult {
  /** Null when it did not end by itself. */
  readonly code: number | null
  readonly signal: number | null
  readonly timedOut: boolean
  /** Why it was not executed. */
  readonly error: string | null
  /** The beginning of what it printed. */
  readonly output: string
}

export function runCheckCommand(
  shim: string,
  { argv, cwd, env, user, input }: CheckCommand,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<CheckResult> {
  const who = user?.isSwitched ? `${user.uid}:${user.gid}:${user.groups.join(',')}` : '-'
  return new Promise((resolve, reject) => {
    checkpoint('spawn')
    const child = spawn(shim, ['--check', String(Math.ceil(timeoutMs)), who, cwd, ...argv], {
      stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'ignore'],
      cwd: '/',
      env,
    })
    // TERM lets it clear up what it started.
    const stop = (): void => void child.kill('SIGTERM')
    signal.addEventListener('abort', stop, { once: true })
    // Whoever does not read it may end all the same.
    child.stdin?.on('error', () => {}).end(input)
    let text = ''
    child.stdout?.setEncoding('utf8').on('data', (part: string) => {
      text += part
    })
    child.once('error', reject)
    child.once('close', () => {
      signal.removeEventListener('abort', stop)
      try {
        resolve(toResult(JSON.parse(text)))
      } catch {
        reject(new Error('the check gave no answer'))
      }
    })
  })
}

function toResult(told: {
  code: number
  signal: number
  timedOut: boolean
  error: string | null
  output: string
}): CheckResult {
  return {
    code: told.code < 0 ? null : told.code,
    signal: told.signal === 0 ? null : told.signal,
    timedOut: told.timedOut,
    error: told.error,
    // Byte for byte in, and as UTF-8 out.
    output: Buffer.from(told.output, 'latin1').toString('utf8').trim(),
  }
}
