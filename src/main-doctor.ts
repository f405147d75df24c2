/**
 * The roof over what the command line asks of the machine: a bundle of its own, since it has the store and the processes in it, which `drover status` never
 * needs.
 */
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { checkOnMachine } from './agent/programs.ts'
import { systemClock } from './clock.ts'
import { examine } from './doctor/examine.ts'
import type { Finding } from './domain/finding.ts'
import type { Program } from './domain/program.ts'
import type { Problem } from './domain/user-error.ts'
import { resolveUser } from './process/user.ts'
import { version } from './version.ts'

const root = dirname(dirname(fileURLToPath(import.meta.url)))

export function examineMachine(dataDir: string, agentPid: number | null): Promise<Finding[]> {
  return examine({ root, version, clock: systemClock, dataDir, agentPid })
}

/** As a reload does it: users, folders and commands. */
export function checkPrograms(programs: readonly Program[]): Problem[] {
  return checkOnMachine(programs, resolveUser)
}
