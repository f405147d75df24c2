/**
 * Lines to the system's log. Node has no datagrams on files, so a small child does it (`drover-shim --syslog`, see `native/syslog.c`), which ends with
 * this process, however that ends. Nobody ever waits for it: what neither it nor the log takes is dropped, and that it begins is told.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import type { Socket } from 'node:net'
import process from 'node:process'
import type { Clock } from '../clock.ts'
import { checkpoint } from '../effects.ts'

export interface SyslogPipeOptions {
  readonly shim: string
  readonly clock: Clock
  /** The socket of the log. */
  readonly path: string
  readonly tag: string
  /** Its number in RFC 3164. */
  readonly facility: number
  /** Lines are dropped from now on. Told once, until one is taken again. */
  readonly onLost: () => void
}

/** What waits for the child at most. */
const mostWaiting = 256 * 1024
const restartAfterMs = 1000
/** The child sends longer lines in pieces. */
const mostCharacters = 1000

export class SyslogPipe {
  private readonly options: SyslogPipeOptions
  private child: ChildProcess | null = null
  private startAt = Number.NEGATIVE_INFINITY
  private isLost = false
  private isClosed = false

  constructor(options: SyslogPipeOptions) {
    this.options = options
  }

  /** `severity`: 0 to 7. */
  write(severity: number, text: string): void {
    if (this.isClosed) return
    const stdin = (this.child ?? this.start())?.stdin
    if (!stdin || stdin.writableLength > mostWaiting) return this.lose()
    // One line, whatever is in the text.
    const line = text.replace(/[\u0000-\u001f\u007f]+/g, ' ')
    const cut = line.length > mostCharacters ? `${line.slice(0, mostCharacters)}…` : line
    stdin.write(`<${this.options.facility * 8 + severity}>${cut}\n`)
  }

  /** What was written before is still sent. */
  close(): void {
    this.isClosed = true
    this.child?.stdin?.end()
  }

  private start(): ChildProcess | null {
    const { shim, clock, path, tag } = this.options
    if (clock.monotonic() < this.startAt) return null
    this.startAt = clock.monotonic() + restartAfterMs
    checkpoint('spawn')
    const { TZ } = process.env
    const child = spawn(shim, ['--syslog', path, tag], {
      stdio: ['pipe', 'pipe', 'ignore'],
      detached: true,
      cwd: '/',
      env: TZ === undefined ? {} : { TZ },
    })
    const gone = (): void => {
      if (this.child !== child) return
      this.child = null
      if (!this.isClosed) this.lose()
    }
    child.once('error', gone)
    child.once('exit', gone)
    child.stdin?.on('error', () => {})
    child.stdout?.setEncoding('utf8').on('data', (words: string) => {
      for (const word of words.split('\n')) {
        if (word === 'lost') this.lose()
        else if (word === 'taken') this.isLost = false
      }
    })
    // It is no reason for this process to go on.
    child.unref()
    for (const stream of [child.stdin, child.stdout]) (stream as Socket | null)?.unref?.()
    this.child = child
    return child
  }

  private lose(): void {
    if (this.isLost) return
    this.isLost = true
    this.options.onLost()
  }
}
