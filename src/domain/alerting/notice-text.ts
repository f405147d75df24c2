/**
 * How a notice reads: one form for a job that failed, a service that gave up and a heartbeat that was missed, in a mail, in a chat and for a program. What tells of
 * too much or too little work on a machine has the words that people know from Provisioner.
 */
import type { EventData } from '../events/event.ts'
import type { JsonValue } from '../program.ts'
import type { Notice } from './notice.ts'

export interface Mail {
  readonly subject: string
  readonly text: string
}

const signs = {
  raised: '🔴',
  repeated: '🔴',
  cleared: '🟢',
  digest: '📚',
  test: '🔔',
} as const satisfies Record<Notice['kind'], string>
const words = {
  raised: '',
  repeated: 'still: ',
  cleared: 'over: ',
  digest: '',
  test: '',
} as const satisfies Record<Notice['kind'], string>

/** One line: what, and where. */
export function headline({ kind, title, node }: Notice): string {
  const where = title.includes(node) ? '' : ` (${node})`
  return `${words[kind]}${title}${where}`
}

export function mailOf(notice: Notice): Mail {
  const scaling = scalingOf(notice)
  if (scaling) {
    const { isOver, data } = scaling
    const lines = [
      `Command: ${data.command}`,
      `Command input: ${data.input}`,
      `CPU usage: ${data.cpu}`,
      `Load average: ${data.loadAverage}`,
      ...('processesRequired' in data
        ? [`Processes required: ${data.processesRequired}`, `Processes running: ${data.processesRunning}`]
        : []),
    ]
    return {
      subject: `[Provision alert] Server ${isOver ? 'over' : 'under'} used`,
      text: `${lines.join('\n')}\n`,
    }
  }
  const facts = factsOf(notice).map(([name, value]) => `${`${name}:`.padEnd(11)} ${value}`)
  const parts = [notice.text, notice.lines.map((line) => `* ${line}`).join('\n'), facts.join('\n')]
  return {
    subject: `[drover] ${headline(notice)}`,
    text: `${parts.filter((part) => part !== '').join('\n\n')}\n`,
  }
}

/** For chats: a headline, then what else there is to know. */
export function chatText(notice: Notice): string {
  const scaling = scalingOf(notice)
  if (scaling) return scalingText(scaling)
  const more = notice.lines.length > 0 ? notice.lines.map((line) => `• ${line}`) : [shortFacts(notice)]
  return [`${signs[notice.kind]} ${headline(notice)}`, ...more].filter((line) => line !== '').join('\n')
}

/** What a webhook without a template gets. */
export function webhookBody(notice: Notice): JsonValue {
  const scaling = scalingOf(notice)
  if (scaling) {
    const { data, isOver } = scaling
    return {
      type: isOver ? 'over_used' : 'under_used',
      command: data.input,
      cpu: data.cpu,
      load_average: data.loadAverage,
      required_processes: 'processesRequired' in data ? data.processesRequired : 0,
      running_processes: 'processesRunning' in data ? data.processesRunning : 0,
    }
  }
  return noticeJson(notice)
}

/** The notice for programs. Times are ISO 8601. */
export function noticeJson({ at, event, lines, ...notice }: Notice): { readonly [key: string]: JsonValue } {
  return { ...notice, at: new Date(at).toISOString(), event: { ...event }, lines: [...lines] }
}

/** As in Provisioner's templates, on one line. */
export function scalingText({ isOver, data }: Scaling): string {
  const common = `Command: ${data.input} | CPU: ${data.cpu} | Load: ${data.loadAverage}`
  if (!isOver || !('processesRequired' in data)) return `Server under used. You may take it down! ${common}`
  return `Server at full capacity! ${common} | Required: ${data.processesRequired} | Running: ${data.processesRunning}`
}

interface Scaling {
  readonly isOver: boolean
  readonly data: EventData['scaling.under_used'] | EventData['scaling.over_used']
}

function scalingOf({ kind, event }: Notice): Scaling | null {
  if (kind === 'digest' || kind === 'test') return null
  if (event.kind !== 'scaling.under_used' && event.kind !== 'scaling.over_used') return null
  return { isOver: event.kind === 'scaling.over_used', data: event.data as unknown as Scaling['data'] }
}

function factsOf({ node, at, event, condition, count, level, kind }: Notice): [string, string][] {
  const facts: [string, string][] = [
    ['node', node],
    ['time', new Date(at).toISOString()],
    ['level', level],
  ]
  if (kind === 'digest' || kind === 'test') return facts
  if (event.program !== null) facts.push(['program', event.program])
  if (event.slot !== null && event.slot !== event.program) facts.push(['slot', event.slot])
  if (event.run !== null) facts.push(['run', `${event.run} (drover run ${event.run})`])
  facts.push(['event', `${event.kind} ${event.id}`], ['condition', condition])
  if (count > 1) facts.push(['in a row', String(count)])
  return facts
}

function shortFacts({ event, count, kind }: Notice): string {
  if (kind === 'test') return ''
  return [
    ...(count > 1 ? [`${count} in a row`] : []),
    ...(event.run === null ? [] : [`drover run ${event.run}`]),
  ].join(' · ')
}
