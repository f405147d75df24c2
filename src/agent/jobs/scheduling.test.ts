/** When due times get into the ledger: by the clock, and by clocks that are set, machines that sleep, agents and stores that are away. */
import process from 'node:process'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { JobRules, MissedPolicy } from '../../domain/jobs/job.ts'
import type { Occurrence } from '../../domain/jobs/occurrence.ts'
import { aJob, exited } from '../../domain/testing/samples.ts'
import type { StoredJob } from '../../store/store.ts'
import { JobBench, minute } from '../../testing/job-bench.ts'
import { clockText, story } from '../../testing/ledger-story.ts'
import { mostListed } from './calendars.ts'
import { rowsPerDraft } from './scheduler.ts'

const hour = 60 * minute
const day = 24 * hour

let bench: JobBench
beforeEach(async () => await begin('2026-09-21T14:00:30Z'))
afterEach(async () => {
  await bench.dispose()
  expect(bench.clock.pending, 'timers that are left').toBe(0)
})

async function begin(time: string): Promise<void> {
  bench = await JobBench.begin(time)
}

/** Another bench, at another time. */
async function beginAnew(time: string): Promise<void> {
  await bench.dispose()
  await begin(time)
}

const cron = (...expressions: string[]): Partial<JobRules> => ({
  schedule: { expressions, at: [], predicate: null },
  timezone: 'UTC',
})
const missed = (kind: MissedPolicy['kind'], changes: Partial<MissedPolicy> = {}): Partial<JobRules> => ({
  missed: { kind, withinMs: null, max: 3, ...changes },
})
const side: Partial<JobRules> = { overlap: { kind: 'allow', max: 1000 } }

/** Lets it live, and each run that begins end well after a second. */
async function work(ms: number): Promise<void> {
  const end = bench.clock.monotonic() + ms
  for (let left = ms; left > 0; left = end - bench.clock.monotonic()) {
    await bench.live(Math.min(1000, left))
    await endAll()
  }
}

async function endAll(): Promise<void> {
  for (const { name, state } of bench.reconciler.slots.values()) {
    if (state.kind !== 'starting' && state.kind !== 'running') continue
    await bench.bear(name)
    await bench.end(name, exited(0, 1000))
  }
}

function recordOf(program: string): StoredJob {
  const record = bench.reconciler.ledger.jobs.get(program)
  if (!record) throw new Error(`There is no record of ${program}.`)
  return record
}

function started(): string[] {
  return bench.events.flatMap((event) =>
    event.kind === 'job.started' ? [clockText(Date.parse(event.data.dueAt))] : [],
  )
}

const isCatchUp = ({ trigger }: Occurrence): boolean => 'isCatchUp' in trigger && trigger.isCatchUp

describe('a job that is due', () => {
  it('S-T7: begins at its time, each of several by its own', async () => {
    await bench.declare(
      aJob(side, { name: 'each' }),
      aJob({ ...cron('*/2 * * * *'), ...side }, { name: 'second' }),
    )
    await bench.live(3 * minute)
    expect(await bench.told('each')).toEqual(['14:01 running', '14:02 running', '14:03 running'])
    expect(await bench.told('second')).toEqual(['14:02 running'])
    for (const event of bench.events)
      if (event.kind === 'job.started') expect(event.data.lateMs).toBeLessThan(1000)
  })

  it('S-C3: begins once at each of its single times', async () => {
    const at = [
      '2026-09-21 17:05',
      '2026-09-21T16:00:00+02:00',
      '2026-09-21T14:10:00Z',
      '2026-09-21T14:10:00Z',
    ]
    await bench.declare(
      aJob({ schedule: { expressions: [], at, predicate: null }, timezone: 'Europe/Berlin', ...side }),
    )
    await bench.live(2 * hour)
    expect(await bench.told('report')).toEqual(['14:10 running', '15:05 running'])
    expect(bench.scheduler?.nextOf('report')).toBeNull()
  })

  it('begins once though several of its expressions say the same time', async () => {
    await bench.declare(aJob({ ...cron('0 * * * *', '@hourly', '0 */3 * * *'), ...side }))
    await bench.live(hour)
    expect(await bench.told('report')).toEqual(['15:00 running'])
  })

  it('is never begun before its time by a timer that comes early', async () => {
    await bench.declare(aJob(side))
    await bench.live(29_000)
    bench.clock.step(-1400)
    await bench.live(1000)
    expect(await bench.told('report')).toEqual([])
    await bench.live(1400)
    expect(await bench.told('report')).toEqual(['14:01 running'])
  })

  it('tells when it is due next', async () => {
    await bench.declare(aJob(), aJob(cron('@reboot'), { name: 'boot' }))
    expect(bench.scheduler?.nextOf('report')).toBe(Date.parse('2026-09-21T14:01:00Z'))
    expect(bench.scheduler?.nextOf('boot')).toBeNull()
    expect(bench.scheduler?.nextOf('unknown')).toBeNull()
  })

  it('knows the due time before it', async () => {
    await bench.declare(aJob(side))
    await bench.live(2 * minute)
    const variables = bench.effects.flatMap((effect) => (effect.kind === 'start' ? [effect.variables] : []))
    expect(variables).toMatchObject([
      { DROVER_SCHEDULED_AT: '2026-09-21T14:01:00.000Z' },
      {
        DROVER_SCHEDULED_AT: '2026-09-21T14:02:00.000Z',
        DROVER_PREVIOUS_SCHEDULED_AT: '2026-09-21T14:01:00.000Z',
      },
    ])
  })
})

