import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { type DroverEvent, type EventData, type EventKind, eventLevels } from '../events/event.ts'
import { aRoute, noUsage } from '../testing/samples.ts'
import type { Delivery } from './alert.ts'
import { AlertBook, type AlertState, noAlertState, silenceMs } from './alert-book.ts'
import { type AlertSettings, noAlerts, type Route } from './alert-settings.ts'

const minute = 60_000
const hour = 60 * minute
const start = Date.parse('2026-09-21T12:00:00Z')

const ended = {
  occurrence: 'o',
  dueAt: '',
  attempts: 1,
  lastedMs: 1,
  exitCode: 1,
  detail: 'exited with code 1',
}
let lastId = 0
function anEvent<K extends EventKind>(
  kind: K,
  data: EventData[K],
  subject: Partial<DroverEvent> = {},
): DroverEvent {
  lastId += 1
  return {
    id: lastId,
    kind,
    data,
    at: start,
    program: null,
    slot: null,
    run: null,
    customData: null,
    ...subject,
  } as DroverEvent
}
const failed = (program = 'report') => anEvent('job.failed', ended, { program })
const succeeded = (program = 'report') => anEvent('job.succeeded', { ...ended, exitCode: 0 }, { program })

/** Lives through events and times; each step is recorded, as the agent does it. */
class Bench {
  state: AlertState = noAlertState
  readonly rows = new Map<string, Delivery>()
  readonly told: string[] = []
  settings: AlertSettings
  now = start
  private ids = 0

  constructor(...routes: Route[]) {
    this.settings = { ...noAlerts, routes }
  }

  take(...events: DroverEvent[]): void {
    this.step((book) => {
      for (const event of events)
        book.take(
          {
            event: { ...event, at: this.now },
            group: event.program,
            labels: { stage: 'production' },
            title: null,
            level: eventLevels[event.kind],
          },
          this.now,
        )
    })
  }

  /** Looks whenever there is something to look at. */
  pass(ms: number): void {
    const end = this.now + ms
    for (let round = 0; round < 10_000; round += 1) {
      const next = this.book().nextLook()
      if (next === null || next > end) break
      this.now = Math.max(this.now, next)
      this.step((book) => book.look(this.now))
    }
    this.now = end
  }

  get open(): string[] {
    return [...this.state.alerts.values()].map(({ condition }) => condition)
  }

  private book(): AlertBook {
    const newId = (): string => {
      this.ids += 1
      return String(this.ids).padStart(8, '0')
    }
    return new AlertBook(this.state, this.settings, { node: 'alpha', newId })
  }

  private step(change: (book: AlertBook) => void): void {
    const book = this.book()
    change(book)
    this.state = book.state()
    for (const row of book.changes().deliveries) {
      this.rows.set(row.id, row)
      if (row.state === 'pending')
        this.told.push(`${row.channel} ${row.notice.kind} ${row.notice.condition} ${row.notice.count}`)
    }
  }
}

