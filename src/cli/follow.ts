/**
 * Following a stream over the death of the agent: when it goes away, that is said once, and the stream is opened again, as long as it
 * takes, from where it was.
 */
import { UserError } from '../domain/user-error.ts'
import type { CommandContext } from './context.ts'
import { pause } from './wait.ts'

const retryMs = 500

/**
 * Yields what each stream gives, until the person has had enough. The first stream must open; `open` is asked for
 * the ones after with true, and gives what has not been seen.
 */
export async function* followStream<T>(
  open: (isAgain: boolean) => Promise<AsyncIterable<T>>,
  { clock, signal, err }: CommandContext,
): AsyncIterable<T> {
  let stream: AsyncIterable<T> | null = await open(false)
  while (!signal.aborted) {
    try {
      if (stream) yield* stream
    } catch (error) {
      if (!isAway(error)) throw error
    }
    if (signal.aborted) return
    if (stream) err.line(err.colors.dim('The agent is away; waiting for it.'))
    await pause(clock, retryMs, signal)
    stream = await reopen()
    if (stream) err.line(err.colors.dim('The agent is back.'))
  }

  async function reopen(): Promise<AsyncIterable<T> | null> {
    try {
      return await open(true)
    } catch (error) {
      // Programs that the agent has not read yet are unknown to it for a moment.
      const isEarly = error instanceof UserError && ['not_found', 'shutting_down'].includes(error.code)
      if (isAway(error) || isEarly) return null
      throw error
    }
  }

  function isAway(error: unknown): boolean {
    return signal.aborted || (error instanceof UserError && error.code === 'no_agent')
  }
}
