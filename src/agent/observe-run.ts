/**
 * How the looks of one check at one run are taken: with the placeholders of its slot filled in, and with what the run's directory offers.
 */
import { join } from 'node:path'
import type { Clock } from '../clock.ts'
import { fillPlaceholders, placeholderValues } from '../config/placeholders.ts'
import type { CheckMethod, Program } from '../domain/program.ts'
import { lookOnce } from '../process/check.ts'
import { LogWatch } from '../process/checks/log.ts'
import type { CheckSubject, Observer } from './checker.ts'

export function observeRun(
  { run, index, program, check }: CheckSubject,
  { clock, runsDir }: { clock: Clock; runsDir: string },
): Observer {
  const method = fillMethod(check.method, program, index)
  const log = method.kind === 'log' ? new LogWatch(join(runsDir, run), method.pattern) : null
  const { timeoutMs } = check
  const abort = new AbortController()
  return {
    look: () => lookOnce({ clock, method, log, timeoutMs, signal: abort.signal }),
    close: () => abort.abort(),
  }
}

function fillMethod(method: CheckMethod, program: Program, index: number): CheckMethod {
  const values = placeholderValues(program, index)
  const fill = (text: string): string => fillPlaceholders(text, values)
  switch (method.kind) {
    case 'http':
      return { ...method, url: fill(method.url) }
    case 'tcp':
      return { ...method, host: fill(method.host), port: fill(method.port) }
    case 'command': {
      const { command } = method
      return {
        ...method,
        command:
          command.kind === 'shell'
            ? { kind: 'shell', text: fill(command.text) }
            : { kind: 'argv', argv: command.argv.map(fill) },
      }
    }
    case 'log':
    case 'notify':
      return method
  }
}
