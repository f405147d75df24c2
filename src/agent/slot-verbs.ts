/** What can be asked of slots: to start, stop, restart, signal and feed them, and to tell what became of it. */
import type { OutcomeView, SlotView } from '../contract/views.ts'
import { decideAdmission } from '../domain/admission.ts'
import { nearest } from '../domain/nearest.ts'
import { isActive, wantedOf } from '../domain/reconcile.ts'
import { isFailedReplacement, isOutdated } from '../domain/rollout.ts'
import { type RunCause, tellsNeverExecuted } from '../domain/run.ts'
import { runOf, type SlotState } from '../domain/slot-state.ts'
import { selectTargets } from '../domain/target.ts'
import { UserError } from '../domain/user-error.ts'
import { signalName, signalNumber } from '../process/claim.ts'
import { readNotice } from '../process/run-directory.ts'
import type { Agent } from './agent.ts'
import { countOpen, hindranceOf } from './jobs/job-views.ts'
import type { JobProgram } from './jobs/ledger-book.ts'
import { groupOf } from './programs.ts'
import type { Draft } from './reconcile/draft.ts'
import type { SlotRecord } from './reconcile/slot-records.ts'
import { viewSlot } from './views.ts'

interface SlotRequest {
  readonly targets: readonly string[]
  readonly wait: boolean
  readonly by: string
  readonly signal?: AbortSignal
}

/** Whoever looks gets figures that are no older. */
const freshUsageMs = 900

/** What the draft made of one slot before anything is waited for. */
type Verdict = 'asked' | { readonly outcome: 'unchanged' | 'failed'; readonly message: string }

export class SlotVerbs {
  private readonly agent: Agent

  constructor(agent: Agent) {
    this.agent = agent
  }

  listSlots(targets: readonly string[]): SlotView[] {
    const slots = this.select(targets)
    this.agent.usage.refresh(
      freshUsageMs,
      slots.map(({ name }) => name),
    )
    return slots.map((slot) => this.view(slot))
  }

  async start(request: SlotRequest): Promise<OutcomeView[]> {
    return await this.ask(request, 'start', (draft, slot, cause) => {
      if (this.isJob(slot.program)) return startJob(draft, slot, request.by)
      const { state, asked } = slot
      const { isShuttingDown } = draft
      const answer = decideAdmission({
        state,
        askedBy: 'person',
        wanted: asked,
        isShuttingDown,
        obstacle: null,
      })
      if (!answer.admitted) {
        const { reason, detail } = answer
        draft.event('start.refused', { reason, detail }, { program: slot.program, slot: slot.name })
        if (reason === 'already_running') draft.ask(slot.name, 'run')
        return { outcome: reason === 'already_running' ? 'unchanged' : 'failed', message: detail }
      }
      draft.ask(slot.name, 'run')
      draft.send(slot.name, { kind: 'start', cause })
      return 'asked'
    })
  }

  async stop(request: SlotRequest): Promise<OutcomeView[]> {
    return await this.ask(request, 'stop', (draft, slot) => {
      const wasActive = isActive(slot.state)
      if (this.isJob(slot.program)) {
        draft.send(slot.name, { kind: 'stop' })
        return wasActive ? 'asked' : { outcome: 'unchanged', message: this.idleText(slot.program) }
      }
      draft.ask(slot.name, 'stop')
      // The plan stops what runs, in the order of its dependencies.
      if (runOf(slot.state) === null) draft.send(slot.name, { kind: 'stop' })
      return wasActive ? 'asked' : { outcome: 'unchanged', message: 'it was not running' }
    })
  }

  async restart(
    request: SlotRequest & { rolling: boolean; parallel?: number | undefined },
  ): Promise<OutcomeView[]> {
    const names = new Set(this.select(request.targets).map(({ name }) => name))
    return await this.ask(request, 'restart', (draft, slot, cause) => {
      if (this.isJob(slot.program))
        return {
          outcome: 'failed',
          message: `a job is not restarted; \`drover trigger ${slot.program}\` makes it due`,
        }
      if (request.rolling && runOf(slot.state) !== null) {
        // Its turn would not come before that one works, and then surprise whoever had asked.
        const failed = this.failedReplacement(slot.program)
        if (failed && !names.has(failed.name)) {
          const title = this.view(failed).name
          return { outcome: 'failed', message: `left as it is, since the replacement of ${title} failed` }
        }
        draft.rollouts.replaceInTurn(slot.name, cause, request.parallel ?? null)
        return 'asked'
      }
      draft.ask(slot.name, 'run')
      draft.send(slot.name, { kind: 'restart', cause })
      return 'asked'
    })
  }

