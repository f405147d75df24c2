/**
 * An agent without an operating system: applies what `planReconcile` and `transition` decide, and keeps the runs that would
 * live. Births, ends and time come from outside, in any order. It throws as soon as something happens that must never happen:
 *
 *   a second living run for a slot · more runs than asked for · a start of what a person stopped · a start in a shutdown ·
 *   a start before what it depends on · a slot removed while its run lives · a plan that never comes to rest ·
 *   another plan where slots at rest are not looked at
 */
import { findObstacle } from '../dependencies.ts'
import { claimedByDeadAgent } from '../judge.ts'
import { slotName } from '../program.ts'
import {
  type Action,
  type DesiredProgram,
  isAtRest,
  planReconcile,
  type Slot,
  wantedOf,
} from '../reconcile.ts'
import type { RunEnd } from '../run.ts'
import { dueOf, runOf, type SlotAction, type SlotEvent, transition } from '../slot-state.ts'
import { emptyTally } from '../slot-tally.ts'
import { stopped } from './samples.ts'

const mostPasses = 4

interface LiveRun {
  readonly id: string
  readonly slot: string
  readonly launchHash: string
  isBorn: boolean
  isTold: boolean
}

export class SimulatedAgent {
  now = 0
  isShuttingDown = false
  desired: ReadonlyMap<string, DesiredProgram> = new Map()
  readonly slots = new Map<string, Slot>()
  readonly live = new Map<string, LiveRun>()
  /** Slots that a person stopped, in the order of their names; kept by hand, so that it does not trust what it checks. */
  readonly stoppedByPerson = new Set<string>()
  /** Every action and every stop of a run, for tests that look at the order. */
  readonly log: string[] = []
  /** Since all came to rest the last time. */
  readonly #touched = new Set<string>()
  /** What was declared then. */
  #settled: SimulatedAgent['desired'] | null = null
  #runs = 0

  reload(programs: readonly DesiredProgram[]): void {
    this.desired = new Map(programs.map((desired) => [desired.program.name, desired]))
    this.reconcile()
  }

