/**
 * The agent dies before its n-th effect (`src/effects.ts`), for every n of a scenario that uses all it can do; sometimes the next one dies as well, while
 * it recovers. Then a normal agent is started, and everything must be as declared: one process for each slot that shall run, none for the others, what was
 * confirmed still true, every end known once, every byte there.
 */
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { ProgramConfig } from '../../src/config/config-types.generated.ts'
import { kill } from '../harness/processes.ts'
import type { Chance } from './chance.ts'
import { DyingHouse, type Story, walkDeaths, walkTimeoutMs } from './dying-house.ts'
import { allRuns, compareBooks, Ledger } from './ledger.ts'

test('wherever the agent dies, the next one finds everything', { timeout: walkTimeoutMs }, async () => {
  await walkDeaths('every instruction', 24, (chance) => new ServicesStory(chance))
})

class ServicesStory implements Story {
  readonly house = new DyingHouse()
  readonly confirmed = { stop: false, reload: false, declaration: false, shutdown: false }
  private readonly ledger = new Ledger(this.house)
  private readonly chance: Chance
  private readonly killed = new Set<string>()
  private isReloadAsked = false
  private isStopAsked = false
  private isDeclarationAsked = false

  constructor(chance: Chance) {
    this.chance = chance
  }

  /** Start, crash, restart, a person's stop, a declaration, a reload, the end. Dies on the way if told to. */
  async play(dieAt: number): Promise<void> {
    const { house } = this
    house.configure(this.programs('a'))
    await house.startDyingAgent(dieAt)
    await this.settled()

    const crashed = await house.slot('keeper:0')
    if (crashed.run !== null && crashed.pid !== null) {
      this.killed.add(crashed.run)
      kill(crashed.pid)
    }
    await house.waitForSlots('the crashed one runs again', (slots) =>
      slots.some(({ slot, state, run }) => slot === 'keeper:0' && state === 'running' && run !== crashed.run),
    )

    await house.api.restartSlots({ targets: ['slow', 'feed'] })

    await this.litter()

    this.isStopAsked = true
    await house.api.stopSlots({ targets: ['held'] })
    this.confirmed.stop = true

    this.isDeclarationAsked = true
    const text = JSON.stringify({ programs: { extra: this.programs('a').changing } })
    await house.api.putPrograms({ text, format: 'json', baseDir: house.folder })
    this.confirmed.declaration = true

    this.isReloadAsked = true
    house.configure(this.programs('b'))
    await house.api.reload({})
    this.confirmed.reload = true
    await this.settled()

    const { signal } = await house.shutdown()
    if (signal !== null) throw new Error(`ended by ${signal}`)
    this.confirmed.shutdown = true
  }

  /** More output than the slot may keep: the oldest run loses its directory. */
  private async litter(): Promise<void> {
    const { house } = this
    const { run } = await house.slot('litter:0')
    for (let restarts = 0; restarts < 2; restarts++) {
      await this.hasLittered()
      await house.api.restartSlots({ targets: ['litter'] })
    }
    await house.waitForSlots(
      'the oldest output is dropped',
      () => !existsSync(join(house.dataDir, 'runs', run ?? '')),
    )
  }

  /** Nobody stops it before it has written: else its output would be too little to drop another's. */
  private async hasLittered(): Promise<void> {
    const { house } = this
    const { run } = await house.slot('litter:0')
    const directory = join(house.dataDir, 'runs', run ?? '')
    await house.waitForSlots('the litter lies there', () => outputBytes(directory) >= 3000)
  }

  async recover(): Promise<void> {
    const { house, chance } = this
    if (this.confirmed.reload && chance.onceIn(2))
      house.write('drover.json', 'what was confirmed does not need its file')
    const orphaned = chance.onceIn(4) ? house.killShim(chance) : null
    if (orphaned !== null) this.killed.add(orphaned)
    if (chance.onceIn(3)) await house.dieAgain(1 + chance.below(30))
    await house.startAgent()
    await this.settled()
    await this.assertOneProcessEach()
    await house.api.stopSlots({ targets: ['all'] })
    await this.compare()
    expect(await house.shutdown()).toEqual({ code: 0, signal: null })
    await house.assertNothingLeft()
  }

