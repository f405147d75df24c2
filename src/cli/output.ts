/**
 * Where a command writes: data to one output, everything else to another. Knows whether a person sits at the end of it.
 */
import type { Writable } from 'node:stream'
import picocolors from 'picocolors'

export type Colors = ReturnType<typeof picocolors.createColors>

export interface Output {
  readonly isTty: boolean
  /** 80 where nobody says; terminals of serial lines and of `script` say 0. */
  readonly columns: number
  readonly rows: number
  readonly colors: Colors
  write(text: string | Uint8Array): void
  line(text?: string): void
  /** Resolves once what was written is handed on, so that a long stream does not fill the memory. */
  drained(): Promise<void>
}

export interface Terminal extends Writable {
  readonly isTTY?: boolean
  readonly columns?: number
  readonly rows?: number
}

export function createOutput(stream: Terminal, options: { hasColors: boolean }): Output {
  return {
    isTty: stream.isTTY === true,
    get columns() {
      return stream.columns || 80
    },
    get rows() {
      return stream.rows || 24
    },
    colors: picocolors.createColors(options.hasColors),
    write: (text) => void stream.write(text),
    line: (text = '') => void stream.write(`${text}\n`),
    drained: () =>
      stream.writableNeedDrain ? new Promise((resolve) => stream.once('drain', resolve)) : Promise.resolve(),
  }
}

/** `NO_COLOR` and `FORCE_COLOR` as everywhere; the option wins over both. */
export function wantsColors(
  stream: Terminal,
  env: Readonly<Record<string, string | undefined>>,
  isOptionSet: boolean,
): boolean {
  if (isOptionSet || (env.NO_COLOR ?? '') !== '') return false
  if ((env.FORCE_COLOR ?? '') !== '') return env.FORCE_COLOR !== '0'
  return stream.isTTY === true && env.TERM !== 'dumb'
}
