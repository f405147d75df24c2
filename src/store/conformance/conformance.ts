/**
 * What every store promises, whatever database it is on. Called from the test file of each of them with a way to make an empty store;
 * the names of the tests are the semantics. What only one database can do or suffer is tested beside that database.
 */
import { afterEach, describe } from 'vitest'
import type { Store } from '../store.ts'
import { describeAlerts } from './alerts.ts'
import { describeAtomicity } from './atomicity.ts'
import { describeEvents } from './events.ts'
import { describeJobs } from './jobs.ts'
import { describeListeners } from './listeners.ts'
import { describeNotes } from './notes.ts'
import { describePrograms } from './programs.ts'
import { describeRuns } from './runs.ts'
import { describeSlots } from './slots.ts'
import { describeTokens } from './tokens.ts'
import { describeTrim } from './trim.ts'

/** An empty store, and the same one once more, as the next agent finds it. */
export interface StoreUnderTest {
  readonly store: Store
  /** Closes what is open and opens it anew. */
  reopen(): Promise<Store>
  /** Closes the store and removes what it lay on. */
  dispose(): Promise<void>
}

export type MakeStore = () => Promise<StoreUnderTest>

export function describeConformance(makeStore: () => Promise<StoreUnderTest>): void {
  const made: StoreUnderTest[] = []
  const make: MakeStore = async () => {
    const one = await makeStore()
    made.push(one)
    return one
  }

  describe('S-T3 conformance: the same behaviour, whatever it lies on', () => {
    afterEach(async () => {
      for (const one of made.splice(0)) await one.dispose()
    })
    describePrograms(make)
    describeTokens(make)
    describeSlots(make)
    describeRuns(make)
    describeEvents(make)
    describeAlerts(make)
    describeListeners(make)
    describeJobs(make)
    describeNotes(make)
    describeTrim(make)
    describeAtomicity(make)
  })
}
