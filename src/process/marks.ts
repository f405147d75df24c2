/**
 * The folder in which shims put a mark when a command was born, when it told something of itself, and when it ended. One watch for all runs of a node; a slow look
 * at the folder besides, since the kernel may drop notices when very many come at once.
 */
import { existsSync, type FSWatcher, unlinkSync, watch } from 'node:fs'
import { join } from 'node:path'
import type { Clock, Timer } from '../clock.ts'
import { checkpoint } from '../effects.ts'
import { listNames } from './run-directory.ts'

const markKinds = ['born', 'ended', 'notified'] as const
export type MarkKind = (typeof markKinds)[number]

const lookAgainMs = 2000
const lookWithoutWatchMs = 100

export class MarkWatch {
  private readonly folder: string
  private readonly clock: Clock
  private readonly onMark: (run: string, kind: MarkKind) => boolean
  private watcher: FSWatcher | null = null
  private timer: Timer | null = null

  /** `onMark` says whether anybody knows the run; a mark that nobody knows is removed by the slow look. */
  constructor(folder: string, clock: Clock, onMark: (run: string, kind: MarkKind) => boolean) {
    this.folder = folder
    this.clock = clock
    this.onMark = onMark
  }

  start(): void {
    try {
      const watcher = watch(this.folder, (_event, name) => {
        if (name !== null) this.report(name)
      })
      watcher.on('error', () => this.watchFailed())
      this.watcher = watcher
    } catch {
      this.watchFailed()
    }
    this.lookLater()
  }

  stop(): void {
    this.watcher?.close()
    this.timer?.cancel()
  }

  /** What is marked right now. A mark of a run that nobody knows any more is for the caller to remove. */
  look(): { run: string; kind: MarkKind }[] {
    return listNames(this.folder)
      .map(parseMark)
      .filter((mark) => mark !== null)
  }

  /** The watch tells of a mark that is taken away as well. */
  has(run: string, kind: MarkKind): boolean {
    return existsSync(join(this.folder, `${run}.${kind}`))
  }

  remove(run: string, kinds: readonly MarkKind[] = markKinds): void {
    for (const kind of kinds) {
      try {
        checkpoint('remove')
        unlinkSync(join(this.folder, `${run}.${kind}`))
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
      }
    }
  }

  /** Too many watches on this machine, or the folder was removed: the look remains, and comes more often. */
  private watchFailed(): void {
    this.watcher?.close()
    this.watcher = null
  }

  private lookLater(): void {
    this.timer = this.clock.after(this.watcher ? lookAgainMs : lookWithoutWatchMs, () => {
      this.lookLater()
      try {
        for (const { run, kind } of this.look()) if (!this.onMark(run, kind)) this.remove(run)
      } catch {
        // A folder that cannot be read now can perhaps be read the next time.
      }
    })
  }

  private report(name: string): void {
    const mark = parseMark(name)
    if (mark) this.onMark(mark.run, mark.kind)
  }
}

function parseMark(name: string): { run: string; kind: MarkKind } | null {
  const dot = name.lastIndexOf('.')
  const kind = markKinds.find((known) => known === name.slice(dot + 1))
  return dot > 0 && kind ? { run: name.slice(0, dot), kind } : null
}
