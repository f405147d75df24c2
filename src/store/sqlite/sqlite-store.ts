/** The store on SQLite. Queries are kysely's, so that another database needs another dialect and no other code. */
import { Kysely, sql, type Transaction } from 'kysely'
import type { Alert, Delivery, DeliveryState } from '../../domain/alerting/alert.ts'
import type { HeartbeatState } from '../../domain/alerting/heartbeat-book.ts'
import type { DroverEvent, NewEvent } from '../../domain/events/event.ts'
import {
  isGoodOutcome,
  type Occurrence,
  type OccurrenceState,
  outcomes,
  type Trigger,
} from '../../domain/jobs/occurrence.ts'
import type { Program } from '../../domain/program.ts'
import type { Run, RunCause, RunEnd } from '../../domain/run.ts'
import type { RunPeak } from '../../domain/usage.ts'
import type {
  Changes,
  DeliveryQuery,
  EventPage,
  EventPageQuery,
  EventQuery,
  NoteName,
  OccurrenceQuery,
  ProgramSource,
  RunQuery,
  Store,
  StoredJob,
  StoredListener,
  StoredScale,
  StoredSlot,
  StoredToken,
  WhichLast,
} from '../store.ts'
import { sqliteDialect } from './dialect.ts'
import type { Database } from './engine.ts'
import { explain } from './explain.ts'
import type { Tables } from './tables.ts'

/** Rows per statement, at most: SQLite takes 32,766 parameters, and the widest table has 15 columns. */
const mostRowsPerStatement = 256
/** What the texts of all output events together may take: it would else be kept twice, and for as long as other events. */
const mostOutputBytes = 256 * 1024 ** 2
/** No text that begins with a prefix sorts after the prefix with this. */
const lastCharacter = '\u{10ffff}'

/** `path` is for the messages of errors. */
export function createSqliteStore(
  database: Database,
  path: string,
  { outputBytes = mostOutputBytes }: StoreLimits = {},
): Store {
  const dialect = sqliteDialect(database, (error) => explain(error, path))
  return new SqliteStore(new Kysely<Tables>({ dialect }), outputBytes)
}

export interface StoreLimits {
  /** Of the texts of output events. */
  readonly outputBytes?: number
}

class SqliteStore implements Store {
  private readonly db: Kysely<Tables>
  private readonly outputBytes: number
  private closing: Promise<void> | null = null

  constructor(db: Kysely<Tables>, outputBytes: number) {
    this.db = db
    this.outputBytes = outputBytes
  }

  async record(changes: Changes): Promise<DroverEvent[]> {
    return await this.db.transaction().execute(async (tx) => {
      await writePrograms(tx, changes)
      await writeSlots(tx, changes)
      await writeScales(tx, changes)
      await writeRuns(tx, changes)
      await writeJobs(tx, changes)
      await writeAlerts(tx, changes)
      await writeTokens(tx, changes)
      await writeListeners(tx, changes)
      for (const [name, value] of Object.entries(changes.notes ?? {})) {
        await tx.replaceInto('notes').values({ name, value }).execute()
      }
      return await writeEvents(tx, changes.events ?? [], this.outputBytes)
    })
  }

  async loadPrograms(): Promise<{ program: Program; source: ProgramSource }[]> {
    const rows = await this.db.selectFrom('programs').selectAll().orderBy('name').execute()
    return rows.map((row) => ({ program: JSON.parse(row.definition), source: row.source as ProgramSource }))
  }

  async loadGeneration(): Promise<number> {
    return Number((await this.note('generation')) ?? 0)
  }

  async loadNote(name: NoteName): Promise<string | null> {
    return await this.note(name)
  }

  async loadTokens(): Promise<StoredToken[]> {
    const rows = await this.db.selectFrom('tokens').selectAll().orderBy('name').execute()
    return rows.map((row) => ({
      name: row.name,
      role: row.role as StoredToken['role'],
      hash: row.hash,
      createdAt: row.created_at,
      createdBy: row.created_by,
      expiresAt: row.expires_at,
      lastUsedAt: row.last_used_at,
    }))
  }

  async loadSlots(): Promise<StoredSlot[]> {
    const rows = await this.db.selectFrom('slots').selectAll().execute()
    return rows.map((row) => ({
      name: row.name,
      program: row.program,
      index: row.position,
      state: JSON.parse(row.state),
      tally: JSON.parse(row.tally),
      asked: row.asked as StoredSlot['asked'],
      launchHash: row.launch_hash,
      since: row.since,
      lastRun: row.last_run,
      restarts: row.restarts,
      chain: row.chain,
      rollout: row.rollout === null ? null : JSON.parse(row.rollout),
      occurrence: row.occurrence,
    }))
  }

