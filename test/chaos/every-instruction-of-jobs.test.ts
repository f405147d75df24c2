/**
 * The agent dies before its n-th effect, for every n of: a job is due, its first attempt fails, the second one succeeds, another job comes after it and
 * one after that, somebody triggers and disables a third, the schedule is taken away, the end. The next agent finds everything: each due time in the ledger once, each attempt started once, each
 * chain followed once.
 */
import { expect, test } from 'vitest'
import type { Config } from '../../src/config/config-types.generated.ts'
import { readLedger } from '../harness/store.ts'
import type { Chance } from './chance.ts'
import { DyingHouse, type Story, walkDeaths, walkTimeoutMs } from './dying-house.ts'
import { compareJobs, compareTimes, JobBooks, listJobEvents, timesOf } from './job-books.ts'
import { allRuns } from './ledger.ts'

test('wherever the agent dies over a job, the next one knows what was due, what was tried and what follows', {
  timeout: walkTimeoutMs,
}, async () => {
  await walkDeaths('every instruction of jobs', 24, (chance) => new JobsStory(chance))
})

class JobsStory implements Story {
  readonly house = new DyingHouse()
  readonly confirmed = { declaration: false, trigger: false, disabled: false, reload: false, shutdown: false }
  private readonly books = new JobBooks(this.house)
  private readonly chance: Chance
  private readonly from = { earliest: Date.now(), latest: Number.POSITIVE_INFINITY }
  private readonly until = { earliest: Number.POSITIVE_INFINITY, latest: Number.POSITIVE_INFINITY }

  constructor(chance: Chance) {
    this.chance = chance
  }

  async play(dieAt: number): Promise<void> {
    const { house } = this
    house.configure({}, this.config(true))
    await house.startDyingAgent(dieAt)
    await this.isDeclared()
    this.confirmed.declaration = true
    await this.chainHasEnded(2)
    await house.api.triggerJob({ job: 'hand' })
    this.confirmed.trigger = true
    await house.api.disableJobs({ targets: ['hand'] })
    this.confirmed.disabled = true
    await this.takeAway()
    expect(await house.shutdown()).toEqual({ code: 0, signal: null })
    this.confirmed.shutdown = true
  }

  async recover(): Promise<void> {
    const { house, chance } = this
    if (!this.confirmed.reload) house.configure({}, this.config(true))
    if (chance.onceIn(3)) await house.dieAgain(1 + chance.below(30))
    await house.startAgent()
    await this.isDeclared()
    if (!this.confirmed.reload) {
      await this.chainHasEnded((await this.chainEnds()) + 1)
      await this.takeAway()
    }
    await house.waitForSlots('what was due has come to its end', (slots) =>
      slots.every(({ state }) => state === 'exited' || state === 'stopped'),
    )
    const [hand] = await house.api.listJobs({ targets: ['hand'] })
    if (this.confirmed.disabled) expect(hand?.disabledBy).toBeTruthy()
    const runs = await allRuns(house)
    const events = await listJobEvents(house)
    expect(await house.shutdown()).toEqual({ code: 0, signal: null })
    await house.assertNothingLeft()
    const ledger = await readLedger(house)
    expect([
      ...compareJobs(this.books, ledger, runs, events),
      ...compareTimes('first', timesOf(ledger, 'first'), (at) => at % 1000 === 0, this.from, this.until),
    ]).toEqual([])
    // What had begun ahead of its time when the schedule was taken away was called off, and nothing comes after it.
    const kept = ledger.filter(
      ({ dueAt, state }) =>
        !(dueAt > this.until.earliest && state.kind === 'missed' && state.reason === 'changed'),
    )
    const due = timesOf(kept, 'first')
    const byHand = timesOf(ledger, 'hand').length
    expect(byHand).toBeLessThanOrEqual(1)
    if (this.confirmed.trigger) expect(byHand).toBe(1)
    const scheduled = kept.filter(({ program }) => program !== 'hand')
    const ends = scheduled.map(({ program, state, attempts }) => [program, state.kind, attempts])
    const expected = (name: string, attempts: number) => due.map(() => [name, 'ended', attempts])
    expect(ends.sort()).toEqual([...expected('first', 2), ...expected('last', 1), ...expected('next', 1)])
  }

  /** Nothing is due from now on but what comes after what has begun. A request that was not answered may have been heard. */
  private async takeAway(): Promise<void> {
    const { house, until } = this
    house.configure({}, this.config(false))
    until.earliest = Math.min(until.earliest, Date.now())
    await house.api.reload({})
    // What is due within the second may have begun already; then its row tells that it was called off.
    until.latest = Date.now() + 1000
    this.confirmed.reload = true
  }

  private async isDeclared(): Promise<void> {
    const [started] = await this.house.api.listEvents({ kinds: ['agent.started'], limit: 1 })
    this.from.latest = Math.min(this.from.latest, Date.parse(started?.at ?? ''))
  }

  private async chainHasEnded(times: number): Promise<void> {
    await this.house.waitForSlots(
      `the chain has come to its end ${times} times`,
      async () => (await this.chainEnds()) >= times,
    )
  }

  private async chainEnds(): Promise<number> {
    const ends = await this.house.api.listEvents({ kinds: ['job.succeeded'], limit: 1000 })
    return ends.filter(({ program }) => program === 'last').length
  }

  private config(isDue: boolean): Config {
    const history = { keep: 100_000 }
    const overlap = { policy: 'queue', max: 1000 } as const
    return {
      jobs: {
        first: {
          command: this.books.command(0, 'second-try'),
          schedule: isDue ? '* * * * * *' : 'manual',
          missed: { policy: 'all', max: 1000 },
          retries: { times: 1, initial: '100ms', jitter: 0 },
          history,
          overlap,
        },
        next: { command: this.books.command(0), after: 'first', history, overlap },
        hand: { command: this.books.command(0), schedule: 'manual', history },
        last: { command: this.books.command(0), after: { next: 'end' }, history, overlap },
      },
    }
  }
}
