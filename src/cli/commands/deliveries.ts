/** `drover deliveries`: what was, or is to be, told through the channels. */
import type { DeliveryView } from '../../contract/views.ts'
import { deliveryStates } from '../../domain/alerting/alert.ts'
import type { CommandContext } from '../context.ts'
import { defineCommand, option } from '../define-command.ts'
import { exitOk } from '../exit.ts'
import { formatTable } from '../format/table.ts'
import { formatAge, formatInstant } from '../format/time.ts'
import { printJson } from '../print-json.ts'

export const deliveriesCommand = defineCommand({
  name: 'deliveries',
  group: 'Alerts',
  summary: 'Show what was told through the channels, the newest first',
  details: 'With how often it was tried, what the channel answered, and when it is tried next.',
  inputs: {
    channel: option.text('--channel <name>', 'only through this one'),
    state: option.word('--state <state>', `only those: ${deliveryStates.join(', ')}`, deliveryStates),
    limit: option.number('-n, --limit <number>', 'how many', 20, { least: 1, most: 1000 }),
    before: option.text('--before <id>', 'those before this one (an id of --json): the next page'),
  },
  examples: { deliveries: 'the newest ones', 'deliveries --state pending': 'what is still to be told' },
  async run({ channel, state, limit, before }, context) {
    const { client, global, out, err } = context
    const deliveries = await client.listDeliveries({
      limit,
      ...(channel === null ? {} : { channel }),
      ...(before === null ? {} : { before }),
      ...(state === null ? {} : { states: [state] }),
    })
    if (global.json) printJson(out, deliveries)
    else if (deliveries.length === 0) err.line('Nothing was told through a channel so far.')
    else printDeliveries(deliveries, context)
    return exitOk
  },
})

const columns = [
  { title: 'TIME' },
  { title: 'CHANNEL' },
  { title: 'STATE' },
  { title: 'TRIES', align: 'right' },
  { title: 'WHAT' },
  { title: 'ANSWER' },
] as const

function printDeliveries(deliveries: readonly DeliveryView[], { out, clock }: CommandContext): void {
  const now = clock.now()
  const { bold, dim, green, red, yellow } = out.colors
  const paint = {
    delivered: green,
    pending: yellow,
    held: yellow,
    digested: dim,
    refused: red,
    gave_up: red,
  } as const
  const rows = deliveries.map(({ createdAt, channel, state, attempts, kind, title, reason, nextAt }) => [
    dim(formatInstant(createdAt, now)),
    bold(channel),
    paint[state](state),
    attempts === 0 ? '' : String(attempts),
    kind === 'raised' ? title : `${kind}: ${title}`,
    dim(
      state === 'pending' && nextAt !== null && attempts > 0
        ? `${reason}; again in ${formatAge(Date.parse(nextAt) - now)}`
        : (reason ?? ''),
    ),
  ])
  const options = { width: out.isTty ? out.columns : null, styleTitle: dim }
  for (const line of formatTable(columns, rows, options)) out.line(line)
}
