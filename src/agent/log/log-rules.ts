/** From what a configuration says of the agent's log to the places that it is written to. */
import type { Clock } from '../../clock.ts'
import type { AgentLogSettings } from '../../domain/agent-settings.ts'
import { noOverrides, severityOf } from '../../domain/events/event-level.ts'
import { syslogFacilities } from '../../domain/program.ts'
import { UserError } from '../../domain/user-error.ts'
import { RotatingFile } from '../../process/rotating-file.ts'
import { SyslogPipe } from '../../process/syslog-pipe.ts'
import type { LogRules, LogSink } from './event-log.ts'
import { jsonLines, type LogFormat, textLine, type WriteLine } from './log-lines.ts'

export interface LogSurroundings {
  readonly clock: Clock
  readonly node: string
  readonly shim: string
  readonly complain: (message: string, error: unknown) => void
}

/** What the agent needs of its log when the configuration changes: to be told whether that would do, and then to take it. */
export interface LogOutlets {
  prepare(settings: AgentLogSettings | null): Promise<{ take(): void; drop(): void }>
}

/** Opens what is to be written to. Throws a `UserError` where that cannot be; then nothing is open. */
export async function openLog(
  settings: AgentLogSettings | null,
  { clock, node, shim, complain }: LogSurroundings,
): Promise<LogRules> {
  if (!settings) return { levels: noOverrides, sinks: [] }
  const { level, levels, format, file, syslog } = settings
  const sinks: LogSink[] = []
  if (file) {
    const line = await lineWriter(format, node, false)
    const target = openFile(file)
    sinks.push({ level, write: (record) => target.write(line(record)), close: () => target.close() })
  }
  if (syslog) {
    const { path, tag, facility } = syslog
    const onLost = (): void => complain('The system’s log takes nothing, and lines for it are dropped', path)
    const pipe = new SyslogPipe({ shim, clock, path, tag, facility: syslogFacilities[facility], onLost })
    sinks.push({
      level,
      write: (record) => pipe.write(severityOf(record.level), record.text),
      close: () => pipe.close(),
    })
  }
  return { levels, sinks }
}

export async function lineWriter(format: LogFormat, node: string, hasColour: boolean): Promise<WriteLine> {
  return format === 'json' ? await jsonLines(node) : (record) => textLine(record, hasColour)
}

function openFile(file: NonNullable<AgentLogSettings['file']>): RotatingFile {
  try {
    return new RotatingFile(file)
  } catch (error) {
    throw new UserError('usage', `The log ${file.path} cannot be written: ${(error as Error).message}.`, {
      hint: 'Name another file in `log.file` or with --log-file, or make its folder writable.',
      cause: error,
    })
  }
}
