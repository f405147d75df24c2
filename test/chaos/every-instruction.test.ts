/**
 * The agent dies before its n-th effect (`src/effects.ts`), for every n of a scenario that uses all it can do; sometimes the next one dies as well, while
 * it recovers. Then a normal agent is started, and everything must be as declared: one process for each slot that shall run, none for the others, what was
 * confirmed still true, every end known once, every byte there.
 *
 * In its short form it walks in strides from a random begin; `DROVER_EVERY=1` (or `npm run test:chaos`) walks all.
 */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { expect, test } from 'vitest'
import type { ProgramConfig } from '../../src/config/config-types.generated.ts'
import { House, root } from '../harness/house.ts'
import { kill } from '../harness/processes.ts'
import { type Chance, chanceFrom, drawChance, isLong } from './chance.ts'
import { allRuns, compareBooks, Ledger } from './ledger.ts'

const bundle = join(root, 'dist', 'agent-killpoints.cjs')
const isWhole = isLong || process.env.DROVER_EVERY === '1'
const lanes = 3
const shortSamples = 24

test('wherever the agent dies, the next one finds everything', {
  timeout: isWhole ? 3_600_000 : 300_000,
}, async () => {
  const chance = drawChance('every instruction')
  const only = process.env.DROVER_DIE_AT
  const effects = await countEffects()
  const stride = isWhole ? 1 : Math.max(1, Math.floor(effects.length / shortSamples))
  const deaths: number[] = []
  for (let n = 1 + chance.below(stride); n <= effects.length; n += stride) deaths.push(n)
  const plan = only ? [Number(only)] : deaths
  console.log(`every instruction: ${effects.length} effects (${tally(effects)}), ${plan.length} deaths`)

  const failures: string[] = []
  let next = 0
  const walk = async (): Promise<void> => {
    while (next < plan.length) {
      const n = plan[next++] ?? 1
      // Its own chance for each, so that a seed and a number repeat it alone: DROVER_CHAOS_SEED=… DROVER_DIE_AT=…
      const story = new Story(chanceFrom(chance.seed + n))
      try {
        await story.dieAndRecover(n)
      } catch (error) {
        failures.push(
          `death ${n} (${story.effects().at(-1)}), ${JSON.stringify(story.confirmed)}: ${(error as Error).stack}\n${story.house.log().slice(-6000)}`,
        )
      } finally {
        await story.house
          .close()
          .catch((error: unknown) => failures.push(`death ${n}, at the end: ${String(error)}`))
      }
    }
  }
  await Promise.all(Array.from({ length: lanes }, walk))
  expect(failures.join('\n\n')).toBe('')
})

/** What the scenario does when nobody dies. */
async function countEffects(): Promise<string[]> {
  const story = new Story(chanceFrom(0))
  try {
    await story.play(0)
    return story.effects()
  } finally {
    await story.house.close()
  }
}

function tally(effects: readonly string[]): string {
  const counts = new Map<string, number>()
  for (const effect of effects) counts.set(effect, (counts.get(effect) ?? 0) + 1)
  return [...counts].map(([effect, count]) => `${count} ${effect}`).join(', ')
}

/** One life of an agent in a house of its own, and what was confirmed to those who asked something of it. */
class Story {
  readonly house = new House()
  readonly confirmed = { stop: false, reload: false, declaration: false, shutdown: false }
  private readonly ledger = new Ledger(this.house)
  private readonly effectsFile = join(this.house.folder, 'effects')
  private readonly chance: Chance
  private readonly killed = new Set<string>()
  private isReloadAsked = false
  private isStopAsked = false
  private isDeclarationAsked = false

  constructor(chance: Chance) {
    this.chance = chance
  }

  effects(): string[] {
    try {
      return readFileSync(this.effectsFile, 'utf8').trimEnd().split('\n')
    } catch {
      return []
    }
  }

  /** Start, crash, restart, a person's stop, a declaration, a reload, the end. Dies on the way if told to. */
  async play(dieAt: number): Promise<void> {
    const { house } = this
    house.configure(this.programs('a'))
    const env = { DROVER_DIE_AT: String(dieAt), DROVER_EFFECTS_FILE: this.effectsFile }
    await house.startAgent({ bundle, env })
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

  async dieAndRecover(n: number): Promise<void> {
    const { house, chance } = this
    await this.play(n).catch(async (error: unknown) => {
      // An agent that lives, or ended by itself, has no right to an error.
      if (house.hasAgent) await waitForDeath(house, error)
      const { signal } = await house.waitForAgentEnd()
      if (signal !== 'SIGKILL') throw error
    })
    if (this.confirmed.reload && chance.onceIn(2))
      house.write('drover.json', 'what was confirmed does not need its file')
    if (chance.onceIn(4)) this.killShim()
    if (chance.onceIn(3)) await this.dieAgain(1 + chance.below(30))
    await house.startAgent()
    await this.settled()
    await this.assertOneProcessEach()
    await house.api.stopSlots({ targets: ['all'] })
    await this.compare()
    expect(await house.shutdown()).toEqual({ code: 0, signal: null })
    await house.assertNothingLeft()
  }

  /** A death during the recovery, or soon after it. */
  private async dieAgain(n: number): Promise<void> {
    const { house } = this
    try {
      await house.startAgent({
        bundle,
        env: { DROVER_DIE_AT: String(n), DROVER_EFFECTS_FILE: `${this.effectsFile}.again` },
      })
    } catch (error) {
      const { signal } = await house.waitForAgentEnd()
      if (signal !== 'SIGKILL') throw error
    }
    await house.killAgent()
  }

  private killShim(): void {
    const shim = this.chance.pick(
      this.house.processes().filter(({ command }) => command.includes('drover-shim')),
    )
    if (!shim) return
    this.killed.add(shim.environment.get('DROVER_RUN_ID') ?? '')
    kill(shim.pid)
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

/** Its death may come a moment after the answer that it spoilt. */
async function waitForDeath(house: House, error: unknown): Promise<void> {
  try {
    await house.waitForAgentEnd(2000)
  } catch {
    throw error
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
