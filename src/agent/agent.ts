/**
 * The agent of one node: opens what there is, adopts what lives, then keeps the declared state. This file only wires the services of
 * this folder together and gives them their start and end; each of them has a file of its own.
 *
 * Start: store (its lock makes us the only agent) → programs → adoption → first reconcile. End: workers stopped one priority at a
 * time, or left; then the store is closed.
 */

import { relative } from 'node:path'
import process from 'node:process'
import type { Clock } from '../clock.ts'
import { type AlertSettings, type Channel, noAlerts } from '../domain/alerting/alert-settings.ts'
import type { DeliveryOutcome, Notice } from '../domain/alerting/notice.ts'
import type { EventLevel } from '../domain/events/event.ts'
import { type LevelOverrides, levelOf, noOverrides } from '../domain/events/event-level.ts'
import { filesChanged } from '../domain/limits.ts'
import { roomForEnded } from '../domain/output-share.ts'
import { type Program, type StopPolicy, slotTitle } from '../domain/program.ts'
import { type DesiredProgram, isActive } from '../domain/reconcile.ts'
import type { RetentionLimits } from '../domain/retention.ts'
import { holdsSlot, type RunEnd } from '../domain/run.ts'
import { UserError } from '../domain/user-error.ts'
import type { DataDirectory } from '../process/data-directory.ts'
import { scanFiles } from '../process/file-scan.ts'
import { type MarkKind, MarkWatch } from '../process/marks.ts'
import { readBootId } from '../process/process-identity.ts'
import { SocketHolders } from '../process/socket-holders.ts'
import { readProcessAge, readTree } from '../process/tree-usage.ts'
import { resolveUser, type UserResolution } from '../process/user.ts'
import type { Store } from '../store/store.ts'
import { Alerter } from './alerts/alerter.ts'
import { Deliverer } from './alerts/deliverer.ts'
import type { Doors } from './doors.ts'
import { EventCounts } from './event-counts.ts'
import type { FunctionAnswer } from './functions/function-host.ts'
import { FunctionHosts } from './functions/function-hosts.ts'
import { blackoutOf } from './jobs/calendars.ts'
import { JobTally } from './jobs/job-tally.ts'
import { isDueOn } from './jobs/ledger-draft.ts'
import { OpenOccurrences } from './jobs/open-occurrences.ts'
import { type DueQuestion, Scheduler } from './jobs/scheduler.ts'
import { UsualLengths } from './jobs/usual-lengths.ts'
import { Listeners } from './listeners/listeners.ts'
import type { LogOutlets } from './log/log-rules.ts'
import { Compressor } from './output/compressor.ts'
import { OutputQuota } from './output/output-quota.ts'
import { OutputTeller } from './output/output-teller.ts'
import { tellUntold, type UntoldContext } from './output/untold-output.ts'
import type { ProgramsOfConfig } from './program-verbs.ts'
import {
  describeRefusal,
  fromStoredPrograms,
  groupOf,
  outdatedScales,
  type ProgramSet,
  replaceSource,
  type ScaleSet,
  toDesired,
} from './programs.ts'
import type { Effect } from './reconcile/draft.ts'
import { EventFeed } from './reconcile/event-feed.ts'
import { Reconciler } from './reconcile/reconciler.ts'
import { fromStored } from './reconcile/slot-records.ts'
import { type FoundRun, findRuns, findStranger } from './runs/adoption.ts'
import { Checker } from './runs/checker.ts'
import { FileWatch } from './runs/file-watch.ts'
import { Housekeeper, type JobHistory } from './runs/housekeeper.ts'
import { observeRun } from './runs/observe-run.ts'
import { RunIds } from './runs/run-ids.ts'
import { type HeldRun, type LiveRun, RunKeeper } from './runs/run-keeper.ts'
import { beginAfresh, startAfterBoot, takeOver, takeOverOne, tellWhoStaysDown } from './runs/takeover.ts'
import { UsageWatch } from './runs/usage-watch.ts'
import { Tokens } from './tokens.ts'
import { viewEvent } from './views.ts'

