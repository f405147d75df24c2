/**
 * Looks at the machine, at what Drover is made of and at a data directory. Changes nothing. What only the agent or the configuration can tell, the command
 * line adds.
 */
import type { Clock } from '../clock.ts'
import type { Finding } from '../domain/finding.ts'
import { findingsOf } from '../domain/finding.ts'
import { dataDirectory } from '../process/data-directory.ts'
import { type DataFacts, readData } from './data-facts.ts'
import { judgeData } from './data-findings.ts'
import { readMachine } from './machine-facts.ts'
import { judgeMachine } from './machine-findings.ts'
import { examineFiles } from './program-files.ts'
import { readRuns } from './run-facts.ts'
import { judgeRuns } from './run-findings.ts'
import { examineStore } from './store-check.ts'

export interface ExamineOptions {
  /** The folder of the package. */
  readonly root: string
  readonly version: string
  readonly clock: Clock
  readonly dataDir: string
  /** Of the agent that answers; null where none does. */
  readonly agentPid: number | null
}

export async function examine({
  root,
  version,
  clock,
  dataDir,
  agentPid,
}: ExamineOptions): Promise<Finding[]> {
  const data = await readData(dataDir)
  return [
    ...examineFiles(root, version),
    ...judgeMachine(await readMachine(clock, agentPid)),
    ...judgeData(data),
    ...examineState(data, agentPid !== null, clock.now()),
  ]
}

/** Of a directory that may not be read, its rights have told enough. */
function examineState({ kind, isWritable, path }: DataFacts, agentLives: boolean, now: number): Finding[] {
  if (kind !== 'own' || !isWritable) return []
  try {
    return [
      ...examineStore(dataDirectory(path).database, agentLives),
      ...judgeRuns(readRuns(path, now), agentLives, now),
    ]
  } catch (error) {
    const hint = 'Look at its rights, and at the disk.'
    return [
      findingsOf('Data directory').error(
        'data.unreadable',
        `It cannot be looked at: ${(error as Error).message}.`,
        hint,
      ),
    ]
  }
}
