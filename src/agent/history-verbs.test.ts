/** The stream of events joins what was recorded with what happens: each once, in order, whenever the listening began. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { EventView } from '../contract/views.ts'
import type { NewEvent } from '../domain/events/event.ts'
import { aProgram } from '../domain/testing/samples.ts'
import { anEvent, anOutput, aRun } from '../store/conformance/samples.ts'
import { openSqliteStore } from '../store/sqlite/open.ts'
import type { Store } from '../store/store.ts'
import { makeRunDirectory } from '../testing/run-directories.ts'
import type { Agent } from './agent.ts'
import { HistoryVerbs } from './history-verbs.ts'
import { toProgramSet } from './programs.ts'
import { EventFeed } from './reconcile/event-feed.ts'
import { SlotVerbs } from './slot-verbs.ts'

let folder: string
let store: Store
let feed: EventFeed
let verbs: HistoryVerbs
let abort: AbortController

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'drover-history-'))
  store = openSqliteStore(join(folder, 'drover.db'))
  feed = new EventFeed(() => {})
  abort = new AbortController()
  const programs = toProgramSet([{ program: aProgram({ name: 'app:mailer', group: 'app' }), source: 'file' }])
  const agent = {
    feed,
    programs,
    options: { store, data: { runs: folder }, hostPath: join(folder, 'config-host.cjs') },
    titleOf: () => null,
    levels: {},
    keeper: new Map(),
    reconciler: { slots: new Map([['app:mailer:0', { name: 'app:mailer:0', program: 'app:mailer' }]]) },
  }
  verbs = new HistoryVerbs(agent as unknown as Agent, new SlotVerbs(agent as unknown as Agent))
})
afterEach(async () => {
  abort.abort()
  await store.close()
  rmSync(folder, { recursive: true })
})

/** As the reconciler does it: recorded, then told. */
async function happen(...events: NewEvent[]): Promise<void> {
  feed.publish(await store.record({ events }), new Set())
}

function follow(query: { after?: number; kinds?: string[]; targets?: string[] } = {}) {
  const seen: EventView[] = []
  const stream = verbs.streamEvents({ kinds: [], targets: [], signal: abort.signal, ...query })
  const done = (async () => {
    for await (const event of stream) seen.push(event)
  })()
  return { seen, done, ids: () => seen.map(({ id }) => id) }
}

const sees = (reader: { ids(): number[] }, ids: number[]): Promise<void> =>
  vi.waitFor(() => expect(reader.ids()).toEqual(ids), { timeout: 10_000, interval: 5 })
const upTo = (count: number, from = 1): number[] => Array.from({ length: count }, (_, index) => from + index)

describe('the past of a program that is no longer declared', () => {
  it('can still be asked for by its names, as long as a run of it is known', async () => {
    await store.record({ claimedRuns: [aRun('r1', { slot: 'old:job:0', program: 'old:job' }), aRun('r2')] })
    for (const target of ['old:job', 'old:job:0', 'old:*', 'old:j*']) {
      const runs = await verbs.listRuns({ targets: [target], limit: 10 })
      expect(
        runs.map(({ id }) => id),
        target,
      ).toEqual(['r1'])
    }
    await expect(verbs.listRuns({ targets: ['nobody'], limit: 10 })).rejects.toMatchObject({
      code: 'not_found',
    })
  })
})