export interface AgentOptions {
  readonly clock: Clock
  readonly random: () => number
  readonly store: Store
  readonly data: DataDirectory
  readonly shim: string
  readonly node: string
  readonly version: string
  readonly environment: NodeJS.ProcessEnv
  /** Where the configuration lies; null when there is none but the API's. */
  readonly configPath: string | null
  /** The program that evaluates configurations written in a language. */
  readonly hostPath: string
  readonly complain: (message: string, error: unknown) => void
  /** Into the agent’s log. */
  readonly say: (level: EventLevel, text: string) => void
  /** 256 bits of chance as text, for the secret of a token. */
  readonly newSecret: () => string
  /** One attempt to deliver a notice; never throws. */
  readonly send: (channel: Channel, notice: Notice) => Promise<DeliveryOutcome>
  /** Where the log goes, which follows the configuration; absent: nothing of it does. */
  readonly log?: LogOutlets
  /** The doors to the network, that follow the configuration; absent where there are none. */
  readonly doors?: Doors
  /** It is one of many that come and go: what each agent tells once would be told each minute. */
  readonly isBrief?: boolean
}

/** Long enough for the processes of hundreds of jobs to be made, and short enough that a person who pauses or triggers one hardly meets it. */
const startAheadMs = 1000

export class Agent {
  readonly options: AgentOptions
  readonly feed: EventFeed
  readonly reconciler: Reconciler
  readonly keeper: RunKeeper
  readonly usage: UsageWatch
  readonly counts = new EventCounts()
  readonly jobTally: JobTally
  readonly tokens: Tokens
  readonly listeners: Listeners
  readonly startedAt: number
  /** Programs by their source; the reconciler's `desired` follows it. */
  programs: ProgramSet = new Map()
  generation = 0
  /** Other levels of events than the usual ones. */
  levels: LevelOverrides = noOverrides
  /** Numbers of processes that people set. */
  scales: ScaleSet = new Map()
  readonly scheduler: Scheduler
  private readonly functions: FunctionHosts
  private readonly runIds: RunIds
  private readonly marks: MarkWatch
  private readonly housekeeper: Housekeeper
  private readonly compressor: Compressor
  private outputQuota: OutputQuota | null = null
  private readonly teller: OutputTeller
  private readonly checker: Checker
  private readonly holders: SocketHolders
  private readonly fileWatch: FileWatch
  private readonly usualLengths: UsualLengths
  readonly alerter: Alerter
  readonly deliverer: Deliverer
  private readonly users = new Map<string, UserResolution>()
  private readonly markedRuns = new Set<string>()
  /** Runs that no agent claimed, while it is found out what they are. */
  private readonly strangers = new Set<string>()
  private isInHurry = false
  private isClosed = false
  private lastChange: Promise<unknown> = Promise.resolve()

