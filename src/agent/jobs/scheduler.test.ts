/** What a scheduler asks of functions, and what becomes of their answers in the ledger. */
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import type { Occurrence } from '../../domain/jobs/occurrence.ts'
import type { DesiredProgram } from '../../domain/reconcile.ts'
import { aJob } from '../../domain/testing/samples.ts'
import { FakeClock } from '../../testing/fake-clock.ts'
import { Draft } from '../reconcile/draft.ts'
import type { SlotRecord } from '../reconcile/slot-records.ts'
import { jobCalendars, mostListed } from './calendars.ts'
import { emptyLedger, type LedgerBase } from './ledger-book.ts'
import { type DueQuestion, Scheduler, type SchedulerOptions } from './scheduler.ts'

const minute = 60_000
const midnight = Date.UTC(2026, 10, 27)
const at = (text: string): number => Date.parse(`2026-11-27T${text}Z`)

type Answer = Awaited<ReturnType<SchedulerOptions['ask']>>
const yes: Answer = { ok: true, value: true }
const no: Answer = { ok: true, value: false }

/** A scheduler over a ledger in memory, with one job `report` that a function speaks for. */
class Desk {
  readonly clock: FakeClock
  readonly asked: number[] = []
  readonly rows: Occurrence[] = []
  answer: (question: DueQuestion) => Answer | Promise<Answer> = () => no
  ledger: LedgerBase = emptyLedger({ name: 'a', labels: {} })
  readonly scheduler: Scheduler
  private readonly slots = new Map<string, SlotRecord>()
  private desired = new Map<string, DesiredProgram>()
  private ids = 0

  constructor(now: number) {
    this.clock = new FakeClock(now)
    this.scheduler = new Scheduler({
      clock: this.clock,
      ledger: () => this.ledger,
      record: async (change) => this.tell(change),
      complain: (message, error) => expect.unreachable(`${message}: ${String(error)}`),
      leadMs: 0,
      ask: async (question) => {
        this.asked.push(question.at)
        return await this.answer(question)
      },
    })
    onTestFinished(() => this.scheduler.close())
  }

  /** Brings the job into force, covered until a time. */
  declare(path = 'report', coveredUntil = this.clock.now()): void {
    const predicate = { file: '/a/drover.config.ts', path: ['jobs', path, 'schedule'] }
    const program = aJob({ schedule: { expressions: [], at: [], predicate }, timezone: 'Europe/Berlin' })
    const before = this.desired
    this.desired = new Map([['report', { program, launchHash: 'h' }]])
    this.tell((draft) => draft.ledger.declare(before, jobCalendars()))
    const job = this.ledger.jobs.get('report')
    if (job) this.ledger = { ...this.ledger, jobs: new Map([['report', { ...job, coveredUntil }]]) }
    this.scheduler.follow(this.desired)
  }

  /** Lets time pass until a moment, and the scheduler do what it has to do then. */
  async pass(until: number): Promise<void> {
    await this.rest()
    this.clock.advance(until - this.clock.now())
    await this.rest()
  }

  /** Until all that was asked is answered and recorded. */
  async rest(): Promise<void> {
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve))
  }

  get coveredUntil(): number | undefined {
    return this.ledger.jobs.get('report')?.coveredUntil
  }

  private tell(change: (draft: Draft) => void): void {
    const { clock } = this
    const draft = new Draft(
      {
        slots: this.slots,
        desired: this.desired,
        ledger: this.ledger,
        isShuttingDown: false,
        restless: null,
      },
      {
        clock,
        newRunId: () => `n${++this.ids}`,
        random: () => 0.5,
        node: 'a',
        blackoutOf: () => null,
      },
    )
    change(draft)
    this.rows.push(...(draft.changes()?.occurrences ?? []))
    this.ledger = draft.commit().ledger
  }
}