  async loadScales(): Promise<StoredScale[]> {
    return await this.db.selectFrom('scales').selectAll().orderBy('program').execute()
  }

  async loadAlerts(): Promise<Alert[]> {
    const rows = await this.db.selectFrom('alerts').selectAll().orderBy('id').execute()
    return rows.map(({ definition }) => JSON.parse(definition))
  }

  async listOpenDeliveries(): Promise<Delivery[]> {
    const open = this.db.selectFrom('deliveries').selectAll().where('ended_at', 'is', null)
    return (await open.orderBy('id').execute()).map(toDelivery)
  }

  async listDeliveries({ channel, states, before, limit }: DeliveryQuery): Promise<Delivery[]> {
    let query = this.db.selectFrom('deliveries').selectAll().orderBy('id', 'desc').limit(limit)
    if (channel !== null) query = query.where('channel', '=', channel)
    if (states.length > 0) query = query.where('state', 'in', states)
    if (before !== undefined) query = query.where('id', '<', before)
    return (await query.execute()).map(toDelivery)
  }

  async loadHeartbeats(): Promise<HeartbeatState[]> {
    const rows = await this.db.selectFrom('heartbeats').selectAll().orderBy('name').execute()
    return rows.map((row) => ({
      name: row.name,
      since: row.since,
      lastAt: row.last_at,
      missedSince: row.missed_since,
    }))
  }

  async loadJobs(): Promise<StoredJob[]> {
    const rows = await this.db.selectFrom('jobs').selectAll().orderBy('program').execute()
    return rows.map((row) => ({
      program: row.program,
      coveredUntil: row.covered_until,
      anchor: row.anchor,
      schedule: row.schedule,
      disabledBy: row.disabled_by,
      progress: JSON.parse(row.progress),
      lastDueAt: row.last_due_at,
      lastTriggeredAt: row.last_triggered_at,
    }))
  }

  async listOpenOccurrences(): Promise<Occurrence[]> {
    const rows = await this.db
      .selectFrom('occurrences')
      .selectAll()
      .where('state', 'in', ['queued', 'running'])
      .orderBy('id')
      .execute()
    return rows.map(toOccurrence)
  }

  async listOccurrences({ programs, states, before, limit }: OccurrenceQuery): Promise<Occurrence[]> {
    let query = this.db.selectFrom('occurrences').selectAll().orderBy('id', 'desc').limit(limit)
    if (programs?.length === 0) return []
    if (programs) query = query.where('program', 'in', programs)
    if (states.length > 0) query = query.where('state', 'in', states)
    if (before !== undefined) query = query.where('id', '<', before)
    return (await query.execute()).map(toOccurrence)
  }

  async listLastOccurrences(programs: readonly string[] | null, which: WhichLast): Promise<Occurrence[]> {
    if (programs?.length === 0) return []
    const rows = await this.db
      .selectFrom('occurrences')
      .selectAll()
      .where('id', 'in', (query) => {
        // One look into the index for each job: its rows may be many.
        const newest = query.selectFrom('jobs').select((job) => {
          const rows = job
            .selectFrom('occurrences as one')
            .select('one.id')
            .whereRef('one.program', '=', 'jobs.program')
            .orderBy('one.id', 'desc')
            .limit(1)
          if (which === 'any') return rows.as('id')
          const ended = rows.where('one.state', '=', 'ended')
          if (which === 'ended') return ended.as('id')
          // Within a text of JSON every quote is escaped, so that no detail looks like this.
          const patterns = outcomes.filter(isGoodOutcome).map((outcome) => `%"outcome":"${outcome}"%`)
          return ended
            .where((one) => one.or(patterns.map((pattern) => one('one.state_data', 'like', pattern))))
            .as('id')
        })
        return programs ? newest.where('jobs.program', 'in', programs) : newest
      })
      .execute()
    return rows.map(toOccurrence)
  }

  async findOccurrences(prefix: string): Promise<Occurrence[]> {
    const rows = await this.db
      .selectFrom('occurrences')
      .selectAll()
      .where('id', '>=', prefix)
      .where('id', '<', `${prefix}${lastCharacter}`)
      .orderBy('id')
      .limit(2)
      .execute()
    return rows.map(toOccurrence)
  }