describe('a clock that is set', () => {
  it('two hours forward: the hours that it left out are missed as the job says, and told', async () => {
    await bench.declare(
      ...(['skip', 'once', 'all'] as const).map((kind) =>
        aJob({ ...cron('10 * * * *'), ...missed(kind) }, { name: kind }),
      ),
    )
    bench.clock.step(2 * hour)
    await bench.live(10_000)
    expect(bench.events.filter(({ kind }) => kind === 'clock.jumped')).toMatchObject([
      { data: { deltaMs: 2 * hour } },
    ])
    expect(await bench.told('skip')).toEqual(['14:10 missed no_agent', '15:10 missed no_agent'])
    expect(await bench.told('once')).toEqual(['14:10 missed superseded', '15:10 running'])
    expect(await bench.told('all')).toEqual(['14:10 running', '15:10 queued'])
    await work(hour)
    expect(await bench.told('all')).toEqual([
      '14:10 ended success',
      '15:10 ended success',
      '16:10 ended success',
    ])
  })

  it('two hours back: nothing is due twice, and it goes on where it was', async () => {
    await bench.declare(aJob())
    await work(2 * minute)
    bench.clock.step(-2 * hour)
    await work(2 * hour + 30_000)
    expect(started()).toEqual(['14:01', '14:02', '14:03'])
    expect(await bench.told('report')).toEqual([
      '14:01 ended success',
      '14:02 ended success',
      '14:03 ended success',
    ])
    expect(bench.kinds().filter((kind) => kind === 'clock.jumped')).toHaveLength(1)
  })

  it('back, while an agent is away and the schedule is changed: nothing is due twice', async () => {
    await bench.declare(aJob())
    await work(2 * minute)
    bench.clock.step(-hour)
    await bench.restartAgent(1000, { programs: [aJob(cron('*/30 * * * * *'))] })
    await work(hour)
    expect(await bench.told('report')).toEqual([
      '14:01 ended success',
      '14:02 ended success',
      '14:02:30 ended success',
    ])
  })

  it('back, while it counts periods, which go on: by its earlier schedule nothing is due twice', async () => {
    await bench.declare(aJob())
    await work(2 * minute)
    await bench.declare(aJob(cron('@every 30m')))
    await work(minute)
    bench.clock.step(-hour)
    await work(minute)
    await bench.declare(aJob())
    await work(hour)
    expect(await bench.told('report')).toEqual([
      '14:01 ended success',
      '14:02 ended success',
      '14:03 ended success',
      '14:04 ended success',
    ])
  })

  it('back, while a job is taken away and comes again: nothing is due twice', async () => {
    await bench.declare(aJob())
    await work(2 * minute)
    bench.clock.step(-hour)
    await bench.declare()
    await bench.declare(aJob())
    await work(hour)
    expect(started()).toEqual(['14:01', '14:02'])
    await bench.declare()
    await bench.pass(8 * day)
    await bench.declare()
    expect([...bench.reconciler.ledger.jobs.keys()], 'now it is forgotten').toEqual([])
  })

  it('back, after a job was taken away and before it comes again: nothing is due twice', async () => {
    await bench.declare(aJob())
    await work(2 * minute)
    await bench.declare()
    bench.clock.step(-hour)
    await work(minute)
    await bench.declare(aJob())
    await work(hour)
    expect(started()).toEqual(['14:01', '14:02', '14:03'])
  })

  it('by less than two seconds is a correction, which is told to nobody', async () => {
    await bench.declare(aJob(side))
    for (const ms of [1500, -1900, 1900]) {
      bench.clock.step(ms)
      await bench.live(10_000)
    }
    expect(bench.kinds()).not.toContain('clock.jumped')
    expect(await bench.told('report')).toEqual(['14:01 running'])
  })

  for (const step of [2 * hour, -2 * hour]) {
    it(`by ${step / hour} h: @every goes on by real time`, async () => {
      await bench.declare(aJob({ ...cron('@every 10m'), ...side }))
      const began = bench.clock.monotonic()
      const due: number[] = []
      const note = async (): Promise<void> => {
        for (const effect of bench.effects.splice(0))
          if (effect.kind === 'start') due.push(Math.round((bench.clock.monotonic() - began) / 1000))
      }
      for (let second = 0; second < 3600; second += 20) {
        if (second === 1500) bench.clock.step(step)
        await bench.live(20_000)
        await note()
      }
      expect(due).toEqual([600, 1200, 1800, 2400, 3000, 3600])
      expect((await bench.rows()).every((row) => !isCatchUp(row))).toBe(true)
      expect(new Set((await bench.told('report')).map((text) => text.split(' ')[1]))).toEqual(
        new Set(['running']),
      )
    })
  }

  it('back, while nobody looked: @every counts from now on, instead of waiting until then', async () => {
    await bench.declare(aJob({ ...cron('@every 10m'), ...side }))
    await bench.live(25 * minute)
    bench.clock.step(-5 * hour)
    await bench.restartAgent(minute)
    bench.effects = []
    await bench.live(10 * minute)
    expect(bench.takeEffects()).toHaveLength(1)
    await bench.live(30 * minute)
    expect(bench.takeEffects()).toHaveLength(3)
  })

  it('back while it is off, and forward once it runs: @every goes on within its period', async () => {
    await bench.declare(aJob({ ...cron('@every 10m'), ...side }))
    await bench.live(25 * minute)
    bench.clock.step(-2 * hour)
    await bench.restartAgent(minute, { isSameBoot: false })
    await bench.live(minute)
    bench.clock.step(2 * hour)
    bench.effects = []
    await bench.live(10 * minute)
    expect(bench.takeEffects()).toHaveLength(1)
  })

  it('is made good for in one transaction with what is due by it', async () => {
    await bench.declare(aJob({ ...cron('@every 10m'), ...side }))
    await bench.live(minute)
    bench.storeTrouble = new Error('the disk is full')
    bench.clock.step(2 * hour)
    await bench.live(10_000)
    bench.clock.step(-30 * minute)
    await bench.live(10_000)
    await bench.heal()
    await bench.live(10_000)
    expect(bench.events.filter(({ kind }) => kind === 'clock.jumped')).toMatchObject([
      { data: { deltaMs: 1.5 * hour } },
    ])
    await bench.live(9 * minute)
    expect(await bench.told('report')).toEqual(['15:40:30 running'])
  })
})

