/** What can be asked about the past and its output: runs, events, logs. */
import { join } from 'node:path'
import type { EventView, OccurrenceView, OutputView, RunDetail, RunView } from '../contract/views.ts'
import type { DroverEvent } from '../domain/events/event.ts'
import { matchesKind } from '../domain/events/event.ts'
import { slotTitle } from '../domain/program.ts'
import { holdsSlot, type Run } from '../domain/run.ts'
import { fits, selectTargets } from '../domain/target.ts'
import { UserError } from '../domain/user-error.ts'
import { namedFile } from '../process/claim.ts'
import { NamedOutput, type OutputSource, RunOutput, type Stream } from '../process/output-files.ts'
import { readTree, readTreePss } from '../process/tree-usage.ts'
import type { Agent } from './agent.ts'
import { viewOccurrence } from './jobs/job-views.ts'
import { type LogSlot, streamLogs } from './output/logs.ts'
import { readQuestion, searchLogs } from './output/search-logs.ts'
import { Searches } from './output/search-process.ts'
import type { SlotVerbs } from './slot-verbs.ts'
import { viewEvent, viewRun } from './views.ts'

/** Runs per slot whose output is looked at: of more than these it is not kept. */
const runsLookedAt = 24
const usualLines = 20
const timelineEvents = 200
/** Events that a slow reader of the stream may lag behind before it is fed from the store again. */
const mostBuffered = 10_000
/** The most that events weigh which are held or read at a time; a single one may be heavier. */
const mostEventBytes = 8 * 1024 ** 2

export class HistoryVerbs {
  private readonly agent: Agent
  private readonly slots: SlotVerbs
  private readonly searches: Searches

  constructor(agent: Agent, slots: SlotVerbs) {
    this.agent = agent
    this.slots = slots
    this.searches = new Searches(agent.options.hostPath, agent.options.clock)
  }

  async listRuns(query: {
    targets: readonly string[]
    state?: 'alive' | 'ended'
    before?: string
    limit: number
  }): Promise<RunView[]> {
    const { targets, ...rest } = query
    const runs = await this.agent.options.store.listRuns({ ...rest, slots: await this.slotNames(targets) })
    return this.viewRuns(runs)
  }

  async getRun(idOrPrefix: string): Promise<RunDetail> {
    const run = await this.findRun(idOrPrefix)
    const events = await this.agent.options.store.listEvents({
      kinds: [],
      slots: null,
      // That would be the output again.
      without: ['run.output'],
      run: run.id,
      limit: timelineEvents,
      newest: false,
    })
    const [view] = this.viewRuns([run], true)
    if (!view) throw new Error('A run without a view.')
    return {
      run: view,
      timeline: events.map((event) => this.view(event)),
      occurrence: await this.occurrenceOf(run),
    }
  }

  /** Null also where the ledger has forgotten it. */
  private async occurrenceOf({ occurrence }: Run): Promise<OccurrenceView | null> {
    if (!occurrence) return null
    const [found] = await this.agent.options.store.findOccurrences(occurrence.id)
    return found ? viewOccurrence(found) : null
  }

  async readRunOutput(
    idOrPrefix: string,
    stream: Stream,
    offset: number,
  ): Promise<AsyncIterable<Uint8Array>> {
    const run = await this.findRun(idOrPrefix)
    return readAll(this.sourceOf(run, stream), offset)
  }

  async streamLogs(query: {
    targets: readonly string[]
    lines?: number
    follow: boolean
    run?: string
    stream: Stream | 'both'
    since?: string
    until?: string
    grep?: string
    ignoreCase: boolean
    invert: boolean
    timestamps: boolean
    signal: AbortSignal
  }): Promise<AsyncIterable<OutputView>> {
    const { follow, signal, timestamps } = query
    const question = readQuestion(query, this.agent.options.clock.now())
    const streams: Stream[] = query.stream === 'both' ? ['out', 'err'] : [query.stream]
    const slots =
      query.run === undefined ? await this.logSlots(query.targets) : [await this.logSlotOfRun(query.run)]
    const { options, feed, reconciler } = this.agent
    const context = {
      runsDir: options.data.runs,
      clock: options.clock,
      feed,
      lastRun: (slot: string) => reconciler.slots.get(slot)?.lastRun ?? null,
    }
    if (question) {
      const { lines = null } = query
      return searchLogs(
        slots,
        { ...question, lines, follow, streams, timestamps, signal },
        context,
        this.searches,
      )
    }
    const { lines = usualLines } = query
    return streamLogs(slots, { lines, follow, streams, timestamps, signal }, context)
  }

  async listEvents(query: {
    after?: number
    kinds: readonly string[]
    targets: readonly string[]
    run?: string
    limit: number
    newest: boolean
  }): Promise<EventView[]> {
    const { targets, ...rest } = query
    const events = await this.agent.options.store.listEvents({
      ...rest,
      slots: await this.slotNames(targets),
      programs: this.programsOf(targets),
      mostBytes: mostEventBytes,
    })
    return events.map((event) => this.view(event))
  }