  async trimJob({
    program,
    keep,
    recordedBefore,
  }: {
    program: string
    keep: number
    recordedBefore: number | null
  }): Promise<number> {
    const ended = this.db
      .selectFrom('occurrences')
      .select('id')
      .where('program', '=', program)
      .where('state', 'not in', ['queued', 'running'])
      .orderBy('id', 'desc')
    const surplus = await ended.offset(keep).limit(1).executeTakeFirst()
    const tooOld =
      recordedBefore === null
        ? undefined
        : await ended.where('recorded_at', '<', recordedBefore).limit(1).executeTakeFirst()
    const last = [surplus?.id, tooOld?.id]
      .filter((id) => id !== undefined)
      .sort()
      .at(-1)
    // Mostly there is nothing to forget, and then nothing is written.
    if (last === undefined) return 0
    return await this.db.transaction().execute(async (tx) => {
      const runs = await tx
        .deleteFrom('runs')
        .where('program', '=', program)
        .where('occurrence', '<=', last)
        .where('ended_at', 'is not', null)
        .where('kept_bytes', 'is', null)
        .executeTakeFirst()
      const rows = await tx
        .deleteFrom('occurrences')
        .where('program', '=', program)
        .where('id', '<=', last)
        .where('state', 'not in', ['queued', 'running'])
        .executeTakeFirst()
      return Number(runs.numDeletedRows + rows.numDeletedRows)
    })
  }

  async listOpenRuns(): Promise<Run[]> {
    return (await this.db.selectFrom('runs').selectAll().where('ended_at', 'is', null).execute()).map(toRun)
  }

  async listKeptRunIds(): Promise<string[]> {
    const rows = await this.db.selectFrom('runs').select('id').where('kept_bytes', 'is not', null).execute()
    return rows.map(({ id }) => id)
  }

  async listKeptRuns(slot: string): Promise<{ id: string; bytes: number; endedAt: number }[]> {
    const rows = await this.db
      .selectFrom('runs')
      .select(['id', 'kept_bytes', 'ended_at'])
      .where('slot', '=', slot)
      .where('kept_bytes', 'is not', null)
      .orderBy('id', 'desc')
      .execute()
    return rows.map((row) => ({ id: row.id, bytes: row.kept_bytes ?? 0, endedAt: row.ended_at ?? 0 }))
  }

  async listForgottenRuns(endedBefore: number, slotlessEndedBefore: number): Promise<string[]> {
    const rows = await this.db
      .selectFrom('runs')
      .select('id')
      .where('kept_bytes', 'is not', null)
      .where(({ eb, or, ref }) =>
        or([
          eb('ended_at', '<', endedBefore).and('slot', '!=', ref('program')),
          eb('ended_at', '<', slotlessEndedBefore).and('slot', '=', ref('program')),
        ]),
      )
      .where('slot', 'not in', (query) => query.selectFrom('slots').select('name'))
      .execute()
    return rows.map(({ id }) => id)
  }

  async listSlotsOfRuns(): Promise<{ slot: string; program: string }[]> {
    // From one slot to the next by the index: there may be a million runs of a few slots.
    const rows = await this.db
      .withRecursive('known(slot)', (db) =>
        db
          .selectFrom('runs')
          .select(({ fn }) => fn.min<string | null>('slot').as('slot'))
          .unionAll((others) =>
            others
              .selectFrom('known')
              .where('known.slot', 'is not', null)
              .select((known) =>
                known
                  .selectFrom('runs')
                  .select(({ fn }) => fn.min<string>('runs.slot').as('slot'))
                  .whereRef('runs.slot', '>', 'known.slot')
                  .as('slot'),
              ),
          ),
      )
      .selectFrom('known')
      .where('known.slot', 'is not', null)
      .select((known) => [
        'known.slot',
        known
          .selectFrom('runs')
          .select('runs.program')
          .whereRef('runs.slot', '=', 'known.slot')
          .orderBy('runs.id', 'desc')
          .limit(1)
          .as('program'),
      ])
      .execute()
    return rows.map(({ slot, program }) => ({ slot: slot ?? '', program: program ?? '' }))
  }

  async listRuns({ slots, state, before, limit }: RunQuery): Promise<Run[]> {
    let query = this.db.selectFrom('runs').selectAll().orderBy('id', 'desc').limit(limit)
    if (slots?.length === 0) return []
    if (slots) query = query.where('slot', 'in', slots)
    if (state === 'alive') query = query.where('ended_at', 'is', null)
    if (state === 'ended') query = query.where('ended_at', 'is not', null)
    if (before !== undefined) query = query.where('id', '<', before)
    return (await query.execute()).map(toRun)
  }

