/**
 * Prints lines of programs as a person reads them: the name of the slot in front in its own colour, all of one width, `|` for standard output and
 * `!` for standard error, and the time where that is wanted. One look for `logs` and for `up`.
 */
import type { OutputView } from '../contract/views.ts'
import { pad } from './format/table.ts'
import { formatStamp } from './format/time.ts'
import { type LogLine, LogLines } from './log-lines.ts'
import type { Output } from './output.ts'

export interface PrinterOptions {
  /** Names that get their colours and their width beforehand; null prints no names. */
  readonly names: readonly string[] | null
  readonly hasTimes: boolean
  readonly isUtc: boolean
}

const nameColors = ['cyan', 'magenta', 'yellow', 'green', 'blue', 'cyanBright', 'magentaBright'] as const
/** Stands for a time that nobody knows, as wide as one. */
const noTime = '-'

export class LinePrinter {
  private readonly out: Output
  private readonly options: PrinterOptions
  private readonly colorOf = new Map<string, (typeof nameColors)[number]>()
  private width = 0

  constructor(out: Output, options: PrinterOptions) {
    this.out = out
    this.options = options
    for (const name of options.names ?? []) this.know(name)
  }

  /** Until the pieces end; no faster than what is printed is taken. */
  async print(pieces: AsyncIterable<OutputView>): Promise<void> {
    const assembled = new LogLines()
    try {
      for await (const piece of pieces) {
        this.write(assembled.add(piece))
        await this.out.drained()
      }
    } finally {
      // However it ended: a line without its end is a line.
      this.write(assembled.end())
    }
  }

  private write(lines: readonly LogLine[]): void {
    if (lines.length === 0) return
    this.out.write(`${lines.map((line) => `${this.prefix(line)}${line.text}`).join('\n')}\n`)
  }

  private prefix({ name, stream, time }: LogLine): string {
    const { colors } = this.out
    const { names, hasTimes, isUtc } = this.options
    const stamp = hasTimes ? `${colors.dim(time === null ? pad(noTime, 23) : formatStamp(time, isUtc))} ` : ''
    if (names === null) return stamp
    const color = this.know(name)
    const mark = stream === 'err' ? colors.red('!') : colors.dim('|')
    return `${stamp}${colors[color](pad(name, this.width))} ${mark} `
  }

  /** Programs that come later get the next colour, and room. */
  know(name: string): (typeof nameColors)[number] {
    const known = this.colorOf.get(name)
    if (known) return known
    const color = nameColors[this.colorOf.size % nameColors.length] ?? 'cyan'
    this.colorOf.set(name, color)
    this.width = Math.max(this.width, name.length)
    return color
  }
}