describe('a trouble', () => {
  it('P-F6: is told once while it lasts, and that it is over', () => {
    const bench = new Bench(aRoute())
    bench.take(failed())
    bench.take(failed(), failed())
    bench.pass(24 * hour)
    expect(bench.told).toEqual(['chat raised job report 1'])
    bench.take(succeeded())
    expect(bench.told.slice(1)).toEqual(['chat cleared job report 3'])
    expect(bench.open).toEqual([])
    bench.take(failed())
    expect(bench.told.slice(2)).toEqual(['chat raised job report 1'])
  })

  it('P-F6: that two routes tell to one channel comes there once, and so does its end', () => {
    const bench = new Bench(
      aRoute({ name: 'failures', match: { events: ['job.failed'] } }),
      aRoute({ name: 'critical', to: ['chat', 'pager'], digest: { count: 1, withinMs: minute } }),
      aRoute({ name: 'third', to: ['pager'] }),
    )
    bench.take(failed(), failed())
    expect(bench.told).toEqual(['chat raised job report 1', 'pager raised job report 1'])
    bench.take(succeeded())
    // What one route keeps for its digest another one tells at once.
    expect(bench.told.slice(2)).toEqual(['chat cleared job report 2', 'pager cleared job report 2'])
    expect(bench.open).toEqual([])
  })

  it('P-F6: is told again after the repeat interval, also when nothing new happens', () => {
    const bench = new Bench(aRoute({ repeatMs: hour }))
    bench.take(failed())
    bench.pass(2.5 * hour)
    expect(bench.told.map((text) => text.split(' ')[1])).toEqual(['raised', 'repeated', 'repeated'])
  })

  it('is told after so many in a row', () => {
    const bench = new Bench(aRoute({ after: 3 }))
    bench.take(failed(), failed(), succeeded(), failed(), failed())
    expect(bench.told).toEqual([])
    bench.take(failed())
    expect(bench.told).toEqual(['chat raised job report 3'])
  })

  it('that came not often enough is over without a word', () => {
    const bench = new Bench(aRoute({ after: 2 }))
    bench.take(failed(), succeeded())
    expect([bench.told, bench.open]).toEqual([[], []])
  })

  it('is over without a word where nobody wants to know', () => {
    const bench = new Bench(aRoute({ tellsRecovery: false }))
    bench.take(failed(), succeeded())
    expect(bench.told).toHaveLength(1)
  })

  it('that nothing ends is over when it was quiet for an hour', () => {
    const skipped = (): DroverEvent =>
      anEvent(
        'job.skipped',
        { occurrence: 'o', dueAt: '', reason: 'still_running', detail: '', blockedBy: null },
        { program: 'report' },
      )
    const bench = new Bench(aRoute())
    bench.take(skipped(), skipped())
    bench.pass(silenceMs - 1)
    bench.take(skipped())
    expect(bench.told).toHaveLength(1)
    bench.pass(silenceMs)
    expect(bench.open).toEqual([])
    bench.take(skipped())
    expect(bench.told).toHaveLength(2)
  })

  it('of one slot is none of another', () => {
    const gaveUp = (slot: string): DroverEvent =>
      anEvent('slot.gave_up', { from: 'backoff', quickExits: 3, reason: 'x' }, { program: 'web', slot })
    const bench = new Bench(aRoute())
    bench.take(gaveUp('web:0'), gaveUp('web:1'), gaveUp('web:0'))
    expect(bench.told).toEqual(['chat raised service web:0 1', 'chat raised service web:1 1'])
    bench.take(anEvent('slot.running', { from: 'starting' }, { program: 'web', slot: 'web:1' }))
    expect(bench.told.slice(2)).toEqual(['chat cleared service web:1 1'])
  })

  it('whose route is gone is forgotten', () => {
    const bench = new Bench(aRoute())
    bench.take(failed())
    bench.settings = noAlerts
    bench.pass(1)
    expect(bench.open).toEqual([])
  })
})