  constructor(options: AgentOptions) {
    const { clock, store, data, node, random } = options
    this.options = options
    this.runIds = new RunIds(clock)
    this.startedAt = clock.now()
    this.feed = new EventFeed(options.complain)
    this.reconciler = new Reconciler({
      clock,
      store,
      node,
      random,
      newRunId: () => this.runIds.next(),
      act: (effects) => this.act(effects),
      publish: (events, slots) => this.feed.publish(events, slots),
      blackoutOf,
      complain: options.complain,
    })
    this.scheduler = new Scheduler({
      clock,
      ledger: () => this.reconciler.ledger,
      record: (change) => this.reconciler.request(change),
      complain: options.complain,
      ask: (question) => this.askWhetherDue(question),
      leadMs: options.isBrief ? 0 : startAheadMs,
    })
    this.functions = new FunctionHosts({
      clock,
      hostPath: options.hostPath,
      environment: options.environment,
    })
    this.tokens = new Tokens({
      clock,
      store,
      reconciler: this.reconciler,
      newSecret: options.newSecret,
      complain: options.complain,
    })
    this.listeners = new Listeners({
      clock,
      store,
      shim: options.shim,
      hostPath: options.hostPath,
      node,
      environment: options.environment,
      groupOf: (program) => groupOf(this.programs, program),
      view: (event) => viewEvent(event, this.titleOf(event.slot), this.levels),
      tell: (change) => this.reconciler.tell(change),
      say: options.say,
      complain: options.complain,
    })
    this.marks = new MarkWatch(data.marks, clock, (run, kind) => this.noticeMark(run, kind))
    this.holders = new SocketHolders({
      shim: options.shim,
      folder: data.sockets,
      clock,
      environment: options.environment,
    })
    this.keeper = new RunKeeper({
      holders: this.holders,
      makeRoom: (slot, program) => this.housekeeper.makeRoom(slot, program),
      clock,
      shim: options.shim,
      runsDir: data.runs,
      marksDir: data.marks,
      node,
      environment: options.environment,
      marks: this.marks,
      resolveUser: (name) => this.resolveUser(name),
      onBorn: (run, pid, startedAt) => this.runBorn(run, pid, startedAt),
      onEnded: (run, end, keptBytes) => this.runEnded(run, end, keptBytes),
      onRefused: (run, reason, detail) =>
        this.reconciler.tell((draft) =>
          draft.event('start.refused', { reason, detail }, draft.subjectOf(run)),
        ),
      complain: options.complain,
    })
    this.checker = new Checker({
      clock,
      observe: (subject) =>
        observeRun(subject, {
          clock,
          runsDir: data.runs,
          shim: options.shim,
          surroundingsOf: ({ program, index, slot, run }) =>
            this.keeper.surroundingsOf(program, { run, slot, index }),
        }),
      ageOf: (run) => clock.now() - (this.keeper.get(run)?.startedAt ?? clock.now()),
      tell: (slot, event) => this.reconciler.tell((draft) => draft.send(slot, event)),
    })
    this.teller = new OutputTeller({
      clock,
      runsDir: data.runs,
      programOf: (name) => this.reconciler.desired.get(name)?.program ?? null,
      record: (change) => this.reconciler.request(change),
      complain: options.complain,
    })
    this.compressor = new Compressor({
      clock,
      store,
      keeper: this.keeper,
      runsDir: data.runs,
      slots: () => this.slotsToCompress(),
      complain: options.complain,
    })
    this.usage = new UsageWatch({
      clock,
      read: readTree,
      live: (run) => this.keeper.get(run),
      ageOf: (run) => this.ageOf(run),
      usualWarnAfter: (program) => this.usualLengths.warnAfterOf(program),
      news: {
        reached: (slot, run, limit) => this.reconciler.tell((draft) => draft.giveWay(slot, run, limit)),
        overdue: (run, data) => this.reconciler.tell((draft) => draft.warnOverdue(run, data)),
        outgrown: (slot, run, data) => this.reconciler.tell((draft) => draft.cutGrace(slot, run, data)),
        peaks: (peaks) => this.reconciler.tell((draft) => draft.keepPeaks(peaks)),
      },
      complain: options.complain,
    })
    this.usualLengths = new UsualLengths({
      store,
      onLearnt: () => this.followChecks(this.reconciler.slots.keys()),
      complain: options.complain,
    })
    this.deliverer = new Deliverer({
      clock,
      node,
      newId: () => this.runIds.next(),
      send: options.send,
      record: (change) => this.reconciler.request(change),
    })
    this.alerter = new Alerter({
      clock,
      store,
      node,
      // One of many that come and go would give its grace each minute.
      watchedSince: options.isBrief ? 0 : this.startedAt,
      newId: () => this.runIds.next(),
      record: (change) => this.reconciler.request(change),
      groupOf: (program) => this.reconciler.desired.get(program)?.program.group ?? null,
      labels: () => this.reconciler.ledger.node.labels,
      titleOf: (slot) => this.titleOf(slot),
      levelOf: (event) => levelOf(event, this.levels),
      deliver: (deliveries) => this.deliverer.add(deliveries),
      complain: options.complain,
    })
    this.jobTally = new JobTally(store)
    this.fileWatch = new FileWatch({
      clock,
      scan: scanFiles,
      onChange: (programs, changed) => this.replaceForFiles(programs, changed),
      say: (message) => options.complain(message, 'limits.watch'),
    })
    this.housekeeper = new Housekeeper({
      clock,
      store,
      runsDir: data.runs,
      limits: (slot) => this.retentionOf(slot),
      jobs: (slot) => this.jobHistories(slot),
      complain: options.complain,
    })
  }

