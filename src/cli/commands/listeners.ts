/** `drover listeners`: who of the configuration is told of events, and how far each has come. */
import type { ListenerView } from '../../contract/views.ts'
import { defineCommand } from '../define-command.ts'
import { exitOk } from '../exit.ts'
import { formatTable } from '../format/table.ts'
import { formatInstant } from '../format/time.ts'
import type { Output } from '../output.ts'
import { printJson } from '../print-json.ts'

export const listenersCommand = defineCommand({
  name: 'listeners',
  group: 'Looking',
  summary: 'Show the listeners, how far each has come, and what went wrong',
  details:
    'Listeners are declared in the configuration, under `listeners`. Failures are counted since the agent started.',
  inputs: {},
  examples: { listeners: 'with the last failure of each' },
  async run(_args, { client, global, out, err, clock }) {
    const listeners = await client.listListeners()
    if (global.json) {
      printJson(out, listeners)
      return exitOk
    }
    if (listeners.length === 0) {
      err.line('There are no listeners; declare them under `listeners` in the configuration.')
      return exitOk
    }
    const columns = [
      { title: 'LISTENER' },
      { title: 'ON' },
      { title: 'STATE' },
      { title: 'CURSOR', align: 'right' },
      { title: 'BEHIND', align: 'right' },
      { title: 'FAILED', align: 'right' },
      { title: 'LAST FAILURE' },
    ] as const
    const rows = listeners.map((listener) => [
      out.colors.bold(listener.name),
      listener.on.join(', '),
      stateText(listener, out),
      String(listener.cursor),
      listener.lag === 0 ? out.colors.dim('0') : String(listener.lag),
      listener.failures === 0 ? out.colors.dim('0') : out.colors.red(String(listener.failures)),
      failureText(listener, clock.now()),
    ])
    const options = { width: out.isTty ? out.columns : null, styleTitle: out.colors.dim }
    for (const line of formatTable(columns, rows, options)) out.line(line)
    return exitOk
  },
})

function stateText({ state }: ListenerView, { colors }: Output): string {
  return state === 'pausing' ? colors.yellow(state) : state
}

function failureText({ lastFailure }: ListenerView, now: number): string {
  if (lastFailure === null) return ''
  const { at, event, reason } = lastFailure
  return `${formatInstant(at, now)}${event === null ? '' : ` at event ${event}`}: ${reason}`
}
