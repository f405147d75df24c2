/** What can be asked about jobs: when they are due, what became of each due time, to trigger, disable and pause them. */
import { fillPlaceholders, placeholderValues } from '../../config/placeholders.ts'
import type { DueView, JobView, OccurrenceView, TriggerView } from '../../contract/views.ts'
import { refusalReasons } from '../../domain/admission.ts'
import { variablesOf } from '../../domain/jobs/job-variables.ts'
import { type Occurrence, occurrenceStateKinds } from '../../domain/jobs/occurrence.ts'
import { nearest } from '../../domain/nearest.ts'
import { slotName } from '../../domain/program.ts'
import { noteOn } from '../../domain/schedule/daylight.ts'
import { processZone } from '../../domain/schedule/zone.ts'
import { selectTargets } from '../../domain/target.ts'
import { UserError } from '../../domain/user-error.ts'
import type { Agent } from '../agent.ts'
import type { Draft } from '../reconcile/draft.ts'
import { blackoutOf, type JobCalendar } from './calendars.ts'
import { clause, countOpen, hindranceOf, viewJob, viewOccurrence } from './job-views.ts'
import type { JobProgram } from './ledger-book.ts'

/** Runs whose lengths show how a job has fared lately. */
const recentRuns = 20

export class JobVerbs {
  private readonly agent: Agent

  constructor(agent: Agent) {
    this.agent = agent
  }

  async listJobs(targets: readonly string[]): Promise<JobView[]> {
    const jobs = this.select(targets)
    return await this.view(jobs)
  }

  async listDue({ targets, limit }: { targets: readonly string[]; limit: number }): Promise<DueView[]> {
    await this.agent.scheduler.allKnown()
    const upcoming = this.select(targets).flatMap((program) => {
      const ahead = this.ahead(program)
      return ahead ? [ahead] : []
    })
    const due: DueView[] = []
    while (due.length < limit) {
      let soonest: Ahead | null = null
      for (const one of upcoming) if (one.at !== null && (!soonest?.at || one.at < soonest.at)) soonest = one
      if (!soonest?.at) break
      due.push(this.viewDue(soonest.program, soonest.at))
      soonest.at = soonest.calendar.next(soonest.at, soonest.anchor)
    }
    return due
  }

  async triggerJob(request: {
    job: string
    params: Readonly<Record<string, string>>
    dryRun: boolean
    wait: boolean
    by: string
    signal?: AbortSignal
  }): Promise<TriggerView> {
    const program = this.find(request.job)
    checkParams(program, request.params)
    if (request.dryRun) return this.tryOut(program, request)
    const triggered = await this.agent.reconciler.request((draft) => trigger(draft, program, request))
    const occurrence = request.wait ? await this.ended(triggered, request.signal) : triggered
    const isBegun = triggered.state.kind === 'running'
    return {
      occurrence: viewOccurrence(occurrence),
      text: viewOccurrence(occurrence).text,
      isBegun,
      plan: null,
    }
  }

  async enableJobs(request: {
    targets: readonly string[]
    isEnabled: boolean
    by: string
  }): Promise<JobView[]> {
    const { targets, isEnabled, by } = request
    const jobs = this.select(targets)
    await this.agent.reconciler.request((draft) => {
      for (const { name: program } of jobs) {
        if (!draft.ledger.setDisabled(program, isEnabled ? null : by)) continue
        draft.event(isEnabled ? 'job.enabled' : 'job.disabled', { by }, { program })
      }
    })
    return await this.view(jobs)
  }

  async pauseJobs({ isPaused, by }: { isPaused: boolean; by: string }): Promise<{ pausedBy: string | null }> {
    return await this.agent.reconciler.request((draft) => {
      const wasPaused = draft.ledger.pausedBy !== null
      if (wasPaused === isPaused) return { pausedBy: draft.ledger.pausedBy }
      draft.ledger.setPaused(isPaused ? by : null)
      draft.event(isPaused ? 'jobs.paused' : 'jobs.resumed', { by })
      return { pausedBy: draft.ledger.pausedBy }
    })
  }

  async listOccurrences(query: {
    targets: readonly string[]
    states: readonly string[]
    before?: string
    limit: number
  }): Promise<OccurrenceView[]> {
    const { targets, ...rest } = query
    const states = occurrenceStateKinds.filter((kind) => query.states.includes(kind))
    const programs = targets.length === 0 ? null : await this.selectPast(targets)
    return (await this.agent.options.store.listOccurrences({ ...rest, programs, states })).map(viewOccurrence)
  }