describe('a route', () => {
  const cases: [what: string, route: Parameters<typeof aRoute>[0], events: DroverEvent[], told: number][] = [
    ['a family means what is serious', { match: { events: ['job.*'] } }, [succeeded()], 0],
    ['a name means what is named', { match: { events: ['job.succeeded'] } }, [succeeded()], 1],
    ['of another program', { match: { programs: ['other'] } }, [failed()], 0],
    ['a pattern of programs', { match: { programs: ['re*'] } }, [failed()], 1],
    ['a group', { match: { groups: ['report'] } }, [failed()], 1],
    ['another group', { match: { groups: ['x'] } }, [failed()], 0],
    ['not serious enough', { match: { level: 'critical' } }, [failed()], 0],
    [
      'an event of no program, for programs',
      { match: { programs: ['*'] } },
      [anEvent('config.refused', { message: '', problems: [] })],
      0,
    ],
    ['two channels', { to: ['chat', 'mail'] }, [failed()], 2],
    [
      'custom data that fits',
      { match: { customData: { critical: true } } },
      [{ ...failed(), customData: { critical: true, team: 'x' } } as DroverEvent],
      1,
    ],
    [
      'custom data that does not',
      { match: { customData: { critical: true } } },
      [{ ...failed(), customData: { critical: 'true' } } as DroverEvent],
      0,
    ],
    ['no custom data', { match: { customData: { critical: true } } }, [failed()], 0],
    ['a node with the label', { match: { labels: { stage: 'production' } } }, [failed()], 1],
    ['a node with another value of it', { match: { labels: { stage: 'test' } } }, [failed()], 0],
    [
      'a node with one label of two',
      { match: { labels: { stage: 'production', zone: 'a' } } },
      [failed()],
      0,
    ],
    [
      'nothing follows from an alert',
      {},
      [anEvent('alert.raised', { alert: '', condition: '', route: '', event: 1, channels: [] })],
      0,
    ],
    [
      'the channel itself',
      { match: { events: ['delivery.gave_up'] } },
      [anEvent('delivery.gave_up', { delivery: '', channel: 'chat', attempts: 1, reason: '' })],
      0,
    ],
    [
      'another channel',
      { match: { events: ['delivery.gave_up'] } },
      [anEvent('delivery.gave_up', { delivery: '', channel: 'mail', attempts: 1, reason: '' })],
      1,
    ],
  ]
  test.each(cases)('%s', (_what, route, events, told) => {
    const bench = new Bench(aRoute(route))
    bench.take(...events)
    expect(bench.told).toHaveLength(told)
  })
})

describe('quiet hours', () => {
  const quiet = { from: 22 * 60, to: 7 * 60, timezone: 'Europe/Berlin', except: 'critical' as const }
  const at = (text: string): number => Date.parse(text)

  it('put off what still lasts at their end', () => {
    const bench = new Bench(aRoute({ quiet }))
    bench.now = at('2026-09-21T21:30:00Z')
    bench.take(failed(), failed('other'))
    bench.take(succeeded('other'))
    bench.pass(12 * hour)
    expect(bench.told).toEqual(['chat raised job report 1'])
    expect([...bench.rows.values()][0]?.createdAt).toBe(at('2026-09-22T05:00:00Z'))
  })

  it('put off the note that it is over', () => {
    const bench = new Bench(aRoute({ quiet }))
    bench.now = at('2026-09-21T19:59:00Z')
    bench.take(failed())
    bench.pass(2 * minute)
    bench.take(succeeded())
    expect(bench.told).toHaveLength(1)
    bench.pass(12 * hour)
    expect(bench.told.slice(1)).toEqual(['chat cleared job report 1'])
    expect(bench.open).toEqual([])
  })

  it('hold back nothing as serious as they except', () => {
    const bench = new Bench(aRoute({ quiet }))
    bench.now = at('2026-09-21T21:30:00Z')
    bench.take(anEvent('config.refused', { message: '', problems: [] }))
    expect(bench.told).toHaveLength(1)
  })

  it('end by the clocks of their zone in the night in which they are changed', () => {
    const bench = new Bench(aRoute({ quiet }))
    bench.now = at('2026-10-24T21:00:00Z')
    bench.take(failed())
    bench.pass(24 * hour)
    expect([...bench.rows.values()][0]?.createdAt).toBe(at('2026-10-25T06:00:00Z'))
  })
})

