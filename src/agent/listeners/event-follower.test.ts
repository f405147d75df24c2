/** One listener over a real store, with a clock that stands still and a receiver that does what a test says. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { EventView } from '../../contract/views.ts'
import type { DroverEvent, NewEvent } from '../../domain/events/event.ts'
import { noOverrides } from '../../domain/events/event-level.ts'
import { aListener } from '../../domain/testing/samples.ts'
import { anEvent } from '../../store/conformance/samples.ts'
import { openSqliteStore } from '../../store/sqlite/open.ts'
import type { Store } from '../../store/store.ts'
import { FakeClock } from '../../testing/fake-clock.ts'
import { viewEvent } from '../views.ts'
import { EventFollower } from './event-follower.ts'
import type { DeliveryEnd, DeliveryNews, Receiver } from './receiver.ts'

type Deliver = (event: EventView, news: DeliveryNews) => DeliveryEnd | null

let folder: string
let store: Store
let clock: FakeClock
let head = 0
let follower: EventFollower
let handled: number[]
let recorded: { kind: string; data: Record<string, unknown>; cursor: number }[]
let complaints: string[]
/** Null goes on. */
let deliver: Deliver

const well: Deliver = ({ id }, { handled }) => {
  handled(id)
  return null
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'drover-follower-'))
  store = openSqliteStore(join(folder, 'drover.db'))
  clock = new FakeClock()
  head = 0
  handled = []
  recorded = []
  complaints = []
  deliver = well
  follower = newFollower(0)
})
afterEach(async () => {
  follower.close()
  expect(clock.pending).toBe(0)
  await store.close()
  rmSync(folder, { recursive: true })
})

function newFollower(position: number, changes: Parameters<typeof aListener>[0] = {}): EventFollower {
  const receiver: Receiver = {
    async deliver(events, news) {
      for (const event of events) {
        if (!news.mayGoOn()) break
        handled.push(event.id)
        const end = deliver(event, news)
        if (end) return end
      }
      return { kind: 'done' }
    },
    reload() {},
    close() {},
  }
  return new EventFollower(aListener(changes), position, {
    clock,
    store,
    head: () => head,
    groupOf: (program) => program,
    view: (event) => viewEvent(event, null, noOverrides),
    receive: () => receiver,
    onMoved: () => {},
    record: (kind, data, cursor) => recorded.push({ kind, data: { ...data }, cursor }),
    complain: (message) => complaints.push(message),
  })
}

async function happen(...events: NewEvent[]): Promise<DroverEvent[]> {
  const recorded = await store.record({ events })
  head = recorded.at(-1)?.id ?? head
  follower.notice(recorded)
  return recorded
}

const many = (count: number): NewEvent[] => Array.from({ length: count }, (_, at) => anEvent(at))
const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1)
const atRest = (): Promise<void> => vi.waitFor(() => expect(follower.state).not.toBe('working'))

it('hands on all in order, page by page', async () => {
  await happen(...many(700))
  await atRest()
  expect(handled).toEqual(upTo(700))
  expect([follower.position, follower.state]).toEqual([700, 'idle'])
})

it('goes past what is not meant for it without a look into the store', async () => {
  follower.close()
  follower = newFollower(0, { on: ['run.*'] })
  const page = vi.spyOn(store, 'pageEvents')
  await happen(...many(3))
  expect([follower.position, page.mock.calls.length]).toEqual([3, 0])
  await happen(
    ...many(1),
    anEvent(1, { kind: 'run.started', data: { pid: 1 } } as Partial<NewEvent>),
    ...many(1),
  )
  await atRest()
  expect([handled, follower.position]).toEqual([[5], 6])
})

it('tells the first of each kind of trouble, counts the others, and tells of them after a minute', async () => {
  deliver = ({ id }, { failed }) => {
    failed(id, `no ${id}`)
    return null
  }
  await happen(...many(4))
  await atRest()
  const listener = 'pager'
  expect(recorded).toEqual([
    { kind: 'listener.failed', data: { listener, event: 1, reason: 'no 1', others: 0 }, cursor: 1 },
  ])
  expect([follower.failures, follower.lastFailure?.reason, follower.position]).toEqual([4, 'no 4', 4])
  clock.advance(60_000)
  expect(recorded.slice(1)).toEqual([
    { kind: 'listener.failed', data: { listener, event: 4, reason: 'no 4', others: 2 }, cursor: 4 },
  ])
  clock.advance(60_000)
  expect(recorded).toHaveLength(2)
})

it('goes on with the event after the one that it was lost at, after longer and longer pauses', async () => {
  deliver = (event, news) =>
    event.id < 4 ? { kind: 'lost', event: event.id, reason: 'it hung' } : well(event, news)
  await happen(...many(5))
  for (const [waitMs, at] of [
    [1000, 1],
    [2000, 2],
    [4000, 3],
  ] as const) {
    await atRest()
    expect([follower.state, follower.position]).toEqual(['pausing', at])
    clock.advance(waitMs - 1)
    expect(follower.state).toBe('pausing')
    clock.advance(1)
  }
  await atRest()
  expect([handled, follower.position]).toEqual([upTo(5), 5])
  expect(recorded.map(({ data }) => [data.event, data.others])).toEqual([[1, 0]])
})

it('loses no event to a receiver that cannot be begun', async () => {
  deliver = () => ({ kind: 'absent', reason: 'the file is gone' })
  await happen(...many(2))
  await atRest()
  expect([follower.position, recorded[0]?.data.event]).toEqual([0, null])
  deliver = well
  clock.advance(1000)
  await atRest()
  expect(handled).toEqual([1, 1, 2])
})

it('makes no event of what goes wrong at an event about a listener', async () => {
  deliver = ({ id }, { failed }) => {
    failed(id, 'again')
    return null
  }
  const data = { listener: 'other', event: 1, reason: 'it threw', others: 0 }
  await happen(anEvent(1, { kind: 'listener.failed', data } as Partial<NewEvent>))
  await atRest()
  clock.advance(60_000)
  expect([recorded, follower.failures, complaints]).toEqual([
    [],
    1,
    ['Listener pager failed at an event about a listener'],
  ])
})

it('tells what was forgotten before it came to it', async () => {
  deliver = () => ({ kind: 'absent', reason: 'not yet' })
  await happen(...many(10))
  await atRest()
  await store.trim({ keepRuns: 1, keepEvents: 3, keepDeliveries: 1, forgottenBefore: 0 })
  deliver = well
  handled = []
  clock.advance(1000)
  await atRest()
  expect(recorded.at(-1)).toEqual({
    kind: 'listener.lagged',
    data: { listener: 'pager', from: 1, to: 7 },
    cursor: 7,
  })
  expect(handled).toEqual([8, 9, 10])
})

it('goes on where it was when the store could not be read', async () => {
  vi.spyOn(store, 'pageEvents').mockRejectedValueOnce(new Error('disk'))
  await happen(...many(2))
  await atRest()
  expect([follower.state, complaints]).toEqual(['pausing', ['Listener pager could not go on']])
  clock.advance(1000)
  await atRest()
  expect(handled).toEqual([1, 2])
})

it('takes another definition between two events', async () => {
  deliver = (event, news) => {
    if (event.id === 2) follower.change(aListener({ on: ['run.*'] }))
    return well(event, news)
  }
  await happen(...many(5))
  await atRest()
  expect([handled, follower.position]).toEqual([[1, 2], 5])
})