  /**
   * Takes over. `config` is what the configuration file says now; null leaves what was last in force (there is no file, or it is broken:
   * then `refused` tells).
   */
  async start(config: ProgramsOfConfig | null, refused: UserError | null): Promise<void> {
    const { store, clock, complain, data } = this.options
    const boot = readBootId()
    const isSameBoot = (await store.loadNote('boot')) === boot
    const isColdStart = !isSameBoot || (await store.loadNote('shutdown')) === 'clean'
    await this.tokens.load()
    this.generation = await store.loadGeneration()
    const before = fromStoredPrograms(await store.loadPrograms())
    const { programs, trouble } = joinPrograms(before, config)
    if (trouble) return await this.start(null, trouble)
    this.programs = programs
    this.scales = new Map((await store.loadScales()).map((scale) => [scale.program, scale]))
    const desired = toDesired(this.programs, this.scales)
    await this.loadLedger(config?.settings.labels ?? {})
    const slots = new Map(
      (await store.loadSlots()).map((stored) => {
        const startTimeMs = before.get(stored.program)?.program.restart.startTimeMs ?? 0
        return [stored.name, fromStored(stored, clock, { startTimeMs, isSameBoot })] as const
      }),
    )
    this.reconciler.begin({ slots, desired: toDesired(before, this.scales) })
    for (const id of await this.newestIds()) this.runIds.startAfter(id)
    const alerts = config?.settings.alerts ?? (await this.lastAlerts())
    const undelivered = await this.alerter.load(alerts)
    const context = { store, runsDir: data.runs, boot, clock, complain }
    const found = await tellUntold(await findRuns(context), this.untoldContext(desired))
    for (const { kind, run } of found) if (kind !== 'ended') this.usage.remember(run)
    this.marks.start()
    const declareListeners = config ? await this.listeners.declare(config.listeners) : () => {}
    await this.reconciler.request((draft) => {
      declareListeners(draft)
      const known = draft.desired
      if (config) {
        draft.ledger.setLabels(config.settings.labels)
        this.alerter.declare(draft, config.settings.alerts)
      }
      draft.declare(desired)
      if (config) draft.setPrograms('file', config.programs, this.generation + 1)
      for (const { program } of outdatedScales(this.scales, programs)) draft.removeScale(program)
      takeOver(draft, found, (held) => this.adoptRun(held))
      if (isColdStart) beginAfresh(draft)
      draft.event('agent.started', {
        version: this.options.version,
        pid: process.pid,
        adopted: found.filter(({ kind }) => kind === 'living').length,
        ended: found.filter((run) => run.kind === 'ended' && run.end.kind !== 'revoked').length,
        revoked: found.filter((run) => run.kind === 'ended' && run.end.kind === 'revoked').length,
        coldStart: isColdStart,
      })
      if (refused) draft.event('config.refused', describeRefusal(refused))
      if (known.size > 0 && !this.options.isBrief) tellWhoStaysDown(draft)
      if (!isSameBoot) startAfterBoot(draft)
      draft.setNote('boot', boot)
      draft.setNote('shutdown', '')
    })
    if (config) this.acceptPrograms(programs)
    this.feed.listen((events, slots) => {
      this.listeners.notice(events)
      this.counts.add(events)
      this.jobTally.add(events)
      this.alerter.notice(events)
      this.housekeeper.noticeEvents(events.length)
      this.followChecks(slots)
    })
    this.fileWatch.follow(this.reconciler.desired)
    this.followChecks(this.reconciler.slots.keys())
    for (const live of this.keeper.all()) if (!holdsSlot(live)) this.usage.followRun(live)
    for (const { run } of found) if (!holdsSlot(run)) this.housekeeper.mind(run.slot)
    this.clearUpOrphans(found)
    this.removeOldMarks()
    this.holders.keepOnly(this.programsInForce())
    this.keeper.watch()
    this.scheduler.follow(this.reconciler.desired)
    this.scheduler.start()
    this.deliverer.follow(alerts.channels)
    this.deliverer.add(undelivered)
    await this.alerter.start()
    await this.listeners.follow()
    this.housekeeper.start()
    this.compressor.start()
    this.outputQuota?.start()
  }

