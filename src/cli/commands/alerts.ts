/** `drover alerts`: what lasts now, and who was told of it; `drover alert test`: whether a channel takes anything. */
import type { AlertView } from '../../contract/views.ts'
import { UserError } from '../../domain/user-error.ts'
import type { CommandContext } from '../context.ts'
import { argument, defineCommand } from '../define-command.ts'
import { exitOk } from '../exit.ts'
import { formatTable } from '../format/table.ts'
import { formatAge } from '../format/time.ts'
import { printJson } from '../print-json.ts'

export const alertsCommand = defineCommand({
  name: 'alerts',
  group: 'Alerts',
  summary: 'Show what lasts now that people are told of',
  details:
    'Each line is one trouble by one route of `alerts` in the configuration. It goes when it is over; `drover deliveries` shows what was told.',
  inputs: {},
  examples: { alerts: 'with since when, how often, and who was told' },
  async run(_args, context) {
    const { client, global, out, err } = context
    const alerts = await client.listAlerts()
    if (global.json) printJson(out, alerts)
    else if (alerts.length === 0) err.line('Nothing is wrong that a route of `alerts` is about.')
    else printAlerts(alerts, context)
    return exitOk
  },
})

const columns = [
  { title: 'CONDITION' },
  { title: 'LEVEL' },
  { title: 'SINCE', align: 'right' },
  { title: 'TIMES', align: 'right' },
  { title: 'TOLD' },
  { title: 'ROUTE' },
  { title: 'LAST' },
] as const

function printAlerts(alerts: readonly AlertView[], { out, clock }: CommandContext): void {
  const { bold, red, yellow, dim } = out.colors
  const rows = alerts.map(({ condition, level, since, count, route, title, ...alert }) => [
    bold(condition),
    level === 'warning'
      ? yellow(level)
      : level === 'notice' || level === 'info' || level === 'debug'
        ? level
        : red(level),
    formatAge(clock.now() - Date.parse(since)),
    String(count),
    toldText(alert, clock.now()),
    route,
    dim(title),
  ])
  const options = { width: out.isTty ? out.columns : null, styleTitle: dim }
  for (const line of formatTable(columns, rows, options)) out.line(line)
}

function toldText(
  { toldAt, channels, quietUntil }: Pick<AlertView, 'toldAt' | 'channels' | 'quietUntil'>,
  now: number,
): string {
  if (toldAt !== null) return `${channels.join(', ')} ${formatAge(now - Date.parse(toldAt))} ago`
  return quietUntil === null ? 'not yet' : `in ${formatAge(Date.parse(quietUntil) - now)}`
}

export const alertTestCommand = defineCommand({
  name: 'alert test',
  group: 'Alerts',
  summary: 'Send a word to a channel, and tell what it answered',
  inputs: { channel: argument.one('channel', 'a name of `alerts.channels`') },
  examples: { 'alert test ops': 'whether alerts arrive there' },
  async run({ channel }, { client, global, out }) {
    const delivery = await client.testChannel({ name: channel })
    if (global.json) printJson(out, delivery)
    if (delivery.state !== 'delivered')
      throw new UserError('did_not_happen', `Channel \`${channel}\` did not take it: ${delivery.reason}.`, {
        hint: `Mend \`alerts.channels.${channel}\` in the configuration, \`drover reload\`, and try again.`,
      })
    if (!global.json) out.line(`Channel ${channel} took it${delivery.reason ? `: ${delivery.reason}` : ''}.`)
    return exitOk
  },
})
