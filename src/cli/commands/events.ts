/** `drover events`: what happened, and what happens. */
import type { EventView } from '../../contract/views.ts'
import { eventKinds } from '../../domain/event.ts'
import { findUnknownKind } from '../../domain/event-kinds.ts'
import { UserError } from '../../domain/user-error.ts'
import type { CommandContext } from '../context.ts'
import { argument, defineCommand, option, targetsMeaning } from '../define-command.ts'
import { exitInterrupted, exitOk } from '../exit.ts'
import { followStream } from '../follow.ts'
import { formatInstant } from '../format/time.ts'
import { printJson } from '../print-json.ts'

export const eventsCommand = defineCommand({
  name: 'events',
  group: 'Looking',
  summary: 'Show what happened',
  inputs: {
    targets: argument.any('targets', `${targetsMeaning} (default: all)`),
    follow: option.flag('-f, --follow', 'stay, and show what happens'),
    kinds: option.texts(
      '-k, --kind <kind>',
      'only this kind, such as run.ended or slot.*; may be repeated',
      eventKinds,
    ),
    lines: option.number('-n, --lines <number>', 'how many events of the past', 20),
  },
  examples: {
    'events -f': 'the last ones, and all to come',
    'events mailer --kind slot.gave_up': 'of one program and kind',
  },
  async run({ targets, follow, kinds, lines }, context) {
    const unknown = findUnknownKind(kinds)
    if (unknown)
      throw new UserError('usage', `No event is of the kind \`${unknown.kind}\`.`, { hint: unknown.hint })
    const past =
      lines === 0
        ? []
        : await context.client.listEvents({ targets, kinds, limit: Math.min(lines, 10_000), newest: true })
    if (!follow && context.global.json) {
      printJson(context.out, past)
      return exitOk
    }
    for (const event of past) printEvent(event, context)
    if (!follow) return exitOk
    for await (const event of followEvents({ targets, kinds }, past.at(-1)?.id, context)) {
      printEvent(event, context)
      await context.out.drained()
    }
    return exitInterrupted
  },
})

/** Nothing is missed between two streams: each goes on after the last event that was seen. */
async function* followEvents(
  query: { targets: string[]; kinds: string[] },
  lastId: number | undefined,
  context: CommandContext,
): AsyncIterable<EventView> {
  let after = lastId
  const events = followStream(
    () =>
      context.client.streamEvents(
        { ...query, ...(after === undefined ? {} : { after }) },
        { signal: context.signal },
      ),
    context,
  )
  for await (const event of events) {
    after = event.id
    yield event
  }
}

const levelColors = {
  emergency: 'red',
  alert: 'red',
  critical: 'red',
  error: 'red',
  warning: 'yellow',
  notice: 'bold',
  info: 'reset',
  debug: 'dim',
} as const

function printEvent(event: EventView, { out, clock, global }: CommandContext): void {
  if (global.json) return out.line(JSON.stringify(event))
  const time = out.colors.dim(formatInstant(event.at, clock.now()))
  const level = out.colors[levelColors[event.level]](event.level.padEnd(7))
  out.line(`${time}  ${level}  ${event.text}`)
}
