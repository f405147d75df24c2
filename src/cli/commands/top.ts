/** `drover top`: what uses most, live. */
import type { SlotView } from '../../contract/views.ts'
import { UserError } from '../../domain/user-error.ts'
import type { CommandContext } from '../context.ts'
import { argument, defineCommand, option, targetsMeaning } from '../define-command.ts'
import { exitInterrupted, exitOk } from '../exit.ts'
import { formatPercent, formatSize } from '../format/size.ts'
import { formatState } from '../format/state.ts'
import { formatTable } from '../format/table.ts'
import { formatAge, formatDuration } from '../format/time.ts'
import { printJson } from '../print-json.ts'
import { createRedraw } from '../redraw.ts'
import { pause } from '../wait.ts'

const orders = ['cpu', 'memory', 'time', 'processes', 'files', 'name'] as const
type Order = (typeof orders)[number]

const columns = [
  { title: 'NAME' },
  { title: 'STATE' },
  { title: 'PID', align: 'right' },
  { title: 'CPU', align: 'right' },
  { title: 'MEMORY', align: 'right' },
  { title: 'PROCS', align: 'right' },
  { title: 'FILES', align: 'right' },
  { title: 'CPU-TIME', align: 'right' },
  { title: 'UPTIME', align: 'right' },
] as const

export const topCommand = defineCommand({
  name: 'top',
  aliases: ['monit'],
  group: 'Looking',
  summary: 'Show what uses most CPU and memory, live',
  details:
    'Each line is a slot and counts the whole process tree of its run. 100% of CPU is one core. Memory is resident; pages that processes share count for each of them.',
  inputs: {
    targets: argument.any('targets', `${targetsMeaning} (default: all)`),
    sort: option.choice('-s, --sort <what>', 'what comes first', orders, 'cpu'),
    limit: option.number('-n, --limit <number>', 'how many lines; 0 is all', 0),
    every: option.number('-d, --every <seconds>', 'how often it is looked', 2, { least: 1, most: 3600 }),
    once: option.flag('--once', 'print once and end'),
  },
  examples: {
    top: 'live, until Ctrl-C',
    'top --sort memory -n 10': 'the ten largest',
    'top --once --json': 'for scripts',
  },
  async run({ targets, sort, limit, every, once }, context) {
    const { client, global, out, signal, clock } = context
    const look = async (): Promise<SlotView[]> => {
      const slots = sorted(await client.listSlots({ targets }, { signal }), sort)
      return limit === 0 ? slots : slots.slice(0, limit)
    }
    const first = await look()
    if (once) {
      show(first, context)
      return exitOk
    }
    const isInPlace = out.isTty && !global.json
    const redraw = createRedraw(out)
    let slots: SlotView[] | null = first
    try {
      while (!signal.aborted) {
        if (isInPlace) redraw.draw([...linesOf(slots, context), '', footer(slots, sort, context)])
        else if (slots) show(slots, context)
        await pause(clock, every * 1000, signal)
        if (!signal.aborted) slots = await look().catch(awayOrThrow(signal))
      }
    } finally {
      if (isInPlace) redraw.end()
    }
    return exitInterrupted
  },
})

/** While the agent is replaced there is nothing to see; anything else is told. */
function awayOrThrow(signal: AbortSignal): (error: unknown) => null {
  return (error) => {
    if (signal.aborted || (error instanceof UserError && error.code === 'no_agent')) return null
    throw error
  }
}

function show(slots: readonly SlotView[], context: CommandContext): void {
  const { out, global } = context
  if (global.json) printJson(out, slots)
  else for (const line of linesOf(slots, context)) out.line(line)
}

function linesOf(slots: readonly SlotView[] | null, { out, clock }: CommandContext): string[] {
  if (!slots) return ['The agent is away; waiting for it.']
  const now = clock.now()
  const rows = slots.map(({ name, state, ready, pid, usage, startedAt }) => [
    out.colors.bold(name),
    formatState({ state, ready }, out),
    pid === null ? '-' : String(pid),
    usage ? formatPercent(usage.cpuPercent) : '-',
    usage ? formatSize(usage.rssBytes) : '-',
    usage ? String(usage.processes) : '-',
    usage && usage.openFiles !== null ? String(usage.openFiles) : '-',
    usage ? formatDuration(usage.cpuMs) : '-',
    startedAt === null ? '-' : formatAge(now - Date.parse(startedAt)),
  ])
  return formatTable(columns, rows, { width: out.isTty ? out.columns : null, styleTitle: out.colors.dim })
}

function footer(slots: readonly SlotView[] | null, sort: Order, { out }: CommandContext): string {
  const used = (slots ?? []).map(({ usage }) => usage).filter((usage) => usage !== null)
  const cpu = used.reduce((sum, { cpuPercent }) => sum + cpuPercent, 0)
  const memory = used.reduce((sum, { rssBytes }) => sum + rssBytes, 0)
  return out.colors.dim(
    `${used.length} runs, ${formatPercent(cpu)} CPU, ${formatSize(memory)}   by ${sort}   Ctrl-C ends`,
  )
}

/** What has no process comes last. */
function sorted(slots: readonly SlotView[], order: Order): SlotView[] {
  const weigh = ({ usage }: SlotView): number => {
    if (!usage) return -1
    switch (order) {
      case 'cpu':
        return usage.cpuPercent
      case 'memory':
        return usage.rssBytes
      case 'time':
        return usage.cpuMs
      case 'processes':
        return usage.processes
      case 'files':
        return usage.openFiles ?? 0
      case 'name':
        return 0
    }
  }
  // The agent lists by name, and equals stay as they are.
  return order === 'name' ? [...slots] : [...slots].sort((a, b) => weigh(b) - weigh(a))
}
