/**
 * The folder in which shims put a mark when a command was born and when it ended. One watch for all runs of a node; a slow look
 * at the folder besides, since the kernel may drop notices when very many come at once.
 */
import { type FSWatcher, unlinkSync, watch } from 'node:fs'
import { join } from 'node:path'
import type { Clock, Timer } from '../clock.ts'
import { checkpoint } from '../effects.ts'
import { listNames } from './run-directory.ts'

export type MarkKind = 'born' | 'ended'

const lookAgainMs = 2000

export class MarkWatch {
  private readonly folder: string
  private readonly clock: Clock
  private readonly onMark: (run: string, kind: MarkKind) => void
  private watcher: FSWatcher | null = null
  private timer: Timer | null = null

  constructor(folder: string, clock: Clock, onMark: (run: string, kind: MarkKind) => void) {
    this.folder = folder
    this.clock = clock
    this.onMark = onMark
  }

  start(): void {
    this.watcher = watch(this.folder, (_event, name) => {
      if (name !== null) this.report(name)
    })
    // A watch that fails (its folder removed, say) must not take the agent along; the slow look remains.
    this.watcher.on('error', () => this.watcher?.close())
    this.lookAgain()
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

  remove(run: string): void {
    for (const kind of ['born', 'ended'] as const) {
      try {
        checkpoint('remove')
        unlinkSync(join(this.folder, `${run}.${kind}`))
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
      }
    }
  }

  private lookAgain(): void {
    for (const { run, kind } of this.look()) this.onMark(run, kind)
    this.timer = this.clock.after(lookAgainMs, () => this.lookAgain())
  }

  private report(name: string): void {
    const mark = parseMark(name)
    if (mark) this.onMark(mark.run, mark.kind)
  }
}

function parseMark(name: string): { run: string; kind: MarkKind } | null {
  const dot = name.lastIndexOf('.')
  const kind = name.slice(dot + 1)
  return dot > 0 && (kind === 'born' || kind === 'ended') ? { run: name.slice(0, dot), kind } : null
}
