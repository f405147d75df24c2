/**
 * The promise of the ledger over random histories: whatever happens to clocks, agents, stores, people and schedules, the due times in the ledger are
 * those of the calendars for as long as each schedule was in force, no more and no fewer, and no attempt of one begins twice. What should be there
 * is written down beside it, from the calendars and from what the history did; of the ledger's own records only the anchors of periods are believed.
 */
import process from 'node:process'
import fc from 'fast-check'
import { afterEach, expect, test } from 'vitest'
import { type JobRules, missedKinds, overlapKinds } from '../../domain/jobs/job.ts'
import type { Occurrence } from '../../domain/jobs/occurrence.ts'
import { type Calendar, compileCalendar } from '../../domain/schedule/calendar.ts'
import { runOf } from '../../domain/slot-state.ts'
import { aJob, exited, stopped } from '../../domain/testing/samples.ts'
import type { StoredJob } from '../../store/store.ts'
import { AgentBench } from '../../testing/agent-bench.ts'
import { jobCalendars } from './calendars.ts'
import type { JobProgram } from './ledger-book.ts'

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour

const names = ['one', 'two', 'three'] as const
type Name = (typeof names)[number]

/** Nights in which the clocks of some zone are changed, and one in which none are. */
const begins = [
  '2026-10-24T21:10:00.250Z',
  '2027-03-27T22:30:00Z',
  '2026-10-03T13:00:00.999Z',
  '2027-04-03T12:00:00Z',
  '2026-11-01T03:00:00Z',
  '2026-09-21T14:13:20Z',
].map((text) => Date.parse(text))

const schedules: JobRules['schedule'][] = [
  ['*/15 * * * * *'],
  ['* * * * *'],
  ['*/5 * * * *'],
  ['7 * * * *'],
  ['30 2 * * *', '0 3 * * *'],
  ['15,45 1-3 * * *'],
  ['*/20 1-3 * * *'],
  ['H * * * *'],
  ['@every 45s'],
  ['@every 10m'],
  ['@every 1h30m'],
  ['@every 7m', '@every 11m'],
  ['@every 20m', '0 * * * *'],
  ['@hourly', '12 * * * *', '@reboot'],
].map((expressions) => ({ expressions, at: [], predicate: null }))
const onces = ['2026-10-25 02:30', '2027-03-28 02:30', '2026-10-04 02:15', '2026-09-22 01:00']
schedules.push({ expressions: [], at: onces, predicate: null })

const backoff = { kind: 'linear', initialMs: 5000, factor: 1, maxMs: 60_000, jitter: 0 } as const

/** Comes after each end of the first one. */
const follower = aJob(
  {
    schedule: { expressions: [], at: [], predicate: null },
    after: [{ program: 'one', condition: 'end' }],
    overlap: { kind: 'queue', max: 1000 },
  },
  { name: 'follower' },
)

const anyRules: fc.Arbitrary<Partial<JobRules>> = fc.record({
  schedule: fc.constantFrom(...schedules),
  timezone: fc.constantFrom('UTC', 'Europe/Berlin', 'Australia/Lord_Howe', 'America/New_York'),
  missed: fc.record({
    kind: fc.constantFrom(...missedKinds),
    withinMs: fc.constantFrom(null, 30 * minute, 2 * day),
    max: fc.integer({ min: 1, max: 4 }),
  }),
  overlap: fc.record({ kind: fc.constantFrom(...overlapKinds), max: fc.integer({ min: 1, max: 3 }) }),
  retry: fc.record({
    times: fc.nat(2),
    backoff: fc.constant(backoff),
    exitCodes: fc.constant(null),
    exceptExitCodes: fc.constantFrom([], [7]),
  }),
  locks: fc.constantFrom([], [], ['db']),
  blackout: fc.constantFrom([], [], [{ from: '40 * * * *', forMs: 10 * minute }]),
  isEnabled: fc.nat(7).map((chance) => chance > 0),
  target: fc.nat(7).map((chance) => ({ nodes: chance > 0 ? [] : ['b'], labels: {} })),
})

type Move =
  | { kind: 'pass'; ms: number; isBusy: boolean }
  | { kind: 'work'; ms: number; codes: readonly (number | null)[] }
  | { kind: 'step'; ms: readonly number[] }
  | { kind: 'suspend'; ms: number }
  | { kind: 'away'; ms: number; step: number; change: Change | null; loses: boolean; isSameBoot: boolean }
  | { kind: 'trouble'; ms: number; step: number }
  | { kind: 'reload'; change: Change }
  | { kind: 'pause' | 'disable' | 'trigger'; name: Name }
  | { kind: 'bear'; which: number }
  | { kind: 'end'; which: number; code: number }

