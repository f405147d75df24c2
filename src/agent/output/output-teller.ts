/**
 * Tells what runs write as events: every so often while a run lives, and the rest before its end is recorded. How far each stream is told is recorded
 * in the same transaction as the events. So nothing is told twice and nothing left out, whenever the agent dies; and what cannot be recorded
 * now, as on a full disk, is told later.
 *
 * There is one batch at a time, for all runs together and of a bounded size, and everybody else has a turn between two of them. A run that writes faster
 * than can be told costs no memory: what is rotated away before its turn is told as lost.
 */
import { join } from 'node:path'
import { setImmediate as othersTurn } from 'node:timers/promises'
import type { Clock, Timer } from '../../clock.ts'
import type { Program } from '../../domain/program.ts'
import type { Run, RunEnd } from '../../domain/run.ts'
import type { Draft, RunSubject } from '../reconcile/draft.ts'
import { toldBy } from './output-piece.ts'
import { readUntold, streamBytes, type ToldPosition, type Untold } from './untold-output.ts'

export interface OutputTellerOptions {
  readonly clock: Clock
  readonly runsDir: string
  /** As it is declared now; null where nobody declares it any more. */
  readonly programOf: (name: string) => Program | null
  /** Resolves once it is recorded. */
  readonly record: (change: (draft: Draft) => void) => Promise<unknown>
  readonly complain: (message: string, error: unknown) => void
}

interface Told {
  readonly run: RunSubject
  /** As it was declared last: a run may outlive its program. */
  program: Program | null
  position: ToldPosition
  /** Monotonic. */
  dueAt: number
  /** Looks in a row that could not read what is there. */
  failures: number
  /** Set once nothing more will be written. */
  end: { readonly end: RunEnd; readonly onTold: () => void } | null
}

interface Look extends Untold {
  readonly told: Told
  /** Whether nothing more was to come by then. */
  readonly isOver: boolean
}

const batchBytes = 2 * streamBytes
/** Runs that are looked at before everybody else gets a turn. */
const looksPerTurn = 64
const retryMs = 1000
/** Then what cannot be read counts as lost: the end of a run must not wait for ever. */
const mostFailures = 10

export class OutputTeller {
  private readonly options: OutputTellerOptions
  /** Those that were looked at last come last. */
  private readonly runs = new Map<string, Told>()
  private timer: Timer | null = null
  private isBusy = false
  private isClosed = false

  constructor(options: OutputTellerOptions) {
    this.options = options
  }

  /** A run that lives, begun by this agent or one before it. */
  follow(run: Pick<Run, 'id' | 'slot' | 'program' | 'toldOutput'>): void {
    if (this.runs.has(run.id)) return
    const told = this.add(run, run.toldOutput ?? { out: 0, err: 0 })
    told.dueAt = this.options.clock.monotonic() + (told.program?.output.events?.everyMs ?? 0)
    this.schedule()
  }

  /** Other programs are in force. */
  refresh(): void {
    for (const told of this.runs.values())
      told.program = this.options.programOf(told.run.program) ?? told.program
    this.schedule()
  }

  /** Nothing more will be written: calls back once all is told; at once where nothing is to be told. */
  finish(run: RunSubject, end: RunEnd, onTold: () => void): void {
    const told = this.runs.get(run.id) ?? this.add(run, { out: 0, err: 0 })
    if (!told.program?.output.events) {
      this.runs.delete(run.id)
      return onTold()
    }
    told.end = { end, onTold }
    told.dueAt = 0
    this.schedule()
  }

  /** What is not told by now, and whose end is not recorded by now, is found by the next agent. */
  close(): void {
    this.isClosed = true
    this.timer?.cancel()
  }

  private add({ id, slot, program }: RunSubject, position: ToldPosition): Told {
    const known = this.options.programOf(program)
    const told: Told = {
      run: { id, slot, program },
      program: known,
      position,
      dueAt: 0,
      failures: 0,
      end: null,
    }
    this.runs.set(id, told)
    return told
  }

  private schedule(delayMs: number = this.untilNext()): void {
    this.timer?.cancel()
    this.timer = null
    if (this.isClosed || this.isBusy || delayMs === Number.POSITIVE_INFINITY) return
    this.timer = this.options.clock.after(delayMs, () => void this.run())
  }

  private untilNext(): number {
    let next = Number.POSITIVE_INFINITY
    for (const told of this.runs.values()) if (isAsked(told)) next = Math.min(next, told.dueAt)
    return Math.max(0, next - this.options.clock.monotonic())
  }

  private async run(): Promise<void> {
    this.isBusy = true
    let isRecorded = true
    try {
      while (isRecorded && !this.isClosed) {
        const looks = this.look()
        if (looks.length === 0) break
        isRecorded = await this.record(looks)
      }
    } catch (error) {
      isRecorded = false
      this.options.complain('What was written could not be told', error)
    }
    this.isBusy = false
    if (isRecorded) this.schedule()
    else this.schedule(retryMs)
  }

  /** Of the runs that are due as many as make one batch. */
  private look(): Look[] {
    const now = this.options.clock.monotonic()
    const looks: Look[] = []
    let room = batchBytes
    for (const told of this.runs.values()) {
      if (room <= 0 || looks.length === looksPerTurn) break
      if (!isAsked(told) || told.dueAt > now) continue
      const look = this.lookAt(told)
      looks.push(look)
      for (const { from, to, kind } of look.pieces) room -= kind === 'text' ? to - from : 0
    }
    return looks
  }

  private lookAt(told: Told): Look {
    const directory = join(this.options.runsDir, told.run.id)
    const { program, position } = told
    const end = told.end?.end ?? null
    const givesUp = told.failures >= mostFailures
    try {
      const untold = readUntold(directory, position, { program, end, givesUp })
      told.failures = 0
      return { told, isOver: end !== null, ...untold }
    } catch (error) {
      told.failures += 1
      const { id } = told.run
      this.options.complain(`The output of run ${id} cannot be read, and is told later`, error)
      // Where not even a look can be given up, nothing will be told any more.
      return { told, isOver: end !== null, pieces: [], isComplete: givesUp }
    }
  }

  /** False when the store took nothing: all of it is told later. */
  private async record(looks: readonly Look[]): Promise<boolean> {
    const news = looks.filter(({ pieces }) => pieces.length > 0)
    if (news.length === 0) {
      await othersTurn()
    } else {
      try {
        await this.options.record((draft) => {
          for (const { told, pieces } of news) draft.tellOutput(told.run, pieces)
        })
      } catch {
        // Whoever records has told why.
        return false
      }
    }
    for (const look of looks) this.settle(look)
    return true
  }

  private settle({ told, pieces, isComplete, isOver }: Look): void {
    const { id } = told.run
    const { out, err } = toldBy(pieces)
    told.position = { out: out ?? told.position.out, err: err ?? told.position.err }
    this.runs.delete(id)
    if (isComplete && isOver && told.end && !this.isClosed) return told.end.onTold()
    this.runs.set(id, told)
    const now = this.options.clock.monotonic()
    if (told.failures > 0) told.dueAt = now + retryMs
    else if (isComplete && !told.end) told.dueAt = now + (told.program?.output.events?.everyMs ?? 0)
  }
}

function isAsked({ program }: Told): boolean {
  return program?.output.events !== undefined
}