  async findRuns(prefix: string): Promise<Run[]> {
    const rows = await this.db
      .selectFrom('runs')
      .selectAll()
      .where('id', '>=', prefix)
      .where('id', '<', `${prefix}${lastCharacter}`)
      .orderBy('id')
      .limit(2)
      .execute()
    return rows.map(toRun)
  }

  async listEvents(asked: EventQuery): Promise<DroverEvent[]> {
    const { slots, programs = [], ...query } = await this.withinBytes(asked)
    const all = this.selectEvents(query).selectAll()
    if (slots === null) return inOrder((await all.execute()).map(toEvent))
    // Two ways into the table, each by an index of its own.
    const ofSlots = slots.length === 0 ? [] : await all.where('slot', 'in', slots).execute()
    const ofPrograms =
      programs.length === 0
        ? []
        : await all.where('slot', 'is', null).where('program', 'in', programs).execute()
    const events = inOrder([...ofSlots, ...ofPrograms].map(toEvent))
    return query.newest ? events.slice(-query.limit) : events.slice(0, query.limit)
  }

  /** The same with as small a limit as its bound of bytes makes it: what rows weigh is known before they are read. */
  private async withinBytes(asked: EventQuery): Promise<EventQuery> {
    const { slots, programs = [], mostBytes, ...query } = asked
    if (mostBytes === undefined || (slots?.length === 0 && programs.length === 0)) return asked
    const weights = this.selectEvents(query).select(['id', sql<number>`octet_length(data)`.as('bytes')])
    const rows =
      slots === null
        ? await weights.execute()
        : await weights
            .where(({ eb, and, or }) =>
              or([
                ...(slots.length === 0 ? [] : [eb('slot', 'in', slots)]),
                ...(programs.length === 0
                  ? []
                  : [and([eb('slot', 'is', null), eb('program', 'in', programs)])]),
              ]),
            )
            .execute()
    const count = countWithin(rows, mostBytes)
    return count === rows.length ? asked : { ...asked, limit: count }
  }

  private selectEvents({
    after,
    kinds,
    without = [],
    run,
    limit,
    newest,
  }: Omit<EventQuery, 'slots' | 'programs'>) {
    let query = this.db.selectFrom('events').limit(limit)
    query = query.orderBy('id', newest ? 'desc' : 'asc')
    if (after !== undefined) query = query.where('id', '>', after)
    if (run !== undefined) query = query.where('run', '=', run)
    if (without.length > 0) query = query.where('kind', 'not in', without)
    if (kinds.length > 0 && !kinds.includes('*')) {
      query = query.where((when) =>
        when.or(
          kinds.map((kind) =>
            kind.endsWith('.*')
              ? when.between('kind', kind.slice(0, -1), `${kind.slice(0, -1)}${lastCharacter}`)
              : when('kind', '=', kind),
          ),
        ),
      )
    }
    return query
  }

  async pageEvents({ after, upTo, kinds, limit, mostBytes }: EventPageQuery): Promise<EventPage> {
    const query = { after, kinds, limit, newest: false }
    const weights = await this.selectEvents(query)
      .select(['id', sql<number>`octet_length(data)`.as('bytes')])
      .where('id', '<=', upTo)
      .execute()
    const count = countWithin(weights, mostBytes)
    const isAll = count === weights.length && count < limit
    const to = isAll ? upTo : (weights[count - 1]?.id ?? upTo)
    const events =
      count === 0
        ? []
        : await this.selectEvents({ ...query, limit: count })
            .selectAll()
            .where('id', '<=', to)
            .execute()
    // After the events, so that what is forgotten meanwhile shows.
    const first = await this.db
      .selectFrom('events')
      .select(({ fn }) => fn.min('id').as('id'))
      .executeTakeFirst()
    return { events: events.map(toEvent), to, oldest: first?.id == null ? null : Number(first.id) }
  }

  async loadListeners(): Promise<StoredListener[]> {
    const rows = await this.db.selectFrom('listeners').selectAll().orderBy('name').execute()
    return rows.map(({ name, definition, cursor }) => ({ name, cursor, listener: JSON.parse(definition) }))
  }

