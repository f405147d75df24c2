/**
 * The agent dies before its n-th effect, for every n of: a service writes, half a character at a time, and ends; what it wrote is told meanwhile. The next agent, or the one after that,
 * tells the rest: each run that came to its end is told whole, once and before its end.
 */
import { expect, test } from 'vitest'
import type { EventView } from '../../src/contract/views.ts'
import type { Chance } from './chance.ts'
import { DyingHouse, type Story, walkDeaths, walkTimeoutMs } from './dying-house.ts'

const command =
  "printf 'one \\303'; sleep 0.3; printf '\\274 two'; echo four >&2; sleep 0.3; printf ' three\\342\\202'; exit 3"
const wanted = { stdout: 'one ü two three\ufffd', stderr: 'four\n' }

test('wherever the agent dies over what a run writes, all of it is told once, and before the end', {
  timeout: walkTimeoutMs,
}, async () => {
  await walkDeaths('every instruction of output', 16, (chance) => new OutputStory(chance))
})

class OutputStory implements Story {
  readonly house = new DyingHouse()
  readonly confirmed = { end: false, shutdown: false }
  private readonly chance: Chance

  constructor(chance: Chance) {
    this.chance = chance
  }

  async play(dieAt: number): Promise<void> {
    const { house } = this
    this.configure()
    await house.startDyingAgent(dieAt)
    await house.waitForState('writer', 'exited')
    this.confirmed.end = true
    await this.expectTold()
    expect(await house.shutdown()).toEqual({ code: 0, signal: null })
    this.confirmed.shutdown = true
  }

  async recover(): Promise<void> {
    const { house, chance } = this
    this.configure()
    if (chance.onceIn(2)) await house.dieAgain(1 + chance.below(12))
    await house.startAgent()
    await house.waitForState('writer', 'exited')
    await this.expectTold()
    await house.shutdown()
  }

  private configure(): void {
    const output = { events: { every: '100ms' } } as const
    this.house.configure({ writer: { command, restart: 'never', startTime: 0, output } })
  }

  private async expectTold(): Promise<void> {
    const events = await this.house.api.listEvents({ kinds: ['run.*'], limit: 10_000 })
    const ends = events.filter(({ kind, data }) => kind === 'run.ended' && endOf(data) === 'exited')
    expect(ends.length).toBeGreaterThan(0)
    expect(new Set(ends.map(({ run }) => run)).size).toBe(ends.length)
    for (const { id, run } of ends) {
      const told = events.filter((event) => event.run === run && event.kind.startsWith('run.output'))
      for (const event of told) expect(event.id).toBeLessThan(id)
      expect({ stdout: joined(told, 'stdout'), stderr: joined(told, 'stderr') }).toEqual(wanted)
      const begun = events.find((event) => event.run === run && event.kind === 'run.started')
      expect(begun?.id).toBeLessThan(told[0]?.id ?? 0)
    }
  }
}

function endOf(data: EventView['data']): unknown {
  return (data.end as { kind?: string }).kind
}

/** What one stream was told to be, with `?` where a piece does not go on where the one before ended. */
function joined(events: readonly EventView[], stream: string): string {
  let text = ''
  let at = 0
  for (const { data } of events) {
    if (data.stream !== stream) continue
    text += data.from === at ? data.text : '?'
    at = Number(data.to)
  }
  return text
}