  async signal(request: {
    targets: readonly string[]
    signal: string
    to: 'process' | 'group' | 'tree'
    by: string
  }): Promise<OutcomeView[]> {
    const number = signalNumber(request.signal)
    if (number === null) {
      throw new UserError('usage', `\`${request.signal}\` is no signal of this machine.`, {
        hint: 'Name one as HUP, SIGHUP or 1; `kill -l` lists them.',
      })
    }
    const outcomes: OutcomeView[] = []
    const told: SlotRecord[] = []
    for (const slot of this.select(request.targets)) {
      const run = runOf(slot.state)
      const wasTaken = run !== null && this.agent.keeper.signal(run, number, request.to)
      if (wasTaken) told.push(slot)
      outcomes.push(
        this.outcome(
          slot.name,
          wasTaken ? 'done' : 'failed',
          wasTaken ? `${signalName(number)} sent` : 'it is not running',
        ),
      )
    }
    await this.agent.reconciler.request((draft) => {
      for (const slot of told) {
        const data = { action: 'signal', signal: signalName(number), by: request.by } as const
        draft.event('slot.requested', data, { program: slot.program, slot: slot.name })
      }
    })
    return outcomes
  }

  async rotate(request: { targets: readonly string[]; by: string }): Promise<OutcomeView[]> {
    return this.select(request.targets).map((slot) => {
      const run = runOf(slot.state)
      if (run === null) return this.outcome(slot.name, 'unchanged', 'it is not running')
      const isTaken = this.agent.keeper.rotate(run)
      return this.outcome(
        slot.name,
        isTaken ? 'done' : 'failed',
        isTaken ? 'rotated' : 'its shim did not take it',
      )
    })
  }

  /** Of the living runs; each run after them begins as its program says. */
  async capture(request: { targets: readonly string[]; on: boolean; by: string }): Promise<OutcomeView[]> {
    const told: SlotRecord[] = []
    const outcomes = this.select(request.targets).map((slot) => {
      const run = runOf(slot.state)
      if (run === null) return this.outcome(slot.name, 'unchanged', 'it is not running')
      const isTaken = this.agent.keeper.capture(run, request.on)
      if (isTaken) told.push(slot)
      const said = request.on ? 'its output is kept from now on' : 'its output is thrown away from now on'
      return this.outcome(slot.name, isTaken ? 'done' : 'failed', isTaken ? said : 'its shim did not take it')
    })
    const action = request.on ? 'capture' : 'stop capture'
    await this.agent.reconciler.request((draft) => {
      for (const { program, name } of told)
        draft.event('slot.requested', { action, by: request.by }, { program, slot: name })
    })
    return outcomes
  }

  async writeInput(request: {
    targets: readonly string[]
    text: string
    by: string
  }): Promise<OutcomeView[]> {
    const size = Buffer.byteLength(request.text)
    const fed: SlotRecord[] = []
    const outcomes = this.select(request.targets).map((slot) => {
      const run = runOf(slot.state)
      const isOpen = this.agent.reconciler.desired.get(slot.program)?.program.launch.stdin === 'fifo'
      if (!isOpen) return this.outcome(slot.name, 'failed', 'its program has no `stdin: fifo`')
      const taken = run === null ? 0 : this.agent.keeper.input(run, request.text)
      if (taken > 0) fed.push(slot)
      if (taken === size) return this.outcome(slot.name, 'done', `${taken} bytes written`)
      return this.outcome(
        slot.name,
        'failed',
        run === null ? 'it is not running' : `it took ${taken} of ${size} bytes`,
      )
    })
    await this.agent.reconciler.request((draft) => {
      for (const slot of fed) {
        const data = { action: 'input', by: request.by } as const
        draft.event('slot.requested', data, { program: slot.program, slot: slot.name })
      }
    })
    return outcomes
  }

