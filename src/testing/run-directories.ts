/** Makes run directories as a shim, or a shim that was killed, leaves them. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import type { Claim } from '../process/claim.ts'
import { type ProcessIdentity, readBootId, readStat } from '../process/process-identity.ts'
import type { ExitFile, PidFile } from '../process/run-directory.ts'

export function aClaim(run: string, changes: Partial<Claim> = {}): Claim {
  return {
    version: 1,
    run,
    marks: '/nowhere',
    argv: ['/bin/true'],
    cwd: '/',
    rlimits: [],
    stop: { signal: 2, graceMs: 500, group: false },
    timeoutMs: 0,
    leave: false,
    input: false,
    merge: false,
    out: { maxBytes: 1000, keep: 1 },
    err: { maxBytes: 1000, keep: 1 },
    program: 'mailer',
    slot: 'mailer:0',
    index: 0,
    cause: { kind: 'autostart' },
    node: 'a',
    claimedAt: 1_790_000_000_000,
    launchHash: 'hash',
    ...changes,
  }
}

/** The test's own process, as one that surely lives. */
export function someoneAlive(): ProcessIdentity {
  return { pid: process.pid, start: readStat(process.pid)?.start ?? 0 }
}

/** Its number is taken, but by another process. */
export function someoneDead(): ProcessIdentity {
  return { pid: process.pid, start: 1 }
}

export function aPid(changes: Partial<PidFile> = {}): PidFile {
  const alive = someoneAlive()
  return { boot: readBootId(), shim: alive, command: alive, startedAt: 1_790_000_000_100, ...changes }
}

export function anExit(changes: Partial<ExitFile> = {}): ExitFile {
  return {
    code: 7,
    signal: null,
    error: null,
    startedAt: 1_790_000_000_100,
    endedAt: 1_790_000_000_900,
    durationMs: 800,
    userCpuMs: 1,
    systemCpuMs: 2,
    maxRssBytes: 3,
    timedOut: false,
    stopRequested: false,
    killed: false,
    leftovers: 0,
    lost: { out: 0, err: 0 },
    outBytes: 5,
    errBytes: 0,
    ...changes,
  }
}

/** Texts lie as they are, anything else as JSON. */
export function makeRunDirectory(runsDir: string, run: string, files: Record<string, unknown>): string {
  const directory = join(runsDir, run)
  mkdirSync(directory)
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(join(directory, name), typeof content === 'string' ? content : JSON.stringify(content))
  }
  return directory
}
