/**
 * Starts the config host, asks it one thing and waits for the one line of its answer, but never for long: a host that hangs is killed, with
 * all that it started. Whatever happens to it becomes a message; nothing is thrown.
 */
import { spawn } from 'node:child_process'
import process from 'node:process'
import type { Readable } from 'node:stream'
import { systemClock } from '../../clock.ts'
import type { EvaluationMessage } from './evaluated-value.ts'

export interface HostRequest {
  /** The built `config-host`. */
  readonly hostPath: string
  readonly args: readonly string[]
  /** For its standard input. */
  readonly input: string
  readonly cwd: string
  readonly timeoutMs: number
}

const longestAnswer = 64 * 1024 * 1024
const keptOutput = 2000

export function askHost(request: HostRequest): Promise<EvaluationMessage> {
  const { hostPath, args, input, cwd, timeoutMs } = request
  const child = spawn(process.execPath, [hostPath, ...args], {
    cwd,
    // A group of its own, so that what the configuration starts can be ended with it.
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
    env: { ...process.env, NODE_NO_WARNINGS: '1' },
  })
  child.stdin.on('error', () => {})
  child.stdin.end(input)
  let printed = ''
  const keep = (chunk: Buffer): void => {
    printed = (printed + chunk.toString()).slice(-keptOutput)
  }
  child.stdout.on('data', keep)
  child.stderr.on('data', keep)

  return new Promise((resolve) => {
    const finish = (message: EvaluationMessage): void => {
      timer.cancel()
      killGroup(child.pid)
      // A process that escaped the group may hold the other ends; nobody waits for it.
      for (const stream of child.stdio) stream?.destroy()
      resolve(message)
    }
    const fail = (message: string): void => finish({ kind: 'failed', message, line: null, hint: null })
    const timer = systemClock.after(timeoutMs, () =>
      fail(`the file gave no configuration within ${timeoutMs / 1000} s and was stopped${said(printed)}`),
    )
    child.on('error', (error) => fail(`the process that runs the file did not start: ${error.message}`))
    const answer: Buffer[] = []
    let length = 0
    const channel = child.stdio[3] as Readable
    channel.on('data', (chunk: Buffer) => {
      answer.push(chunk)
      length += chunk.length
      if (length > longestAnswer) fail('the configuration is larger than 64 MB')
      else if (chunk.at(-1) === 0x0a)
        finish(JSON.parse(Buffer.concat(answer).toString()) as EvaluationMessage)
    })
    channel.on('error', () => {})
    // The channel ends when the last holder of it is gone; by then the answer has come, or never will.
    channel.on('end', () => {
      const { exitCode, signalCode } = child
      if (exitCode !== null || signalCode !== null) fail(endText(exitCode, signalCode, printed))
      else child.once('exit', (code, signal) => fail(endText(code, signal, printed)))
    })
  })
}

function endText(code: number | null, signal: string | null, printed: string): string {
  const how = signal === null ? `exit code ${code ?? '?'}` : `signal ${signal}`
  return `the file ended its own process (${how}) before it gave a configuration${said(printed)}`
}

function said(printed: string): string {
  const last = printed.trim().split('\n').at(-1)?.trim() ?? ''
  return last === '' ? '' : `; it said last: ${last.slice(0, 200)}`
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // It is gone already.
  }
}