  /** The outcome of each slot once it neither starts nor stops any more, nor waits for its turn. */
  async waitUntilSettled(
    names: readonly string[],
    signal?: AbortSignal,
    /** Those that are to go. */
    surplus: readonly string[] = [],
  ): Promise<OutcomeView[]> {
    const states = await this.settled(names, signal)
    return names.map((name) => {
      const state = states.get(name) ?? null
      if (!state) return this.outcome(name, surplus.includes(name) ? 'done' : 'failed', 'removed')
      const slot = this.agent.reconciler.slots.get(name)
      const isSpared = slot !== undefined && isOutdated(slot, this.hashOf(slot.program))
      return this.outcomeOfBegin(name, state, isSpared)
    })
  }

  /** What is under way, for who does not wait. */
  outcomesNow(names: readonly string[]): OutcomeView[] {
    return names.map((name) => {
      const state = this.agent.reconciler.slots.get(name)?.state ?? null
      return state
        ? this.outcome(name, 'waiting', this.describe(name, state), state)
        : this.outcome(name, 'done', 'removed')
    })
  }

  /** One that a failed replacement spared runs on, and yet what was asked for did not happen. */
  private outcomeOfBegin(name: string, state: SlotState, isSpared: boolean): OutcomeView {
    const slot = this.agent.reconciler.slots.get(name)
    const failed = slot && this.failedReplacement(slot.program)
    if (failed && isSpared)
      return this.outcome(
        name,
        'failed',
        `left as it is, since the replacement of ${this.view(failed).name} failed`,
        state,
      )
    if (slot?.rollout?.kind === 'failed')
      return this.outcome(name, 'failed', `its replacement failed: ${slot.rollout.reason}`, state)
    return this.outcome(name, isGood(state) ? 'done' : 'failed', this.describe(name, state), state)
  }

  private failedReplacement(program: string): SlotRecord | undefined {
    return [...this.agent.reconciler.slots.values()].find(
      (slot) => slot.program === program && isFailedReplacement(slot, this.hashOf(program)),
    )
  }

  /** Of a job at rest: what waits for its turn is not ended by stopping what runs. */
  private idleText(program: string): string {
    const queued = countOpen(this.agent.reconciler.ledger).get(program)?.queued ?? 0
    if (queued === 0) return 'it was not running'
    return `it was not running; ${queued} due time${queued === 1 ? ' waits for its' : 's wait for their'} turn`
  }

  private isJob(program: string): boolean {
    return this.agent.reconciler.desired.get(program)?.program.kind === 'job'
  }

  private hashOf(program: string): string {
    return this.agent.reconciler.desired.get(program)?.launchHash ?? ''
  }

  /** Whether something will become of a slot soon, without anybody doing anything. `asking`: those that wait for it already. */
  private isUnderWay(slot: SlotRecord, asking: readonly string[] = []): boolean {
    const { state, rollout, program: name } = slot
    if (state.kind === 'starting' || state.kind === 'stopping') return true
    if (rollout?.kind === 'due' || rollout?.kind === 'replacing') return true
    const program = this.agent.reconciler.desired.get(name)?.program
    if (!program) return false
    // It shall stop, and those that need it go first.
    if (program.kind === 'job') return false
    if (runOf(state) !== null && wantedOf(slot, program) === 'stop') return true
    if (state.kind === 'running') {
      return isOutdated(slot, this.hashOf(name)) && !this.failedReplacement(name)
    }
    if (state.kind !== 'waiting' || asking.includes(name)) return false
    const needed = new Set(program.dependsOn.map((dependency) => dependency.program))
    return [...this.agent.reconciler.slots.values()].some((other) => {
      if (!needed.has(other.program)) return false
      const isUnready = other.state.kind === 'running' && !this.view(other).ready
      return isUnready || this.isUnderWay(other, [...asking, name])
    })
  }