  /** Ends the workers (or leaves them) and then the agent's own work. Resolves when nothing is left to do. */
  async shutdown(leaveWorkers: boolean, by: string): Promise<void> {
    await this.reconciler.request((draft) => {
      draft.event('agent.stopping', { leaveWorkers, by })
      if (!leaveWorkers) draft.isShuttingDown = true
    })
    if (!leaveWorkers) await this.allStopped()
    if (!leaveWorkers) this.holders.keepOnly([])
    await this.reconciler.request((draft) => {
      draft.event('agent.stopped', { leaveWorkers })
      if (!leaveWorkers) draft.setNote('shutdown', 'clean')
    })
  }

  /** What own output may take on this node, of all programs together. */
  limitOutput(quotaBytes: number | null): void {
    if (quotaBytes !== null)
      this.outputQuota = new OutputQuota(quotaBytes, {
        ...this.options,
        keeper: this.keeper,
        runsDir: this.options.data.runs,
      })
  }

  /** The time for stopping is over: what lives, and what is stopped from now on, is killed. */
  hurry(): void {
    this.isInHurry = true
    for (const { state } of this.reconciler.slots.values())
      if (state.kind === 'stopping') this.keeper.stop(state.run, atOnce)
  }

  /** Whether runs that no agent claimed are just being looked at, or people are being told. */
  get isAtWork(): boolean {
    return this.strangers.size > 0 || this.alerter.isDeciding || this.deliverer.isSending
  }

  /** What is usually done by and by is done now: this agent is about to leave, and the next one will not be there for longer. */
  async tidyUp(): Promise<void> {
    await this.housekeeper.finish()
    await this.outputQuota?.enforce()
  }

  /** Stops all timers and watches; workers are not touched. */
  async close(): Promise<void> {
    this.isClosed = true
    this.scheduler.close()
    this.alerter.close()
    this.deliverer.close()
    // Of what happened last, too, whoever listens is told by this agent, if that is soon done.
    await this.listeners.finish(finishListenersMs)
    await this.listeners.close()
    this.functions.close()
    this.checker.close()
    this.usage.close()
    this.teller.close()
    this.fileWatch.close()
    this.reconciler.close()
    this.keeper.close()
    this.marks.stop()
    this.housekeeper.close()
    this.compressor.close()
    this.outputQuota?.close()
    this.tokens.close()
    await this.options.store.close()
  }

  /** Cached until the programs change: asking the system costs a few processes. */
  resolveUser(name: string): UserResolution {
    const known = this.users.get(name)
    if (known?.ok) return known
    const resolution = resolveUser(name)
    this.users.set(name, resolution)
    return resolution
  }

