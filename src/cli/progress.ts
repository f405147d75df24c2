/**
 * One line about what is still going on, for a person who waits at a terminal: it shows up when a request takes longer than a moment, and is
 * gone when the answer is there.
 */
import type { SlotView } from '../contract/views.ts'
import type { CommandContext } from './context.ts'
import { formatAge } from './format/time.ts'
import { createRedraw } from './redraw.ts'
import { pause } from './wait.ts'
import { summary } from './watch-slots.ts'

const patienceMs = 400
const lookMs = 300

/** Waits for the answer; meanwhile tells the states of the slots that are meant. */
export async function withProgress<T>(
  what: string,
  targets: readonly string[],
  answer: Promise<T>,
  context: CommandContext,
): Promise<T> {
  const { err, clock, client, global } = context
  if (!err.isTty || global.json) return answer
  const done = new AbortController()
  const redraw = createRedraw(err)
  const telling = tell()
  try {
    return await answer
  } finally {
    done.abort()
    await telling
  }

  async function tell(): Promise<void> {
    const began = clock.monotonic()
    await pause(clock, patienceMs, done.signal)
    while (!done.signal.aborted) {
      const slots = await client.listSlots({ targets: [...targets] }).catch((): SlotView[] => [])
      if (done.signal.aborted) break
      const age = formatAge(clock.monotonic() - began)
      redraw.draw([err.colors.dim(`${what}: ${summary(slots)} (${age})`)])
      await pause(clock, lookMs, done.signal)
    }
    redraw.clear()
  }
}