  async *streamEvents(query: {
    after?: number
    kinds: readonly string[]
    targets: readonly string[]
    signal: AbortSignal
  }): AsyncGenerator<EventView> {
    const { kinds, targets, signal } = query
    const { store } = this.agent.options
    await this.slotNames(targets)
    const isWanted = this.eventFilter(kinds, targets)
    // An id that was not given yet is of another store: it would keep silent until it is.
    const newest = await store.lastEventId()
    let last = Math.min(query.after ?? newest, newest)
    let buffer: DroverEvent[] = []
    let bufferedBytes = 0
    let wake: (() => void) | null = null
    // What was recorded before the listening began comes from the store, the rest from the feed; ids tell them apart.
    let isBehind = true
    const stopListening = this.agent.feed.listen((events) => {
      if (buffer.length > mostBuffered || bufferedBytes > mostEventBytes) {
        buffer = []
        bufferedBytes = 0
        isBehind = true
      }
      buffer.push(...events)
      for (const event of events) bufferedBytes += event.kind === 'run.output' ? event.data.text.length : 0
      wake?.()
    })
    const onAbort = (): void => wake?.()
    signal.addEventListener('abort', onAbort)
    try {
      while (!signal.aborted) {
        let events = buffer
        const isFromStore = isBehind
        if (isFromStore) {
          events = await store.listEvents({
            after: last,
            kinds: [],
            slots: null,
            limit: 1000,
            newest: false,
            mostBytes: mostEventBytes,
          })
          if (events.length === 0) isBehind = false
        } else {
          buffer = []
          bufferedBytes = 0
        }
        for (const event of events) {
          if (event.id <= last) continue
          // Ids have no gaps: what is missing was dropped, perhaps in the very moment in which the reader caught up.
          if (!isFromStore && event.id !== last + 1) isBehind = true
          if (!isFromStore && isBehind) break
          last = event.id
          if (isWanted(event)) yield this.view(event)
          if (signal.aborted) return
        }
        if (isBehind || buffer.length > 0) continue
        await new Promise<void>((resolve) => {
          wake = resolve
          if (signal.aborted || buffer.length > 0) resolve()
        })
        wake = null
      }
    } finally {
      stopListening()
      signal.removeEventListener('abort', onAbort)
    }
  }

  /** Null for all. What a removed program did can still be asked for, as long as a run of it is known. */
  private async slotNames(targets: readonly string[]): Promise<string[] | null> {
    if (isAll(targets)) return null
    const past = await this.agent.options.store.listSlotsOfRuns()
    return this.select([...past, ...this.present()], targets).map(({ slot }) => slot)
  }

  /** Those that are meant as a whole, and not by one of their slots. */
  private programsOf(targets: readonly string[]): string[] {
    return [...this.agent.programs.keys()].filter((program) => this.isMeant(program, program, targets))
  }

  private isMeant(name: string, program: string, targets: readonly string[]): boolean {
    const group = this.slots.groupOf(program)
    return targets.some((target) => fits({ name, program, group }, target))
  }

  private present(): SlotOfRuns[] {
    return [...this.agent.reconciler.slots.values()].map(({ name, program }) => ({ slot: name, program }))
  }

  /** What runs now and holds no slot. */
  private beside(): SlotOfRuns[] {
    return [...this.agent.keeper.all()].filter((run) => !holdsSlot(run))
  }

  private select(known: readonly SlotOfRuns[], targets: readonly string[]): SlotOfRuns[] {
    const { selected, unknown } = this.trySelect(known, targets)
    this.slots.refuseUnknown(unknown)
    return selected
  }

  private trySelect(known: readonly SlotOfRuns[], targets: readonly string[]) {
    const once = new Map(known.map((one) => [one.slot, one]))
    const candidates = [...once.values()].map(({ slot, program }) => ({
      name: slot,
      program,
      group: this.slots.groupOf(program),
    }))
    const { selected, unknown } = selectTargets(candidates, targets)
    return { selected: selected.map(({ name, program }) => ({ slot: name, program })), unknown }
  }

  /** By what an event says of itself: slots that come to be later belong to their program as well. */
  private eventFilter(kinds: readonly string[], targets: readonly string[]): (event: DroverEvent) => boolean {
    const isAny = isAll(targets)
    return ({ kind, slot, program }) => {
      if (kinds.length > 0 && !kinds.some((pattern) => matchesKind(kind, pattern))) return false
      if (isAny) return true
      return program !== null && this.isMeant(slot ?? program, program, targets)
    }
  }

  private view(event: DroverEvent): EventView {
    return viewEvent(event, this.agent.titleOf(event.slot), this.agent.levels)
  }

