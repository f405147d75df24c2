/**
 * Names that only the agent knows: programs, groups, slots, runs; and those that only Node knows, of time zones. A person waits for them with a finger on a key, so they are asked for briefly; where no
 * agent answers in time there are none, and nothing is said.
 */
import type { Client } from '../../contract/client.ts'
import { zoneNames } from '../../domain/schedule/local-time.ts'
import type { Suggestion } from '../define-command.ts'
import type { Candidate } from './complete-words.ts'

const mostRuns = 50

export async function liveNames(
  suggests: Suggestion,
  client: Client,
  signal: AbortSignal,
): Promise<Candidate[]> {
  switch (suggests) {
    case 'targets':
      return targetsOf(await client.listSlots({}, { signal }))
    case 'programs': {
      const programs = await client.listPrograms({}, { signal })
      return programs.map(({ name }) => ({ word: name, meaning: 'program' }))
    }
    case 'jobs': {
      const jobs = await client.listJobs({}, { signal })
      return jobs.map(({ name, schedule }) => ({ word: name, meaning: schedule }))
    }
    case 'runs': {
      const runs = await client.listRuns({ limit: mostRuns }, { signal })
      return runs.map(({ id, slot, state, endText }) => ({
        word: id,
        meaning: `${slot}, ${endText ?? state}`,
      }))
    }
    case 'zones':
      return zoneNames().map((word) => ({ word, meaning: '' }))
    default:
      return []
  }
}

type Slot = Awaited<ReturnType<Client['listSlots']>>[number]

function targetsOf(slots: readonly Slot[]): Candidate[] {
  const targets = new Map<string, string>()
  for (const { program, group } of slots) {
    const count = slots.filter((slot) => slot.program === program).length
    targets.set(program, count === 1 ? 'program' : `program, ${count} slots`)
    if (group !== program) targets.set(`${group}:*`, 'group')
  }
  for (const { name, state } of slots) if (!targets.has(name)) targets.set(name, `slot, ${state}`)
  targets.set('all', 'everything')
  return [...targets].map(([word, meaning]) => ({ word, meaning }))
}
