/**
 * The table of slots, kept up to date: events say when to look again, a tick each second keeps the times going. On a terminal it is drawn in
 * place; elsewhere each change is printed anew. It stays while the agent is away and goes on when it is back.
 */
import type { SlotView } from '../contract/views.ts'
import { UserError } from '../domain/user-error.ts'
import type { CommandContext } from './context.ts'
import { exitInterrupted } from './exit.ts'
import { formatSlots } from './format/slot-table.ts'
import { printJson } from './print-json.ts'
import { createRedraw } from './redraw.ts'
import { pause } from './wait.ts'

const tickMs = 1000
/** What runs use changes without an event. */
const ticksPerUsage = 3
/** Changes come in bursts; looking at each would cost the agent more than it tells. */
const burstMs = 150

export async function watchSlots(targets: readonly string[], context: CommandContext): Promise<number> {
  const { out, signal, clock, global, client } = context
  const list = { targets: [...targets] }
  const isInPlace = out.isTty && !global.json
  const redraw = createRedraw(out)
  let changed = new AbortController()
  let ticks = 0
  // The first look tells mistakes; later ones wait for better times.
  let slots: SlotView[] | null = await client.listSlots(list, { signal })
  const following = follow()
  try {
    show()
    while (!signal.aborted) {
      await pause(clock, tickMs, AbortSignal.any([signal, changed.signal]))
      if (changed.signal.aborted) {
        await pause(clock, burstMs, signal)
        changed = new AbortController()
        slots = await lookAgain()
        show()
      } else if (isInPlace) {
        ticks += 1
        if (ticks % ticksPerUsage === 0) slots = await lookAgain()
        show()
      }
    }
  } finally {
    if (isInPlace) redraw.end()
  }
  await following
  return exitInterrupted

  /** Notes that something changed, for each event and whenever the agent comes back or goes. */
  async function follow(): Promise<void> {
    while (!signal.aborted) {
      try {
        const events = await client.streamEvents({}, { signal })
        changed.abort()
        for await (const _ of events) changed.abort()
      } catch (error) {
        if (!isAway(error)) throw error
      }
      changed.abort()
      await pause(clock, tickMs, signal)
    }
  }

  async function lookAgain(): Promise<SlotView[] | null> {
    try {
      return await client.listSlots(list, { signal })
    } catch (error) {
      if (isAway(error)) return null
      throw error
    }
  }

  function isAway(error: unknown): boolean {
    return signal.aborted || (error instanceof UserError && error.code === 'no_agent')
  }

  function show(): void {
    if (signal.aborted) return
    if (global.json) {
      if (slots) printJson(out, slots)
      return
    }
    const lines = slots ? formatSlots(slots, out, clock.now()) : ['The agent is away; waiting for it.']
    if (isInPlace) redraw.draw([...lines, '', out.colors.dim(`${summary(slots ?? [])}   Ctrl-C ends`)])
    else for (const line of [...lines, '']) out.line(line)
  }
}

/** `3 running, 1 fatal`. */
export function summary(slots: readonly SlotView[]): string {
  const counts = new Map<string, number>()
  for (const { state } of slots) counts.set(state, (counts.get(state) ?? 0) + 1)
  return [...counts].map(([state, count]) => `${count} ${state}`).join(', ')
}
