/** Whether another build may take over from a running agent: it must know the store that this one has written. Never a step back. */
import { UserError } from './user-error.ts'

export interface BuildFacts {
  readonly version: string
  /** The highest form of the store that it knows. */
  readonly storeSchema: number
}

export function checkTakeover(running: BuildFacts, next: BuildFacts): void {
  if (next.storeSchema >= running.storeSchema) return
  throw new UserError(
    'store_newer',
    `Version ${next.version} knows stores up to schema ${next.storeSchema}; the running agent, version ${running.version}, has written schema ${running.storeSchema}.`,
    { hint: 'Upgrade to a version that is not older. Nothing was changed; the agent runs on.' },
  )
}
