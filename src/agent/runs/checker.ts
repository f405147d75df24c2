/**
 * Looks after the checks of living runs: who is to be looked at follows from the slots, as they were recorded last; what the looks say goes
 * back as a fact about the slot. It holds nothing that could be lost: a new agent begins to count anew, and keeps the last verdict.
 *
 * A look begins only once the one before it is over, so one that hangs until its timeout is never doubled.
 */
import type { Clock, Timer } from '../../clock.ts'
import { type CheckTally, countLook, emptyCheckTally } from '../../domain/check-tally.ts'
import { type Check, type CheckKind, checkKinds, type Program } from '../../domain/program.ts'
import type { DesiredProgram, Slot } from '../../domain/reconcile.ts'
import type { SlotEvent, SlotState } from '../../domain/slot-state.ts'
import type { Look } from '../../process/check.ts'

export interface CheckSubject {
  readonly slot: string
  readonly run: string
  readonly index: number
  readonly program: Program
  readonly kind: CheckKind
  readonly check: Check
}

export interface CheckerOptions {
  readonly clock: Clock
  /** Takes looks at one run, each with a timeout of its own; never throws. `close` ends one that is under way. */
  readonly observe: (subject: CheckSubject) => Observer
  /** How long the command of a run has been there. */
  readonly ageOf: (run: string) => number
  readonly tell: (slot: string, event: Extract<SlotEvent, { kind: 'checked' }>) => void
}

export interface Observer {
  look(): Promise<Look>
  close(): void
}

interface Loop {
  readonly subject: CheckSubject
  readonly identity: string
  readonly observer: Observer
  tally: CheckTally
  told: boolean | null
  timer: Timer | null
}

export class Checker {
  private readonly options: CheckerOptions
  /** By slot, then by kind of check. */
  private readonly loops = new Map<string, Map<CheckKind, Loop>>()

  constructor(options: CheckerOptions) {
    this.options = options
  }

  /** Brings what is looked at in line with these slots. */
  follow(
    names: Iterable<string>,
    slots: ReadonlyMap<string, Slot>,
    desired: ReadonlyMap<string, DesiredProgram>,
  ): void {
    for (const name of names) {
      const slot = slots.get(name)
      const program = slot && desired.get(slot.program)?.program
      const due = slot && program ? subjectsOf(slot, program) : []
      if (due.length > 0 || this.loops.has(name)) this.align(name, due, slot?.state)
    }
  }

  /** The run told something of itself: whoever listens to that looks at once. */
  hurry(run: string): void {
    for (const loops of this.loops.values()) {
      for (const loop of loops.values()) {
        if (loop.subject.run !== run || loop.subject.check.method.kind !== 'notify' || !loop.timer) continue
        loop.timer.cancel()
        void this.look(loop)
      }
    }
  }

  close(): void {
    for (const loops of this.loops.values()) for (const loop of loops.values()) end(loop)
    this.loops.clear()
  }

  private align(name: string, due: readonly CheckSubject[], state: SlotState | undefined): void {
    const loops = this.loops.get(name) ?? new Map<CheckKind, Loop>()
    for (const [kind, loop] of loops) {
      if (due.some((subject) => identityOf(subject) === loop.identity)) continue
      end(loop)
      loops.delete(kind)
    }
    for (const subject of due)
      if (!loops.has(subject.kind)) loops.set(subject.kind, this.begin(subject, state))
    if (loops.size === 0) this.loops.delete(name)
    else this.loops.set(name, loops)
  }

  private begin(subject: CheckSubject, state: SlotState | undefined): Loop {
    const { kind, check, run } = subject
    const verdicts = state && 'verdicts' in state ? state.verdicts : {}
    const loop: Loop = {
      subject,
      identity: identityOf(subject),
      observer: this.options.observe(subject),
      tally: emptyCheckTally,
      told: verdicts[kind] ?? null,
      timer: null,
    }
    // With a startup check the others count from when that passed, which is now.
    const hasWaited = kind === 'startup' || !subject.program.checks.startup
    const age = hasWaited ? this.options.ageOf(run) : 0
    this.lookAfter(loop, Math.max(0, check.graceMs - age))
    return loop
  }

  private lookAfter(loop: Loop, ms: number): void {
    loop.timer = this.options.clock.after(ms, () => void this.look(loop))
  }

  private async look(loop: Loop): Promise<void> {
    const { clock, tell } = this.options
    const { slot, run, kind, check } = loop.subject
    const before = clock.monotonic()
    loop.timer = null
    const { passed, detail } = await loop.observer.look()
    if (this.loops.get(slot)?.get(kind) !== loop) return
    const { tally, verdict } = countLook(loop.tally, passed, check)
    loop.tally = tally
    const isPass = verdict === 'passed'
    // What was printed stays printed.
    if (!(isPass && check.method.kind === 'log')) {
      this.lookAfter(loop, Math.max(0, check.periodMs - (clock.monotonic() - before)))
    }
    if (verdict === null || loop.told === isPass) return
    loop.told = isPass
    const times = isPass || check.failures === 1 ? '' : `${check.failures} times in a row, last: `
    tell(slot, { kind: 'checked', run, check: kind, passed: isPass, detail: `${times}${detail}` })
  }
}

/** What is to be looked at now: of a slot that comes up only its startup check. */
function subjectsOf(slot: Slot, program: Program): CheckSubject[] {
  const { state } = slot
  if (!(state.kind === 'running' || (state.kind === 'starting' && state.isBorn))) return []
  const comesUp =
    program.checks.startup !== null && state.kind === 'starting' && state.verdicts.startup !== true
  return checkKinds.flatMap((kind) => {
    const check = program.checks[kind]
    if (!check || (kind === 'startup') !== comesUp) return []
    return [{ slot: slot.name, run: state.run, index: slot.index, program, kind, check }]
  })
}

/** A changed check begins anew; so does the check of another run. */
function identityOf({ run, kind, check }: CheckSubject): string {
  return JSON.stringify([run, kind, check])
}

function end(loop: Loop): void {
  loop.timer?.cancel()
  loop.observer.close()
}
