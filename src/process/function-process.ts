/**
 * The process that has the functions of one configuration, as the agent sees it: calls go in, messages come out, and once it is gone, that is told with
 * the way it went. It leads a group of its own, which is killed with it. It cannot outlive its agent: file descriptor 4 of it
 * ends when the agent does, however that comes about. What it prints is told to who wants it, else it is not read, so nothing can fill.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import process from 'node:process'
import type { Duplex, Readable, Writable } from 'node:stream'
import type { EventsCall, FunctionCall, FunctionMessage } from '../config/load/function-call.ts'
import { checkpoint } from '../effects.ts'
import { readRssBytes } from './tree-usage.ts'

export interface FunctionProcessOptions {
  /** The built `config-host`. */
  readonly hostPath: string
  /** Absolute. */
  readonly file: string
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Beyond it Node gives up by itself; what it does not count is for who looks at `rssBytes`. */
  readonly maxHeapBytes: number
}

export interface FunctionProcessEvents<M> {
  readonly onMessage: (message: M) => void
  /** It ended, or never began. Not told once it was killed from here. */
  readonly onGone: (how: string) => void
  /** A line that the configuration printed. */
  readonly onPrinted?: (line: string, stream: 'stdout' | 'stderr') => void
}

/** No message of ours is half as long. */
const longestLine = 64 * 1024
/** Of a line that is printed, so much is told. */
const longestPrint = 1000

export class FunctionProcess<M extends { readonly kind: string } = FunctionMessage> {
  private readonly events: FunctionProcessEvents<M>
  private readonly child: ChildProcess
  /** None where the process did not even begin. */
  private readonly channel: Duplex | null
  private unread = ''
  private isOver = false

  constructor(options: FunctionProcessOptions, events: FunctionProcessEvents<M>) {
    const { hostPath, file, environment, maxHeapBytes } = options
    this.events = events
    checkpoint('spawn')
    const heap = `--max-old-space-size=${Math.ceil(maxHeapBytes / 1024 ** 2)}`
    const printed = events.onPrinted ? 'pipe' : 'ignore'
    this.child = spawn(process.execPath, [heap, hostPath, '--functions', file], {
      cwd: '/',
      detached: true,
      stdio: ['ignore', printed, printed, 'pipe', 'pipe'],
      env: { ...environment, NODE_NO_WARNINGS: '1' },
    })
    this.child.once('error', (error) => this.end(`its process did not start: ${error.message}`))
    // What it said last may still be on its way.
    this.child.once('exit', (code, signal) => setImmediate(() => this.end(endText(code, signal))))
    this.channel = (this.streams()[3] ?? null) as Duplex | null
    this.channel?.setEncoding('utf8').on('data', (text: string) => this.read(text))
    if (events.onPrinted) this.tellPrints(events.onPrinted)
    // What is written to one that has just died is lost; its end is told above.
    for (const stream of this.streams()) stream?.on('error', () => {})
  }

  get pid(): number | null {
    return this.child.pid ?? null
  }

  call(call: FunctionCall | EventsCall): void {
    this.channel?.write(`${JSON.stringify(call)}\n`)
  }

  /** What it has in memory; null where that cannot be told. */
  rssBytes(): number | null {
    return this.child.pid === undefined ? null : readRssBytes(this.child.pid)
  }

  /** With all that the configuration started. */
  kill(): void {
    if (this.isOver) return
    this.isOver = true
    if (this.child.pid !== undefined) killGroup(this.child.pid)
    // A process that escaped the group may hold the other ends; nobody waits for it.
    for (const stream of this.streams()) stream?.destroy()
  }

  /** Node makes none where there is no free file descriptor, whatever its types say. */
  private streams(): (Readable | Writable | null | undefined)[] {
    return (this.child.stdio as ChildProcess['stdio'] | undefined) ?? []
  }

  private tellPrints(tell: NonNullable<FunctionProcessEvents<M>['onPrinted']>): void {
    for (const stream of ['stdout', 'stderr'] as const) {
      let rest = ''
      this.child[stream]?.setEncoding('utf8').on('data', (text: string) => {
        const lines = (rest + text).split('\n')
        rest = (lines.pop() ?? '').slice(0, longestPrint)
        for (const line of lines) tell(line.slice(0, longestPrint), stream)
      })
    }
  }

  private end(how: string): void {
    if (this.isOver) return
    this.kill()
    this.events.onGone(how)
  }

  private read(text: string): void {
    const lines = (this.unread + text).split('\n')
    this.unread = lines.pop() ?? ''
    for (const line of lines) {
      if (this.isOver) return
      const message = parse<M>(line)
      if (!message) return this.end(strangeText)
      this.events.onMessage(message)
    }
    if (this.unread.length > longestLine) this.end(strangeText)
  }
}

const strangeText = 'it wrote into file descriptor 3, which is not for it'

/** The configuration runs beside the one who writes, and can write there as well. */
function parse<M extends { readonly kind: string }>(line: string): M | null {
  try {
    const value = JSON.parse(line) as M
    return typeof value === 'object' && value !== null && typeof value.kind === 'string' ? value : null
  } catch {
    return null
  }
}

function endText(code: number | null, signal: string | null): string {
  if (signal === 'SIGABRT')
    return 'its process was ended by SIGABRT, as Node does when there is no memory left'
  return signal === null
    ? `its process ended with exit code ${code ?? '?'}`
    : `its process was ended by ${signal}`
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // It is gone already.
  }
}