  async getOccurrence(id: string): Promise<OccurrenceView> {
    const [found] = await this.agent.options.store.findOccurrences(id)
    if (found?.id === id) return viewOccurrence(found)
    throw new UserError('not_found', `There is no due time \`${id}\`.`, { hint: 'See `drover history`.' })
  }

  private async view(jobs: readonly JobProgram[]): Promise<JobView[]> {
    const { options, reconciler } = this.agent
    await this.agent.scheduler.allKnown()
    const [only] = jobs
    const isOne = jobs.length === 1
    const names = isOne ? jobs.map(({ name }) => name) : null
    const byName = (rows: readonly Occurrence[]): Map<string, Occurrence> =>
      new Map(rows.map((one) => [one.program, one]))
    const last = byName(await options.store.listLastOccurrences(names, 'any'))
    const lastEnded = byName(await options.store.listLastOccurrences(names, 'ended'))
    const recentMs = only && isOne ? await this.recentOf(only) : []
    const open = countOpen(reconciler.ledger)
    return jobs.map((program) =>
      viewJob(program, {
        ledger: reconciler.ledger,
        open,
        nextAt: this.agent.scheduler.nextOf(program.name),
        last: last.get(program.name) ?? null,
        lastEnded: lastEnded.get(program.name) ?? null,
        recentMs,
      }),
    )
  }

  private async recentOf({ name, processes }: JobProgram): Promise<number[]> {
    const slots = Array.from({ length: processes }, (_, index) => slotName(name, index))
    const runs = await this.agent.options.store.listRuns({ slots, state: 'ended', limit: recentRuns })
    return runs.flatMap(({ end }) => (end && 'durationMs' in end ? [end.durationMs] : [])).reverse()
  }

  private ahead(program: JobProgram): Ahead | null {
    const { scheduler, options } = this.agent
    const times = scheduler.timesOf(program.name)
    if (!times || !program.job.isEnabled || times.calendar.predicate) return null
    const { calendar, anchor, next } = times
    const now = options.clock.now()
    // What is due this very moment is begun, and no longer to come.
    return { program, calendar, anchor, at: next !== null && next <= now ? calendar.next(now, anchor) : next }
  }

  private viewDue(program: JobProgram, at: number): DueView {
    const { job, name } = program
    const { expressions, at: times } = job.schedule
    const change = noteOn({ expressions, at: times, timezone: job.timezone, seed: name }, at)
    const hindrance = this.hindrance(program, at)
    return {
      program: name,
      at: new Date(at).toISOString(),
      timezone: job.timezone ?? processZone(),
      note: [change, hindrance].filter((note) => note !== null).join('; ') || null,
      isExpected: hindrance === null,
    }
  }

  /** What speaks against a run at a time that is to come, as things stand. */
  private hindrance(program: JobProgram, at: number): string | null {
    const hindrance = hindranceOf(program, this.agent.reconciler.ledger)
    if (hindrance) return hindrance.isSkipped ? `skipped: ${hindrance.text}` : hindrance.text
    const window = blackoutOf(program, at)
    return window === null ? null : `skipped: it lies in the blackout ${window}`
  }

  /** What triggering would do, in a draft that is thrown away. */
  private tryOut(program: JobProgram, request: TriggerRequest): TriggerView {
    const {
      state,
      dueAt,
      trigger: why,
      id,
    } = this.agent.reconciler.tryOut((draft) => trigger(draft, program, request))
    const isBegun = state.kind === 'running'
    const fill = (text: string): string => fillPlaceholders(text, placeholderValues(program, 0))
    const { command, cwd, user } = program.launch
    const argv = command.kind === 'shell' ? ['/bin/sh', '-c', command.text] : command.argv
    const asked = { id, dueAt, trigger: why, params: request.params }
    return {
      occurrence: null,
      text: isBegun ? 'a run would begin' : wouldBe(state),
      isBegun,
      plan: { command: argv.map(fill), cwd: fill(cwd), user, variables: variablesOf(asked, 1, program.job) },
    }
  }

  /** How it ended; when the asker has gone, what it is at then. */
  private async ended(occurrence: Occurrence, signal?: AbortSignal): Promise<Occurrence> {
    const { feed, reconciler, options } = this.agent
    const isOver = (): boolean => !reconciler.ledger.occurrences.has(occurrence.id)
    await new Promise<void>((resolve) => {
      if (isOver() || signal?.aborted) return resolve()
      const finish = (): void => {
        stopListening()
        signal?.removeEventListener('abort', finish)
        resolve()
      }
      const stopListening = feed.listen(() => {
        if (isOver()) finish()
      })
      signal?.addEventListener('abort', finish)
    })
    return (await options.store.findOccurrences(occurrence.id))[0] ?? occurrence
  }