  /** The slots that the targets name; throws for a target that names none. */
  select(targets: readonly string[]): SlotRecord[] {
    const candidates = [...this.agent.reconciler.slots.values()]
      .map((slot) => ({
        name: slot.name,
        program: slot.program,
        group: this.groupOf(slot.program),
        slot,
      }))
      .sort((a, b) =>
        a.program === b.program ? a.slot.index - b.slot.index : a.program < b.program ? -1 : 1,
      )
    const { selected, unknown } = selectTargets(candidates, targets)
    this.refuseUnknown(unknown)
    return selected.map(({ slot }) => slot)
  }

  /** Throws for names that mean nothing. A program with no processes has no slots and is known all the same. */
  refuseUnknown(targets: readonly string[]): void {
    const missing = targets.filter((target) => !this.agent.programs.has(target))
    if (missing.length === 0) return
    const known = [...this.agent.programs.keys(), ...this.agent.reconciler.slots.keys()]
    const near = new Set(missing.map((name) => nearest(name, known)).filter((name) => name !== null))
    const meant = near.size === 0 ? '' : `Did you mean ${inQuotes([...near]).join(', ')}? `
    const hint = `${meant}See \`drover status\` for the names of programs and slots; \`group:*\` and patterns such as \`mail*\` are understood.`
    throw new UserError('not_found', `Nothing is called ${inQuotes(missing).join(', ')}.`, {
      hint,
    })
  }

  /** Of a program that is gone, its name tells. */
  groupOf(program: string): string {
    return groupOf(this.agent.programs, program)
  }

  view(slot: SlotRecord): SlotView {
    const { options, reconciler, keeper } = this.agent
    const run = runOf(slot.state)
    const program = reconciler.desired.get(slot.program)?.program ?? null
    const now = { wall: options.clock.now(), monotonic: options.clock.monotonic() }
    const launchHash = reconciler.desired.get(slot.program)?.launchHash ?? null
    const live = run === null ? undefined : keeper.get(run)
    const status = live && program?.launch.notify ? readNotice(live.directory)?.status : null
    const usage = live ? this.agent.usage.usageOf(slot.name, live.id) : null
    const nextAt = program?.kind === 'job' ? this.nextOf(program) : null
    return viewSlot(slot, program, live, options.node, now, launchHash, status || null, usage, nextAt)
  }

  /** When a job is due next; null also where nothing would begin then. */
  private nextOf(job: JobProgram): number | null {
    const { reconciler, scheduler } = this.agent
    return hindranceOf(job, reconciler.ledger) === null ? scheduler.nextOf(job.name) : null
  }

  private async ask(
    { targets, wait, by, signal }: SlotRequest,
    action: 'start' | 'stop' | 'restart',
    decide: (draft: Draft, slot: SlotRecord, cause: RunCause) => Verdict,
  ): Promise<OutcomeView[]> {
    const slots = this.select(targets)
    const names = slots.map(({ name }) => name)
    const runsBefore = new Map(slots.map(({ name, state }) => [name, runOf(state)]))
    const verdicts = await this.agent.reconciler.request((draft) => {
      if (action === 'restart' && draft.isShuttingDown) {
        throw new UserError('shutting_down', 'The agent is shutting down.')
      }
      const made = new Map<string, Verdict>()
      for (const name of names) {
        const slot = draft.slots.get(name)
        if (!slot) continue
        draft.event('slot.requested', { action, by }, { program: slot.program, slot: name })
        made.set(name, decide(draft, slot, { kind: 'requested', by }))
      }
      return made
    })
    const asked = [...verdicts].filter(([, verdict]) => verdict === 'asked').map(([name]) => name)
    const states = wait ? await this.settled(asked, signal) : null
    return [...verdicts].map(([name, verdict]) => {
      if (verdict !== 'asked') return this.outcome(name, verdict.outcome, verdict.message)
      const state = (states ? states.get(name) : this.agent.reconciler.slots.get(name)?.state) ?? null
      if (!state) return this.outcome(name, 'done', 'removed')
      if (!wait) return this.outcome(name, 'waiting', this.describe(name, state), state)
      if (action !== 'stop') {
        const run = runOf(state)
        return this.outcomeOfBegin(name, state, run !== null && run === runsBefore.get(name))
      }
      const run = runOf(state)
      // A job whose run was stopped may have begun the next one that waited.
      if (run !== null && run !== runsBefore.get(name))
        return this.outcome(name, 'done', `stopped; a due time that waited has begun with run ${run}`, state)
      return this.outcome(name, isActive(state) ? 'failed' : 'done', this.describe(name, state), state)
    })
  }