describe('a machine that sleeps for hours', () => {
  it('is as an agent that was away: what was due meanwhile is missed as the job says', async () => {
    await bench.declare(
      ...(['skip', 'once', 'all'] as const).map((kind) =>
        aJob({ ...cron('0 * * * *'), ...missed(kind, { max: 2 }) }, { name: kind }),
      ),
      aJob({ ...cron('@every 1h'), ...missed('once') }, { name: 'every' }),
    )
    bench.clock.suspend(4 * hour)
    await bench.live(10_000)
    expect(bench.kinds()).not.toContain('clock.jumped')
    const superseded = ['15:00', '16:00', '17:00'].map((time) => `${time} missed superseded`)
    expect(await bench.told('skip')).toEqual(
      ['15:00', '16:00', '17:00'].map((time) => `${time} missed superseded`).concat('18:00 running'),
    )
    expect(await bench.told('once')).toEqual([...superseded, '18:00 running'])
    expect(await bench.told('all')).toEqual([
      '15:00 missed beyond_max',
      '16:00 missed beyond_max',
      '17:00 running',
      '18:00 queued',
    ])
    expect(await bench.told('every')).toEqual([
      '15:00:30 missed superseded',
      '16:00:30 missed superseded',
      '17:00:30 missed superseded',
      '18:00:30 running',
    ])
  })
})