  private async settled(): Promise<void> {
    const declared = this.declared()
    await this.house.waitForSlots(`all is as declared: ${JSON.stringify(declared)}`, (slots) => {
      const isMissing = Object.keys(declared).some((name) => !slots.some(({ slot }) => slot === name))
      const isAsDeclared = slots.every(({ slot, state }) => {
        const wanted = declared[slot]
        return wanted === undefined ? slot === 'extra:0' && this.isDeclarationAsked : wanted.includes(state)
      })
      return !isMissing && isAsDeclared
    })
  }

  /** The states that each slot may come to rest in. */
  private declared(): Record<string, readonly string[]> {
    const isChanged = this.isReloadAsked
    const up = ['running']
    return {
      'keeper:0': up,
      'keeper:1': up,
      'feed:0': up,
      'slow:0': up,
      'changing:0': up,
      'litter:0': up,
      'quick:0': ['fatal'],
      'held:0': this.confirmed.stop ? ['stopped'] : this.isStopAsked ? ['running', 'stopped'] : up,
      ...(isChanged ? { 'keeper:2': up } : { 'doomed:0': up }),
      ...(this.confirmed.declaration ? { 'extra:0': up } : {}),
    }
  }

  private async assertOneProcessEach(): Promise<void> {
    const slots = (await this.house.slots()).filter(({ state }) => state === 'running')
    const living = this.house.processes().filter(({ command }) => !command.includes('drover-shim'))
    const found = living.map(
      ({ pid, environment }) =>
        `${environment.get('DROVER_SLOT')} ${environment.get('DROVER_RUN_ID')} ${pid}`,
    )
    expect(found.sort()).toEqual(slots.map(({ slot, run, pid }) => `${slot} ${run} ${pid}`).sort())
    const open = await this.house.api.listRuns({ state: 'alive', limit: 1000 })
    expect(open.map(({ id }) => id).sort()).toEqual(slots.map(({ run }) => run).sort())
    const variant = living.find(({ environment }) => environment.get('DROVER_SLOT') === 'changing:0')
    expect(variant?.environment.get('VARIANT')).toBe(this.isReloadAsked ? 'b' : 'a')
  }

  private async compare(): Promise<void> {
    await compareBooks(this.house, this.ledger, this.killed)
    // Each quick exit was counted, and counted once: so two of them and no third, anew after each orderly end.
    const runs = [...(await allRuns(this.house)).values()]
    const quick = runs.filter(({ slot, end }) => slot === 'quick:0' && end?.kind === 'exited')
    const starts = await this.house.api.listEvents({ kinds: ['agent.started'], limit: 100 })
    expect(quick).toHaveLength(2 * starts.filter(({ data }) => data.coldStart === true).length)
  }

  private programs(variant: 'a' | 'b'): Record<string, ProgramConfig> {
    const up = { startTime: '100ms', steadyTime: 0 } as const
    const silent = this.ledger.command('silent')
    return {
      keeper: { ...up, command: silent, processes: variant === 'a' ? 2 : 3 },
      feed: { ...up, command: this.ledger.command('reader'), stdin: 'fifo' },
      slow: { ...up, command: this.ledger.command('slow'), priority: 10 },
      changing: { ...up, command: silent, env: { VARIANT: variant } },
      litter: { ...up, command: this.ledger.command('litterer'), output: { maxSize: '4KB', keep: 0 } },
      held: { ...up, command: this.ledger.command('chatty') },
      quick: {
        command: this.ledger.command('quick'),
        startTime: '5s',
        giveUpAfter: 2,
        backoff: { initial: '100ms' },
      },
      ...(variant === 'a' ? { doomed: { ...up, command: silent } } : {}),
    }
  }
}

function outputBytes(directory: string): number {
  if (!existsSync(directory)) return 0
  const segments = readdirSync(directory).filter((name) => name.startsWith('out.'))
  return segments.reduce(
    (sum, name) => sum + (statSync(join(directory, name), { throwIfNoEntry: false })?.size ?? 0),
    0,
  )
}
