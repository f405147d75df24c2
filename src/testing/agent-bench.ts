/**
 * A reconciler at a bench: a clock that stands still, a real store in a folder of its own, and hands instead of an operating system. A test says
 * when commands are born and how they end, and may let the agent die and another take its place.
 *
 * `settle` comes back once all that was told has been recorded.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { blackoutOf } from '../agent/calendars.ts'
import type { Effect } from '../agent/draft.ts'
import { OpenOccurrences } from '../agent/open-occurrences.ts'
import { toDesired, toProgramSet } from '../agent/programs.ts'
import { Reconciler } from '../agent/reconciler.ts'
import { fromStored, type SlotRecord } from '../agent/slot-records.ts'
import type { DroverEvent, EventKind } from '../domain/event.ts'
import type { Program } from '../domain/program.ts'
import type { RunEnd } from '../domain/run.ts'
import { runOf } from '../domain/slot-state.ts'
import { openSqliteStore } from '../store/sqlite/open.ts'
import type { Changes, Store } from '../store/store.ts'
import { FakeClock } from './fake-clock.ts'

export class AgentBench {
  readonly clock = new FakeClock()
  reconciler: Reconciler
  store: Store
  events: DroverEvent[] = []
  effects: Effect[] = []
  readonly complaints: string[] = []
  /** While set, the store takes no writes. */
  storeTrouble: Error | null = null
  private readonly folder = mkdtempSync(join(tmpdir(), 'drover-bench-'))
  private runs = 0

  constructor() {
    this.store = openSqliteStore(this.path)
    this.reconciler = this.newReconciler()
  }

  /** Puts a set of programs in force. */
  async declare(...programs: Program[]): Promise<void> {
    await this.reconciler.request((draft) => {
      draft.declare(toDesired(toProgramSet(programs.map((program) => ({ program, source: 'file' })))))
      draft.setPrograms('file', programs, 1)
    })
  }

  /** What a person asks of a slot. */
  async ask(what: 'start' | 'stop', name: string): Promise<void> {
    await this.reconciler.request((draft) => {
      draft.ask(name, what === 'stop' ? 'stop' : 'run')
      if (what === 'stop') draft.send(name, { kind: 'stop' })
      else draft.send(name, { kind: 'start', cause: { kind: 'requested', by: 'ann' } })
    })
  }

  async settle(): Promise<void> {
    await this.reconciler.request(() => {})
  }

  async pass(ms: number): Promise<void> {
    this.clock.advance(ms)
    await this.settle()
  }

  async bear(name: string): Promise<void> {
    const run = this.runOf(name)
    this.reconciler.tell((draft) => draft.startRun(this.subject(name, run), this.clock.now(), 4242))
    await this.settle()
  }

  async end(name: string, end: RunEnd): Promise<void> {
    const run = this.runOf(name)
    this.reconciler.tell((draft) => draft.endRun(this.subject(name, run), end, 0))
    await this.settle()
  }

  private subject(slot: string, id: string): { id: string; slot: string; program: string } {
    return { id, slot, program: this.slot(slot).program }
  }

  /** The agent is gone, and after a while another one is there, with what the store knows. */
  async restartAgent(awayMs = 0): Promise<void> {
    this.reconciler.close()
    await this.store.close()
    this.clock.advance(awayMs)
    this.store = openSqliteStore(this.path)
    this.events = []
    this.effects = []
    this.reconciler = this.newReconciler()
    const programs = toProgramSet(await this.store.loadPrograms())
    const jobs = new Map((await this.store.loadJobs()).map((job) => [job.program, job]))
    const occurrences = OpenOccurrences.from(await this.store.listOpenOccurrences())
    this.reconciler.ledger = { ...this.reconciler.ledger, jobs, occurrences }
    const slots = new Map(
      (await this.store.loadSlots()).map((stored) => {
        const startTimeMs = programs.get(stored.program)?.program.restart.startTimeMs ?? 0
        return [stored.name, fromStored(stored, this.clock, { startTimeMs, isSameBoot: true })]
      }),
    )
    this.reconciler.begin({ slots, desired: toDesired(programs) })
    await this.settle()
  }

  slot(name: string): SlotRecord {
    const slot = this.reconciler.slots.get(name)
    if (!slot) throw new Error(`There is no slot ${name}.`)
    return slot
  }

  stateOf(name: string): string {
    return this.slot(name).state.kind
  }

  runOf(name: string): string {
    const run = runOf(this.slot(name).state)
    if (run === null) throw new Error(`${name} holds no run, it is ${this.stateOf(name)}.`)
    return run
  }

  states(): Record<string, string> {
    return Object.fromEntries([...this.reconciler.slots].map(([name, { state }]) => [name, state.kind]))
  }

  kinds(): EventKind[] {
    return this.events.map(({ kind }) => kind)
  }

  /** What has been done since the last look, in short words. */
  takeEffects(): string[] {
    return this.effects
      .splice(0)
      .filter(({ kind }) => kind !== 'forget')
      .map((effect) =>
        effect.kind === 'start' ? `start ${effect.run.slot}` : `stop ${this.slotOfRun(effect.run as string)}`,
      )
  }

  async dispose(): Promise<void> {
    this.reconciler.close()
    await this.store.close()
    rmSync(this.folder, { recursive: true })
  }

  private get path(): string {
    return join(this.folder, 'drover.db')
  }

  private slotOfRun(run: string): string {
    for (const [name, { state }] of this.reconciler.slots) if (runOf(state) === run) return name
    return run
  }

  private newReconciler(): Reconciler {
    return new Reconciler({
      clock: this.clock,
      node: 'a',
      random: () => 0.5,
      blackoutOf,
      newRunId: () => `r${String(++this.runs).padStart(5, '0')}`,
      store: { record: (changes) => this.record(changes) },
      act: (effects) => this.effects.push(...effects),
      publish: (events) => this.events.push(...events),
      complain: (message, error) => this.complaints.push(`${message}: ${(error as Error).message}`),
    })
  }

  private async record(changes: Changes): Promise<DroverEvent[]> {
    if (this.storeTrouble) throw this.storeTrouble
    return await this.store.record(changes)
  }
}
