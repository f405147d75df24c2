/**
 * Runs a configuration that is a program in a process of its own and waits for its value, but never for long: a configuration that hangs
 * is killed, with all that it started.
 */
import { spawn } from 'node:child_process'
import { dirname } from 'node:path'
import process from 'node:process'
import type { Readable } from 'node:stream'
import { systemClock } from '../../clock.ts'
import type { EvaluationMessage, Refusal } from './evaluated-value.ts'
import { locateInScript } from './script-lines.ts'
import { type ReadText, type SyntaxMistake, unreadable } from './syntax.ts'

export interface EvaluateOptions {
  /** The built `config-host`. */
  readonly hostPath: string
  readonly timeoutMs?: number
}

export interface Script {
  /** Absolute. It need not exist if the text is to be run from here. */
  readonly file: string
  readonly text: string
  /** Whether the text is run as it is here, instead of the file. */
  readonly fromText: boolean
}

export async function readScript(script: Script, options: EvaluateOptions): Promise<ReadText> {
  const outcome = await evaluate(script, options)
  if (outcome.kind === 'failed') {
    return unreadable(outcome.line, `${outcome.message}${outcome.hint === null ? '' : `; ${outcome.hint}`}`)
  }
  const locate = locateInScript(script.text)
  const mistakes = outcome.refusals.map(
    (refusal): SyntaxMistake => ({
      code: 'not_data',
      line: locate(refusal.path),
      path: refusal.path,
      message: refusalText(refusal),
      expected: 'data: text, numbers, booleans, lists and tables',
    }),
  )
  return { value: outcome.value, locate, mistakes }
}

function refusalText({ what }: Refusal): string {
  const fix = what === 'undefined' ? '; leave the key out, or give a value with `??`' : ''
  return `expected data, got ${what}${fix}`
}

const longestAnswer = 64 * 1024 * 1024
const keptOutput = 2000

function evaluate(script: Script, options: EvaluateOptions): Promise<EvaluationMessage> {
  const timeoutMs = options.timeoutMs ?? 10_000
  const args = [options.hostPath, script.file, ...(script.fromText ? ['--text'] : [])]
  const child = spawn(process.execPath, args, {
    cwd: dirname(script.file),
    // A group of its own, so that what the configuration starts can be ended with it.
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
    env: { ...process.env, NODE_NO_WARNINGS: '1' },
  })
  child.stdin.on('error', () => {})
  child.stdin.end(script.fromText ? script.text : '')
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