describe('a job that a function speaks for', () => {
  it('S-C3 is asked about each full minute once, and due where the function says so', async () => {
    const desk = new Desk(at('00:00:20'))
    desk.answer = ({ at: time, timezone, reference }) => {
      expect([timezone, reference.file]).toEqual(['Europe/Berlin', '/a/drover.config.ts'])
      return time === at('00:02:00') ? yes : no
    }
    desk.declare()
    desk.scheduler.start()
    for (let now = at('00:00:25'); now <= at('00:03:30'); now += 5000) await desk.pass(now)
    expect(desk.asked).toEqual([at('00:01:00'), at('00:02:00'), at('00:03:00')])
    expect(desk.rows).toMatchObject([{ dueAt: at('00:02:00'), state: { kind: 'running' } }])
    expect(desk.coveredUntil).toBe(at('00:03:00'))
  })

  it('S-C3 is skipped with the reason where the function has no answer', async () => {
    const desk = new Desk(at('00:00:59'))
    desk.answer = () => ({ ok: false, reason: 'the function threw an error: no calendar' })
    desk.declare()
    desk.scheduler.start()
    await desk.pass(at('00:01:00'))
    const state = {
      kind: 'skipped',
      reason: 'predicate_failed',
      detail: 'the function threw an error: no calendar',
    }
    expect(desk.rows).toMatchObject([{ dueAt: at('00:01:00'), state }])
  })

  it('S-C3 is asked about what passed while nobody was there, and about what is too long ago in one row', async () => {
    const desk = new Desk(midnight)
    desk.answer = ({ at: time }) => (time % (100 * minute) === 0 ? yes : no)
    desk.declare('report', midnight - 4321 * minute)
    desk.scheduler.start()
    await desk.rest()
    expect(desk.asked).toHaveLength(mostListed)
    expect(desk.asked.at(-1)).toBe(midnight)
    const [early, ...others] = desk.rows
    // One of seconds of their own, where no due time is.
    const state = { kind: 'missed', reason: 'beyond_max', since: midnight - 4320 * minute }
    expect(early).toMatchObject({ state })
    expect((early?.dueAt ?? 0) % 1000).not.toBe(0)
    expect(others.map(({ dueAt }) => dueAt)).toEqual(desk.asked.filter((time) => time % (100 * minute) === 0))
    expect(desk.coveredUntil).toBe(midnight)
  })

  it('that takes long is asked about the minutes in between once it has answered', async () => {
    const desk = new Desk(at('00:00:30'))
    let give: (answer: Answer) => void = () => {}
    desk.answer = () => new Promise((resolve) => (give = resolve))
    desk.declare()
    desk.scheduler.start()
    await desk.pass(at('00:01:00'))
    await desk.pass(at('00:02:00'))
    await desk.pass(at('00:03:00'))
    expect(desk.asked).toEqual([at('00:01:00')])
    desk.answer = () => no
    give(yes)
    await desk.pass(at('00:04:00'))
    expect(desk.asked).toEqual([1, 2, 3, 4].map((number) => midnight + number * minute))
    expect(desk.rows.map(({ dueAt }) => dueAt)).toEqual([at('00:01:00')])
  })

  it('that is declared otherwise meanwhile is asked anew, and the old answer is none', async () => {
    const desk = new Desk(at('00:00:30'))
    let give: (answer: Answer) => void = () => {}
    desk.answer = () => new Promise((resolve) => (give = resolve))
    desk.declare()
    desk.scheduler.start()
    await desk.pass(at('00:01:00'))
    desk.declare('other')
    await desk.rest()
    desk.answer = () => yes
    give(yes)
    await desk.rest()
    expect(desk.rows).toEqual([])
    await desk.pass(at('00:02:00'))
    expect(desk.asked).toEqual([at('00:01:00'), at('00:02:00')])
    expect(desk.rows.map(({ dueAt }) => dueAt)).toEqual([at('00:02:00')])
  })

  it('that goes on is still asked after a reload that changes nothing', async () => {
    const desk = new Desk(at('00:00:30'))
    const answer = vi.fn(() => yes)
    desk.answer = answer
    desk.declare()
    desk.scheduler.start()
    await desk.pass(at('00:01:00'))
    desk.scheduler.follow(new Map())
    desk.declare('report', desk.coveredUntil)
    await desk.pass(at('00:02:00'))
    expect(answer).toHaveBeenCalledTimes(2)
  })
})