/** Null: it is no longer declared. */
interface Change {
  readonly name: Name
  readonly rules: Partial<JobRules> | null
}

const anyName = fc.constantFrom(...names)
const anyChange: fc.Arbitrary<Change> = fc.record({
  name: anyName,
  rules: fc.option(anyRules, { freq: 6 }),
})
const aWhile = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: 1, max: 2 * minute }) },
  { weight: 3, arbitrary: fc.integer({ min: 1, max: 2 * hour }) },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 6 * hour }) },
)
const aLongWhile = fc.oneof(
  { weight: 12, arbitrary: aWhile },
  { weight: 1, arbitrary: fc.integer({ min: hour, max: 3 * day }) },
)
const aStep = fc.oneof(
  fc.constantFrom(2 * hour, -2 * hour),
  fc.integer({ min: -1500, max: 1500 }),
  fc.integer({ min: -2 * hour, max: 2 * hour }),
)
const aRareStep = fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: aStep })
const aWhich = fc.nat(99)

const anyMove: fc.Arbitrary<Move> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant('pass' as const), ms: aWhile, isBusy: fc.boolean() }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('work' as const),
      ms: fc.integer({ min: 1, max: 40_000 }),
      codes: fc.array(fc.constantFrom(0, 0, 1, 7, null), { minLength: 1, maxLength: 12 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('step' as const),
      ms: fc.array(aStep, { minLength: 1, maxLength: 2 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('suspend' as const), ms: aLongWhile }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('away' as const),
      ms: aLongWhile,
      step: aRareStep,
      change: fc.option(anyChange, { freq: 2 }),
      loses: fc.boolean(),
      isSameBoot: fc.constantFrom(true, true, false),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('trouble' as const), ms: aWhile, step: aRareStep }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('reload' as const), change: anyChange }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constantFrom('pause' as const, 'disable' as const, 'trigger' as const),
      name: anyName,
    }),
  },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('bear' as const), which: aWhich }) },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('end' as const),
      which: aWhich,
      code: fc.constantFrom(0, 0, 1, 7),
    }),
  },
)

interface LivingRun {
  readonly id: string
  readonly slot: string
  readonly program: string
  readonly attempt: string
  isBorn: boolean
  isTold: boolean
}

/** What is known of a job that has due times now. */
interface InForce {
  readonly identity: string
  readonly calendar: Calendar
  anchor: number
  /** All that was due up to here has been looked for. */
  covered: number
}

class History {
  readonly bench: AgentBench
  readonly declared = new Map<string, JobProgram>()
  readonly inForce = new Map<string, InForce>()
  readonly living = new Map<string, LivingRun>()
  readonly attempts = new Set<string>()
  /** Due times for which a run was begun. */
  readonly carried = new Set<string>()
  readonly seen = new Set<string>()
  /** What the ledger knew of the jobs before the last move. */
  records: ReadonlyMap<string, StoredJob> = new Map()
  expected = new Map<string, number[]>()
  /** How far the clock was set since the last check; null: nobody looked all the time. */
  stepped: number | null = 0
  dueTimes = 0
  begun = 0

  constructor(begin: number, leadMs: number) {
    this.bench = new AgentBench(begin)
    this.bench.leadMs = leadMs
  }

  async begin(rules: readonly Partial<JobRules>[]): Promise<void> {
    await this.bench.schedule()
    this.declared.set(follower.name, follower)
    names.forEach((name, index) => {
      this.declared.set(name, aJob(rules[index] ?? {}, { name }))
    })
    await this.bench.declare(...this.declared.values())
    this.noteDeclared()
    await this.check()
  }

