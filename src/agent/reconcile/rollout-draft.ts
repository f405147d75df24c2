/**
 * Replacing runs in turns, as changes of a draft: whose turn is due, how a replaced run is ended, and what becomes of the others when a replacement
 * works or fails. Whose turn it is, is planned by `domain/rollout.ts`.
 */
import type { ReachedLimit } from '../../domain/limits.ts'
import { isReady } from '../../domain/readiness.ts'
import { wantedOf } from '../../domain/reconcile.ts'
import { isOutdated, judgeReplacement } from '../../domain/rollout.ts'
import type { RunCause } from '../../domain/run.ts'
import { livesIn, runOf } from '../../domain/slot-state.ts'
import type { Draft } from './draft.ts'

export class RolloutDraft {
  private readonly draft: Draft

  constructor(draft: Draft) {
    this.draft = draft
  }

  /** The slot's run is to be replaced when its turn comes. One without a run needs no turn and begins with the next plan. */
  replaceInTurn(name: string, cause: RunCause, parallel: number | null): void {
    const slot = this.draft.slots.get(name)
    if (slot) this.draft.put({ ...slot, asked: 'run', rollout: { kind: 'due', cause, parallel } })
  }

  /** Its watched files changed: the living runs of a program are replaced in turns, and what failed to be replaced before is tried again. */
  replaceForFiles(program: string, reached: ReachedLimit): void {
    for (const slot of [...this.draft.slots.values()]) {
      if (slot.program !== program) continue
      const { reason } = reached
      const run = runOf(slot.state)
      const isLiving = run !== null && livesIn(slot.state, run)
      if (isLiving) this.draft.noteReached(slot, run, reached)
      else if (slot.rollout?.kind !== 'failed') continue
      const cause: RunCause = { kind: 'restart', after: slot.lastRun ?? '', reason: reason.text }
      this.draft.put({ ...slot, rollout: { kind: 'due', cause, parallel: null, reason } })
    }
  }

  /** What is replaced for a reason of ours gives way for it, so that its end tells. */
  restart(name: string, cause: RunCause): void {
    const slot = this.draft.slots.get(name)
    const run = slot && runOf(slot.state)
    const reason = slot?.rollout?.kind === 'due' ? slot.rollout.reason : undefined
    if (slot && run && reason && livesIn(slot.state, run))
      this.draft.send(name, { kind: 'giveWay', run, reason })
    else this.draft.send(name, { kind: 'restart', cause })
  }

  /** What became of a replacement; a failed one spares those that were to follow. */
  settle(name: string): void {
    const slot = this.draft.slots.get(name)
    const desired = slot && this.draft.desired.get(slot.program)
    if (!slot?.rollout || !desired) return
    const { program, launchHash } = desired
    if (slot.rollout.kind === 'failed') {
      // One that was stopped shows nothing: the others are spared until it, or something else that is declared, works.
      const isWorking = isReady(slot.state, program) || (slot.state.kind === 'exited' && slot.state.isSuccess)
      if (isWorking) this.draft.put({ ...slot, rollout: null })
      return
    }
    if (slot.rollout.kind === 'due') {
      // What does not run and shall not has nothing to be replaced.
      if (wantedOf(slot, program) === 'stop') this.draft.put({ ...slot, rollout: null })
      return
    }
    const verdict = judgeReplacement(slot.state, slot.rollout.until, program, this.draft.clock.monotonic())
    if (verdict === 'pending') return
    const others = [...this.draft.slots.values()].filter(
      (other) => other.program === program.name && other !== slot,
    )
    const left = others.filter((other) => wantedOf(other, program) === 'run' && isOutdated(other, launchHash))
    if (verdict === 'done') {
      this.draft.put({ ...slot, rollout: null })
      const isLast = left.length === 0 && !others.some(({ rollout }) => rollout !== null)
      if (isLast && program.processes > 1) this.draft.event('rollout.finished', {}, { program: program.name })
      return
    }
    this.draft.put({ ...slot, rollout: { kind: 'failed', reason: verdict.failed } })
    for (const other of left) if (other.rollout) this.draft.put({ ...other, rollout: null })
    if (left.length > 0) {
      const data = { reason: verdict.failed, left: left.length }
      this.draft.event('rollout.stopped', data, { program: program.name, slot: name })
    }
  }
}