describe('S-F6: an agent that was away', () => {
  const kinds = ['skip', 'once', 'all'] as const
  /** What became of the due times of the last hour of three days. */
  async function threeDaysDown(kind: MissedPolicy['kind']): Promise<Occurrence[]> {
    await bench.declare(aJob({ ...missed(kind, { max: 10, withinMs: 4 * day }) }))
    await work(2 * minute)
    // Half a minute after the last minute that it missed, and more: none of them is on time.
    await bench.restartAgent(3 * day + 20_000)
    bench.clock.advance(4000)
    await bench.settle()
    return await bench.rows()
  }

  for (const kind of kinds) {
    it(`for three days, with a job each minute and ${kind}: all that it missed is listed`, async () => {
      const rows = await threeDaysDown(kind)
      const [first, second, many, ...listed] = rows
      expect(story([first, second].flatMap((row) => row ?? []))).toEqual([
        '14:01 ended success',
        '14:02 ended success',
      ])
      // Three days are 4320 minutes: the last ones have a row each, those before have one together.
      expect(listed).toHaveLength(mostListed)
      expect(many?.state).toMatchObject({ kind: 'missed', reason: 'beyond_max', count: null })
      if (many?.state.kind !== 'missed' || !many.state.since) throw new Error('unlisted')
      expect((many.dueAt + 1 - many.state.since) / minute).toBe(4320 - mostListed)
      expect(new Set(listed.map((row, index) => row.dueAt - index * minute)).size).toBe(1)
      expect(listed.at(-1)?.dueAt).toBe(Date.parse('2026-09-24T14:02:00Z'))
    })
  }

  it('for three days and once: one run', async () => {
    const rows = await threeDaysDown('once')
    await work(1000)
    expect(rows.filter(({ state }) => state.kind === 'running')).toHaveLength(1)
    expect(started()).toEqual(['14:02'])
  })

  it('for three days and skip: no run', async () => {
    await bench.declare(aJob({ ...cron('1 * * * *'), ...missed('skip') }))
    await work(2 * minute)
    await bench.restartAgent(3 * day)
    await work(minute)
    expect(started()).toEqual([])
    expect((await bench.told('report')).slice(-72).every((text) => text.endsWith('missed no_agent'))).toBe(
      true,
    )
  })

  it('for three days and all: as many as it may, the oldest first, one at a time, whatever overlap says', async () => {
    await bench.declare(aJob({ ...missed('all', { max: 4 }), ...side }))
    await work(2 * minute)
    await bench.restartAgent(3 * day + 20_000)
    const most: number[] = []
    for (let second = 0; second < 30; second++) {
      await bench.live(1000)
      const running = (await bench.rows()).filter(({ state }) => state.kind === 'running')
      most.push(running.filter(isCatchUp).length)
      await endAll()
    }
    expect(started().slice(0, 4)).toEqual(['13:59', '14:00', '14:01', '14:02'])
    expect(Math.max(...most)).toBe(1)
  })

  it('for days, again and again: no more wait to be made up for than the job says', async () => {
    await bench.declare(aJob({ ...cron('0 * * * *'), ...missed('all', { max: 2 }) }))
    for (let time = 0; time < 3; time++) await bench.restartAgent(5 * hour + 5 * minute)
    await bench.live(10_000)
    const states = (await bench.rows()).map(({ state }) => state.kind)
    expect(states.filter((kind) => kind === 'queued')).toHaveLength(2)
    expect(states.filter((kind) => kind === 'running')).toHaveLength(1)
    expect(states.filter((kind) => kind === 'missed')).toHaveLength(15 - 3)
  })

  it('for 20 minutes: a daily job is made up for, and knows it', async () => {
    await bench.declare(aJob({ ...cron('10 14 * * *'), ...missed('once') }))
    await bench.restartAgent(20 * minute)
    await bench.live(1)
    expect(await bench.told('report')).toEqual(['14:10 running'])
    const [effect] = bench.effects
    expect(effect?.kind === 'start' && effect.variables).toMatchObject({
      DROVER_CATCH_UP: '1',
      DROVER_SCHEDULED_AT: '2026-09-21T14:10:00.000Z',
      DROVER_PREVIOUS_SCHEDULED_AT: '2026-09-20T14:10:00.000Z',
    })
  })

  it('for a morning: a daily job of the night does not run by day', async () => {
    await bench.declare(aJob({ ...cron('10 15 * * *'), ...missed('once') }))
    await bench.restartAgent(7 * hour)
    await bench.live(1)
    expect(await bench.told('report')).toEqual(['15:10 missed too_late'])
  })

  it('for less than a minute: what was due is on time', async () => {
    await bench.declare(aJob({ ...cron('1 14 * * *'), ...missed('skip') }))
    await bench.restartAgent(59_000)
    await bench.live(1)
    expect(await bench.told('report')).toEqual(['14:01 running'])
    expect((await bench.rows()).some(isCatchUp)).toBe(false)
  })

  it('while the schedule was changed: the due times of the old one are missed, those of the new one begin now', async () => {
    await bench.declare(aJob())
    const changed = aJob({ ...cron('*/2 * * * *'), ...side })
    await bench.restartAgent(5 * minute, { programs: [changed] })
    await bench.live(3 * minute)
    expect(await bench.told('report')).toEqual([
      ...['14:01', '14:02', '14:03', '14:04'].map((time) => `${time} missed changed`),
      // It came just now.
      '14:05 running',
      '14:06 running',
      '14:08 running',
    ])
  })

  it('while the job was taken away: what it was due at is missed', async () => {
    await bench.declare(aJob())
    await bench.restartAgent(2 * minute + 40_000, { programs: [] })
    expect(await bench.told('report')).toEqual(
      ['14:01', '14:02', '14:03'].map((time) => `${time} missed changed`),
    )
    await bench.live(5 * minute)
    expect(await bench.rows()).toHaveLength(3)
  })

  it('while the job was enabled: it is due from then on, not before', async () => {
    await bench.declare(aJob({ isEnabled: false, ...missed('all') }))
    await bench.live(2 * minute)
    await bench.restartAgent(5 * minute, { programs: [aJob({ ...missed('all'), ...side })] })
    await bench.live(minute)
    expect(await bench.told('report')).toEqual(['14:08 running'])
  })
})

