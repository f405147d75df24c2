/**
 * The data directory: everything that an agent keeps. Made on first use, recognised by its marker `drover.json`, and never taken over when
 * it holds somebody else's files. It belongs to the agent's user, and nobody else may look into it: the store has the `env` of programs, which
 * may be secret, and who could write here could tell the agent what to run.
 */
import {
  accessSync,
  chmodSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { UserError } from '../domain/user-error.ts'
import { checkpoint } from '../effects.ts'

export interface DataDirectory {
  readonly path: string
  readonly database: string
  readonly socket: string
  readonly runs: string
  readonly marks: string
  /** Of the holders of listening sockets, made when there is one. */
  readonly sockets: string
  readonly agentFile: string
}

export function dataDirectory(path: string): DataDirectory {
  return {
    path,
    database: join(path, 'drover.db'),
    socket: join(path, 'agent.sock'),
    runs: join(path, 'runs'),
    marks: join(path, 'marks'),
    sockets: join(path, 'sockets'),
    agentFile: join(path, 'agent.json'),
  }
}

const markerName = 'drover.json'

/** With its parents, one by one: where a parent cannot be made, as below /proc, Node's own recursion may never end. */
function makeFolder(path: string): void {
  if (existsSync(path)) return
  const parent = dirname(path)
  if (parent !== path) makeFolder(parent)
  try {
    mkdirSync(path, { mode: 0o700 })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
}

/** Makes the directory if it is not there. Refuses one that is neither empty nor ours, or that others have a say in. */
export function prepareDataDirectory(path: string): DataDirectory {
  const data = dataDirectory(path)
  try {
    checkpoint('mkdir')
    makeFolder(path)
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK)
  } catch (error) {
    throw unusable(path, error)
  }
  // What a first start that was killed may have left: the marker is the first file of all.
  const others = readdirSync(path).filter((name) => name !== `${markerName}.tmp`)
  if (others.length > 0 && !others.includes(markerName)) {
    throw new UserError(
      'data_dir_foreign',
      `${path} is not empty and not a data directory of Drover (it has no ${markerName}).`,
      {
        hint: 'Give another folder with --data-dir. Nothing was changed.',
      },
    )
  }
  try {
    checkRights(path)
    if (!others.includes(markerName)) writeMarker(join(path, markerName))
    else checkMarker(join(path, markerName))
    for (const folder of [data.runs, data.marks]) {
      checkpoint('mkdir')
      makeFolder(folder)
    }
    for (const folder of [path, data.runs, data.marks]) closeToOthers(folder)
  } catch (error) {
    throw error instanceof UserError ? error : unusable(path, error)
  }
  return data
}

export interface AgentFile {
  readonly pid: number
  readonly version: string
  readonly startedAt: string
  /** When it is to leave again, if it is not there for good. */
  readonly leavesAt?: string
}

/** For people and for `doctor`: who works here. Being here says nothing; the store's lock does. */
export function writeAgentFile(data: DataDirectory, agent: AgentFile): void {
  checkpoint('write')
  writeFileSync(`${data.agentFile}.tmp`, `${JSON.stringify(agent)}\n`, { mode: 0o600 })
  checkpoint('rename')
  renameSync(`${data.agentFile}.tmp`, data.agentFile)
}

export function readAgentFile(data: DataDirectory): AgentFile | null {
  try {
    return JSON.parse(readFileSync(data.agentFile, 'utf8'))
  } catch {
    return null
  }
}

/** What others may have put or changed here cannot be told any more, so closing it now would not be enough. */
function checkRights(path: string): void {
  const { uid, mode } = statSync(path)
  const own = process.getuid?.() ?? uid
  if (uid !== own) {
    throw new UserError(
      'data_dir_unusable',
      `${path} belongs to the user ${uid}, and this is the user ${own}.`,
      {
        hint: `Start the agent as the user ${uid}, or make the folder its own with \`chown -R ${own} ${path}\`, or give another one with --data-dir. Nothing was changed.`,
      },
    )
  }
  if ((mode & 0o022) !== 0) {
    throw new UserError('data_dir_unusable', `${path} can be written by others than its owner.`, {
      hint: `Look at what is in it, and close it with \`chmod 700 ${path}\`; or give another one with --data-dir. Nothing was changed.`,
    })
  }
}

/** A folder that others could read, as a `mkdir` makes it, is closed without a word: it is certainly ours by now. */
function closeToOthers(folder: string): void {
  if ((statSync(folder).mode & 0o077) !== 0) chmodSync(folder, 0o700)
}

function writeMarker(marker: string): void {
  checkpoint('write')
  writeFileSync(`${marker}.tmp`, `${JSON.stringify({ drover: 1 })}\n`, { mode: 0o600 })
  checkpoint('rename')
  renameSync(`${marker}.tmp`, marker)
}

function checkMarker(marker: string): void {
  let layout: unknown
  try {
    layout = (JSON.parse(readFileSync(marker, 'utf8')) as { drover?: unknown }).drover
  } catch {
    throw new UserError('data_dir_unusable', `${marker} is damaged.`, {
      hint: `If this is Drover's data directory, write {"drover":1} into the file; else give another --data-dir.`,
    })
  }
  if (layout !== 1) {
    throw new UserError(
      'store_newer',
      `${marker} is of layout ${String(layout)}; this version of Drover knows layout 1.`,
      {
        hint: 'Start the newer version again, or give this one another --data-dir. Nothing was changed.',
      },
    )
  }
}

function unusable(path: string, error: unknown): UserError {
  return new UserError(
    'data_dir_unusable',
    `The data directory ${path} cannot be used: ${(error as Error).message}.`,
    {
      hint: 'Check its rights and the room on its disk, or give another one with --data-dir.',
      cause: error,
    },
  )
}
