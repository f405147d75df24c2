/** What can be asked about programs: to show, plan, reload, declare and remove them. Bad input is refused whole and changes nothing. */
import { isAbsolute } from 'node:path'
import { formatProblem } from '../config/format-problem.ts'
import { loadConfigApart, loadConfigTextApart } from '../config/load/load-apart.ts'
import { refuseInvalid } from '../config/load/loaded-config.ts'
import { differsBySlot } from '../config/placeholders.ts'
import { unknownDependency } from '../config/settle-dependencies.ts'
import type { OutcomeView, PlanView, ProgramView } from '../contract/views.ts'
import type { AgentSettings } from '../domain/agent-settings.ts'
import { type ApiSettings, noApi } from '../domain/api-settings.ts'
import { noOverrides } from '../domain/events/event-level.ts'
import { compareListeners, type Listener } from '../domain/events/listener.ts'
import type { Program } from '../domain/program.ts'
import { type Problem, UserError } from '../domain/user-error.ts'
import type { ProgramSource } from '../store/store.ts'
import type { Agent } from './agent.ts'
import type { PreparedDoors } from './doors.ts'
import {
  checkOnMachine,
  describeRefusal,
  outdatedScales,
  type ProgramSet,
  replaceSource,
  toDesired,
} from './programs.ts'
import type { DraftBase } from './reconcile/draft.ts'
import type { SlotRecord } from './reconcile/slot-records.ts'
import { shareParts } from './share-parts.ts'
import type { SlotVerbs } from './slot-verbs.ts'
import { viewPlan, viewProgram } from './views.ts'

export interface ProgramsOfConfig {
  readonly programs: readonly Program[]
  readonly settings: AgentSettings
  readonly warnings: readonly string[]
  /** Where the API listens; null where the configuration does not say. */
  readonly api: ApiSettings | null
  readonly listeners: readonly Listener[]
}

/** Reads a configuration and checks it against this machine; throws all of its mistakes at once. */
export async function readConfig(
  path: string,
  hostPath: string,
  resolveUser: Agent['resolveUser'],
  /** Names that another source declares, which may be depended on. */
  known: ReadonlySet<string>,
): Promise<ProgramsOfConfig> {
  return accept(await loadConfigApart(path, { cwd: '/', hostPath }), resolveUser, known)
}

export class ProgramVerbs {
  private readonly agent: Agent
  private readonly slots: SlotVerbs

  constructor(agent: Agent, slots: SlotVerbs) {
    this.agent = agent
    this.slots = slots
  }

  listPrograms(): ProgramView[] {
    return [...this.agent.programs.values()].map(viewProgram)
  }

  getProgram(name: string): ProgramView {
    return viewProgram(this.find(name))
  }

  async planReload(): Promise<PlanView> {
    const config = await this.readAgain()
    const programs = replaceSource(this.agent.programs, 'file', config.programs)
    return this.plan(programs, config.warnings, config.listeners)
  }

  async reload({
    wait,
    by,
    signal,
  }: {
    wait: boolean
    by: string
    signal?: AbortSignal
  }): Promise<{ plan: PlanView; outcomes: OutcomeView[] }> {
    const plan = await this.agent.inTurn(async () => {
      const { programs, warnings, api, settings, listeners } = await this.readToEnforce()
      const doors = await this.prepareDoors(api)
      let log: { take(): void; drop(): void } | null = null
      try {
        log = await this.prepareLog(settings)
        const made = await this.enforce('file', programs, warnings, by, { settings, listeners })
        doors?.take()
        log?.take()
        this.agent.levels = settings.log?.levels ?? noOverrides
        return made
      } catch (error) {
        doors?.drop()
        log?.drop()
        throw error
      }
    })
    const touched = plan.steps
      .filter(({ action }) => action === 'start' || action === 'restart')
      .map(({ slot }) => slot)
    return { plan, outcomes: wait ? await this.slots.waitUntilSettled(touched, signal) : [] }
  }