  async lastEventId(): Promise<number> {
    const row = await this.db
      .selectFrom('events')
      .select(({ fn }) => fn.max('id').as('id'))
      .executeTakeFirst()
    return Number(row?.id ?? 0)
  }

  async trim({
    keepRuns,
    keepEvents,
    keepDeliveries,
    forgottenBefore,
  }: {
    keepRuns: number
    keepEvents: number
    keepDeliveries: number
    forgottenBefore: number
  }): Promise<number> {
    return await this.db.transaction().execute(async (tx) => {
      const oldest = await tx
        .selectFrom('runs')
        .select('id')
        .orderBy('id', 'desc')
        .offset(keepRuns)
        .limit(1)
        .executeTakeFirst()
      let trimmed = 0n
      if (oldest) {
        const { numDeletedRows } = await tx
          .deleteFrom('runs')
          .where('id', '<=', oldest.id)
          .where('ended_at', 'is not', null)
          .where('kept_bytes', 'is', null)
          .executeTakeFirst()
        trimmed += numDeletedRows
      }
      const forgotten = await tx
        .deleteFrom('occurrences')
        .where('recorded_at', '<', forgottenBefore)
        .where('state', 'not in', ['queued', 'running'])
        .where('program', 'not in', (query) => query.selectFrom('jobs').select('program'))
        .executeTakeFirst()
      trimmed += forgotten.numDeletedRows
      const surplus = await tx
        .selectFrom('deliveries')
        .select('id')
        .where('ended_at', 'is not', null)
        .orderBy('id', 'desc')
        .offset(keepDeliveries)
        .limit(1)
        .executeTakeFirst()
      if (surplus) {
        const delivered = await tx
          .deleteFrom('deliveries')
          .where('id', '<=', surplus.id)
          .where('ended_at', 'is not', null)
          .executeTakeFirst()
        trimmed += delivered.numDeletedRows
      }
      const last = await tx
        .selectFrom('events')
        .select(({ fn }) => fn.max('id').as('id'))
        .executeTakeFirst()
      const { numDeletedRows } = await tx
        .deleteFrom('events')
        .where('id', '<=', Number(last?.id ?? 0) - keepEvents)
        .executeTakeFirst()
      return Number(trimmed + numDeletedRows)
    })
  }

  async trimEvents({ keep, most }: { keep: number; most: number }): Promise<number> {
    const [oldest, newest] = await Promise.all([
      this.db
        .selectFrom('events')
        .select(({ fn }) => fn.min('id').as('id'))
        .executeTakeFirst(),
      this.db
        .selectFrom('events')
        .select(({ fn }) => fn.max('id').as('id'))
        .executeTakeFirst(),
    ])
    const first = Number(oldest?.id ?? 0)
    const last = Number(newest?.id ?? 0)
    const upTo = Math.min(last - keep, first + most - 1)
    if (upTo < first) return 0
    const { numDeletedRows } = await this.db.deleteFrom('events').where('id', '<=', upTo).executeTakeFirst()
    return Number(numDeletedRows)
  }

  async close(): Promise<void> {
    this.closing ??= this.db
      // What was never used would not be destroyed either, and hold its lock until it is collected.
      .connection()
      .execute(async () => {})
      .then(() => this.db.destroy())
    await this.closing
  }

  private async note(name: string): Promise<string | null> {
    const row = await this.db.selectFrom('notes').select('value').where('name', '=', name).executeTakeFirst()
    return row?.value ?? null
  }
}

/** Only those that differ: a reload of thousands that changes one writes one. */
async function writePrograms(tx: Transaction<Tables>, { programs }: Changes): Promise<void> {
  if (!programs) return
  const { source } = programs
  const known = await tx
    .selectFrom('programs')
    .select(['name', 'definition'])
    .where('source', '=', source)
    .execute()
  const gone = new Map(known.map(({ name, definition }) => [name, definition]))
  const rows = programs.programs.flatMap((program) => {
    const { name } = program
    const definition = JSON.stringify(program)
    const isKnown = gone.get(name) === definition
    gone.delete(name)
    return isKnown ? [] : [{ name, source, definition }]
  })
  for (const part of parts([...gone.keys()])) {
    await tx.deleteFrom('programs').where('source', '=', source).where('name', 'in', part).execute()
  }
  for (const part of parts(rows)) await tx.replaceInto('programs').values(part).execute()
  await tx
    .replaceInto('notes')
    .values({ name: 'generation', value: String(programs.generation) })
    .execute()
}

