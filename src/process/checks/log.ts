/**
 * Whether a line of a run's output fits a pattern. Looks at what came since the last look, so each byte is read once by one agent; a new
 * agent reads from the beginning of what is kept. A line longer than 64 KiB is looked at in pieces.
 */
import { StringDecoder } from 'node:string_decoder'
import type { Look } from '../check.ts'
import { RunOutput, type Stream } from '../output-files.ts'

const pieceBytes = 65_536
/** Read in one look, so that a flood holds nobody up; the rest waits for the next. */
const mostPerLook = 64 * pieceBytes

export class LogWatch {
  private readonly readers: readonly StreamLines[]
  private readonly pattern: RegExp

  constructor(directory: string, pattern: string) {
    this.pattern = new RegExp(pattern, 'u')
    this.readers = (['out', 'err'] as const).map((stream) => new StreamLines(directory, stream))
  }

  look(): Look {
    for (const reader of this.readers) {
      for (const line of reader.next()) {
        if (this.pattern.test(line)) return { passed: true, detail: `it printed \`${line.slice(0, 200)}\`` }
      }
    }
    return { passed: false, detail: `no line of its output fits \`${this.pattern.source}\` yet` }
  }
}

class StreamLines {
  private readonly output: RunOutput
  private readonly decoder = new StringDecoder('utf8')
  private position = 0
  private unfinished = ''

  constructor(directory: string, stream: Stream) {
    this.output = new RunOutput(directory, stream)
  }

  /** Whole lines, and at the end what there is of an unfinished one, which comes again once it is whole. */
  *next(): Generator<string> {
    const end = this.position + mostPerLook
    while (this.position < end) {
      const part = this.output.read(this.position, pieceBytes)
      if (!part) break
      // What lay between was dropped: two halves are no line.
      if (part.position !== this.position) this.unfinished = ''
      this.position = part.next
      const lines = (this.unfinished + this.decoder.write(part.bytes)).split('\n')
      this.unfinished = lines.pop() ?? ''
      yield* lines
      if (this.unfinished.length > pieceBytes) {
        yield this.unfinished
        this.unfinished = ''
      }
    }
    if (this.unfinished !== '') yield this.unfinished
  }
}
