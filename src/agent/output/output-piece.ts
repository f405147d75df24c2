/**
 * The next piece of what a run wrote that is to be told, from a position in its stream on. Nothing is remembered between two pieces but that
 * position, which is recorded with them: so whoever comes next goes on there, and nothing is told twice or left out.
 */
import type { EventData } from '../../domain/events/event.ts'
import { textOf, wholeLength } from '../../domain/output-text.ts'
import type { RunOutput, Stream } from '../../process/output-files.ts'

export type OutputPiece = { readonly stream: Stream; readonly from: number; readonly to: number } & (
  | { readonly kind: 'text'; readonly text: string }
  /** It is not kept any more. */
  | { readonly kind: 'lost' }
)

export interface PieceOptions {
  /** Bytes. */
  readonly most: number
  /** Nothing more will come: what is no whole character at the very end is told as well. */
  readonly isOver: boolean
  /** It was tried long enough: what cannot be read counts as lost. */
  readonly givesUp: boolean
}

/** Segments that one piece is put together from: several, as a character may be cut by their border. */
const mostParts = 16

/** Null when there is nothing to tell for now. Throws where something is kept and cannot be read. */
export function nextPiece(
  source: Pick<RunOutput, 'read' | 'endOfSegment'>,
  stream: Stream,
  from: number,
  { most, isOver, givesUp }: PieceOptions,
): OutputPiece | null {
  const first = readFrom(source, from, most)
  if (first instanceof Error) {
    if (!givesUp) throw first
    return { stream, kind: 'lost', from, to: source.endOfSegment(from) ?? from + 1 }
  }
  if (!first) return null
  if (first.position > from) return { stream, kind: 'lost', from, to: first.position }

  const parts = [first.bytes]
  let end = first.next
  let isCut = false
  while (parts.length < mostParts && end - from < most) {
    const next = source.read(end, most - (end - from))
    if (next?.position !== end) {
      // Where what follows is missing, a character that is begun here never will be finished.
      isCut = (isOver || next !== null) && source.endOfSegment(end) === null
      break
    }
    parts.push(next.bytes)
    end = next.next
  }
  const bytes = parts.length === 1 ? first.bytes : Buffer.concat(parts)
  const length = isCut ? bytes.length : wholeLength(bytes)
  if (length === 0) return null
  return { stream, kind: 'text', from, to: from + length, text: textOf(bytes.subarray(0, length)) }
}

/** Once more where something came, or was rotated away, between two looks. */
function readFrom(
  source: Pick<RunOutput, 'read' | 'endOfSegment'>,
  from: number,
  most: number,
): ReturnType<RunOutput['read']> | Error {
  let trouble: unknown
  for (let attempt = 0; attempt < 2; attempt++) {
    try {
      const part = source.read(from, most)
      if (part?.position === from || source.endOfSegment(from) === null) return part
    } catch (error) {
      trouble = error
    }
  }
  return new Error(`what is kept at byte ${from} cannot be read`, { cause: trouble })
}

export function eventOfPiece(
  piece: OutputPiece,
): ['run.output', EventData['run.output']] | ['run.output_lost', EventData['run.output_lost']] {
  const stream = piece.stream === 'out' ? 'stdout' : 'stderr'
  const { from, to } = piece
  return piece.kind === 'text'
    ? ['run.output', { stream, text: piece.text, from, to }]
    : ['run.output_lost', { stream, from, to }]
}

/** How far each stream is told by these. */
export function toldBy(pieces: readonly OutputPiece[]): { out: number | null; err: number | null } {
  const last = (stream: Stream): number | null =>
    pieces.findLast((piece) => piece.stream === stream)?.to ?? null
  return { out: last('out'), err: last('err') }
}
