/** The form of the store that this build writes, for whoever has to know before it opens one. */
import { migrations } from './migrations/sqlite/index.ts'

export const knownSchema: number = migrations.at(-1)?.number ?? 0
