/**
 * Looks at the watched files of programs, and tells once one of them changed and then nothing did for a while. One loop for each set of
 * patterns, however many programs share it. It holds nothing that could be lost: a new agent takes what it finds as what was.
 */
import type { Clock, Timer } from '../../clock.ts'
import type { FileWatchPolicy } from '../../domain/limits.ts'
import type { DesiredProgram } from '../../domain/reconcile.ts'
import { changedFiles, type FileState, type ScanResult } from '../../process/file-scan.ts'

export interface FileWatchOptions {
  readonly clock: Clock
  readonly scan: (paths: readonly string[], ignore: readonly string[]) => Promise<ScanResult>
  /** `changed`: all paths that differ from what they were. */
  readonly onChange: (programs: readonly string[], changed: readonly string[]) => void
  /** Something that a person should know; the watch goes on. */
  readonly say: (message: string) => void
}

interface Loop {
  readonly policy: FileWatchPolicy
  programs: string[]
  timer: Timer | null
  /** What counts as unchanged; null before the first look. */
  base: FileState | null
  last: FileState | null
  changedAt: number
  isCutTold: boolean
}

const lookEveryMs = 1000
/** A look that takes long is followed by a rest of so many times its length: large trees on slow disks must not keep the agent busy. */
const restFactor = 50

export class FileWatch {
  private readonly options: FileWatchOptions
  private readonly loops = new Map<string, Loop>()

  constructor(options: FileWatchOptions) {
    this.options = options
  }

  /** Brings what is looked at in line with these programs. */
  follow(desired: ReadonlyMap<string, DesiredProgram>): void {
    const wanted = new Map<string, { policy: FileWatchPolicy; programs: string[] }>()
    for (const { program } of desired.values()) {
      const policy = program.limits.watch
      if (!policy || program.restart.when === 'never') continue
      const key = JSON.stringify(policy)
      const entry = wanted.get(key)
      if (entry) entry.programs.push(program.name)
      else wanted.set(key, { policy, programs: [program.name] })
    }
    for (const [key, loop] of this.loops) {
      if (wanted.has(key)) continue
      loop.timer?.cancel()
      this.loops.delete(key)
    }
    for (const [key, { policy, programs }] of wanted) {
      const loop = this.loops.get(key)
      if (loop) loop.programs = programs
      else this.begin(key, policy, programs)
    }
  }

  close(): void {
    for (const { timer } of this.loops.values()) timer?.cancel()
    this.loops.clear()
  }

  private begin(key: string, policy: FileWatchPolicy, programs: string[]): void {
    const loop: Loop = {
      policy,
      programs,
      timer: null,
      base: null,
      last: null,
      changedAt: 0,
      isCutTold: false,
    }
    this.loops.set(key, loop)
    void this.look(key, loop)
  }

  private async look(key: string, loop: Loop): Promise<void> {
    const { clock, scan } = this.options
    const { paths, ignore, settleMs } = loop.policy
    const began = clock.monotonic()
    loop.timer = null
    const { files, isCut } = await scan(paths, ignore)
    if (this.loops.get(key) !== loop) return
    if (isCut && !loop.isCutTold) this.tellCut(loop)
    const now = clock.monotonic()
    this.compare(loop, files, now)
    const isSettling = loop.changedAt > 0
    const rest = isSettling ? Math.max(50, Math.min(lookEveryMs, settleMs / 2)) : lookEveryMs
    const wait = Math.max(rest, (now - began) * (isSettling ? 1 : restFactor))
    loop.timer = clock.after(wait, () => void this.look(key, loop))
  }

  private compare(loop: Loop, files: FileState, now: number): void {
    const isMoving = loop.last !== null && changedFiles(loop.last, files).length > 0
    loop.last = files
    loop.base ??= files
    if (isMoving) loop.changedAt = now
    if (loop.changedAt === 0 || now - loop.changedAt < loop.policy.settleMs) return
    const changed = changedFiles(loop.base, files)
    loop.base = files
    loop.changedAt = 0
    // A file that came and went again is as it was.
    if (changed.length > 0) this.options.onChange(loop.programs, changed)
  }

  private tellCut(loop: Loop): void {
    loop.isCutTold = true
    this.options.say(
      `${loop.programs.join(', ')}: \`limits.watch\` leads to more than 10,000 files, or through more than 50,000; the rest is not watched. Narrow its patterns, or add to \`ignore\`.`,
    )
  }
}
