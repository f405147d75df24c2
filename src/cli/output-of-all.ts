/**
 * What all programs print, on the standard output of `up`. It reads over the API what lies in the files, at the pace at which it is taken:
 * neither the agent nor a program waits for whoever reads, and nothing is left out; only what retention removed meanwhile is missing, and
 * that is said. Who stops reading ends the printing and nothing else.
 */
import type { OutputView } from '../contract/views.ts'
import type { CommandContext } from './context.ts'
import { LinePrinter } from './line-printer.ts'
import { pause } from './wait.ts'

/** So long nothing came any more: it is all printed. */
const quietMs = 300
/** The end is not held up for longer by a reader that does not read. */
const lastWordsMs = 5000
const againMs = 1000

export class OutputOfAll {
  private readonly context: CommandContext
  private readonly printer: LinePrinter
  private readonly abort = new AbortController()
  private readonly followed = new Set<string>()
  /** Bytes that are expected next, by run and stream. */
  private readonly next = new Map<string, number>()
  private pieces = 0
  private taken = 0
  private since = ''

  constructor(context: CommandContext) {
    this.context = context
    this.printer = new LinePrinter(context.out, { names: [], hasTimes: false, isUtc: false })
    this.since = new Date(context.clock.now()).toISOString()
  }

  begin(): void {
    this.quietly(this.followSlots())
  }

  /** Gives the last words their time. */
  async end(): Promise<void> {
    const { clock } = this.context
    const deadline = clock.monotonic() + lastWordsMs
    while (clock.monotonic() < deadline) {
      const before = this.pieces
      await pause(clock, quietMs, this.abort.signal)
      if (this.pieces === before && this.taken === this.pieces) break
    }
    this.abort.abort()
  }

  /** Slots that come to be later are followed as well. */
  private async followSlots(): Promise<void> {
    const { client, clock } = this.context
    const { signal } = this.abort
    await this.followNew()
    while (!signal.aborted) {
      try {
        for await (const { slot } of await client.streamEvents({ kinds: ['run.started'] }, { signal }))
          if (slot !== null && !this.followed.has(slot)) await this.followNew()
      } catch {
        // The stream ended with the agent, or before its time; then it is opened again.
      }
      await pause(clock, againMs, signal)
      if (!signal.aborted) await this.followNew()
    }
  }

  private async followNew(): Promise<void> {
    const slots = await this.context.client.listSlots({})
    const fresh = slots.filter(({ slot }) => !this.followed.has(slot))
    if (fresh.length === 0) return
    for (const { slot, name } of fresh) {
      this.followed.add(slot)
      this.printer.know(name)
    }
    for (let at = 0; at < fresh.length; at += 1000) {
      const targets = fresh.slice(at, at + 1000).map(({ slot }) => slot)
      this.quietly(this.printer.print(this.piecesOf(targets)))
    }
  }

  private async *piecesOf(targets: string[]): AsyncGenerator<OutputView> {
    const { client } = this.context
    const query = { targets, follow: true, since: this.since }
    for await (const piece of await client.streamLogs(query, { signal: this.abort.signal })) {
      this.pieces += 1
      this.sayGap(piece)
      yield piece
      this.taken += 1
    }
  }

  private sayGap({ name, run, stream, offset, text }: OutputView): void {
    const key = `${run} ${stream}`
    const expected = this.next.get(key)
    // A byte that is no character counts for three: what seems less than it is, is no gap.
    if (expected !== undefined && offset > expected) {
      const { out } = this.context
      out.line(out.colors.dim(`… ${offset - expected} bytes of ${name} skipped: they were no longer kept`))
    }
    this.next.set(key, offset + Buffer.byteLength(text))
  }

  /** What goes wrong here is no matter of the agent. */
  private quietly(work: Promise<void>): void {
    work.catch((error: unknown) => {
      if (this.abort.signal.aborted) return
      this.context.err.line(
        `The output of programs is no longer printed: ${String((error as Error).message)}`,
      )
    })
  }
}