  /** `withPss`: the kernel walks all pages of a tree for it. */
  private viewRuns(runs: readonly Run[], withPss = false): RunView[] {
    return runs.map((run) => {
      const live = this.agent.keeper.get(run.id)
      const reading = run.end || !live?.shim ? null : readTree(live.shim.pid)
      if (!live?.shim || !reading) return viewRun(run, null)
      const usage = this.agent.usage.usageOf(run.slot, run.id)
      const written = (stream: Stream): number => new RunOutput(live.directory, stream).extent().end
      return viewRun(run, {
        ...reading,
        cpuMs: Math.max(reading.cpuMs, usage?.cpuMs ?? 0),
        peak: usage?.peak ?? null,
        pssBytes: withPss ? readTreePss(live.shim.pid) : null,
        outBytes: written('out'),
        errBytes: written('err'),
      })
    })
  }

  private async findRun(idOrPrefix: string): Promise<Run> {
    const [run, other] = await this.agent.options.store.findRuns(idOrPrefix.toLowerCase())
    if (run && (!other || run.id === idOrPrefix)) return run
    if (run) {
      throw new UserError('not_found', `More than one run begins with \`${idOrPrefix}\`.`, {
        hint: 'Give more of the id.',
      })
    }
    throw new UserError('not_found', `There is no run \`${idOrPrefix}\`.`, { hint: 'See `drover runs`.' })
  }

  private sourceOf(run: Run, stream: Stream): OutputSource {
    const program = holdsSlot(run) ? this.agent.programs.get(run.program)?.program : undefined
    const index = indexOf(run)
    const named = program ? namedFile(program, index, stream) : null
    return named ? new NamedOutput(named) : new RunOutput(join(this.agent.options.data.runs, run.id), stream)
  }

  private async logSlots(targets: readonly string[]): Promise<LogSlot[]> {
    const chosen = await this.selectForLogs(targets)
    return await Promise.all(chosen.sort(inOrder).map((one) => this.logSlot(one)))
  }

  /** What there is. By a name also what held no slot and is over, and, where nothing else has the name, slots that are no more. */
  private async selectForLogs(targets: readonly string[]): Promise<SlotOfRuns[]> {
    const present = [...this.present(), ...this.beside()]
    if (isAll(targets)) return this.select(present, [])
    const past = await this.agent.options.store.listSlotsOfRuns()
    const { selected, unknown } = this.trySelect(
      [...present, ...past.filter((one) => !holdsSlot(one))],
      targets,
    )
    return unknown.length === 0 ? selected : [...selected, ...this.select(past, unknown)]
  }

  private async logSlot(one: SlotOfRuns): Promise<LogSlot> {
    const index = indexOf(one)
    const program = (holdsSlot(one) && this.agent.programs.get(one.program)?.program) || null
    const runs = await this.agent.options.store.listRuns({ slots: [one.slot], limit: runsLookedAt })
    return {
      slot: one.slot,
      name: program ? slotTitle(program, index) : one.slot,
      index,
      program,
      runs: runs.map(({ id }) => id),
      begins: beginsOf(runs),
      goesOn: true,
    }
  }

  private async logSlotOfRun(idOrPrefix: string): Promise<LogSlot> {
    const run = await this.findRun(idOrPrefix)
    const index = indexOf(run)
    const declared = (holdsSlot(run) && this.agent.programs.get(run.program)?.program) || null
    // Its own output is in its directory, whatever the program is now. A named file goes on over all runs: then that is shown.
    const isOwn = (['out', 'err'] as const).some(
      (stream) => new RunOutput(join(this.agent.options.data.runs, run.id), stream).extent().end > 0,
    )
    return {
      slot: run.slot,
      name: declared ? slotTitle(declared, index) : run.slot,
      index,
      program: isOwn ? null : declared,
      runs: [run.id],
      begins: beginsOf([run]),
      goesOn: false,
    }
  }
}

type SlotOfRuns = Pick<Run, 'slot' | 'program'>

function indexOf(run: SlotOfRuns): number {
  return holdsSlot(run) ? Number(run.slot.slice(run.slot.lastIndexOf(':') + 1)) : 0
}

function inOrder(a: SlotOfRuns, b: SlotOfRuns): number {
  return a.program === b.program ? indexOf(a) - indexOf(b) : a.program < b.program ? -1 : 1
}

/** Up to what was the end when it began: a writer that is faster than its reader would keep it going for ever. */
async function* readAll(source: OutputSource, offset: number): AsyncGenerator<Uint8Array> {
  const { end } = source.extent()
  let position = offset
  while (position < end) {
    const part = source.read(position, 65_536)
    if (!part) return
    yield part.bytes.subarray(0, Math.max(0, end - part.position))
    position = part.next
    await new Promise((resolve) => setImmediate(resolve))
  }
}

function beginsOf(runs: readonly Run[]): Map<string, number> {
  return new Map(
    runs.map(({ id, startedAt, claimedAt }) => [id, Math.min(claimedAt, startedAt ?? claimedAt)]),
  )
}

function isAll(targets: readonly string[]): boolean {
  return targets.length === 0 || targets.includes('all')
}
