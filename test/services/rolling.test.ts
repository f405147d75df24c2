/** Replacing processes in turns, over sockets that stay open: nobody who connects is refused, and a bad version stops after one process. */
import { Agent, get } from 'node:http'
import { createServer } from 'node:net'
import { join } from 'node:path'
import process from 'node:process'
import { expect, test } from 'vitest'
import type { ProgramConfig } from '../../src/config/config-types.generated.ts'
import { openHouse, root } from '../harness/house.ts'
import { waitFor } from '../harness/wait.ts'

const server = join(root, 'test/puppets/cooperative-server.mjs')

function web(port: number, version: string): ProgramConfig {
  return {
    command: [process.execPath, server, version],
    processes: 4,
    sockets: { http: port },
    checks: { readiness: { log: '^listening', period: '100ms' } },
    startTime: '500ms',
    stop: { grace: '20s' },
  }
}

/** Asks again and again until told to stop; every second client keeps its connection. */
class Clients {
  readonly failures: string[] = []
  readonly versions = new Set<string>()
  answers = 0
  private isOver = false
  private readonly loops: Promise<void>[]

  constructor(port: number, count: number) {
    this.loops = Array.from({ length: count }, (_, index) => this.loop(port, index % 2 === 0))
  }

  async end(): Promise<void> {
    this.isOver = true
    await Promise.all(this.loops)
  }

  private async loop(port: number, keepsAlive: boolean): Promise<void> {
    const agent = new Agent({ keepAlive: keepsAlive, maxSockets: 1 })
    while (!this.isOver) {
      try {
        this.versions.add((await ask(port, agent)).split(' ')[0] ?? '')
        this.answers += 1
      } catch (error) {
        this.failures.push((error as Error).message)
      }
    }
    agent.destroy()
  }
}

function ask(port: number, agent: Agent): Promise<string> {
  return new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, agent }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (part: string) => {
        text += part
      })
      response.once('end', () => resolve(text))
      response.once('error', reject)
    }).once('error', reject)
  })
}

async function freePort(): Promise<number> {
  return await new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })
}

test('40 clients of 4 cooperative processes notice nothing of 3 rolling restarts, and a bad version stops after one process', async () => {
  const house = openHouse()
  const port = await freePort()
  house.configure({ web: web(port, 'one') })
  await house.startAgent()
  const allReady = (): Promise<unknown> =>
    house.waitForSlots('all are ready', (slots) => slots.every(({ ready }) => ready) && slots.length === 4)
  await allReady()
  const clients = new Clients(port, 40)
  for (let round = 0; round < 3; round++) {
    const before = (await house.slots()).map(({ pid }) => pid)
    const outcomes = await house.api.restartSlots({ targets: ['web'], rolling: true })
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(['done', 'done', 'done', 'done'])
    const after = (await house.slots()).map(({ pid }) => pid)
    expect(after.filter((pid) => before.includes(pid))).toEqual([])
  }

  // A version that does not come up: the first replacement fails, the three others are not touched.
  const before = await house.slots()
  house.configure({ web: web(port, 'broken') })
  const { outcomes } = await house.api.reload({})
  expect(outcomes.map(({ outcome, message }) => `${outcome} ${message}`)).toEqual([
    expect.stringMatching(/^failed its replacement failed: exited with code 1/),
    ...Array(3).fill('failed left as it is, since the replacement of web:0 failed'),
  ])
  const spared = (await house.slots()).slice(1)
  expect(spared.map(({ pid, outdated }) => ({ pid, outdated }))).toEqual(
    before.slice(1).map(({ pid }) => ({ pid, outdated: true })),
  )
  expect((await house.api.listEvents({ kinds: ['rollout.stopped'] })).map(({ data }) => data.left)).toEqual([
    3,
  ])

  // The next good version replaces the failed one and the rest.
  house.configure({ web: web(port, 'two') })
  const good = await house.api.reload({})
  expect(good.outcomes.map(({ outcome }) => outcome)).toEqual(['done', 'done', 'done', 'done'])
  await waitFor('the new version answers', () => clients.versions.has('two'))
  await clients.end()
  expect(clients.failures).toEqual([])
  expect([...clients.versions].sort()).toEqual(['one', 'two'])
  console.info(`${clients.answers} answers, none failed`)
})

