import process from 'node:process'
import fc from 'fast-check'
import * as v from 'valibot'
import { afterEach, describe, expect, it } from 'vitest'
import { job } from '../../config/schema/job.ts'
import type { BlackoutWindow, JobRules, JobSchedule } from '../../domain/jobs/job.ts'
import { compileCalendar } from '../../domain/schedule/calendar.ts'
import { aJob } from '../../domain/testing/samples.ts'
import type { StoredJob } from '../../store/store.ts'
import { blackoutOf, calendarOf, JobCalendar, jobCalendars, mostListed } from './calendars.ts'

const minute = 60_000
const hour = 60 * minute
const start = Date.parse('2026-09-21T14:00:00Z')

const schedule = (changes: Partial<JobSchedule>): JobSchedule => ({
  expressions: [],
  at: [],
  predicate: null,
  ...changes,
})
const cron = (...expressions: string[]): JobSchedule => schedule({ expressions })
const predicate = { file: '/a/drover.config.ts', path: ['jobs', 'report', 'schedule'] }

function calendar(written: JobSchedule, zone = 'UTC'): JobCalendar {
  return new JobCalendar('report', { ...written, zone })
}

function identity(rules: Partial<JobRules>): string {
  return jobCalendars().identityOf(aJob(rules))
}

describe('what was due between two times', () => {
  it('is each due time after the one and up to the other, with those around them', () => {
    expect(calendar(cron('0 * * * *')).between(start, start + 3 * hour, start)).toEqual({
      kind: 'schedule',
      due: [start + hour, start + 2 * hour, start + 3 * hour],
      before: start,
      next: start + 4 * hour,
      failed: [],
      until: start + 3 * hour,
      unlistedSince: null,
    })
  })

  it('is nothing where no due time lies between', () => {
    expect(calendar(cron('0 * * * *')).between(start, start + hour - 1, start)).toBeNull()
    expect(calendar(cron('0 * * * *')).between(start + hour, start, start), 'back').toBeNull()
    expect(calendar(cron('@reboot')).between(0, start, start)).toBeNull()
  })

  it('is the newest of very many, and since when the others were', () => {
    const times = calendar(cron('* * * * * *')).between(start, start + 2 * hour, start)
    expect(times?.due).toHaveLength(mostListed)
    expect(times).toMatchObject({ until: start + 2 * hour, unlistedSince: start + 1000 })
    expect(times?.due[0]).toBe(start + 2 * hour - (mostListed - 1) * 1000)
    expect(times?.before).toBe((times?.due[0] ?? 0) - 1000)
  })

  it('of periods counts from their anchor', () => {
    const times = calendar(cron('@every 90s', '@every 2m')).between(start + 1, start + 4 * minute, start)
    expect(times?.due.map((at) => (at - start) / 1000)).toEqual([90, 120, 180, 240])
    expect(times).toMatchObject({ kind: 'every', before: null, next: start + 270_000 })
  })

  it('with a function is each minute, at which it is to be asked', () => {
    const times = calendar(schedule({ predicate })).between(start + 1, start + 3 * minute + 5, start)
    expect(times).toMatchObject({
      due: [start + minute, start + 2 * minute, start + 3 * minute],
      before: null,
      until: start + 3 * minute,
    })
  })

  it('with single times comes to an end', () => {
    const once = calendar(schedule({ at: ['2026-09-21 16:00', '2026-09-21T15:00:00Z'] }))
    expect(once.between(start, start + 9 * hour, start)).toMatchObject({
      due: [start + hour, start + 2 * hour],
      next: null,
    })
    expect(once.next(start + 2 * hour, start)).toBeNull()
  })

  it('is what going from one due time to the next gives, wherever it begins and ends', () => {
    const written = fc.constantFrom(
      cron('* * * * *'),
      cron('*/7 1-3 * * *', '30 2 * * *'),
      cron('@every 11m'),
      cron('@every 20m', '5 * * * *'),
      schedule({ at: ['2026-10-25 02:30', '2026-10-25 03:00'] }),
    )
    const zone = fc.constantFrom('UTC', 'Europe/Berlin', 'Australia/Lord_Howe')
    const from = fc.integer({
      min: Date.parse('2026-10-24T20:00:00Z'),
      max: Date.parse('2026-10-25T03:00:00Z'),
    })
    fc.assert(
      fc.property(written, zone, from, fc.nat(8 * hour), fc.nat(hour), (one, where, after, length, age) => {
        const anchor = after - age
        const until = after + length
        const { expressions, at } = one
        const listed = compileCalendar({ expressions, at, timezone: where, seed: 'report' }).enumerate(
          after,
          until,
          anchor,
          Number.POSITIVE_INFINITY,
        )
        const times = calendar(one, where).between(after, until, anchor)
        expect(times?.due ?? []).toEqual(listed)
        expect(times?.until ?? null).toBe(listed.at(-1) ?? null)
      }),
    )
  })
})