async function writeSlots(
  tx: Transaction<Tables>,
  { slots = [], removedSlots = [] }: Changes,
): Promise<void> {
  const rows = slots.map((slot) => ({
    name: slot.name,
    program: slot.program,
    position: slot.index,
    state: JSON.stringify(slot.state),
    tally: JSON.stringify(slot.tally),
    asked: slot.asked,
    launch_hash: slot.launchHash,
    since: slot.since,
    last_run: slot.lastRun,
    restarts: slot.restarts,
    chain: slot.chain,
    rollout: slot.rollout === null ? null : JSON.stringify(slot.rollout),
    occurrence: slot.occurrence,
  }))
  for (const part of parts(rows)) await tx.replaceInto('slots').values(part).execute()
  for (const part of parts(removedSlots)) await tx.deleteFrom('slots').where('name', 'in', part).execute()
}

async function writeScales(
  tx: Transaction<Tables>,
  { scales = [], removedScales = [] }: Changes,
): Promise<void> {
  for (const part of parts(scales)) await tx.replaceInto('scales').values(part).execute()
  for (const part of parts(removedScales))
    await tx.deleteFrom('scales').where('program', 'in', part).execute()
}

async function writeRuns(tx: Transaction<Tables>, changes: Changes): Promise<void> {
  const claimed = (changes.claimedRuns ?? []).map((run) => ({
    id: run.id,
    program: run.program,
    slot: run.slot,
    node: run.node,
    cause: JSON.stringify(run.cause),
    claimed_at: run.claimedAt,
    started_at: run.startedAt,
    pid: run.pid,
    ended_at: null,
    end: null,
    kept_bytes: null,
    peak: null,
    warned_at: null,
    occurrence: run.occurrence?.id ?? null,
    attempt: run.occurrence?.attempt ?? null,
    told_out: null,
    told_err: null,
  }))
  for (const part of parts(claimed))
    await tx
      .insertInto('runs')
      .values(part)
      .onConflict((on) => on.doNothing())
      .execute()
  for (const { id, startedAt, pid } of changes.startedRuns ?? []) {
    await tx.updateTable('runs').set({ started_at: startedAt, pid }).where('id', '=', id).execute()
  }
  for (const { id, end, keptBytes } of changes.endedRuns ?? []) {
    await tx
      .updateTable('runs')
      .set({ ended_at: end.endedAt, end: JSON.stringify(end), kept_bytes: keptBytes })
      .where('id', '=', id)
      .execute()
  }
  for (const { id, peak } of changes.peaks ?? []) {
    await tx
      .updateTable('runs')
      .set({ peak: JSON.stringify(peak) })
      .where('id', '=', id)
      .execute()
  }
  for (const { id, warnedAt } of changes.warnedRuns ?? []) {
    await tx.updateTable('runs').set({ warned_at: warnedAt }).where('id', '=', id).execute()
  }
  for (const { id, out, err } of changes.toldOutput ?? []) {
    const set = { ...(out === null ? {} : { told_out: out }), ...(err === null ? {} : { told_err: err }) }
    await tx.updateTable('runs').set(set).where('id', '=', id).execute()
  }
  for (const part of parts(changes.droppedRuns ?? [])) {
    await tx.updateTable('runs').set({ kept_bytes: null }).where('id', 'in', part).execute()
  }
}

async function writeJobs(
  tx: Transaction<Tables>,
  { jobs = [], removedJobs = [], occurrences = [], changedOccurrences = [] }: Changes,
): Promise<void> {
  const records = jobs.map((job) => ({
    program: job.program,
    covered_until: job.coveredUntil,
    anchor: job.anchor,
    schedule: job.schedule,
    disabled_by: job.disabledBy,
    progress: JSON.stringify(job.progress),
    last_due_at: job.lastDueAt,
    last_triggered_at: job.lastTriggeredAt,
  }))
  for (const part of parts(records)) await tx.replaceInto('jobs').values(part).execute()
  for (const part of parts(removedJobs)) await tx.deleteFrom('jobs').where('program', 'in', part).execute()
  const rows = occurrences.map(
    ({ trigger: { kind, ...trigger }, state: { kind: state, ...data }, ...one }) => ({
      id: one.id,
      program: one.program,
      due_at: one.dueAt,
      trigger_kind: kind,
      trigger_data: JSON.stringify(trigger),
      state,
      state_data: JSON.stringify(data),
      attempts: one.attempts,
      run: one.run,
      params: JSON.stringify(one.params),
      recorded_at: one.recordedAt,
      started_at: one.startedAt,
      ended_at: one.endedAt,
    }),
  )
  for (const part of parts(rows))
    await tx
      .insertInto('occurrences')
      .values(part)
      .onConflict((on) => on.doNothing())
      .execute()
  for (const { id, state, attempts, run, startedAt, endedAt } of changedOccurrences) {
    const { kind, ...data } = state
    const set = {
      state: kind,
      state_data: JSON.stringify(data),
      attempts,
      run,
      started_at: startedAt,
      ended_at: endedAt,
    }
    await tx.updateTable('occurrences').set(set).where('id', '=', id).execute()
  }
}

