/**
 * A house whose agent dies before its n-th effect (`src/effects.ts`), and the walk over every n of a scenario: with its short form in strides from a random
 * begin, `DROVER_EVERY=1` (or `npm run test:chaos`) walks all. One death alone is repeated with DROVER_CHAOS_SEED=… DROVER_DIE_AT=….
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { expect } from 'vitest'
import { House, root } from '../harness/house.ts'
import { kill } from '../harness/processes.ts'
import { type Chance, chanceFrom, drawChance, isLong } from './chance.ts'

const bundle = join(root, 'dist', 'agent-killpoints.cjs')
const isWhole = isLong || process.env.DROVER_EVERY === '1'
const lanes = 3

export const walkTimeoutMs = isWhole ? 3_600_000 : 300_000

/** One life of an agent in a house of its own, and what was confirmed to those who asked something of it. */
export interface Story {
  readonly house: DyingHouse
  readonly confirmed: Readonly<Record<string, boolean>>
  /** Plays the scenario with an agent that dies before its n-th effect; 0: never. */
  play(dieAt: number): Promise<void>
  /** A normal agent comes after the dead one, and everything must be as declared. */
  recover(): Promise<void>
}

export async function walkDeaths(
  title: string,
  samples: number,
  tell: (chance: Chance) => Story,
): Promise<void> {
  const chance = drawChance(title)
  const only = process.env.DROVER_DIE_AT
  const effects = await countEffects(tell(chanceFrom(0)))
  const stride = isWhole ? 1 : Math.max(1, Math.floor(effects.length / samples))
  const deaths: number[] = []
  for (let n = 1 + chance.below(stride); n <= effects.length; n += stride) deaths.push(n)
  const plan = only ? [Number(only)] : deaths
  console.log(`${title}: ${effects.length} effects (${tally(effects)}), ${plan.length} deaths`)

  const failures: string[] = []
  let next = 0
  const walk = async (): Promise<void> => {
    while (next < plan.length) {
      const n = plan[next++] ?? 1
      // Its own chance for each, so that a seed and a number repeat it alone.
      const story = tell(chanceFrom(chance.seed + n))
      const { house } = story
      try {
        await house.outlive(() => story.play(n))
        await story.recover()
      } catch (error) {
        failures.push(
          `death ${n} (${house.effects().at(-1)}), ${JSON.stringify(story.confirmed)}: ${(error as Error).stack}\n${house.log().slice(-6000)}`,
        )
      } finally {
        await house
          .close()
          .catch((error: unknown) => failures.push(`death ${n}, at the end: ${String(error)}`))
      }
    }
  }
  await Promise.all(Array.from({ length: lanes }, walk))
  expect(failures.join('\n\n')).toBe('')
}

/** What the scenario does when nobody dies. */
async function countEffects(story: Story): Promise<string[]> {
  try {
    await story.play(0)
    return story.house.effects()
  } finally {
    await story.house.close()
  }
}

function tally(effects: readonly string[]): string {
  const counts = new Map<string, number>()
  for (const effect of effects) counts.set(effect, (counts.get(effect) ?? 0) + 1)
  return [...counts].map(([effect, count]) => `${count} ${effect}`).join(', ')
}

export class DyingHouse extends House {
  private readonly effectsFile = join(this.folder, 'effects')

  effects(): string[] {
    try {
      return readFileSync(this.effectsFile, 'utf8').trimEnd().split('\n')
    } catch {
      return []
    }
  }

  async startDyingAgent(dieAt: number): Promise<void> {
    const env = { DROVER_DIE_AT: String(dieAt), DROVER_EFFECTS_FILE: this.effectsFile }
    await this.startAgent({ bundle, env })
  }

  /** An agent that lives, or ended by itself, has no right to an error. */
  async outlive(play: () => Promise<void>): Promise<void> {
    try {
      await play()
    } catch (error) {
      if (this.hasAgent) await this.waitForDeath(error)
      const { signal } = await this.waitForAgentEnd()
      if (signal !== 'SIGKILL') throw error
    }
  }

  /** A death during the recovery, or soon after it. */
  async dieAgain(n: number): Promise<void> {
    try {
      const env = { DROVER_DIE_AT: String(n), DROVER_EFFECTS_FILE: `${this.effectsFile}.again` }
      await this.startAgent({ bundle, env })
    } catch (error) {
      const { signal } = await this.waitForAgentEnd()
      if (signal !== 'SIGKILL') throw error
    }
    await this.killAgent()
  }

  /** Gives the run that it held; null when none lives. */
  killShim(chance: Chance): string | null {
    const shim = chance.pick(this.processes().filter(({ command }) => command.includes('drover-shim')))
    if (!shim) return null
    kill(shim.pid)
    return shim.environment.get('DROVER_RUN_ID') ?? ''
  }

  /** Its death may come a moment after the answer that it spoilt. */
  private async waitForDeath(error: unknown): Promise<void> {
    try {
      await this.waitForAgentEnd(2000)
    } catch {
      throw error
    }
  }
}