describe('what identifies a schedule', () => {
  const zone = process.env.TZ
  afterEach(() => {
    if (zone === undefined) delete process.env.TZ
    else process.env.TZ = zone
  })

  it('is its times and their zone, and none of the other rules', () => {
    const report = identity({ schedule: cron('0 2 * * *') })
    expect(identity({ schedule: cron('0 2 * * *'), overlap: { kind: 'queue', max: 3 }, locks: ['db'] })).toBe(
      report,
    )
    for (const other of [
      { schedule: cron('0 3 * * *') },
      { schedule: cron('0 2 * * *', '0 3 * * *') },
      { schedule: schedule({ at: ['2026-09-21 16:00'] }) },
      { schedule: schedule({ predicate }) },
      { schedule: cron('0 2 * * *'), timezone: 'Asia/Tokyo' },
    ])
      expect(identity(other)).not.toBe(report)
  })

  it('is another one once the machine is in another zone, unless the job has its own', () => {
    const of = (place: string, timezone: string | null): string => {
      process.env.TZ = place
      return identity({ schedule: cron('0 2 * * *'), timezone })
    }
    expect(of('Europe/Berlin', null)).not.toBe(of('Asia/Tokyo', null))
    expect(of('Europe/Berlin', 'UTC')).toBe(of('Asia/Tokyo', 'UTC'))
    expect(of('Asia/Tokyo', null)).toBe(of('Europe/Berlin', 'Asia/Tokyo'))
  })

  it('is all that its calendar needs, whatever is declared by then', () => {
    const kept = identity({ schedule: cron('30 2 * * *'), timezone: 'Europe/Berlin' })
    const next = calendarOf('report', kept).next(start, start)
    expect(next).toBe(Date.parse('2026-09-22T00:30:00Z'))
  })
})

describe('what was due by the schedule of a record', () => {
  const record = (kept: string): StoredJob => ({
    program: 'report',
    coveredUntil: start,
    anchor: start,
    schedule: kept,
    disabledBy: null,
    progress: [],
    lastDueAt: 0,
    lastTriggeredAt: 0,
  })
  const dueOf = (kept: string) => jobCalendars().dueOf(record(kept), start + 2 * minute)?.due ?? null

  it('comes after what is covered', () => {
    expect(dueOf(identity({ schedule: cron('* * * * *') }))).toEqual([start + minute, start + 2 * minute])
  })

  it('is nothing where only a function could tell', () => {
    expect(dueOf(identity({ schedule: schedule({ predicate }) }))).toBeNull()
  })

  it('is nothing where another version wrote it so that it cannot be read', () => {
    expect(dueOf('* * * * *')).toBeNull()
    expect(dueOf('{"expressions":7}')).toBeNull()
  })
})

describe('a blackout', () => {
  const within = (blackout: readonly BlackoutWindow[], time: string, timezone: string | null = 'UTC') =>
    blackoutOf(aJob({ blackout, timezone }), Date.parse(time))

  it('has its beginning, and not its end', () => {
    const nights = [{ from: '0 22 * * *', forMs: 8 * hour }]
    expect(within(nights, '2026-09-21T21:59:59Z')).toBeNull()
    expect(within(nights, '2026-09-21T22:00:00Z')).toBe('0 22 * * * for 8h')
    expect(within(nights, '2026-09-22T05:59:59Z')).toBe('0 22 * * * for 8h')
    expect(within(nights, '2026-09-22T06:00:00Z')).toBeNull()
  })

  it('is meant in the zone of its job', () => {
    const days = [{ from: '2026-12-24 00:00', to: '2026-12-27 00:00' }]
    expect(within(days, '2026-12-23T23:30:00Z')).toBeNull()
    expect(within(days, '2026-12-23T23:30:00Z', 'Europe/Berlin')).toBe('2026-12-24 00:00 to 2026-12-27 00:00')
  })

  it('is none where a job has none', () => {
    expect(within([], '2026-12-24T12:00:00Z')).toBeNull()
  })
})

describe('what is made up for', () => {
  it('may be as much as is listed, and no more', () => {
    const accepts = (max: number): boolean =>
      v.is(job, { command: './report.sh', schedule: '* * * * *', missed: { policy: 'all', max } })
    expect([accepts(mostListed), accepts(mostListed + 1)]).toEqual([true, false])
  })
})
