/**
 * A reconciler at a bench: a clock that stands still, a real store in a folder of its own, and hands instead of an operating system. A test says
 * when commands are born and how they end, and may let the agent die and another take its place. After `schedule` there is a scheduler for jobs as well.
 *
 * `settle` comes back once all that was told has been recorded; while the store takes no writes, once nothing more can happen at this time.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { blackoutOf } from '../agent/jobs/calendars.ts'
import { OpenOccurrences } from '../agent/jobs/open-occurrences.ts'
import { Scheduler, type SchedulerOptions } from '../agent/jobs/scheduler.ts'
import { toDesired, toProgramSet } from '../agent/programs.ts'
import type { Effect } from '../agent/reconcile/draft.ts'
import { Reconciler } from '../agent/reconcile/reconciler.ts'
import { fromStored, type SlotRecord } from '../agent/reconcile/slot-records.ts'
import { startAfterBoot } from '../agent/runs/takeover.ts'
import type { DroverEvent, EventKind } from '../domain/events/event.ts'
import type { Occurrence, Trigger } from '../domain/jobs/occurrence.ts'
import { claimedByDeadAgent } from '../domain/judge.ts'
import type { Program } from '../domain/program.ts'
import type { RunEnd } from '../domain/run.ts'
import { runOf } from '../domain/slot-state.ts'
import { openSqliteStore } from '../store/sqlite/open.ts'
import type { Changes, Store } from '../store/store.ts'
import { FakeClock } from './fake-clock.ts'

/** What is other for the agent that takes the place of the one before. */
interface Successor {
  /** What is declared by now. */
  readonly programs?: readonly Program[]
  /** Slots whose claim never became a process. */
  readonly unborn?: readonly string[]
  /** False: the machine was restarted meanwhile, under all that lived. */
  readonly isSameBoot?: boolean
}

export class AgentBench {
  readonly clock: FakeClock
  reconciler: Reconciler
  scheduler: Scheduler | null = null
  /** What a function of the configuration says about a time. */
  answer: SchedulerOptions['ask'] = async () => ({ ok: true, value: false })
  store: Store
  events: DroverEvent[] = []
  effects: Effect[] = []
  readonly complaints: string[] = []
  /** While set, the store takes no writes. */
  storeTrouble: Error | null = null
  /** Of the schedulers that are begun from now on. */
  leadMs = 0
  private readonly folder = mkdtempSync(join(tmpdir(), 'drover-bench-'))
  private runs = 0
  private recording = 0

  constructor(wall?: number) {
    this.clock = new FakeClock(wall)
    this.store = openSqliteStore(this.path)
    this.reconciler = this.newReconciler()
  }

  /** Puts a set of programs in force. */
  async declare(...programs: Program[]): Promise<void> {
    await this.reconciler.request((draft) => {
      draft.declare(desiredOf(programs))
      draft.setPrograms('file', programs, 1)
    })
    this.scheduler?.follow(this.reconciler.desired)
    await this.settle()
  }

  /** From now on due times are seen, by this agent and those after it. */
  async schedule(): Promise<void> {
    this.scheduler = this.newScheduler()
    await this.settle()
  }

  async trigger(
    program: string,
    trigger: Trigger = { kind: 'manual', by: 'ann' },
  ): Promise<Occurrence | null> {
    const triggered = await this.reconciler.request((draft) => draft.ledger.trigger(program, trigger))
    return triggered?.occurrence ?? null
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
    if (!this.scheduler) return await this.reconciler.request(() => {})
    for (let quiet = 0; quiet < 3; quiet = this.recording > 0 && !this.storeTrouble ? 0 : quiet + 1)
      await new Promise((resolve) => setImmediate(resolve))
    if (!this.storeTrouble) await this.reconciler.request(() => {})
  }

  /** All at once, as on a machine that was too busy to look. */
  async pass(ms: number): Promise<void> {
    this.clock.advance(ms)
    await this.settle()
  }