  async move(move: Move): Promise<void> {
    const { bench } = this
    const { clock } = bench
    switch (move.kind) {
      case 'pass':
        if (move.ms <= 2 * minute && !move.isBusy) await bench.live(move.ms)
        else await this.passInParts(move.ms)
        break
      case 'work':
        for (const code of move.codes) {
          await bench.live(move.ms)
          this.watchEffects()
          while ([...this.living.values()].some(({ isBorn }) => !isBorn)) await this.bear(0)
          if (code !== null) await this.end(code, code)
          await this.check()
        }
        break
      case 'step':
        for (const ms of move.ms) this.step(ms)
        await bench.live(5001)
        break
      case 'suspend':
        clock.suspend(move.ms)
        await bench.live(5001)
        break
      case 'trouble':
        bench.storeTrouble = new Error('the disk is full')
        await this.passInParts(move.ms)
        this.step(move.step)
        await this.passInParts(move.ms)
        await bench.heal()
        await bench.live(5001)
        break
      case 'away':
        await this.away(move)
        break
      case 'reload':
        this.change(move.change)
        await bench.declare(...this.declared.values())
        this.noteDeclared()
        break
      case 'pause':
        await bench.reconciler.request((draft) =>
          draft.ledger.setPaused(draft.ledger.pausedBy === null ? 'ann' : null),
        )
        break
      case 'disable':
        await bench.reconciler.request((draft) => {
          const by = draft.ledger.job(move.name)?.disabledBy ?? null
          draft.ledger.setDisabled(move.name, by === null ? 'ann' : null)
        })
        break
      case 'trigger':
        await bench.trigger(move.name)
        break
      case 'bear':
        await this.bear(move.which)
        break
      case 'end':
        await this.end(move.which, move.code)
        break
    }
    await this.check()
  }

  private step(ms: number): void {
    this.bench.clock.step(ms)
    if (this.stepped !== null) this.stepped += ms
  }

  /** Long spans pass in a few leaps, as on a machine that seldom has time to look. */
  private async passInParts(ms: number): Promise<void> {
    const part = Math.max(5000, Math.ceil(ms / 7))
    for (let left = ms; left > 0; left -= part) await this.bench.pass(Math.min(part, left))
    await this.bench.live(1)
  }

  private async away(move: Extract<Move, { kind: 'away' }>): Promise<void> {
    const { bench } = this
    this.watchEffects()
    bench.clock.step(move.step)
    this.stepped = null
    if (move.change) this.change(move.change)
    const unborn = [...this.living.values()].filter(({ isBorn }) => !isBorn && move.loses)
    const lost = move.isSameBoot ? unborn : [...this.living.values()]
    for (const { id, attempt, isBorn } of lost) {
      this.living.delete(id)
      if (!isBorn && unborn.some((run) => run.id === id)) this.attempts.delete(attempt)
    }
    await bench.restartAgent(move.ms, {
      programs: [...this.declared.values()],
      unborn: unborn.map(({ slot }) => slot),
      isSameBoot: move.isSameBoot,
    })
    this.noteDeclared()
  }

  private change({ name, rules }: Change): void {
    if (rules) this.declared.set(name, aJob(rules, { name }))
    else this.declared.delete(name)
  }

  private async bear(which: number): Promise<void> {
    const unborn = [...this.living.values()].filter(({ isBorn }) => !isBorn)
    const run = unborn[which % unborn.length]
    if (!run) return
    run.isBorn = true
    await this.bench.bear(run.slot)
  }

  private async end(which: number, code: number): Promise<void> {
    const born = [...this.living.values()].filter(({ isBorn }) => isBorn)
    const run = born[which % born.length]
    if (!run) return
    this.living.delete(run.id)
    const { reconciler } = this.bench
    const end = run.isTold && code !== 7 ? stopped() : exited(code, 5000)
    reconciler.tell((draft) => draft.endRun(run, end, 0))
    await this.bench.settle()
  }

  /** Since the last look nothing may have begun that must not. */
  private watchEffects(): void {
    for (const effect of this.bench.effects.splice(0)) {
      if (effect.kind === 'stop') {
        const run = this.living.get(effect.run)
        if (run) run.isTold = true
      }
      if (effect.kind !== 'start') continue
      const { id, slot, program, occurrence } = effect.run
      const job = this.declared.get(program)?.job
      if (!job || !occurrence) throw new Error(`${program} began without a due time.`)
      this.begun += 1
      const attempt = `${occurrence.id} ${occurrence.attempt}`
      expect(this.attempts.has(attempt), `attempt ${attempt} of ${program} began twice`).toBe(false)
      this.attempts.add(attempt)
      // What has begun goes on, whatever its job says by now.
      if (!this.carried.has(occurrence.id)) this.checkBegin(program, job)
      this.carried.add(occurrence.id)
      this.living.set(id, { id, slot, program, attempt, isBorn: false, isTold: false })
    }
    const { slots, ledger } = this.bench.reconciler
    for (const { id, state } of ledger.occurrences.values())
      if (state.kind === 'running') expect(slots.get(state.slot)?.occurrence, state.slot).toBe(id)
    for (const [name, { state, occurrence }] of slots) {
      const run = runOf(state)
      if (occurrence !== null) expect(ledger.occurrences.get(occurrence)?.state.kind).toBe('running')
      if (run !== null && !this.living.has(run)) throw new Error(`${name} holds ${run}, which does not live.`)
    }
  }