describe('thousands of due times that were missed', () => {
  it('are recorded in portions, each job whole, and all of them', async () => {
    const names = Array.from({ length: 50 }, (_, index) => `job${index}`)
    await bench.declare(...names.map((name) => aJob(cron('* * * * *'), { name })))
    const { store } = bench
    const record = vi.spyOn(store, 'record')
    await bench.pass(10 * 3_600_000)
    const sizes = record.mock.calls.map(([{ occurrences = [] }]) => occurrences.length)
    expect(Math.max(...sizes)).toBeLessThan(rowsPerDraft + mostListed)
    expect(sizes.filter((size) => size > 0).length).toBeGreaterThan(1)
    for (const name of names) {
      expect(await bench.rows(name)).toHaveLength(600)
      expect(recordOf(name).coveredUntil).toBe(Date.parse('2026-09-22T00:00:00Z'))
    }
  })
})

describe('the zone of the machine', () => {
  const zone = process.env.TZ
  afterEach(() => {
    if (zone === undefined) delete process.env.TZ
    else process.env.TZ = zone
  })

  it('is part of a schedule without one of its own: what was due by the old one is missed, then the new one holds', async () => {
    process.env.TZ = 'Europe/Berlin'
    await beginAnew('2026-09-21T14:00:30Z')
    const job = aJob({ ...cron('30 16 * * *'), timezone: null, ...side })
    const zoned = aJob({ ...cron('30 16 * * *'), timezone: 'Europe/Berlin', ...side }, { name: 'zoned' })
    await bench.declare(job, zoned)
    await bench.live(hour)
    expect(await bench.told('report')).toEqual(['14:30 running'])
    await bench.restartAgent(23 * hour + 30 * minute + 40_000)
    process.env.TZ = 'America/New_York'
    await bench.restartAgent(hour)
    await bench.live(day)
    expect(await bench.told('report')).toEqual(['14:30 running', '14:30 running', '20:30 running'])
    expect(await bench.told('zoned')).toEqual(['14:30 running', '14:30 running', '14:30 running'])
  })

  it('changed while no agent was there', async () => {
    process.env.TZ = 'Europe/Berlin'
    await beginAnew('2026-09-21T14:00:30Z')
    await bench.declare(aJob({ ...cron('30 16 * * *'), timezone: null, ...side }))
    process.env.TZ = 'America/New_York'
    await bench.restartAgent(hour)
    await bench.live(day)
    expect(await bench.told('report')).toEqual(['14:30 missed changed', '20:30 running'])
  })
})

