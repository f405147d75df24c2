/**
 * The roof over what the command line asks of the machine: a bundle of its own, since it has the store and the processes in it, which `drover status` never
 * needs.
 */
import { statSync } from 'node:fs'
import { userInfo } from 'node:os'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { checkOnMachine } from './agent/programs.ts'
import { systemClock } from './clock.ts'
import type { KnownUser } from './config/import/crontab-job.ts'
import { examine } from './doctor/examine.ts'
import type { Finding } from './domain/finding.ts'
import type { Program } from './domain/program.ts'
import type { Problem } from './domain/user-error.ts'
import { homeOf, resolveUser } from './process/user.ts'
import { version } from './version.ts'

const root = dirname(dirname(fileURLToPath(import.meta.url)))

export function examineMachine(dataDir: string, agentPid: number | null): Promise<Finding[]> {
  return examine({ root, version, clock: systemClock, dataDir, agentPid })
}

/** As a reload does it: users, folders and commands. */
export function checkPrograms(programs: readonly Program[]): Problem[] {
  return checkOnMachine(programs, resolveUser)
}

/** A user of this machine, for null the own one; null where there is none of this name. */
export function lookUpUser(name: string | null): KnownUser | null {
  const home = name === null ? userInfo().homedir : homeOf(name)
  return home === null ? null : { home: isFolder(home) ? home : null }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true
}