  async putPrograms(request: {
    text: string
    format: 'yaml' | 'json' | 'toml'
    name: string
    baseDir: string
    by: string
  }): Promise<PlanView> {
    const { text, format, name, baseDir, by } = request
    if (!isAbsolute(baseDir))
      throw new UserError('usage', `baseDir is \`${baseDir}\`, which is not absolute.`)
    const loaded = await loadConfigTextApart(text, {
      format,
      name,
      baseDir,
      hostPath: this.agent.options.hostPath,
    })
    if (loaded.api !== null) {
      throw new UserError('config_invalid', 'A text that is applied may not say `api`.', {
        hint: 'It belongs into the configuration file that the agent was started with.',
      })
    }
    if (loaded.listeners.length > 0) {
      throw new UserError('config_invalid', 'A text that is applied may not say `listeners`.', {
        hint: 'They belong into the configuration file that the agent was started with.',
      })
    }
    const { programs, warnings } = accept(
      loaded,
      (user) => this.agent.resolveUser(user),
      new Set([...this.namesOf('file'), ...this.namesOf('api')]),
    )
    const names = new Set(programs.map((program) => program.name))
    return await this.agent.inTurn(async () => {
      const others = this.declaredOverApi().filter((program) => !names.has(program.name))
      return await this.enforce('api', [...others, ...programs], warnings, by)
    })
  }

  async deleteProgram(name: string, by: string): Promise<PlanView> {
    return await this.agent.inTurn(async () => {
      const { source } = this.find(name)
      if (source !== 'api') {
        throw new UserError('conflict', `${name} is declared in the configuration file, not over the API.`, {
          hint: 'Remove it from the file and reload.',
        })
      }
      const others = this.declaredOverApi().filter((program) => program.name !== name)
      return await this.enforce('api', others, [], by)
    })
  }

  async scale({
    programs,
    wait,
    by,
    signal,
  }: {
    programs: Readonly<Record<string, number | null>>
    wait: boolean
    by: string
    signal?: AbortSignal
  }): Promise<OutcomeView[]> {
    const { agent } = this
    const began = await agent.inTurn(async () => {
      const scales = new Map(agent.scales)
      for (const [name, processes] of Object.entries(programs)) {
        const { program } = this.find(name)
        if (program.kind === 'job') {
          throw new UserError('conflict', `${name} is a job, which has no processes to be kept running.`, {
            hint: 'How many of its runs may live at a time, `overlap` says.',
          })
        }
        const declared = program.processes
        if (processes === null || processes === declared) scales.delete(name)
        else scales.set(name, { program: name, processes, declared })
        if (processes !== null) refuseSharedFile(program, processes)
      }
      const touched = await agent.reconciler.request((draft) => {
        if (draft.isShuttingDown) throw new UserError('shutting_down', 'The agent is shutting down.')
        const before = draft.desired
        draft.declare(toDesired(agent.programs, scales))
        for (const name of Object.keys(programs)) {
          const scale = scales.get(name)
          if (scale) draft.setScale(scale)
          else draft.removeScale(name)
          const from = before.get(name)?.program.processes ?? 0
          const to = draft.desired.get(name)?.program.processes ?? 0
          if (from !== to) draft.event('program.scaled', { from, to, by, isReset: !scale }, { program: name })
        }
        draft.reconcile()
        return [...draft.touched]
          .map((name) => draft.slots.get(name))
          .filter((slot) => slot !== undefined)
          .map(({ name, program, index }) => ({
            name,
            isSurplus: index >= (draft.desired.get(program)?.program.processes ?? 0),
          }))
      })
      agent.scales = scales
      return touched
    })
    const names = began.map(({ name }) => name)
    const surplus = began.filter(({ isSurplus }) => isSurplus).map(({ name }) => name)
    if (!wait) return this.slots.outcomesNow(names)
    return await this.slots.waitUntilSettled(names, signal, surplus)
  }

  /** In turn only. The plan is computed in the very draft that applies it, so that nothing can come between. */
  private async enforce(
    source: ProgramSource,
    programs: readonly Program[],
    warnings: readonly string[],
    by: string,
    /** What else holds from now on, and who is told of events; null: as before. */
    others: { readonly settings: AgentSettings; readonly listeners: readonly Listener[] } | null = null,
  ): Promise<PlanView> {
    const { agent } = this
    const accepted = replaceSource(agent.programs, source, programs)
    const generation = agent.generation + 1
    const declareListeners = others ? await agent.listeners.declare(others.listeners) : () => {}
    if (others) agent.listeners.hold()
    const recorded = agent.reconciler.request((draft) => {
      if (draft.isShuttingDown) throw new UserError('shutting_down', 'The agent is shutting down.')
      const made = this.plan(accepted, warnings, others?.listeners ?? null, draft)
      const byChange = (...changes: string[]): string[] =>
        made.programs.filter(({ change }) => changes.includes(change)).map(({ program }) => program)
      if (others) {
        draft.ledger.setLabels(others.settings.labels)
        agent.alerter.declare(draft, others.settings.alerts)
      }
      declareListeners(draft)
      draft.declare(toDesired(accepted, agent.scales))
      for (const { program } of outdatedScales(agent.scales, accepted)) draft.removeScale(program)
      draft.setPrograms(source, programs, generation)
      draft.event('config.applied', {
        generation,
        added: byChange('added'),
        removed: byChange('removed'),
        changed: byChange('restarted', 'scaled'),
        policy: byChange('policy'),
        by,
      })
      return made
    })
    try {
      const plan = await recorded
      agent.acceptPrograms(accepted)
      if (others) agent.followAlerts(others.settings.alerts)
      return plan
    } finally {
      if (others) await agent.listeners.follow()
    }
  }