describe('S-F7: when the clocks of its zone are changed', () => {
  /** Over one night, with runs of no length. */
  async function night(time: string, timezone: string, ...expressions: string[]): Promise<string[]> {
    await beginAnew(time)
    await bench.declare(aJob({ ...cron(...expressions), timezone, ...side }))
    await bench.live(8 * hour)
    return (await bench.told('report')).map((text) => text.replace(' running', ''))
  }
  /** The same with an agent that is away for all of it. */
  async function nightAway(time: string, timezone: string, ...expressions: string[]): Promise<string[]> {
    await beginAnew(time)
    await bench.declare(aJob({ ...cron(...expressions), timezone, ...missed('all', { max: 1000 }) }))
    await bench.restartAgent(8 * hour)
    await bench.live(1)
    return (await bench.told('report')).map((text) => text.split(' ')[0] ?? '')
  }

  const cases: [what: string, time: string, zone: string, expression: string, due: string[]][] = [
    // In Berlin 02:00 becomes 03:00 at 01:00 UTC, and 03:00 becomes 02:00 at 01:00 UTC.
    [
      'a time that is skipped comes once, after the gap',
      '2027-03-27T22:00:30Z',
      'Europe/Berlin',
      '30 2 * * *',
      ['01:00'],
    ],
    ['a time that is doubled comes once', '2026-10-24T22:00:30Z', 'Europe/Berlin', '30 2 * * *', ['00:30']],
    [
      'several times of a gap come once',
      '2027-03-27T22:00:30Z',
      'Europe/Berlin',
      '0,20,40 2 * * *',
      ['01:00'],
    ],
    [
      'a job of each half hour follows real time over a gap',
      '2027-03-27T23:40:30Z',
      'Europe/Berlin',
      '*/30 1-3 * * *',
      ['00:00', '00:30', '01:00', '01:30'],
    ],
    [
      'a job of each half hour follows real time over a doubled hour',
      '2026-10-24T23:40:30Z',
      'Europe/Berlin',
      '*/30 2 * * *',
      ['00:00', '00:30', '01:00', '01:30'],
    ],
    // On Lord Howe Island half an hour is skipped at 15:30 UTC, and doubled at 15:00 UTC.
    ['half an hour that is skipped', '2026-10-03T12:00:30Z', 'Australia/Lord_Howe', '15 2 * * *', ['15:30']],
    ['half an hour that is doubled', '2027-04-03T12:00:30Z', 'Australia/Lord_Howe', '45 1 * * *', ['14:45']],
    [
      'a job of each quarter over half an hour that is doubled',
      '2027-04-03T14:20:30Z',
      'Australia/Lord_Howe',
      '*/15 1 * * *',
      ['14:30', '14:45', '15:00', '15:15'],
    ],
  ]
  for (const [what, time, zone, expression, due] of cases) {
    it(`${what}: ${expression} in ${zone} at ${due.join(', ')}`, async () => {
      expect(await night(time, zone, expression)).toEqual(due)
      expect(await nightAway(time, zone, expression), 'also for an agent that was away').toEqual(due)
    })
  }

  it('@every knows no zones', async () => {
    const every = ['22:00:30', '00:00:30', '02:00:30', '04:00:30']
    expect(await night('2026-10-24T20:00:30Z', 'Europe/Berlin', '@every 2h')).toEqual(every)
  })
})