describe('the stream of events', () => {
  it('replays from an id on and then goes on live', async () => {
    await happen(anEvent(1), anEvent(2), anEvent(3))
    const reader = follow({ after: 1 })
    await sees(reader, [2, 3])
    await happen(anEvent(4))
    await sees(reader, [2, 3, 4])
  })

  it('without an id tells only what happens from then on', async () => {
    await happen(anEvent(1))
    const reader = follow()
    await vi.waitFor(async () => {
      await happen(anEvent(2))
      expect(reader.seen.length).toBeGreaterThan(0)
    })
    expect(reader.ids()[0]).toBeGreaterThan(1)
  })

  it('has no gap and nothing twice, while events come all the time', async () => {
    await happen(...upTo(2500).map((at) => anEvent(at)))
    const reader = follow({ after: 0 })
    for (let n = 0; n < 100; n++) await happen(anEvent(n), anEvent(n))
    await sees(reader, upTo(2700))
  })

  it('has no gap for a slow reader of what weighs much, and holds little of it', async () => {
    const stream = verbs.streamEvents({ after: 0, kinds: [], targets: [], signal: abort.signal })
    const text = 'x'.repeat(1024 ** 2)
    await happen(anOutput(0, text))
    const ids = [(await stream.next()).value?.id]
    for (let n = 1; n < 30; n++) await happen(anOutput(n * text.length, text))
    while (ids.length < 30) ids.push((await stream.next()).value?.id)
    expect(ids).toEqual(upTo(30))
    const page = await verbs.listEvents({ kinds: [], targets: [], limit: 100, newest: false })
    expect(page.map(({ id }) => id)).toEqual(upTo(7))
  })

  it('has no gap for a reader that is slower than all that is held for it', async () => {
    const stream = verbs.streamEvents({ after: 0, kinds: [], targets: [], signal: abort.signal })
    await happen(anEvent(0))
    const ids = [(await stream.next()).value?.id]
    for (let n = 0; n < 25; n++) await happen(...upTo(500).map((at) => anEvent(at)))
    while (ids.length < 12_501) ids.push((await stream.next()).value?.id)
    expect(ids).toEqual(upTo(12_501))
    abort.abort()
    await stream.return(undefined)
  })

  it('has no gap where more than is held comes in the moment in which the reader catches up', async () => {
    const listEvents = store.listEvents.bind(store)
    let isFirst = true
    vi.spyOn(store, 'listEvents').mockImplementation(async (query) => {
      const events = await listEvents(query)
      // Nothing was left to read, and before that is known there is more than is held.
      if (events.length === 0 && isFirst) {
        isFirst = false
        for (let n = 0; n < 30; n++) await happen(...upTo(500).map((at) => anEvent(at)))
      }
      return events
    })
    const reader = follow({ after: 0 })
    await sees(reader, upTo(15_000))
  })

  it('goes on from now where the id is one that was not given yet, as of another store', async () => {
    await happen(anEvent(1))
    const reader = follow({ after: 5000 })
    await vi.waitFor(async () => {
      await happen(anEvent(2))
      expect(reader.seen.length).toBeGreaterThan(0)
    })
  })

  it('tells of the wanted kinds and slots alone, of slots that come later as well', async () => {
    const reader = follow({ after: 0, kinds: ['slot.*'], targets: ['app:mailer'] })
    const of = { program: 'app:mailer', slot: 'app:mailer:0' }
    await happen(
      anEvent(1, of),
      anEvent(2, { ...of, kind: 'run.started', data: { pid: 1 } } as Partial<NewEvent>),
      anEvent(3, { program: 'other', slot: 'other:0' }),
      anEvent(4, { ...of, slot: 'app:mailer:7' }),
      anEvent(5, { program: null, slot: null }),
    )
    await sees(reader, [1, 4])
  })

  it('ends when it is aborted, before, while waiting and in the middle, and leaves no listener', async () => {
    const waiting = follow()
    await happen(anEvent(1), anEvent(2))
    const middle = verbs.streamEvents({ after: 0, kinds: [], targets: [], signal: abort.signal })
    await middle.next()
    abort.abort()
    await waiting.done
    expect((await middle.next()).done).toBe(true)
    await follow().done
    // @ts-expect-error A look behind the curtain: nobody listens any more.
    expect(feed.listeners.size).toBe(0)
  })
})

describe('runs by the beginning of their id', () => {
  beforeEach(async () => {
    await store.record({ claimedRuns: ['ab1', 'ab12', 'cd'].map((id) => aRun(id)) })
  })

  it('are found when there is one, or one with just this id', async () => {
    expect((await verbs.getRun('c')).run.id).toBe('cd')
    expect((await verbs.getRun('CD')).run.id).toBe('cd')
    expect((await verbs.getRun('ab1')).run.id).toBe('ab1')
  })

  it('are refused when there are more, or none', async () => {
    await expect(verbs.getRun('ab')).rejects.toMatchObject({ code: 'not_found' })
    await expect(verbs.getRun('x')).rejects.toMatchObject({ code: 'not_found' })
  })
})

it('reads the output of a run from an offset on, up to what was the end when it began', async () => {
  await store.record({ claimedRuns: [aRun('r1', { program: 'gone' })] })
  const directory = makeRunDirectory(folder, 'r1', { 'out.0': 'abcdef', 'out.6': 'ghi' })
  let text = ''
  for await (const bytes of await verbs.readRunOutput('r1', 'out', 4)) {
    text += Buffer.from(bytes).toString()
    // A writer that is faster than its reader.
    const { appendFileSync } = await import('node:fs')
    appendFileSync(join(directory, 'out.6'), 'more')
  }
  expect(text).toBe('efghi')
})