  private checkBegin(program: string, job: JobRules): void {
    const most = job.overlap.kind === 'allow' ? job.overlap.max : 1
    const living = [...this.living.values()]
    const beside = living.filter((run) => run.program === program)
    expect(beside.length, `${program} runs too often at a time`).toBeLessThan(most)
    expect(job.target.nodes, `${program} is for another node`).toEqual([])
    for (const other of living) {
      if (other.program === program) continue
      const held = this.declared.get(other.program)?.job.locks ?? []
      const both = job.locks.filter((lock) => held.includes(lock))
      expect(both, `${program} runs beside ${other.program}`).toEqual([])
    }
  }

  /** What is declared now has due times from now on, where its schedule is another one. */
  private noteDeclared(): void {
    const { clock, reconciler } = this.bench
    const now = clock.now()
    for (const name of names) {
      const program = this.declared.get(name)
      const isDue = program?.job.isEnabled === true && program.job.target.nodes.length === 0
      const known = this.inForce.get(name)
      const identity = program && isDue ? jobCalendars().identityOf(program) : null
      if (known?.identity === identity) continue
      if (known) this.expectDue(name, known, known.calendar.isPeriodic ? now : this.begunUntil(name, now))
      this.inForce.delete(name)
      if (!program || identity === null) continue
      const record = reconciler.ledger.jobs.get(name)
      if (!record) throw new Error(`There is no record of ${name}.`)
      const { expressions, at } = program.job.schedule
      const calendar = compileCalendar({ expressions, at, timezone: program.job.timezone, seed: name })
      const { anchor, coveredUntil } = record
      // The new schedule may have begun ahead already.
      const before = this.records.get(name)
      const atFirst = Math.max(now, before?.coveredUntil ?? now, before?.lastDueAt ?? now)
      this.inForce.set(name, { identity, calendar, anchor, covered: Math.min(coveredUntil, atFirst) })
    }
  }

  /** What has begun ahead stays. */
  private begunUntil(name: string, now: number): number {
    const last = this.bench.reconciler.ledger.jobs.get(name)?.lastDueAt ?? now
    return last <= now + this.bench.leadMs ? Math.max(now, last) : now
  }

  private expectDue(name: string, known: InForce, until: number): void {
    const due = this.expected.get(name) ?? []
    due.push(...known.calendar.enumerate(known.covered, until, known.anchor, Number.POSITIVE_INFINITY))
    this.expected.set(name, due)
    known.covered = Math.max(known.covered, until)
  }

  /** All that was due until now is in the ledger, and nothing else is. */
  async check(): Promise<void> {
    const { clock, reconciler, store, complaints } = this.bench
    this.watchEffects()
    const now = clock.now()
    for (const [name, known] of this.inForce) {
      const record = reconciler.ledger.jobs.get(name)
      if (!record) throw new Error(`There is no record of ${name}.`)
      const shift = record.anchor - known.anchor
      this.checkShift(name, shift)
      if (shift !== 0) known.covered = Math.min(known.covered + shift, now)
      known.anchor = record.anchor
      this.expectDue(name, known, now)
    }
    this.stepped = 0
    const found = new Map<string, number[]>()
    for (const row of await store.listOccurrences({ programs: null, states: [], limit: 1_000_000 })) {
      // What began ahead counts when its time has come.
      if (this.seen.has(row.id) || row.dueAt > now) continue
      this.seen.add(row.id)
      if (row.trigger.kind !== 'schedule' && row.trigger.kind !== 'every') continue
      const earliest = row.dueAt - this.bench.leadMs
      expect(row.recordedAt, `${row.program} is early`).toBeGreaterThanOrEqual(earliest)
      const due = found.get(row.program) ?? []
      due.push(...this.dueTimesOf(row))
      found.set(row.program, due)
    }
    const sorted = (due: number[] | undefined): string[] =>
      (due ?? []).sort((a, b) => a - b).map((at) => new Date(at).toISOString())
    for (const name of names) {
      const expected = sorted(this.expected.get(name))
      this.dueTimes += expected.length
      expect(sorted(found.get(name)), `due times of ${name}`).toEqual(expected)
    }
    this.expected = new Map()
    this.records = new Map(reconciler.ledger.jobs)
    expect(complaints.filter((text) => !text.includes('the disk is full'))).toEqual([])
  }