describe('a store that takes no writes', () => {
  it('leaves nothing out: what was due meanwhile is as after an absence', async () => {
    await bench.declare(
      aJob(missed('once'), { name: 'once' }),
      aJob(missed('all', { max: 2 }), { name: 'all' }),
      aJob(missed('skip'), { name: 'skip' }),
    )
    bench.storeTrouble = new Error('the disk is full')
    await bench.live(5 * minute)
    expect(bench.effects, 'nothing begins that is not recorded').toEqual([])
    await bench.heal()
    await bench.live(2000)
    const older = ['14:01', '14:02', '14:03', '14:04']
    expect(await bench.told('once')).toEqual([
      ...older.map((time) => `${time} missed superseded`),
      '14:05 running',
    ])
    expect(await bench.told('skip')).toEqual([
      ...older.map((time) => `${time} missed superseded`),
      '14:05 running',
    ])
    expect(await bench.told('all')).toEqual([
      ...older.slice(0, 3).map((time) => `${time} missed beyond_max`),
      '14:04 running',
      '14:05 queued',
    ])
  })

  it('collects nothing meanwhile, however long it lasts', async () => {
    await bench.declare(aJob(cron('* * * * * *')))
    bench.storeTrouble = new Error('the disk is full')
    await bench.live(10 * minute)
    await bench.heal()
    await bench.live(2000)
    const listed = await bench.rows()
    expect(new Set(listed.map(({ dueAt }) => dueAt)).size).toBe(listed.length)
    expect(bench.complaints.length, 'tries in ten minutes').toBeLessThanOrEqual(600)
  })
})

describe('another set of jobs', () => {
  it('in the moment in which one is due: it begins, under its new rules', async () => {
    await bench.declare(aJob())
    bench.clock.step(30_000 - 1)
    bench.clock.step(1)
    await bench.declare(aJob(cron('*/30 * * * *')))
    expect(await bench.told('report')).toEqual(['14:01 running'])
  })

  it('S-C2: without due times: a disabled job never runs, and leaves no rows', async () => {
    await bench.declare(aJob({ isEnabled: false }))
    await bench.live(5 * minute)
    await bench.restartAgent(5 * minute)
    await bench.live(minute)
    expect(await bench.rows()).toEqual([])
  })

  it('S-T6: for other nodes: they leave no rows, until the node is one that they are for', async () => {
    const labelled = aJob({ target: { nodes: [], labels: { role: 'db' } }, ...side }, { name: 'labelled' })
    await bench.declare(aJob({ target: { nodes: ['b'], labels: {} } }), labelled)
    await bench.live(2 * minute)
    expect(await bench.rows()).toEqual([])
    await bench.reconciler.request((draft) => {
      draft.ledger.setLabels({ role: 'db' })
      draft.declare(draft.desired)
    })
    bench.scheduler?.follow(bench.reconciler.desired)
    await bench.live(minute)
    expect(await bench.told('labelled')).toEqual(['14:03 running'])
    await bench.declare(aJob({ target: { nodes: ['a', 'b'], labels: {} }, ...side }))
    await bench.live(minute)
    expect(await bench.told('report')).toEqual(['14:04 running'])
  })

  it('leaves the others as they are', async () => {
    await bench.declare(aJob(cron('@every 10m')))
    await bench.live(5 * minute)
    await bench.declare(aJob({ ...cron('@every 10m'), locks: ['db'] }), aJob({}, { name: 'second' }))
    await bench.live(5 * minute)
    expect(await bench.told('report')).toEqual(['14:10:30 running'])
  })

  it('many of them are compiled in parts, and each is due', async () => {
    const jobs = Array.from({ length: 600 }, (_, index) => aJob({}, { name: `job${index}` }))
    await bench.declare(...jobs)
    await bench.live(31_000)
    expect(await bench.rows()).toHaveLength(600)
  })

  it('with a schedule that nobody understands any more is told of, and holds up nobody', async () => {
    await bench.declare(aJob(side), aJob(side, { name: 'second' }))
    await bench.store.record({
      jobs: [{ ...recordOf('report'), schedule: 'from another version' }],
    })
    await bench.restartAgent(1000, { programs: [] })
    await bench.restartAgent(1000, { programs: [aJob(side), aJob(side, { name: 'second' })] })
    await bench.live(minute)
    expect(await bench.told('second')).toEqual(['14:01 running'])
  })
})

