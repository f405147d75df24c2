/** Hands notices to a command, as one line of JSON on its standard input. */
import { spawn } from 'node:child_process'
import process from 'node:process'
import type { CommandChannel } from '../domain/alerting/alert-settings.ts'
import type { DeliveryOutcome, Notice } from '../domain/alerting/notice.ts'
import { noticeJson } from '../domain/alerting/notice-text.ts'
import type { SendTools } from './send.ts'

/** Of what it prints the end is kept. */
const mostKept = 4096
const longestTold = 200

export function runCommand(
  { argv, cwd, timeoutMs }: CommandChannel,
  notice: Notice,
  { environment, clock }: Pick<SendTools, 'environment' | 'clock'>,
): Promise<DeliveryOutcome> {
  const [file = '', ...rest] = argv
  return new Promise((resolve) => {
    let said = ''
    const child = spawn(file, rest, {
      cwd,
      // A group of its own, so that all of it can be ended.
      detached: true,
      stdio: ['pipe', 'ignore', 'pipe'],
      env: {
        ...environment,
        DROVER_NOTICE_KIND: notice.kind,
        DROVER_NOTICE_LEVEL: notice.level,
        DROVER_NOTICE_TITLE: notice.title.replaceAll('\0', ''),
      },
    })
    const settle = (outcome: DeliveryOutcome): void => {
      timer.cancel()
      killGroup(child.pid)
      resolve(outcome)
    }
    const timer = clock.after(timeoutMs, () => {
      settle({
        kind: 'failed',
        reason: `${file} did not end within ${timeoutMs / 1000} s, and was killed`,
        afterMs: null,
      })
    })
    child.on('error', (error) =>
      settle({ kind: 'failed', reason: `${file} could not be run: ${error.message}`, afterMs: null }),
    )
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-mostKept)
    })
    // One that reads nothing ends all the same.
    child.stdin?.on('error', () => {})
    child.stdin?.end(`${JSON.stringify(noticeJson(notice))}\n`)
    // What it left behind may hold its output open: its own end counts.
    child.on('exit', (code, signal) => {
      const last = said.trim().split('\n').at(-1)?.slice(0, longestTold) ?? ''
      const how = signal === null ? `ended with exit code ${code}` : `was ended by ${signal}`
      if (code === 0) settle({ kind: 'delivered', detail: 'exit code 0' })
      else
        settle({ kind: 'failed', reason: `${file} ${how}${last === '' ? '' : `: ${last}`}`, afterMs: null })
    })
  })
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // It is gone already.
  }
}
