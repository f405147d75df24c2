/** Kinds of events that somebody asks for and that no event is of: a slip, that would be answered with silence. */
import { eventKinds } from '../domain/events/event.ts'
import { eventFamilies, findUnknownKind } from '../domain/events/event-kinds.ts'
import { nearest } from '../domain/nearest.ts'
import type { FieldPath, Mistake } from './source.ts'

/** `written`: one pattern or a list of them, as it stands at the path. */
export function unknownKinds(written: string | readonly string[], path: FieldPath): Mistake[] {
  const patterns = typeof written === 'string' ? [written] : written
  return patterns.flatMap((pattern, index) => {
    if (findUnknownKind([pattern]) === null) return []
    const near = nearest(pattern, pattern.endsWith('*') ? eventFamilies : eventKinds)
    return [
      {
        code: 'unknown_event',
        path: typeof written === 'string' ? path : [...path, index],
        message: `no event is called \`${pattern}\``,
        value: pattern,
        expected: near ?? `one of ${eventKinds.join(', ')}; or a family such as \`job.*\``,
        suggestion: near,
      },
    ]
  })
}
