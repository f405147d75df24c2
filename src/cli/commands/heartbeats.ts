/** `drover heartbeats`: what should succeed in time, and whether it does; `drover beat`: it has. */
import type { HeartbeatView } from '../../contract/views.ts'
import type { CommandContext } from '../context.ts'
import { argument, defineCommand } from '../define-command.ts'
import { exitOk } from '../exit.ts'
import { formatTable } from '../format/table.ts'
import { formatAge, formatDuration } from '../format/time.ts'
import { printJson } from '../print-json.ts'

export const heartbeatsCommand = defineCommand({
  name: 'heartbeats',
  group: 'Alerts',
  summary: 'Show what should succeed in time, and whether it does',
  inputs: {},
  examples: { heartbeats: 'with when each succeeded last' },
  async run(_args, context) {
    const { client, global, out, err } = context
    const heartbeats = await client.listHeartbeats()
    if (global.json) printJson(out, heartbeats)
    else if (heartbeats.length === 0)
      err.line(
        'No heartbeats yet. Declare some under `heartbeats:` in the configuration and `drover reload`.',
      )
    else printHeartbeats(heartbeats, context)
    return exitOk
  },
})

export const beatCommand = defineCommand({
  name: 'beat',
  group: 'Alerts',
  summary: 'Say that a heartbeat’s work succeeded',
  details: 'For what runs elsewhere. Jobs, and what `drover exec NAME` runs, say so by themselves.',
  inputs: { name: argument.one('name', 'a name of `heartbeats`') },
  examples: { 'beat backup': 'at the end of a script' },
  async run({ name }, { client, global, out, clock }) {
    const beat = await client.pingHeartbeat({ name })
    if (global.json) printJson(out, beat)
    else out.line(`${name} is due again in ${formatAge(Date.parse(beat.dueAt) - clock.now())}.`)
    return exitOk
  },
})

const columns = [
  { title: 'HEARTBEAT' },
  { title: 'STATE' },
  { title: 'LAST', align: 'right' },
  { title: 'DUE' },
  { title: 'EVERY', align: 'right' },
  { title: 'GRACE', align: 'right' },
] as const

function printHeartbeats(heartbeats: readonly HeartbeatView[], { out, clock }: CommandContext): void {
  const now = clock.now()
  const { bold, dim, green, red, yellow } = out.colors
  const rows = heartbeats.map(({ name, everyMs, graceMs, lastAt, dueAt, missedSince }) => {
    const left = Date.parse(dueAt) - now
    const state = missedSince !== null ? red('missed') : left < 0 ? yellow('late') : green('in time')
    return [
      bold(name),
      state,
      lastAt === null ? dim('never') : `${formatAge(now - Date.parse(lastAt))} ago`,
      left < 0 ? `${formatAge(-left)} ago` : `in ${formatAge(left)}`,
      formatDuration(everyMs),
      formatDuration(graceMs),
    ]
  })
  const options = { width: out.isTty ? out.columns : null, styleTitle: dim }
  for (const line of formatTable(columns, rows, options)) out.line(line)
}
