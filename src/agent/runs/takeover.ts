/**
 * How the runs of the past enter the present, as changes of a new agent's first draft: ends are recorded, the living are adopted, and no slot
 * is left waiting for a run of which nothing exists. What was found is `adoption.ts`'s; nothing is touched here but the draft.
 */
import { decideAdmission } from '../../domain/admission.ts'
import { holdsSlot } from '../../domain/run.ts'
import { runOf } from '../../domain/slot-state.ts'
import type { Draft } from '../reconcile/draft.ts'
import type { FoundRun } from './adoption.ts'
import type { HeldRun } from './run-keeper.ts'

/** `adopt` makes this agent the keeper of a run that may still live. */
export function takeOver(draft: Draft, found: readonly FoundRun[], adopt: (held: HeldRun) => void): void {
  seatTheLiving(draft, found)
  for (const one of found) takeOverOne(draft, one, adopt)
  settleTheLost(draft, found)
}

/** After a restart of the machine, or an orderly end of everything, what finished or gave up gets a fresh start. */
export function beginAfresh(draft: Draft): void {
  for (const slot of [...draft.slots.values()]) {
    if (slot.state.kind === 'exited' || slot.state.kind === 'fatal') draft.send(slot.name, { kind: 'stop' })
  }
}

/** The machine was started since an agent was here last: jobs that are for that are due. */
export function startAfterBoot(draft: Draft): void {
  for (const { program } of draft.desired.values()) {
    if (program.kind !== 'job' || !program.job.isEnabled) continue
    const isForBoot = program.job.schedule.expressions.some((text) => text.trim().toLowerCase() === '@reboot')
    if (isForBoot) draft.ledger.triggerHere(program.name, { kind: 'reboot' })
  }
}

/** Why a slot that its program would start is not started: told once per agent, so that the question has an answer. */
export function tellWhoStaysDown(draft: Draft): void {
  for (const { name, program, state, asked } of draft.slots.values()) {
    const isWanted = draft.desired.get(program)?.program.autostart === true
    const isDown =
      state.kind === 'fatal' || state.kind === 'backoff' || (state.kind === 'stopped' && asked === 'stop')
    if (!isWanted || !isDown) continue
    const admission = {
      state,
      askedBy: 'agent',
      wanted: asked,
      isShuttingDown: false,
      obstacle: null,
    } as const
    const answer = decideAdmission(admission)
    if (answer.admitted) continue
    const { reason, detail } = answer
    draft.event('start.refused', { reason, detail }, { program, slot: name })
  }
}

/**
 * Where the store knows another run of a slot than the one that lives, or none, it was lost or is an older copy: the living run is what
 * counts, the newest if there are several. Before any end is recorded, since the end of the other would begin a run beside it.
 */
function seatTheLiving(draft: Draft, found: readonly FoundRun[]): void {
  const living = found.filter((one) => one.kind !== 'ended').filter(({ run }) => holdsSlot(run))
  const ids = new Set(living.map(({ run }) => run.id))
  for (const { run, held } of living.toReversed()) {
    const slot = draft.slots.get(run.slot)
    const seated = slot ? runOf(slot.state) : null
    if (seated !== null && ids.has(seated)) continue
    draft.adoptInto(run, held.index, held.launchHash, {
      kind: 'running',
      run: run.id,
      verdicts: {},
    })
  }
}

export function takeOverOne(draft: Draft, found: FoundRun, adopt: (held: HeldRun) => void): void {
  const { run } = found
  draft.addRun(run)
  // The agent before us may have died between the birth and its record.
  if (found.isBirthNews && run.startedAt !== null && run.pid !== null)
    draft.startRun(run, run.startedAt, run.pid)
  if (found.kind === 'ended')
    return draft.endRun(run, found.end, found.keptBytes, {
      peak: null,
      isWarned: run.warnedAt !== undefined,
      warnAfterMs: found.warnAfterMs,
    })
  adopt(found.held)
  if (found.kind === 'orphaned') return
  // One that nobody knew until now has just been told as begun.
  if (holdsSlot(run) || !found.isBirthNews)
    draft.event('run.adopted', { pid: run.pid ?? 0 }, draft.subjectOf(run))
  if (!holdsSlot(run)) return
  const holder = draft.slots.get(run.slot)
  if (!holder || runOf(holder.state) !== run.id) {
    // Two living runs for one slot can only come from a store that was exchanged. The one that it does not know goes.
    draft.effects.push({ kind: 'stop', run: run.id, program: null })
  } else if (holder.state.kind === 'stopping') {
    draft.stopRun(holder, run.id)
  }
}

/** A slot that holds a run of which nothing is left anywhere must not wait for it for ever. */
function settleTheLost(draft: Draft, found: readonly FoundRun[]): void {
  const known = new Set(found.map(({ run }) => run.id))
  for (const { name: slot, program, state } of [...draft.slots.values()]) {
    const id = runOf(state)
    if (id === null || known.has(id) || draft.isClaimedHere(id)) continue
    draft.endRun(
      { id, slot, program },
      { kind: 'unknown', endedAt: draft.now(), reason: 'nothing of it was found' },
      null,
    )
  }
}