  /** What people call a slot; null for one that is no longer declared. */
  titleOf(slotName: string | null): string | null {
    const slot = slotName === null ? undefined : this.reconciler.slots.get(slotName)
    const program = slot && this.reconciler.desired.get(slot.program)?.program
    return slot && program ? slotTitle(program, slot.index) : null
  }

  /** One change of the programs at a time: each begins from what the one before it left. */
  inTurn<T>(change: () => Promise<T>): Promise<T> {
    const changed = this.lastChange.then(change)
    this.lastChange = changed.catch(() => {})
    return changed
  }

  /** What was recorded as the next generation is now in force. */
  acceptPrograms(programs: ProgramSet): void {
    this.programs = programs
    this.generation += 1
    this.users.clear()
    this.functions.reload()
    const outdated = new Set(outdatedScales(this.scales, programs))
    this.scales = new Map([...this.scales].filter(([, scale]) => !outdated.has(scale)))
    this.fileWatch.follow(this.reconciler.desired)
    this.teller.refresh()
    this.followChecks(this.reconciler.slots.keys())
    this.holders.keepOnly(this.programsInForce())
    this.scheduler.follow(this.reconciler.desired)
    this.jobTally.keepOnly(this.reconciler.desired)
  }

  /** Other people are told from now on. */
  followAlerts(alerts: AlertSettings): void {
    this.deliverer.follow(alerts.channels)
    void this.alerter.follow(alerts)
  }

  /** As the last configuration that could be read said. */
  private async lastAlerts(): Promise<AlertSettings> {
    const known = await this.options.store.loadNote('alerts')
    return known ? { ...noAlerts, ...(JSON.parse(known) as AlertSettings) } : noAlerts
  }

  /** `usualLabels`: where none are known from before. */
  private async loadLedger(usualLabels: Readonly<Record<string, string>>): Promise<void> {
    const { store, node: name } = this.options
    const known = await store.loadNote('labels')
    const labels = known === null ? usualLabels : (JSON.parse(known) as typeof usualLabels)
    const jobs = new Map((await store.loadJobs()).map((job) => [job.program, job]))
    const occurrences = OpenOccurrences.from(await store.listOpenOccurrences())
    const pausedBy = (await store.loadNote('paused')) || null
    this.reconciler.ledger = { jobs, occurrences, pausedBy, node: { name, labels } }
  }

  /** A job that has no due times here is no reason to begin a process for its function. */
  private async askWhetherDue({ program, reference, ...when }: DueQuestion): Promise<FunctionAnswer> {
    const { desired, ledger } = this.reconciler
    if (!isDueOn(desired.get(program)?.program, ledger.node)) return { ok: true, value: false }
    return await this.functions.ask({ ...reference, ...when })
  }

  /** Of a run, a due time and a delivery, the newest one last. */
  private async newestIds(): Promise<string[]> {
    const { store } = this.options
    const runs = await store.listRuns({ slots: null, limit: 1 })
    const occurrences = await store.listOccurrences({ programs: null, states: [], limit: 1 })
    const deliveries = await store.listDeliveries({ channel: null, states: [], limit: 1 })
    return [...runs, ...occurrences, ...deliveries].map(({ id }) => id).sort()
  }

  private programsInForce(): Program[] {
    return [...this.programs.values()].map(({ program }) => program)
  }

  private followChecks(slots: Iterable<string>): void {
    const names = [...slots]
    this.checker.follow(names, this.reconciler.slots, this.reconciler.desired)
    this.usage.follow(names, this.reconciler.slots, this.reconciler.desired)
  }

  /** Since the start of its command, by the kernel's clock: setting the wall clock ends no lifetime. */
  private ageOf({ command, startedAt }: LiveRun): number {
    const byKernel = command ? readProcessAge(command.pid, command.start) : null
    const now = this.options.clock.now()
    return byKernel ?? Math.max(0, now - (startedAt ?? now))
  }

