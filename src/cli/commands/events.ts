/** `drover events`: what happened, and what happens. */
import type { EventView } from '../../contract/views.ts'
import { eventKinds } from '../../domain/events/event.ts'
import { findUnknownKind } from '../../domain/events/event-kinds.ts'
import { UserError } from '../../domain/user-error.ts'
import type { CommandContext } from '../context.ts'
import { argument, defineCommand, type Input, option, targetsMeaning } from '../define-command.ts'
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
    after: {
      ...option.text('--after <id>', 'all events after this one, instead of the last ones'),
      read: readEventId,
    } satisfies Input<number | null>,
  },
  examples: {
    'events -f': 'the last ones, and all to come',
    'events -f --after 1200 --json': 'all that came after an event, and all to come, for a program',
    'events mailer --kind slot.gave_up': 'of one program and kind',
  },
  async run({ targets, follow, kinds, lines, after }, context) {
    const unknown = findUnknownKind(kinds)
    if (unknown)
      throw new UserError('usage', `No event is of the kind \`${unknown.kind}\`.`, { hint: unknown.hint })
    if (follow && after !== null) return await follows({ targets, kinds }, after, context)
    const past =
      after !== null
        ? await listAfter({ targets, kinds }, after, context)
        : lines === 0
          ? []
          : await context.client.listEvents({ targets, kinds, limit: Math.min(lines, 10_000), newest: true })
    if (!follow && context.global.json) {
      printJson(context.out, past)
      return exitOk
    }
    for (const event of past) printEvent(event, context)
    if (!follow) return exitOk
    return await follows({ targets, kinds }, past.at(-1)?.id, context)
  },
})

interface Asked {
  readonly targets: string[]
  readonly kinds: string[]
}

async function follows(asked: Asked, after: number | undefined, context: CommandContext): Promise<number> {
  for await (const event of followEvents(asked, after, context)) {
    printEvent(event, context)
    await context.out.drained()
  }
  return exitInterrupted
}

/** In pages, since an answer holds no more than so many. */
async function listAfter(asked: Asked, after: number, { client }: CommandContext): Promise<EventView[]> {
  const events: EventView[] = []
  for (let from = after; ; ) {
    const page = await client.listEvents({ ...asked, after: from, limit: pageLimit })
    events.push(...page)
    const last = page.at(-1)
    // A page may be short because its events weigh much.
    if (!last || last.id <= from) return events
    from = last.id
  }
}

const pageLimit = 1000

function readEventId(typed: unknown): number | null {
  if (typed === undefined) return null
  if (/^\d{1,15}$/.test(String(typed))) return Number(typed)
  throw new UserError('usage', `--after takes the id of an event, not \`${typed}\`.`, {
    hint: '`drover events --json` shows the ids.',
  })
}

/** Nothing is missed between two streams: each goes on after the last event that was seen. */
async function* followEvents(
  query: Asked,
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
