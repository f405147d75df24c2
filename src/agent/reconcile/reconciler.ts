/**
 * The one place where slots change. Whatever happens (an end, a birth, a request, a new configuration, time) comes in as a change of a
 * draft; all that waits is applied together, planned, recorded in one transaction, and only then acted upon.
 *
 * Killed before the record: nothing happened. Killed after it, before the acts: the next agent finds claims without a process and
 * slots that are stopping, and goes on from there.
 */
import type { Timer } from '../../clock.ts'
import type { DroverEvent } from '../../domain/events/event.ts'
import type { DesiredProgram } from '../../domain/reconcile.ts'
import { dueOf } from '../../domain/slot-state.ts'
import { UserError } from '../../domain/user-error.ts'
import type { Store } from '../../store/store.ts'
import { emptyLedger, type LedgerBase } from '../jobs/ledger-book.ts'
import { Draft, type DraftBase, type DraftTools, type Effect } from './draft.ts'
import type { SlotRecord } from './slot-records.ts'

export interface ReconcilerOptions extends DraftTools {
  readonly store: Pick<Store, 'record'>
  /** Acts on what was recorded. Never throws. */
  readonly act: (effects: readonly Effect[]) => void
  /** Tells what was recorded. Never throws. */
  readonly publish: (events: readonly DroverEvent[], slots: ReadonlySet<string>) => void
  /** A trouble that is not the user's: told, and then we go on. */
  readonly complain: (message: string, error: unknown) => void
}

interface Pending {
  readonly change: (draft: Draft) => unknown
  /** A fact about the world stays until it is recorded; a request is refused when the store takes no writes. */
  readonly isFact: boolean
  readonly resolve: (value: unknown) => void
  readonly reject: (error: unknown) => void
}

const retryStoreMs = 1000

export class Reconciler implements DraftBase {
  /** Changed by the commit of a draft alone. */
  slots: Map<string, SlotRecord> = new Map()
  desired: ReadonlyMap<string, DesiredProgram> = new Map()
  ledger: LedgerBase
  isShuttingDown = false
  restless: ReadonlySet<string> | null = null
  private readonly options: ReconcilerOptions
  private pending: Pending[] = []
  private timer: Timer | null = null
  private retryTimer: Timer | null = null
  private wakeAt = Number.POSITIVE_INFINITY
  private isRunning = false
  private isScheduled = false
  private isPaused = false
  private isClosed = false

  constructor(options: ReconcilerOptions) {
    this.options = options
    this.ledger = emptyLedger({ name: options.node, labels: {} })
  }

  /** What the store knows; the first draft begins from it. */
  begin({ slots, desired }: Pick<DraftBase, 'slots' | 'desired'>): void {
    Object.assign(this, { slots, desired, restless: null })
  }

  /** Something that happened. It is applied as soon as it can be recorded. */
  tell(change: (draft: Draft) => void): void {
    this.pending.push({ change, isFact: true, resolve: () => {}, reject: () => {} })
    this.schedule()
  }

  /** Something that somebody wants. Resolves once it is recorded. */
  request<T>(change: (draft: Draft) => T): Promise<T> {
    if (this.isClosed) return Promise.reject(ended())
    return new Promise<T>((resolve, reject) => {
      this.pending.push({ change, isFact: false, resolve: resolve as (value: unknown) => void, reject })
      this.schedule()
    })
  }

  /** What a change would do: made to a draft that is thrown away. */
  tryOut<T>(change: (draft: Draft) => T): T {
    return change(new Draft(this, this.options))
  }

  /** Whether all that was told is recorded. */
  get isAtRest(): boolean {
    return this.pending.length === 0 && !this.isRunning
  }

  /** Facts that are not recorded by now are found by the next agent; whoever asked for something gets an answer. */
  close(): void {
    this.isClosed = true
    this.timer?.cancel()
    this.retryTimer?.cancel()
    for (const { isFact, reject } of this.pending) if (!isFact) reject(ended())
  }

  /** Applies all that waits, and whatever is due. */
  async runOnce(): Promise<void> {
    const batch = this.pending
    this.pending = []
    const draft = new Draft(this, this.options)
    const answers: { pending: Pending; value: unknown }[] = []
    for (const pending of batch) {
      try {
        answers.push({ pending, value: pending.change(draft) })
      } catch (error) {
        // A request's own refusal is an answer; a fact that cannot be applied is a bug, and must not block the others.
        if (pending.isFact) this.options.complain('A fact could not be applied to its slot', error)
        pending.reject(error)
      }
    }
    const applied = answers.map(({ pending }) => pending)
    try {
      draft.tick()
      draft.reconcile()
    } catch (error) {
      this.putBack(applied, 'What is to follow cannot be planned', error)
      return
    }
    const changes = draft.changes()
    let events: DroverEvent[] = []
    try {
      if (changes) events = await this.options.store.record(changes)
    } catch (error) {
      this.putBack(applied, 'The store takes no writes', error)
      return
    }
    Object.assign(this, draft.commit())
    // What is recorded is true; a bug in what follows must leave nobody without an answer.
    this.attempt(() => this.options.act(draft.effects))
    this.attempt(() => this.options.publish(events, draft.touched))
    for (const { pending, value } of answers) pending.resolve(value)
  }

  /** Nothing is tried again before a pause; what comes in meanwhile waits with the rest. */
  private putBack(batch: readonly Pending[], message: string, error: unknown): void {
    this.options.complain(message, error)
    for (const pending of batch) if (!pending.isFact) pending.reject(error)
    this.pending = [...batch.filter(({ isFact }) => isFact), ...this.pending]
    this.isPaused = true
    this.retryTimer = this.options.clock.after(retryStoreMs, () => {
      this.isPaused = false
      this.schedule()
    })
  }

  private attempt(step: () => void): void {
    try {
      step()
    } catch (error) {
      this.options.complain('What was recorded could not be acted upon', error)
    }
  }

  private schedule(): void {
    if (this.isScheduled || this.isRunning || this.isPaused || this.isClosed) return
    this.isScheduled = true
    setImmediate(() => void this.run())
  }

  private async run(): Promise<void> {
    this.isScheduled = false
    if (this.isClosed) return
    this.isRunning = true
    try {
      await this.runOnce()
    } catch (error) {
      this.options.complain('The reconciler failed', error)
    }
    this.isRunning = false
    if (this.pending.length > 0) this.schedule()
    this.wakeForNextDue()
  }

  private wakeForNextDue(): void {
    let next = Number.POSITIVE_INFINITY
    for (const name of this.restless ?? this.slots.keys()) {
      const slot = this.slots.get(name)
      if (!slot) continue
      const { state, rollout } = slot
      next = Math.min(next, dueOf(state) ?? next, rollout?.kind === 'replacing' ? rollout.until : next)
    }
    if (next === Number.POSITIVE_INFINITY || (this.timer && this.wakeAt <= next)) return
    this.timer?.cancel()
    this.wakeAt = next
    this.timer = this.options.clock.after(Math.ceil(next - this.options.clock.monotonic()), () => {
      this.timer = null
      this.schedule()
    })
  }
}

function ended(): UserError {
  return new UserError('shutting_down', 'The agent has ended.')
}
