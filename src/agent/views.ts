/** Turns what the agent knows into what the API answers with. Pure: it formats, it decides nothing. */
import type { EventView, PlanView, ProgramView, RunView, SlotView } from '../contract/views.ts'
import type { DroverEvent } from '../domain/events/event.ts'
import { type LevelOverrides, levelOf } from '../domain/events/event-level.ts'
import { describeCause, describeEvent } from '../domain/events/event-text.ts'
import type { ListenerChange } from '../domain/events/listener.ts'
import { checkKinds, type Program, slotTitle } from '../domain/program.ts'
import { compareProgramSets } from '../domain/program-change.ts'
import { isReady } from '../domain/readiness.ts'
import { type DesiredProgram, isActive, planReconcile, type Slot, wantedOf } from '../domain/reconcile.ts'
import { isOutdated } from '../domain/rollout.ts'
import { describeEnd, type Run, type RunEnd, type RunUsage } from '../domain/run.ts'
import { runOf, type SlotState } from '../domain/slot-state.ts'
import type { RunPeak, RunUsageNow, UsageReading } from '../domain/usage.ts'
import type { StoredProgram } from '../store/store.ts'
import type { SlotRecord } from './reconcile/slot-records.ts'
import type { LiveRun } from './runs/run-keeper.ts'

export interface ViewClock {
  readonly wall: number
  readonly monotonic: number
}

export function viewSlot(
  slot: SlotRecord,
  program: Program | null,
  live: LiveRun | undefined,
  node: string,
  { wall, monotonic }: ViewClock,
  /** Of what is declared. */
  launchHash: string | null = null,
  statusText: string | null = null,
  usage: RunUsageNow | null = null,
  /** Of a job: when it is due next. */
  nextAt: number | null = null,
): SlotView {
  const { state } = slot
  return {
    name: program ? slotTitle(program, slot.index) : slot.name,
    slot: slot.name,
    program: slot.program,
    group: program?.group ?? slot.program,
    index: slot.index,
    kind: program?.kind ?? 'service',
    state: state.kind,
    pid: live?.pid ?? null,
    run: runOf(state),
    lastRun: slot.lastRun,
    since: iso(slot.since),
    startedAt: isoOrNull(live?.startedAt ?? null),
    reason: reasonOf(slot, program),
    retryAt: state.kind === 'backoff' ? iso(wall + state.until - monotonic) : null,
    nextAt: isoOrNull(nextAt),
    ready: program && live?.pid != null ? isReady(state, program) : null,
    checks: program ? verdictsOf(state, program) : {},
    statusText,
    outdated: isActive(state) && isOutdated(slot, launchHash ?? slot.launchHash ?? ''),
    quickExits: slot.tally.quickExits,
    restarts: slot.restarts,
    wanted: program ? wishOf(slot, program) : 'stop',
    stoppedByPerson: slot.asked === 'stop',
    node,
    usage: usage && {
      cpuPercent: Math.round(usage.cpuPercent * 10) / 10,
      cpuMs: usage.cpuMs,
      rssBytes: usage.rssBytes,
      processes: usage.processes,
      openFiles: usage.openFiles,
    },
  }
}

/** A job wants nothing of its slots between its due times. */
function wishOf(slot: SlotRecord, program: Program): 'run' | 'stop' {
  if (program.kind === 'service') return wantedOf(slot, program)
  return isActive(slot.state) ? 'run' : 'stop'
}

/** Why it is where it is, where that needs saying. */
function reasonOf({ state, rollout }: SlotRecord, program: Program | null): string | null {
  if (state.kind === 'waiting') return `waits for ${state.reason}`
  if (state.kind === 'stopping') return state.reason?.text ?? null
  if ('reason' in state) return state.reason
  if (rollout?.kind === 'due') return 'waits for its turn to be restarted'
  const isLate = program !== null && program.checks.readiness !== null && !isReady(state, program)
  return state.kind === 'running' && isLate ? 'not ready' : null
}

function verdictsOf(state: SlotState, { checks }: Program): SlotView['checks'] {
  if (!('verdicts' in state)) return {}
  const { verdicts } = state
  const words = checkKinds
    .filter((kind) => checks[kind])
    .map((kind) => {
      const verdict = verdicts[kind]
      return [kind, verdict === undefined ? 'unknown' : verdict ? 'passing' : 'failing'] as const
    })
  return Object.fromEntries(words)
}

/** What a living run uses now. */
export interface LiveUsage extends UsageReading {
  readonly peak: RunPeak | null
  readonly pssBytes: number | null
  readonly outBytes: number
  readonly errBytes: number
}