  /** Periods go on by real time, everything else by the clock. */
  private checkShift(name: string, shift: number): void {
    const expressions = this.declared.get(name)?.job.schedule.expressions ?? []
    const isPeriodic = expressions.length > 0 && expressions.every((text) => text.startsWith('@every'))
    if (!isPeriodic) expect(shift, `the anchor of ${name}`).toBe(0)
    else if (this.stepped === null) expect(shift, `the anchor of ${name}`).toBeLessThanOrEqual(0)
    else if (Math.abs(this.stepped) <= 2000) expect(shift, `the anchor of ${name}`).toBe(0)
    else expect(Math.abs(shift - this.stepped), `the anchor of ${name}`).toBeLessThanOrEqual(500)
  }

  private dueTimesOf({ program, state, dueAt }: Occurrence): number[] {
    if (state.kind !== 'missed' || state.since === null) return [dueAt]
    const { since } = state
    const due = (this.expected.get(program) ?? []).filter((at) => at >= since && at <= dueAt)
    expect(due[0], 'a row of many begins with one').toBe(since)
    return due
  }

  /** Nothing waits for ever. */
  async drain(): Promise<void> {
    const { bench } = this
    await bench.reconciler.request((draft) => {
      draft.ledger.setPaused(null)
      for (const name of names) draft.ledger.setDisabled(name, null)
    })
    await bench.settle()
    this.watchEffects()
    for (let round = 0; bench.reconciler.ledger.occurrences.size > 0; round++) {
      if (round > 500) throw new Error('There is no end of it.')
      if (this.living.size === 0) await bench.live(5000)
      await this.bear(0)
      await this.end(0, 0)
      await this.check()
    }
    const followed = (await bench.rows(follower.name)).filter(({ trigger }) => trigger.kind === 'after')
    const ended = (await bench.rows('one')).filter(({ state }) => state.kind === 'ended')
    expect(followed, 'each end is followed once').toHaveLength(ended.length)
    for (const { id, state, attempts } of await bench.rows()) {
      expect(state.kind, `${id} waits no more`).not.toMatch(/queued|running/)
      // What a dead agent had only claimed was no attempt, and may have been stopped before there was one.
      const wasBegun = this.carried.delete(id)
      if (!wasBegun) expect(attempts, `attempts at ${id}`).toBe(0)
      else if (attempts === 0) expect(state, id).toMatchObject({ kind: 'ended', outcome: 'stopped' })
    }
    expect([...this.carried], 'runs without a due time').toEqual([])
  }
}

let history: History | null = null
afterEach(async () => await history?.bench.dispose())

const seed = Number(process.env.DROVER_TEST_SEED ?? Math.floor(Math.random() * 2 ** 31))
const runs = Number(process.env.DROVER_TEST_RUNS ?? 100)

test(`S-F6 S-T7: over ${runs} random histories the ledger is what the calendars say, each attempt begins once (DROVER_TEST_SEED=${seed})`, async () => {
  let dueTimes = 0
  let begun = 0
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...begins),
      fc.constantFrom(0, 1000),
      fc.noBias(fc.array(anyRules, { minLength: names.length, maxLength: names.length })),
      fc.noBias(fc.array(anyMove, { minLength: 8, maxLength: 30 })),
      async (begin, leadMs, rules, moves) => {
        history = new History(begin, leadMs)
        try {
          await history.begin(rules)
          for (const move of moves) await history.move(move)
          await history.drain()
          dueTimes += history.dueTimes
          begun += history.begun
        } finally {
          await history.bench.dispose()
          history = null
        }
      },
    ),
    { numRuns: runs, seed, endOnFailure: true },
  )
  console.info(`${runs} histories with ${dueTimes} due times and ${begun} runs, seed ${seed}`)
  expect(begun).toBeGreaterThan(runs)
}, 300_000)
