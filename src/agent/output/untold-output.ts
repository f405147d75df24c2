/**
 * What a run wrote and nobody told yet, a bounded part at a time; and how a new agent tells what runs wrote that ended without it.
 */
import { join } from 'node:path'
import { setImmediate as othersTurn } from 'node:timers/promises'
import type { Clock } from '../../clock.ts'
import type { DroverEvent } from '../../domain/events/event.ts'
import type { Program } from '../../domain/program.ts'
import type { DesiredProgram } from '../../domain/reconcile.ts'
import type { RunEnd } from '../../domain/run.ts'
import { RunOutput, type Stream } from '../../process/output-files.ts'
import type { Store } from '../../store/store.ts'
import { newEvent } from '../reconcile/new-event.ts'
import type { FoundRun } from '../runs/adoption.ts'
import { eventOfPiece, nextPiece, type OutputPiece, toldBy } from './output-piece.ts'

/** How far each stream of a run is told. */
export type ToldPosition = { readonly [S in Stream]: number }

export interface Untold {
  readonly pieces: readonly OutputPiece[]
  /** Nothing is there but what these tell. */
  readonly isComplete: boolean
}

const streams: readonly Stream[] = ['out', 'err']
/** Of one stream at a time; a single piece may be larger, where its program asks for that. */
export const streamBytes = 512 * 1024

/** A part of each stream. `end` null: the run lives, and more may come. */
export function readUntold(
  directory: string,
  position: ToldPosition,
  { program, end, givesUp }: { program: Program | null; end: RunEnd | null; givesUp: boolean },
): Untold {
  const pieces: OutputPiece[] = []
  const options = { most: program?.output.events?.maxBytes ?? streamBytes, isOver: end !== null, givesUp }
  let isComplete = true
  for (const stream of streams) {
    const source = new RunOutput(directory, stream)
    let at = position[stream]
    for (let room = streamBytes; ; ) {
      const piece =
        room > 0 ? (nextPiece(source, stream, at, options) ?? lostAtEnd(stream, at, program, end)) : null
      if (room <= 0) isComplete = false
      if (!piece) break
      pieces.push(piece)
      at = piece.to
      room -= piece.kind === 'text' ? piece.to - piece.from : 0
    }
  }
  return { pieces, isComplete }
}

/** What its shim could not write at the very end is in no segment: only the count of what came tells of it, where all that came is stored as it is. */
function lostAtEnd(
  stream: Stream,
  at: number,
  program: Program | null,
  end: RunEnd | null,
): OutputPiece | null {
  if (!program || !end || !('usage' in end) || end.usage.lostBytes === 0) return null
  const { format, capture } = program.output
  const target = stream === 'out' ? program.launch.stdout : program.launch.stderr
  if (format !== undefined || capture !== undefined || target.kind !== 'own') return null
  const to = stream === 'out' ? end.usage.outBytes : end.usage.errBytes
  return to > at ? { stream, kind: 'lost', from: at, to } : null
}

export interface UntoldContext {
  readonly store: Pick<Store, 'record'>
  readonly runsDir: string
  readonly clock: Clock
  readonly desired: ReadonlyMap<string, DesiredProgram>
  readonly publish: (events: readonly DroverEvent[]) => void
  readonly complain: (message: string, error: unknown) => void
}

/**
 * Before anything is recorded of the ends that were found, what those runs wrote is told: what follows from an end is decided for all of them at once, and
 * cannot wait for one. Gives the same runs; a birth that had to be recorded with it is no news any more.
 */
export async function tellUntold(found: readonly FoundRun[], context: UntoldContext): Promise<FoundRun[]> {
  const told: FoundRun[] = []
  for (const one of found) told.push(one.kind === 'ended' ? await tellRest(one, context) : one)
  return told
}

async function tellRest(
  found: Extract<FoundRun, { kind: 'ended' }>,
  { store, runsDir, clock, desired, publish, complain }: UntoldContext,
): Promise<FoundRun> {
  const { run, end } = found
  const program = desired.get(run.program)?.program ?? null
  if (!program?.output.events) return found
  const { startedAt, pid } = run
  const subject = { program: run.program, slot: run.slot, run: run.id }
  let birth = found.isBirthNews && startedAt !== null && pid !== null ? { id: run.id, startedAt, pid } : null
  let position: ToldPosition = run.toldOutput ?? { out: 0, err: 0 }
  const read = (): Untold => {
    try {
      return readUntold(join(runsDir, run.id), position, { program, end, givesUp: true })
    } catch (error) {
      complain(`The output of run ${run.id} cannot be read, and is not told`, error)
      return { pieces: [], isComplete: true }
    }
  }
  for (;;) {
    const { pieces, isComplete } = read()
    if (pieces.length > 0) {
      const context = { at: clock.now(), desired }
      const begun = birth ? [newEvent('run.started', { pid: birth.pid }, subject, context)] : []
      const written = pieces.map((piece) => {
        const [kind, data] = eventOfPiece(piece)
        return newEvent(kind, data, subject, context)
      })
      const { out, err } = toldBy(pieces)
      publish(
        await store.record({
          claimedRuns: [run],
          startedRuns: birth ? [birth] : [],
          events: [...begun, ...written],
          toldOutput: [{ id: run.id, out, err }],
        }),
      )
      birth = null
      position = { out: out ?? position.out, err: err ?? position.err }
    }
    if (isComplete) return { ...found, isBirthNews: found.isBirthNews && birth !== null }
    await othersTurn()
  }
}
