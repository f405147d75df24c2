/** Events as a stream of server-sent events: from an id on, over the death of the agent, and for a reader that takes its time. */
import { request } from 'node:http'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readEventStream } from '../../src/contract/event-stream.ts'
import type { EventView } from '../../src/contract/views.ts'
import { follow } from '../harness/command-line.ts'
import { type House, openHouse } from '../harness/house.ts'

/** As a browser would, that comes back: the address of its first time, and what it received last. */
async function take(house: House, count: number, path: string, lastEventId?: number): Promise<EventView[]> {
  const headers = lastEventId === undefined ? {} : { 'last-event-id': String(lastEventId) }
  const sent = request({ socketPath: join(house.dataDir, 'agent.sock'), path, headers, agent: false }).end()
  const events: EventView[] = []
  try {
    const answer = await new Promise<AsyncIterable<Uint8Array>>((resolve, reject) => {
      sent.once('response', resolve).once('error', reject)
    })
    for await (const { id, data } of readEventStream(answer)) {
      const event = JSON.parse(data) as EventView
      expect(id).toBe(String(event.id))
      events.push(event)
      if (events.length === count) break
    }
  } finally {
    sent.destroy()
  }
  return events
}

async function begin(): Promise<House> {
  const house = openHouse()
  house.configureJobs({ tick: { command: 'true', schedule: 'manual' } })
  await house.startAgent()
  return house
}

async function tick(house: House, times: number): Promise<void> {
  for (let time = 0; time < times; time++) await house.api.triggerJob({ job: 'tick', wait: true })
}

test('a client that comes back goes on after what it received last, over the death of the agent', async () => {
  const house = await begin()
  await tick(house, 3)
  const first = await take(house, 5, '/v1/events/stream?after=0')
  await house.killAgent()
  await house.startAgent()
  await tick(house, 2)
  const all = await house.api.listEvents({ limit: 1000 })
  // The header is newer than the address.
  const rest = await take(house, all.length - 5, '/v1/events/stream?after=0', first.at(-1)?.id)
  expect([...first, ...rest]).toEqual(all)
  expect(all.map(({ id }) => id)).toEqual(all.map((_, index) => index + 1))
})

test('drover events -f --after shows what came after an event, then what comes, each once, over the death of the agent', async () => {
  const house = await begin()
  await tick(house, 2)
  const following = follow(house, [
    'events',
    '-f',
    '--after',
    '3',
    '--json',
    '-k',
    'job.*',
    '-k',
    'agent.started',
  ])
  await following.waitFor('job.succeeded')
  await house.killAgent()
  await house.startAgent()
  await following.waitFor('agent.started')
  await tick(house, 1)
  const wanted = (
    await house.api.listEvents({ after: 3, kinds: ['job.*', 'agent.started'], limit: 1000 })
  ).map(({ id }) => id)
  await following.waitFor(`"id":${wanted.at(-1)},`)
  const { stdout } = await following.end()
  const shown = stdout
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as EventView).id)
  expect(shown).toEqual(wanted)
})