it('S-F5: what is due on two nodes is followed on each of them for itself', async () => {
  const other = await JobBench.begin('2026-09-21T14:00:30Z')
  try {
    for (const node of [bench, other]) {
      await node.declare(aJob({}))
      await node.live(minute)
    }
    await bench.finish(1)
    await bench.live(minute)
    await other.live(minute)
    expect(await bench.told()).toEqual(['14:01 ended failure', '14:02 running'])
    expect(await other.told()).toEqual(['14:01 running', '14:02 skipped still_running'])
  } finally {
    await other.dispose()
  }
})

describe('S-C3: a function that says when', () => {
  const predicate = { file: '/drover.config.ts', path: ['jobs', 'report', 'schedule'] }
  const byFunction: Partial<JobRules> = { schedule: { expressions: [], at: [], predicate }, ...side }

  it('is asked for each minute, and the job is due when it says so', async () => {
    const asked: string[] = []
    bench.answer = async ({ at }) => {
      asked.push(clockText(at))
      return { ok: true, value: at % (2 * minute) === 0 }
    }
    await bench.declare(aJob(byFunction))
    await bench.live(4 * minute)
    expect(asked).toEqual(['14:01', '14:02', '14:03', '14:04'])
    expect(await bench.told('report')).toEqual(['14:02 running', '14:04 running'])
  })

  it('that gives no answer is told of, for that minute', async () => {
    bench.answer = async () => ({ ok: false, reason: 'it threw: no database' })
    await bench.declare(aJob(byFunction))
    await bench.live(minute)
    expect(await bench.told('report')).toEqual(['14:01 skipped predicate_failed'])
    expect((await bench.rows())[0]?.state).toMatchObject({ detail: 'it threw: no database' })
  })

  it('that takes its time is asked for the minutes after that, too', async () => {
    let answer: (() => void) | null = null
    const asked: string[] = []
    bench.answer = async ({ at }) => {
      asked.push(clockText(at))
      if (asked.length === 1)
        await new Promise<void>((resolve) => {
          answer = resolve
        })
      return { ok: true, value: true }
    }
    await bench.declare(aJob(byFunction))
    await bench.live(3 * minute)
    expect(await bench.rows()).toEqual([])
    ;(answer as (() => void) | null)?.()
    await bench.live(2 * minute)
    expect(asked).toEqual(['14:01', '14:02', '14:03', '14:04', '14:05'])
    expect((await bench.rows()).map(({ dueAt }) => clockText(dueAt))).toEqual(asked)
  })

  it('that nobody could be told of is asked again', async () => {
    bench.answer = async () => ({ ok: true, value: true })
    await bench.declare(aJob(byFunction))
    bench.storeTrouble = new Error('the disk is full')
    await bench.live(2 * minute)
    await bench.heal()
    await bench.live(5000)
    expect(await bench.told('report')).toEqual(['14:01 missed superseded', '14:02 running'])
  })

  it('that fails without an answer is asked again, and holds up nobody', async () => {
    let times = 0
    bench.answer = async () => {
      times += 1
      if (times === 1) throw new Error('a bug')
      return { ok: true, value: true }
    }
    await bench.declare(aJob(byFunction), aJob(side, { name: 'second' }))
    await bench.live(2 * minute)
    expect((await bench.rows('report')).map(({ dueAt }) => clockText(dueAt))).toEqual(['14:01', '14:02'])
    expect(await bench.told('second')).toEqual(['14:01 running', '14:02 running'])
  })
})