describe('a storm', () => {
  const digest = { count: 5, withinMs: minute }

  it('of 1,000 failing jobs is a few alerts and one digest, and nothing is lost from the history', () => {
    const bench = new Bench(aRoute({ digest }))
    for (let index = 0; index < 1000; index += 1) {
      bench.take(failed(`job${index}`))
      bench.pass(50)
    }
    bench.pass(2 * minute)
    expect(bench.told).toHaveLength(6)
    expect(bench.told[5]).toBe('chat digest digest 995')
    const rows = [...bench.rows.values()]
    expect(rows.filter(({ state }) => state === 'digested')).toHaveLength(995)
    expect(rows.filter(({ state }) => state === 'held')).toEqual([])
    const one = rows.find(({ notice }) => notice.kind === 'digest')
    expect(one?.notice.lines).toHaveLength(20)
    expect(new Set(rows.filter(({ state }) => state === 'digested').map(({ digest: id }) => id))).toEqual(
      new Set([one?.id]),
    )
  })

  it('of one too many is told as it is', () => {
    const bench = new Bench(aRoute({ digest }))
    for (let index = 0; index < 6; index += 1) bench.take(failed(`job${index}`))
    bench.pass(minute)
    expect(bench.told[5]).toBe('chat raised job job5 1')
  })

  it('of one channel is none of another', () => {
    const bench = new Bench(
      aRoute({ digest, to: ['chat'] }),
      aRoute({ name: 'few', to: ['mail'], digest, match: { programs: ['job9'] } }),
    )
    for (let index = 0; index < 20; index += 1) bench.take(failed(`job${index}`))
    expect(bench.told.filter((text) => text.startsWith('mail'))).toEqual(['mail raised job job9 1'])
  })
})

test('whatever happens: one alert of a condition by route, all told that is told once, and the same from wherever one begins', () => {
  const anyStep = fc.oneof(
    fc.record({
      kind: fc.constantFrom('failed', 'succeeded', 'overdue', 'ended'),
      name: fc.constantFrom('a', 'b'),
    }),
    fc.record({ kind: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 3 * hour }) }),
  )
  const anyRoute = fc.record({
    after: fc.integer({ min: 1, max: 3 }),
    repeatMs: fc.constantFrom(null, hour),
    tellsRecovery: fc.boolean(),
    quiet: fc.constantFrom(null, { from: 12 * 60, to: 13 * 60, timezone: 'UTC', except: null }),
    digest: fc.constantFrom(null, { count: 1, withinMs: 10 * minute }),
  })
  fc.assert(
    fc.property(anyRoute, fc.array(anyStep, { maxLength: 40 }), (route, steps) => {
      const bench = new Bench(aRoute(route))
      for (const step of steps) {
        if ('ms' in step) bench.pass(step.ms)
        else if (step.kind === 'failed') bench.take(failed(step.name))
        else if (step.kind === 'succeeded') bench.take(succeeded(step.name))
        else if (step.kind === 'overdue')
          bench.take(
            anEvent(
              'run.overdue',
              { warnAfterMs: 1, lastedMs: 1 },
              { program: step.name, slot: `${step.name}:0`, run: `r${step.name}` },
            ),
          )
        else
          bench.take(
            anEvent(
              'run.ended',
              { end: { kind: 'exited', code: 0, durationMs: 1, endedAt: 0, usage: noUsage } },
              { program: step.name, slot: `${step.name}:0`, run: `r${step.name}` },
            ),
          )
        expect(new Set(bench.open).size).toBe(bench.open.length)
      }
      bench.take(succeeded('a'), succeeded('b'))
      bench.pass(48 * hour)
      const rows = [...bench.rows.values()]
      expect(rows.filter(({ state }) => state === 'held')).toEqual([])
      const byAlert = new Map<string | null, string[]>()
      for (const { alert, notice } of rows.filter(({ notice: { kind } }) => kind !== 'digest'))
        byAlert.set(alert, [...(byAlert.get(alert) ?? []), notice.kind])
      for (const kinds of byAlert.values()) {
        expect(kinds[0]).toBe('raised')
        expect(kinds.filter((kind) => kind === 'raised')).toHaveLength(1)
        expect(kinds.filter((kind) => kind === 'cleared').length).toBeLessThanOrEqual(1)
      }
    }),
  )
})