test('sockets stay open over the deaths of agents, of their holder and of all processes', async () => {
  const house = openHouse()
  const port = await freePort()
  house.configure({ web: { ...web(port, 'one'), processes: 1 } })
  await house.startAgent()
  await house.waitForSlots('it is ready', ([slot]) => slot?.ready)
  const alone = new Agent({ keepAlive: false })
  expect(await ask(port, alone)).toMatch(/^one /)

  await house.killAgent()
  expect(await ask(port, alone)).toMatch(/^one /)
  await house.startAgent()
  // While it is stopped nobody answers, and nobody is refused: the connection waits.
  await house.api.stopSlots({ targets: ['web'] })
  const waiting = ask(port, alone)
  await house.api.startSlots({ targets: ['web'] })
  expect(await waiting).toMatch(/^one /)

  const holder = house.processes().find(({ command }) => command.includes('--hold'))
  expect(holder, 'the holder lives').toBeDefined()
  process.kill(holder?.pid ?? 0, 'SIGKILL')
  const [restarted] = await house.api.restartSlots({ targets: ['web'] })
  expect(restarted).toMatchObject({ outcome: 'done' })
  expect(await ask(port, alone)).toMatch(/^one /)
})

test('a socket that somebody else has is told with its address, tried again, and harms nobody else', async () => {
  const house = openHouse()
  const stranger = createServer().listen(0, '127.0.0.1')
  await waitFor('the stranger listens', () => stranger.listening)
  const address = stranger.address()
  const port = typeof address === 'object' && address ? address.port : 0
  house.configure({ web: { ...web(port, 'one'), processes: 1 }, other: { command: 'exec sleep 1000' } })
  await house.startAgent()
  const refusal = await waitFor('it is refused', async () =>
    (await house.api.listEvents({ kinds: ['start.refused'] })).find(({ program }) => program === 'web'),
  )
  expect(refusal.data).toMatchObject({ reason: 'socket_taken' })
  expect(refusal.text).toContain(`127.0.0.1:${port}`)
  await house.waitForState('other', 'running')
  await house.waitForState('web', 'backoff')
  await new Promise((closed) => stranger.close(closed))
  await house.waitForSlots('it came up', (slots) => slots.find(({ name }) => name === 'web')?.ready)
})

test('many sockets are handed over in their order, beside the three streams', async () => {
  const house = openHouse()
  const names = Array.from({ length: 12 }, (_, index) => `s${index}`)
  house.configure({
    web: {
      command: `echo "$LISTEN_FDS $LISTEN_FDNAMES $$ $LISTEN_PID"; for fd in 3 9 14; do readlink /proc/$$/fd/$fd; done; ls /proc/$$/fd | wc -l; echo done; exec sleep 1000`,
      sockets: Object.fromEntries(names.map((name) => [name, `./${name}.sock`])),
      stop: { grace: 0 },
    },
  })
  await house.startAgent()
  const [run] = await waitFor('it runs', async () => {
    const runs = await house.api.listRuns({ targets: ['web'] })
    return runs.length > 0 && runs
  })
  const text = await waitFor('it has told', async () => {
    let told = ''
    for await (const part of await house.api.getRunOutput({ id: run?.id ?? '' }))
      told += Buffer.from(part).toString()
    return told.includes('done') && told
  })
  const [first = '', ...rest] = text.trim().split('\n')
  const [count, listed, shell, pid] = first.split(' ')
  expect({ count, listed, pid }).toEqual({ count: '12', listed: names.join(':'), pid: shell })
  expect(rest.slice(0, 3)).toEqual(Array(3).fill(expect.stringMatching(/^socket:/)))
  // 0 to 14, and what `ls` itself or the shell has open at most.
  expect(Number(rest[3])).toBeLessThanOrEqual(16)
})
