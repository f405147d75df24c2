/** What tests of jobs ask again and again: what an agent told of due times, and what runs there were. */
import type { EventView, RunView } from '../../src/contract/views.ts'
import type { House } from './house.ts'
import { InVain, type WaitOptions, waitFor } from './wait.ts'

/** How a due time of a job can end as a run. */
export const jobEnds = [
  'job.succeeded',
  'job.warned',
  'job.failed',
  'job.timed_out',
  'job.stopped',
  'job.lost',
] as const

export async function eventsOf(
  house: House,
  program: string | null,
  kinds: readonly string[],
): Promise<EventView[]> {
  const events = await house.api.listEvents({ kinds: [...kinds], limit: 10_000 })
  return program === null ? events : events.filter((event) => event.program === program)
}

/** Waits until so many events of these kinds were told of a job, and gives all of them. */
export async function told(
  house: House,
  program: string,
  kinds: string | readonly string[],
  { least = 1, ...options }: WaitOptions & { readonly least?: number } = {},
): Promise<EventView[]> {
  const wanted = typeof kinds === 'string' ? [kinds] : kinds
  const tell = async (): Promise<unknown> =>
    (await house.api.listEvents({ limit: 10_000 })).slice(-30).map(({ text }) => text)
  return await waitFor(
    `${least} times ${wanted.join(' or ')} of ${program}`,
    async () => {
      if (!house.hasAgent) throw new InVain('The agent is dead.')
      const events = await eventsOf(house, program, wanted)
      return events.length >= least && events
    },
    { tell, ...options },
  )
}

/** The runs of a job, also of one that is no longer declared, the oldest first. */
export async function runsOf(house: House, program: string): Promise<RunView[]> {
  const runs = await house.api.listRuns({ limit: 1000 })
  return runs.filter((run) => run.program === program).reverse()
}

/** Of an event of a due time. */
export function dueOf({ data }: EventView): number {
  return Date.parse(String(data.dueAt))
}

export async function outputOf(house: House, run: string, stream: 'out' | 'err' = 'out'): Promise<string> {
  const chunks: Uint8Array[] = []
  for await (const chunk of await house.api.getRunOutput({ id: run, stream })) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

/** A local time of UTC so many seconds from now on, as `at` wants it, and the instant that is meant. */
export function timeIn(seconds: number): { readonly at: string; readonly instant: number } {
  const instant = Math.ceil(Date.now() / 1000 + seconds) * 1000
  return { at: new Date(instant).toISOString().replace('.000', ''), instant }
}