  /** As on a machine with time to spare: whatever waits for its time gets it. */
  async live(ms: number): Promise<void> {
    const end = this.clock.monotonic() + ms
    for (let left = ms; left > 0; left = end - this.clock.monotonic())
      await this.pass(Math.min(left, this.clock.untilNext ?? left))
  }

  /** The store takes writes again, and whoever was refused has tried once more. */
  async heal(): Promise<void> {
    this.storeTrouble = null
    await this.pass(1000)
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
  async restartAgent(awayMs = 0, successor: Successor = {}): Promise<void> {
    const { programs, unborn = [], isSameBoot = true } = successor
    this.scheduler?.close()
    this.reconciler.close()
    await this.store.close()
    this.clock.advance(awayMs)
    this.store = openSqliteStore(this.path)
    this.events = []
    this.effects = []
    this.reconciler = this.newReconciler()
    await this.load(isSameBoot)
    const found = [...this.reconciler.slots.values()]
    await this.reconciler.request((draft) => {
      draft.declare(programs ? desiredOf(programs) : draft.desired)
      if (programs) draft.setPrograms('file', programs, 2)
      for (const { name, program, state } of found) {
        const id = runOf(state)
        const end = endOnTheWay(name, this.clock.now(), { unborn, isSameBoot })
        if (id !== null && end) draft.endRun({ id, slot: name, program }, end, null)
      }
      if (!isSameBoot) startAfterBoot(draft)
    })
    if (this.scheduler) this.scheduler = this.newScheduler()
    await this.settle()
  }

  private async load(isSameBoot: boolean): Promise<void> {
    const { store, clock, reconciler } = this
    const programs = toProgramSet(await store.loadPrograms())
    const jobs = new Map((await store.loadJobs()).map((job) => [job.program, job]))
    const occurrences = OpenOccurrences.from(await store.listOpenOccurrences())
    const pausedBy = (await store.loadNote('paused')) || null
    reconciler.ledger = { ...reconciler.ledger, jobs, occurrences, pausedBy }
    const slots = new Map(
      (await store.loadSlots()).map((stored) => {
        const startTimeMs = programs.get(stored.program)?.program.restart.startTimeMs ?? 0
        return [stored.name, fromStored(stored, clock, { startTimeMs, isSameBoot })]
      }),
    )
    reconciler.begin({ slots, desired: toDesired(programs) })
  }

  /** All rows of the ledger, in the order of their due times. */
  async rows(program?: string): Promise<Occurrence[]> {
    const programs = program === undefined ? null : [program]
    const rows = await this.store.listOccurrences({ programs, states: [], limit: 1_000_000 })
    return rows.sort((a, b) => a.dueAt - b.dueAt || (a.id < b.id ? -1 : 1))
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
    this.scheduler?.close()
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

  private newScheduler(): Scheduler {
    const scheduler = new Scheduler({
      clock: this.clock,
      ledger: () => this.reconciler.ledger,
      record: async (change) => {
        this.recording += 1
        await this.reconciler.request(change).finally(() => {
          this.recording -= 1
        })
      },
      ask: (question) => this.answer(question),
      leadMs: this.leadMs,
      complain: (message, error) => this.complaints.push(`${message}: ${(error as Error).message}`),
    })
    scheduler.follow(this.reconciler.desired)
    scheduler.start()
    return scheduler
  }

  private async record(changes: Changes): Promise<DroverEvent[]> {
    if (this.storeTrouble) throw this.storeTrouble
    return await this.store.record(changes)
  }
}

function desiredOf(programs: readonly Program[]): ReturnType<typeof toDesired> {
  return toDesired(toProgramSet(programs.map((program) => ({ program, source: 'file' }))))
}

function endOnTheWay(
  slot: string,
  endedAt: number,
  { unborn, isSameBoot }: Required<Pick<Successor, 'unborn' | 'isSameBoot'>>,
): RunEnd | null {
  if (unborn.includes(slot)) return { kind: 'revoked', endedAt, reason: claimedByDeadAgent }
  return isSameBoot ? null : { kind: 'machine_restarted', endedAt }
}