  reconcile(): void {
    // What one program does may change what another waits for; it comes to rest soon all the same.
    for (let pass = 0; pass < mostPasses; pass++) for (const action of this.#plan()) this.#apply(action)
    const again = this.#plan()
    if (again.length > 0) throw new Error(`never comes to rest: ${JSON.stringify(again)}`)
    this.#touched.clear()
    this.#settled = this.desired
    this.#check()
  }

  /** What a person says about the n-th slot. */
  ask(what: 'start' | 'stop' | 'restart', n: number): void {
    const slot = nth(this.slots, n)
    if (!slot || (this.isShuttingDown && what !== 'stop')) return
    this.#put({ ...slot, asked: what === 'stop' ? 'stop' : 'run' })
    if (what === 'stop') {
      this.stoppedByPerson.add(slot.name)
      this.#happen(slot.name, { kind: 'stop' })
    } else {
      this.stoppedByPerson.delete(slot.name)
      this.#happen(slot.name, { kind: what, cause: { kind: 'requested', by: 'ann' } })
    }
    this.reconcile()
  }

  bear(n: number): void {
    const run = nth(this.live, n)
    if (!run || run.isBorn) return
    run.isBorn = true
    this.#happen(run.slot, { kind: 'runBorn', run: run.id })
    this.reconcile()
  }

  end(n: number, end: RunEnd): void {
    const run = nth(this.live, n)
    if (!run) return
    this.#end(run, run.isTold ? stopped() : end)
    this.reconcile()
  }

  pass(ms: number): void {
    this.now += ms
    for (const { name, state } of [...this.slots.values()]) {
      const due = dueOf(state)
      if (due !== null && due <= this.now) this.#happen(name, { kind: 'tick' })
    }
    this.reconcile()
  }

  /** The agent dies and comes again: living runs are adopted, unborn claims revoked, and what people said is known. */
  restartAgent(): void {
    for (const run of [...this.live.values()]) {
      if (!run.isBorn) this.#end(run, { kind: 'revoked', endedAt: 0, reason: claimedByDeadAgent })
    }
    this.isShuttingDown = false
    this.#settled = null
    this.reconcile()
  }

  shutDown(): void {
    this.isShuttingDown = true
    this.reconcile()
  }

  /** Lets everything happen that is under way, until nothing is. */
  settle(): void {
    for (let round = 0; round < 100; round++) {
      for (const run of [...this.live.values()]) {
        if (run.isTold) this.#end(run, stopped())
        else if (!run.isBorn) this.bear([...this.live.keys()].indexOf(run.id))
      }
      this.pass(120_000)
      const isQuiet = [...this.live.values()].every((run) => run.isBorn && !run.isTold)
      if (isQuiet && [...this.slots.values()].every(({ state }) => dueOf(state) === null)) return
    }
    throw new Error('never came to rest')
  }

  #plan(): Action[] {
    const { desired, slots, isShuttingDown } = this
    const plan = planReconcile({ desired, slots, isShuttingDown })
    if (this.#settled !== desired) return plan
    const restless = [...slots.values()].filter((slot) => !isAtRest(slot) || this.#touched.has(slot.name))
    const short = planReconcile({ desired, slots, isShuttingDown, restless })
    if (JSON.stringify(short) !== JSON.stringify(plan))
      throw new Error(`another plan without those at rest: ${JSON.stringify({ plan, short })}`)
    return plan
  }

  #put(slot: Slot): void {
    this.slots.set(slot.name, slot)
    this.#touched.add(slot.name)
  }

  #apply(action: Action): void {
    this.log.push(`${action.kind} ${action.slot}`)
    switch (action.kind) {
      case 'create': {
        const { slot: name, program, index } = action
        const blank = {
          state: { kind: 'stopped' },
          tally: emptyTally,
          asked: null,
          launchHash: null,
          rollout: null,
          occurrence: null,
        } as const
        this.#put({ name, program, index, ...blank })
        return
      }
      case 'remove':
        if (this.#liveOf(action.slot).length > 0)
          throw new Error(`removed while its run lives: ${action.slot}`)
        this.slots.delete(action.slot)
        this.stoppedByPerson.delete(action.slot)
        return
      case 'proceed':
        this.#happen(action.slot, { kind: 'tick' })
        return
      default:
        this.#happen(action.slot, action)
    }
  }

  #happen(name: string, event: SlotEvent): void {
    const slot = this.slots.get(name)
    if (!slot) throw new Error(`${event.kind} for ${name}, which is not there`)
    const desired = this.desired.get(slot.program)
    const policy = desired?.program.restart ?? this.#lastPolicy
    const context = {
      now: this.now,
      newRun: `r${this.#runs}`,
      random: 0.5,
      policy,
      obstacle: desired ? findObstacle(desired.program, this.desired, this.slots) : null,
      hasStartupCheck: false,
      attempt: null,
    }
    const step = transition(slot.state, slot.tally, event, context)
    if (step === 'impossible') throw new Error(`impossible: ${event.kind} in ${slot.state.kind}`)
    if (step === 'ignored') return
    this.#put({ ...slot, state: step.state, tally: step.tally })
    for (const action of step.actions) this.#run(name, action, desired?.launchHash ?? 'gone')
  }