async function writeAlerts(
  tx: Transaction<Tables>,
  { alerts = [], removedAlerts = [], deliveries = [], heartbeats = [], removedHeartbeats = [] }: Changes,
): Promise<void> {
  const definitions = alerts.map((alert) => ({ id: alert.id, definition: JSON.stringify(alert) }))
  for (const part of parts(definitions)) await tx.replaceInto('alerts').values(part).execute()
  for (const part of parts(removedAlerts)) await tx.deleteFrom('alerts').where('id', 'in', part).execute()
  const rows = deliveries.map((one) => ({
    id: one.id,
    channel: one.channel,
    alert: one.alert,
    route: one.route,
    notice: JSON.stringify(one.notice),
    state: one.state,
    attempts: one.attempts,
    next_at: one.nextAt,
    reason: one.reason,
    created_at: one.createdAt,
    ended_at: one.endedAt,
    digest: one.digest,
  }))
  for (const part of parts(rows)) await tx.replaceInto('deliveries').values(part).execute()
  const beats = heartbeats.map((one) => ({
    name: one.name,
    since: one.since,
    last_at: one.lastAt,
    missed_since: one.missedSince,
  }))
  for (const part of parts(beats)) await tx.replaceInto('heartbeats').values(part).execute()
  for (const part of parts(removedHeartbeats))
    await tx.deleteFrom('heartbeats').where('name', 'in', part).execute()
}

async function writeTokens(
  tx: Transaction<Tables>,
  { tokens = [], removedTokens = [] }: Changes,
): Promise<void> {
  const rows = tokens.map((token) => ({
    name: token.name,
    role: token.role,
    hash: token.hash,
    created_at: token.createdAt,
    created_by: token.createdBy,
    expires_at: token.expiresAt,
    last_used_at: token.lastUsedAt,
  }))
  for (const part of parts(rows)) await tx.replaceInto('tokens').values(part).execute()
  for (const part of parts(removedTokens)) await tx.deleteFrom('tokens').where('name', 'in', part).execute()
}

/** Before the events of the same changes, which are the first that a new one is told. */
async function writeListeners(
  tx: Transaction<Tables>,
  { listeners = [], removedListeners = [], cursors = [] }: Changes,
): Promise<void> {
  for (const part of parts(removedListeners))
    await tx.deleteFrom('listeners').where('name', 'in', part).execute()
  if (listeners.length > 0) {
    const last = await tx
      .selectFrom('events')
      .select(({ fn }) => fn.max('id').as('id'))
      .executeTakeFirst()
    const rows = listeners.map((listener) => ({
      name: listener.name,
      definition: JSON.stringify(listener),
      cursor: Number(last?.id ?? 0),
    }))
    for (const part of parts(rows))
      await tx
        .insertInto('listeners')
        .values(part)
        .onConflict((on) =>
          on.column('name').doUpdateSet({ definition: (known) => known.ref('excluded.definition') }),
        )
        .execute()
  }
  for (const { name, cursor } of cursors)
    await tx
      .updateTable('listeners')
      .set({ cursor })
      .where('name', '=', name)
      .where('cursor', '<', cursor)
      .execute()
}

/** How many of the first rows weigh no more than that together; one may weigh more. */
function countWithin(rows: readonly { readonly bytes: number }[], mostBytes: number): number {
  let bytes = 0
  const surplus = rows.findIndex((row, index) => {
    bytes += Number(row.bytes)
    return index > 0 && bytes > mostBytes
  })
  return surplus < 0 ? rows.length : surplus
}

