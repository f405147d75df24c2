/**
 * Slots as a table: the first thing that a person looks at.
 */
import type { SlotView } from '../../contract/views.ts'
import type { Output } from '../output.ts'
import { formatPercent, formatSize } from './size.ts'
import { formatState } from './state.ts'
import { formatTable } from './table.ts'
import { formatAge } from './time.ts'

const columns = [
  { title: 'NAME' },
  { title: 'STATE' },
  { title: 'PID', align: 'right' },
  { title: 'UPTIME', align: 'right' },
  { title: 'RESTARTS', align: 'right' },
  { title: 'CPU', align: 'right' },
  { title: 'MEMORY', align: 'right' },
  { title: 'REASON' },
] as const

export function formatSlots(slots: readonly SlotView[], out: Output, now: number): string[] {
  const rows = slots.map((slot) => [
    out.colors.bold(slot.name),
    formatState(slot, out),
    slot.pid === null ? '-' : String(slot.pid),
    slot.startedAt === null ? '-' : formatAge(now - Date.parse(slot.startedAt)),
    String(slot.restarts),
    slot.usage ? formatPercent(slot.usage.cpuPercent) : '',
    slot.usage ? formatSize(slot.usage.rssBytes) : '',
    reasonOf(slot, now),
  ])
  return formatTable(columns, rows, {
    width: out.isTty ? out.columns : null,
    styleTitle: out.colors.dim,
  })
}

/** Why the slot is where it is; and for how long, where it does nothing. Of a job at rest: how it ended, and when it is due. */
export function reasonOf(slot: SlotView, now: number): string {
  if (slot.kind === 'job' && (slot.state === 'stopped' || slot.state === 'exited')) {
    const ended =
      slot.reason === null ? null : `${slot.reason} ${formatAge(now - Date.parse(slot.since))} ago`
    const due = slot.nextAt === null ? null : `due ${inTime(Date.parse(slot.nextAt) - now)}`
    return [due, ended].filter((part) => part !== null).join('; ')
  }
  const parts = [
    slot.retryAt === null ? null : `next try ${inTime(Date.parse(slot.retryAt) - now)}`,
    slot.stoppedByPerson && slot.state === 'stopped' ? 'by a person' : null,
    slot.reason,
    // It still runs what was declared before, and nothing else says why.
    slot.outdated && slot.state === 'running' && slot.reason === null ? 'outdated' : null,
    slot.statusText,
  ].filter((part) => part !== null)
  const isAtRest = slot.state === 'stopped' || slot.state === 'exited' || slot.state === 'fatal'
  const since = isAtRest ? [`for ${formatAge(now - Date.parse(slot.since))}`] : []
  return [...since, parts.join(', ')].filter((part) => part !== '').join(': ')
}

function inTime(ms: number): string {
  return ms <= 0 ? 'now' : `in ${formatAge(ms + 999)}`
}
