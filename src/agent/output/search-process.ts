/**
 * A search in a process of its own, as its asker sees it: what is found, as fast as it is taken. One that gives no sign of life is killed,
 * so that a pattern that takes for ever costs its asker an error and nobody else anything; one whose asker is gone is killed at once.
 */
import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { dirname, join } from 'node:path'
import process from 'node:process'
import type { Readable, Writable } from 'node:stream'
import type { Clock } from '../../clock.ts'
import type { OutputView } from '../../contract/views.ts'
import { UserError } from '../../domain/user-error.ts'
import { checkpoint } from '../../effects.ts'
import type { SearchRequest } from '../../process/search.ts'

/** How long a search may give no sign of life. It gives one every 500 ms, unless one line takes longer. */
const patienceMs = 10_000
/** Each takes some 60 MB while it works. */
const mostAtOnce = 8
const keptOutput = 2000

export interface SearchSummary {
  /** Bytes of output that were read, and the memory that it took. */
  readonly bytes: number
  readonly maxRssBytes: number
}

/** All searches of an agent. */
export class Searches {
  private readonly hostPath: string
  private readonly clock: Clock
  private running = 0

  /** The search host is built beside the config host. */
  constructor(configHostPath: string, clock: Clock) {
    this.hostPath = join(dirname(configHostPath), 'search-host.cjs')
    this.clock = clock
  }

  /** Throws `busy` where there are too many. The search is to be closed. */
  open(request: SearchRequest, signal: AbortSignal): Search {
    if (this.running >= mostAtOnce) {
      throw new UserError('busy', `${mostAtOnce} searches are running already.`, {
        hint: 'Wait until one of them is over; a follower with a pattern counts as one.',
      })
    }
    this.running += 1
    return new Search(this.hostPath, request, this.clock, signal, () => {
      this.running -= 1
    })
  }
}

export class Search {
  summary: SearchSummary | null = null
  private readonly child: ChildProcessByStdio<Writable, Readable, Readable>
  private readonly lines: AsyncGenerator<string>
  private readonly pattern: string | null
  private readonly signal: AbortSignal
  private readonly onClosed: () => void
  private isHung = false
  private isClosed = false
  private said = ''

  constructor(
    hostPath: string,
    request: SearchRequest,
    clock: Clock,
    signal: AbortSignal,
    onClosed: () => void,
  ) {
    this.pattern = request.match?.pattern ?? null
    this.signal = signal
    this.onClosed = onClosed
    checkpoint('spawn')
    this.child = spawn(process.execPath, ['--max-old-space-size=256', hostPath], {
      stdio: ['pipe', 'pipe', 'pipe'],
      cwd: '/',
      env: { ...process.env, NODE_NO_WARNINGS: '1' },
    })
    this.child.on('error', (error) => {
      this.said += error.message
    })
    this.child.stdin.on('error', () => {})
    this.child.stderr.on('data', (chunk: Buffer) => {
      this.said = (this.said + chunk.toString()).slice(-keptOutput)
    })
    signal.addEventListener('abort', this.close)
    this.lines = this.readLines(clock)
    this.tell(request)
    if (signal.aborted) this.close()
  }

  /** What the question finds. */
  async *results(): AsyncGenerator<OutputView> {
    yield* this.readAnswer()
  }

  /** The lines that the piece finishes and that fit. */
  async *match(piece: OutputView): AsyncGenerator<OutputView> {
    this.tell(piece)
    yield* this.readAnswer()
  }

  readonly close = (): void => {
    if (this.isClosed) return
    this.isClosed = true
    this.signal.removeEventListener('abort', this.close)
    this.child.kill('SIGKILL')
    for (const stream of this.child.stdio) stream?.destroy()
    this.onClosed()
  }

  private tell(value: unknown): void {
    this.child.stdin.write(`${JSON.stringify(value)}\n`)
  }

  private async *readAnswer(): AsyncGenerator<OutputView> {
    for (;;) {
      const { done, value } = await this.lines.next()
      if (this.isClosed && !this.isHung) return
      if (done) throw this.failure()
      if (value === '') continue
      const message = JSON.parse(value) as OutputView | { readonly done: SearchSummary }
      if ('done' in message) {
        this.summary ??= message.done
        return
      }
      yield message
    }
  }

  private failure(): UserError | Error {
    if (!this.isHung)
      return new Error(`The search ended before its end: ${this.said.trim() || 'it was killed'}`)
    return new UserError(
      'timed_out',
      `The pattern \`${this.pattern}\` took more than ${patienceMs / 1000} s on one line; the search was given up.`,
      { hint: 'Leave out repetitions within repetitions, such as `(a+)+`, or narrow the time with --since.' },
    )
  }

  private async *readLines(clock: Clock): AsyncGenerator<string> {
    const chunks = this.child.stdout.setEncoding('utf8')[Symbol.asyncIterator]()
    let rest = ''
    for (;;) {
      // Time counts only while something is waited for: a reader that is slow may be.
      const timer = clock.after(patienceMs, () => {
        this.isHung = true
        this.close()
      })
      const { done, value } = await chunks.next().catch(() => ({ done: true, value: '' }))
      timer.cancel()
      if (done) return
      const lines = `${rest}${value as string}`.split('\n')
      rest = lines.pop() ?? ''
      yield* lines
    }
  }
}
