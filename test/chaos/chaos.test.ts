/**
 * Fifty services while the agent is killed at random moments and started again: no worker dies of it, none runs twice, every end is known
 * once, every byte is there. Ten rounds, or a hundred with `npm run test:chaos`; `DROVER_CHAOS_ROUNDS` says otherwise.
 */
import { cpSync, existsSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { setTimeout as pause } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { type House, openHouse, root } from '../harness/house.ts'
import { childrenOf, kill, type MarkedProcess, startOf } from '../harness/processes.ts'
import { waitFor } from '../harness/wait.ts'
import { type Chance, drawChance, isLong } from './chance.ts'
import { compareBooks, Ledger } from './ledger.ts'

const rounds = Number(process.env.DROVER_CHAOS_ROUNDS ?? (isLong ? 100 : 10))

test(`${rounds} deaths of the agent harm none of 50 services`, {
  timeout: 60_000 + rounds * 15_000,
}, async () => {
  const chance = drawChance('chaos')
  const house = openHouse()
  const ledger = new Ledger(house)
  configureFifty(house, ledger)
  await house.startAgent()
  await allUp(house)

  const chaos = new Chaos(house, ledger, chance)
  const follower = new EventFollower(house)
  for (let round = 1; round <= rounds; round++) await chaos.round()

  await allUp(house)
  await house.api.stopSlots({ targets: ['all'] })
  expect((await house.slots()).filter(({ state }) => state !== 'stopped')).toEqual([])
  const compared = await compareBooks(house, ledger, chaos.orphaned)
  chaos.compareInput()
  const last = (await house.api.listEvents({ limit: 1, newest: true }))[0]?.id ?? 0
  await waitFor('the follower has seen all events', () => follower.last === last)
  const adoption = chaos.adoptionMs.sort((a, b) => a - b)
  const median = adoption[Math.floor(adoption.length / 2)] ?? 0
  const slowest = adoption.at(-1) ?? 0
  console.log(
    `chaos: ${rounds} rounds, ${chaos.deaths} deaths of the agent, ${chaos.orphaned.size} of shims, ${compared.runs} runs ${JSON.stringify(compared.ends)}, ` +
      `${compared.comparedBytes} bytes compared; answering again after ${median.toFixed(0)} ms (median), ${slowest.toFixed(0)} ms (slowest)`,
  )
  // Two seconds are promised on a machine that has time; others share this one.
  expect(slowest).toBeLessThan(10_000)
  expect(await house.shutdown()).toEqual({ code: 0, signal: null })
  await house.assertNothingLeft()
  follower.end()
  expect(follower.problems).toEqual([])
  expect(readdirSync(join(house.dataDir, 'marks'))).toEqual([])
})

test('an upgrade leaves the workers as they are', { timeout: 120_000 }, async () => {
  const house = openHouse()
  const ledger = new Ledger(house)
  configureFifty(house, ledger)
  await house.startAgent()
  await allUp(house)
  const { version } = await house.api.getAgent()
  expect(await house.shutdown(true)).toEqual({ code: 0, signal: null })
  const before = commands(house).filter(({ environment }) => environment.get('DROVER_PROGRAM') !== 'brief')

  await house.startAgent({ bundle: otherBuild(house, version) })
  expect((await house.api.getAgent()).version).toBe('9.9.9')
  expect(before.filter(({ pid, start }) => startOf(pid) !== start)).toEqual([])
  const [started] = await house.api.listEvents({ kinds: ['agent.started'], newest: true, limit: 1 })
  expect(started?.data.adopted).toBeGreaterThanOrEqual(before.length)
  await allUp(house)
  await house.api.stopSlots({ targets: ['all'] })
  await compareBooks(house, ledger)
})

test('shims that come only after a new agent has revoked their claims run nothing', async () => {
  const house = openHouse()
  const ledger = new Ledger(house)
  house.configure({ silent: { command: ledger.command('silent'), processes: 10, startTime: 0 } })
  const allRun = (): Promise<unknown> =>
    house.waitForSlots(
      'all run',
      (slots) => slots.length === 10 && slots.every(({ state }) => state === 'running'),
    )
  await house.startAgent()
  await allRun()
  const [launcher] = childrenOf(house.agentPid).filter(({ command }) => command.includes('--launch'))
  const held = launcher?.pid ?? 0
  kill(held, 'SIGSTOP')
  await house.api.restartSlots({ targets: ['all'], wait: false })
  const runs = join(house.dataDir, 'runs')
  await waitFor('ten claims wait for a shim', () => {
    const waiting = readdirSync(runs).filter(
      (run) => existsSync(join(runs, run, 'spec.json')) && !existsSync(join(runs, run, 'pid')),
    )
    return waiting.length === 10
  })
  await house.killAgent()
  await house.startAgent()
  await allRun()

  kill(held, 'SIGCONT')
  await waitFor('the old launcher has done what was asked of it', () => startOf(held) === null)
  await waitFor('the late shims have gone', () => house.processes().filter(isShim).length === 10)
  await house.api.stopSlots({ targets: ['all'] })
  expect((await compareBooks(house, ledger)).ends).toEqual({ stopped: 20, revoked: 10 })
})

class Chaos {
  readonly orphaned = new Set<string>()
  readonly adoptionMs: number[] = []
  deaths = 0
  private readonly house: House
  private readonly ledger: Ledger
  private readonly chance: Chance
  /** What was surely taken by the standard input of a slot's runs. */
  private readonly taken: string[] = []

  constructor(house: House, ledger: Ledger, chance: Chance) {
    this.house = house
    this.ledger = ledger
    this.chance = chance
  }

  async round(): Promise<void> {
    const { chance } = this
    for (let action = chance.below(4); action > 0; action--) await this.disturb()
    await pause(chance.below(400))
    if (chance.onceIn(6)) {
      await this.house.api.shutdown({ leaveWorkers: false })
      await pause(chance.below(300))
    }
    const before = commands(this.house)
    await this.die()
    if (chance.onceIn(5)) this.killShim()
    await pause(chance.below(200))
    this.assertAlive(before)
    while (chance.onceIn(5)) {
      await this.house.startAgent({ isWaitedFor: false })
      await pause(chance.below(600))
      await this.die()
    }
    const begin = performance.now()
    await this.house.startAgent()
    this.adoptionMs.push(performance.now() - begin)
    this.assertAlive(before)
  }

  /** Every input that was taken was read, in its order; what the agent died over may be there or not. */
  compareInput(): void {
    const read = this.ledger
      .begun()
      .filter((run) => !this.orphaned.has(run))
      .map((run) => this.ledger.book(run, 'in')?.toString() ?? '')
      .join('')
    const lost = this.taken.filter((line) => !read.includes(line))
    // What a run was given in the moment of its stop dies with it.
    expect(lost.length, `input that nobody read: ${lost.join()}`).toBeLessThanOrEqual(this.stops)
  }

  private stops = 0

  private async die(): Promise<void> {
    await this.house.killAgent('SIGKILL')
    this.deaths += 1
  }

  /** Something that a person or bad luck does while the agent lives. */
  private async disturb(): Promise<void> {
    const { chance, house } = this
    const slot = chance.pick(await house.slots())?.slot ?? ''
    switch (chance.below(6)) {
      case 0:
        this.stops += 1
        await house.api.restartSlots({ targets: [slot], wait: false })
        return
      case 1: {
        const text = `${chance.seed}-${chance.next()}\n`
        const [outcome] = await house.api.writeInput({ targets: [`reader:${chance.below(10)}`], text })
        if (outcome?.outcome === 'done') this.taken.push(text)
        return
      }
      case 2:
        return this.killShim()
      case 3:
        this.stops += 1
        await house.api.stopSlots({ targets: [slot], wait: chance.onceIn(2) })
        await house.api.startSlots({ targets: [slot], wait: false })
        return
      case 4:
        // What starts the shims, and is a process like any other.
        for (const { pid, command } of childrenOf(house.agentPid)) if (command.includes('--launch')) kill(pid)
        return
      case 5:
        // As when the machine is suspended, or has no time for the agent.
        kill(house.agentPid, 'SIGSTOP')
        await pause(chance.below(500))
        kill(house.agentPid, 'SIGCONT')
        return
    }
  }

  private killShim(): void {
    const shim = this.chance.pick(this.house.processes().filter(isShim))
    if (!shim) return
    this.orphaned.add(shim.environment.get('DROVER_RUN_ID') ?? '')
    kill(shim.pid)
  }

  /** Who lived before the agent's death lives on, or came to its own end. */
  private assertAlive(before: readonly LivingCommand[]): void {
    const gone = before.filter(
      ({ pid, start, run }) =>
        startOf(pid) !== start && this.ledger.endOf(run) === null && !this.orphaned.has(run),
    )
    expect(gone.map(({ run, command }) => `${run} ${command}`)).toEqual([])
  }
}

/** Follows all events over the deaths of the agent, as a page or a script does: it comes back with the last one that it knows. */
class EventFollower {
  last = 0
  readonly problems: string[] = []
  private readonly aborter = new AbortController()

  constructor(house: House) {
    void this.follow(house)
  }

  end(): void {
    this.aborter.abort()
  }

  private async follow({ api }: House): Promise<void> {
    const { signal } = this.aborter
    while (!signal.aborted) {
      try {
        for await (const { id } of await api.streamEvents({ after: this.last }, { signal })) {
          if (id !== this.last + 1) this.problems.push(`event ${id} came after ${this.last}`)
          this.last = id
        }
      } catch {
        // The agent is dead: a moment later there is another one.
        await pause(50)
      }
    }
  }
}

interface LivingCommand extends MarkedProcess {
  readonly start: string
  readonly run: string
}

function commands(house: House): LivingCommand[] {
  return house
    .processes()
    .filter((found) => !isShim(found))
    .map((found) => ({
      ...found,
      start: startOf(found.pid) ?? '',
      run: found.environment.get('DROVER_RUN_ID') ?? '',
    }))
    .filter(({ start, command }) => start !== '' && command.includes('puppet'))
}

function isShim({ command }: MarkedProcess): boolean {
  return command.includes('drover-shim')
}

function configureFifty(house: House, ledger: Ledger): void {
  const service = { processes: 10, startTime: 0, steadyTime: 0, backoff: { initial: '100ms' as const } }
  house.configure({
    silent: { ...service, command: ledger.command('silent') },
    chatty: { ...service, command: ledger.command('chatty'), output: { maxSize: '100KB', keep: 1000 } },
    reader: { ...service, command: ledger.command('reader'), stdin: 'fifo' },
    brief: { ...service, command: ledger.command('brief') },
    slow: { ...service, command: ledger.command('slow'), priority: 10 },
  })
}

/** All that stays up is up; the brief ones come and go. */
async function allUp(house: House): Promise<void> {
  await house.waitForSlots(
    'all services run',
    (slots) =>
      slots.length === 50 && slots.every(({ state, program }) => state === 'running' || program === 'brief'),
  )
}

/** The same program in another place with another version, as after an upgrade. */
function otherBuild(house: House, version: string): string {
  const folder = join(house.folder, 'other')
  cpSync(join(root, 'dist'), join(folder, 'dist'), { recursive: true })
  cpSync(join(root, 'native', 'build'), join(folder, 'native', 'build'), { recursive: true })
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  const bundle = join(folder, 'dist', 'agent.cjs')
  const text = readFileSync(bundle, 'utf8')
  writeFileSync(bundle, text.replaceAll(`"${version}"`, '"9.9.9"'))
  return bundle
}
