/**
 * Events by the ten thousand a second, in a process of its own: the agent's own reconciler, store and listeners, and nothing else of it, so that what
 * is measured is theirs. Asked by one argument, JSON; tells what it is at as lines of JSON.
 */
import { join } from 'node:path'
import process from 'node:process'
import { Listeners } from '../../src/agent/listeners/listeners.ts'
import { EventFeed } from '../../src/agent/reconcile/event-feed.ts'
import { Reconciler } from '../../src/agent/reconcile/reconciler.ts'
import { viewEvent } from '../../src/agent/views.ts'
import { systemClock } from '../../src/clock.ts'
import { noOverrides } from '../../src/domain/events/event-level.ts'
import type { Listener } from '../../src/domain/events/listener.ts'
import { openSqliteStore } from '../../src/store/sqlite/open.ts'

export interface FloodRequest {
  readonly folder: string
  readonly shim: string
  readonly hostPath: string
  readonly listeners: readonly Listener[]
  readonly perSecond: number
  readonly seconds: number
}

export interface FloodTold {
  readonly second: number
  readonly events: number
  readonly rssBytes: number
  readonly lag: Readonly<Record<string, number>>
  readonly failed: readonly { readonly listener: string; readonly reason: string; readonly others: number }[]
  readonly isOver: boolean
}

const draftEveryMs = 20

async function flood({
  folder,
  shim,
  hostPath,
  listeners: declared,
  perSecond,
  seconds,
}: FloodRequest): Promise<void> {
  const store = openSqliteStore(join(folder, 'drover.db'))
  const complain = (message: string, error: unknown): void => console.error(message, error)
  const feed = new EventFeed(complain)
  const reconciler = new Reconciler({
    clock: systemClock,
    store,
    node: 'flood',
    random: Math.random,
    newRunId: () => 'r',
    act: () => {},
    publish: (events, slots) => feed.publish(events, slots),
    blackoutOf: () => null,
    complain,
  })
  const listeners = new Listeners({
    clock: systemClock,
    store,
    shim,
    hostPath,
    node: 'flood',
    environment: process.env,
    groupOf: (program) => program,
    view: (event) => viewEvent(event, null, noOverrides),
    tell: (change) => reconciler.tell(change),
    say: (level, text) => console.error(level, text),
    complain,
  })
  const failed: { listener: string; reason: string; others: number }[] = []
  let events = 0
  feed.listen((recorded) => {
    events += recorded.length
    for (const event of recorded) if (event.kind === 'listener.failed') failed.push(event.data)
    listeners.notice(recorded)
  })
  const declare = await listeners.declare(declared)
  await reconciler.request(declare)
  await listeners.follow()
  const began = systemClock.monotonic()
  const tell = (isOver: boolean): void => {
    const lag = Object.fromEntries(
      listeners.all().map(({ listener, position }) => [listener.name, listeners.lastEvent - position]),
    )
    const second = Math.round((systemClock.monotonic() - began) / 1000)
    const told: FloodTold = { second, events, rssBytes: process.memoryUsage.rss(), lag, failed, isOver }
    process.stdout.write(`${JSON.stringify(told)}\n`)
  }
  const watch = setInterval(() => tell(false), 1000)
  let made = 0
  for (;;) {
    const passedMs = systemClock.monotonic() - began
    if (passedMs >= seconds * 1000) break
    const due = Math.floor((passedMs / 1000) * perSecond) - made
    made += due
    await reconciler.request((draft) => {
      for (let count = 0; count < due; count++)
        draft.event(
          'run.output',
          {
            stream: 'stdout',
            text: `line ${made + count} of what a busy program has to say\n`,
            from: 0,
            to: 48,
          },
          { program: 'busy', slot: 'busy:0', run: '1m8ekpyrn21hqk' },
        )
    })
    await new Promise((resolve) => setTimeout(resolve, draftEveryMs))
  }
  const isWell = (name: string): boolean => name !== 'hung'
  while (listeners.all().some(({ listener, isAtHead }) => isWell(listener.name) && !isAtHead))
    await new Promise((resolve) => setTimeout(resolve, 50))
  clearInterval(watch)
  tell(true)
  await listeners.close()
  reconciler.close()
  await store.close()
}

void flood(JSON.parse(process.argv[2] ?? '') as FloodRequest)