  private replaceForFiles(programs: readonly string[], changed: readonly string[]): void {
    this.reconciler.tell((draft) => {
      for (const name of programs) {
        const cwd = draft.desired.get(name)?.program.launch.cwd ?? '/'
        const [first = ''] = changed
        const short = relative(cwd, first)
        const path = short.startsWith('..') ? first : short
        draft.rollouts.replaceForFiles(name, filesChanged(path, changed.length))
      }
    })
  }

  private act(effects: readonly Effect[]): void {
    for (const effect of effects) {
      try {
        if (effect.kind === 'start') this.keeper.start(effect)
        else if (effect.kind === 'stop')
          this.keeper.stop(effect.run, this.isInHurry ? atOnce : (effect.program?.stop ?? null))
        else this.keeper.forget(effect.run)
      } catch (error) {
        const run = effect.kind === 'start' ? effect.run.id : effect.run
        this.options.complain(`Run ${run} could not be acted upon (${effect.kind})`, error)
      }
    }
  }

  /**
   * Marks come in bursts, some of them twice; each run is looked at once per burst. A mark of birth stays for as long as its run lives, and says
   * nothing new once the birth is known: looking into hundreds of directories every two seconds cost 2 % of a core.
   */
  private noticeMark(run: string, kind: MarkKind): boolean {
    const live = this.keeper.get(run)
    if (!live) return this.noticeStranger(run, kind)
    if (kind === 'born' && live.shim !== null) return true
    if (kind === 'notified') {
      // Taken away before the look: what is told after that sets a new one.
      this.marks.remove(run, ['notified'])
      this.checker.hurry(run)
      return true
    }
    if (this.markedRuns.size === 0) {
      setImmediate(() => {
        const runs = [...this.markedRuns]
        this.markedRuns.clear()
        for (const marked of runs) this.keeper.look(marked)
      })
    }
    this.markedRuns.add(run)
    return true
  }

  /**
   * A mark of a run that nobody here claimed: `drover exec` starts such runs, whether an agent lives or not. They are taken over as those that an agent finds
   * when it begins. True while that is being found out, so that the mark stays: should it fail, it is noticed again.
   */
  private noticeStranger(run: string, kind: MarkKind): boolean {
    if (kind === 'notified' || !this.marks.has(run, kind)) return false
    if (!this.strangers.has(run)) {
      this.strangers.add(run)
      void this.adoptStranger(run).then((isOurs) => {
        this.strangers.delete(run)
        if (!isOurs) this.marks.remove(run)
      })
    }
    return true
  }

  /** False when it is nobody's. */
  private async adoptStranger(id: string): Promise<boolean> {
    const { store, clock, complain, data } = this.options
    try {
      const context = { store, clock, complain, runsDir: data.runs, boot: readBootId() }
      const stranger = await findStranger(id, context)
      if (!stranger) return false
      const [found = stranger] = await tellUntold([stranger], this.untoldContext())
      await this.reconciler.request((draft) => takeOverOne(draft, found, () => {}))
      this.housekeeper.mind(found.run.slot)
      if (found.kind === 'ended') return true
      const live = this.adoptRun(found.held)
      this.usage.followRun(live)
      if (found.kind === 'orphaned') this.keeper.settle(live)
      // It may have ended between the look and the adoption, and then its mark was nobody's.
      this.keeper.look(id)
      return true
    } catch (error) {
      // The next agent finds it.
      if (!this.isClosed) complain(`Run ${id}, which no agent started, could not be taken over`, error)
      return true
    }
  }

  private runBorn(run: LiveRun, pid: number, startedAt: number): void {
    this.reconciler.tell((draft) => draft.startRun(run, startedAt, pid))
    this.teller.follow(run)
  }

  private adoptRun(held: HeldRun): LiveRun {
    this.teller.follow(held.run)
    return this.keeper.adopt(held)
  }

