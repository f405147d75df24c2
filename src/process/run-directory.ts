/**
 * The run directory, from the agent's side: writes the claim, reads who runs and how it ended, revokes what was never born. The
 * format is `docs/reference/run-directory.md`.
 *
 * Synchronous on purpose: each call is a few microseconds on local files, and a claim must not be interleaved with anything.
 */
import {
  closeSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { checkpoint } from '../effects.ts'
import type { Claim } from './claim.ts'
import type { ProcessIdentity } from './process-identity.ts'

export interface PidFile {
  readonly boot: string
  readonly shim: ProcessIdentity
  /** Null when no process could be made. */
  readonly command: ProcessIdentity | null
  readonly startedAt: number
}

/** `broken`: the file is there and says nothing that can be understood. */
export type Pid =
  | { readonly kind: 'none' }
  | { readonly kind: 'revoked' }
  | { readonly kind: 'broken' }
  | { readonly kind: 'pid'; readonly pid: PidFile }

export interface ExitFile {
  readonly code: number | null
  readonly signal: number | null
  readonly error: { readonly stage: string; readonly errno: number; readonly message: string } | null
  readonly startedAt: number
  readonly endedAt: number
  readonly durationMs: number
  readonly userCpuMs: number
  readonly systemCpuMs: number
  readonly maxRssBytes: number
  readonly timedOut: boolean
  readonly stopRequested: boolean
  readonly killed: boolean
  readonly leftovers: number
  readonly lost: { readonly out: number; readonly err: number }
  readonly outBytes: number
  readonly errBytes: number
}

/** Step one of a run: from here on it exists, though nothing was started. */
export function writeClaim(directory: string, claim: Claim): void {
  checkpoint('mkdir')
  mkdirSync(directory, { mode: 0o700 })
  const path = join(directory, 'spec.json')
  checkpoint('write')
  writeFileSync(`${path}.tmp`, JSON.stringify(claim), { mode: 0o600 })
  checkpoint('rename')
  renameSync(`${path}.tmp`, path)
}

/** Makes the folders of named outputs. Where that fails the shim will fail to open them, and that is recorded as the run's end. */
export function makeOutputFolders({ out, err }: Claim): void {
  for (const file of [out?.file, err?.file]) {
    if (file === undefined) continue
    try {
      checkpoint('mkdir')
      mkdirSync(dirname(file), { recursive: true })
    } catch {
      // Told by the shim.
    }
  }
}

/** Null when there is no whole claim: the agent died while writing it, or the file was damaged. */
export function readClaim(directory: string): Claim | null {
  const claim = readJson(join(directory, 'spec.json'))
  if (!isRecord(claim) || !isRecord(claim.cause) || typeof claim.claimedAt !== 'number') return null
  const names = [claim.run, claim.program, claim.slot, claim.node]
  return names.every((name) => typeof name === 'string') ? (claim as unknown as Claim) : null
}

export function readPid(directory: string): Pid {
  const text = readText(join(directory, 'pid'))
  if (text === null) return { kind: 'none' }
  // An empty file revokes as well as the word does, see `revoke`.
  if (text === '' || text.startsWith(revokedWord)) return { kind: 'revoked' }
  const pid = parseJson(text)
  return isRecord(pid) &&
    typeof pid.boot === 'string' &&
    typeof pid.startedAt === 'number' &&
    isIdentity(pid.shim) &&
    (pid.command === null || isIdentity(pid.command))
    ? { kind: 'pid', pid: pid as unknown as PidFile }
    : { kind: 'broken' }
}

/** Null while the run has not ended; `broken` when the file cannot be understood. */
export function readExit(directory: string): ExitFile | 'broken' | null {
  const text = readText(join(directory, 'exit'))
  if (text === null) return null
  const exit = parseJson(text)
  return isRecord(exit) &&
    typeof exit.endedAt === 'number' &&
    typeof exit.durationMs === 'number' &&
    isRecord(exit.lost)
    ? (exit as unknown as ExitFile)
    : 'broken'
}

/** What the process told of itself by the protocol of sd_notify. Times: wall clock, and monotonic for `watchdogAt`; -1 is never. */
export interface Notice {
  readonly ready: boolean
  readonly readyAt: number
  readonly stopping: boolean
  readonly watchdogFailed: boolean
  readonly watchdogAt: number
  readonly status: string
}

/** Null when it has told nothing, or the file cannot be understood. */
export function readNotice(directory: string): Notice | null {
  const notice = readJson(join(directory, 'notify'))
  return isRecord(notice) && typeof notice.ready === 'boolean' && typeof notice.watchdogAt === 'number'
    ? (notice as unknown as Notice)
    : null
}

/** Makes sure that the claim never becomes a process. False when a shim was first: then it is alive, or was. */
export function revoke(directory: string): boolean {
  const prepared = join(directory, 'revoked.tmp')
  const pid = join(directory, 'pid')
  try {
    checkpoint('write')
    writeFileSync(prepared, revokedWord, { mode: 0o600 })
    checkpoint('link')
    linkSync(prepared, pid)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EEXIST'
      ? readPid(directory).kind === 'revoked'
      : revokeWithoutWord(directory, pid)
  } finally {
    rmSync(prepared, { force: true })
  }
}

/** On a full disk, or on a file system without hard links: an empty file is as good, and takes neither. */
function revokeWithoutWord(directory: string, pid: string): boolean {
  try {
    checkpoint('write')
    closeSync(openSync(pid, 'wx', 0o600))
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return readPid(directory).kind === 'revoked'
    throw error
  }
}

/** Bytes of the output files in the directory. */
export function measureOutput(directory: string): number {
  let bytes = 0
  for (const name of listNames(directory)) {
    if (!name.startsWith('out.') && !name.startsWith('err.')) continue
    bytes += statSync(join(directory, name), { throwIfNoEntry: false })?.size ?? 0
  }
  return bytes
}

/** The claim goes first and `pid` last: what a removal that was killed in between leaves is never a claim that could still be run. */
export function removeRunDirectory(directory: string): void {
  checkpoint('remove')
  rmSync(join(directory, 'spec.json'), { force: true })
  checkpoint('remove')
  for (const name of listNames(directory)) {
    if (name !== 'pid') rmSync(join(directory, name), { recursive: true, force: true })
  }
  checkpoint('remove')
  rmSync(directory, { recursive: true, force: true })
}

/** Names in a folder; none where there is no folder. */
export function listNames(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

const revokedWord = 'revoked'

function readText(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}

function readJson(path: string): unknown {
  const text = readText(path)
  return text === null ? null : parseJson(text)
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

function isIdentity(value: unknown): boolean {
  return isRecord(value) && typeof value.pid === 'number' && typeof value.start === 'number'
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