async function writeEvents(
  tx: Transaction<Tables>,
  events: readonly NewEvent[],
  outputBytes: number,
): Promise<DroverEvent[]> {
  const recorded: DroverEvent[] = []
  const tellsOutput = events.some(({ kind }) => kind === 'run.output')
  let told = tellsOutput ? await toldUntil(tx) : 0
  const untilOf = (event: NewEvent): number | null => {
    if (event.kind !== 'run.output') return null
    told += event.data.to - event.data.from
    return told
  }
  for (const part of parts(events)) {
    const rows = part.map((event) => ({
      at: event.at,
      kind: event.kind,
      program: event.program,
      slot: event.slot,
      run: event.run,
      data: JSON.stringify(event.data),
      custom_data: JSON.stringify(event.customData),
      told_until: untilOf(event),
    }))
    const { insertId } = await tx.insertInto('events').values(rows).executeTakeFirstOrThrow()
    // Rows of one statement get ids one after the other; the last of them is what comes back.
    const first = Number(insertId) - part.length + 1
    for (const [index, event] of part.entries()) recorded.push({ ...event, id: first + index })
  }
  if (tellsOutput) await forgetOutput(tx, told - outputBytes)
  return recorded
}

async function toldUntil(tx: Transaction<Tables>): Promise<number> {
  const row = await tx
    .selectFrom('events')
    .select(({ fn }) => fn.max('told_until').as('told'))
    .where('told_until', 'is not', null)
    .executeTakeFirst()
  return Number(row?.told ?? 0)
}

/** The texts alone: that something was written stays a fact, and no id is missing. */
async function forgetOutput(tx: Transaction<Tables>, upTo: number): Promise<void> {
  if (upTo <= 0) return
  const data = sql<string>`json_set(data, '$.text', '', '$.isForgotten', json('true'))`
  await tx.updateTable('events').set({ data, told_until: null }).where('told_until', '<=', upTo).execute()
}

/**
 * By powers of two, so that there are few texts of statements and each is prepared once: a statement that is dropped keeps its memory until
 * it is collected, which it is not for a long time, as it weighs nothing in the heap.
 */
function* parts<T>(rows: readonly T[]): Generator<T[]> {
  let size = mostRowsPerStatement
  for (let from = 0; from < rows.length; from += size) {
    while (size > rows.length - from) size /= 2
    yield rows.slice(from, from + size)
  }
}

function toRun(row: Tables['runs']): Run {
  return {
    id: row.id,
    program: row.program,
    slot: row.slot,
    node: row.node,
    cause: JSON.parse(row.cause) as RunCause,
    claimedAt: row.claimed_at,
    startedAt: row.started_at,
    pid: row.pid,
    end: row.end === null ? null : (JSON.parse(row.end) as RunEnd),
    ...(row.peak === null ? {} : { peak: JSON.parse(row.peak) as RunPeak }),
    ...(row.warned_at === null ? {} : { warnedAt: row.warned_at }),
    ...(row.occurrence === null ? {} : { occurrence: { id: row.occurrence, attempt: row.attempt ?? 1 } }),
    ...(row.told_out === null && row.told_err === null
      ? {}
      : { toldOutput: { out: row.told_out ?? 0, err: row.told_err ?? 0 } }),
  }
}

function inOrder(events: readonly DroverEvent[]): DroverEvent[] {
  return [...events].sort((a, b) => a.id - b.id)
}

function toDelivery(row: Tables['deliveries']): Delivery {
  return {
    id: row.id,
    channel: row.channel,
    alert: row.alert,
    route: row.route,
    notice: JSON.parse(row.notice),
    state: row.state as DeliveryState,
    attempts: row.attempts,
    nextAt: row.next_at,
    reason: row.reason,
    createdAt: row.created_at,
    endedAt: row.ended_at,
    digest: row.digest,
  }
}

function toOccurrence(row: Tables['occurrences']): Occurrence {
  return {
    id: row.id,
    program: row.program,
    dueAt: row.due_at,
    trigger: { kind: row.trigger_kind, ...JSON.parse(row.trigger_data) } as Trigger,
    state: { kind: row.state, ...JSON.parse(row.state_data) } as OccurrenceState,
    attempts: row.attempts,
    run: row.run,
    params: JSON.parse(row.params),
    recordedAt: row.recorded_at,
    startedAt: row.started_at,
    endedAt: row.ended_at,
  }
}

function toEvent(row: Omit<Tables['events'], 'id'> & { id: number }): DroverEvent {
  return {
    id: row.id,
    at: row.at,
    kind: row.kind,
    program: row.program,
    slot: row.slot,
    run: row.run,
    data: JSON.parse(row.data),
    customData: JSON.parse(row.custom_data),
  } as DroverEvent
}