  /**
   * The first state of each slot that lasts, as it was then: while others are waited for, a slot that failed may already be at its next
   * try. One listener for all of them, since a request may name hundreds. When the asker has gone, the states of that moment.
   */
  private settled(names: readonly string[], signal?: AbortSignal): Promise<Map<string, SlotState | null>> {
    const { feed, reconciler } = this.agent
    const states = new Map<string, SlotState | null>()
    const open = new Set(names)
    const look = (isLast: boolean): void => {
      for (const name of open) {
        const state = reconciler.slots.get(name)?.state ?? null
        const slot = reconciler.slots.get(name)
        if (!isLast && slot && this.isUnderWay(slot)) continue
        states.set(name, state)
        open.delete(name)
      }
    }
    look(signal?.aborted ?? false)
    if (open.size === 0) return Promise.resolve(states)
    return new Promise((resolve) => {
      const finish = (): void => {
        stopListening()
        signal?.removeEventListener('abort', onAbort)
        resolve(states)
      }
      const onAbort = (): void => {
        look(true)
        finish()
      }
      const stopListening = feed.listen(() => {
        look(false)
        if (open.size === 0) finish()
      })
      signal?.addEventListener('abort', onAbort)
    })
  }

  /** `then`: the state that the message speaks of, which may have passed since. */
  private outcome(
    name: string,
    outcome: OutcomeView['outcome'],
    message: string,
    then: SlotState | null = null,
  ): OutcomeView {
    const slot = this.agent.reconciler.slots.get(name)
    if (!slot) return { slot: name, name, outcome, state: 'stopped', pid: null, message }
    const { name: title, state, pid } = this.view(then ? { ...slot, state: then } : slot)
    return { slot: name, name: title, outcome, state, pid, message }
  }

  private describe(name: string, state: SlotState): string {
    const run = runOf(state)
    const pid = run === null ? null : (this.agent.keeper.get(run)?.pid ?? null)
    switch (state.kind) {
      case 'running':
      case 'starting':
        return pid === null ? state.kind : `${state.kind}, pid ${pid}`
      case 'waiting':
        return `waits for ${state.reason}`
      case 'backoff':
        return `${state.reason}; tries again in ${(state.delayMs / 1000).toFixed(1)} s (${whereToLook(name, state.reason)})`
      case 'fatal':
        return `gave up: ${state.reason} (${whereToLook(name, state.reason)})`
      case 'exited':
        return `finished: ${state.reason}`
      case 'stopping':
      case 'stopped':
        return state.kind
    }
  }
}

/** Of several slots of a job, one is enough to make it due. */
function startJob(draft: Draft, slot: SlotRecord, by: string): Verdict {
  if (slot.index > 0) return { outcome: 'unchanged', message: 'the job is triggered once' }
  if (draft.isShuttingDown) return { outcome: 'failed', message: 'the agent is shutting down' }
  const triggered = draft.ledger.trigger(slot.program, { kind: 'manual', by })
  const state = triggered?.occurrence.state
  if (state?.kind === 'running') return 'asked'
  return { outcome: 'failed', message: state?.kind === 'skipped' ? state.detail : 'it waits for its turn' }
}

/** What never ran has printed nothing; its last run tells why. */
function whereToLook(slot: string, reason: string): string {
  return `see \`drover ${tellsNeverExecuted(reason) ? 'run' : 'logs'} ${slot}\``
}

function inQuotes(names: readonly string[]): string[] {
  return names.map((name) => `\`${name}\``)
}

/** A start went well when the slot runs, or did all it had to do. */
function isGood(state: SlotState): boolean {
  return state.kind === 'running' || (state.kind === 'exited' && state.isSuccess)
}
