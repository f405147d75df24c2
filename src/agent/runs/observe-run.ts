/**
 * How the looks of one check at one run are taken: with the placeholders of its slot filled in, and with what the run's directory offers.
 * A command runs as the program's user, in its folder and with its environment.
 */
import { join } from 'node:path'
import type { Clock } from '../../clock.ts'
import { fillPlaceholders, placeholderValues } from '../../config/placeholders.ts'
import { type CheckWay, lookOnce } from '../../process/check.ts'
import { LogWatch } from '../../process/checks/log.ts'
import { NoticeWatch } from '../../process/checks/notify.ts'
import type { ResolvedUser } from '../../process/user.ts'
import type { CheckSubject, Observer } from './checker.ts'

export interface ObserveOptions {
  readonly clock: Clock
  readonly runsDir: string
  readonly shim: string
  /** What a process of this slot has in its environment, and whose it is; throws where that cannot be told. */
  readonly surroundingsOf: (subject: CheckSubject) => {
    readonly env: Readonly<Record<string, string>>
    readonly user: ResolvedUser | null
  }
}

export function observeRun(subject: CheckSubject, options: ObserveOptions): Observer {
  const { timeoutMs } = subject.check
  const { clock } = options
  const abort = new AbortController()
  let way: CheckWay | null = null
  return {
    look: async () => {
      try {
        way ??= wayOf(subject, options)
      } catch (error) {
        return { passed: false, detail: `it could not be looked: ${(error as Error).message}` }
      }
      return await lookOnce({ clock, way, timeoutMs, signal: abort.signal })
    },
    close: () => abort.abort(),
  }
}

function wayOf(subject: CheckSubject, { clock, runsDir, shim, surroundingsOf }: ObserveOptions): CheckWay {
  const { program, index, run, kind, check } = subject
  const { method, periodMs } = check
  const values = placeholderValues(program, index)
  const fill = (text: string): string => fillPlaceholders(text, values)
  switch (method.kind) {
    case 'http':
      return { kind: 'http', url: fill(method.url) }
    case 'tcp':
      return { kind: 'tcp', host: fill(method.host), port: fill(method.port) }
    case 'command': {
      const { command } = method
      const argv = command.kind === 'shell' ? ['/bin/sh', '-c', fill(command.text)] : command.argv.map(fill)
      return {
        kind: 'command',
        check: { shim, argv, cwd: fill(program.launch.cwd), ...surroundingsOf(subject) },
      }
    }
    case 'log':
      return { kind: 'log', watch: new LogWatch(join(runsDir, run), method.pattern) }
    case 'notify':
      return { kind: 'notify', watch: new NoticeWatch(join(runsDir, run), { kind, periodMs }, clock) }
  }
}