  private find(name: string): JobProgram {
    const program = this.agent.reconciler.desired.get(name)?.program
    if (program?.kind === 'job') return program
    if (/[*?]/.test(name) || name === 'all') {
      throw new UserError('usage', 'One job is triggered at a time, by its name.', {
        hint: '`drover jobs` lists them.',
      })
    }
    if (program) {
      throw new UserError('usage', `${name} is no job: it is kept running.`, {
        hint: `\`drover start ${name}\` starts it.`,
      })
    }
    throw this.notFound([name])
  }

  /** The jobs that targets name, by their names; throws for one that names none. */
  private select(targets: readonly string[]): JobProgram[] {
    const { jobs, unknown } = this.trySelect(targets)
    if (unknown.length > 0) throw this.notFound(unknown)
    return jobs
  }

  /** The names of jobs that targets name, those by their whole name included that nobody declares any more. */
  private async selectPast(targets: readonly string[]): Promise<string[]> {
    const { jobs, unknown } = this.trySelect(targets)
    for (const name of unknown) {
      const query = { programs: [name], states: [], limit: 1 }
      if ((await this.agent.options.store.listOccurrences(query)).length === 0) throw this.notFound([name])
    }
    return [...jobs.map(({ name }) => name), ...unknown]
  }

  private trySelect(targets: readonly string[]): { jobs: JobProgram[]; unknown: readonly string[] } {
    const known = this.jobs().map((job) => ({ name: job.name, program: job.name, group: job.group, job }))
    const { selected, unknown } = selectTargets(known, targets)
    return { jobs: selected.map(({ job }) => job), unknown }
  }

  private jobs(): JobProgram[] {
    return [...this.agent.reconciler.desired.values()]
      .flatMap(({ program }) => (program.kind === 'job' ? [program] : []))
      .sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  private notFound(names: readonly string[]): UserError {
    const near = nearest(
      names[0] ?? '',
      this.jobs().map(({ name }) => name),
    )
    const meant = near === null ? '' : `Did you mean \`${near}\`? `
    return new UserError('not_found', `There is no job \`${names.join('`, `')}\`.`, {
      hint: `${meant}\`drover jobs\` lists them.`,
    })
  }
}

interface Ahead {
  readonly program: JobProgram
  readonly calendar: JobCalendar
  readonly anchor: number
  at: number | null
}

interface TriggerRequest {
  readonly params: Readonly<Record<string, string>>
  readonly by: string
}

function trigger(draft: Draft, program: JobProgram, { params, by }: TriggerRequest): Occurrence {
  if (draft.isShuttingDown) throw new UserError('shutting_down', 'The agent is shutting down.')
  const triggered = draft.ledger.trigger(program.name, { kind: 'manual', by }, params)
  if (!triggered) throw new UserError('not_found', `There is no job \`${program.name}\` any more.`)
  return triggered.occurrence
}

function wouldBe(state: Occurrence['state']): string {
  if (state.kind === 'skipped') return `it would be skipped: ${state.detail}`
  if (state.kind !== 'queued') return `it would be ${state.kind}`
  return state.reason === null ? 'it would wait' : `it would wait: ${clause(refusalReasons[state.reason])}`
}

function checkParams({ name, job }: JobProgram, params: Readonly<Record<string, string>>): void {
  const known = Object.keys(job.params)
  for (const [key, value] of Object.entries(params)) {
    const param = Object.hasOwn(job.params, key) ? job.params[key] : undefined
    if (!param) {
      const near = nearest(key, known)
      throw new UserError('usage', `${name} has no parameter \`${key}\`.`, {
        hint: near === null ? listed(known) : `Did you mean \`${near}\`?`,
      })
    }
    if (param.values !== null && !param.values.includes(value)) {
      throw new UserError('usage', `\`${key}\` of ${name} cannot be \`${value}\`.`, {
        hint: `It is one of ${param.values.join(', ')}.`,
      })
    }
    if (value.includes('\0')) throw new UserError('usage', `\`${key}\` holds a NUL character.`)
  }
  const missing = Object.entries(job.params).find(
    ([key, param]) => param.isRequired && params[key] === undefined,
  )
  if (!missing) return
  throw new UserError('usage', `${name} needs the parameter \`${missing[0]}\`.`, {
    hint: `Say it, as in \`drover trigger ${name} ${missing[0]}=VALUE\`.`,
  })
}

function listed(names: readonly string[]): string {
  return names.length === 0
    ? 'It has none; `params` of the job declares them.'
    : `It has ${names.join(', ')}.`
}