  /** What nobody declares any more counts as it was declared before. */
  private untoldContext(desired: ReadonlyMap<string, DesiredProgram> = new Map()): UntoldContext {
    const { store, clock, complain, data } = this.options
    return {
      store,
      clock,
      complain,
      runsDir: data.runs,
      desired: new Map([...this.reconciler.desired, ...desired]),
      publish: (events) => this.feed.publish(events, new Set()),
    }
  }

  private runEnded(run: LiveRun, end: RunEnd, keptBytes: number | null): void {
    const seen = this.usage.seenOf(run.slot, run.id)
    this.usualLengths.add(run.program, end)
    this.teller.finish(run, end, () => {
      this.reconciler.tell((draft) => draft.endRun(run, end, keptBytes, seen))
      this.housekeeper.mind(run.slot)
    })
  }

  private clearUpOrphans(found: readonly FoundRun[]): void {
    for (const { kind, run } of found) {
      const live = kind === 'orphaned' ? this.keeper.get(run.id) : undefined
      if (live) this.keeper.settle(live)
    }
  }

  private removeOldMarks(): void {
    for (const { run, kind } of this.marks.look()) if (!this.noticeMark(run, kind)) this.marks.remove(run)
  }

  private retentionOf(slot: string): RetentionLimits {
    const program = this.reconciler.desired.get(this.reconciler.slots.get(slot)?.program ?? '')?.program
    if (!program) return { runsPerSlot: runsKeptPerSlot, bytesPerSlot: Number.POSITIVE_INFINITY }
    const { keep: runsPerSlot, maxAgeMs } = program.kind === 'job' ? program.job.history : usualHistory
    const age = maxAgeMs === null ? {} : { endedBefore: this.options.clock.now() - maxAgeMs }
    const room = roomForEnded(program)
    if (room !== null) return { runsPerSlot, bytesPerSlot: room, isStrict: true, ...age }
    const { maxBytes, keep } = program.output
    const bytesPerSlot = maxBytes === 0 ? Number.POSITIVE_INFINITY : maxBytes * (keep + 1)
    return { runsPerSlot, bytesPerSlot, ...age }
  }

  private jobHistories(slot: string | null): JobHistory[] {
    const { slots, desired } = this.reconciler
    const only = slot === null ? null : desired.get(slots.get(slot)?.program ?? '')
    const programs = only === null ? [...desired.values()] : only ? [only] : []
    return programs.flatMap(({ program }) =>
      program.kind === 'job' ? [{ program: program.name, ...program.job.history }] : [],
    )
  }

  private slotsToCompress(): string[] {
    const { slots, desired } = this.reconciler
    return [...slots.values()]
      .filter(({ program }) => desired.get(program)?.program.output.compress)
      .map(({ name }) => name)
  }

  private allStopped(): Promise<void> {
    const isOver = (): boolean => ![...this.reconciler.slots.values()].some(({ state }) => isActive(state))
    if (isOver()) return Promise.resolve()
    return new Promise((resolve) => {
      const end = this.feed.listen(() => {
        if (!isOver()) return
        end()
        resolve()
      })
    })
  }
}

/**
 * A name that is declared in the file and over the API as well is no reason to leave what runs without an agent, and only with an agent can the
 * one of the API be removed.
 */
function joinPrograms(
  before: ProgramSet,
  config: ProgramsOfConfig | null,
): { programs: ProgramSet; trouble: UserError | null } {
  if (!config) return { programs: before, trouble: null }
  try {
    return { programs: replaceSource(before, 'file', config.programs), trouble: null }
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    return { programs: before, trouble: error }
  }
}

/** How long the end waits for listeners that are well. */
const finishListenersMs = 2000

const atOnce: StopPolicy = { signal: 'KILL', graceMs: 0, target: 'group' }

/** Directories of ended runs, and with them their output, that a slot keeps. */
const runsKeptPerSlot = 20
const usualHistory = { keep: runsKeptPerSlot, maxAgeMs: null }
