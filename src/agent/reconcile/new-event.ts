/** Events before they are recorded, with what their programs give them. */
import type { EventData, EventKind, NewEvent } from '../../domain/events/event.ts'
import type { JsonValue } from '../../domain/program.ts'
import type { DesiredProgram } from '../../domain/reconcile.ts'

/** With the program's own data, as the event carries it for ever. */
export function newEvent<K extends EventKind>(
  kind: K,
  data: EventData[K],
  subject: { program?: string; slot?: string; run?: string; customData?: JsonValue },
  { at, desired }: { at: number; desired: ReadonlyMap<string, DesiredProgram> },
): NewEvent {
  const { program = null, slot = null, run = null } = subject
  const own = program === null ? null : desired.get(program)?.program.customData
  const customData = subject.customData ?? own ?? null
  return { kind, data, at, program, slot, run, customData } as NewEvent
}