  #run(name: string, action: SlotAction, launchHash: string): void {
    this.log.push(`${action.kind} ${name}`)
    if (action.kind === 'stopRun') {
      const run = this.live.get(action.run)
      if (!run) throw new Error(`stopped a run that does not live: ${action.run}`)
      run.isTold = true
      return
    }
    this.#runs++
    if (this.stoppedByPerson.has(name)) throw new Error(`started what a person stopped: ${name}`)
    if (this.#liveOf(name).length > 0) throw new Error(`a second living run for ${name}`)
    this.#checkNeeds(name)
    if (this.isShuttingDown) {
      // Refused by admission: nothing is executed.
      this.#happen(name, {
        kind: 'runEnded',
        run: action.run,
        end: { kind: 'revoked', endedAt: 0, reason: 'the agent is shutting down' },
      })
      return
    }
    const slot = this.slots.get(name)
    if (slot) this.#put({ ...slot, launchHash })
    this.live.set(action.run, { id: action.run, slot: name, launchHash, isBorn: false, isTold: false })
  }

  /** By hand, so that it does not trust what it checks. Without checks, ready and healthy are to run. */
  #checkNeeds(name: string): void {
    const slot = this.slots.get(name)
    for (const need of this.desired.get(slot?.program ?? '')?.program.dependsOn ?? []) {
      const needed = this.desired.get(need.program)?.program
      if (!needed || needed.processes === 0) throw new Error(`${name} began without ${need.program}`)
      for (let index = 0; index < needed.processes; index++) {
        const other = slotName(need.program, index)
        const state = this.slots.get(other)?.state
        const isBorn = this.#liveOf(other).some((run) => run.isBorn && state?.kind !== 'stopping')
        const isThere =
          need.condition === 'started'
            ? isBorn
            : need.condition === 'finished'
              ? state?.kind === 'exited' && state.isSuccess
              : isBorn && state?.kind === 'running'
        if (!isThere) throw new Error(`${name} began before ${other} was ${need.condition}`)
      }
    }
  }

  #end(run: LiveRun, end: RunEnd): void {
    this.live.delete(run.id)
    this.#happen(run.slot, { kind: 'runEnded', run: run.id, end })
  }

  #liveOf(slot: string): LiveRun[] {
    return [...this.live.values()].filter((run) => run.slot === slot)
  }

  #check(): void {
    for (const slot of this.slots.values()) {
      const runs = this.#liveOf(slot.name)
      if (runs.length > 1) throw new Error(`${runs.length} living runs for ${slot.name}`)
      if ((runs[0]?.id ?? null) !== runOf(slot.state)) throw new Error(`${slot.name} does not know its run`)
      // In a shutdown each priority waits for its turn to stop.
      if (this.isShuttingDown) continue
      const program = this.desired.get(slot.program)?.program
      const isAskedFor = program && slot.index < program.processes && wantedOf(slot, program) === 'run'
      // Who needs it goes first.
      const dependents = [...this.desired.values()].filter((other) =>
        other.program.dependsOn.some((need) => need.program === slot.program),
      )
      const isNeeded = dependents.some(({ program: { name } }) =>
        [...this.live.values()].some((run) => run.slot.startsWith(`${name}:`)),
      )
      if (runs.some((run) => !run.isTold) && !isAskedFor && !isNeeded)
        throw new Error(`nobody asked for ${slot.name}`)
    }
    for (const { slot } of this.live.values()) {
      if (!this.slots.has(slot)) throw new Error(`a run without its slot ${slot}`)
    }
    for (const { program } of this.isShuttingDown ? [] : this.desired.values()) {
      const runs = [...this.live.values()].filter(
        (run) => run.slot.startsWith(`${program.name}:`) && !run.isTold,
      )
      if (runs.length > program.processes) throw new Error(`${runs.length} runs of ${program.name}`)
    }
  }

  /** For slots whose program is gone: only stops and ends happen to them, which ask nothing of the policy but that it is one. */
  get #lastPolicy() {
    const backoff = { kind: 'linear', initialMs: 1000, factor: 1, maxMs: 1000, jitter: 0 } as const
    const rest = { startTimeMs: 1000, giveUpAfter: null, steadyTimeMs: 0, backoff }
    return { when: 'always', successExitCodes: [0], ...rest } as const
  }
}

/** The names of all slots of the programs, in the order of declaration. */
export function declaredSlots(programs: Iterable<DesiredProgram>): string[] {
  return [...programs].flatMap(({ program }) =>
    Array.from({ length: program.processes }, (_, index) => slotName(program.name, index)),
  )
}

function nth<T>(items: ReadonlyMap<string, T>, n: number): T | undefined {
  return [...items.values()][items.size === 0 ? 0 : n % items.size]
}