export function viewRun(run: Run, live: LiveUsage | null): RunView {
  const { end } = run
  return {
    id: run.id,
    program: run.program,
    slot: run.slot,
    node: run.node,
    cause: { ...run.cause },
    causeText: describeCause(run.cause),
    occurrence: run.occurrence?.id ?? null,
    attempt: run.occurrence?.attempt ?? null,
    state: end ? 'ended' : run.startedAt === null ? 'claimed' : 'running',
    pid: run.pid,
    claimedAt: iso(run.claimedAt),
    startedAt: isoOrNull(run.startedAt),
    endedAt: isoOrNull(end?.endedAt ?? null),
    durationMs: end && 'durationMs' in end ? end.durationMs : null,
    end: end ? withoutUsage(end) : null,
    endText: end ? describeEnd(end) : null,
    usage: usageOf(run, live),
  }
}

export function viewEvent(event: DroverEvent, title: string | null, levels: LevelOverrides): EventView {
  return {
    id: event.id,
    at: iso(event.at),
    kind: event.kind,
    level: levelOf(event, levels),
    program: event.program,
    slot: event.slot,
    run: event.run,
    data: { ...event.data },
    customData: event.customData,
    text: describeEvent(event, title),
  }
}

export function viewProgram({ program, source }: StoredProgram): ProgramView {
  const { env, ...launch } = program.launch
  const masked = Object.fromEntries(Object.keys(env).map((name) => [name, '***']))
  return {
    name: program.name,
    group: program.group,
    source,
    definition: { ...program, launch: { ...launch, env: masked } },
  }
}

export interface PlanInput {
  readonly generation: number
  readonly before: ReadonlyMap<string, DesiredProgram>
  readonly after: ReadonlyMap<string, DesiredProgram>
  readonly slots: ReadonlyMap<string, Slot>
  readonly warnings: readonly string[]
  readonly listeners?: readonly ListenerChange[]
}

/** What taking `after` into force would do, by the very function that does it. */
export function viewPlan({
  generation,
  before,
  after,
  slots,
  warnings,
  listeners = [],
}: PlanInput): PlanView {
  const programsOf = (desired: ReadonlyMap<string, DesiredProgram>): Map<string, Program> =>
    new Map([...desired].map(([name, { program }]) => [name, program]))
  const changes = compareProgramSets(programsOf(before), programsOf(after))
  const steps = planReconcile({ desired: after, slots, isShuttingDown: false, isPreview: true })
    .filter(({ kind }) => kind !== 'create')
    .map(({ kind, slot, reason }) => ({
      slot,
      action: kind === 'proceed' || kind === 'create' ? ('start' as const) : kind,
      reason,
    }))
  return {
    generation,
    isEmpty: changes.length === 0 && steps.length === 0 && listeners.length === 0,
    programs: changes.map(({ change, program, fields }) => ({ program, change, fields: [...fields] })),
    steps,
    listeners: [...listeners],
    warnings: [...warnings],
  }
}

function withoutUsage(end: RunEnd): { kind: string } {
  const { usage: _, ...rest } = end as RunEnd & { usage?: RunUsage }
  return rest
}

function usageOf({ end, peak: recorded }: Run, live: LiveUsage | null): RunView['usage'] {
  const peak = live?.peak ?? recorded ?? null
  const peaks = {
    peakTreeRssBytes: peak?.treeRssBytes ?? null,
    peakProcesses: peak?.processes ?? null,
    peakOpenFiles: peak?.openFiles ?? null,
  }
  if (end && 'usage' in end) {
    const { usage } = end
    return {
      ...peaks,
      cpuMs: usage.userCpuMs + usage.systemCpuMs,
      rssBytes: Math.max(usage.maxRssBytes, peak?.treeRssBytes ?? 0),
      pssBytes: null,
      processes: 0,
      openFiles: null,
      largestProcessRssBytes: usage.maxRssBytes,
      outBytes: usage.outBytes,
      errBytes: usage.errBytes,
      lostBytes: usage.lostBytes,
    }
  }
  if (end || !live) return null
  const { cpuMs, rssBytes, pssBytes, processes, openFiles, outBytes, errBytes } = live
  return {
    ...peaks,
    cpuMs,
    rssBytes,
    pssBytes,
    processes,
    openFiles,
    largestProcessRssBytes: null,
    outBytes,
    errBytes,
    lostBytes: 0,
  }
}

function iso(ms: number): string {
  return new Date(ms).toISOString()
}

function isoOrNull(ms: number | null): string | null {
  return ms === null ? null : iso(ms)
}