  private plan(
    after: ProgramSet,
    warnings: readonly string[],
    /** Null: they stay as they are. */
    listeners: readonly Listener[] | null,
    now: Pick<DraftBase, 'desired'> & { readonly slots: ReadonlyMap<string, SlotRecord> } = this.agent
      .reconciler,
  ): PlanView {
    const { generation } = this.agent
    const known = this.agent.listeners.all().map(({ listener }) => listener)
    return viewPlan({
      generation,
      before: now.desired,
      after: toDesired(after, this.agent.scales),
      slots: now.slots,
      warnings,
      listeners: compareListeners(known, listeners ?? known),
    })
  }

  private async readAgain(): Promise<ProgramsOfConfig> {
    const { configPath, hostPath } = this.agent.options
    if (configPath === null) {
      throw new UserError('config_unreadable', 'This agent was started without a configuration file.', {
        hint: 'Start it with --config FILE, or declare programs with `drover apply FILE`.',
      })
    }
    return await readConfig(configPath, hostPath, (name) => this.agent.resolveUser(name), this.namesOf('api'))
  }

  /** A configuration that is refused is an event; what runs goes on. */
  private async readToEnforce(): Promise<ProgramsOfConfig> {
    try {
      return await this.readAgain()
    } catch (error) {
      if (error instanceof UserError) this.recordRefusal(error)
      throw error
    }
  }

  private async prepareDoors(api: ApiSettings | null): Promise<PreparedDoors | undefined> {
    try {
      return await this.agent.options.doors?.prepare(api ?? noApi)
    } catch (error) {
      if (error instanceof UserError) this.recordRefusal(error)
      throw error
    }
  }

  private async prepareLog({ log }: AgentSettings): Promise<{ take(): void; drop(): void } | null> {
    try {
      return (await this.agent.options.log?.prepare(log)) ?? null
    } catch (error) {
      if (error instanceof UserError) this.recordRefusal(error)
      throw error
    }
  }

  private recordRefusal(error: UserError): void {
    this.agent.reconciler.tell((draft) => draft.event('config.refused', describeRefusal(error)))
  }

  private find(name: string): { program: Program; source: ProgramSource } {
    const found = this.agent.programs.get(name)
    if (found) return found
    throw new UserError('not_found', `There is no program \`${name}\`.`, { hint: 'See `drover programs`.' })
  }

  private namesOf(wanted: ProgramSource): Set<string> {
    return new Set(
      [...this.agent.programs].filter(([, { source }]) => source === wanted).map(([name]) => name),
    )
  }

  private declaredOverApi(): Program[] {
    return [...this.agent.programs.values()]
      .filter(({ source }) => source === 'api')
      .map(({ program }) => program)
  }
}

/** Several processes would write into one file, which the configuration refuses as well. */
function refuseSharedFile({ name, launch }: Program, processes: number): void {
  if (processes <= 1) return
  for (const stream of ['stdout', 'stderr'] as const) {
    const target = launch[stream]
    if (target.kind !== 'file' || differsBySlot(target.path)) continue
    throw new UserError(
      'conflict',
      `All ${processes} processes of ${name} would write into ${target.path}.`,
      {
        hint: `Give \`${stream}\` a path with {index} or {slot}, and reload.`,
      },
    )
  }
}

function accept(
  loaded: Awaited<ReturnType<typeof loadConfigApart>>,
  resolveUser: Agent['resolveUser'],
  known: ReadonlySet<string>,
): ProgramsOfConfig {
  const onMachine = checkOnMachine(loaded.programs, resolveUser)
  const isKnown = ({ code, value }: Problem): boolean => code === unknownDependency && known.has(value ?? '')
  const problems = [...loaded.problems.filter((problem) => !isKnown(problem)), ...onMachine]
  refuseInvalid({ problems, root: loaded.root })
  shareParts(loaded.programs)
  return {
    programs: loaded.programs,
    settings: loaded.settings,
    warnings: problems.map((problem) => formatProblem(problem, { marksWarnings: false })),
    api: loaded.api,
    listeners: loaded.listeners,
  }
}
