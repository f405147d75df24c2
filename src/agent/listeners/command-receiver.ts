/**
 * A command as a listener: one process for each event, one after another. It gets the event as one line of JSON on its standard input and its
 * main parts as variables. Nothing of it outlives its time or its agent (`process/check-command.ts`).
 */
import type { EventView } from '../../contract/views.ts'
import type { EventLevel } from '../../domain/events/event.ts'
import type { ListenerAction } from '../../domain/events/listener.ts'
import type { Milliseconds } from '../../domain/milliseconds.ts'
import { type CheckResult, runCheckCommand } from '../../process/check-command.ts'
import { signalName } from '../../process/claim.ts'
import { readSecrets } from '../../process/secrets.ts'
import type { DeliveryEnd, DeliveryNews, Receiver } from './receiver.ts'

export interface CommandReceiverOptions {
  readonly listener: string
  readonly action: Extract<ListenerAction, { kind: 'command' }>
  readonly timeoutMs: Milliseconds
  readonly shim: string
  readonly node: string
  readonly environment: Readonly<Record<string, string | undefined>>
  /** What it prints. */
  readonly say: (level: EventLevel, text: string) => void
}

/** The kernel takes no longer texts, and nobody wants them in a variable. */
const longestVariable = 4096

export class CommandReceiver implements Receiver {
  private readonly options: CommandReceiverOptions
  private readonly closing = new AbortController()

  constructor(options: CommandReceiverOptions) {
    this.options = options
  }

  async deliver(events: readonly EventView[], news: DeliveryNews): Promise<DeliveryEnd> {
    for (const event of events) {
      if (!news.mayGoOn()) break
      const end = await this.deliverOne(event, news)
      if (end) return end
    }
    return { kind: 'done' }
  }

  /** Each event has a process that reads all anew. */
  reload(): void {}

  close(): void {
    this.closing.abort()
  }

  private async deliverOne(event: EventView, news: DeliveryNews): Promise<DeliveryEnd | null> {
    const { action, shim, timeoutMs, environment } = this.options
    const secrets = readSecrets(action.secrets, environment)
    if (!secrets.ok) return { kind: 'absent', reason: secrets.detail }
    const { command } = action
    let result: CheckResult
    try {
      const env = { ...this.inherited(), ...action.env, ...secrets.values, ...this.variables(event) }
      const argv = command.kind === 'shell' ? ['/bin/sh', '-c', command.text] : command.argv
      const input = `${JSON.stringify(event)}\n`
      const asked = { argv, cwd: action.cwd, env, user: null, input }
      result = await runCheckCommand(shim, asked, timeoutMs, this.closing.signal)
    } catch (error) {
      return { kind: 'absent', reason: `the command could not be executed: ${(error as Error).message}` }
    }
    if (this.closing.signal.aborted) return { kind: 'absent', reason: 'the agent is ending' }
    if (result.error !== null)
      return { kind: 'absent', reason: `the command could not be executed (${result.error})` }
    const reason = troubleOf(result, timeoutMs)
    this.tellPrints(event, result, reason)
    if (reason !== null && result.timedOut) return { kind: 'lost', event: event.id, reason }
    if (reason === null) news.handled(event.id)
    else news.failed(event.id, reason)
    return null
  }

  private tellPrints(event: EventView, { output }: CheckResult, reason: string | null): void {
    if (output === '') return
    const { listener, say } = this.options
    say(reason === null ? 'debug' : 'error', `listener ${listener} at event ${event.id} said: ${output}`)
  }

  /** What the agent itself was given is not meant for others. */
  private inherited(): Record<string, string> {
    const entries = Object.entries(this.options.environment).filter(
      (entry): entry is [string, string] => entry[1] !== undefined && !entry[0].startsWith('DROVER_'),
    )
    return Object.fromEntries(entries)
  }

  private variables(event: EventView): Record<string, string> {
    const { listener, node } = this.options
    const variables = {
      DROVER_LISTENER: listener,
      DROVER_NODE: node,
      DROVER_EVENT_ID: String(event.id),
      DROVER_EVENT_KIND: event.kind,
      DROVER_EVENT_LEVEL: event.level,
      DROVER_EVENT_AT: event.at,
      DROVER_EVENT_PROGRAM: event.program ?? '',
      DROVER_EVENT_SLOT: event.slot ?? '',
      DROVER_EVENT_RUN: event.run ?? '',
      DROVER_EVENT_TEXT: event.text,
    }
    return Object.fromEntries(
      Object.entries(variables).map(([name, value]) => [
        name,
        value.replaceAll('\0', '').slice(0, longestVariable),
      ]),
    )
  }
}

/** Null: it went well. */
function troubleOf({ code, signal, timedOut, output }: CheckResult, timeoutMs: number): string | null {
  const line = output.split('\n').at(-1)?.slice(0, 200) ?? ''
  const said = line === '' ? '' : `, and said: ${line}`
  if (timedOut) return `the command did not end within ${timeoutMs / 1000} s and was killed${said}`
  if (signal !== null) return `the command ended by ${signalName(signal)}${said}`
  return code === 0 ? null : `the command ended with code ${code}${said}`
}
