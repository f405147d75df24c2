/** The numbered migrations, oldest first. A number that was ever released never changes its text. */
import { first } from './0001-first.ts'
import { usage } from './0002-usage.ts'
import { tokens } from './0003-tokens.ts'
import { rollouts } from './0004-rollouts.ts'
import { jobs } from './0005-jobs.ts'
import { alerts } from './0006-alerts.ts'
import { toldOutput } from './0007-told-output.ts'
import { listeners } from './0008-listeners.ts'

export interface Migration {
  readonly number: number
  readonly name: string
  readonly sql: string
}

export const migrations: readonly Migration[] = [
  { number: 1, name: 'first', sql: first },
  { number: 2, name: 'usage', sql: usage },
  { number: 3, name: 'tokens', sql: tokens },
  { number: 4, name: 'rollouts', sql: rollouts },
  { number: 5, name: 'jobs', sql: jobs },
  { number: 6, name: 'alerts', sql: alerts },
  { number: 7, name: 'told-output', sql: toldOutput },
  { number: 8, name: 'listeners', sql: listeners },
]
