/** What should succeed at least so often, and whether it does. */

import type { DroverEvent, EventData } from '../events/event.ts'
import { holdsSlot } from '../run.ts'
import type { Heartbeat } from './alert-settings.ts'

export interface HeartbeatState {
  readonly name: string
  /** It is due for the first time so long after it was declared. Wall time. */
  readonly since: number
  /** When it succeeded last; null: never. */
  readonly lastAt: number | null
  /** Since when it is told as missed; null: it is not. */
  readonly missedSince: number | null
}

type HeartbeatEvent = {
  [K in 'heartbeat.missed' | 'heartbeat.recovered']: {
    readonly kind: K
    readonly data: EventData[K]
    readonly program: string
  }
}['heartbeat.missed' | 'heartbeat.recovered']

/** The heartbeat that an event is a sign of: a due time of a job that went well, or a run of anything else that ended with 0. */
export function beatOf(event: DroverEvent): string | null {
  const { program, slot } = event
  if (program === null) return null
  if (event.kind === 'job.succeeded' || event.kind === 'job.warned') return program
  const isSlotless = slot === null || !holdsSlot({ slot, program })
  const isGood = event.kind === 'run.ended' && event.data.end.kind === 'exited' && event.data.end.code === 0
  return isGood && isSlotless ? program : null
}

export class HeartbeatBook {
  private readonly heartbeats: { readonly [name: string]: Heartbeat }
  private readonly states: Map<string, HeartbeatState>
  private readonly changed = new Map<string, HeartbeatState>()
  private readonly removed = new Set<string>()
  private readonly events: HeartbeatEvent[] = []
  /** Nothing is missed before: an agent that begins gives everything its grace. */
  private readonly watchedSince: number

  constructor(
    states: ReadonlyMap<string, HeartbeatState>,
    heartbeats: { readonly [name: string]: Heartbeat },
    watchedSince: number,
  ) {
    this.states = new Map(states)
    this.heartbeats = heartbeats
    this.watchedSince = watchedSince
  }

  state(): ReadonlyMap<string, HeartbeatState> {
    return this.states
  }

  changes(): {
    heartbeats: readonly HeartbeatState[]
    removedHeartbeats: readonly string[]
    events: readonly HeartbeatEvent[]
  } {
    return {
      heartbeats: [...this.changed.values()],
      removedHeartbeats: [...this.removed],
      events: this.events,
    }
  }

  /** Those that are declared now are watched from now on. */
  follow(now: number): void {
    for (const name of this.states.keys()) {
      if (Object.hasOwn(this.heartbeats, name)) continue
      this.states.delete(name)
      this.removed.add(name)
    }
    for (const name of Object.keys(this.heartbeats))
      if (!this.states.has(name)) this.put({ name, since: now, lastAt: null, missedSince: null })
  }

  /** False where there is no such heartbeat. */
  beat(name: string, at: number): boolean {
    const state = this.states.get(name)
    if (!state) return false
    if (state.missedSince !== null) {
      const missedForMs = Math.max(0, at - state.missedSince)
      this.events.push({ kind: 'heartbeat.recovered', data: { heartbeat: name, missedForMs }, program: name })
    }
    // After the clock was set back, the newer time counts from which it is due again.
    this.put({ ...state, lastAt: at, missedSince: null })
    return true
  }

  look(now: number): void {
    for (const state of [...this.states.values()]) {
      const rules = this.heartbeats[state.name]
      if (!rules || state.missedSince !== null || now < this.missedAt(state, rules)) continue
      const dueAt = dueAtOf(state, rules)
      const data = {
        heartbeat: state.name,
        lastAt: state.lastAt === null ? null : new Date(state.lastAt).toISOString(),
        dueAt: new Date(dueAt).toISOString(),
        graceMs: rules.graceMs,
      }
      this.events.push({ kind: 'heartbeat.missed', data, program: state.name })
      this.put({ ...state, missedSince: now })
    }
  }

  /** Null: nothing is due. */
  nextLook(): number | null {
    const times = [...this.states.values()].flatMap((state) => {
      const rules = this.heartbeats[state.name]
      return rules && state.missedSince === null ? [this.missedAt(state, rules)] : []
    })
    return times.length === 0 ? null : Math.min(...times)
  }

  private missedAt(state: HeartbeatState, rules: Heartbeat): number {
    return Math.max(dueAtOf(state, rules), this.watchedSince) + rules.graceMs
  }

  private put(state: HeartbeatState): void {
    this.states.set(state.name, state)
    this.changed.set(state.name, state)
    this.removed.delete(state.name)
  }
}

export function dueAtOf({ since, lastAt }: HeartbeatState, { everyMs }: Heartbeat): number {
  return (lastAt ?? since) + everyMs
}
