/** What an event, or a storm of them, becomes for people. */
import type { DroverEvent } from '../events/event.ts'
import { isWithin } from '../events/event-level.ts'
import { describeEvent } from '../events/event-text.ts'
import type { JsonValue } from '../program.ts'
import type { Delivery } from './alert.ts'
import type { Notice } from './notice.ts'
import type { RoutedEvent } from './route.ts'

/** So many lines a digest has; what it stands for is in the history. */
const mostLines = 20

export function noticeOf(
  { event, group, level, title }: RoutedEvent,
  { condition, node }: { condition: string; node: string },
): Notice {
  const text = describeEvent(event, title)
  return {
    id: '',
    kind: 'raised',
    level,
    title: text.split('\n', 1)[0] ?? '',
    text,
    node,
    at: event.at,
    event: { ...subjectOf(event), group },
    condition,
    count: 1,
    lines: [],
  }
}

function subjectOf({
  id,
  kind,
  program,
  slot,
  run,
  customData,
  data,
}: DroverEvent): Omit<Notice['event'], 'group'> {
  return { id, kind, program, slot, run, customData, data: data as unknown as JsonValue }
}

/** As serious as the most serious of them. */
export function digestOf(id: string, held: readonly Delivery[], node: string): Notice {
  const [first] = held
  if (!first) throw new Error('A digest of nothing.')
  const worst = held.reduce(
    (one, { notice }) => (isWithin(notice.level, one.level) ? notice : one),
    first.notice,
  )
  const raised = held.filter(({ notice }) => notice.kind !== 'cleared').length
  const over = held.length - raised
  const title = `${held.length} alerts on ${node}${over > 0 ? `, ${over} of them over` : ''}`
  return {
    ...first.notice,
    id,
    kind: 'digest',
    level: worst.level,
    title,
    text: `${title}; the first: ${first.notice.text}`,
    condition: 'digest',
    count: held.length,
    lines: held.slice(0, mostLines).map(({ notice }) => notice.text),
  }
}

export function testNotice(id: string, channel: string, node: string, at: number): Notice {
  const title = `Test of channel ${channel} on ${node}`
  return {
    id,
    kind: 'test',
    level: 'notice',
    title,
    text: `${title}: if you read this, alerts arrive here.`,
    node,
    at,
    event: {
      id: 0,
      kind: 'alert.raised',
      program: null,
      group: null,
      slot: null,
      run: null,
      customData: null,
      data: {},
    },
    condition: 'test',
    count: 1,
    lines: [],
  }
}
