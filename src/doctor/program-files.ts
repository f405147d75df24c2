/**
 * Whether what Drover itself is made of works here: the shim and SQLite, each tried.
 */
import { spawnSync } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import process from 'node:process'
import { type Finding, findingsOf } from '../domain/finding.ts'
import { UserError } from '../domain/user-error.ts'
import { findShim } from '../process/shim.ts'
import { openDatabase } from '../store/sqlite/engine.ts'

const say = findingsOf('Drover')
const oldestNode = 20
const patienceMs = 5000

/** `root` is the folder of the package. */
export function examineFiles(root: string, version: string): Finding[] {
  return [judgeNode(process.versions.node), examineShim(root, version), examineSqlite()]
}

export function judgeNode(version: string): Finding {
  if (Number(version.split('.')[0]) >= oldestNode) return say.ok('drover.node', `Node ${version}.`)
  return say.error('drover.node', `Node ${version} is too old.`, `Run it with Node ${oldestNode} or newer.`)
}

function examineShim(root: string, version: string): Finding {
  let shim: string
  try {
    shim = findShim(root)
    accessSync(shim, constants.X_OK)
  } catch (error) {
    if (error instanceof UserError) return say.error('drover.shim', error.message, error.hint)
    return say.error(
      'drover.shim',
      `The shim may not be run: ${(error as Error).message}.`,
      'Set its rights with chmod +x.',
    )
  }
  const { stdout, error, status } = spawnSync(shim, ['--version'], { encoding: 'utf8', timeout: patienceMs })
  return judgeShim(shim, version, {
    said: stdout ?? '',
    failure: error?.message ?? (status === 0 ? null : `it ended with ${status}`),
  })
}

export function judgeShim(
  shim: string,
  version: string,
  { said, failure }: { said: string; failure: string | null },
): Finding {
  if (failure !== null) {
    return say.error(
      'drover.shim',
      `The shim ${shim} does not run: ${failure}.`,
      'It may be built for another kind of machine, or lie on a file system that is mounted noexec: build it anew with `npm install`.',
    )
  }
  const own = /^drover-shim (\S+?),/.exec(said)?.[1] ?? 'unknown'
  if (own === version) return say.ok('drover.shim', `The shim runs, version ${own}.`)
  return say.warning(
    'drover.shim',
    `The shim ${shim} is of version ${own}, this is ${version}.`,
    'Build it anew with `npm install`.',
  )
}

function examineSqlite(): Finding {
  try {
    openDatabase(':memory:').close()
    return say.ok('drover.sqlite', 'SQLite works.')
  } catch (error) {
    return say.error(
      'drover.sqlite',
      `SQLite does not work: ${(error as Error).message.split('\n')[0]}`,
      'Install the package anew (`npm install`), or use a Node that has it built in.',
    )
  }
}
